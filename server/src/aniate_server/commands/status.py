"""`aniate-server status`: is a server running on this data folder, and where."""

from __future__ import annotations

import argparse
import sys

from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Say where the server is; 1 if none is running."""
    here = running(settings.data)
    if here is None:
        sys.stderr.write(f"No server is running on {settings.data}. Start one: aniate-server up\n")
        return 1
    sys.stdout.write(
        f"{here.url}\n" if arguments.url else f"up at {here.url}, pid {here.pid}, data in {settings.data}\n"
    )
    return 0
