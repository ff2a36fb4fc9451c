"""The changes that a commit would hold, cut to what one request holds: of the rest, files and figures go along."""

from aniate.context import Found
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.reviewing.changes import Changes
    from aniate.unified_diff import FileDiff

MOST_LETTERS = 20 * 1024
_LEAST_OF_FILE = 400
_MOST_LISTED = 200


class _Entry:
    """One file: what is shown of it, and how many lines it gains and loses."""

    def __init__(self, file: "FileDiff") -> None:
        self.name = clean_line(file.new or file.old, 180)
        self.how = _how(file)
        self.lines: list[str] = []
        self.size = self.added = self.removed = 0
        self.whole = True

    def take(self, file: "FileDiff", most: int) -> None:
        """More of the file, as far as `most` letters of it have room."""
        for hunk in file.hunks:
            self._show(f"@@ {hunk.title}".rstrip(), most)
            for line in hunk.lines:
                self.added += line.startswith("+")
                self.removed += line.startswith("-")
                self._show(line, most)

    def _show(self, line: str, most: int) -> None:
        self.whole = self.whole and self.size + len(line) < most
        if self.whole:
            self.lines.append(line)
            self.size += len(line) + 1


def _how(file: "FileDiff") -> str:
    if file.binary:
        return "binary"
    if not file.old:
        return "new file"
    if not file.new:
        return "deleted"
    return f"was {clean_line(file.old, 180)}" if file.old != file.new else ""


def gather(changes: "Changes", redact: bool = True) -> Found:
    """A piece for each file that has room, and one with the figures of all that were cut or left out."""
    count = len({(file.old, file.new) for file in changes.files()})
    most = max(_LEAST_OF_FILE, MOST_LETTERS // max(1, count))
    found, left = Found(redact), MOST_LETTERS
    rest: list[str] = []
    entry: _Entry | None = None
    before = ("", "")
    for file in changes.files():
        if entry is None or (file.old, file.new) != before:
            left = _put(found, entry, left, rest)
            entry, before = _Entry(file), (file.old, file.new)
        entry.take(file, most)
    _put(found, entry, left, rest)
    if rest:
        more = [f"and {len(rest) - _MOST_LISTED} files more"] if len(rest) > _MOST_LISTED else []
        found.add("diff", "files that are shown in part or not at all", "\n".join(rest[:_MOST_LISTED] + more))
    if not found.pieces:
        found.add("diff", "files whose mode changes", changes.beginning(MOST_LETTERS))
    return found


def _put(found: Found, entry: "_Entry | None", left: int, rest: "list[str]") -> int:
    """Put what is complete on the pile, or into the list of the rest; how much room is left."""
    if entry is None:
        return left
    fits = entry.size <= left
    if not (fits and entry.whole):
        rest.append(f"{entry.name} +{entry.added} -{entry.removed} {entry.how}".rstrip())
    if not fits:
        return 0
    found.add("diff", entry.name, "\n".join([*([entry.how] if entry.how else []), *entry.lines]) or "changed")
    return left - entry.size
