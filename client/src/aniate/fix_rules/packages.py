"""Package managers, and which package has what is missing."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_APT = ("install", "remove", "purge", "update", "upgrade", "full-upgrade", "autoremove", "search", "show", "list",
        "edit-sources", "satisfy", "dist-upgrade", "clean", "autoclean", "source", "build-dep", "download")  # fmt: skip
_BREW = ("install", "uninstall", "update", "upgrade", "list", "search", "info", "doctor", "services", "tap", "untap",
         "link", "unlink", "outdated", "cleanup", "deps", "home", "pin", "reinstall")  # fmt: skip

COMMANDS = {
    "ifconfig": "net-tools", "netstat": "net-tools", "dig": "dnsutils", "nslookup": "dnsutils", "host": "dnsutils",
    "rg": "ripgrep", "fd": "fd-find", "bat": "bat", "jq": "jq", "tree": "tree", "htop": "htop", "curl": "curl",
    "wget": "wget", "git": "git", "vim": "vim", "nano": "nano", "make": "make", "gcc": "gcc", "g++": "g++",
    "cc": "gcc", "cmake": "cmake", "ninja": "ninja-build", "zip": "zip", "unzip": "unzip", "rsync": "rsync",
    "tmux": "tmux", "screen": "screen", "ffmpeg": "ffmpeg", "convert": "imagemagick", "xclip": "xclip", "xsel": "xsel",
    "lsof": "lsof", "strace": "strace", "gdb": "gdb", "valgrind": "valgrind", "nmap": "nmap", "telnet": "telnet",
    "traceroute": "traceroute", "mtr": "mtr-tiny", "ping": "iputils-ping", "ss": "iproute2", "ip": "iproute2",
    "node": "nodejs", "npm": "npm", "pip": "python3-pip", "pip3": "python3-pip", "pipx": "pipx", "ruby": "ruby",
    "gem": "ruby", "php": "php-cli", "java": "default-jre", "javac": "default-jdk", "mvn": "maven", "go": "golang-go",
    "cargo": "cargo", "rustc": "rustc", "sqlite3": "sqlite3", "psql": "postgresql-client",
    "mysql": "default-mysql-client",
    "redis-cli": "redis-tools", "docker": "docker.io", "nginx": "nginx", "shellcheck": "shellcheck", "fzf": "fzf",
    "ncdu": "ncdu", "parallel": "parallel", "pv": "pv", "bc": "bc", "dos2unix": "dos2unix", "sshpass": "sshpass",
    "xmllint": "libxml2-utils", "pdftotext": "poppler-utils", "pandoc": "pandoc", "gh": "gh", "man": "man-db",
    "killall": "psmisc", "pstree": "psmisc", "fuser": "psmisc", "file": "file", "less": "less", "sudo": "sudo",
    "autoconf": "autoconf", "automake": "automake", "libtool": "libtool", "pkg-config": "pkg-config", "bison": "bison",
    "flex": "flex", "clang": "clang", "meson": "meson", "gawk": "gawk", "lua": "lua5.4", "perl": "perl",
}  # fmt: skip
"""The Debian package of a command."""
_IN_BREW = {"rg": "ripgrep", "fd": "fd", "convert": "imagemagick", "node": "node", "npm": "node", "go": "go",
            "psql": "libpq", "java": "openjdk", "ninja": "ninja", "pip3": "python", "docker": "docker"}  # fmt: skip
HEADERS = {
    "curses.h": "libncurses-dev", "ncurses.h": "libncurses-dev", "openssl/ssl.h": "libssl-dev",
    "openssl/evp.h": "libssl-dev", "openssl/sha.h": "libssl-dev", "openssl/opensslv.h": "libssl-dev",
    "curl/curl.h": "libcurl4-openssl-dev", "zlib.h": "zlib1g-dev", "Python.h": "python3-dev",
    "sqlite3.h": "libsqlite3-dev",
    "ffi.h": "libffi-dev", "libpq-fe.h": "libpq-dev", "readline/readline.h": "libreadline-dev",
    "X11/Xlib.h": "libx11-dev",
    "png.h": "libpng-dev", "jpeglib.h": "libjpeg-dev", "GL/gl.h": "libgl-dev", "SDL2/SDL.h": "libsdl2-dev",
    "boost/version.hpp": "libboost-dev", "libxml/parser.h": "libxml2-dev", "yaml.h": "libyaml-dev",
    "uuid/uuid.h": "uuid-dev",
    "expat.h": "libexpat1-dev", "lzma.h": "liblzma-dev", "bzlib.h": "libbz2-dev", "gmp.h": "libgmp-dev",
    "event2/event.h": "libevent-dev", "pcap.h": "libpcap-dev", "jansson.h": "libjansson-dev",
    "gtk/gtk.h": "libgtk-3-dev",
    "mysql/mysql.h": "default-libmysqlclient-dev", "alsa/asoundlib.h": "libasound2-dev", "usb.h": "libusb-dev",
    "json-c/json.h": "libjson-c-dev", "cjson/cJSON.h": "libcjson-dev", "gtest/gtest.h": "libgtest-dev",
}  # fmt: skip
"""The Debian package of a header."""
LIBRARIES = {
    "ncurses": "libncurses-dev", "curses": "libncurses-dev", "tinfo": "libncurses-dev", "ssl": "libssl-dev",
    "crypto": "libssl-dev", "curl": "libcurl4-openssl-dev", "z": "zlib1g-dev", "sqlite3": "libsqlite3-dev",
    "ffi": "libffi-dev", "pq": "libpq-dev", "readline": "libreadline-dev", "X11": "libx11-dev", "png": "libpng-dev",
    "jpeg": "libjpeg-dev", "GL": "libgl-dev", "SDL2": "libsdl2-dev", "xml2": "libxml2-dev", "yaml": "libyaml-dev",
    "uuid": "uuid-dev", "gmp": "libgmp-dev", "pcap": "libpcap-dev", "asound": "libasound2-dev", "bz2": "libbz2-dev",
    "lzma": "liblzma-dev", "event": "libevent-dev", "usb-1.0": "libusb-1.0-0-dev",
}  # fmt: skip
"""The Debian package of a library that is linked."""


def installing(package: str) -> str:
    """The command that installs a Debian package."""
    return f"sudo apt install {package}" if os.geteuid() else f"apt install {package}"


def install(command: str) -> "list[str]":
    """How a command can be had on this machine; empty if that is not known."""
    if command not in COMMANDS or near.installed(command):
        return []
    if near.installed("apt"):
        return [installing(COMMANDS[command])]
    if near.installed("brew"):
        return [f"brew install {_IN_BREW.get(command, command)}"]
    return []


def _missing_command(case: Case) -> "Iterator[Proposal]":
    name = case.simple.words[case.simple.at].text
    if case.code == 127 or f"{name}: command not found" in case.output:
        for command in install(name):
            why = "It is not installed; this installs its package" + (", as root." if "sudo" in command else ".")
            yield Proposal(case.before(command), why)


def _apt_word(case: Case) -> "Iterator[Proposal]":
    typed = case.rest_of_line("Invalid operation ")
    if typed == "search" and case.program == "apt-get":
        yield Proposal(case.swap_program("apt"), "apt searches, apt-get does not.")
    for name in near.near(typed, _APT):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"apt knows no `{typed}`, but `{name}`.")


def _apt_locked(case: Case) -> "Iterator[Proposal]":
    start = case.simple.words[case.simple.at].start
    if "are you root" in case.output or "Permission denied" in case.output:
        if "sudo" not in case.line:
            yield Proposal(f"{case.line[:start]}sudo {case.line[start:]}", "apt must run as root; sudo does that.")
    elif case.program in ("apt", "apt-get"):
        line = case.add("-o DPkg::Lock::Timeout=120")
        yield Proposal(line, "Another apt is at work; this waits for it, two minutes at most.")


def _apt_unknown(case: Case) -> "Iterator[Proposal]":
    sudo = "sudo " if "sudo" in case.line else ""
    yield Proposal(case.before(f"{sudo}apt update"), "The list of packages may be old; this renews it first.")


def _dpkg(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.before("sudo dpkg --configure -a"), "An installation was interrupted; this ends it, as root.")


def _apt_broken(_: Case) -> "Iterator[Proposal]":
    yield Proposal("sudo apt --fix-broken install", "Packages lack others; this installs or removes some, as root.")


def _apt_file(case: Case) -> "Iterator[Proposal]":
    """`apt install x.deb` without a folder before it."""
    for word in case.simple.arguments:
        if word.text.endswith(".deb") and "/" not in word.text and os.path.isfile(case.path(word.text)):
            yield Proposal(case.swap(word, quoted(f"./{word.text}")), "A file must have a folder before it: ./")


def _brew_word(case: Case) -> "Iterator[Proposal]":
    typed = case.rest_of_line("Unknown command: ").partition(" ")[0].removeprefix("brew ")
    for name in near.near(typed, _BREW):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"brew knows no `{typed}`, but `{name}`.")


def _brew_meant(case: Case) -> "Iterator[Proposal]":
    typed = case.between('No available formula with the name "', '"') or case.between('formula or cask named "', '"')
    said = case.between("Did you mean ", "?").replace(" or ", ", ")
    for name in said.split(", ")[:3]:
        for line in case.swap_text(typed, name) if name else ():
            yield Proposal(line, f"brew has no {typed}, but {name}.")


def _brew_cask(case: Case) -> "Iterator[Proposal]":
    word = case.find("cask")
    if word is not None and len(case.words) > 1:
        rest = [each for each in case.simple.arguments if each is not word]
        line = f"brew {rest[0].text} --cask" + case.line[rest[0].end : case.simple.end]
        yield Proposal(case.instead(line), "`cask` is an option now.")


def _brew_linked(case: Case) -> "Iterator[Proposal]":
    name = case.between("To reinstall ", ", run") or case.between("brew reinstall ", "\n")
    if case.words[:1] == ["install"]:
        word = case.simple.arguments[0]
        yield Proposal(case.swap(word, "upgrade"), f"{name.split()[0] if name else 'It'} is installed; this renews it.")


_MANAGERS = ("apt", "apt-get", "aptitude", "dpkg", "brew", "dnf", "yum", "pacman")
RULES = (
    Rule("apt_word", ("apt", "apt-get"), ("Invalid operation",), _apt_word),
    Rule("apt_locked", ("apt", "apt-get", "dpkg"), ("Could not get lock", "lock file", "are you root"), _apt_locked),
    Rule("apt_unknown_package", ("apt", "apt-get"), ("Unable to locate package", "404  Not Found"), _apt_unknown),
    Rule("apt_file", ("apt", "apt-get"), ("Unable to locate package", "Unsupported file"), _apt_file),
    Rule("apt_interrupted", _MANAGERS, ("dpkg was interrupted",), _dpkg, anywhere=True),
    Rule("apt_broken", _MANAGERS, ("--fix-broken install", "unmet dependencies"), _apt_broken, anywhere=True),
    Rule("brew_word", ("brew",), ("Unknown command",), _brew_word),
    Rule("brew_cask", ("brew",), ("brew cask", "no longer a `brew` command", "Unknown command: brew cask"), _brew_cask),
    Rule("brew_name", ("brew",), ("No available formula", "formula or cask named"), _brew_meant),
    Rule("brew_installed", ("brew",), ("already installed",), _brew_linked),
    Rule("package_of_command", (), (), _missing_command),
)
