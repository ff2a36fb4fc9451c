"""The terminal's modes, as whoever comes after us wants to find them."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


class kept:  # noqa: N801  # reads as a verb: `with kept():`
    """Put the modes back when the block has ended, also where a signal ends the process within it."""

    def __enter__(self) -> None:
        import signal
        import termios

        self._modes = termios.tcgetattr(0)
        self._handlers = [
            (number, signal.signal(number, self._ended))
            for number in (signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) is signal.SIG_DFL
        ]

    def __exit__(self, *_: object) -> None:
        import signal
        import termios

        self._put_back(termios.TCSADRAIN)
        for number, handler in self._handlers:
            signal.signal(number, handler)

    def _put_back(self, when: int) -> None:
        import termios

        try:
            termios.tcsetattr(0, when, self._modes)
        except termios.error:  # the terminal is gone
            return

    def _ended(self, number: int, _: "FrameType | None") -> None:
        import signal
        import termios

        self._put_back(termios.TCSANOW)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
