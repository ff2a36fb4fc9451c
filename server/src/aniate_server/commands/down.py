"""`aniate-server down`: stop the server of this data folder and all that it started."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress

from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Settings

PATIENCE_S = 30.0


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
    sys.stdout.write("Stopped.\n")
    return 0
