"""What a container may do to the machine that it runs on."""

import os

from aniate.danger.matching import pairs
from aniate.danger.words import is_known, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.danger.reading import Reader
    from aniate.danger.single_programs import Program

_THE_MACHINES = ("", "/etc", "/usr", "/bin", "/sbin", "/lib", "/boot", "/dev", "/root", "/home", "/var", "/proc",
                 "/sys", "/Users", "/System", "/Library", "/private")  # fmt: skip
_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")
_STRONG = ("ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "SYS_RAWIO")


def judge(reader: "Reader", program: "Program") -> None:
    """Judge what `docker run` and its like hand to the container."""
    words = [plain(word) for word in program.words]
    if not any(word in ("run", "create") for word in words):
        return
    for word, after in pairs(words):
        option, equals, value = word.partition("=")
        if word.startswith("-") and word.endswith("v") and not word.strip("-itdPv"):  # as `-itv`
            option = "-v"
        elif word.startswith("-v") and not equals and len(word) > len("-v"):
            option, equals, value = "-v", "=", word[2:]
        value = value if equals else after
        if option in ("-v", "--volume"):
            source, _, rest = value.partition(":")
            _mounted(reader, program.name, source, read_only="ro" in rest.partition(":")[2].split(","))
        elif option == "--mount":
            parts = dict(part.partition("=")[::2] for part in value.split(","))
            source = parts.get("source") or parts.get("src") or "-"
            _mounted(reader, program.name, source, read_only="readonly" in parts or "ro" in parts)
        elif option == "--privileged" or (option == "--cap-add" and value.upper().removeprefix("CAP_") in _STRONG):
            reader.add(f"{program.name} {option} gives the container rights over the machine")


def _mounted(reader: "Reader", name: str, source: str, read_only: bool) -> None:
    home = os.environ.get("HOME", "").rstrip("/") or "/root"
    path = os.path.normpath(source).rstrip("/") if source.startswith("/") else source
    whole = is_known(path) and path in (*_THE_MACHINES, home, "~")
    if (whole and not read_only) or os.path.basename(path) in _SOCKETS:
        reader.add(f"{name} hands {path or '/'} to the container")
