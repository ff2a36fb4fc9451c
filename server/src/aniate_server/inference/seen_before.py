"""Station 5: a user's question that was answered before is answered so again; one that is being answered, by the same.

A hit opens no row, takes nothing from a limit and costs nothing; only who asks must be known.
"""

from __future__ import annotations

from aniate.wire import Usage
from aniate_server.accounts.current_user import caller_of
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.flights import Answered
from aniate_server.inference.interruption import ClientGone, Interruption
from aniate_server.inference.providers import Piece
from aniate_server.inference.reader import Reader
from aniate_server.inference.services import Services
from aniate_server.plumbing.errors import AniateError

HEADER = b"x-aniate-cache"
NOTHING = Usage(0, 0, 0)
PIECE = 400
"""Characters of a piece, when an answer is streamed again."""


async def seen_before(exchange: Exchange, services: Services) -> None:
    """Board the flight of this question; the answer that is kept lands it at once."""
    cache, wish = services.cache, directives(exchange.cache_control)
    if not cache.on or exchange.request.one_shot is None or "no-store" in wish:
        return
    anew = "no-cache" in wish
    ticket = exchange.ticket = cache.flights.board(cache.key(asked(exchange)), exchange.model, alone=anew)
    if not ticket.ours:
        return
    if not anew and (kept := await cache.find(ticket, exchange.caller.user_id)):
        cache.flights.land(ticket, kept)
        ticket.ours = False
    else:
        missed(exchange, services)


def directives(cache_control: str) -> set[str]:
    """The words of a `Cache-Control` header: RFC 9111, section 5.2."""
    return {each.strip().lower() for each in cache_control.split(",")}


def asked(exchange: Exchange) -> list[object]:
    """All that an answer depends on: who asks, which model with which parameters, our words, and theirs."""
    caller, request, brew, model = exchange.caller, exchange.request, exchange.brew, exchange.model
    return [
        [str(caller.user_id), str(caller.workspace_id)],
        [model.provider, model.upstream_model, model.context_tokens],
        [exchange.max_output_tokens, request.temperature, dict(request.extra)],
        [brew.name, brew.prompt_version],
        request.one_shot,
    ]


async def given_again(exchange: Exchange, services: Services, reader: Reader, interruption: Interruption) -> bool:
    """Give the answer that another got; False if none came, and the question is this one's to ask now."""
    ticket = exchange.ticket
    assert ticket is not None  # noqa: S101 - who follows has one
    exchange.outcome = "failed"
    try:
        async with interruption:
            answered = await services.cache.flights.follow(ticket)
        if answered is None:
            exchange.outcome = "refused"
            missed(exchange, services)
            return False
        # Where no row is opened, nothing else sees that the key was revoked meanwhile, or the login ended.
        await caller_of(services.identity, exchange.authorization)
        exchange.outcome, exchange.model = "cached", answered.model
        services.metrics.chat.cache["hit" if answered.kept else "shared",].inc()
        exchange.headers.append((HEADER, b"hit"))
        ticket.notice = notice(answered)
        await replay(answered, reader)
    except ClientGone:
        exchange.outcome = "cancelled"
        raise
    return True


def missed(exchange: Exchange, services: Services) -> None:
    """The model is asked."""
    services.metrics.chat.cache["miss",].inc()
    exchange.headers.append((HEADER, b"miss"))


def notice(answered: Answered) -> str:
    """What is told of an answer that is given again, and what was told with it the first time."""
    when = "Answered before" if answered.kept else "The same question was answered just now"
    return " ".join(filter(None, [f"{when}; nothing is charged.", answered.notice]))


async def replay(answered: Answered, reader: Reader) -> None:
    """The answer as it is read by whoever gets it from a model."""
    await reader.start()
    for at in range(0, len(answered.text), PIECE):
        await reader.delta(Piece(answered.text[at : at + PIECE]))
    await reader.done(answered.finish_reason, NOTHING)


def landed(exchange: Exchange, services: Services, error: AniateError | None) -> None:
    """The question is settled: who waits for it learns what it came to, and a good answer is kept."""
    ticket, cache = exchange.ticket, services.cache
    if ticket is None or exchange.outcome == "cancelled":
        return
    if error is not None:
        cache.flights.land(ticket, error)
        return
    text = "".join(exchange.texts)
    notice = " ".join(filter(None, [exchange.detour, exchange.said.notice]))
    answered = Answered(text, notice, exchange.finish_reason, exchange.model)
    cache.keep(ticket, exchange.caller.user_id, answered)


def left(exchange: Exchange, services: Services) -> None:
    """It is over, whatever happened: where nothing landed, another must ask."""
    if exchange.ticket is not None:
        services.cache.flights.land(exchange.ticket, None)
