"""What `git` is told to run, by settings and options, and the files that it is told to write."""

from aniate.danger.matching import pairs
from aniate.danger.words import UNKNOWN, is_known, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.danger.reading import Reader
    from aniate.danger.single_programs import Program

_RUN = frozenset(
    ("pager", "editor", "sshcommand", "fsmonitor", "gitproxy", "askpass", "alternaterefscommand", "external", "command",
     "textconv", "cmd", "driver", "clean", "smudge", "process", "helper", "program", "defaultkeycommand", "smtpserver",
     "tocmd", "cccmd", "sendmailcmd", "headercmd", "difffilter", "browser", "packobjectshook", "uploadpack",
     "receivepack", "tunnel", "update")
)  # fmt: skip
"""How the names of settings end whose values are run."""
_SECTIONS_RUN = ("alias", "pager", "guitool")
_UNREAD = frozenset(("include.path", "core.hookspath", "init.templatedir", "protocol.ext.allow", "remote.vcs"))
_HARMLESS = ("", "true", "false", "/dev/null", "never", "user")
_PROGRAM_OPTIONS = ("--upload-pack", "--receive-pack", "--exec", "--smtp-server", "--sendmail-cmd", "--to-cmd")
_OUTPUTS = ("--output",)
_UNSEEN = "git may run any program"


def judge(reader: "Reader", program: "Program") -> None:
    """Judge what this call of git runs or writes, whatever its subcommand destroys."""
    words, sub = program.words, _subcommand(program.words)
    for word, after in pairs(words):
        option, equals, value = word.partition("=")
        if option in ("--exec-path", "--config-env") and (equals or option == "--config-env"):
            reader.add(_UNSEEN)
        elif word in ("-c", "--config"):
            _setting(reader, *after.partition("=")[::2])
        elif option == "--config":
            _setting(reader, *value.partition("=")[::2])
        elif option in _PROGRAM_OPTIONS or (word == "-u" and sub in ("clone", "ls-remote")):
            reader.code(plain(value if equals else after), None)
        elif plain(word).startswith("ext::"):
            reader.add("git runs what stands behind ext::")
    if sub == "config":
        _configured(reader, words[words.index("config") + 1 :])
    for target in _written(sub, words):
        reader.writes(target, by="git")


def _subcommand(words: "Sequence[str]") -> str:
    value = False
    for word in words:
        if not word.startswith("-") and not value:
            return word
        value = word in ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env")
    return ""


def _setting(reader: "Reader", name: str, value: str) -> None:
    """Judge a setting by what git does with its value."""
    name, value = plain(name).lower(), plain(value)
    section, _, _ = name.partition(".")
    last = name.rpartition(".")[2]
    if not is_known(name) or "ext::" in name + value:
        reader.add(_UNSEEN)
    elif value in _HARMLESS:
        return
    elif f"{section}.{last}" in _UNREAD or name in _UNREAD or section == "includeif":
        reader.add(f"git may run any program by {name}")
    elif section == "alias" and not value.startswith("!"):
        reader.code(f"git {value}", None)
    elif section in _SECTIONS_RUN or last in _RUN:
        _run(reader, last, value)


def _run(reader: "Reader", last: str, value: str) -> None:
    if last == "update" and not value.startswith("!"):
        return
    if last == "helper" and (value.isalnum() or value.startswith("cache ")):  # a program of git's
        return
    reader.code(value.removeprefix("!"), None)


def _configured(reader: "Reader", words: "Sequence[str]") -> None:
    for word, after in pairs(words):
        if "." in word and not word.startswith("-") and after != UNKNOWN:
            _setting(reader, word, after)


def _written(sub: str, words: "Sequence[str]") -> "list[str]":
    found = []
    for word, after in pairs(words):
        option, equals, value = word.partition("=")
        if option in _OUTPUTS or (sub == "archive" and word == "-o"):
            found.append(value if equals else after)
    if sub == "bundle" and "create" in words:
        found += [word for word in words[words.index("create") + 1 :] if not word.startswith("-")][:1]
    return found
