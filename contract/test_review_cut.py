"""`ant review` hears it when the model does not read all: then it shows less at once."""

from __future__ import annotations

from aniate.reviewing.reading import was_cut
from aniate.wire import ChatRequest, ContextPiece, Message
from aniate_server.brews import catalogue
from aniate_server.brews.compose import compose


def _said(text: str) -> str:
    request = ChatRequest((Message("user", "Why?"),), "review", context=(ContextPiece("diff", "a.py", text),))
    return compose(catalogue.load()["review"], request, 3000, "0badf00d").notice


def test_what_the_server_says_of_a_cut_is_understood() -> None:
    assert was_cut(_said("    1 +a line of code\n" * 3000))
    assert was_cut(_said("x" * 100_000))
    assert not was_cut(_said("    1 +a line of code\n"))
