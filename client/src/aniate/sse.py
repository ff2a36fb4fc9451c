"""Server-sent events out of bytes, however the network cut them.

Source: the HTML standard, "Server-sent events", section 9.2.6.
"""

from aniate.errors import BrokenAnswer

MAX_EVENT_BYTES = 4 * 1024 * 1024


class EventReader:
    """Fed with bytes, gives back the events that they complete, as (name, data)."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._after_cr = False
        self._first = True
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[tuple[str, str]]:
        """The events that end in `chunk`. BrokenAnswer if one grows past all bounds."""
        if not chunk:
            return []
        if self._after_cr:  # a line may end in \r\n, cut in two
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *ended, rest = chunk.split(b"\n")
        events: list[tuple[str, str]] = []
        for part in ended:
            line = bytes(self._line) + part if self._line else part
            self._line.clear()
            self._take(line, events)
        self._line += rest
        if self._size + len(self._line) > MAX_EVENT_BYTES:
            raise BrokenAnswer("The server's answer can't be understood: one event of it has no end.")
        return events

    def _take(self, line: bytes, events: list[tuple[str, str]]) -> None:
        text = line.decode("utf-8", "replace")
        if self._first:
            text, self._first = text.removeprefix("\ufeff"), False
        if not text:
            if self._data:
                events.append((self._name or "message", "\n".join(self._data)))
            self._name, self._data, self._size = "", [], 0
            return
        field, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._size += len(line)
        elif field == "event":
            self._name = value
