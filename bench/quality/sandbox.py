"""Where what a model wrote is run: the whole machine can be read and one folder written, and there is no network.

By Linux's namespaces (unshare(1) of util-linux), without a privilege.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

LIMIT_S = 20
_ENTER = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o bind,remount,ro / || exit 125
awk '$2 != "/" && $2 !~ "^/proc" {print $2}' /proc/mounts | while read -r place; do
    [ "$place" = "$1" ] || mount -o bind,remount,ro "$place" 2>/dev/null || mount -t tmpfs none "$place" 2>/dev/null
done
cd "$2" || exit 125
shift 2
exec "$@"
"""


class NoSandbox(Exception):
    """This machine has none, so that nothing is run."""


def command(argv: list[str], open_folder: Path, folder: Path, *, network: bool = False) -> list[str]:
    """`argv` to be run in `folder`, where only what is below `open_folder` can be written."""
    spaces = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]
    spaces += [] if network else ["--net"]
    return ["unshare", *spaces, "sh", "-c", _ENTER, "sandbox", str(open_folder), str(folder), *argv]


def run(argv: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run to its end, or to the limit of time, after which the exit code is 124."""
    wrapped = command(argv, folder, folder)
    try:
        return subprocess.run(
            wrapped, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(wrapped, 124, "", "it took too long")


def demand(folder: Path) -> None:
    """NoSandbox unless writing outside of the folder, and the network, are really out of reach here."""
    outside = folder.parent / "outside"
    probe = f"""
        echo x > '{outside}'
        echo x > inside && test -e inside && test ! -e '{outside}' && test "$(wc -l < /proc/net/route)" -le 1
    """
    try:
        done = run(["sh", "-c", probe], folder, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    except FileNotFoundError:
        raise NoSandbox("There is no unshare(1) here.") from None
    if done.returncode or outside.exists():
        raise NoSandbox(f"Namespaces do not work here: {done.stderr.strip() or 'a file was written outside'}.")
