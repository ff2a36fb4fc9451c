"""What is kept, and what is not: good answers alone, sealed, for a day, so many of each user, so many bytes in all."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from aniate_server.accounts import people_store
from aniate_server.inference import cache_store, jobs
from aniate_server.inference.cache import Cache
from aniate_server.inference.flights import Answered
from aniate_server.inference.store import Model
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Settings
from aniate_server.worker import jobs as all_jobs
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import Groq
from server.tests.inference.cached import HEADER, ask, at_rest, kept, outcomes, sql, until
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
MODEL = Model("groq", "m", "fast", 1, 1, 1, 1, "", True)


async def put(db: Database, user_id: UUID, number: int, size: int = 1, at_most: int = 200) -> None:
    """An answer of that size in the database."""
    await cache_store.keep(db, number.to_bytes(32), user_id, b"x" * size, DAY, at_most)


def numbers_kept(url: str) -> list[int]:
    """Which of them are there."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("select key from inference.answers order by key").fetchall()
    return [int.from_bytes(key) for (key,) in rows]


async def test_neither_question_nor_answer_can_be_read_in_it(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    groq.says = ["ANSWERWORD ", "to that"]
    await ask(gateway, ada.key, "QUESTIONWORD", context=[{"kind": "file", "name": "NAMEWORD", "text": "TEXTWORD"}])
    await at_rest(gateway)
    [(user_id, key, sealed, life)] = sql(
        gateway, "select user_id, key, sealed, expires_at - created_at from inference.answers"
    )
    assert (user_id, life) == (ada.user_id, DAY)
    assert b"WORD" not in key + sealed
    assert len(sealed) < 100


async def test_an_answer_that_is_too_old_is_asked_anew_and_kept_again(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    await ask(gateway, key)
    await at_rest(gateway)
    sql(gateway, "update inference.answers set expires_at = now() + interval '1 minute'")
    assert (await ask(gateway, key)).headers[HEADER] == "hit"
    sql(gateway, "update inference.answers set expires_at = now()")
    assert (await ask(gateway, key)).headers[HEADER] == "miss"
    await at_rest(gateway)
    assert (await ask(gateway, key)).headers[HEADER] == "hit"
    assert len(groq.asked) == 2


async def test_with_another_secret_nothing_is_found_and_nothing_fails(db: Database, tenant: MakeTenant) -> None:
    ada, metrics = await tenant("ada"), Metrics().chat
    ours, theirs = (Cache(db, Secret(letter * 32), metrics) for letter in (b"s", b"t"))
    answered = Answered("Because.", "", "stop", MODEL)
    ticket = ours.flights.board(ours.key(["Why?"]), MODEL)
    ours.keep(ticket, ada.user_id, answered)
    await ours.close()
    assert await ours.find(ticket, ada.user_id) == replace(answered, kept=True)
    assert await theirs.find(theirs.flights.board(theirs.key(["Why?"]), MODEL), ada.user_id) is None
    assert await theirs.find(ticket, ada.user_id) is None, "nor could it be opened"


async def test_what_was_tampered_with_is_asked_anew(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    changed, another = "set_byte(a.sealed, 20, get_byte(a.sealed, 20) # 1)", "other.sealed"
    for number, sealed in enumerate((changed, "''", another), 1):
        for text in ("Why?", "How?"):
            await ask(gateway, key, text, "no-cache")
        await at_rest(gateway)
        statement = f"update inference.answers a set sealed = {sealed} from inference.answers other"
        sql(gateway, f"{statement} where other.key <> a.key")
        again = await ask(gateway, key)
        assert (again.text, again.headers[HEADER], len(groq.asked)) == ("Hello from Groq.", "miss", 3 * number)


async def test_only_a_good_answer_is_kept(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key, good = (await tenant("ada")).key, ['{"command": "ls", "does": "Lists.", "touches": ""}']
    bad: dict[str, dict[str, Any]] = {
        "withheld": {"says": [gateway.services.catalogue["ask"].fixed]},
        "broken off": {"fault": "cut"},
        "cut": {"finish_reason": "length"},
        "blank": {"says": [" "]},
        "too long": {"says": ["x" * (64 << 10), "x"]},
        "formless": {"says": ["Sure! Run ls."]},
    }
    for number, (name, behaviour) in enumerate(bad.items(), 1):
        brew = "shell" if name == "formless" else "ask"
        groq.__dict__.update({"says": good, "fault": "", "finish_reason": "stop"} | behaviour)
        await ask(gateway, key, brew=brew)
        await at_rest(gateway)
        assert (kept(gateway), len(groq.asked)) == (0, number), name
    groq.says = good
    assert (await ask(gateway, key, brew="shell")).headers[HEADER] == "miss"
    await at_rest(gateway)
    assert kept(gateway) == 1


async def test_of_an_answer_that_its_client_left_nothing_stays(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    groq.pause_s = 0.2
    async with gateway.asking(key, cache_control=None) as answer:
        await answer.content.readany()
    await at_rest(gateway)
    assert (kept(gateway), gateway.rows()) == (0, [("closed", "cancelled")])


async def test_of_a_user_the_newest_stay(db: Database, database: TestDatabase, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await put(db, bob.user_id, 99)
    for number in (1, 2, 3, 4, 1, 5):  # the first is renewed
        await put(db, ada.user_id, number, at_most=3)
    assert numbers_kept(database.superuser_url) == [1, 4, 5, 99]


async def test_nobody_can_take_the_place_of_anothers_answer(
    db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await put(db, ada.user_id, 1, size=7)
    await put(db, bob.user_id, 1, size=9)
    key = (1).to_bytes(32)
    assert await cache_store.find(db, key, bob.user_id) is None
    assert await cache_store.find(db, key, ada.user_id) == b"x" * 7


async def test_the_purge_takes_what_is_too_old_and_the_oldest_of_what_is_too_much(
    db: Database, database: TestDatabase, tenant: MakeTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    for number in range(1, 7):
        await put(db, (ada, bob)[number % 2].user_id, number, size=100)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("update inference.answers set expires_at = now() where key = %s", [(5).to_bytes(32)])
    monkeypatch.setattr(jobs, "MAX_BYTES", 300)
    await jobs.purge_answers(db)
    assert numbers_kept(database.superuser_url) == [3, 4, 6]
    await jobs.purge_answers(db)
    assert numbers_kept(database.superuser_url) == [3, 4, 6]


async def test_the_worker_does_that(db: Database, tmp_path: object) -> None:
    settings = Settings.from_environment({"HOME": str(tmp_path), "ANIATE_SECRET": "s" * 32})
    assert "inference.purge_answers" in {job.name for job in all_jobs(settings, db, Metrics())}


async def test_with_the_account_its_answers_go(
    gateway: Gateway, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    for tenant_ in (ada, bob):
        await ask(gateway, tenant_.key)
    await at_rest(gateway)
    await people_store.delete_account(db, ada.user_id, "https://aniate.example")
    assert sql(gateway, "select user_id from inference.answers") == [(bob.user_id,)]
    await put(db, ada.user_id, 1)
    assert kept(gateway) == 1, "nothing comes after it"


async def test_a_database_that_will_not_do_it_is_no_reason_to_fail(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    for name in ("find_answer", "keep_answer"):
        sql(gateway, f"alter function inference.{name} rename to gone_{name}")
    for _ in range(2):
        answer = await ask(gateway, key)
        assert (answer.text, answer.headers[HEADER]) == ("Hello from Groq.", "miss")
        await at_rest(gateway)
    assert len(groq.asked) == 2
    assert await outcomes(gateway) == {"miss": 2, "lost": 2}


async def test_the_end_of_an_answer_does_not_wait_for_the_database(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    groq.first_pause_s = 0.3
    asking = asyncio.create_task(ask(gateway, key))
    await until(lambda: len(groq.asked) == 1)
    with psycopg.connect(gateway.database_url) as hanging:
        hanging.execute("lock table inference.answers")
        assert (await asyncio.wait_for(asking, 2)).names[-1] == "done"
        again = await asyncio.wait_for(ask(gateway, key), 2)
        assert (again.headers[HEADER], len(groq.asked)) == ("hit", 1), "who asks meanwhile gets it all the same"
        assert len(gateway.services.cache.flights) == 1
    await at_rest(gateway)
    assert kept(gateway) == 1


async def test_whatever_is_asked_in_whatever_order_is_answered_as_it_should_be(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    """Against a dictionary: what was kept for whom, and how often the model must have been asked."""
    tenants = [await tenant(name, "enterprise") for name in ("ada", "bob")]
    model: dict[tuple[str, str, str], str] = {}
    asked, chance = 0, random.Random(16)
    for step in range(70):
        who, text, alias = chance.choice(tenants), chance.choice(["Why?", "How?"]), chance.choice(["fast", "smart"])
        wish = chance.choice([None, None, None, None, "no-cache", "no-store"])
        known = (who.key, text, alias)
        if chance.random() < 0.1:
            sql(gateway, "update inference.answers set expires_at = now() where user_id = %s", who.user_id)
            model = {each: answer for each, answer in model.items() if each[0] != who.key}
        groq.says, groq.finish_reason = [f"answer {step}"], chance.choice(["stop", "stop", "length"])
        expected = model.get(known) if wish is None else None
        answer = await ask(gateway, who.key, text, wish, model=alias)
        await at_rest(gateway)
        assert answer.text == (expected or f"answer {step}"), step
        asked += expected is None
        assert len(groq.asked) == asked
        if expected is None and wish != "no-store" and groq.finish_reason == "stop":
            model[known] = answer.text
    assert 20 < asked == len(gateway.rows()) < 60
    costs, ledger = gateway.balance()
    assert costs == ledger == sum(cost for (cost,) in gateway.rows("cost_micro_usd"))
