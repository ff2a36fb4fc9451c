"""`aniate-server down`: stop the server of this data folder and all that it started."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Settings

PATIENCE_S = 30.0
LAST_MOMENTS_S = 2.0


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Ask the server to stop and wait until it has."""
    here = running(settings.data)
    if here is None:
        sys.stdout.write(f"No server is running on {settings.data}.\n")
        return 0
    with suppress(ProcessLookupError):  # it ended by itself
        os.kill(here.pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while running(settings.data) is not None:
        if time.monotonic() > deadline:
            raise SetupError(f"The server (pid {here.pid}) did not stop in {PATIENCE_S:.0f} seconds.", "See its log.")
        time.sleep(0.05)
    wait_for_the_end_of(here.pid)
    sys.stdout.write("Stopped.\n")
    return 0


def wait_for_the_end_of(pid: int) -> None:
    """The process gave everything back and is on its way out: a moment more, and no longer."""
    deadline = time.monotonic() + LAST_MOMENTS_S
    while time.monotonic() < deadline and not has_ended(pid):
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or is one that only waits to be buried, as in a container without an init."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except ProcessLookupError:
        return True
    except OSError:  # no /proc here
        return False
