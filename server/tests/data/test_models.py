"""The catalogue of models: today's rows, at today's prices."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from aniate_server.inference.model_router import LOCAL
from aniate_server.inference.store import Model, models
from aniate_server.plumbing.db import Database
from server.tests.data.cluster import TestDatabase

pytestmark = pytest.mark.anyio

Add = Callable[..., object]
INSERT = (
    "insert into inference.models (provider, upstream_model, alias, input_price, output_price, context_tokens,"
    " max_output_tokens, valid_from, retired_on) values ('groq', %s, %s, %s, 2, 100, 10, current_date + %s::int,"
    " current_date + %s::int)"
)


@pytest.fixture
def add(database: TestDatabase) -> Iterator[Add]:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield lambda *row: connection.execute(INSERT, row)


async def test_the_catalogue_begins_with_these(db: Database) -> None:
    notice = "offline demo model: small, often wrong; check what it says"
    both, payers = frozenset({"tools", "json_schema"}), frozenset({"pro", "enterprise"})
    assert await models(db, "groq") == [
        Model("groq", "openai/gpt-oss-20b", "fast", 75_000, 300_000, 131_072, 8_192, "", True, 37_500, both),
        Model("groq", "openai/gpt-oss-120b", "smart", 150_000, 600_000, 131_072, 8_192, "", False, 75_000, both),
    ]
    assert await models(db, "openai") == [
        Model("openai", "gpt-4.1", "frontier", 2_000_000, 8_000_000, 1_047_576, 8_192, "", False, 500_000, both, payers)
    ]
    local = Model("local", "local", "local", 0, 0, 4_096, 768, notice, True, None, both)
    assert await models(db, "local") == [local] == [LOCAL]
    assert await models(db, "nobody") == []


async def test_a_new_price_counts_from_its_day_on(db: Database, add: Add) -> None:
    add("openai/gpt-oss-20b", "fast", 50_000, 0, None)
    add("openai/gpt-oss-20b", "fast", 10_000, 1, None)
    assert {model.alias: model.input_price for model in await models(db, "groq")} == {"fast": 50_000, "smart": 150_000}


async def test_an_alias_may_move_to_another_upstream_model(db: Database, add: Add) -> None:
    add("openai/gpt-oss-200b", "smart", 1, 0, None)
    found = {model.alias: model.upstream_model for model in await models(db, "groq")}
    assert found == {"fast": "openai/gpt-oss-20b", "smart": "openai/gpt-oss-200b"}


async def test_a_retired_model_is_gone_on_its_day_and_its_older_row_does_not_return(db: Database, add: Add) -> None:
    add("old", "vintage", 1, -9, None)
    add("old", "vintage", 1, -5, 0)
    add("old", "last-day", 1, -5, 1)
    assert [model.alias for model in await models(db, "groq")] == ["fast", "last-day", "smart"]


async def test_a_model_of_tomorrow_is_not_there_yet(db: Database, add: Add) -> None:
    add("new", "tomorrow", 1, 1, None)
    assert "tomorrow" not in [model.alias for model in await models(db, "groq")]
