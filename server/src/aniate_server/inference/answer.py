"""The way of a request: the stations, then the question to the model, then its settlement, then the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from aniate.wire import Usage
from aniate_server.brews.catalogue import offered
from aniate_server.brews.form import fits
from aniate_server.inference.belief import believed, doubted, doubtful
from aniate_server.inference.choice import DEFAULT, pick
from aniate_server.inference.exchange import Exchange, nowhere
from aniate_server.inference.fallback import persist
from aniate_server.inference.in_turn import in_turn
from aniate_server.inference.interruption import ClientGone, Interruption
from aniate_server.inference.leak_guard_json import JsonWatch
from aniate_server.inference.looking_up import cite, look_up
from aniate_server.inference.providers import Call, Counted, Piece
from aniate_server.inference.reader import Reader
from aniate_server.inference.seen_before import given_again, landed
from aniate_server.inference.services import Services
from aniate_server.inference.stations import STATIONS, compose
from aniate_server.inference.token_count import SAMPLE_BYTES
from aniate_server.inference.upstream_errors import of_kind
from aniate_server.plumbing.errors import AniateError, Unavailable, UpstreamFailed, Withheld
from aniate_server.usage.store import Closed, Settlement
from aniate_server.usage.usage_tracker import uninterrupted

log = structlog.get_logger()

Figures = tuple[Counted, bool]
"""The tokens to charge, and whether they are our estimate."""


async def prepare(exchange: Exchange, services: Services) -> None:
    """All stations before the model, from where it stopped; afterwards the request must be delivered.

    It has an open row then, or follows another that has, and this stopped at `seen_before`.
    """
    while exchange.passed < len(STATIONS) and not exchange.follows:
        await STATIONS[exchange.passed](exchange, services)
        exchange.passed += 1


async def deliver(exchange: Exchange, services: Services, reader: Reader, interruption: Interruption) -> None:
    """Ask, pass on, settle, and only then end. Raises what the reader should be told instead of an end."""
    if exchange.follows:
        if await given_again(exchange, services, reader, interruption):
            return
        await prepare(exchange, services)
    error: AniateError | None = None
    exchange.outcome, exchange.asked_at = "failed", services.clock.monotonic()
    try:
        async with interruption:
            await look_up(exchange, services, reader)
            if exchange.pages:
                compose(exchange)
            await ask(exchange, services, reader)
        exchange.outcome = "length" if exchange.finish_reason == "length" else "ok"
    except ClientGone:
        exchange.outcome = "cancelled"
    except AniateError as known:
        error, exchange.failed_at = known, known.kind
    finally:  # also when we are cancelled, or have a bug
        exchange.answer_s = services.clock.monotonic() - exchange.asked_at
        exchange.position = nowhere  # a turn holds us, too
        usage = await settle(exchange, services)
    landed(exchange, services, error)
    if error is not None:
        try:
            raise error
        finally:
            del error  # it holds our frame: they, and all that was asked, would stay until somebody collects cycles
    if exchange.outcome != "cancelled":
        await cite(exchange, services, reader)
        await reader.done(exchange.finish_reason, usage)


async def ask(exchange: Exchange, services: Services, reader: Reader) -> None:
    """Ask; another model if this one cannot, see `fallback`."""
    await persist(exchange, services, lambda: relay(exchange, services, reader))


async def relay(exchange: Exchange, services: Services, reader: Reader) -> None:
    """When it is the request's turn, pass on what the model says, and count what the provider fails at."""
    async with in_turn(exchange, services):
        try:
            await pass_on(exchange, services, reader)
            demand_form(exchange)
        except Withheld:  # by us
            raise
        except AniateError as error:
            services.metrics.chat.upstream_errors[exchange.model.provider, error.kind].inc()
            exchange.doubt = exchange.doubt or doubted(error)
            raise


