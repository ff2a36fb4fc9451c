"""Conversations on the account, for who chose so (`ant config sync on`): what changed there, then what is new here.

Lines are only appended, so of two versions of a conversation the longer one is the newer; where two machines went on
from the same turn, this machine's version goes on as a copy. What can't be sent now waits for the next time.
"""

import os

from aniate import files, places
from aniate.errors import AntError
from aniate.history import store
from aniate.history.account import MAX_BYTES, Account, Change
from aniate.history.conversation import Conversation, at_home, of_lines, portable
from aniate.history.keeper import new_id
from aniate.history.memory import Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.config import Settings

LIMIT_S = 3.0
"""How long the account may keep silent."""
_PAGES = 40


class Sync:
    """One login's conversations, here and there."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._key = f"{settings.profile} {settings.address.origin}"
        self._path = os.path.join(places.state_folder(), "sync.json")

    def note(self, identity: str) -> None:
        """This conversation has something new. StorageFailed if that can't be remembered."""
        self._change(lambda memory: memory.waiting.append(identity))

    def note_deleted(self, identities: "Sequence[str]") -> None:
        """These were deleted here, and are to be deleted there."""

        def edit(memory: Memory) -> None:
            memory.forget += identities
            memory.waiting = [each for each in memory.waiting if each not in identities]

        self._change(edit)

    def leave(self) -> None:
        """Forget what is known of the account: the next time is the first again."""
        self._change(lambda memory: memory.begin("", []))

    def exchange(self, token: str, limit_s: float = LIMIT_S) -> "list[str]":
        """Learn what changed there, and send what is new here. AntError if that can't be done now.

        Sentences about what will never be sent come back.
        """
        account = Account(self._settings, token, limit_s)
        self._forget(account)
        self._learn(account)
        return self._send(account)

    def _forget(self, account: Account) -> None:
        for identity in self._memory().forget:
            account.delete(identity)

            def edit(memory: Memory, identity: str = identity) -> None:
                memory.forget = [each for each in memory.forget if each != identity]
                memory.known.pop(identity, None)

            self._change(edit)

    def _learn(self, account: Account) -> None:
        skipped = False
        after = self._memory().cursor
        for _ in range(_PAGES):
            user, changes = account.changed(after)
            if self._is_new(user):
                after = 0
                continue
            for change in changes:
                skipped = not self._merged(change) or skipped
                after = change.sequence
                if not skipped:
                    self._change(lambda memory: setattr(memory, "cursor", after))  # noqa: B023  # called at once
            if not changes:
                return

    def _is_new(self, user: str) -> bool:
        """Whether the account is another one than the last time, or this is the first: then all begins anew."""
        before = self._memory()
        if before.user == user:
            return False
        mine: list[str] = []
        if not before.user:
            wanted = (self._settings.profile, self._settings.address.origin)
            mine = [each.identity for each in store.every() if (each.profile, each.origin) == wanted]
        self._change(lambda memory: memory.begin(user, mine))
        return True

    def _merged(self, change: Change) -> bool:
        """Bring what changed there to this machine; False if that has to wait, since the conversation is held."""
        identity = change.identity
        here = portable(store.lines_of(identity))
        there = portable(change.lines or ())
        if change.lines is not None and _identity(there) != identity:
            return True  # what makes no sense is left alone
        if change.lines is not None and here[: len(there)] == there:
            self._knows(identity, len(there), len(here))
            return True
        if store.is_in_use(store.path_of(identity)):
            return False
        memory = self._memory()
        if here and there[: len(here)] != here and (change.lines is not None or identity in memory.waiting):
            self._copy(here)
        self._take(identity, there)
        return True

    def _knows(self, identity: str, there: int, here: int) -> None:
        """The account has so many lines of those that are here."""

        def edit(memory: Memory) -> None:
            memory.known[identity] = there
            if there == here:
                memory.waiting = [each for each in memory.waiting if each != identity]

        self._change(edit)

    def _copy(self, lines: "Sequence[str]") -> None:
        """What was said on this machine alone goes on under an id of its own."""
        copy = new_id()
        old = _identity(lines)
        self._write(copy, [lines[0].replace(old, copy), *lines[1:]])
        self.note(copy)

    def _take(self, identity: str, lines: "Sequence[str]") -> None:
        """What there is on the account is what there is here."""
        if lines:
            self._write(identity, lines)
        else:
            store.delete(identity)

        def edit(memory: Memory) -> None:
            memory.known.pop(identity, None)
            if lines:
                memory.known[identity] = len(lines)
            memory.waiting = [each for each in memory.waiting if each != identity]

        self._change(edit)

    def _write(self, identity: str, lines: "Sequence[str]") -> None:
        kept = at_home(lines, self._settings.profile, self._settings.address.origin)
        conversation = of_lines(kept)
        if isinstance(conversation, Conversation) and conversation.identity == identity:
            store.replace(conversation, kept)

    def _send(self, account: Account) -> "list[str]":
        remarks: list[str] = []
        for identity in self._memory().waiting:
            self._change(lambda memory: memory.waiting.remove(identity))  # noqa: B023  # called at once
            lines = portable(store.lines_of(identity))
            if not lines or _size(lines) > MAX_BYTES:
                remarks += (
                    ["A conversation is longer than the account keeps (640 KiB); it stays here."] if lines else []
                )
                continue
            try:
                sequence = account.keep(identity, lines, self._memory().known.get(identity, 0))
            except AntError:
                self.note(identity)
                raise
            if not sequence:  # it was changed there since we asked: the next time brings that
                self.note(identity)
                continue
            self._sent(identity, len(lines), sequence)
        return remarks

    def _sent(self, identity: str, version: int, sequence: int) -> None:
        def edit(memory: Memory) -> None:
            memory.known[identity] = version
            if sequence == memory.cursor + 1:
                memory.cursor = sequence  # nothing else happened, so there is nothing to learn from it

        self._change(edit)

    def _memory(self) -> Memory:
        stored = files.read_object(self._path).get(self._key)
        return Memory(stored if isinstance(stored, dict) else {})

    def _change(self, edit: "Callable[[Memory], object]") -> None:
        with files.locked(self._path):
            stored = files.read_object(self._path)
            section = stored.get(self._key)
            memory = Memory(section if isinstance(section, dict) else {})
            edit(memory)
            stored[self._key] = memory.as_data()
            files.write_object(self._path, stored)


def _identity(lines: "Sequence[str]") -> str:
    found = of_lines(lines)
    return found.identity if found else ""


def _size(lines: "Sequence[str]") -> int:
    from aniate.jsontext import dumps

    return len(dumps(list(lines)))
