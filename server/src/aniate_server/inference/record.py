"""What every question to a model leaves behind: one line in the log, and its numbers."""

from __future__ import annotations

import structlog

from aniate_server.inference.exchange import Exchange
from aniate_server.inference.services import Services

log = structlog.get_logger()


def record(exchange: Exchange, services: Services, code: str) -> None:
    """It is over; `code` is of the error that it ended with, if any. What it cost, the meter has counted."""
    ended = services.clock.monotonic()
    if code:
        services.metrics.chat.errors[code,].inc()
    if exchange.asked_at is not None:
        observe(exchange, services, ended)
    log.info("chat", **known(exchange, code, ended))


def observe(exchange: Exchange, services: Services, ended: float) -> None:
    """The times of a request that reached the model."""
    chat, model = services.metrics.chat, (exchange.model.alias,)
    chat.total[model].observe(ended - exchange.began_at)
    chat.gateway[model].observe(ended - exchange.began_at - exchange.body_s - exchange.answer_s)
    if exchange.first_token_at is not None:
        chat.first_token[model].observe(exchange.first_token_at - exchange.began_at)


def known(exchange: Exchange, code: str, ended: float) -> dict[str, object]:
    """What the line tells: as much as the request came to."""
    said: dict[str, object] = {"request_id": exchange.named, "outcome": exchange.outcome}
    if exchange.outcome != "refused":
        said["workspace_id"] = str(exchange.caller.workspace_id)
        said |= {"brew": exchange.brew.name, "model": exchange.model.alias, "route": exchange.route}
    if exchange.closed is not None:
        said |= vars(exchange.closed)  # its outcome is the books'
    if exchange.provider_request_id:
        said["provider_request_id"] = exchange.provider_request_id
    if exchange.first_token_at is not None:
        said["first_token_ms"] = milliseconds(exchange.first_token_at - exchange.began_at)
    said["ms"] = milliseconds(ended - exchange.began_at)
    return {**said, "code": code} if code else said


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
