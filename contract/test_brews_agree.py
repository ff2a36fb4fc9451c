"""The two halves of each brew go by the same name."""

from __future__ import annotations

from aniate.table import TABLE
from aniate_server.brews import catalogue

WITHOUT_A_WORD_OF_ITS_OWN = {"chat"}
"""An assistant is called by its own name."""


def clients_brews() -> set[str]:
    """The words of the client that a brew answers."""
    return {name for name, command in TABLE.items() if command.target.startswith("brews.tools.")}


def test_every_brew_of_the_client_has_its_half_on_the_server() -> None:
    assert clients_brews()
    assert clients_brews() <= set(catalogue.load())


def test_users_are_offered_what_their_client_has_a_word_for() -> None:
    offered = {brew.name for brew in catalogue.offered(catalogue.load())}
    assert offered - WITHOUT_A_WORD_OF_ITS_OWN == clients_brews(), "see the line `offered` in prompt.md"


def test_a_clients_brew_lies_in_a_module_of_its_own_name() -> None:
    for name, command in TABLE.items():
        if command.target.startswith("brews.tools."):
            assert command.target.partition(":")[0].endswith(f".{name}")
