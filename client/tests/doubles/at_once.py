"""A program on a terminal that is typed to, and ended, without pexpect's pauses."""

from __future__ import annotations

from typing import AnyStr

import pexpect

_PAUSE_S = 0.01
"""For the kernel, after what was closed or sent a signal."""


def at_once(program: pexpect.spawn[AnyStr]) -> pexpect.spawn[AnyStr]:
    """The same program. Whoever types sees first what they answer, and whoever wants an exit code waits for it."""
    program.delaybeforesend = None
    pty = program.ptyproc  # type: ignore[attr-defined]  # its stub lacks it
    pty.delayafterclose = pty.delayafterterminate = program.delayafterclose = program.delayafterterminate = _PAUSE_S
    return program


def exit_code(program: pexpect.spawn[AnyStr]) -> int:
    """Of a program that has closed its terminal, as soon as it is gone."""
    program.wait()
    program.close()
    assert program.exitstatus is not None, program.signalstatus
    return program.exitstatus
