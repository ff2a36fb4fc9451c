"""A proposed change: read from a model's diff, held against the files as they are, and written as a good diff."""

import os

from aniate.errors import ChangeRefused
from aniate.mending import lines, patch, placing
from aniate.mending.inside import Inside, State, same
from aniate.mending.unified import unified
from aniate.mending.writing import Change
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FILES = 20


class FileChange:
    """What is proposed for one file: edits of what it holds, or that it comes or goes."""

    __slots__ = ("before", "edits", "gone", "path", "text")

    def __init__(
        self, path: str, before: "State | None", text: lines.Lines, edits: "list[placing.Edit]", gone: bool = False
    ) -> None:
        self.path = path
        self.before = before
        self.text = text
        self.edits = edits
        self.gone = gone

    @property
    def parts(self) -> int:
        """Into how many hunks it can be taken apart."""
        return max(1, len(self.edits)) if self.before is not None and not self.gone else 1

    def change(self, chosen: "Sequence[int]") -> Change:
        """With the hunks of these numbers alone."""
        if self.gone:
            return Change(self.path, self.before, None)
        data = placing.build(self.text, [self.edits[number] for number in chosen] if self.edits else [])
        mode = _usual_mode() if self.before is None else self.before.mode
        return Change(self.path, self.before, State(data, mode))


class Proposal:
    """All files of a proposed change."""

    def __init__(self, files: "Sequence[FileChange]") -> None:
        self.files = files
        everything = [(file, list(range(file.parts))) for file in files]
        self.changes = changes_of(everything)
        self.diff = diff_of(self.changes)

    @property
    def parts(self) -> int:
        return sum(file.parts for file in self.files)


def changes_of(chosen: "Sequence[tuple[FileChange, list[int]]]") -> "list[Change]":
    """The changes of files, those left out that change nothing."""
    changes = [file.change(numbers) for file, numbers in chosen if numbers]
    return [change for change in changes if not same(change.before, change.after)]


def diff_of(changes: "Sequence[Change]") -> str:
    """The changes as a diff that `git apply` and `patch` take, bytes that are no UTF-8 as lone surrogates."""
    return "".join(unified(change) for change in changes)


def propose(
    diff: str, inside: Inside, seen: "Mapping[str, State]", sent: "Mapping[str, str] | None" = None
) -> Proposal:
    """What a model's diff means for the files in the folder. ChangeRefused, with the reason, if it can't be made.

    `seen` holds the files that the model was shown, as they were then, and `sent` their texts as they went out.
    """
    patches: dict[str, patch.FilePatch] = {}
    gone: set[str] = set()
    for each in patch.read(diff):
        path = _target(each.old or each.new, each, inside, seen)
        if each.renames and each.new and each.old != each.new:
            raise ChangeRefused(f"The change would rename {clean_line(path)}; only contents are changed here.")
        if path in patches:
            patches[path].hunks += each.hunks
        else:
            patches[path] = each
        if not each.new:
            gone.add(path)
    if not patches and "\n" in diff.strip():
        raise ChangeRefused("The change is not written as a diff.")
    if len(patches) > MAX_FILES:
        raise ChangeRefused(f"The change is for {len(patches)} files; {MAX_FILES} are the most.")
    shown = sent or {}
    return Proposal(
        [_file_change(path, each, inside, seen, shown.get(path), path in gone) for path, each in patches.items()]
    )


def _file_change(
    path: str, each: patch.FilePatch, inside: Inside, seen: "Mapping[str, State]", sent: "str | None", gone: bool
) -> FileChange:
    shown = clean_line(path, 200)
    before = inside.read(path)
    if path in seen and not same(before, seen[path]):
        raise ChangeRefused(f"{shown} was changed since it was read, so it is left alone.")
    if before is None:
        if gone or any(sign != "+" for hunk in each.hunks for sign, _ in hunk.lines):
            raise ChangeRefused(f"There is no file {shown} to change.")
        rows = [text for hunk in each.hunks for _, text in hunk.lines]
        bare = any(hunk.bare_after for hunk in each.hunks)
        return FileChange(path, None, lines.Lines([], []), [placing.new_file(rows, bare)] if rows else [])
    text = lines.split(before.data)
    if text is None:
        raise ChangeRefused(f"{shown} is not a text file.")
    if not each.old and text.texts:
        raise ChangeRefused(f"{shown} exists already, and the change would write it anew.")
    try:
        edits = placing.place(each.hunks, text, sent)
    except ChangeRefused as error:
        raise ChangeRefused(f"{shown}: {error.message}", error.hint) from None
    if gone and placing.build(text, edits):
        raise ChangeRefused(f"{shown} is to be deleted, but holds more than the change shows.")
    return FileChange(path, before, text, edits, gone)


def _target(named: str, each: patch.FilePatch, inside: Inside, seen: "Mapping[str, State]") -> str:
    """The path in the folder that a patch is for. ChangeRefused if there is none, or it is out of bounds."""
    if named == "?":
        if len(seen) != 1:
            raise ChangeRefused("The change does not say which file it is for.")
        return next(iter(seen))
    names = [each.new, named] if each.new and each.old else [named]
    found = [path for name in names for path in _readings(name, inside) if inside.read(path) is not None]
    path = (found or _by_ending(names, seen) or _readings(names[0], inside))[0]
    if clean(path) != path or "\n" in path or "\t" in path:
        raise ChangeRefused(f"The name {clean_line(path, 200)} has letters that can't be shown.")
    if path not in seen and any(name.startswith(".") for name in path.split("/")):
        raise ChangeRefused(f"{clean_line(path, 200)} is hidden and was not shown to the model, so it is left alone.")
    return path


def _readings(name: str, inside: Inside) -> "list[str]":
    """`name` as a path in the folder: without the prefix that diffs have, or as it stands."""
    if name.startswith(inside.path + "/"):
        name = name[len(inside.path) + 1 :]
    bare = name[2:] if name.startswith(("a/", "b/")) else name
    return [inside.resolve(each) for each in dict.fromkeys((bare, name))]


def _by_ending(names: "Sequence[str]", seen: "Mapping[str, State]") -> "list[str]":
    """The one file that the model saw whose path ends as a name does, or the other way round."""
    for name in names:
        bare = "/" + (name[2:] if name.startswith(("a/", "b/")) else name)
        fitting = [path for path in seen if ("/" + path).endswith(bare) or bare.endswith("/" + path)]
        if len(fitting) == 1:
            return fitting
    return []


def _usual_mode() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
