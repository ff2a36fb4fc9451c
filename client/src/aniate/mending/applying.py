"""A change made, so that it can be taken back; and taken back."""

from aniate.errors import ChangeRefused
from aniate.mending import journal
from aniate.mending.inside import Inside, State, same
from aniate.mending.steady import steady
from aniate.mending.writing import Change, check, drop_leftovers, write_all
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def apply(inside: Inside, changes: "Sequence[Change]", session: str, command: str) -> None:
    """Make all changes, or none. ChangeRefused if a file is not what it was, StorageFailed if it can't be written."""
    with steady(), journal.lock():
        check(inside, changes)
        folders = inside.missing_folders([change.path for change in changes if change.after is not None])
        entry = journal.begin(session, inside.path, command, changes, folders)
        try:
            write_all(inside, changes, folders, entry.token)
        except BaseException:
            if all(same(inside.read(change.path), change.before) for change in changes):
                journal.forget(entry)
            raise
        journal.finish(entry)
        journal.prune(session)


class Undo:
    """What one `ant fix` changed, its rounds taken together, and what taking it back would do now."""

    def __init__(self, entries: "Sequence[journal.Entry]") -> None:
        """`entries` are those of one session, the oldest first."""
        self.entries = entries
        self.folder = entries[0].folder
        self.command = entries[0].command
        self.made_at = entries[0].made_at
        self.whole = all(entry.whole for entry in entries)
        self._first: dict[str, State | None] = {}
        self._known: dict[str, list[State | None]] = {}
        self._between: set[str] = set()
        """Files that somebody else changed between two rounds, which must not be lost."""
        self._torn: dict[str, list[bytes]] = {}
        for entry in entries:
            for change in entry.changes:
                self._note(change, entry.whole)

    def _note(self, change: Change, whole: bool) -> None:
        known = self._known.setdefault(change.path, [])
        if not known:
            self._first[change.path] = change.before
        elif not same(known[-1], change.before):
            self._between.add(change.path)
        known += [change.before, change.after]
        if not whole and change.before is not None and change.before.shared and change.after is not None:
            self._torn.setdefault(change.path, []).extend((change.before.data, change.after.data))

    @property
    def paths(self) -> "list[str]":
        return list(self._first)

    def plan(self, inside: Inside, force: bool) -> "list[Change]":
        """What has to be done now. ChangeRefused if a file was changed since, unless `force`."""
        changes, changed = [], []
        for path, before in self._first.items():
            now = inside.read(path)
            if same(now, before):
                continue
            ours = any(same(now, state) for state in self._known[path]) or self._is_torn(path, now)
            if not ours or path in self._between:
                changed.append(path)
            changes.append(Change(path, now, before))
        if changed and not force:
            names = ", ".join(clean_line(path, 200) for path in changed)
            raise ChangeRefused(
                f"{names} was changed since, so nothing is undone.", "`ant undo --force` restores it all the same."
            )
        return changes

    def _is_torn(self, path: str, now: "State | None") -> bool:
        """Whether a file of several names was cut off while it was written."""
        return now is not None and any(data.startswith(now.data) for data in self._torn.get(path, ()))

    def do(self, inside: Inside, changes: "Sequence[Change]") -> None:
        """Restore. StorageFailed if that fails; then all is as it was."""
        with steady(), journal.lock():
            for change in changes:
                if not same(inside.read(change.path), change.before):
                    raise ChangeRefused(f"{clean_line(change.path, 200)} was changed meanwhile, so nothing is undone.")
            for entry in self.entries:
                drop_leftovers(inside, [change.path for change in entry.changes], entry.token)
            needed = inside.missing_folders([change.path for change in changes if change.after is not None])
            for entry in self.entries:
                journal.reopen(entry)
            write_all(inside, changes, needed, self.entries[-1].token)
            for entry in reversed(self.entries):
                for folder in reversed(entry.folders):
                    inside.remove_folder(folder)
            for entry in reversed(self.entries):
                journal.forget(entry)


def undoable(folder: str = "") -> "list[Undo]":
    """What can be undone, in `folder` or everywhere, the newest first."""
    sessions: dict[str, list[journal.Entry]] = {}
    for entry in journal.entries():
        if not folder or entry.folder == folder:
            sessions.setdefault(entry.session, []).append(entry)
    return [Undo(entries) for entries in reversed(sessions.values())]
