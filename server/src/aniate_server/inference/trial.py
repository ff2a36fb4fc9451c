"""A brew tried by hand: the words that would be sent, and what a model makes of them. Nothing is charged or kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from aniate.wire import ChatRequest
from aniate_server.brews.catalogue import ServedBrew
from aniate_server.brews.compose import Composed, compose
from aniate_server.brews.fence import fresh_mark, texts_of
from aniate_server.brews.form import fits
from aniate_server.inference.providers import Call, ChatProvider, Counted, in_form
from aniate_server.inference.store import Model
from aniate_server.plumbing.clock import Clock


@dataclass
class Tried:
    """What came of it. Times are from the question on."""

    text: str = ""
    finish_reason: str = ""
    counted: Counted | None = None
    first_s: float = 0.0
    whole_s: float = 0.0
    in_form: bool | None = None
    """Whether the answer has the form that it must have; None if it is free text."""


def words(brew: ServedBrew, request: ChatRequest, model: Model) -> Composed:
    """What that model would be told."""
    return compose(brew, request, model.context_tokens - model.max_output_tokens, fresh_mark(texts_of(request)))


async def attempt(
    brew: ServedBrew, model: Model, said: Composed, provider: ChatProvider, clock: Clock, show: Callable[[str], None]
) -> Tried:
    """Ask, and show the answer as it comes."""
    tried, began = Tried(), clock.monotonic()
    extra = in_form(model.provider, brew.name, brew.form)
    call = Call(model.upstream_model, said.messages, model.max_output_tokens, brew.temperature, extra)
    async with aclosing(provider.stream(call)) as pieces:
        async for piece in pieces:
            tried.finish_reason = piece.finish_reason or tried.finish_reason
            tried.counted = piece.counted or tried.counted
            if piece.text:
                tried.first_s = tried.first_s or clock.monotonic() - began
                tried.text += piece.text
                show(piece.text)
    tried.whole_s = clock.monotonic() - began
    tried.in_form = None if brew.form is None else fits(brew.form, tried.text)
    return tried
