"""Who may read the numbers, and what `/healthz` and `/readyz` say of a server whose parts are away."""

from __future__ import annotations

import asyncio
import time

import pytest

from aniate_server.inference.services import Services
from aniate_server.plumbing import probe
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.probe import Probe
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import NOWHERE, Gateway, serving
from server.tests.monitoring.numbers import text

pytestmark = pytest.mark.anyio
TOKEN = "a token of many letters"
FOREIGN = (
    {"x-forwarded-for": "203.0.113.9"},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-forwarded-for": ""},
    {"forwarded": "for=127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"x-forwarded-proto": "https"},
    {"host": "aniate.example"},
    {"host": "["},
)


async def test_this_machine_may_read_the_numbers_and_who_speaks_for_others_may_not(gateway: Gateway) -> None:
    assert (await text(gateway))[0] == 200
    for headers in FOREIGN:
        status, said = await text(gateway, **headers)
        assert (status, "aniate_" in said) == (404, False), headers


async def test_without_a_token_set_none_is_good(gateway: Gateway) -> None:
    for shown in ("Bearer", "Bearer ", "Bearer None", "Bearer x"):
        assert (await text(gateway, host="aniate.example", authorization=shown))[0] == 404


async def test_the_token_opens_it_from_anywhere(groq: Groq, db: Database, database: TestDatabase) -> None:
    async with serving(db, database, Provider("groq", groq.base_url, KEY), metrics_token=TOKEN) as gateway:
        assert (await text(gateway))[0] == 200
        for headers in FOREIGN[:-1]:
            assert (await text(gateway, **headers, authorization=f"Bearer {TOKEN}"))[0] == 200
            for wrong in (TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer é"):
                assert (await text(gateway, **headers, authorization=wrong))[0] == 404
        assert TOKEN not in repr(gateway.services)


async def ready(gateway: Gateway) -> tuple[int, dict[str, str]]:
    async with gateway.http.get(f"{gateway.url}/readyz") as answer:
        return answer.status, await answer.json()


async def test_a_provider_that_is_away_is_told_and_the_server_stays_ready(db: Database, database: TestDatabase) -> None:
    async with serving(db, database, Provider("groq", NOWHERE, KEY)) as gateway:
        assert await ready(gateway) == (200, {"status": "ok", "database": "ok", "provider": "away"})


async def test_without_a_database_it_lives_and_is_not_ready(gateway: Gateway) -> None:
    await gateway.services.db.close()
    assert await ready(gateway) == (503, {"status": "unavailable", "database": "away", "provider": "ok"})
    async with gateway.http.get(f"{gateway.url}/healthz") as answer:
        assert answer.status == 200


async def test_many_who_ask_are_one_question(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    services: Services = gateway.services
    asked = 0

    async def healthy() -> bool:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return True

    monkeypatch.setattr(services.readiness._provider, "_ask", healthy)
    for _ in range(3):
        assert {status for status, _ in await asyncio.gather(*(ready(gateway) for _ in range(20)))} == {200}
    assert asked == 1


async def test_a_part_that_hangs_is_away_in_time_and_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert probe.PATIENCE_S < 2
    monkeypatch.setattr(probe, "PATIENCE_S", 0.1)
    answers = asyncio.Event()

    async def hangs() -> bool:
        return await answers.wait()

    hanging = Probe(hangs, SystemClock(), 5.0)
    start = time.monotonic()
    assert await asyncio.gather(*(hanging.answers() for _ in range(5))) == [False] * 5
    assert time.monotonic() - start < 0.5
    answers.set()
    assert await hanging.answers()
    await hanging.close()


async def test_a_question_that_breaks_counts_as_no() -> None:
    async def breaks() -> bool:
        raise ZeroDivisionError

    assert not await Probe(breaks, SystemClock(), 0).answers()
