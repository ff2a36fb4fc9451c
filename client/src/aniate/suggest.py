"""Did you mean …?"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def distance(left: str, right: str) -> int:
    """How many letters must be typed, dropped, changed or swapped with a neighbour to get from one to the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            best = min(row[j] + 1, current[-1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        before, row = row, current
    return row[-1]


def closest(word: str, names: "Iterable[str]") -> "list[str]":
    """At most three of `names` that `word` may have been meant to be, nearest first."""
    word = word[:40].lower()
    near = sorted((distance(word, name.lower()), name) for name in names)
    return [name for far, name in near if far <= max(1, len(word) // 3)][:3]


def did_you_mean(names: "list[str]") -> str:
    """The sentence, or nothing if there is nothing near."""
    return f"Did you mean {' or '.join(f'`{name}`' for name in names)}?" if names else ""
