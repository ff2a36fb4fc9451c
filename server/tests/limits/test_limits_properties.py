"""Whatever happens in whatever order: no meter is ever above its limit by an admission, and each equals its rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import dict_row

from server.tests.data.cluster import OPEN, SETTLE, TestDatabase, as_json, opening, settling

TOKENS = st.integers(0, 1000)
LIMITS = st.dictionaries(
    st.tuples(
        st.sampled_from(["workspace", "user", "key"]),
        st.sampled_from(["requests_minute", "requests_day", "tokens_minute", "tokens_day", "streams", "credit_month"]),
    ),
    st.integers(0, 4000),
    max_size=5,
)
PRICE = 1_000_000
"""A micro-USD for each token."""

RECOMPUTED = """
with counted as (
  select m.scope, m.id as meter, m.minute, m.day, m.month, u.*
  from limits.meters m
  join aniate.usage u on u.workspace_id = m.workspace_id
    and m.id = case m.scope when 'workspace' then u.workspace_id when 'user' then u.user_id else u.key_id end
  where m.workspace_id = %(workspace)s
), sums as (
  select c.scope, c.meter as id,
    count(*) filter (where c.metered_minute = c.minute) as requests_minute,
    count(*) filter (where date_trunc('day', c.metered_minute, 'UTC') = c.day) as requests_day,
    coalesce(sum(tokens) filter (where c.metered_minute = c.minute), 0) as tokens_minute,
    coalesce(sum(tokens) filter (where date_trunc('day', c.metered_minute, 'UTC') = c.day), 0) as tokens_day,
    coalesce(sum(c.cost_micro_usd) filter (where date_trunc('month', c.closed_at, 'UTC') = c.month), 0)
      as spent_micro_usd,
    coalesce(sum(c.reserved_micro_usd) filter (where c.state = 'open'), 0) as reserved_micro_usd,
    count(*) filter (where c.state = 'open') as streams
  from counted c
  cross join lateral (select case c.state when 'open' then c.reserved_tokens
                                          else c.input_tokens + c.output_tokens end as tokens) t
  group by c.scope, c.meter
)
select m.scope, m.id, to_jsonb(m) - '{workspace_id,scope,id,minute,day,month}'::text[] as kept,
       to_jsonb(s) - '{scope,id}'::text[] as rows_say
