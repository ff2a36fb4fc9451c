"""The catalogue of models in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aniate_server.inference.room import Bucket
from aniate_server.plumbing.db import Database


@dataclass(frozen=True)
class Model:
    """One model of a provider as it is today. Prices are micro-USD per million tokens."""

    provider: str
    upstream_model: str
    alias: str
    input_price: int
    output_price: int
    context_tokens: int
    max_output_tokens: int
    notice: str
    is_default: bool
    cached_input_price: int | None = None
    """Of what the provider had in its cache; None where it makes no difference."""
    features: frozenset[str] = frozenset()
    """What a request may demand of it: `tools`, `json_schema`."""
    plans: frozenset[str] = frozenset()
    """Which plans may ask it; empty means all."""


@dataclass(frozen=True)
class DatedModel:
    """One row of the catalogue, whenever it counts. Prices are micro-USD per million tokens."""

    provider: str
    upstream_model: str
    alias: str
    input_price: int
    output_price: int
    context_tokens: int
    is_default: bool
    valid_from: date
    retired_on: date | None
    cached_input_price: int | None
    features: tuple[str, ...]
    plans: tuple[str, ...]


async def dated_models(db: Database) -> list[DatedModel]:
    """All rows, by provider and alias, the newest of each first."""
    rows = await db.all(
        "select provider, upstream_model, alias, input_price, output_price, context_tokens, is_default, valid_from,"
        " retired_on, cached_input_price, features, plans"
        " from inference.models order by provider, not is_default, alias, valid_from desc"
    )
    return [DatedModel(**{**row, "features": tuple(row["features"]), "plans": tuple(row["plans"])}) for row in rows]


async def models(db: Database, provider: str) -> list[Model]:
    """What the provider offers today, its default first; prices are those in force today (UTC)."""
    rows = await db.all(
        "select provider, upstream_model, alias, input_price, output_price, context_tokens, max_output_tokens,"
        "  notice, is_default, cached_input_price, features, plans"
        " from (select distinct on (alias) * from inference.models"
        "       where provider = %(provider)s and valid_from <= (now() at time zone 'utc')::date"
        "       order by alias, valid_from desc) newest"
        " where retired_on is null or retired_on > (now() at time zone 'utc')::date"
        " order by not is_default, alias",
        {"provider": provider},
    )
    return [Model(**{**row, "features": frozenset(row["features"]), "plans": frozenset(row["plans"])}) for row in rows]


async def take_room(
    db: Database, provider: str, upstream_model: str, tokens: float, requests: int, returned: float
) -> tuple[float, float | None]:
    """Take it from what all processes share, and give back `returned` tokens (or, below 0, tell of takes).

    In how many seconds there may be room, or 0 if it is taken; and how many tokens were left before, None if nobody
    told of a limit yet.
    """
    row = await db.one(
        "select wait_s, tokens_left from ledger.take_room(%(provider)s, %(upstream_model)s, %(tokens)s, %(requests)s,"
        " %(returned)s)",
        {
            "provider": provider,
            "upstream_model": upstream_model,
            "tokens": float(tokens),
            "requests": requests,
            "returned": float(returned),
        },
    )
    assert row is not None  # noqa: S101 - the function returns a row
    return row["wait_s"], row["tokens_left"]


async def learn_room(
    db: Database, provider: str, upstream_model: str, measure: str, bucket: Bucket, closed_s: float
) -> None:
    """Tell all processes what one learned of a measure; how much is left never rises by that."""
    await db.one(
        "select ledger.learn_room(%(provider)s, %(upstream_model)s, %(measure)s, %(allowed)s, %(left)s, %(per_s)s,"
        " %(closed_s)s)",
        {
            "provider": provider,
            "upstream_model": upstream_model,
            "measure": measure,
            "allowed": float(bucket.allowed),
            "left": float(bucket.told),
            "per_s": float(bucket.per_s),
            "closed_s": float(closed_s),
        },
    )
