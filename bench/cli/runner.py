"""Runs commands in turn and prints what each cost; a program of its own, and a small one.

Small because Linux counts the memory of the process that starts another to the peak of the other:
in here that is less than any interpreter needs.

Standard input: one command a line, as `name<TAB>every<TAB>argument<TAB>…`; arguments: how many rounds.
A command with `every` N runs in each N-th round. Output: name, exit code, CPU s, wall s, peak KiB.
"""

import os
import sys
import time


def run(argv):  # type: ignore[no-untyped-def]  # `typing` would make this process larger
    """Exit code, CPU, wall and peak of one command."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1)]
    before = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=quiet)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - before
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, wall, used.ru_maxrss


commands = [line.rstrip("\n").split("\t") for line in sys.stdin]
for number in range(int(sys.argv[1])):
    for name, every, *argv in commands:
        if number % int(every) == 0:
            print(name, *run(argv), sep="\t", flush=True)  # type: ignore[no-untyped-call]
