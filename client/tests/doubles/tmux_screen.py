"""A real terminal with a scrollback, of any size, that can be resized: tmux, with a server of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

TMUX = shutil.which("tmux")


class TmuxScreen:
    """Runs one command line in `sh` on a screen of that size."""

    def __init__(self, folder: Path, line: str, environ: dict[str, str], columns: int = 80, rows: int = 24) -> None:
        folder = Path(tempfile.mkdtemp(dir=folder))
        (folder / "conf").write_text("set -g history-limit 20000\nset -g status off\n")
        self._command = [TMUX or "tmux", "-S", str(folder / "s"), "-f", str(folder / "conf")]
        self._environ = environ
        size = ["-x", str(columns), "-y", str(rows)]
        self._tmux("new-session", "-d", "-c", str(folder), *size, f"trap : INT; {line}; echo; echo THE-END; exec cat")

    def _tmux(self, *words: str) -> str:
        return subprocess.run(
            [*self._command, *words], env=self._environ, capture_output=True, text=True, check=True, timeout=20
        ).stdout

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    def text(self, *options: str) -> str:
        """All that stands in the scrollback and on the screen."""
        return self._tmux("capture-pane", "-p", "-S", "-", *options)

    def wait_for(self, text: str, limit_s: float = 20) -> str:
        """What stands there once `text` does."""
        deadline = time.monotonic() + limit_s
        while text not in (there := self.text()):
            assert time.monotonic() < deadline, there
            time.sleep(0.05)
        return there

    def to_the_end(self, *options: str) -> str:
        """What stands there when the command has ended, without what was added to see that."""
        self.wait_for("THE-END")
        return self.text(*options).partition("THE-END")[0].rstrip("\n")

    def __enter__(self) -> TmuxScreen:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._command, "kill-server"], env=self._environ, capture_output=True, check=False)
