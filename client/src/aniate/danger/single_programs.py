"""Programs of which more has to be known than a table says."""

import os
import re

from aniate.danger import containers, foreign_code, git_programs, interpreters
from aniate.danger.matching import given, pairs, without_options
from aniate.danger.words import UNKNOWN, is_known, plain
from aniate.danger.wrappers import LATER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.danger.reading import Reader

_SQL = {
    "psql": "c", "mysql": "e", "mariadb": "e", "sqlite3": "", "sqlite": "", "duckdb": "c", "sqlcmd": "Q", "mongo": "",
    "mongosh": "", "clickhouse-client": "q", "cqlsh": "e", "litecli": "", "pgcli": "", "mycli": "e", "usql": "c",
    "bq": "", "cockroach": "e", "sqlplus": "", "influx": "",
}  # fmt: skip
"""Programs that speak with a database, and the letter behind which a statement stands; else it is a word."""
_LONG_SQL = ("--command", "--execute", "--eval", "--query", "-cmd")
_EDITORS = (
    "vi",
    "vim",
    "nvim",
    "ex",
    "view",
    "gvim",
    "ed",
    "emacs",
    "emacsclient",
    "red",
    "vimdiff",
    "nvimdiff",
    "rvim",
    "rview",
    "gview",
)
_EDITOR_COMMANDS = ("-c", "+", "-S", "-s", "-es", "--eval", "--cmd", "-batch", "--batch")
_NO_SETTINGS = ("NONE", "NORC", "DEFAULTS")
_MOST_FOLDERS = 8
_SYSTEM = ("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/opt", "/root", "/sbin", "/usr", "/usr/bin",
           "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/var")  # fmt: skip


class Program:
    """A program's name, its words, and what it reads: None if that is the user's own standard input."""

    __slots__ = ("name", "stdin", "words")

    def __init__(self, name: str, words: "list[str]", stdin: "str | None") -> None:
        self.name = name
        self.words = words
        self.stdin = stdin


def _find(reader: "Reader", program: Program) -> None:
    words = program.words
    for at, word in enumerate(words):
        if word in LATER:
            end = next((i for i in range(at, len(words)) if words[i] in (";", "+")), len(words))
            reader.words([plain(each).replace("{}", UNKNOWN) for each in words[at + 1 : end]], None)


def _alias(reader: "Reader", program: Program) -> None:
    if any(word.startswith("-") and word != "-p" for word in program.words):
        reader.add("sets an alias that can't be read")
    for word in program.words:
        name, equals, value = word.partition("=")
        if not equals and reader.shell == "fish" and len(program.words) > 1:  # `alias x 'rm -rf'`
            reader.code(" ".join(map(plain, program.words[1:])), program.stdin)
            return
        if equals:
            reader.aliases.setdefault(plain(name), {})[plain(value)] = None


def _source(reader: "Reader", program: Program) -> None:
    interpreters.script(reader, program.words[:1] or [UNKNOWN], program.stdin, "source")


def _cd(reader: "Reader", program: Program) -> None:
    """From here on, the command may be in the folder before or in the new one, since `cd` may fail."""
    targets = [word for word in program.words if not word.startswith("-")]
    target = targets[0] if targets else os.environ.get("HOME") or UNKNOWN
    unread = "-" in program.words or not is_known(target)
    for folder in list(reader.folders):
        lost = unread or len(reader.folders) > _MOST_FOLDERS or (UNKNOWN in folder and not target.startswith("/"))
        reader.folders[UNKNOWN if lost else os.path.normpath(os.path.join(folder, plain(target)))] = None


def _reads(reader: "Reader", program: Program) -> None:
    """Builtins that set the variables they name to what nobody knows before."""
    for word, code in pairs(program.words):
        if word == "-C" and program.name in ("mapfile", "readarray"):
            reader.code(plain(code), None)
    for word in without_options(program.words):
        reader.scope.assign(plain(word).partition("=")[0], [UNKNOWN])


def _printf(reader: "Reader", program: Program) -> None:
    if program.words[:1] == ["-v"]:
        _reads(reader, Program("read", program.words[1:2], None))


