"""A command as a model proposes it, with what we read out of it ourselves."""

from aniate import danger, jsontext
from aniate.errors import AntError
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aniate.engine import Answer


class NoCommand(AntError):
    """The model has no command for the wish."""

    code = "no_command"


class Proposal:
    """A command, what it is said to do and touch, and why it is dangerous."""

    __slots__ = ("_answer", "command", "danger", "does", "touches")

    def __init__(self, command: str, does: str, touches: str, danger: "list[str]", answer: "Answer") -> None:
        self.command = command
        self.does = does
        self.touches = touches
        self.danger = danger
        self._answer = answer

    def edited(self, command: str, folder: str, shell: str) -> "Proposal":
        """The same, with the user's own wording: nobody has said what that does."""
        return Proposal(command, "", "", danger.reasons(command, folder, shell), self._answer)

    def as_form(self) -> str:
        """As the model gives it."""
        return jsontext.dumps({"command": self.command, "does": self.does, "touches": self.touches}, ascii_only=False)

    def as_data(self) -> "dict[str, object]":
        """For `--json`."""
        return {
            "request_id": self._answer.request_id,
            "model": self._answer.model,
            "command": danger.visible(self.command),
            "does": self.does,
            "touches": self.touches,
            "danger": self.danger,
            "usage": self._answer.usage,
        }


def read(form: "Mapping[str, object]", answer: "Answer", folder: str, shell: str) -> Proposal:
    """The proposal in a model's answer. NoCommand if it proposes nothing."""
    said = form.get("command")
    command = _bare(said) if isinstance(said, str) else ""
    does, touches = clean_field(form.get("does")), clean_field(form.get("touches"))
    if not command:
        raise NoCommand("The model has no command for that.", clean_line(does) or "Say it in other words.")
    reasons = [clean_line(reason) for reason in danger.reasons(command, folder, shell)]
    return Proposal(command, does, touches, reasons, answer)


def _bare(command: str) -> str:
    """The command without what a weak model puts around it: fences, a prompt, blank lines."""
    lines = command.strip().splitlines()
    if len(lines) > 1 and lines[0].startswith("```") and lines[-1].strip() == "```":
        lines = lines[1:-1]
    text = "\n".join(lines).strip() if lines else ""
    return text.removeprefix("$ ").strip("\n ")
