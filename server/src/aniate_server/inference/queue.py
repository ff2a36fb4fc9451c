"""Turns at the models: bounded lines, fair among users, at the pace that each upstream allows.

Where nobody waits and there is room, a turn costs a few microseconds and asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from aniate_server.inference.line import Line, Turn, Wish
from aniate_server.inference.providers import OnHeaders
from aniate_server.inference.shared_room import SharedRoom
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded import model_process
from aniate_server.plumbing.metrics import QueueMetrics
from aniate_server.plumbing.settings import Settings


class Queue:
    """The lines of one process. `db` is how processes share the room."""

    def __init__(self, settings: Settings, clock: Clock, metrics: QueueMetrics, db: Database) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._db = db
        self._lines: dict[tuple[str, str], Line] = {}

    def turn(self, wish: Wish) -> Turn:
        """`async with queue.turn(wish):` waits for a turn and holds it; Unavailable if that would be too long."""
        return Turn(self.line(wish.provider, wish.upstream_model), wish)

    def line(self, provider: str, upstream_model: str) -> Line:
        """The line before that model."""
        name = (provider, upstream_model)
        found = self._lines.get(name)
        if found is None:
            found = self._lines[name] = self._open(name)
        return found

    def listener(self, provider: str) -> OnHeaders:
        """What the adapter of that provider is given, so that we learn from its answers."""

        def hear(upstream_model: str, status: int, headers: Mapping[str, str]) -> None:
            self.line(provider, upstream_model).hear(status, headers)

        return hear

    def close(self) -> None:
        """Stop what runs in the background; who still waits is told by others that we stop."""
        for line in self._lines.values():
            line.close()

    def _open(self, name: tuple[str, str]) -> Line:
        slots = model_process.SLOTS if name[0] == "local" else self._settings.upstream_slots
        room = SharedRoom(name, self._db, self._clock, self._metrics)
        return Line(room, slots, self._settings, self._clock, self._metrics)
