"""Making text fit: how many tokens it has at most, how a budget is shared, how the middle is cut out."""

from __future__ import annotations

import math

SINGLES = b"0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""Characters that are often a token each: tables and JSON are made of them."""
BYTES_PER_TOKEN = 4
"""Of all else. Measured with the local model's tokenizer: code is counted 1.6 times too high, tables about right;
hashes and base64 too low, for which `inference` tries again with less."""


def tokens(text: str) -> int:
    """About how many tokens, rather too many than too few."""
    data = text.encode()
    others = len(data.translate(None, SINGLES))
    return len(data) - others + math.ceil(others / BYTES_PER_TOKEN)


def share(wanted: list[int], budget: int) -> list[int]:
    """Share a budget: who wants little gets it all, what they leave goes to the others in equal parts."""
    shares = [0] * len(wanted)
    waiting = sorted(range(len(wanted)), key=wanted.__getitem__)
    for position, index in enumerate(waiting):
        shares[index] = min(wanted[index], budget // (len(waiting) - position))
        budget -= shares[index]
    return shares


def shorten(text: str, budget_tokens: int) -> tuple[str, str]:
    """The text with its middle cut out if it is too long, and how much is missing (`12 of 90 lines`, or empty)."""
    if tokens(text) <= budget_tokens:
        return text, ""
    lines = text.splitlines()
    head, tail = ends(lines, budget_tokens)
    missing = len(lines) - head - tail
    if head + tail == 0:
        return shorten_line(text, budget_tokens)
    kept = [*lines[:head], f"[… {missing} lines left out …]", *lines[len(lines) - tail :]]
    return "\n".join(kept), f"{missing} of {len(lines)} lines"


def ends(lines: list[str], budget_tokens: int) -> tuple[int, int]:
    """How many lines from the top and from the bottom fit, both about equally long."""
    head = tail = head_cost = tail_cost = 0
    while head + tail < len(lines):
        from_top = head_cost <= tail_cost
        cost = tokens(lines[head] if from_top else lines[-1 - tail]) + 1
        if head_cost + tail_cost + cost > budget_tokens:
            break
        if from_top:
            head, head_cost = head + 1, head_cost + cost
        else:
            tail, tail_cost = tail + 1, tail_cost + cost
    return head, tail


def shorten_line(text: str, budget_tokens: int) -> tuple[str, str]:
    """As `shorten`, for text whose first line alone is too long."""
    keep = len(text) * budget_tokens // max(tokens(text), 1) // 2
    missing = len(text) - 2 * keep
    shortened = f"{text[:keep]} [… {missing} characters left out …] {text[len(text) - keep :]}"
    return shortened, f"{missing} of {len(text)} characters"
