"""What the model found, held against the changes: a finding names a file and a line that are there, or it is none."""

from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.reviewing.parts import Part
    from aniate.unified_diff import FileDiff

SEVERITIES = ("high", "medium", "low")
MOST_OF_PART = 100
"""More findings than that in one part are none."""
_MOST_OF_SUGGESTION = 4000


class Finding:
    """One finding. `line` is 0, and `code` empty, where it is about no single line."""

    __slots__ = ("code", "file", "line", "message", "severity", "suggestion")

    def __init__(self, severity: str, file: str, line: int, code: str, message: str, suggestion: str) -> None:
        self.severity = severity
        self.file = file
        self.line = line
        self.code = code
        self.message = message
        self.suggestion = suggestion

    def rank(self) -> "tuple[int, str, int]":
        """The gravest first, then by place."""
        return SEVERITIES.index(self.severity), self.file, self.line


class Findings:
    """All that was found, and how much of what the model said was of no use."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[str, int, str], Finding] = {}
        self.dropped = 0
        self.unplaced = 0

    def sorted(self) -> "list[Finding]":
        """Each once, the gravest first."""
        return sorted(self._by_place.values(), key=Finding.rank)

    def count(self, severity: str) -> int:
        """How many of that severity."""
        return sum(each.severity == severity for each in self._by_place.values())

    def take(self, form: "dict[str, object]", part: "Part") -> None:
        """The findings of one answer. ValueError if it holds no list of them."""
        listed = form.get("findings")
        if not isinstance(listed, list):
            raise ValueError("no findings")
        self.dropped += max(0, len(listed) - MOST_OF_PART)
        for each in listed[:MOST_OF_PART]:
            found = self._placed(each, part) if isinstance(each, dict) else None
            if found is None:
                self.dropped += 1
            else:
                self._keep(found)

    def _placed(self, said: "dict[str, object]", part: "Part") -> "Finding | None":
        """The finding at its place; None if its file is not among those that were shown, or it says nothing."""
        severity, name, line = said.get("severity"), said.get("file"), said.get("line")
        message, suggestion = said.get("message"), said.get("suggestion")
        if severity not in SEVERITIES or not isinstance(name, str) or not isinstance(message, str):
            return None
        file = _file(name.strip(), part)
        message = clean_line(message, 1000)
        if file is None or not message:
            return None
        code = _code(file, line)
        if code is None and line != 0:
            self.unplaced += 1
        at = line if code is not None and isinstance(line, int) else 0
        instead = _instead(suggestion, code or "") if isinstance(suggestion, str) else ""
        return Finding(str(severity), file.new, at, code or "", message, instead)

    def _keep(self, found: Finding) -> None:
        """Once each: of two that say the same, the graver."""
        key = (found.file, found.line, " ".join(found.message.lower().split()))
        before = self._by_place.get(key)
        if before is None or found.rank() < before.rank():
            self._by_place[key] = found


def _instead(suggestion: str, code: str) -> str:
    """What may stand in the line's place; nothing if that is what stands there, as small models like to say."""
    text = clean(suggestion).strip("\n")[:_MOST_OF_SUGGESTION]
    quoted = text.split("`")
    says = quoted[1] if len(quoted) == 3 else text
    return "" if says.strip() == code.strip() else text


def _file(name: str, part: "Part") -> "FileDiff | None":
    """The file that is meant: by its name as it was shown, or by the end of it if only one ends so."""
    for tried in (name, name.removeprefix("./"), name.removeprefix("a/"), name.removeprefix("b/")):
        if tried in part.files:
            return part.files[tried]
    near = [file for shown, file in part.files.items() if name and shown.endswith("/" + name)]
    return near[0] if len(near) == 1 else None


def _code(file: "FileDiff", line: object) -> "str | None":
    """The line's text in the new file, None if the changes do not show that line."""
    if not isinstance(line, int) or isinstance(line, bool):
        return None
    for hunk in file.hunks:
        for number, _, text in hunk.new_lines():
            if number == line:
                return text.rstrip("\r")
    return None
