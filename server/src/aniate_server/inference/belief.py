"""What a provider says that it counted, and what it may have counted without a word: what of it the row shall say."""

from __future__ import annotations

import structlog

from aniate_server.brews.compose import estimated
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.providers import Counted
from aniate_server.inference.upstream_errors import SURELY_NOTHING
from aniate_server.plumbing.errors import AniateError

GATEWAY_TIMEOUT = 504

log = structlog.get_logger()


def doubtful(exchange: Exchange) -> bool:
    """Whether the provider may have counted something of what brought nothing: then the row is an estimate."""
    return exchange.accepted or exchange.doubt or (exchange.sent and exchange.failed_at not in SURELY_NOTHING)


def doubted(error: AniateError) -> bool:
    """Whether what failed so may have been counted: by this model, or at an earlier try."""
    return error.maybe_counted or error.upstream_status == GATEWAY_TIMEOUT or error.kind not in SURELY_NOTHING


def believed(exchange: Exchange, counted: Counted) -> tuple[Counted, bool]:
    """The provider's count, if it is of the whole answer and possible; else what of it was reserved, as an estimate.

    An estimate takes nothing off for a cache.
    """
    if not exchange.complete:
        counted = counted._replace(output_tokens=max(counted.output_tokens, estimated(exchange.delivered_bytes)))
    if counted.odd_cache:  # it is charged in full, which somebody should know
        log.warning(
            "provider told a cache that is none", request_id=str(exchange.request_id), model=exchange.model.alias
        )
        counted = counted._replace(odd_cache=False)
    most = exchange.said.max_tokens, exchange.max_output_tokens
    possible = Counted(min(counted.input_tokens, most[0]), min(counted.output_tokens, most[1]))
    too_much = possible != counted._replace(cached_input_tokens=0)
    if too_much:
        log.warning("provider counted too much", request_id=str(exchange.request_id), **counted._asdict())
    return (possible, True) if too_much or not exchange.complete else (counted, False)
