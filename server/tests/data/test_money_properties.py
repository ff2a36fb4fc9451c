"""Whatever happens in whatever order: the ledger's sum is the closed rows' sum, and each request is charged once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import TupleRow

from server.tests.data.cluster import OPEN, SETTLE, TestDatabase, as_json, opening, settling

TOKENS = st.integers(0, 10**8)
PRICES = st.integers(0, 10**9)
CACHED = st.tuples(st.floats(0, 1), st.none() | PRICES)
"""What part of the input was cached, and the price of that."""
OUTCOMES = st.sampled_from(["ok", "length", "cancelled", "failed"])
HOLDERS = [uuid4() for _ in range(3)]


@pytest.fixture
def superuser(database: TestDatabase) -> Iterator[psycopg.Connection[TupleRow]]:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield connection


@given(TOKENS, TOKENS, PRICES, PRICES, CACHED)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cost_is_the_exact_sum_rounded_up(
    superuser: psycopg.Connection[TupleRow],
    tokens_in: int,
    tokens_out: int,
    price_in: int,
    price_out: int,
    part: tuple[float, int | None],
) -> None:
    told, cached = (tokens_in, tokens_out, price_in, price_out), cached_of(tokens_in, part)
    row = superuser.execute(
        "select ledger.cost_micro_usd(%s, %s, %s, %s), ledger.cost_micro_usd(%s, %s, %s, %s, %s, %s)",
        [*told, *told, *cached],
    ).fetchone()
    full, less = cost(*told), cost(*told, *cached)
    assert row == (full, less)
    assert less <= full


def cached_of(tokens_in: int, part: tuple[float, int | None]) -> tuple[int, int | None]:
    return int(tokens_in * part[0]), part[1]


def cost(
    tokens_in: int, tokens_out: int, price_in: int, price_out: int, cached: int = 0, cached_price: int | None = None
) -> int:
    off = 0 if cached_price is None else max(price_in - cached_price, 0)
    return -(-(tokens_in * price_in - cached * off + tokens_out * price_out) // 1_000_000)


class Money(RuleBasedStateMachine):
    """Requests opened, settled, settled again, heartbeats, time, sweeps; beside a model of a few lines."""

    superuser: psycopg.Connection
    server: psycopg.Connection
    requests = Bundle("requests")

    @initialize()
    def a_new_tenant(self) -> None:
        self.server.execute("select ledger.sweep('0')")
        self.user, self.workspace, self.key = uuid4(), uuid4(), uuid4()
        self.server.execute("select accounts.create_user(%s, %s, 'n')", [self.user, f"{self.user}@example.com"])
        self.server.execute("select accounts.create_workspace(%s, 'n', 'enterprise', %s)", [self.workspace, self.user])
        self.server.execute(
            "select accounts.create_key(%s, %s, %s, 'n', 'p', sha256(%s))",
            [self.key, self.workspace, self.user, self.key.bytes],
        )
        self.open: dict[UUID, dict[str, Any]] = {}
        self.charged: dict[UUID, int] = {}
        self.living: set[UUID] = set()
        self.young: set[UUID] = set()

    @rule(
        target=requests,
        holder=st.sampled_from(HOLDERS),
        prices=st.tuples(PRICES, PRICES),
        estimate=TOKENS,
        most=st.tuples(TOKENS, TOKENS),
    )
    def open_one(self, holder: UUID, prices: tuple[int, int], estimate: int, most: tuple[int, int]) -> UUID:
        request = uuid4()
        row = opening(
            request,
            (self.workspace, self.user, self.key),
            input_price=prices[0],
            output_price=prices[1],
            input_tokens_estimate=estimate,
            max_input_tokens=most[0],
            max_output_tokens=most[1],
            holder=holder,
        )
        self.server.execute(OPEN, [as_json([row])])
        self.open[request] = {"holder": holder, "prices": prices, "estimate": estimate, "most": most}
        self.young.add(request)
        return request

    @rule(
        ended=st.lists(requests, min_size=1, max_size=4),
        tokens=st.tuples(TOKENS, TOKENS),
        outcome=OUTCOMES,
        guess=st.booleans(),
        part=st.none() | CACHED,
    )
    def settle(
        self,
        ended: list[UUID],
        tokens: tuple[int, int],
        outcome: str,
        guess: bool,
        part: tuple[float, int | None] | None,
    ) -> None:
        """Some of them were settled before, some are named twice."""
        cached = None if part is None else cached_of(tokens[0], part)
        told = as_json([settling(request, tokens, outcome, guess, cached) for request in ended])
        rows: dict[UUID, int] = dict(self.server.execute(SETTLE, [told]).fetchall())
        for request in ended:
            if request in self.open:
                opened = self.open.pop(request)
                most = cost(*opened["most"], *opened["prices"])
                price_in, price_out = opened["prices"]
                full = cost(*tokens, price_in, price_out, *(cached or (0, None)))
                self.charged[request] = min(full, most) if guess else full
        assert rows == {request: self.charged[request] for request in ended}

    @rule(holder=st.sampled_from(HOLDERS))
    def heartbeat(self, holder: UUID) -> None:
        self.server.execute("select ledger.heartbeat(%s)", [holder])
        self.living.add(holder)

    @rule()
    def an_hour_passes(self) -> None:
        self.superuser.execute("update aniate.usage set opened_at = opened_at - interval '1 hour'")
        self.superuser.execute("update operations.holders set seen_at = seen_at - interval '1 hour'")
        self.living.clear()
        self.young.clear()

    @rule()
    def sweep(self) -> None:
        row = self.server.execute("select ledger.sweep('30 minutes')").fetchone()
        dead = [
            request
            for request, facts in self.open.items()
            if request not in self.young and facts["holder"] not in self.living
        ]
        for request in dead:
            facts = self.open.pop(request)
            reserved = cost(*facts["most"], *facts["prices"])
            self.charged[request] = min(reserved, cost(facts["estimate"], 0, *facts["prices"]))
        assert row == (len(dead),)

    @invariant()
    def the_ledger_says_what_the_closed_rows_say(self) -> None:
        if not hasattr(self, "open"):
            return
        closed: dict[UUID, int] = dict(
            self.superuser.execute(
                "select id, cost_micro_usd from aniate.usage where workspace_id = %s and state = 'closed'",
                [self.workspace],
            ).fetchall()
        )
        entries = self.superuser.execute(
            "select request_id, amount_micro_usd from ledger.entries where workspace_id = %s", [self.workspace]
        ).fetchall()
        assert closed == self.charged
        assert len(entries) == len(closed)
        assert dict(entries) == closed
        billed = self.superuser.execute(
            "select coalesce(sum(requests), 0)::bigint, coalesce(sum(amount_micro_usd), 0)::bigint"
            " from ledger.billing_outbox where workspace_id = %s",
            [self.workspace],
        ).fetchone()
        assert billed == (len(closed), sum(closed.values()))
        uneven = self.superuser.execute("select * from ledger.uneven_rows((now() at time zone 'UTC')::date)").fetchall()
        assert uneven == []
        meters = "select * from ledger.uneven_spent(array[%s]) union all select * from ledger.uneven_meters()"
        assert self.superuser.execute(meters, [self.workspace]).fetchall() == []


def test_the_ledgers_sum_is_the_closed_rows_sum_whatever_happens(
    superuser: psycopg.Connection[TupleRow], database: TestDatabase
) -> None:
    with psycopg.connect(database.server_url, autocommit=True) as server:
        Money.superuser, Money.server = superuser, server
        run_state_machine_as_test(Money, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
