"""Which scripts the user has agreed to on this machine: by hash, so that a changed one asks again."""

import os

from aniate import files, jsontext, places
from aniate.brewed import Brewed
from aniate.errors import StorageFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.config import Settings


def hash_of(command: Brewed) -> str:
    """What was agreed to: the script, its arguments and what it may do. Not its description."""
    from hashlib import sha256

    arguments = [[each.name, each.type, each.required] for each in command.arguments]
    return sha256(jsontext.dumps([command.kind, command.body, arguments, command.may]).encode()).hexdigest()


def path() -> str:
    """The file of hashes, by server, profile and name."""
    return os.path.join(places.state_folder(), "agreed.json")


def _text_path(digest: str) -> str:
    return os.path.join(places.state_folder(), "agreed", digest + ".txt")


def _key(settings: "Settings", name: str) -> str:
    return f"{settings.address.origin} {settings.profile} {name}"


def agreed_hash(settings: "Settings", name: str) -> str:
    """The hash of what was agreed to last under that name, or the empty string."""
    found = files.read_object(path()).get(_key(settings, name))
    return found if isinstance(found, str) else ""


def agreed_text(digest: str) -> str:
    """The file of the command that was agreed to, to show what has changed; empty if it is not kept any more."""
    if len(digest) != 64 or not frozenset("0123456789abcdef").issuperset(digest):
        return ""
    try:
        with open(_text_path(digest), encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""


def agree(settings: "Settings", command: Brewed) -> None:
    """Remember that the user said yes to this very command. StorageFailed if that can't be kept."""
    from aniate.brewed_file import as_file

    digest = hash_of(command)
    files.write_private(_text_path(digest), as_file(command))

    def put(kept: "dict[str, object]") -> None:
        kept[_key(settings, command.name)] = digest

    _change(put)


def forget(settings: "Settings", name: str) -> None:
    """As if nobody had ever agreed. No harm if that can't be done now."""
    try:
        if agreed_hash(settings, name):
            _change(lambda kept: kept.pop(_key(settings, name), None))
    except StorageFailed:
        return


def _change(edit: "Callable[[dict[str, object]], object]") -> None:
    with files.locked(path()):
        kept = files.read_object(path())
        edit(kept)
        files.write_object(path(), kept)
