"""A command that is run for the user: its output is shown as it comes, and the end of it kept."""

import os
import sys

from aniate.output_tail import Tail, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: "Sequence[str]") -> "tuple[int, str]":
    """Run a program with its words, no shell between; its exit code and the bounded end of its output.

    What it says goes to stderr, since stdout is for our own data. 127 and 126 as shells have them.
    """
    tail = Tail()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        code = _on_a_terminal(argv, tail) if os.isatty(0) and os.isatty(2) else _in_pipes(argv, tail)
    except OSError as error:
        return _not_started(argv[0], error)
    return code, plain(tail.end())


def _on_a_terminal(argv: "Sequence[str]", tail: Tail) -> int:
    from aniate.passthrough import Passthrough

    def see(data: bytes) -> bytes:
        tail.add(data)
        return data

    program = Passthrough(2, see, lambda: b"")
    program.start(argv, dict(os.environ))
    return program.run()


def _in_pipes(argv: "Sequence[str]", tail: Tail) -> int:
    from subprocess import PIPE, STDOUT, Popen

    with Popen(argv, stdout=PIPE, stderr=STDOUT, bufsize=0) as program:  # noqa: S603  # the user's own words
        assert program.stdout is not None  # noqa: S101  # it was asked for
        while data := program.stdout.read(65536):
            tail.add(data)
            sys.stderr.buffer.write(data)
            sys.stderr.flush()
        code = program.wait()
    return code if code >= 0 else 128 - code


def _not_started(name: str, error: OSError) -> "tuple[int, str]":
    """As a shell tells it."""
    from aniate.safe_text import clean_line

    missing = isinstance(error, FileNotFoundError) and "/" not in name
    told = "command not found" if missing else str(error.strerror)
    sys.stderr.write(clean_line(f"{name}: {told}") + "\n")
    return (127 if isinstance(error, FileNotFoundError) else 126), f"{name}: {told}\n"