def _awk_files(words: "list[str]") -> "list[str]":
    files = [word.partition("=")[2] for word in words if word.startswith("--file=")]
    files += [word[2:] for word in words if word.startswith("-f") and len(word) > len("-f")]
    return files + [after for word, after in pairs(words) if word in ("-f", "--file")]


def _awk(reader: "Reader", program: Program) -> None:
    rest = without_options(program.words, "vFf", ("field-separator", "assign", "file"))
    codes = [] if given(program.words, "-f") or given(program.words, "--file") else rest[:1]
    if not codes and program.stdin is not None and any(word in ("-", "-f-", "/dev/stdin") for word in program.words):
        codes = [program.stdin]
    unread = [word for word in _awk_files(program.words) if not is_known(word) or reader.has_written(plain(word))]
    if unread or given(program.words, "-i", "vFf") or not all(map(foreign_code.awk, map(plain, codes))):
        reader.add("runs awk code that may change or delete things")


def _sed(reader: "Reader", program: Program) -> None:
    codes = [plain(word) for word in program.words]
    codes = [code.partition("=")[2] if code.startswith("--") else re.sub("^-[nErsuz]*e", "", code) for code in codes]
    if not all(map(foreign_code.sed, codes)):
        reader.add("runs sed code that may write files or run programs")


def _sql(reader: "Reader", program: Program) -> None:
    letter = _SQL[program.name]
    codes = [] if program.stdin is None else [program.stdin]
    for word, after in pairs(program.words):
        option, equals, value = word.partition("=")
        if option in _LONG_SQL:
            codes.append(value if equals else after)
        elif letter and word.startswith("-") and not word.startswith("--") and letter in word:
            codes.append(word.partition(letter)[2] or after)
        elif option in ("-f", "--file", "-init"):
            codes.append(UNKNOWN)
    if not letter:
        codes += without_options(program.words)[1:]
    if not all(foreign_code.sql(plain(code)) for code in codes):
        reader.add(f"{program.name} may change or delete data")


def _editor(reader: "Reader", program: Program) -> None:
    batch = [word for word in program.words if word.startswith(_EDITOR_COMMANDS)]
    batch += [word for option, word in pairs(program.words) if option == "-u" and word not in _NO_SETTINGS]
    if [word for word in batch if word != "+" and not word.lstrip("+").isdigit()] or program.stdin is not None:
        reader.add(f"{program.name} runs commands that can't be read")


def _kill(reader: "Reader", program: Program) -> None:
    words = program.words
    if words and words[0] not in ("-l", "-L", "-0", "--list", "--table") and words[:2] != ["-s", "0"]:
        reader.add("kill ends processes")


def _exec(reader: "Reader", program: Program) -> None:
    if all(word.isdigit() for word in program.words) and program.stdin is not None:
        reader.add("reads what follows from somewhere else")


def _crontab(reader: "Reader", program: Program) -> None:
    if without_options(program.words, "u") or (not program.words and program.stdin is not None):
        reader.add("crontab writes over your jobs")


def _request(reader: "Reader", program: Program) -> None:
    if any(word.upper().endswith("DELETE") and word.upper() != "NODELETE" for word in program.words if "/" not in word):
        reader.add("deletes what is at that address")


def _make(reader: "Reader", program: Program) -> None:
    unread = (UNKNOWN, "SHELL=", ".SHELLFLAGS=", "--eval")
    if any(word.startswith(unread) for word in program.words) or program.stdin is not None:
        reader.add("make runs what can't be read")


def _curl(reader: "Reader", program: Program) -> None:
    if given(program.words, "-K", "oHXduTe") or given(program.words, "--config"):
        reader.add("curl does what its settings say, which are not read")
    _request(reader, program)


