"""Ctrl-C held back for a moment."""

import _signal  # type: ignore[import-not-found]  # `signal` without its enums; it has no stub

LIMIT_S = 1.0


class held:  # noqa: N801  # reads as a verb: `with held():`
    """Let a Ctrl-C wait until the block has ended, for a second at most.

    For an answer that must not be lost: the server changes a login when it is renewed.
    """

    def __enter__(self) -> None:
        self._came = False
        self._before = _signal.getsignal(_signal.SIGINT)
        self._alarm = _signal.getsignal(_signal.SIGALRM)
        if callable(self._before):  # else Ctrl-C does nothing anyway
            _signal.signal(_signal.SIGALRM, self._give_up)
            _signal.signal(_signal.SIGINT, self._note)

    def _note(self, *_: object) -> None:
        if not self._came:
            self._came = True
            _signal.setitimer(_signal.ITIMER_REAL, LIMIT_S)

    def _give_up(self, *_: object) -> None:
        self._before(_signal.SIGINT, None)

    def __exit__(self, *_: object) -> None:
        if callable(self._before):
            _signal.setitimer(_signal.ITIMER_REAL, 0)
            _signal.signal(_signal.SIGALRM, self._alarm)
            _signal.signal(_signal.SIGINT, self._before)
        if self._came:
            self._before(_signal.SIGINT, None)
