"""One run: clients, kills and restarts by one plan, then all that must hold."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psycopg

from bench.soak import books, people
from bench.soak.books import Watch
from bench.soak.clients import Errand, Told, errands, run_all
from bench.soak.fleet import Fleet, Server, standing
from bench.soak.people import People
from bench.soak.upstream import Upstream

SETTLING_S = 60.0
"""A heartbeat for what is owed, four for who is dead, one round of the sweeper, and room."""
DOWN_S = (0.0, 0.5)


@dataclass(frozen=True)
class Plan:
    """How much of what. Kills and restarts come at random points of the errands."""

    seed: int = 1
    servers: int = 4
    clients: int = 40
    requests: int = 400
    kills: int = 4
    database_restarts: int = 1
    counted: int = 20
    """What the one with a limit of requests may; it asks a tenth of all."""
    credit: int = 40_000
    durable: bool = False
    look_every_s: float = 0.1
    impatient: bool = False
    """At the end, let the time be later for the dead instead of waiting for it."""


@dataclass
class Report:
    """What was seen. `wrong` has a sentence for each thing that does not hold."""

    told: list[Told]
    rows: int
    flagged: int
    micro_usd: int
    upstream: int
    kills: int
    database_restarts: int
    looks: int
    load_s: float
    settling_s: float
    wrong: list[str]

    @property
    def figures(self) -> str:
        """For people."""
        of = Counter(each.error or ("left" if each.left else "answered") for each in self.told)
        ends = ", ".join(f"{count:,} {end}" for end, count in of.most_common())
        return (
            f"{len(self.told):,} asked in {self.load_s:.1f} s: {ends}.\n"
            f"{self.kills} kills of servers, {self.database_restarts} immediate restarts of PostgreSQL;"
            f" {self.settling_s:.1f} s until the last row was closed.\n"
            f"{self.rows:,} rows, {self.flagged:,} of them flagged, {self.micro_usd:,} micro-USD in all;"
            f" the provider counted {self.upstream:,} requests.\n"
            f"{self.looks:,} looks at single moments; {len(self.wrong)} things wrong."
        )


@dataclass
class Turmoil:
    """Kills and restarts, each due when so many errands are done."""

    fleet: Fleet
    random: Random
    due: list[tuple[int, str]]
    done: int = 0
    kills: int = 0
    restarts: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def one_more(self) -> None:
        """An errand is done."""
        self.done += 1
        while self.due and self.due[0][0] <= self.done:
            what = self.due.pop(0)[1]
            task = asyncio.create_task(self.kill() if what == "kill" else self.restart())
            self._tasks.add(task)

    async def kill(self) -> None:
        """Kill one that serves, and start it again."""
        while not (alive := [server for server in self.fleet.servers if server.serving]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        victim: Server = self.random.choice(alive)
        victim.kill()
        self.kills += 1
        await asyncio.sleep(self.random.uniform(*DOWN_S))
        await victim.ready()

    async def restart(self) -> None:
        """The database, without a goodbye."""
        await self.fleet.restart_database()
        self.restarts += 1

    async def calm(self) -> None:
        """All is over, and every server serves."""
        await asyncio.gather(*self._tasks)
        for server in self.fleet.servers:
            await server.ready()


async def run(plan: Plan, folder: Path) -> Report:
    """Do it."""
    random = Random(plan.seed)
    async with Upstream().running() as upstream:
        with standing(folder, upstream.base_url, plan.servers, durable=plan.durable) as fleet:
            url, server_url = fleet.postgres.superuser_url, fleet.postgres.server_url
            who = await people.settle_in(url, server_url, plan.counted, plan.credit)
            await fleet.start()
            todo = errands(random, plan.requests, who.keys, plan.servers)
            watch = Watch(url, who, plan.look_every_s)
            watching = asyncio.create_task(watch.look_on())
            began, day = time.monotonic(), datetime.now(UTC).date()
            told, turmoil = await under_load(plan, todo, fleet, random)
            loaded = time.monotonic()
            await settled(watch, url, impatient=plan.impatient)
            ended = time.monotonic()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            rows = books.rows_of(url)
            wrong = [
                *watch.wrong,
                *books.row_by_row(rows, upstream.counted),
                *books.as_told(rows, told, upstream.counted),
                *await books.reconciled(server_url, upstream.counted, day),
                *await books.settled_twice(server_url, url, random),
                *exactly(who, rows, told, day == datetime.now(UTC).date()),
            ]
            return Report(
                told=told,
                rows=len(rows),
                flagged=sum(bool(row["estimated"]) for row in rows.values()),
                micro_usd=sum(row["cost_micro_usd"] or 0 for row in rows.values()),
                upstream=len(upstream.counted),
                kills=turmoil.kills,
                database_restarts=turmoil.restarts,
                looks=watch.looks,
                load_s=loaded - began,
                settling_s=ended - loaded,
                wrong=wrong,
            )


async def under_load(plan: Plan, todo: list[Errand], fleet: Fleet, random: Random) -> tuple[list[Told], Turmoil]:
    """All errands, and what happens meanwhile."""
    points = [(random.randint(plan.requests // 10, plan.requests), "kill") for _ in range(plan.kills)]
    points += [(random.randint(plan.requests // 4, plan.requests), "restart") for _ in range(plan.database_restarts)]
    turmoil = Turmoil(fleet, random, sorted(points))
    told = await run_all(todo, [server.url for server in fleet.servers], plan.clients, turmoil.one_more)
    await turmoil.calm()
    return told, turmoil


async def settled(watch: Watch, url: str, *, impatient: bool) -> None:
    """Until no row is open, or the time for that is over."""
    deadline = time.monotonic() + SETTLING_S
    if impatient:
        await asyncio.sleep(6)  # a heartbeat: what a living server owes is settled, and it is known to live
        with psycopg.connect(url, autocommit=True) as superuser:
            superuser.execute("update operations.holders set seen_at = seen_at - interval '20 s'")
            superuser.execute("update aniate.usage set opened_at = opened_at - interval '20 s' where state = 'open'")
    seen = watch.looks
    while watch.open or watch.looks < seen + 2:
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.05)


def exactly(who: People, rows: dict[str, books.Row], told: list[Told], same_day: bool) -> list[str]:
    """Whom a limit refused was admitted exactly as often as it allows."""
    admitted = sum(row["workspace_id"] == who.counted.workspace_id for row in rows.values())
    refused = sum(each.errand.key == who.counted.key and each.error == "limit_reached" for each in told)
    if not refused:
        return ["the limit was never reached: ask more, or allow less"]
    if same_day and admitted != who.requests:
        return [f"{admitted} requests were admitted, {refused} refused, where {who.requests} are allowed"]
    return []
