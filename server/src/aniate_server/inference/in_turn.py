"""A request's turn at its model: what it wishes for, and what it turned out to take."""

from __future__ import annotations

from aniate_server.brews.compose import estimated
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.line import Took, Turn, Wish
from aniate_server.inference.services import Services


def in_turn(exchange: Exchange, services: Services) -> Turn:
    """`async with in_turn(…):` waits until the request may go to its model. Unavailable if that would be too long."""
    model, caller = exchange.model, exchange.caller
    turn = services.queue.turn(
        Wish(
            model.provider,
            model.upstream_model,
            caller.user_id,
            caller.plan,
            exchange.said.estimated_tokens,
            exchange.max_output_tokens,
            lambda: took(exchange),
            others=bool(exchange.fallbacks),
        )
    )
    exchange.position = turn.position
    return turn


def took(exchange: Exchange) -> Took:
    """What the provider counted; where it did not, our estimate of what was said and delivered."""
    if not exchange.accepted:
        return Took(0, 0, asked=False)
    if exchange.counted is not None:
        return Took(exchange.counted.input_tokens, exchange.counted.output_tokens, asked=True)
    return Took(exchange.said.estimated_tokens, estimated(exchange.delivered_bytes), asked=True)


async def room_in_line(exchange: Exchange, services: Services) -> None:
    """There is a place in the line before the model, or another may do; else it refuses before anything is written."""
    if exchange.fallbacks:
        return
    model = exchange.model
    services.queue.line(model.provider, model.upstream_model).refuse_if_full(exchange.caller.user_id)
