"""What is said to the model: the fixed part, the conversation, the context as fenced data, the question last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aniate.wire import ChatRequest, ContextPiece, Message
from aniate_server.brews.catalogue import ServedBrew
from aniate_server.brews.fence import defused, fence, harmless, plain
from aniate_server.brews.fit import share, shorten, tokens
from aniate_server.plumbing.errors import TooLong

MESSAGE_TOKENS = 8
"""What a model's chat template adds to a message, about."""
TEMPLATE_TOKENS = 256
"""More than any chat template adds on its own account (gpt-oss brings a preamble of about 100)."""
CUT_TOKENS = 24
"""What the marker of a cut takes, at most."""
MIN_PIECE_TOKENS = 32


@dataclass(frozen=True)
class Composed:
    """Messages in the shape of the OpenAI protocol. `notice` says what did not fit, or is empty."""

    messages: list[dict[str, Any]]
    notice: str
    bytes: int
    """Of UTF-8 in all messages: an upper bound of their tokens, but for what the template adds."""

    @property
    def estimated_tokens(self) -> int:
        """The best guess, for where nobody counts."""
        return estimated(self.bytes)

    @property
    def max_tokens(self) -> int:
        """More tokens than the model will count: no tokenizer makes more than one of a byte."""
        return self.bytes + 2 * MESSAGE_TOKENS * len(self.messages) + TEMPLATE_TOKENS


def estimated(text_bytes: int) -> int:
    """About how many tokens so many bytes of text are."""
    return -(-text_bytes // 4)


@dataclass(frozen=True)
class Character:
    """Whom the model plays: an assistant's name and what its user wrote of it."""

    name: str
    text: str


def compose(
    brew: ServedBrew, request: ChatRequest, budget_tokens: int, mark: str, character: Character | None = None
) -> Composed:
    """Fit the request into the model's budget; raises TooLong if even the question does not fit.

    `mark` is a fresh random word, so that no data can contain the fence's end (`fence.fresh_mark`).
    """
    request = harmless(request)
    *earlier, question = request.messages
    fences = sum(tokens(fence(piece, "", mark)) + CUT_TOKENS for piece in request.context)
    system = brew.fixed if character is None else f"{brew.fixed}\n\n{described(character, mark)}"
    left = budget_tokens - cost(system) - cost(question.content) - fences
    if character and left < 0 and cost(brew.fixed) + cost(question.content) + fences <= budget_tokens:
        raise TooLong(f"The text of {character.name} is longer than the model can read.", "Shorten it.")
    if left < len(request.context) * MIN_PIECE_TOKENS:
        raise TooLong("The question and its context are longer than the model can read.", "Send less of it.")
    pieces, cut = fit_pieces(request.context, left, mark)
    left += fences - sum(tokens(piece) for piece in pieces)
    kept = fit_turns(earlier, left)
    if len(kept) < len(earlier):
        cut.append(f"The first {len(earlier) - len(kept)} messages of this conversation were left out.")
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
    messages += [{"role": turn.role, "content": turn.content} for turn in kept]
    messages.append({"role": "user", "content": "\n\n".join([*pieces, question.content])})
    return Composed(messages, " ".join(cut), sum(len(each["content"].encode()) for each in messages))


def described(character: Character, mark: str) -> str:
    """The user's own text, below ours: it chooses tone and task and can change nothing above."""
    head = f"The user's description of the assistant {character.name}, between the marks {mark}:"
    return f"{head}\n<{mark}>\n{defused(character.text)}\n</{mark}>"


def cost(text: str) -> int:
    """Tokens of a message of its own."""
    return tokens(text) + MESSAGE_TOKENS


def fit_pieces(context: tuple[ContextPiece, ...], budget_tokens: int, mark: str) -> tuple[list[str], list[str]]:
    """Each piece fenced and cut to its share, and a sentence for each that was cut."""
    shares = share([tokens(piece.text) for piece in context], budget_tokens)
    fenced, sentences = [], []
    for piece, allowed in zip(context, shares, strict=True):
        text, left_out = shorten(piece.text, allowed)
        fenced.append(fence(piece, text, mark))
        if left_out:
            sentences.append(f"{plain(piece.name)} is too long for this model: {left_out} of it left out.")
    return fenced, sentences


def fit_turns(earlier: list[Message], budget_tokens: int) -> list[Message]:
    """The latest turns that fit, in their order, beginning with one of the user."""
    kept: list[Message] = []
    for turn in reversed(earlier):
        budget_tokens -= cost(turn.content)
        if budget_tokens < 0:
            break
        kept.insert(0, turn)
    while kept and kept[0].role != "user" and len(kept) < len(earlier):
        kept.pop(0)
    return kept
