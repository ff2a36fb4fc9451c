"""The log: one line an event on stderr, as logfmt or JSON. Never a prompt, an answer, a key or an e-mail."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

FORMATS: dict[str, structlog.typing.Processor] = {
    "logfmt": structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"], bool_as_flag=False),
    "json": structlog.processors.JSONRenderer(),
}


def configure_logging(style: Literal["logfmt", "json"] = "logfmt", level: int = logging.INFO) -> None:
    """Send every event of this process to stderr, what libraries log included."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, FORMATS[style]],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    renderer: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*renderer, FORMATS[style]])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
