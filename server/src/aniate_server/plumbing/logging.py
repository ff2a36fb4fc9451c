"""The log: one line an event on stderr, as logfmt or JSON. Never a prompt, an answer, a key or an e-mail."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Literal

import structlog
from starlette.types import Scope

from aniate_server.plumbing.http import header

Event = MutableMapping[str, Any]
"""What structlog hands from processor to processor; its values are of any type."""

FIRST = ("at", "level", "event")
ID = re.compile(r"[A-Za-z0-9._~:;=,/+-]{1,100}")


def as_logfmt(_: object, __: str, event: Event) -> str:
    """As structlog's LogfmtRenderer, in a third of its time: keys are names of ours, and not looked at."""
    pairs = [f"{name}={quoted(event.pop(name))}" for name in FIRST]
    pairs += [f"{name}={quoted(value)}" for name, value in event.items()]
    return " ".join(pairs)


def quoted(value: object) -> str:
    """A value as it stands after its `=`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    said = str(value)
    if said.isalnum():
        return said
    quotes = " " in said or "=" in said or '"' in said
    if quotes and "\\" in said:
        said = said.replace("\\", "\\\\")
    said = said.replace('"', '\\"').replace("\n", "\\n")
    return f'"{said}"' if quotes else said


FORMATS: dict[str, structlog.typing.Processor] = {
    "logfmt": as_logfmt,
    "json": structlog.processors.JSONRenderer(),
}


def configure_logging(
    style: Literal["logfmt", "json"] = "logfmt", level: int = logging.INFO, *, for_good: bool = False
) -> None:
    """Send every event of this process to stderr, what libraries log included.

    `for_good`: nobody configures it anew, so loggers may be made once.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        tell_exception,
    ]
    structlog.configure(
        processors=[*shared, FORMATS[style]],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=for_good,
    )
    handler = logging.StreamHandler(sys.stderr)
    renderer: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[first_line, *shared], processors=[*renderer, FORMATS[style]]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))


def name_request(request_id: str, scope: Scope) -> None:
    """From now on every line that this request causes bears its id, and the one that the client gave it."""
    structlog.contextvars.clear_contextvars()  # a request that waited on its connection starts inside another one's
    structlog.contextvars.bind_contextvars(request_id=request_id)
    if given := usable_id(header(scope, b"x-request-id")):
        structlog.contextvars.bind_contextvars(client_request_id=given)


def usable_id(given: str) -> str:
    """An id from outside, or nothing if it may be something else: words, an address of somebody's."""
    return given if ID.fullmatch(given) else ""


def first_line(_: object, __: str, event: Event) -> Event:
    """Of what libraries say: asyncio adds lines that show whole objects, exceptions and their words included."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def tell_exception(_: object, __: str, event: Event) -> Event:
    """Where it happened and what kind it was. Not its message: that can hold what somebody typed."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(told(error, set()))
    return event


def told(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The lines of a traceback, causes first, as Python prints them but for the messages."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from told(before, seen)
        yield "which led to:"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
    code = getattr(error, "sqlstate", None)
    yield f"{type(error).__module__}.{type(error).__qualname__}" + (f" {code}" if code else "")
    for part in getattr(error, "exceptions", ()):  # of a group
        yield "which holds:"
        yield from told(part, seen)
