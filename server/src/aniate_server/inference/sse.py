"""Server-sent events, scanned and written by hand: parsing each into a model costs 20 times as much."""

from __future__ import annotations

from aniate_server.plumbing.http import ascii_json

MAX_PENDING_BYTES = 1 << 20
"""No sane event is longer; more without an end is not a stream of events."""

KEEP_ALIVE = b": keep-alive\n\n"
DATA, END = b"data: ", b"\n\n"


class Malformed(Exception):
    """What came is not a stream of events."""


class Scanner:
    """Turns chunks, cut anywhere, into the data of events; comments and other fields are skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event that this chunk completes."""
        if not self._rest and not self._data and chunk.startswith(DATA) and chunk.endswith(END):
            whole = chunk[len(DATA) : -len(END)]
            events = whole.split(END + DATA)
            if whole.count(b"\n") == 2 * len(events) - 2 and b"\r" not in whole:  # nearly always
                return events
        events = []
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) + sum(map(len, self._data)) > MAX_PENDING_BYTES:
            raise Malformed
        for line in lines:
            self._line(line.removesuffix(b"\r"), events)
        return events

    def end(self) -> list[bytes]:
        """What the last chunk left without the empty line that should close it."""
        return self.feed(b"\n\n")

    def _line(self, line: bytes, events: list[bytes]) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif not line and self._data:
            events.append(b"\n".join(self._data))
            self._data.clear()


def event(name: str, data: dict[str, object]) -> bytes:
    """One event of ours; JSON escapes every line break, so it is always one line."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), ascii_json(data))
