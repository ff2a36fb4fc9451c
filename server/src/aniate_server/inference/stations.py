"""The stations before the model is asked, in their order. Each learns one thing, or refuses with one sentence.

A new one (limits, cache) is a function of the same form and a line in `STATIONS`; every door has them all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aniate_server.accounts.current_user import caller_of
from aniate_server.assistants.routes import existing
from aniate_server.brews.compose import Character, Composed, estimated
from aniate_server.inference.choice import DEFAULT, Wish
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.in_turn import room_in_line
from aniate_server.inference.looking_up import may_search, room_for_pages
from aniate_server.inference.seen_before import seen_before
from aniate_server.inference.services import Services
from aniate_server.limits.standing import headers_of
from aniate_server.usage.store import OpenRequest

Station = Callable[[Exchange, Services], Awaitable[None]]


async def who(exchange: Exchange, services: Services) -> None:
    """Whose key it is; before anything is read from a stranger."""
    exchange.caller = await caller_of(services.identity, exchange.authorization, lately=True)


async def what_is_asked(exchange: Exchange, services: Services) -> None:
    """The request as its door reads it, and the brew that it names."""
    body = await exchange.read_body()
    exchange.asked_bytes = len(body)
    exchange.request = exchange.question_in(body, services.catalogue)
    exchange.brew = exchange.request.brew


async def which_assistant(exchange: Exchange, services: Services) -> None:
    """The assistant that the request names, of the caller's workspace."""
    name = exchange.request.assistant
    exchange.assistant = None if name is None else await existing(services.db, exchange.caller, name)


async def which_model(exchange: Exchange, services: Services) -> None:
    """The model; before the words, since they must fit into what it can read. An assistant may have one of its own."""
    route = await services.models.choose(wish_of(exchange))
    exchange.model, exchange.fallbacks, exchange.route, exchange.passed_by = route


def wish_of(exchange: Exchange) -> Wish:
    """All that the choice depends on. How much is to be read is known roughly, before it is composed."""
    asked, assistant, brew = exchange.request.model, exchange.assistant, exchange.brew
    return Wish(
        alias=assistant.model if assistant is not None and asked == DEFAULT else asked,
        plan=exchange.caller.plan,
        brew=brew.name,
        prefers=brew.prefers,
        is_hard=exchange.request.is_hard,
        tokens=estimated(exchange.asked_bytes + len(brew.fixed)),
        needs=exchange.request.needs,
    )


async def what_is_said(exchange: Exchange, _: Services) -> None:
    """The words that go to the model; where pages will come between them, with room for these."""
    compose(exchange)
    if exchange.brew.searches:
        exchange.said = room_for_pages(exchange.said)


def compose(exchange: Exchange) -> None:
    """As many words as its model can read; TooLong if that is too few."""
    exchange.said = words(exchange, exchange.model.context_tokens - exchange.max_output_tokens)


def say_less(exchange: Exchange) -> bool:
    """Half the words, for a model that found them too many; False if there is nothing to leave out."""
    before = exchange.said.bytes
    exchange.said = words(exchange, (exchange.model.context_tokens - exchange.max_output_tokens) // 2)
    return exchange.said.bytes < before


def words(exchange: Exchange, budget_tokens: int) -> Composed:
    """What is said within that budget."""
    assistant = exchange.assistant
    character = Character(assistant.name, assistant.prompt) if assistant else None
    return exchange.request.words(budget_tokens, character)


async def open_row(exchange: Exchange, services: Services) -> None:
    """The limits allow it, and the open row with its worst-case reservation is committed; it must be settled now."""
    caller, model = exchange.caller, exchange.model
    exchange.standing = await services.meter.open(
        OpenRequest(
            request_id=exchange.request_id,
            workspace_id=caller.workspace_id,
            user_id=caller.user_id,
            key_id=caller.key_id,
            session_id=caller.session_id,
            brew=exchange.brew.name,
            model=model.alias,
            provider=model.provider,
            upstream_model=model.upstream_model,
            prompt_version=prompt_version(exchange),
            input_price=model.input_price,
            output_price=model.output_price,
            input_tokens_estimate=exchange.said.estimated_tokens,
            max_input_tokens=exchange.said.max_tokens,
            max_output_tokens=exchange.max_output_tokens,
            holder=services.holder,
            route=exchange.route,
        )
    )
    exchange.headers += headers_of(exchange.standing)


def prompt_version(exchange: Exchange) -> str:
    """Which wording the model was given: ours, and the version of the assistant's."""
    ours, assistant = exchange.brew.prompt_version, exchange.assistant
    return f"{ours}+{assistant.name}@{assistant.version}" if assistant else ours


STATIONS: tuple[Station, ...] = (
    who,
    what_is_asked,
    may_search,
    which_assistant,
    which_model,
    seen_before,
    what_is_said,
    room_in_line,
    open_row,
)
