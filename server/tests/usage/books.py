"""Books to be reconciled: settled requests, put on the day that a test wants, and differences planted by force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.metrics import Metrics
from aniate_server.usage.usage_tracker import Meter, nothing
from server.tests.data.cluster import Tenant, TestDatabase, request_of


@dataclass(frozen=True)
class Books:
    """A tenant's requests, metered as every request is, and what nobody but a superuser can do."""

    db: Database
    database: TestDatabase
    tenant: Tenant

    async def opened(self, **changes: Any) -> UUID:
        """One more open request: 2,000 + 8,192 tokens reserved."""
        row = request_of(self.tenant, **changes)
        await Meter(self.db).open(row)
        return row.request_id

    async def closed(
        self,
        tokens: tuple[int, int] = (20, 12),
        *,
        estimated: bool = False,
        cached: tuple[int, int | None] = (0, None),
        **changes: Any,
    ) -> UUID:
        """One more settled request. `cached`: how many tokens of the input, and their price."""
        meter, row = Meter(self.db), request_of(self.tenant, **changes)
        await meter.open(row)
        ended = replace(nothing(row, "ok"), input_tokens=tokens[0], output_tokens=tokens[1], estimated=estimated)
        await meter.settle(replace(ended, cached_input_tokens=cached[0], cached_price=cached[1]))
        return row.request_id

    def by_force(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """As superuser, past every trigger."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as superuser:
            superuser.execute("set session_replication_role = replica")
            done = superuser.execute(sql.encode(), values)
            return done.fetchall() if done.description else []

    def put(self, request_id: UUID, opened_at: datetime, closed_at: datetime | None) -> None:
        """As if it had been opened and closed then."""
        self.by_force(
            "update aniate.usage set opened_at = %s, closed_at = %s where id = %s", opened_at, closed_at, request_id
        )
        self.by_force("update ledger.entries set created_at = %s where request_id = %s", closed_at, request_id)
        self.by_force("delete from ledger.billing_outbox")
        self.by_force(
            "insert into ledger.billing_outbox select workspace_id, date_trunc('hour', created_at, 'UTC'), count(*),"
            " sum(amount_micro_usd) from ledger.entries group by 1, 2"
        )
        self.by_force(
            "update limits.meters m set spent_micro_usd = (select coalesce(sum(cost_micro_usd), 0) from aniate.usage u"
            " where u.workspace_id = m.workspace_id and u.closed_at >= m.month)"
        )


def midnight(day: date) -> datetime:
    """Its beginning, in UTC."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


def after(day: date, **span: float) -> datetime:
    """A moment so long after its beginning."""
    return midnight(day) + timedelta(**span)


def differing(metrics: Metrics) -> float | None:
    """What the metric says."""
    return metrics.registry.get_sample_value("aniate_books_differ")
