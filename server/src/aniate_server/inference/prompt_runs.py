"""Every run of six words of our prompts in one automaton (Aho and Corasick, 1975), built once at start."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from aniate_server.inference.bare_letters import SEPARATOR, bare

RUN_WORDS = 6
MOST_GLANCES = 200_000
"""About 20 MB; beyond that, what is not remembered is read with care."""
APOSTROPHES = "'’"


class PromptRuns:
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
        self.glances: list[dict[str, int]] = [{}]
        """By state: the state that a written character leads to, where that is far from a sixth word; see `glance`."""
        self._glanced = 0
        for prompt in prompts:
            words = words_of(prompt)
            for at in range(len(words) - RUN_WORDS + 1):
                self._add(words[at : at + RUN_WORDS + 1])
        self._link()

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
        self.glances.append({})
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

    def glance(self, state: int, character: str) -> int | None:
        """The state behind that character; None if a sixth word may be near, so that it must be read with care.

        It is remembered in `glances`, which is looked at first: nearly all of nearly every answer is read so.
        """
        if self._glanced >= MOST_GLANCES:
            return None
        following = state
        for letter in bare(character):
            if letter == SEPARATOR:
                if self.whole[following]:
                    return None
                break
            following = self.after(following, letter)
            if self.sixth[following]:
                return None
        self.glances[state][character] = following
        self._glanced += 1
        return following

    def after(self, state: int, letter: str) -> int:
        """The state that a letter leads to."""
        while state and letter not in self.step[state]:
            state = self.fail[state]
        return self.step[state].get(letter, 0)


def words_of(text: str) -> list[str]:
    """The words of a text, bare."""
    joined = "".join(bare(each) for each in text if each not in APOSTROPHES)
    return joined.split()
