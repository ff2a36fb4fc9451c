"""The door for programs that speak OpenAI's protocol: their messages go to the model as they are.

Source: platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Send

from aniate_server.brews.catalogue import Catalogue, ServedBrew
from aniate_server.brews.compose import Composed
from aniate_server.inference.choice import DEFAULT
from aniate_server.inference.completion_errors import refusal
from aniate_server.inference.completion_messages import MAX_MESSAGES, messages, text_in
from aniate_server.inference.completion_options import max_tokens, passed_on, refuse_what_cannot_be
from aniate_server.inference.completion_readers import Chunks, WholeCompletion
from aniate_server.inference.difficulty import is_hard
from aniate_server.inference.door import Door, HttpReader
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.fields import an_object, boolean, fields_of, items, name, number, present
from aniate_server.inference.question import Question
from aniate_server.plumbing.http import Headers

BREW = ServedBrew(
    name="completions", summary="", temperature=1.0, offered=False, fixed="", form=None, prompt_version="none"
)
"""What the usage rows call these requests. There is no prompt of ours in them, and no client can ask for it by name."""


def question_in(body: bytes, _: Catalogue) -> Question:
    """What is asked. Fields that we do not know are ignored, as null is; what we cannot do is refused."""
    fields = present(fields_of(body))
    refuse_what_cannot_be(fields)
    said, extra = messages(items(fields, "messages", MAX_MESSAGES)), passed_on(fields)
    composed = Composed(said, "", size(said) + size(extra))
    stream_options = present(an_object(fields.get("stream_options", {}), "stream_options"))
    return Question(
        brew=BREW,
        model=name(fields, "model", DEFAULT),
        stream=boolean(fields, "stream", False),
        temperature=number(fields, "temperature", 0, 2, BREW.temperature),
        words=lambda *_: composed,  # nothing is left out: the model has to refuse what it cannot read
        max_output_tokens=max_tokens(fields),
        extra=extra,
        include_usage=boolean(stream_options, "include_usage", False),
        is_hard=is_hard(text_in(said[-1])),
    )


def size(value: Any) -> int:  # Any: whatever JSON can carry
    """UTF-8 bytes of it in JSON, which is more than a model's template makes of it."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def reader(exchange: Exchange, send: Send, headers: Headers) -> HttpReader:
    """Chunks, or one object."""
    if exchange.request.stream:
        return Chunks(send, headers, exchange)
    return WholeCompletion(send, headers, exchange)


COMPLETIONS = Door("/v1/chat/completions", question_in, reader, refusal)
