"""Leaving a model alone that fails and fails: who asks hears so at once, and now and then one question tries it."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from aniate_server.inference.providers import Around, Call, ChatProvider, Piece
from aniate_server.inference.upstream_errors import of_kind
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import AniateError, Unavailable
from aniate_server.plumbing.metrics import ChatMetrics

FAILURES = {"unreachable", "failed", "broke_off", "silent", "malformed"}
MOST_MODELS = 256
"""So many failing ones are remembered; far more than any provider has."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Patience:
    """How many failures in a row, all within `window_s`, it takes to be left alone, and for how long."""

    failures: int
    rest_s: float
    window_s: float = 60.0


@dataclass
class Row:
    """The failures in a row of one model. Moments are of the monotonic clock."""

    began_at: float
    failures: int = 0
    rests_until: float | None = None
    """Left alone until then, and after that until one question came through; None for a model that is asked."""
    on_trial: bool = False
    """One question is on its way to find out."""


class Breaking(Around):
    """A provider whose failing models are left alone for a while."""

    def __init__(self, provider: ChatProvider, patience: Patience, clock: Clock, metrics: ChatMetrics) -> None:
        super().__init__(provider)
        self._patience = patience
        self._clock = clock
        self._metrics = metrics
        self._rows: dict[str, Row] = {}

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """See `ChatProvider`. Unavailable of the kind `resting` if the model is left alone."""
        model = call.upstream_model
        trial = self._admit(model)
        try:
            async with aclosing(self._provider.stream(call)) as pieces:
                async for piece in pieces:
                    if trial is not None and (piece.text or piece.tool_calls or piece.finish_reason):
                        self._trust(trial)
                        trial = None
                    yield piece
            self._forget(model)
        except AniateError as error:
            if error.kind in FAILURES or (error.upstream_status or 0) >= 500:
                self._failed(model, error.kind)
            else:  # an answer, if not the one that was hoped for
                self._forget(model)
            raise
        finally:
            if trial is not None:  # also of one who left before it was known
                trial.on_trial = False

    def _admit(self, model: str) -> Row | None:
        """Let it through; the row of a model that it is the trial of."""
        row = self._rows.get(model)
        if row is None or row.rests_until is None:
            return None
        left_s = row.rests_until - self._clock.monotonic()
        if left_s > 0 or row.on_trial:
            raise resting(max(1, math.ceil(left_s)))
        row.on_trial = True
        return row

    def _trust(self, row: Row) -> None:
        """It speaks again: others may ask, and the next failure lets it rest again, unless an answer is whole first."""
        row.on_trial, row.rests_until = False, None
        row.began_at, row.failures = self._clock.monotonic(), self._patience.failures - 1
        self._show()

    def _failed(self, model: str, kind: str) -> None:
        now, row = self._clock.monotonic(), self._rows.get(model)
        if row is None or (row.rests_until is None and now - row.began_at > self._patience.window_s):
            row = self._rows[model] = Row(now)
        row.failures += 1
        if row.failures >= self._patience.failures and (row.rests_until is None or row.on_trial):
            row.rests_until = now + self._patience.rest_s
            log.warning("model rests", provider=self.name, model=model, failures=row.failures, kind=kind)
        while len(self._rows) > MOST_MODELS:
            del self._rows[next(iter(self._rows))]
        self._show()

    def _forget(self, model: str) -> None:
        """It answered."""
        if self._rows.pop(model, None) is not None:
            self._show()

    def _show(self) -> None:
        left_alone = sum(row.rests_until is not None for row in self._rows.values())
        self._metrics.resting[self.name,].set(left_alone)


def resting(left_s: int) -> Unavailable:
    """It is left alone, for so long."""
    when = "a second" if left_s == 1 else f"{left_s} seconds"
    error = of_kind("resting", Unavailable(f"The model fails at the moment and is left alone for {when}."))
    error.retry_after_s = left_s
    return error
