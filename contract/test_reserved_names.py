"""No assistant can ever hide behind a command's name, nor a command take an assistant's away."""

from __future__ import annotations

from aniate.table import TABLE
from aniate_server.assistants.names import RESERVED


def test_every_command_is_a_reserved_name() -> None:
    assert {name.partition(".")[0] for name in TABLE} <= RESERVED
