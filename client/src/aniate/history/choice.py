"""Which conversation is meant by a word."""

from aniate import listing
from aniate.errors import AntError
from aniate.history import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.history.conversation import Conversation

LAST = "last"


def picked(word: str) -> "Conversation":
    """The conversation whose id begins so, or the newest for `last`. AntError if there is none."""
    if word == LAST:
        found = next(store.every(), None)
    else:
        rows: list[dict[str, object]] = [{"id": identity} for identity, _ in store.newest_first()]
        found = store.read(str(listing.pick(rows, word, "conversation", "ant history")["id"]))
    if found is None:
        raise AntError("There is no such conversation.", "`ant history` lists them.", "not_found")
    return found
