"""When conversations meet the account: before they are listed or gone on with, and after each turn."""

import sys

from aniate import auth, terminal
from aniate.errors import AntError, StorageFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Thread

    from aniate.config import Settings

AT_THE_END_S = 2.0
"""How long a command waits for the account when all else is done."""


def wanted(settings: "Settings") -> bool:
    """Whether the user chose that the account keeps conversations."""
    return settings.values["sync"] == "on" and settings.values["history"] == "on"


def before(settings: "Settings") -> None:
    """Have what the account has; where that can't be done, say so, and go on with what is here."""
    if not wanted(settings):
        return
    from aniate.history.sync import Sync

    try:
        remarks = Sync(settings).exchange(auth.credential(settings).token)
    except AntError as error:
        remarks = [f"Your account can't be asked now, so this is what this machine has: {error.message}"]
    if terminal.is_terminal(sys.stderr):
        for remark in remarks:
            terminal.say(remark, terminal.DIM)


def after(settings: "Settings", identity: str, token: str) -> None:
    """Let the account have what is new in a conversation; what can't be sent now goes along the next time."""
    if not wanted(settings):
        return
    from aniate.history.sync import Sync

    try:
        sync = Sync(settings)
        sync.note(identity)
        sync.exchange(token, AT_THE_END_S)
    except AntError:
        return


class Background:
    """The same within a talk, while the next question is typed."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._thread: Thread | None = None
        self._token = ""
        self._due = False

    def turn(self, identity: str, token: str) -> None:
        """Something new was said."""
        if not wanted(self._settings):
            return
        from aniate.history.sync import Sync

        try:
            Sync(self._settings).note(identity)
        except StorageFailed:
            return
        self._token, self._due = token, True
        self._start()

    def finish(self) -> None:
        """Wait a little for what is on its way."""
        if self._thread is not None:
            self._start()
            self._thread.join(AT_THE_END_S)

    def _start(self) -> None:
        from threading import Thread

        if self._due and (self._thread is None or not self._thread.is_alive()):
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        from aniate.history.sync import Sync

        while self._due:
            self._due = False
            try:
                Sync(self._settings).exchange(self._token)
            except (AntError, OSError):
                return
