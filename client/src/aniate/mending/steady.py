"""A moment in which Ctrl-C waits."""


class steady:  # noqa: N801  # reads as a verb: `with steady():`
    """Hold Ctrl-C, and its like that ask for an end, back until the block has ended."""

    def __enter__(self) -> None:
        from signal import SIG_BLOCK, SIGHUP, SIGINT, SIGTERM, pthread_sigmask

        self._before = pthread_sigmask(SIG_BLOCK, (SIGINT, SIGTERM, SIGHUP))

    def __exit__(self, *_: object) -> None:
        from signal import SIG_SETMASK, pthread_sigmask

        pthread_sigmask(SIG_SETMASK, self._before)
