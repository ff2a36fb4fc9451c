"""Record the pictures of docs/pictures: python -m scripts.record_terminal [NAME…]

`ant` and every program beside it are really run, in a pty, in a folder made for it; what would stand on the screen is
drawn, once for a dark terminal and once for a light one; only that folder is named as if it were a home. The answers
are no model's: a stub of the tests gives those of `terminal_scenes`, so that the pictures are the same each time and
no key is needed. docs/pictures/README.md says so.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).parents[1] / "client" / "tests" / "doubles"))

from ant_process import Home
from ant_stub import Server, Stub

from scripts.terminal_picture import on_screen, svg
from scripts.terminal_scenes import SCENES, Scene

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
COLUMNS, ROWS = 92, 60
PROMPT = "\x1b[32m$\x1b[0m "


def main(names: list[str]) -> int:
    """Record these scenes, or all of them."""
    for scene in SCENES:
        for theme in ("dark", "light"):
            if not names or scene.name in names:
                path = PICTURES / f"{scene.name}-{theme}.svg"
                path.write_text(svg(on_screen(recorded(scene, theme), COLUMNS, ROWS), scene.title, theme))
                print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    return 0


def recorded(scene: Scene, theme: str) -> str:
    """All that a terminal is sent while the scene is played."""
    with tempfile.TemporaryDirectory() as name, Server(stub := Stub(reply=scene.reply)):
        home = Home(Path(name), Path(name) / "shop")
        home.work.mkdir()
        home.log_in(stub.url)
        home.environ |= {"TERM": "xterm-256color", "SHELL": "/bin/bash", "PYTHONDONTWRITEBYTECODE": "1"}
        home.environ["PATH"] = f"{Path(sys.executable).parent}:{home.environ['PATH']}"
        home.run("config", "set", "theme", theme)
        furnish(home, scene)
        said = "".join(f"{PROMPT}{typed}\r\n{played(home, typed, keys)}" for typed, keys in scene.lines)
        return said.replace(name, "/home/ada")


def furnish(home: Home, scene: Scene) -> None:
    """The folder: files that are committed, and then what is changed about them."""
    for files, words in ((scene.files, ("commit", "-qm", "All there is")), (scene.changed, ())):
        for path, text in files.items():
            (home.work / path).write_text(text)
        if words:
            who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
            for git in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, *words, "--allow-empty")):
                subprocess.run(["git", *git], cwd=home.work, env=home.environ, check=True)


def played(home: Home, typed: str, keys: tuple[tuple[str, str], ...]) -> str:
    """What one line writes, with these keys pressed each time their text has come."""
    shell = pexpect.spawn(
        "bash", ["-c", typed], timeout=30, cwd=str(home.work), env=home.environ, encoding="utf-8",
        dimensions=(ROWS, COLUMNS),
    )  # fmt: skip
    shell.delaybeforesend = 0.2  # from the question on the screen to the terminal in the mode for single keys
    said = ""
    for awaited, pressed in keys:
        shell.expect_exact(awaited)
        said += str(shell.before) + awaited
        shell.send(pressed)
    shell.expect(pexpect.EOF)
    shell.close()
    return said + str(shell.before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
