"""Signals that ask for an end, SIGTERM and SIGHUP: what was begun is put in order first, as after Ctrl-C."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


class Ended(BaseException):
    """Somebody asked for an end."""


class in_order:  # noqa: N801  # reads as what is meant: `with in_order():`
    """Have such a signal raise `Ended` in the block, and end the process by that signal behind it."""

    def __enter__(self) -> None:
        import signal

        self._number = 0
        self._handlers = [
            (number, signal.signal(number, self._asked))
            for number in (signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) is signal.SIG_DFL  # else whoever is around us hears it
        ]

    def __exit__(self, *_: object) -> None:
        import os
        import signal

        for number, handler in self._handlers:
            signal.signal(number, handler)
        if self._number:
            os.kill(os.getpid(), self._number)

    def _asked(self, number: int, _: "FrameType | None") -> None:
        import signal

        self._number = number
        for each, _handler in self._handlers:
            signal.signal(each, signal.SIG_IGN)  # a second one, on the way out, changes nothing
        raise Ended
