"""The two halves of each brew go by the same name."""

from __future__ import annotations

from aniate.table import TABLE
from aniate_server.brews import catalogue

WITHOUT_A_WORD_OF_ITS_OWN = {"chat"}
"""An assistant is called by its own name."""
BY_ANOTHER_WORD = {"maker": "brew.cmd"}
"""Where the user's word says what is made, and the brew's name who makes it."""


def clients_brews() -> set[str]:
    """The words of the client that a brew answers."""
    return {name for name, command in TABLE.items() if command.target.startswith("brews.tools.")}


def test_every_brew_of_the_client_has_its_half_on_the_server() -> None:
    assert clients_brews()
    assert clients_brews() <= set(catalogue.load())


def test_users_are_offered_what_their_client_has_a_word_for() -> None:
    offered = {brew.name for brew in catalogue.offered(catalogue.load())}
    expected = clients_brews() | set(BY_ANOTHER_WORD)
    assert offered - WITHOUT_A_WORD_OF_ITS_OWN == expected, "see the line `offered` in prompt.md"


def test_a_brew_by_another_word_is_asked_by_that_commands_module() -> None:
    for name, word in BY_ANOTHER_WORD.items():
        assert name not in TABLE
        assert TABLE[word].target.partition(":")[0] == f"brews.{name}"


def test_a_clients_brew_lies_in_a_module_of_its_own_name() -> None:
    for name, command in TABLE.items():
        if command.target.startswith("brews.tools."):
            assert command.target.partition(":")[0].endswith(f".{name}")
