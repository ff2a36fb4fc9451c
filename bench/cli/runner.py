"""Runs commands in turn and prints what each cost; a program of its own, and a small one.

Small because Linux counts the memory of the process that starts another to the peak of the other:
in here that is less than any interpreter needs.

Standard input: one command a line, as `name<TAB>every<TAB>where<TAB>argument<TAB>…`; arguments: how many rounds.
A command with `every` N runs in each N-th round; one `where` of `terminal` has a terminal of its own, one of `nowhere`
no output. Output: name, exit code, CPU s, wall s, peak KiB, s to its first output.
"""

import os
import sys
import time


def run(argv, where):  # type: ignore[no-untyped-def]  # `typing` would make this process larger
    """Exit code, CPU, wall, peak and time to the first output of one command."""
    terminal = os.openpty() if where == "terminal" else None
    environ, opened = dict(os.environ), [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1)]
    if terminal:
        environ["TERM"] = "xterm-256color"
        opened = [(os.POSIX_SPAWN_DUP2, terminal[1], fd) for fd in (0, 1, 2)]  # type: ignore[misc]
    before = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, environ, file_actions=opened)
    first = drained(*terminal) - before if terminal else 0.0  # type: ignore[no-untyped-call]
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - before
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, wall, used.ru_maxrss, first


def drained(ours, theirs):  # type: ignore[no-untyped-def]
    """Read all that a terminal is sent; when its first letter came."""
    os.close(theirs)
    first = 0.0
    try:
        while os.read(ours, 65536):
            first = first or time.perf_counter()
    except OSError:  # on Linux the end of a terminal is an error
        pass
    os.close(ours)
    return first


commands = [line.rstrip("\n").split("\t") for line in sys.stdin]
for number in range(int(sys.argv[1])):
    for name, every, where, *argv in commands:
        if number % int(every) == 0:
            print(name, *run(argv, where), sep="\t", flush=True)  # type: ignore[no-untyped-call]
