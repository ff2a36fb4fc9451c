"""Runs a program as a child that cannot outlive its parent, not even when the parent is killed by `kill -9`.

On Linux the kernel signals the program when its parent dies, and this module execs it, so that the
parent's child is the program itself. Elsewhere (or with `--watch`) this module stays between the
two, holds the parent's pipe as its standard input, and signals the program when that pipe closes:
the caller must then start it with `stdin=subprocess.PIPE`, which does no harm on Linux either.

    python -P -m aniate_server.plumbing.embedded.guarded [--as-uid-1000] [--signal INT|KILL] -- PROGRAM ARGS…

`--as-uid-1000` enters a user namespace in which root is uid 1000, since PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
REFUSED_NAMESPACE = 125
"""Exit status if the kernel allows no user namespace."""
PARENT_GONE = 124
"""Exit status if the parent died before the program was started."""
NO_SUCH_PROGRAM = 127
KILL_AFTER_S = 10.0
"""How long a watched program may take to heed its signal before it is killed."""


def guarded_command(
    argv: Sequence[str], *, as_other_user: bool = False, signal: str = "INT", watch: bool = False
) -> list[str]:
    """The command that runs `argv` so that it gets SIG`signal` when this process dies.

    On Linux "this process" means the thread that starts it: start it from a thread that lives as
    long as the program should (the main one).
    """
    # -P: nothing is imported from the current folder, which may belong to anyone.
    command = [sys.executable, "-P", "-m", __name__, "--parent", str(os.getpid()), "--signal", signal]
    if as_other_user:
        command.append("--as-uid-1000")
    if watch:
        command.append("--watch")
    return [*command, "--", *argv]


def main() -> int:
    """Parse the command line and become (or watch over) the program."""
    parser = argparse.ArgumentParser(prog="guarded", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--as-uid-1000", action="store_true", help="enter a user namespace in which we are uid 1000")
    parser.add_argument("--signal", choices=("INT", "KILL"), default="INT", help="what the program gets in the end")
    parser.add_argument("--watch", action="store_true", help="watch the pipe on stdin instead of asking the kernel")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="the process that must still live")
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    last_signal = signal.Signals[f"SIG{options.signal}"]
    if options.as_uid_1000:
        try:
            become_uid_1000()
        except OSError as error:
            print(f"The kernel refused a user namespace: {error.strerror}.", file=sys.stderr)  # noqa: T201
            return REFUSED_NAMESPACE
    if options.watch or sys.platform != "linux":
        return watch(options.program, last_signal)
    return become(options.program, last_signal, options.parent)


def become_uid_1000() -> None:
    """Enter a user namespace in which our user is uid 1000: without root's powers, with the same files.

    Raises OSError where the kernel or a container's seccomp filter forbids it.
    """
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        raise OSError(0, "this system has none")
    if libc.unshare(CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")


def become(program: list[str], last_signal: signal.Signals, parent: int) -> int:
    """Ask the kernel for `last_signal` at the parent's death, then exec; returns only if that fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    # After the user namespace: a change of credentials clears the request. An exec keeps it.
    if libc.prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it died before we asked
        return PARENT_GONE
    restore_signals()
    try:
        os.execvp(program[0], program)  # noqa: S606 - the very purpose; no shell
    except OSError as error:
        print(f"Cannot run {program[0]}: {error.strerror}.", file=sys.stderr)  # noqa: T201
        return NO_SUCH_PROGRAM


def watch(program: list[str], last_signal: signal.Signals) -> int:
    """Run the program as our child until it ends, or until the pipe on our stdin closes."""
    # Inherited descriptors (a lock that must live as long as the program) are passed on.
    child = subprocess.Popen(program, stdin=subprocess.DEVNULL, close_fds=False)  # noqa: S603
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, lambda received, _frame: child.send_signal(received))
    threading.Thread(target=signal_at_end_of_stdin, args=(child, last_signal), daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


def signal_at_end_of_stdin(child: subprocess.Popen[bytes], last_signal: signal.Signals) -> None:
    """Wait for the parent's end of the pipe to close, then signal the child, in the end with SIGKILL."""
    while os.read(0, 4096):
        pass
    child.send_signal(last_signal)
    try:
        child.wait(KILL_AFTER_S)
    except subprocess.TimeoutExpired:
        child.kill()


def restore_signals() -> None:
    """Undo what Python and a background job's shell ignore, since an exec would pass it on."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
