"""A moment in which Ctrl-C waits."""

import signal


class steady:  # noqa: N801  # reads as a verb: `with steady():`
    """Hold Ctrl-C, and its like that ask for an end, back until the block has ended."""

    _HELD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> None:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self._HELD)

    def __exit__(self, *_: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
