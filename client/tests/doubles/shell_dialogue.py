"""`ant` on a terminal, where somebody presses keys."""

from __future__ import annotations

import contextlib
import json
import re
import shutil

import pexpect
from ant_process import ANT, Home
from ant_stub import Reply, streams
from at_once import at_once, exit_code

ASKED = r"ca\[n\]cel"
TIMEOUT_S = 20


def proposes(command: str, does: str = "Does it.", touches: str = "") -> Reply:
    """The server's answer to a wish."""
    return streams(json.dumps({"command": command, "does": does, "touches": touches}))


class Dialogue:
    """One `ant` on a terminal of its own."""

    def __init__(self, home: Home, *words: str, shell: str = "bash", columns: int = 100) -> None:
        program = shutil.which(shell)
        assert program is not None
        environ = {**home.environ, "SHELL": program}
        self._pty = at_once(pexpect.spawn(
            ANT[0], [*ANT[1:], *words], env=environ, cwd=str(home.work), encoding="utf-8", timeout=TIMEOUT_S,
            dimensions=(24, columns),
        ))  # fmt: skip
        self.said = ""
        self.echoed = False
        """Whether, at its end, the terminal shows what is typed."""

    def expect(self, pattern: str) -> None:
        """Wait until this is on the terminal."""
        self._pty.expect(re.compile(pattern, re.DOTALL))
        self.said += str(self._pty.before) + str(self._pty.after)

    def type(self, text: str) -> None:
        """Press these keys, at once: what is asked on the screen can be answered."""
        self._pty.send(text)

    def press(self, key: str) -> None:
        """Press a key when it asks."""
        self.expect(ASKED)
        self.type(key)

    def answer(self, keys: str, then: str = "", ask: bool = True) -> int:
        """Press keys when it asks, wait for what follows, and for the end; the exit code."""
        if ask:
            self.expect(ASKED)
        self.type(keys)
        if then:
            self.expect(then)
        return self.ended()

    def ended(self) -> int:
        """Its exit code."""
        self._pty.expect(pexpect.EOF)
        self.echoed = bool(self._pty.getecho())
        self.said += str(self._pty.before)
        return exit_code(self._pty)

    def is_killed_by(self, number: int) -> bool:
        """Whether it ends by this signal, which it is sent."""
        self._pty.kill(number)
        with contextlib.suppress(OSError, AssertionError):
            self.ended()
        return bool(self._pty.signalstatus == number)

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pty.isalive():
            self._pty.close(force=True)
