"""The door of our own clients: a brew, perhaps an assistant, and what the user brings along."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.types import Send

from aniate.wire import CHAT_PATH, ChatRequest, ContextPiece, Start
from aniate_server.brews.catalogue import Catalogue, ServedBrew, offered
from aniate_server.brews.compose import Character, Composed, compose
from aniate_server.brews.fence import fresh_mark, texts_of
from aniate_server.inference.difficulty import is_hard
from aniate_server.inference.door import Door, HttpReader
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.parse import parse
from aniate_server.inference.question import Question, Words
from aniate_server.inference.readers import EventStream, WholeAnswer
from aniate_server.plumbing.errors import AniateError, NotFound
from aniate_server.plumbing.http import Headers, error_body

SHORTLY = "Answer in one short sentence."


def question_in(body: bytes, catalogue: Catalogue) -> Question:
    """The request, and the brew that it names."""
    request = parse(body)
    if request.brew not in catalogue:
        names = ", ".join(brew.name for brew in offered(catalogue))
        raise NotFound(f"There is no brew {request.brew!r}.", f"There are: {names}")
    brew = catalogue[request.brew]
    if request.short:
        request = shortened(request)
    said = partial(words, brew, request)

    def with_pages(pages: tuple[ContextPiece, ...]) -> Words:
        return partial(words, brew, replace(request, context=(*pages, *request.context)))

    return Question(
        brew,
        request.model,
        request.stream,
        brew.temperature,
        said,
        request.assistant,
        is_hard=is_hard(request.messages[-1].content, [piece.text for piece in request.context]),
        one_shot=one_shot(brew, request),
        asked=request.messages[-1].content,
        with_pages=with_pages,
    )


def shortened(request: ChatRequest) -> ChatRequest:
    """The same question, to be answered in a sentence. The fixed part of the prompt stays as it is, for the caches."""
    *earlier, last = request.messages
    return replace(request, messages=(*earlier, replace(last, content=f"{last.content}\n\n{SHORTLY}")))


def one_shot(brew: ServedBrew, request: ChatRequest) -> object:
    """What makes two questions the same, if that may matter: no conversation, nobody's assistant."""
    if not brew.cached or len(request.messages) > 1 or request.assistant is not None:
        return None
    return [request.messages[0].content, [[each.kind, each.name, each.text] for each in request.context]]


def words(brew: ServedBrew, request: ChatRequest, budget_tokens: int, character: Character | None) -> Composed:
    """What is said within that budget, the data behind a fresh mark."""
    fenced = bool(request.context) or character is not None
    mark = fresh_mark([*texts_of(request), character.text if character else ""]) if fenced else ""
    return compose(brew, request, budget_tokens, mark, character)


def reader(exchange: Exchange, send: Send, headers: Headers) -> HttpReader:
    """A stream of events, or one object."""

    def start() -> Start:
        return Start(exchange.named, exchange.model.alias, exchange.notice)

    if exchange.request.stream:
        return EventStream(send, headers, start, lambda: exchange.position())
    return WholeAnswer(send, headers, start)


def refusal(error: AniateError) -> tuple[int, object]:
    """In our own shape."""
    return error.status, error_body(error)


CHAT = Door(CHAT_PATH, question_in, reader, refusal)
