"""What one event of the OpenAI chat protocol says, or a whole answer: read as it usually is, or with all care."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from aniate_server.inference.providers import Counted, Piece
from aniate_server.inference.sse import Malformed
from aniate_server.inference.tool_calls import clean, joined, tool_calls_in
from aniate_server.inference.upstream_errors import from_event
from aniate_server.plumbing.logging import usable_id

MAX_TOKENS = 100_000_000

log = structlog.get_logger()


class Said(msgspec.Struct, gc=False):
    """A delta with text alone; others are read with care."""

    content: str | None = None
    tool_calls: None = None


class Choice(msgspec.Struct, gc=False):
    """The one that we ask for."""

    delta: Said
    finish_reason: str | None = None


class Usual(msgspec.Struct, gc=False):
    """An event as nearly all are: no usage, no error, nothing of Groq's own."""

    choices: tuple[Choice]
    usage: None = None
    x_groq: None = None
    error: None = None


USUAL = msgspec.json.Decoder(Usual)


def piece_in(events: Sequence[bytes]) -> Piece:
    """All that these events say, as one piece; Malformed if they are none."""
    came: list[Piece] = []
    texts: list[str] = []
    for data in events:
        try:
            choice = USUAL.decode(data).choices[0]
        except (msgspec.MsgspecError, ValueError, RecursionError):
            came += [Piece("".join(texts)), piece_of(data)]
            texts.clear()
            continue
        if choice.delta.content:
            texts.append(choice.delta.content)
        if choice.finish_reason:
            came.append(Piece("".join(texts), choice.finish_reason))
            texts.clear()
    return merged([*came, Piece("".join(texts))]) if came else Piece("".join(texts))


def merged(came: list[Piece]) -> Piece:
    """Several pieces as one."""
    endings = [piece.finish_reason for piece in came if piece.finish_reason]
    counts = [piece.counted for piece in came if piece.counted]
    ids = [piece.request_id for piece in came if piece.request_id]
    return Piece(
        "".join(piece.text for piece in came),
        endings[-1] if endings else None,
        counts[-1] if counts else None,
        joined(call for piece in came for call in piece.tool_calls),
        ids[0] if ids else None,
    )


def piece_of(data: bytes) -> Piece:
    """Our piece from one upstream event, or from a whole answer; its model name and fingerprint stay behind.

    Its id is for the log.
    """
    try:
        chunk = json.loads(data)
        if chunk.get("error"):
            raise from_event(chunk["error"])
        counted = counted_in(chunk)
        choices = chunk.get("choices")
        if not choices:
            return Piece("", None, counted)
        choice = choices[0]
        said = choice.get("delta") or choice.get("message") or {}
        return Piece(
            clean(said.get("content") or ""),
            choice.get("finish_reason"),
            counted,
            tool_calls_in(said),
            groq_id(chunk),
        )
    except (ValueError, AttributeError, TypeError, KeyError, IndexError, RecursionError) as nonsense:
        raise Malformed from nonsense


def counted_in(chunk: dict[str, Any]) -> Counted | None:
    """What the provider counted, where the protocol puts it or where Groq puts it; nonsense is as good as nothing."""
    usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
    if not usage:
        return None
    try:
        read = count(usage["prompt_tokens"])
        cached = cached_in(usage, read)
        return Counted(read, count(usage["completion_tokens"]), cached or 0, odd_cache=cached is None)
    except (ValueError, TypeError, KeyError):  # the answer is good all the same
        log.warning("provider told a usage that is none")
        return None


def cached_in(usage: dict[str, Any], read: int) -> int | None:
    """How many of the tokens that it read the provider had in its cache: 0 if it says nothing, None for nonsense."""
    details = usage.get("prompt_tokens_details") or {}
    if not isinstance(details, dict):
        return None
    cached = details.get("cached_tokens")
    return 0 if cached is None else cached if type(cached) is int and 0 <= cached <= read else None


def groq_id(chunk: dict[str, Any]) -> str | None:
    """What Groq calls the request, as it says in the first and the last event."""
    named = chunk.get("x_groq")
    return usable_id(str(named.get("id") or "")) or None if named else None


def count(value: object) -> int:
    """A number of tokens; what is none must not reach the ledger."""
    if type(value) is not int or not 0 <= value <= MAX_TOKENS:
        raise ValueError(value)
    return value
