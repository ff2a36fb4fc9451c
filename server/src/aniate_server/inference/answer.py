"""The way of a request: the stations, then the question to the model, then its settlement, then the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Protocol

import structlog

from aniate.wire import Usage
from aniate_server.brews.catalogue import ServedBrew, offered
from aniate_server.brews.compose import Composed, estimated
from aniate_server.brews.form import fits
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.interruption import ClientGone, Interruption
from aniate_server.inference.providers import Call, Piece, in_form
from aniate_server.inference.services import Services
from aniate_server.inference.stations import STATIONS, say_less
from aniate_server.inference.store import Model
from aniate_server.plumbing.errors import AniateError, TooLarge, Unavailable, UpstreamFailed
from aniate_server.usage.usage_tracker import Settlement

log = structlog.get_logger()


class Reader(Protocol):
    """Who reads the answer: a stream of events, or one whole answer."""

    async def start(self) -> None:
        """The model took the question."""
        ...

    async def delta(self, text: str) -> None:
        """The next piece of the answer."""
        ...

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """The answer is complete and settled."""
        ...


async def prepare(exchange: Exchange, services: Services) -> None:
    """All stations before the model; afterwards the request has an open row and must be delivered."""
    for station in STATIONS:
        await station(exchange, services)


async def deliver(exchange: Exchange, services: Services, reader: Reader, interruption: Interruption) -> None:
    """Ask, pass on, settle, and only then end. Raises what the reader should be told instead of an end."""
    error: AniateError | None = None
    outcome = "failed"
    try:
        async with interruption:
            await ask(exchange, services, reader)
        demand_form(exchange)
        outcome = "length" if exchange.finish_reason == "length" else "ok"
    except ClientGone:
        outcome = "cancelled"
    except AniateError as known:
        error = known
    finally:  # also when we are cancelled, or have a bug
        usage = await settle(exchange, services, outcome)
    if error is not None:
        raise error
    if outcome != "cancelled":
        await reader.done("length" if outcome == "length" else "stop", usage)


async def ask(exchange: Exchange, services: Services, reader: Reader) -> None:
    """Ask; once more with fewer words if the model counts more tokens in them than we did."""
    try:
        await relay(exchange, services, reader)
    except TooLarge:
        if exchange.accepted or not say_less(exchange):
            raise
        await relay(exchange, services, reader)


async def relay(exchange: Exchange, services: Services, reader: Reader) -> None:
    """Pass on what the model says, and remember what it took."""
    call = call_of(exchange.brew, exchange.model, exchange.said)
    async with aclosing(services.provider.stream(call)) as pieces:
        async for piece in pieces:
            if not exchange.accepted:
                exchange.accepted = True
                await reader.start()
            exchange.finish_reason = piece.finish_reason or exchange.finish_reason
            exchange.counted = piece.counted or exchange.counted
            if piece.text:
                exchange.delivered_bytes += len(piece.text.encode())
                if exchange.brew.form is not None:
                    exchange.texts.append(piece.text)
                await reader.delta(piece.text)


def call_of(brew: ServedBrew, model: Model, said: Composed) -> Call:
    """What a provider is asked: those words, in the brew's way."""
    extra = in_form(model.provider, brew.name, brew.form)
    return Call(model.upstream_model, said.messages, model.max_output_tokens, brew.temperature, extra)


def demand_form(exchange: Exchange) -> None:
    """Raise if the complete answer is not what the client must act on."""
    form = exchange.brew.form
    if form is None or fits(form, "".join(exchange.texts)):
        return
    if exchange.finish_reason == "length":
        raise UpstreamFailed("The answer is longer than this model can write, so it is of no use.", "Ask for less.")
    raise UpstreamFailed("The model's answer is not of the form that it must have, so it is of no use.")


async def settle(exchange: Exchange, services: Services, outcome: str) -> Usage:
    """Close the row, whatever happens to us meanwhile."""
    input_tokens, output_tokens, is_estimate = figures(exchange, outcome)
    try:
        closed = await services.meter.settle(
            Settlement(exchange.request_id, input_tokens, output_tokens, outcome, is_estimate)
        )
    except Unavailable:
        raise Unavailable("The database cannot be reached, so this answer could not be recorded.") from None
    log.info(
        "chat",
        request_id=str(exchange.request_id),
        workspace_id=str(exchange.caller.workspace_id),
        brew=exchange.brew.name,
        model=exchange.model.alias,
        **asdict(closed),
    )
    return Usage(closed.input_tokens, closed.output_tokens, closed.cost_micro_usd, closed.estimated)


def figures(exchange: Exchange, outcome: str) -> tuple[int, int, bool]:
    """Input and output tokens to charge, and whether they are our estimate.

    The provider's count if it told; of a broken answer what was delivered; of a failed one that brought
    nothing, nothing.
    """
    worthless = outcome == "failed" and not exchange.delivered_bytes
    if worthless or not exchange.accepted:
        return 0, 0, exchange.accepted
    if exchange.counted is not None:
        return *exchange.counted, False
    delivered = min(estimated(exchange.delivered_bytes), exchange.model.max_output_tokens)
    return exchange.said.estimated_tokens, delivered, True


async def warm(services: Services) -> None:
    """Let the local model read each offered brew's fixed part once, so that the first user needn't wait for that.

    All at the same time, so that each comes to lie in a slot of its own. Other providers charge for it
    and have caches that serve many: they are left alone.
    """
    if services.provider.name != "local":
        return
    model = await services.models.choose("default")
    calls = [
        Call(
            model.upstream_model, [{"role": "system", "content": brew.fixed}, {"role": "user", "content": "."}], 1, 0.0
        )
        for brew in offered(services.catalogue)
    ]
    await asyncio.gather(*(exhaust(services.provider.stream(call)) for call in calls))


async def exhaust(pieces: AsyncGenerator[Piece, None]) -> None:
    """Read to the end."""
    async with aclosing(pieces):
        async for _ in pieces:
            pass
