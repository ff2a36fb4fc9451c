"""`aniate-server models`: which models answer under which name, for whom, at what price, until when; do they exist?"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from aniate_server.inference import store
from aniate_server.inference.model_router import FEATURES
from aniate_server.inference.providers import open_provider
from aniate_server.inference.store import DatedModel
from aniate_server.parts import database_url
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import AniateError, BadRequest
from aniate_server.plumbing.settings import Provider, Settings

SOON = timedelta(days=30)
DOLLAR = 1_000_000
FORM = "{:<8} {:<8} {:<26} {:>8} {:>8} {:>8} {:>8}  {:<10} {}\n"
TITLES = ("provider", "alias", "upstream", "in $/M", "cached", "out $/M", "context", "since", "")


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """The list; with `--check` the providers are asked, and 1 is returned if one lacks one of ours."""
    with database_url(settings) as url:
        rows = asyncio.run(read(url))
    today = datetime.now(UTC).date()
    sys.stdout.write(FORM.format(*TITLES).rstrip() + "\n")
    for row in rows:
        sys.stdout.write(FORM.format(*cells(row, today)).rstrip() + "\n")
    for row in rows:
        if ends_soon(row, rows, today):
            sys.stderr.write(
                f"{row.alias} of {row.provider} retires on {row.retired_on}: name its successor in time.\n"
            )
    return check(settings, [row for row in rows if in_force(row, rows, today)]) if arguments.check else 0


async def read(url: str) -> list[DatedModel]:
    """All rows of the catalogue."""
    db = await Database.open(url, connections=1)
    try:
        return await store.dated_models(db)
    finally:
        await db.close()


def cells(row: DatedModel, today: date) -> tuple[str, ...]:
    """One line of the list."""
    marks = ["default"] if row.is_default else []
    if row.valid_from > today:
        marks.append("not yet")
    if row.retired_on:
        marks.append(f"{'retired' if row.retired_on <= today else 'retires'} {row.retired_on}")
    if row.plans:
        marks.append(f"for {' and '.join(sorted(row.plans, reverse=True))}")
    marks += [f"no {feature}" for feature in sorted(FEATURES.difference(row.features))]
    cached = row.input_price if row.cached_input_price is None else row.cached_input_price
    prices = (f"{price / DOLLAR:.4f}" for price in (row.input_price, cached, row.output_price))
    since = str(row.valid_from)
    return row.provider, row.alias, row.upstream_model, *prices, str(row.context_tokens), since, ", ".join(marks)


def in_force(row: DatedModel, rows: Sequence[DatedModel], today: date) -> bool:
    """Whether it is what its alias means today."""
    same = [each for each in rows if (each.provider, each.alias) == (row.provider, row.alias)]
    begun = [each for each in same if each.valid_from <= today]
    return (
        bool(begun)
        and row == max(begun, key=lambda each: each.valid_from)
        and not (row.retired_on and row.retired_on <= today)
    )


def ends_soon(row: DatedModel, rows: Sequence[DatedModel], today: date) -> bool:
    """Whether it retires within a month and nothing takes over by then."""
    if row.retired_on is None or not today < row.retired_on <= today + SOON:
        return False
    return in_force(row, rows, row.retired_on - timedelta(days=1)) and not any(
        in_force(each, rows, row.retired_on)
        for each in rows
        if (each.provider, each.alias) == (row.provider, row.alias)
    )


def check(settings: Settings, ours: Sequence[DatedModel]) -> int:
    """Ask the providers that are set whether they have them; BadRequest if there is none to ask."""
    wanted = {each: names_of(each, ours) for each in (settings.provider, *settings.beside) if each}
    found = [(provider, names) for provider, names in wanted.items() if names]
    if not found:
        raise BadRequest("No provider is set whose models stand in the catalogue.", "Set GROQ_API_KEY.")
    return max(check_one(settings, provider, names) for provider, names in found)


def names_of(provider: Provider, ours: Sequence[DatedModel]) -> dict[str, str]:
    """What is asked of it, under its own names: its rows, or the one model that is set."""
    if provider.model:
        return {provider.name: provider.model}
    return {row.alias: row.upstream_model for row in ours if row.provider == provider.name}


def check_one(settings: Settings, provider: Provider, names: Mapping[str, str]) -> int:
    """Whether that provider has all that is said to be its; 1 if not, or if it does not tell."""
    try:
        there = asyncio.run(listed(settings, provider))
    except AniateError as error:
        sys.stderr.write(f"aniate-server: {provider.name} does not tell what it has. {error.message}\n")
        return 1
    missing = {alias: name for alias, name in names.items() if name not in there}
    for alias, name in missing.items():
        sys.stdout.write(f"{alias}: {provider.name} does not have {name} (any more).\n")
    if not missing:
        sys.stdout.write(f"{provider.name} has all {len(names)} of them.\n")
    return 1 if missing else 0


async def listed(settings: Settings, provider: Provider) -> set[str]:
    """The provider's own names of what it offers."""
    asked = open_provider(provider, settings)
    try:
        return await asked.listed()
    finally:
        await asked.close()
