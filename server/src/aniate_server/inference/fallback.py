"""When a model fails before its first word: the next one of the chain on the same row, or fewer words for the same.

The rules are in docs/decisions/0011-model-routing.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from aniate_server.inference.choice import failed
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.line import NoRoomSoon
from aniate_server.inference.services import Services
from aniate_server.inference.stations import compose, say_less
from aniate_server.inference.store import Model
from aniate_server.inference.upstream_errors import WORTH_ANOTHER_MODEL
from aniate_server.limits.standing import LimitReached
from aniate_server.plumbing.errors import AniateError, NotFound, TooLarge, TooLong
from aniate_server.usage.store import Reroute

log = structlog.get_logger()


async def persist(exchange: Exchange, services: Services, ask: Callable[[], Awaitable[None]]) -> None:
    """Ask, until somebody answers or nobody is left; then the first error is raised. Once begun is never begun anew."""
    first: AniateError | None = None
    while True:
        try:
            return await ask()
        except AniateError as error:  # noqa: PERF203 - few rounds, each a question to a model
            if exchange.accepted:
                raise
            first = first or error
            if not await another_way(exchange, services, error):
                try:
                    raise first from None
                finally:
                    del first  # it holds our frame


async def another_way(exchange: Exchange, services: Services, error: AniateError) -> bool:
    """Make it so that asking once more is worth it; False if it is not."""
    if error.kind == "model_gone":
        services.models.disown(exchange.model)
    for model in worth_asking(exchange.model, exchange.fallbacks, error):
        if await hand_on(exchange, services, model, error.kind):
            return True
    if isinstance(error, TooLarge) and not exchange.said_less:
        exchange.said_less = True
        return say_less(exchange)
    return isinstance(error, NoRoomSoon)  # nobody else could, so this one is waited for


def worth_asking(model: Model, chain: tuple[Model, ...], error: AniateError) -> tuple[Model, ...]:
    """Those of the chain that may not fail at the same."""
    if isinstance(error, TooLarge):
        return tuple(each for each in chain if each.context_tokens > model.context_tokens)
    if error.kind == "unreachable":
        return tuple(each for each in chain if each.provider != model.provider)
    return chain if error.kind in WORTH_ANOTHER_MODEL else ()


async def hand_on(exchange: Exchange, services: Services, model: Model, kind: str) -> bool:
    """The question and its row go over to that model, if it can read the words and the limits allow it."""
    exchange.fallbacks = tuple(each for each in exchange.fallbacks if each is not model)
    before, said = exchange.model, exchange.said
    exchange.model = model
    try:
        compose(exchange)
        route = f"{exchange.route} {kind}:{before.alias}".strip()
        await services.meter.reroute(row_of(exchange, route))
    except (TooLong, LimitReached, NotFound):  # the last: somebody closed the row, so nobody shall be asked
        exchange.model, exchange.said = before, said
        return False
    exchange.route, exchange.passed_by = route, (*exchange.passed_by, failed(before, kind))
    services.metrics.chat.fallbacks[before.alias, model.alias, kind].inc()
    log.info("fallback", request_id=str(exchange.request_id), model=before.alias, to=model.alias, kind=kind)
    return True


def row_of(exchange: Exchange, route: str) -> Reroute:
    """What its row says from now on."""
    model = exchange.model
    return Reroute(
        request_id=exchange.request_id,
        model=model.alias,
        provider=model.provider,
        upstream_model=model.upstream_model,
        input_price=model.input_price,
        output_price=model.output_price,
        input_tokens_estimate=exchange.said.estimated_tokens,
        max_input_tokens=exchange.said.max_tokens,
        max_output_tokens=exchange.max_output_tokens,
        route=route,
    )
