"""What tests of the cache share: asking where answers are kept, and a look at what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg

from server.tests.inference.gateway import Events, Gateway
from server.tests.monitoring.numbers import by, numbers

FREE = {"input_tokens": 0, "output_tokens": 0, "cost_micro_usd": 0, "estimated": False}
HEADER = "x-aniate-cache"


async def ask(
    gateway: Gateway, key: str, text: str = "Why?", cache_control: str | None = None, **fields: Any
) -> Events:
    """One whole exchange as clients have it: nothing is said of caches."""
    return await gateway.chat(key, text, cache_control=cache_control, **fields)


def sql(gateway: Gateway, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """As the database's owner."""
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def kept(gateway: Gateway) -> int:
    """How many answers the database has."""
    [(count,)] = sql(gateway, "select count(*) from inference.answers")
    return int(count)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it, but not for long."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def at_rest(gateway: Gateway) -> None:
    """Wait until nothing is under way: what is given from now on comes from the database."""
    await until(lambda: not len(gateway.services.cache.flights))


async def outcomes(gateway: Gateway) -> dict[str, int]:
    """What became of questions that may be asked only once."""
    found = by(await numbers(gateway), "aniate_chat_cache_total", "outcome")
    return {outcome: count for (outcome,), count in found.items()}
