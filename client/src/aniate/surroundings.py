"""What a command has to fit: this system, the user's shell, the folder, and which programs are installed."""

import os

from aniate import own_shell, places
from aniate.safe_text import clean_line

_PROGRAMS = (
    "git gh docker podman kubectl helm terraform aws gcloud az brew apt dnf pacman apk zypper nix systemctl launchctl "
    "python3 uv pip node npm pnpm yarn cargo go java make cmake rg fd fzf jq yq bat eza curl wget httpie rsync ssh "
    "tmux ffmpeg magick pandoc sqlite3 psql mysql redis-cli xargs parallel tar zip unzip 7z zstd openssl gpg ss "
    "lsof strace"
)
_MOST_NAMES = 40
_BSD = ("Darwin", "FreeBSD", "OpenBSD", "NetBSD")


def described() -> str:
    """A few lines for whoever proposes a command."""
    system = os.uname()
    tools = "BSD" if system.sysname in _BSD else "GNU" if not os.path.exists("/etc/alpine-release") else "BusyBox"
    folder = places.here()
    lines = [
        f"System: {_distribution() or system.sysname} ({system.sysname} {system.machine}, {tools} tools)",
        f"Shell: {own_shell.name()}",
        f"Files here{', in a git repository' if _in_repository(folder) else ''}: {_names()}",
        f"User: {'root' if os.geteuid() == 0 else 'not root'}",
        f"Installed: {', '.join(installed())}",
    ]
    return "\n".join(lines)


def installed() -> "list[str]":
    """Which programs of a fixed list are on the PATH."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    return [name for name in _PROGRAMS.split() if any(os.access(os.path.join(each, name), os.X_OK) for each in folders)]


def _distribution() -> str:
    """The system's name as its makers spell it, or the empty string."""
    if os.uname().sysname == "Darwin":
        from platform import mac_ver

        return f"macOS {mac_ver()[0]}"
    try:
        with open("/etc/os-release", encoding="utf-8", errors="replace") as file:
            rows = dict(line.strip().split("=", 1) for line in file.read(4096).splitlines() if "=" in line)
    except OSError:
        return ""
    return rows.get("PRETTY_NAME", "").strip('"')


def _names() -> str:
    """What lies in the current folder; its path would tempt small models to spell it out."""
    try:
        with os.scandir() as found:
            names = [entry.name + "/" * entry.is_dir() for entry in found if not entry.name.startswith(".")]
    except OSError:
        return "unknown"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return (", ".join(clean_line(name, 60) for name in sorted(names)[:_MOST_NAMES]) or "none") + more


def _in_repository(folder: str) -> bool:
    while not os.path.exists(os.path.join(folder, ".git")):
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return False
    return True
