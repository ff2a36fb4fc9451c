"""Ctrl-C within a talk: it ends what is being done, and not the talk."""

import signal
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interruptible() -> "Iterator[None]":
    """Within, the first Ctrl-C is KeyboardInterrupt; a second one, on the way out, is not heard, nor any outside."""

    def interrupted(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
