"""The numbers say what happened, and of money exactly what the books say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import openai
import psycopg
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

from aniate import wire
from aniate_server.accounts.mails import count_waiting
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.metrics import Metrics
from aniate_server.usage.store import Settlement
from aniate_server.usage.usage_tracker import Meter
from aniate_server.worker import Periodic, measure_lag, repeat
from server.tests.data.cluster import MakeTenant, request_of
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway
from server.tests.inference.openai_client import client_with
from server.tests.limits.test_limits import allow, same_minute, sql
from server.tests.monitoring.numbers import Series, by, families, numbers, text
from server.tests.web.browser import PASSWORD, Browser, mailed
from server.tests.web.grants import allowed_code, exchange, post

pytestmark = pytest.mark.anyio
HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "watch-a-server.md"
NAMES = ("brew", "model")
OURS = ("| `aniate_", "| `process_")


async def mixed_run(gateway: Gateway, groq: Groq, key: str) -> int:
    """Good, bad, broken and abandoned; how many of them have a row."""
    for fields in ({"brew": "what"}, {"brew": "ask", "model": "smart"}, {"stream": False}):
        await gateway.chat(key, **fields)
    groq.finish_reason = "length"
    await gateway.chat(key)
    for fault in ("malformed", "error_event", "cut", "no_usage", "html"):
        groq.fault = fault
        await gateway.chat(key)
    groq.fault, groq.refuse = "", (429, {"message": "", "type": "tokens", "code": "rate_limit_exceeded"}, {})
    await gateway.chat(key)
    groq.refuse, groq.pause_s = None, 0.2
    async with gateway.asking(key) as answer:
        await answer.content.readany()
    groq.pause_s = 0
    await gateway.chat("aniate_sk_" + "x" * 43)
    await gateway.chat(key, brew="nonesuch")
    return 11


async def test_after_a_mixed_run_the_numbers_are_those_of_the_books(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    await gateway.settled(await mixed_run(gateway, groq, (await tenant("ada")).key))
    found = await numbers(gateway)
    with psycopg.connect(gateway.database_url) as books:
        rows = books.execute("select brew, model, outcome, count(*) from aniate.usage group by 1, 2, 3").fetchall()
        sums = books.execute(
            "select brew, model, sum(input_tokens), sum(output_tokens), sum(cost_micro_usd) from aniate.usage"
            " group by 1, 2"
        ).fetchall()
    assert by(found, "aniate_chat_requests_total", *NAMES, "outcome") == {tuple(row[:3]): row[3] for row in rows}
    assert {row[2] for row in rows} == {"ok", "length", "cancelled", "failed"}
    for at, name in ((2, "input_tokens"), (3, "output_tokens"), (4, "cost_micro_usd")):
        assert by(found, f"aniate_chat_{name}_total", *NAMES) == {tuple(row[:2]): int(row[at]) for row in sums}
    assert by(found, "aniate_chat_upstream_errors_total", "provider", "kind") == {
        ("groq", "malformed"): 2, ("groq", "broke_off"): 2, ("groq", "busy"): 2,
    }  # fmt: skip
    assert by(found, "aniate_chat_fallbacks_total", "from", "to", "kind") == {("fast", "smart", "busy"): 1}
    assert by(found, "aniate_chat_errors_total", "code") == {
        ("upstream_failed",): 4, ("unavailable",): 1, ("not_authenticated",): 1, ("not_found",): 1,
    }  # fmt: skip
    assert sum(by(found, "aniate_chat_seconds_count", "model").values()) == 11
    assert by(found, "aniate_chat_open_streams") == by(found, "aniate_settlements_owed") == {}


async def test_what_limits_refuse_and_what_the_guard_withholds_is_counted_as_that(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    groq.says = [gateway.services.catalogue["ask"].fixed]
    assert (await gateway.chat(ada.key)).error["code"] == "withheld"
    await same_minute(gateway)
    allow(gateway, "requests_minute", 1)
    groq.says = ["Hello."]
    sql(gateway, "update limits.meters set minute = minute - interval '1 minute'")
    for _ in range(3):
        await gateway.chat(ada.key)
    async with client_with(gateway, ada.key) as client:
        with pytest.raises(openai.RateLimitError):
            await client.chat.completions.create(model="default", messages=[{"role": "user", "content": "Hello"}])
    found = await numbers(gateway)
    assert by(found, "aniate_chat_errors_total", "code") == {("withheld",): 1, ("limit_reached",): 3}
    assert by(found, "aniate_chat_limited_total", "scope", "measure") == {("workspace", "requests_minute"): 3}
    assert by(found, "aniate_chat_upstream_errors_total", "provider", "kind") == {}
    assert by(found, "aniate_chat_requests_total", "outcome") == {("failed",): 1, ("ok",): 1}
    assert by(found, "aniate_chat_first_token_seconds_count") == by(found, "aniate_chat_seconds_count")
    assert gateway.services.meter._open == {}, "what is refused is not remembered"


async def test_of_the_time_what_the_model_took_is_not_the_gateways(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    groq.first_pause_s = 0.6
    asking = asyncio.create_task(gateway.chat(key))
    await asyncio.sleep(0.3)
    assert by(await numbers(gateway), "aniate_chat_open_streams") == {(): 1}
    await asking
    found = await numbers(gateway)
    labels = (("model", "fast"),)
    assert found["aniate_chat_first_token_seconds_sum", labels] > 0.6
    assert found["aniate_chat_seconds_sum", labels] > 0.6
    assert 0 < found["aniate_chat_gateway_seconds_sum", labels] < 0.4


async def test_what_is_settled_late_or_twice_is_counted_once(
    db: Database, tenant: MakeTenant, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, ada = Metrics(), await tenant("ada")
    meter, row = Meter(db, metrics.chat), request_of(ada)
    ended = Settlement(row.request_id, 20, 12, "ok", estimated=False)
    await meter.open(row)
    with monkeypatch.context() as gone:
        gone.setattr(Database, "line", unavailable)
        with pytest.raises(Unavailable):
            await meter.settle(ended)
    labels = {"brew": row.brew, "model": row.model, "outcome": "ok"}
    assert metrics.registry.get_sample_value("aniate_chat_requests_total", labels) is None
    await asyncio.gather(meter.settle_owed(), meter.settle_owed(), meter.settle(ended))
    await meter.settle(ended)
    assert metrics.registry.get_sample_value("aniate_chat_requests_total", labels) == 1


async def unavailable(*_: object) -> None:
    raise Unavailable("The database cannot be reached.")


async def test_logins_passwords_attempts_and_mails_are_counted(gateway: Gateway, db: Database) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up("ada@example.com")
        code = await allowed_code(browser)
    _, tokens = await exchange(gateway, code)
    for token in (tokens["refresh_token"], tokens["refresh_token"], "aniate_rt_no"):
        fields = {"grant_type": "refresh_token", "client_id": wire.CLIENT_ID, "refresh_token": token}
        await post(gateway, wire.TOKEN_PATH, **fields)
    async with Browser(gateway) as stranger:
        for _ in range(12):
            await stranger.sign_in("ada@example.com", "wrong" + PASSWORD)
        await stranger.open("/reset")
        await stranger.send("/reset", email="ada@example.com")
    await count_waiting(db, gateway.services.metrics.accounts)
    found = await numbers(gateway)
    assert by(found, "aniate_logins_total", "kind") == {("web",): 1, ("cli",): 1}
    assert by(found, "aniate_login_refreshes_total", "outcome") == {
        ("rotated",): 1, ("repeated",): 1, ("unknown",): 1,
    }  # fmt: skip
    assert by(found, "aniate_passwords_refused_total") == {(): 10}
    assert by(found, "aniate_attempts_held_back_total", "attempt") == {("password from an address",): 2}
    assert by(found, "aniate_mails_waiting") == {(): 1}
    await mailed(gateway)
    await count_waiting(db, gateway.services.metrics.accounts)
    found = await numbers(gateway)
    assert by(found, "aniate_mails_waiting") == {}
    assert by(found, "aniate_mails_total", "kind", "outcome") == {("verify", "sent"): 1, ("reset", "sent"): 1}


async def test_jobs_and_the_loops_lag_are_counted(gateway: Gateway) -> None:
    metrics = gateway.services.metrics

    async def breaks() -> None:
        raise ZeroDivisionError

    jobs = [Periodic("good", 60, lambda: measure_lag(metrics)), Periodic("bad", 60, breaks)]
    running = [asyncio.create_task(repeat(job, metrics)) for job in jobs]
    await asyncio.sleep(0.8)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    found = await numbers(gateway)
    assert by(found, "aniate_job_runs_total", "job", "outcome") == {("good", "ok"): 1, ("bad", "failed"): 1}
    assert by(found, "aniate_event_loop_lag_seconds_count") == {(): 1}


async def test_what_strangers_send_makes_no_new_series(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, before = await tenant("ada"), set[Series]()
    await numbers(gateway)  # which is a request, too
    for round_ in "abc":
        for path in (f"/{round_}", f"/v1/assistants/{round_}", f"/verify?code={round_}", f"/static/{round_}"):
            for method in ("GET", "DELETE", "PROPFIND"):
                async with gateway.http.request(method, gateway.url + path, headers={"user-agent": round_}) as answer:
                    assert answer.headers["x-request-id"]
        for fields in ({"brew": round_}, {"model": round_}, {"assistant": round_}):
            await gateway.chat(ada.key, **fields)
        await gateway.chat(round_)
        series = set(await numbers(gateway))
        assert round_ == "a" or series == before
        before = series
    paths = by(await numbers(gateway), "aniate_http_requests_total", "path", "method", "status")
    assert {("none", "GET", "404"), ("none", "other", "404"), ("/v1/assistants/{name}", "GET", "401")} <= set(paths)


async def test_both_forms_of_the_exposition_can_be_read(gateway: Gateway, tenant: MakeTenant) -> None:
    await gateway.chat((await tenant("ada")).key)
    plain = {family.name for family in await families(gateway)}
    status, shown = await text(gateway, accept="application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
    assert (status, shown.endswith("# EOF\n")) == (200, True)
    assert {family.name for family in open_metrics(shown)}  # type: ignore[no-untyped-call] # the library's <= plain
    assert {"aniate_database_connections_in_use", "process_cpu_seconds", "process_open_fds"} <= plain


def test_the_how_to_lists_every_metric_and_no_other() -> None:
    listed = [
        (f"{family.name}_total" if family.type == "counter" else family.name, family.documentation)
        for family in Metrics().registry.collect()
    ]
    rows = [line.strip("| ").split(" | ") for line in HOW_TO.read_text().splitlines() if line.startswith(OURS)]
    assert {(name.strip("`"), meaning) for name, _, meaning in rows} == set(listed)