def _tar(reader: "Reader", program: Program) -> None:
    """Unpacking over the machine's own files."""
    words = [*(word if word.startswith("-") else "-" + word for word in program.words[:1]), *program.words[1:]]
    if not (given(words, "-x", "bCfgHKLNTVX") or given(words, "--extract")):
        return
    folders = [after for word, after in pairs(words) if word in ("-C", "--directory")]
    folders += [word.partition("=")[2] for word in words if word.startswith("--directory=")]
    whole = given(words, "-P", "bCfgHKLNTVX") or given(words, "--absolute-names")
    if whole or any(os.path.normpath(plain(folder)) in _SYSTEM for folder in folders):
        reader.add("tar may write over the machine's files")


def _mount(reader: "Reader", program: Program) -> None:
    if any("remount" in plain(word).split(",") for word in program.words):
        reader.add("mount changes disks that are in use")


def _sysctl(reader: "Reader", program: Program) -> None:
    if any("=" in word and not word.startswith("-") for word in program.words) or given(program.words, "-p"):
        reader.add("sysctl changes the kernel's settings")


def _ansible(reader: "Reader", program: Program) -> None:
    if any("state=absent" in word for word in program.words):
        reader.add("ansible removes what others may use")


def _hash(reader: "Reader", program: Program) -> None:
    """A name that stands for another program from here on."""
    for option, path in pairs(program.words):
        name, equals, value = option.partition("=")
        if equals:
            reader.aliases.setdefault(plain(name), {})[plain(value)] = None
        elif option == "-p":
            for word in program.words:
                reader.aliases.setdefault(plain(word), {})[plain(path)] = None


def _with_a_bang(reader: "Reader", program: Program) -> None:
    """Programs that take what stands behind a `!` for a shell's."""
    for word in map(plain, program.words):
        if word.startswith(("!", "+!")):
            reader.code(word.lstrip("+!"), None)
        elif word.startswith(("python ", "pi ", "script ")):
            reader.add(f"{program.name} runs code that can't be read")


def _socat(reader: "Reader", program: Program) -> None:
    if any(word.upper().startswith(("EXEC:", "SYSTEM:", "SHELL:")) for word in program.words):
        reader.add("socat runs a program")


def _compgen(reader: "Reader", program: Program) -> None:
    for option, value in pairs(program.words):
        if option in ("-C", "-W"):
            reader.code(plain(value) if option == "-C" else f"echo {plain(value)}", None)


def _sftp(reader: "Reader", program: Program) -> None:
    if program.stdin is not None or any(word.startswith("-b") for word in program.words):
        reader.add("sftp does what can't be read")
    _ssh(reader, program)


def _ssh(reader: "Reader", program: Program) -> None:
    if program.name in ("scp", "sftp") and given(program.words, "-S", "cDFiJloPX"):
        reader.add(f"{program.name} -S is told to run a program here")
    if any("command" in word.partition("=")[0].lower() for word in program.words if "=" in word):
        reader.add(f"{program.name} is told to run a program here")


JUDGES: "dict[str, Callable[[Reader, Program], None]]" = {
    "find": _find, "alias": _alias, "kill": _kill, "exec": _exec, "crontab": _crontab, "printf": _printf,
    **dict.fromkeys(("source", "."), _source),
    **dict.fromkeys(("cd", "pushd", "popd"), _cd),
    **dict.fromkeys(("read", "mapfile", "readarray", "getopts", "let", "unset", "declare", "typeset", "local"), _reads),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
    **dict.fromkeys(("sed", "gsed"), _sed),
    **dict.fromkeys(("make", "gmake"), _make),
    **dict.fromkeys(("ssh", "scp"), _ssh), "sftp": _sftp, "hash": _hash, "socat": _socat, "compgen": _compgen,
    **dict.fromkeys(("gdb", "lldb", "less", "more"), _with_a_bang),
    "git": git_programs.judge, **dict.fromkeys(("docker", "podman", "nerdctl"), containers.judge),
    **dict.fromkeys(("wget", "http", "https"), _request), "curl": _curl,
    **dict.fromkeys(("tar", "bsdtar", "gtar"), _tar), "mount": _mount, "sysctl": _sysctl, "ansible": _ansible,
    **dict.fromkeys(_SQL, _sql),
    **dict.fromkeys(_EDITORS, _editor),
}  # fmt: skip
"""Who looks at which program."""
