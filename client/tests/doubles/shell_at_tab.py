"""A real shell on a real terminal, in a home of its own, where a Tab is pressed and the screen is read."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pexpect
import pyte
from ant_process import ANT, Home
from at_once import at_once

TIMEOUT_S = 30
PROMPT = "READY>"
_STILL_S = 0.3
_FILES = {
    "bash": ".local/share/bash-completion/completions/ant",
    "zsh": ".zfunctions/_ant",
    "fish": ".config/fish/completions/ant.fish",
}
_SETUP = {
    "bash": "PS1='READY> '; bind 'set show-all-if-ambiguous on'; bind 'set completion-query-items 0'\n",
    "zsh": "PS1='READY> '; LISTMAX=1000; unsetopt list_ambiguous beep\n"
    "fpath=($HOME/.zfunctions $fpath); autoload -Uz compinit; compinit -u -d $HOME/.zcompdump\n",
    "fish": "set -g fish_autosuggestion_enabled 0; set -g fish_greeting\nfunction fish_prompt; echo 'READY> '; end\n",
}
_START = {
    "bash": ["bash", "--noprofile", "--rcfile", "setup"],
    "zsh": ["zsh", "-f"],
    "fish": ["fish", "-C", "source setup"],
}


class ShellAtTab:
    """One shell that completes `ant`. The `ant` on its PATH leaves a mark if anybody runs it."""

    def __init__(self, home: Home, shell: str, how: str = "file") -> None:
        self.home = home
        self.mark = home.folder / "ant-was-run"
        self.screen = pyte.Screen(200, 50)
        self._stream = pyte.Stream(self.screen)
        self.said = ""
        bin_folder = _with_marks(home.folder / "bin", self.mark)
        setup = _SETUP[shell] + _install(home, shell, how)
        (home.work / "setup").write_text(setup)
        environ = {**home.environ, "PATH": f"{bin_folder}:{home.environ['PATH']}"}
        program = shutil.which(shell)
        assert program is not None
        self._pty = at_once(
            pexpect.spawn(
                program, _START[shell][1:], env=environ, cwd=str(home.work), encoding="utf-8", dimensions=(50, 200)
            )
        )
        if shell == "zsh":
            self._pty.send("source ./setup; clear\r")
        self.shows(PROMPT)

    def type(self, text: str) -> None:
        """Type; a Tab is a key like others."""
        self._pty.send(text)

    def press_tab(self, typed: str) -> None:
        """Type a line, see it, press Tab."""
        self.type(typed)
        self.shows(f"{PROMPT} {typed}".rstrip())
        self.type("\t")

    def shows(self, *texts: str) -> str:
        """The screen, as soon as it shows all these texts."""
        until = time.monotonic() + TIMEOUT_S
        while not all(text in self.text() for text in texts):
            assert time.monotonic() < until, f"{texts} should be on the screen:\n{self.text()}"
            self._read(0.05)
        return self.text()

    def settled(self) -> str:
        """The screen, when nothing has been written for a while."""
        while self._read(_STILL_S):
            pass
        return self.text()

    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).strip()

    def clear(self) -> None:
        """An empty line on an empty screen."""
        self.type("\x15\x0c")
        until = time.monotonic() + TIMEOUT_S
        while self.text() != PROMPT:
            assert time.monotonic() < until, self.text()
            self._read(0.05)

    def close(self) -> None:
        """End the shell."""
        self._pty.close(force=True)

    def _read(self, timeout_s: float) -> bool:
        try:
            read = self._pty.read_nonblocking(65536, timeout_s)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF as error:
            raise AssertionError(f"The shell ended:\n{self.text()}") from error
        self.said += read
        self._stream.feed(read)
        return True


def _with_marks(folder: Path, mark: Path) -> Path:
    folder.mkdir()
    for name in ("ant", "aniate"):
        (folder / name).write_text(f"#!/bin/sh\necho >> '{mark}'\n")
        (folder / name).chmod(0o755)
    return folder


def _install(home: Home, shell: str, how: str) -> str:
    """As the help of `ant completion` says; what is still to be typed."""
    if how == "eval":
        made = f"{' '.join(ANT)} completion {shell}"
        return f"{made} | source\n" if shell == "fish" else f'eval "$({made})"\n'
    path = home.folder / _FILES[shell]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(home.run("completion", shell).out)
    if shell == "fish":  # it looks for a file of the command's own name
        path.with_name("aniate.fish").symlink_to(path)
    return f". '{path}'\n" if shell == "bash" else ""
