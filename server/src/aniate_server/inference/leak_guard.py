"""Station 8: an answer that repeats our prompts is stopped before the sixth word of such a run leaves.

Compared are bare letters, so that neither case nor spacing nor markup hides a run. Each character is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aniate_server.inference.bare_letters import SEPARATOR, bare
from aniate_server.inference.prompt_runs import PromptRuns

ASIDES = {"<": (">", 256), "&": (";", 12), "\x1b": ("m", 24)}
"""What opens a tag, an entity, a colour; what closes it; and how many characters later it was none."""


class LeakGuard:
    """Knows our prompts; one for all answers."""

    def __init__(self, prompts: Iterable[str]) -> None:
        self.runs = PromptRuns(prompts)

    def watch(self) -> Watch:
        """Follows one answer."""
        return Watch(self.runs)


class Walk:
    """A way of reading the answer: how much of a run it has met, and whether it has `found` a whole one."""

    def __init__(self, runs: PromptRuns, state: int = 0, waiting: Iterable[int] = ()) -> None:
        self.found = False
        self.state = state
        self.waiting = list(waiting)
        """Where in the answer the letters stand that may be of a sixth word."""
        self._runs = runs

    def read(self, at: int, letters: str) -> None:
        """What is bare of the character at that place."""
        runs, state = self._runs, self.state
        for letter in letters:
            if letter == SEPARATOR:
                self.found |= runs.whole[state]
                return
            while state and letter not in runs.step[state]:
                state = runs.fail[state]
            self.state = state = runs.step[state].get(letter, 0)
            if sixth := runs.sixth[state]:
                self.waiting.append(at)
                del self.waiting[:-sixth]
                self.found |= runs.beyond[state]
            elif self.waiting:
                self.waiting = []

    def fork(self) -> Walk:
        """Another that has read the same."""
        return Walk(self._runs, self.state, self.waiting)

    def agrees(self, other: Walk) -> bool:
        """Whether both will say the same of all that follows."""
        return self.state == other.state and self.waiting == other.waiting


class Watch:
    """One answer on its way: gives back what may leave, and says whether a run was `found`.

    It is read in full, and from the first tag on once more without tags, until that makes no difference.
    """

    def __init__(self, runs: PromptRuns, decode: Callable[[str], str] = str) -> None:
        self.found = False
        self._runs = runs
        self._decode = decode
        """What is read of the next character: perhaps nothing, perhaps several."""
        self._full = Walk(runs)
        self._tagless: Walk | None = None
        self._closer, self._closes_before = "", 0
        """Of the aside that is open."""
        self._held: list[str] = []
        self._left_at = self._read_to = 0

    def feed(self, text: str) -> str:
        """What may leave now, of this and of what was held. After a run was found, nothing."""
        if self.found:
            return ""
        if self._harmless(text):
            self._left_at = self._read_to = self._read_to + len(text)
            return text
        full = self._full
        for at, written in enumerate(text, self._read_to):
            for character in self._decode(written):
                letters = bare(character)
                full.read(at, letters)
                if self._tagless is not None or character in ASIDES:
                    self._read_tagless(at, character, letters)
            if full.found or (self._tagless is not None and self._tagless.found):
                self.found = True
                break
        self._read_to += len(text)
        if self._tagless is None and not full.waiting and not self._held:  # nearly always
            self._left_at = self._read_to
            return text
        self._held.append(text)
        return self._release(self._safe_to())

    def _harmless(self, text: str) -> bool:
        """Whether nothing of it can be of a sixth word, and nothing is held: then it is read at a glance."""
        full = self._full
        if self._held or full.waiting or self._tagless is not None or self._decode is not str:
            return False
        state, glances, glance = full.state, self._runs.glances, self._runs.glance
        for character in text:
            following = glances[state].get(character)
            if following is None:
                following = None if character in ASIDES else glance(state, character)
                if following is None:
                    return False
            state = following
        full.state = state
        return True

    def end(self) -> str:
        """What may leave when nothing follows."""
        for walk in self._walks():
            walk.read(self._read_to, SEPARATOR)
            self.found |= walk.found
        return "" if self.found else self._release(self._read_to)

    def _read_tagless(self, at: int, character: str, letters: str) -> None:
        """The second reading: it sleeps while an aside is open, and ends where it agrees with the first."""
        tagless = self._tagless = self._tagless or self._full.fork()
        if self._closer:
            if character == self._closer:
                self._closer = ""
            elif at > self._closes_before:
                self._closer, self._tagless = "", None
        elif character in ASIDES:
            tagless.read(at, SEPARATOR)
            self._closer, most = ASIDES[character]
            self._closes_before = at + most
        else:
            tagless.read(at, letters)
            if tagless.agrees(self._full) and not tagless.found:
                self._tagless = None

    def _walks(self) -> list[Walk]:
        return [self._full] if self._tagless is None else [self._full, self._tagless]

    def _safe_to(self) -> int:
        """Where the text begins that must wait. It never moves back."""
        return min((walk.waiting[0] for walk in self._walks() if walk.waiting), default=self._read_to)

    def _release(self, to: int) -> str:
        """What is held, up to there."""
        if to == self._left_at:
            return ""
        held = "".join(self._held)
        cut = to - self._left_at
        self._held, self._left_at = [held[cut:]] if held[cut:] else [], to
        return held[:cut]
