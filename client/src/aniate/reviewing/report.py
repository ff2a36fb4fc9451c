"""What was found, as people read it and as one line of JSON."""

import sys

from aniate import terminal
from aniate.reviewing.findings import SEVERITIES
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.reviewing.findings import Finding
    from aniate.reviewing.reading import Review

_COLOURS = {"high": "1;31", "medium": "33", "low": "36"}


def show(review: "Review") -> None:
    """Each finding with its place, the line and what may stand there instead; their number at the end."""
    width = terminal.columns(sys.stdout) if terminal.is_terminal(sys.stdout) else 0
    found = review.findings.sorted()
    for each in found:
        sys.stdout.write(_text(each, width) + "\n\n")
    if found or review.complete:
        counts = ", ".join(
            f"{review.findings.count(each)} {each}" for each in SEVERITIES if review.findings.count(each)
        )
        sys.stdout.write(f"{_number(len(found), 'finding')}: {counts}.\n" if found else "Nothing was found.\n")


def _text(each: "Finding", width: int) -> str:
    """One finding, in lines of `width`; where that is 0, nothing is broken or cut. Code is never broken."""
    place = clean_line(each.file) + (f":{each.line}" if each.line else "")
    lines = [f"{_paint(each.severity, _COLOURS[each.severity])} {_paint(place, '1')}"]
    lines.append(terminal.wrap(each.message, width, "  ", "  ") if width else f"  {each.message}")
    if each.code.strip():
        before = f"  {each.line} | "
        lines.append(
            _paint(before + clean_line(each.code, max(8, width - len(before)) if width else 300), terminal.DIM)
        )
    instead = each.suggestion.expandtabs(4).rstrip().split("\n")
    if len(instead) > 1:
        lines += [_paint("  instead:", terminal.DIM), *(f"    {line}".rstrip() for line in instead)]
    elif instead[0]:
        lines.append(_paint("  instead: ", terminal.DIM) + instead[0].strip())
    return "\n".join(lines)


def _paint(text: str, colour: str) -> str:
    return terminal.paint(text, colour, sys.stdout)


def remarks(review: "Review") -> "list[str]":
    """Sentences on what is not among the findings."""
    said = []
    for files, what in ((review.passed.binary, "no text that can be read"), (review.passed.gone, "deleted")):
        if files:
            said.append(f"Not reviewed, since {'it is' if len(files) == 1 else 'they are'} {what}: {some(files)}.")
    if review.unreviewed:
        said.append(f"Not reviewed, since the model gave no answer that can be used: {some(review.unreviewed)}.")
    if review.cut:
        said.append(f"The model could not read all of {some(review.cut)}.")
    if review.findings.dropped:
        said.append(
            f"{_number(review.findings.dropped, 'finding')} left out: about a file that has no changes, or of no form."
        )
    if review.findings.unplaced:
        said.append(
            f"{_number(review.findings.unplaced, 'finding')} named a line outside the changes: shown without a line."
        )
    if not review.complete:
        said.append(f"This is not all: {review.done} of {review.total} parts were reviewed.")
    return said + review.notices


def some(names: "list[str]") -> str:
    shown = ", ".join(clean_line(name, 80) for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def as_data(review: "Review") -> "dict[str, object]":
    """The form of `--json`."""
    return {
        "findings": [
            {
                "severity": each.severity,
                "file": sendable(each.file),
                "line": each.line or None,
                "message": each.message,
                "suggestion": each.suggestion,
                "code": sendable(each.code),
            }
            for each in review.findings.sorted()
        ],
        "counts": {each: review.findings.count(each) for each in SEVERITIES},
        "complete": review.whole,
        "parts": {"reviewed": review.done, "all": review.total},
        "unreviewed": [sendable(name) for name in review.unreviewed],
        "cut": [sendable(name) for name in review.cut],
        "not_text": [sendable(name) for name in review.passed.binary],
        "deleted": [sendable(name) for name in review.passed.gone],
        "dropped": review.findings.dropped,
        "unplaced": review.findings.unplaced,
    }


def sendable(text: str) -> str:
    """`text` without the lone surrogates that stand for bytes which are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
