"""A run: text of one style, perhaps with an address. Lines are lists of them."""

Run = tuple[str, int, str]

BOLD, ITALIC, UNDERLINE, STRIKE = 1, 2, 4, 8
CODE, LINK, KEYWORD, STRING, NUMBER, COMMENT, FAINT, ADDED, REMOVED = (16 << bit for bit in range(9))
"""What a run is, by bits that can stand together. How it looks is up to the palette."""


def joined(runs: list[Run], more: list[Run]) -> list[Run]:
    """`runs` with `more` at the end, as few as possible: so how the text was cut leaves no trace."""
    for run in more:
        if runs and runs[-1][1:] == run[1:]:
            runs[-1] = (runs[-1][0] + run[0], run[1], run[2])
        elif run[0]:
            runs.append(run)
    return runs


def length(runs: list[Run]) -> int:
    """How many letters there are."""
    return sum(len(text) for text, _, _ in runs)


def without(runs: list[Run], letters: int) -> list[Run]:
    """What follows the first `letters`."""
    left = []
    for text, style, address in runs:
        if letters < len(text):
            left.append((text[letters:], style, address))
        letters = max(0, letters - len(text))
    return left
