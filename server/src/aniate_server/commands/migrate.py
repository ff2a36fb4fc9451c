"""`aniate-server migrate`: bring a database up to date."""

from __future__ import annotations

import argparse
import sys

from aniate_server.parts import database_url
from aniate_server.plumbing.migrations import migrate
from aniate_server.plumbing.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Apply what is missing and name it. The embedded database is migrated as it starts."""
    with database_url(settings) as url:
        applied = migrate(url) if settings.database_url else []
    for name in applied:
        sys.stdout.write(f"applied {name}\n")
    if not applied:
        sys.stdout.write("The database is up to date.\n")
    return 0
