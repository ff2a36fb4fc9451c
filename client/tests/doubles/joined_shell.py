"""A real shell on a real terminal whose own start-up file has joined it to `ant`."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pexpect
from ant_process import ANT, Home
from at_once import at_once

PROMPT = "READY> "
TIMEOUT_S = 20
_STILL_S = 0.05
_FISH = "set -g fish_greeting; set -g fish_autosuggestion_enabled 0; function fish_prompt; printf 'READY> '; end"
_RC = {
    "bash": (".bashrc", "PS1='READY> '\n{before}\neval \"$(ant init{options})\"\n"),
    "zsh": (".zshrc", "PS1='READY> '; unsetopt prompt_sp\n{before}\neval \"$(ant init zsh{options})\"\n"),
    "fish": (".config/fish/config.fish", f"{_FISH}\n{{before}}\nant init fish{{options}} | source\n"),
}  # fmt: skip
"""The file that each shell reads, and what is in it."""
_START = {"bash": ["bash", "-i"], "zsh": ["zsh", "-i"], "fish": ["fish", "-i"]}


class JoinedShell:
    """One shell. Commands are typed, and the next prompt is waited for."""

    def __init__(self, home: Home, shell: str, before: str = "", options: str = "", programs: str = "") -> None:
        self.home = home
        _put_ant_on_the_path(home)
        name, text = _RC[shell]
        path = home.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(before=before, options=options))
        environ = {**home.environ, "SHELL": shutil.which(shell) or shell}
        environ["PATH"] = f"{programs}{home.folder / 'bin'}:{environ['PATH']}"
        self.environ = environ
        self.pty = at_once(pexpect.spawn(
            _START[shell][0], _START[shell][1:], env=environ, cwd=str(home.work), encoding="utf-8", timeout=TIMEOUT_S,
            dimensions=(30, 120),
        ))  # fmt: skip
        self.pty.expect_exact(PROMPT)

    def run(self, line: str) -> str:
        """Type a line and Enter; all that was written until the next prompt."""
        self.settle()
        self.pty.send(line + "\r")
        self.pty.expect_exact(PROMPT)
        return str(self.pty.before)

    def settle(self) -> None:
        """Wait until nothing more is written: shells draw their line in several goes."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self.pty.read_nonblocking(65536, _STILL_S)

    @property
    def records(self) -> Path:
        return self.home.folder / ".local" / "state" / "aniate" / "shells"

    def recorded(self) -> tuple[str, str]:
        """The command with its exit code, and its output; empty if there is none."""
        for path in self.records.glob("*"):
            if path.name.isdigit():
                fields = path.read_bytes().decode().split("\0")
                output = path.with_name(path.name + ".output")
                said = output.read_bytes().partition(b"\0")[2].decode() if output.exists() else ""
                return (f"{fields[2]} {fields[4]}" if len(fields) == 5 else ""), said
        return "", ""

    def recorded_folder(self) -> str:
        """Where the command that is recorded was run."""
        [path] = [path for path in self.records.iterdir() if path.name.isdigit()]
        return path.read_bytes().decode().split("\0")[3]

    def end(self, line: str = "exit") -> int | None:
        """Leave the shell; its exit code."""
        self.settle()
        self.pty.send(line + "\r")
        self.pty.expect(pexpect.EOF)
        self.pty.wait()
        self.pty.close()
        code: int | None = self.pty.exitstatus
        return code


def _put_ant_on_the_path(home: Home) -> None:
    folder = home.folder / "bin"
    if not folder.exists():
        folder.mkdir()
        (folder / "ant").write_text('#!/bin/sh\nexec {} "$@"\n'.format(" ".join(ANT)))
        (folder / "ant").chmod(0o755)
