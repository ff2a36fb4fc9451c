"""The two halves of each brew go by the same name."""

from __future__ import annotations

from aniate.table import TABLE
from aniate_server.brews import catalogue


def test_every_brew_of_the_client_has_its_half_on_the_server() -> None:
    ours = {name for name, command in TABLE.items() if command.target.startswith("brews.tools.")}
    assert ours
    assert ours <= set(catalogue.load())


def test_a_clients_brew_lies_in_a_module_of_its_own_name() -> None:
    for name, command in TABLE.items():
        if command.target.startswith("brews.tools."):
            assert command.target.partition(":")[0].endswith(f".{name}")