from limits.meters m left join sums s on s.scope = m.scope and s.id = m.id
where m.workspace_id = %(workspace)s
"""


class Limits(RuleBasedStateMachine):
    """Requests of two keys opened, moved to other models and settled, time that passes, sweeps.

    Every request that was asked for is drawn from later, refused ones too: a true minute that turns meanwhile admits
    others when an example is run again, and may not change what is drawn.
    """

    superuser: psycopg.Connection
    server: psycopg.Connection
    requests = Bundle("requests")

    @initialize(limits=LIMITS)
    def a_new_tenant(self, limits: dict[tuple[str, str], int]) -> None:
        self.server.execute("select ledger.sweep('0')")
        self.superuser.execute("delete from limits.allowances where plan = 'enterprise'")
        for (scope, measure), amount in limits.items():
            self.server.execute("select ledger.allow('enterprise', %s, %s, %s)", [scope, measure, amount])
        self.user, self.workspace, self.keys = uuid4(), uuid4(), [uuid4(), uuid4()]
        self.admitted: set[UUID] = set()
        self.server.execute("select accounts.create_user(%s, %s, 'n')", [self.user, f"{self.user}@example.com"])
        self.server.execute("select accounts.create_workspace(%s, 'n', 'enterprise', %s)", [self.workspace, self.user])
        for key in self.keys:
            self.server.execute(
                "select accounts.create_key(%s, %s, %s, 'n', 'p', sha256(%s))",
                [key, self.workspace, self.user, key.bytes],
            )

    @rule(
        target=requests,
        asked=st.lists(st.tuples(st.sampled_from([0, 1]), st.tuples(TOKENS, TOKENS)), min_size=1, max_size=4),
    )
    def open_some(self, asked: list[tuple[int, tuple[int, int]]]) -> object:
        """In one call; each is admitted or refused for itself."""
        rows = {}
        for key, most in asked:
            request = uuid4()
            rows[request] = opening(
                request,
                (self.workspace, self.user, self.keys[key]),
                input_price=PRICE,
                output_price=PRICE,
                max_input_tokens=most[0],
                max_output_tokens=most[1],
                holder=uuid4(),
            )
        found = self.server.execute(OPEN, [as_json(list(rows.values()))]).fetchall()
        assert {request for request, *_ in found} == set(rows)
        for _, standing, refused, known in found:
            assert known
            if refused is None:
                assert all(limit["left"] >= 0 for limit in standing)
            else:
                assert refused["used"] + refused["asked"] > refused["allowed"]
        self.admitted |= {request for request, _, refused, _ in found if refused is None}
        return multiple(*rows)

    @rule(
        ended=st.lists(requests, min_size=1, max_size=4),
        tokens=st.tuples(TOKENS, TOKENS),
        estimated=st.booleans(),
        cached=st.tuples(TOKENS, st.sampled_from([None, 0, PRICE // 2])),
    )
    def settle(
        self, ended: list[UUID], tokens: tuple[int, int], estimated: bool, cached: tuple[int, int | None]
    ) -> None:
        within = min(cached[0], tokens[0]), cached[1]
        told = [settling(request, tokens, "ok", estimated, within) for request in self.admitted & set(ended)]
        self.server.execute(SETTLE, [as_json(told)])

    @rule(request=requests, most=st.tuples(TOKENS, TOKENS), price=st.sampled_from([0, PRICE // 2, 3 * PRICE]))
    def reroute(self, request: UUID, most: tuple[int, int], price: int) -> None:
        if request not in self.admitted:
            return
        try:
            self.server.execute(
                "select ledger.reroute(%s, 'n', 'q', 'w', %s, %s, 1, %s, %s, 'r')", [request, price, price, *most]
            )
        except psycopg.errors.DatabaseError as refused:
            if refused.sqlstate == "AN002":
                assert self.state(request) == "closed"
                return
            assert refused.sqlstate == "AN005"
            facts = json.loads(refused.diag.message_detail or "")
            assert facts["used"] + facts["asked"] > facts["allowed"]
        else:
            assert self.state(request) == "open"

    def state(self, request: UUID) -> str:
        row = self.superuser.execute("select state from aniate.usage where id = %s", [request]).fetchone()
        assert row
        return str(row[0])

    @rule()
    def a_day_passes(self) -> None:
        """As seen from here, what was is a day longer ago."""
        self.superuser.execute(
            "update limits.meters set minute = minute - interval '1 day', day = day - interval '1 day'"
        )
        self.superuser.execute("update aniate.usage set metered_minute = metered_minute - interval '1 day'")

    @rule()
    def a_minute_passes(self) -> None:
        if datetime.now(UTC).hour == 0:
            return  # the minute before may belong to the day before
        self.superuser.execute("update limits.meters set minute = minute - interval '1 minute'")
        self.superuser.execute("update aniate.usage set metered_minute = metered_minute - interval '1 minute'")

    @rule()
    def a_month_passes(self) -> None:
        self.superuser.execute("update limits.meters set month = month - interval '1 month'")
        self.superuser.execute("update aniate.usage set closed_at = closed_at - interval '1 month'")

    @rule()
    def sweep(self) -> None:
        self.server.execute("select ledger.sweep('0')")

    @invariant()
    def each_meter_says_what_its_rows_say(self) -> None:
        if not hasattr(self, "workspace"):
            return
        cursor = self.superuser.cursor(row_factory=dict_row)
        for meter in cursor.execute(RECOMPUTED, {"workspace": self.workspace}).fetchall():
            nothing = dict.fromkeys(meter["kept"], 0)  # it was made for a request that was refused
            assert meter["kept"] == (meter["rows_say"] or nothing), meter


def test_meters_say_what_the_rows_say_whatever_happens(database: TestDatabase) -> None:
    with (
        psycopg.connect(database.superuser_url, autocommit=True) as superuser,
        psycopg.connect(database.server_url, autocommit=True) as server,
    ):
        Limits.superuser, Limits.server = superuser, server
        run_state_machine_as_test(Limits, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))
