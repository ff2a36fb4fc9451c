"""Groq's double with a limit that is real: a bucket of tokens that fills evenly, told in headers and kept with 429.

Source: console.groq.com/docs/rate-limits. `window_s` stands for its minute, so that a test need not wait for one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from server.tests.doubles.groq import Groq


@dataclass
class LimitedGroq(Groq):
    """Each question takes what its usage will say. `refused` counts the 429."""

    window_s: float = 1.0
    left: float | None = None
    """Of the bucket at the last question; None means all."""
    refused: int = 0
    _at: float = 0.0

    @property
    def per_s(self) -> float:
        """How fast the bucket fills."""
        return self.tokens_per_minute / self.window_s

    def refusal(self, body: dict[str, Any]) -> web.Response | None:
        """What Groq refuses anyway, and what there is no room for."""
        return super().refusal(body) or self.taken(self.prompt_tokens + self.completion_tokens)

    def taken(self, tokens: int) -> web.Response | None:
        """Take them, or the 429."""
        left = self.filled()
        if left >= tokens:
            self.left = left - tokens
            return None
        self.refused += 1
        said = {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}
        wait = {"retry-after": f"{(tokens - left) / self.per_s:.3f}"}
        return web.json_response({"error": said}, status=429, headers={**self.limits(), **wait})

    def filled(self) -> float:
        """What is left now."""
        now = time.monotonic()
        left = self.tokens_per_minute if self.left is None else self.left + (now - self._at) * self.per_s
        self.left, self._at = min(self.tokens_per_minute, left), now
        return self.left

    def limits(self) -> dict[str, str]:
        """As they are."""
        left = self.filled()
        full_in_s = (self.tokens_per_minute - left) / self.per_s
        remaining = {"x-ratelimit-remaining-tokens": str(int(left)), "x-ratelimit-reset-tokens": f"{full_in_s:.6f}s"}
        return {**super().limits(), **remaining}
