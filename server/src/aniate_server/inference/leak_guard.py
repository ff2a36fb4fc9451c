"""Station 8: an answer that repeats our prompts is stopped before the sixth word of such a run leaves.

Compared are bare letters, so that neither case nor spacing nor markup hides a run. All runs of six words stand in
one automaton (Aho and Corasick, 1975), built once at start; an answer is walked through it in linear time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from aniate_server.inference.bare_letters import SEPARATOR, bare

RUN_WORDS = 6
APOSTROPHES = "'’"
ASIDES = {"<": ">", "&": ";", "\x1b": "m"}
"""What opens and closes a tag, an entity, a colour: letters that are not read as words."""
MAX_ASIDE = 256


class LeakGuard:
    """The automaton over every run of six words of the prompts. State 0 has matched nothing.

    A prompt of fewer words has no run to repeat.
    """

    def __init__(self, prompts: Iterable[str]) -> None:
        self.step: list[dict[str, int]] = [{}]
        self.depth = [0]
        """How many letters are matched."""
        self.fail = [0]
        """The state of the longest shorter match."""
        self.sixth = [0]
        """How many of the last letters stand, in some match, in a run's sixth word: they must wait."""
        self.whole = [False]
        """A run is matched, unless its sixth word goes on."""
        self.beyond = [False]
        """A run is matched, and the word that follows it has begun."""
        for prompt in prompts:
            words = words_of(prompt)
            for at in range(len(words) - RUN_WORDS + 1):
                self._add(words[at : at + RUN_WORDS + 1])
        self._link()

    def watch(self) -> Watch:
        """Follows one answer."""
        return Watch(self)

    def _add(self, words: list[str]) -> None:
        """One run, and of the word that follows it the first letter."""
        *before, last = words[:RUN_WORDS]
        fifth = sum(map(len, before))
        end = fifth + len(last)
        state = 0
        for letter in "".join(words)[: end + 1]:
            state = self.step[state].get(letter) or self._new(state, letter)
            self.sixth[state] = max(self.sixth[state], self.depth[state] - fifth)
            self.whole[state] |= self.depth[state] == end
            self.beyond[state] |= self.depth[state] > end

    def _new(self, state: int, letter: str) -> int:
        """A state behind that one."""
        self.step[state][letter] = new = len(self.step)
        self.step.append({})
        self.depth.append(self.depth[state] + 1)
        for marks in (self.fail, self.sixth):
            marks.append(0)
        for flags in (self.whole, self.beyond):
            flags.append(False)
        return new

    def _link(self) -> None:
        """Set `fail`, nearest states first, and give each state what its shorter matches know."""
        waiting = deque(self.step[0].values())
        while waiting:
            state = waiting.popleft()
            shorter = self.fail[state]
            self.sixth[state] = max(self.sixth[state], self.sixth[shorter])
            self.whole[state] |= self.whole[shorter]
            self.beyond[state] |= self.beyond[shorter]
            for letter, following in self.step[state].items():
                self.fail[following] = self.after(shorter, letter)
                waiting.append(following)

    def after(self, state: int, letter: str) -> int:
        """The state that a letter leads to."""
        while state and letter not in self.step[state]:
            state = self.fail[state]
        return self.step[state].get(letter, 0)


@dataclass(frozen=True)
class Aside:
    """A tag or the like that is open, and where we were before it."""

    opened_at: int
    closer: str
    state: int
    waiting: list[int]


class Watch:
    """One answer on its way: gives back what may leave, and says whether a run was `found`."""

    def __init__(self, guard: LeakGuard) -> None:
        self.found = False
        self._guard = guard
        self._state = 0
        self._waiting: list[int] = []
        """Where the letters stand that may be of a sixth word, counted in characters from the answer's start."""
        self._aside: Aside | None = None
        self._held: list[str] = []
        self._left_at = self._read_to = 0

    def feed(self, text: str) -> str:
        """What may leave now, of this and of what was held. After a run was found, nothing."""
        if self.found:
            return ""
        for at, character in enumerate(text, self._read_to):
            for letter in bare(character):
                if letter == SEPARATOR:
                    self._separate(at, character)
                else:
                    self._walk(at, letter)
            if self._aside is not None:
                self._return(at, character)
            if self.found:
                break
        self._read_to += len(text)
        if not self._waiting and not self._held and self._aside is None:  # nearly always
            self._left_at = self._read_to
            return text
        self._held.append(text)
        return self._release(self._safe_to())

    def end(self) -> str:
        """What may leave when nothing follows."""
        self.found = self.found or self._guard.whole[self._state]
        return "" if self.found else self._release(self._read_to)

    def _walk(self, at: int, letter: str) -> None:
        guard, state = self._guard, self._state
        while state and letter not in guard.step[state]:
            state = guard.fail[state]
        self._state = state = guard.step[state].get(letter, 0)
        sixth = guard.sixth[state]
        if sixth:
            self._waiting.append(at)
            del self._waiting[:-sixth]
            self.found |= guard.beyond[state]
        elif self._waiting:
            self._waiting = []

    def _separate(self, at: int, character: str) -> None:
        """Between words a run can end, and an aside can begin."""
        self.found |= self._guard.whole[self._state]
        closer, depth = ASIDES.get(character), self._guard.depth
        if closer and (self._aside is None or depth[self._state] >= depth[self._aside.state]):
            self._aside = Aside(at, closer, self._state, self._waiting.copy())

    def _return(self, at: int, character: str) -> None:
        """After an aside goes on what stood before it, unless the aside itself repeats more."""
        aside = self._aside
        assert aside is not None  # noqa: S101 - who calls knows
        if character == aside.closer or at - aside.opened_at > MAX_ASIDE:
            self._aside = None
        if character == aside.closer and self._guard.depth[aside.state] > self._guard.depth[self._state]:
            self._state, self._waiting = aside.state, aside.waiting

    def _safe_to(self) -> int:
        """Where the text begins that must wait. It never moves back."""
        before = self._aside.waiting if self._aside else []
        return min([*self._waiting[:1], *before[:1]], default=self._read_to)

    def _release(self, to: int) -> str:
        """What is held, up to there."""
        if to == self._left_at:
            return ""
        held = "".join(self._held)
        cut = to - self._left_at
        self._held, self._left_at = [held[cut:]] if held[cut:] else [], to
        return held[:cut]


def words_of(text: str) -> list[str]:
    """The words of a text, bare."""
    joined = "".join(bare(each) for each in text if each not in APOSTROPHES)
    return joined.split()
