"""Models that take no temperature but their own, as OpenAI's reasoning models: found out by asking, once each."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import structlog

from aniate_server.inference.providers import Around, Call, ChatProvider, Piece
from aniate_server.inference.upstream_errors import NoTemperature

USUAL = 1.0
"""The protocol's own."""

log = structlog.get_logger()


class Tempering(Around):
    """A provider whose models are asked without a temperature if they refuse one."""

    def __init__(self, provider: ChatProvider) -> None:
        super().__init__(provider)
        self._takes: dict[tuple[str, bool], bool] = {}
        """By the upstream's name of the model, and whether it is the usual temperature: some take that alone."""

    def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """See `ChatProvider`. Once a model is known, there is nothing between."""
        takes = self._takes.get(key_of(call))
        if takes is None:
            return self._found_out(call)
        return self._provider.stream(call if takes else replace(call, temperature=None))

    async def _found_out(self, call: Call) -> AsyncGenerator[Piece, None]:
        try:
            async with aclosing(self._provider.stream(call)) as pieces:
                async for piece in pieces:
                    self._takes[key_of(call)] = True
                    yield piece
            return
        except NoTemperature:
            log.info("no temperature", provider=self.name, model=call.upstream_model)
            self._takes[key_of(call)] = False
        async with aclosing(self.stream(call)) as pieces:
            async for piece in pieces:
                yield piece


def key_of(call: Call) -> tuple[str, bool]:
    """What is found out together."""
    return call.upstream_model, call.temperature == USUAL
