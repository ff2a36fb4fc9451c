"""A rule: what it looks at, and what it proposes."""

import os

from aniate.fix_rules.command_line import Simple, Word, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aniate.failed_command import Failed


class Proposal:
    """A command that may mend the failure, and why. `look` is what speaks against running it unasked, if anything."""

    __slots__ = ("command", "look", "rule", "why")

    def __init__(self, command: str, why: str, look: str = "") -> None:
        self.command = command
        self.why = why
        self.look = look
        self.rule = ""


class Case:
    """What a rule is shown: the failure, and one simple command of its line."""

    __slots__ = ("failed", "output", "simple")

    def __init__(self, failed: "Failed", simple: Simple) -> None:
        self.failed = failed
        self.simple = simple
        self.output = failed.output

    @property
    def program(self) -> str:
        return self.simple.program

    @property
    def words(self) -> "list[str]":
        """The texts of the words behind the program."""
        return [word.text for word in self.simple.arguments]

    @property
    def code(self) -> int:
        return self.failed.code

    @property
    def line(self) -> str:
        return self.failed.command

    @property
    def here(self) -> str:
        """The simple command as it was typed."""
        return self.line[self.simple.start : self.simple.end]

    def between(self, before: str, after: str) -> str:
        """What the program said between two texts, on one line; empty if it did not."""
        for part in self.output.split(before)[1:]:
            found, mark, _ = part.partition(after)
            if mark and "\n" not in found:
                return found.strip()
        return ""

    def rest_of_line(self, before: str) -> str:
        """What the program said from a text to the end of that line."""
        _, found, rest = self.output.partition(before)
        return rest.partition("\n")[0].strip() if found else ""

    def path(self, name: str) -> str:
        """A name as the failed command saw it."""
        return os.path.join(self.failed.folder, os.path.expanduser(name))

    def find(self, text: str) -> "Word | None":
        """The argument with this text."""
        return next((word for word in self.simple.arguments if word.text == text), None)

    def swap(self, word: Word, new: str) -> str:
        """The line with one word replaced by a text that is quoted already, or needs none."""
        return self.line[: word.start] + new + self.line[word.end :]

    def swap_text(self, old: str, new: str) -> "list[str]":
        """The line with the argument `old` replaced by `new`, quoted; none if there is no such argument."""
        word = self.find(old)
        return [self.swap(word, quoted(new))] if word else []

    def swap_program(self, new: str) -> str:
        """The line with another program."""
        return self.swap(self.simple.words[self.simple.at], new)

    def add(self, option: str, behind: int = 0) -> str:
        """The line with a word put in, behind the program and so many of its arguments."""
        at = self.simple.words[self.simple.at + behind].end
        return f"{self.line[:at]} {option}{self.line[at:]}"

    def append(self, text: str) -> str:
        """The line with something put behind this simple command."""
        return f"{self.line[: self.simple.end]} {text}{self.line[self.simple.end :]}"

    def instead(self, text: str) -> str:
        """The line with another command in this one's place."""
        return self.line[: self.simple.start] + text + self.line[self.simple.end :]

    def before(self, text: str) -> str:
        """First `text`, then the line again; alone if there is no line."""
        return f"{text} && {self.line}" if self.line else text


class Rule:
    """One rule: asked for the programs that it names (for all, if none) where one of its phrases was said.

    A rule without a phrase is asked always. `anywhere` says that it needs no command: what was said is enough.
    """

    __slots__ = ("anywhere", "name", "phrases", "programs", "propose")

    def __init__(
        self,
        name: str,
        programs: "tuple[str, ...]",
        phrases: "tuple[str, ...]",
        propose: "Callable[[Case], Iterable[Proposal]]",
        anywhere: bool = False,
    ) -> None:
        self.name = name
        self.programs = programs
        self.phrases = phrases
        self.propose = propose
        self.anywhere = anywhere

    def fits(self, program: str, output: str) -> bool:
        """Whether it is worth asking."""
        return (not self.programs or program in self.programs) and (not self.phrases or self.was_said(output))

    def was_said(self, output: str) -> bool:
        """Whether one of its phrases was."""
        return any(phrase in output for phrase in self.phrases)
