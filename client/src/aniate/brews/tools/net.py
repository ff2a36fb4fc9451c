"""`ant net WORDS…`: an answer from pages of the web. The server searches and reads; here the sources are shown."""

import os
import sys

from aniate import terminal
from aniate.brews.asking import Caller, Question
from aniate.brews.conversation import gather, show_answer
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.engine import Answer
    from aniate.options import Call

_YELLOW = "33"
_REASONS = {
    "no_source": "No source is given for this",
    "unknown_source": "The source of this does not exist",
    "not_found": "Not supported by its source",
}
_MAX_URL = 2000


def run(call: "Call") -> int:
    """Ask. UsageError if there is nothing to search for."""
    question = " ".join(call.words).strip()
    if not question:
        from aniate.errors import UsageError

        raise UsageError("There is nothing to search for.", "Type the question after `ant net`; it needs no quotes.")
    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    return show_answer(caller, Question("net", question, gather(call)), Sources())


class Sources:
    """What the pages do not hold, and the pages."""

    def show(self, answer: "Answer") -> None:
        """The sources that hold something of the answer; all, if none is known to."""
        unsupported, sources = _unsupported(answer), _sources(answer)
        if unsupported:
            sys.stdout.write("\n")
        for each in unsupported:
            sys.stdout.write(terminal.paint(_wrapped(_remark(each)), _YELLOW, sys.stdout) + "\n")
        told = [each["told_by"] for each in unsupported]
        shown = [each for each in sources if each["cited"] or each["n"] in told] or sources
        if shown:
            sys.stdout.write("\n")
        for source in shown:
            _show(source)
        sys.stdout.flush()

    def data(self, answer: "Answer") -> dict[str, object]:
        """All of both."""
        return {"sources": _sources(answer), "unsupported": _unsupported(answer)}


def _remark(unsupported: "dict[str, object]") -> str:
    """What is the matter with one sentence; that another page holds it is good to know."""
    reason = _REASONS.get(str(unsupported["reason"]), _REASONS["not_found"])
    elsewhere = f", but [{unsupported['told_by']}] tells it" if unsupported["told_by"] else ""
    return f"{reason}{elsewhere}: {unsupported['text']}"


def _show(source: "dict[str, object]") -> None:
    """One page: its number and title, and its address below, in full."""
    url, head = str(source["url"]), f"[{source['n']}]"
    title = str(source["title"]) or "untitled"
    room = terminal.columns(sys.stdout) - len(head) - 1 if terminal.is_terminal(sys.stdout) else 300
    shown = clean_line(title, max(room, 8))
    sys.stdout.write(f"{head} {_linked(shown, url)}\n")
    if url:
        sys.stdout.write(f"{' ' * len(head)} {terminal.paint(url, terminal.DIM, sys.stdout)}\n")


def _linked(text: str, url: str) -> str:
    """`text` as a link (OSC 8), on a terminal that a person looks at."""
    if not url or os.environ.get("TERM", "dumb") == "dumb" or not terminal.is_terminal(sys.stdout):
        return text
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def _wrapped(text: str) -> str:
    return terminal.wrap(text, terminal.columns(sys.stdout)) if terminal.is_terminal(sys.stdout) else text


def _sources(answer: "Answer") -> "list[dict[str, object]]":
    """The pages that the server tells of, made safe; what is no page is left out."""
    return [
        {
            "n": each["n"],
            "title": clean_field(each.get("title")),
            "url": _address(each.get("url")),
            "cited": each.get("cited") is True,
        }
        for each in _listed(answer, "sources", "sources")
        if type(each.get("n")) is int
    ]


def _unsupported(answer: "Answer") -> "list[dict[str, object]]":
    return [
        {
            "text": clean_line(text, 1000),
            "reason": clean_field(each.get("reason")),
            "told_by": told if type(told := each.get("told_by")) is int else 0,
        }
        for each in _listed(answer, "support", "unsupported")
        if isinstance(text := each.get("text"), str)
    ]


def _listed(answer: "Answer", event: str, name: str) -> "list[dict[str, object]]":
    listed = answer.told.get(event, {}).get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _address(url: object) -> str:
    """An address of the web that may stand in a link: printable ASCII and no blank; else nothing."""
    if not isinstance(url, str) or len(url) > _MAX_URL or not url.startswith(("http://", "https://")):
        return ""
    return url if url.isascii() and all("!" <= letter <= "~" for letter in url) else ""
