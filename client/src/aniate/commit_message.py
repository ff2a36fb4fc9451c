"""A commit message as a model wrote it, made into plain text that git may have."""

from aniate.safe_text import clean

MOST_OF_SUBJECT = 72
WIDTH = 72
_MOST_LINES = 60


class Message:
    """A subject, and a body that may be empty."""

    __slots__ = ("body", "subject")

    def __init__(self, subject: str, body: str) -> None:
        self.subject = subject
        self.body = body

    def __str__(self) -> str:
        return f"{self.subject}\n\n{self.body}\n" if self.body else f"{self.subject}\n"


def read(form: "dict[str, object]") -> Message:
    """The message in a model's answer. ValueError if it has no subject.

    Nobody signed it but whoever commits: lines such as `Signed-off-by: …` are taken out.
    """
    subject, body = form.get("subject"), form.get("body")
    if not isinstance(subject, str) or not isinstance(body, str):
        raise ValueError("no subject and body")
    lines = [line for line in clean(subject).split("\n") if line.strip() and not _is_trailer(line)]
    if not lines:
        raise ValueError("no subject")
    first = " ".join(lines[0].strip("`\"' \t").split()).rstrip(".")
    if not first:
        raise ValueError("no subject")
    return Message(_short(first), _wrapped(clean(body).expandtabs(4)))


def _short(subject: str) -> str:
    """At most 72 letters, cut between words."""
    if len(subject) <= MOST_OF_SUBJECT:
        return subject
    return subject[: MOST_OF_SUBJECT - 1].rpartition(" ")[0].rstrip(",;: ") or subject[:MOST_OF_SUBJECT]


def _wrapped(body: str) -> str:
    """Paragraphs and lists in lines of 72, what is indented as it is."""
    from aniate.terminal import wrap

    lines: list[str] = []
    for line in body.strip("\n").split("\n"):
        line = line.rstrip()
        if _is_trailer(line) or (not line and lines[-1:] == [""]):
            continue
        indent = "  " if line.startswith(("- ", "* ")) else ""
        lines += [line] if line.startswith("    ") else wrap(line, WIDTH, "", indent).split("\n")
    return "\n".join(lines[:_MOST_LINES]).strip("\n")


def _is_trailer(line: str) -> bool:
    """Whether it names a person, as in `Co-authored-by: Ada <ada@example.com>`."""
    name, colon, _ = line.strip().lower().partition(":")
    return bool(colon) and name.endswith(("-by", "-by ")) and " " not in name.strip()
