"""Somebody at a terminal who talks with `ant chat`: keys go in, and the screen is read back."""

from __future__ import annotations

import time

import pexpect
import pyte
from ant_process import ANT, Home
from at_once import at_once, exit_code

PATIENCE_S = 15


class Talk:
    """A running `ant` on a terminal, in a home's work folder."""

    def __init__(self, home: Home, *words: str, columns: int = 80, rows: int = 60, before: str = "", **environ: str):
        command = [*ANT, *words]
        if before:
            command = ["bash", "-c", f'{before}; exec "$@"', "bash", *command]
        self.process: pexpect.spawn[bytes] = at_once(pexpect.spawn(
            command[0], command[1:], dimensions=(rows, columns), env={**home.environ, **environ}, cwd=str(home.work),
            timeout=PATIENCE_S,
        ))  # fmt: skip
        self.screen = pyte.Screen(columns, rows)
        self.sent = b""
        self._stream = pyte.ByteStream(self.screen)

    @property
    def lines(self) -> list[str]:
        """What the terminal shows, without blanks at the ends."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    def type(self, keys: str) -> None:
        """Press keys."""
        self.process.send(keys)

    def ask(self, words: str, *expected: str) -> None:
        """Type a line and Enter, and wait for what is expected, and for the next prompt."""
        self.type(words + "\r")
        self.shows(*expected)
        self.prompts()

    def shows(self, *texts: str) -> str:
        """Wait until all of these stand on the screen."""
        deadline = time.monotonic() + PATIENCE_S
        while not all(text in "\n".join(self.lines) for text in texts):
            assert time.monotonic() < deadline, (texts, self.lines)
            self._read()
        return "\n".join(self.lines)

    def prompts(self, prompt: str = ">") -> None:
        """Wait until the prompt is the last line, with nothing behind it."""
        deadline = time.monotonic() + PATIENCE_S
        while self.lines[-1] != prompt or self._read(0.02):
            assert time.monotonic() < deadline, self.lines
            self._read()

    def ends(self) -> int:
        """Wait for its end; the exit code."""
        while self.process.isalive():
            self._read()
        self._read()
        return exit_code(self.process)

    def settle(self) -> None:
        """Read what is there."""
        self._read()

    def leave(self) -> int:
        """Ctrl-D."""
        self.type("\x04")
        return self.ends()

    def _read(self, patience_s: float = 0.1) -> bool:
        try:
            data = self.process.read_nonblocking(65536, patience_s)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.sent += data
        self._stream.feed(data)
        return True