async def pass_on(exchange: Exchange, services: Services, reader: Reader) -> None:
    """Pass on what the model says and may leave, and remember what it took."""
    exchange.sent = True
    guard = services.leak_guard
    watch = guard.watch() if exchange.brew.form is None else JsonWatch(guard.runs)
    provider = services.providers[exchange.model.provider]
    async with aclosing(provider.stream(exchange.call)) as pieces:
        async for piece in pieces:
            if not exchange.accepted:
                exchange.accepted = True
                await reader.start()
            exchange.complete = exchange.complete or piece.finish_reason is not None
            exchange.finish_reason = piece.finish_reason or exchange.finish_reason
            exchange.counted = piece.counted or exchange.counted
            exchange.provider_request_id = piece.request_id or exchange.provider_request_id
            if piece.text:
                piece = piece._replace(text=watch.feed(piece.text))
            await hand_over(exchange, services, reader, piece)
            if watch.found:
                break
    await hand_over(exchange, services, reader, Piece(watch.end()))
    if watch.found:
        log.warning("withheld", request_id=str(exchange.request_id), brew=exchange.brew.name)
        raise Withheld


async def hand_over(exchange: Exchange, services: Services, reader: Reader, piece: Piece) -> None:
    """Hand over what may leave, and remember how much that was, and when it began."""
    if piece.text or piece.tool_calls:
        if exchange.first_token_at is None:
            exchange.first_token_at = services.clock.monotonic()
        exchange.delivered_bytes += piece.bytes
        whole = exchange.brew.form is not None or exchange.ticket is not None or exchange.brew.searches
        if whole or exchange.delivered_bytes <= SAMPLE_BYTES:
            exchange.texts.append(piece.text)
        await reader.delta(piece)


def demand_form(exchange: Exchange) -> None:
    """Raise if the complete answer is not what the client must act on."""
    form = exchange.brew.form
    if form is None or fits(form, "".join(exchange.texts)):
        return
    told, hint = "The model's answer is not of the form that it must have, so it is of no use.", None
    if exchange.finish_reason == "length":
        told, hint = "The answer is longer than this model can write, so it is of no use.", "Ask for less."
    raise of_kind("off_the_rails", UpstreamFailed(told, hint))


async def settle(exchange: Exchange, services: Services) -> Usage:
    """Close the row, whatever happens to us meanwhile."""
    try:
        known = told(exchange)
        closed = await (
            uninterrupted(guessed(exchange, services)) if known is None else close(exchange, services, known)
        )
    except Unavailable:
        raise Unavailable("The database cannot be reached, so this answer could not be recorded.") from None
    exchange.closed = closed
    return Usage(closed.input_tokens, closed.output_tokens, closed.cost_micro_usd, closed.estimated)


async def close(exchange: Exchange, services: Services, figures: Figures) -> Closed:
    """The row as it is closed."""
    counted, estimated = figures
    return await services.meter.settle(
        Settlement(
            exchange.request_id,
            counted.input_tokens,
            counted.output_tokens,
            exchange.outcome,
            estimated,
            counted.cached_input_tokens,
            exchange.model.cached_input_price,
        )
    )


async def guessed(exchange: Exchange, services: Services) -> Closed:
    """The row as it is closed, at what was delivered: the tokenizer may take a while."""
    tokens = services.tokens
    delivered = await tokens.delivered(exchange.texts, exchange.delivered_bytes)
    guess = Counted(await tokens.said(exchange.said), min(delivered, exchange.max_output_tokens))
    return await close(exchange, services, (guess, True))


def told(exchange: Exchange) -> Figures | None:
    """What to charge: the provider's count if it told; nothing for what failed and brought nothing; else None.

    Where nobody knows whether the provider counted something, it is an estimate.
    """
    worthless = exchange.outcome == "failed" and not exchange.delivered_bytes
    if worthless or not exchange.accepted:
        return Counted(0, 0), doubtful(exchange)
    if exchange.counted is not None:
        return believed(exchange, exchange.counted)
    return None


async def warm(services: Services) -> None:
    """Let the local model read each offered brew's fixed part once, so that the first user needn't wait for that.

    All at the same time, so that each comes to lie in a slot of its own. Other providers charge for it
    and have caches that serve many: they are left alone.
    """
    if services.provider.name != "local":
        return
    model = pick(await services.models.models(), DEFAULT)
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
