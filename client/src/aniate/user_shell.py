"""A line run in the user's own shell."""

import os
import signal
import sys


def shell() -> str:
    """The user's shell, as $SHELL has it."""
    return os.environ.get("SHELL") or "/bin/sh"


def run(command: str) -> int:
    """Run a line as the user's shell reads it; its exit code, as shells count it. Ctrl-C is for the command alone."""
    from subprocess import Popen

    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started = Popen([shell(), "-c", command], preexec_fn=_heed_ctrl_c)  # noqa: S603  # after the user's yes
        code = started.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
