"""What keeps a conversation while it is held: its file is open and locked, and each turn is safe once it was added.

Where nothing can be kept (a home that is read-only, a disk that is full), that is said once and the talk goes on.
"""

import os
import sys
import time

from aniate import terminal
from aniate.errors import StorageFailed
from aniate.history import store
from aniate.history.conversation import Conversation, Turn, head_line, title_line, turn_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings


class Keeper:
    """A conversation, and its file from the first turn on."""

    def __init__(self, settings: "Settings", conversation: Conversation) -> None:
        self.conversation = conversation
        self._settings = settings
        self._fd = -1
        self._off = settings.values["history"] == "off"

    @property
    def keeps(self) -> bool:
        """Whether it is kept: that is wanted, and nothing has failed."""
        return not self._off

    def add(self, turn: Turn, sync: bool = True) -> None:
        """Add a turn, and keep it; with `sync` it is on the disk afterwards."""
        self.conversation.add(turn)
        self._keep(turn_line(turn), sync)

    def rename(self, title: str) -> None:
        """Give it another title."""
        self.conversation.title = title
        if self.conversation.turns:
            self._keep(title_line(title), True)

    def close(self) -> None:
        """The end: others may go on with it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def resume(self) -> None:
        """Go on with the conversation as it is kept. If another `ant` is doing that, with a copy of it."""
        if self._off:
            return
        try:
            self._fd = _opened(self.conversation.identity)
            if store.locked(self._fd):
                self.conversation = store.read(self.conversation.identity) or self.conversation
                return
            self.close()
        except OSError as error:
            self._give_up(error.strerror or "failed")
            return
        terminal.say("This conversation is open in another `ant`; a copy of it goes on here.")
        self._copy()

    def _copy(self) -> None:
        old = self.conversation
        copy = Conversation(new_id(), int(time.time()), old.folder, old.profile, old.origin, old.assistant)
        copy.title, copy.turns = old.title, list(old.turns)
        self.conversation = copy
        title = title_line(copy.title) if copy.title else ""
        self._keep("".join(turn_line(turn) for turn in copy.turns) + title, True)

    def _keep(self, lines: str, sync: bool) -> None:
        if self._off:
            return
        try:
            if self._fd >= 0:
                self._append(lines.encode("ascii"), sync)
            else:
                self._append((self._begun() + lines).encode("ascii"), sync)
                store.prune(int(self._settings.values["history_limit"]))  # once the new one is safe
        except OSError as error:
            self._give_up(error.strerror or "failed")
        except StorageFailed as error:
            self._give_up(error.message)

    def _begun(self) -> str:
        """Open the file of a new conversation, and return its first line."""
        store.made()
        self._fd = _opened(self.conversation.identity)
        store.locked(self._fd)
        return head_line(self.conversation)

    def _append(self, data: bytes, sync: bool) -> None:
        state = os.fstat(self._fd)
        size = state.st_size
        if not state.st_nlink:
            raise StorageFailed("it was deleted")
        if size + len(data) > store.MAX_BYTES:
            raise StorageFailed("it is longer than the 8 MiB that are kept of one")
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            data = b"\n" + data  # behind a line that was torn
        try:
            if os.write(self._fd, data) < len(data):
                raise OSError(28, "no space left on device")
            if sync:
                os.fsync(self._fd)
        except OSError:
            os.ftruncate(self._fd, size)
            if not size:
                store.delete(self.conversation.identity)
            raise

    def _give_up(self, reason: str) -> None:
        self._off = True
        self.close()
        if terminal.is_terminal(sys.stderr):
            reason = reason[:1].lower() + reason[1:]
            terminal.say(f"From here on, this conversation is not kept on this machine: {reason.rstrip('.')}.")


def begin(settings: "Settings", assistant: str = "") -> Keeper:
    """A new conversation, held here and now."""
    folder, origin = store.here(), settings.address.origin
    return Keeper(settings, Conversation(new_id(), int(time.time()), folder, settings.profile, origin, assistant))


def go_on(settings: "Settings", conversation: Conversation) -> Keeper:
    """A conversation that is kept, gone on with."""
    keeper = Keeper(settings, conversation)
    keeper.resume()
    return keeper


def new_id() -> str:
    """An id that nothing else has."""
    return os.urandom(16).hex()


def _opened(identity: str) -> int:
    """The file, for appending; for nobody but the user. OSError if it can't be."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(store.path_of(identity), flags, 0o600)


def rename(identity: str, title: str) -> None:
    """Give a kept conversation another title, also while another `ant` holds it. StorageFailed if it can't be."""
    try:
        fd = os.open(store.path_of(identity), os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.write(fd, b"\n" + title_line(title).encode("ascii"))  # behind a line that was torn, too
        finally:
            os.close(fd)
    except OSError as error:
        raise StorageFailed(f"The title can't be kept: {(error.strerror or 'failed').lower()}.") from error
