"""`aniate-server status`: is a server running on this data folder, and where."""

from __future__ import annotations

import argparse
import sys

from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Say where the server is; 1 if none is up."""
    here = running(settings.data)
    if here is None:
        sys.stderr.write(f"No server is running on {settings.data}. Start one: aniate-server up\n")
        return 1
    if not here.url:
        sys.stderr.write(f"A server is starting on {settings.data}, pid {here.pid}.\n")
        return 1
    whole = f"up at {here.url}, pid {here.pid}, data in {settings.data}"
    sys.stdout.write(f"{here.url if arguments.url else whole}\n")
    return 0
