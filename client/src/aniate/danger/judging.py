"""One program with its arguments: what is dangerous about it, and what it runs in turn."""

from aniate.danger import foreign_code, git, interpreters, programs, rights, writing
from aniate.danger.matching import given, pairs, takes_next, without_options
from aniate.danger.words import GLOBS, UNKNOWN, is_known, plain
from aniate.danger.wrappers import ASSIGNED, BEHIND, LATER, LOADED, QUESTIONS, WRAPPERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.danger.reading import Reader
    from aniate.danger.wrappers import Wrapper

_NO_NAME = "runs a program whose name is only known when it runs"
_HELP = ("--help", "--version")
_SQL = {
    "psql": "c", "mysql": "e", "mariadb": "e", "sqlite3": "", "sqlite": "", "duckdb": "c", "sqlcmd": "Q", "mongo": "",
    "mongosh": "", "clickhouse-client": "q", "cqlsh": "e", "litecli": "", "pgcli": "", "mycli": "e", "usql": "c",
    "bq": "", "cockroach": "e", "sqlplus": "", "influx": "",
}  # fmt: skip
_LONG_SQL = ("--command", "--execute", "--eval", "--query", "-cmd")
_ECHO = frozenset("-neE")
_EDITORS = ("vi", "vim", "nvim", "ex", "view", "gvim", "ed", "emacs", "emacsclient", "red")


def judge(reader: "Reader", fields: "list[str]", stdin: "str | None") -> None:
    """Put on the reader's list what is dangerous about this program."""
    if not is_known(fields[0]) or any(mark in fields[0] for mark in GLOBS + "\x05\x06\x07"):
        if plain(fields[0]) not in ("[", "{", "}"):
            reader.add(_NO_NAME)
            return
    path, words = plain(fields[0]), fields[1:]
    name = path.rpartition("/")[2].lower()
    if not path.isascii():
        reader.add(f"{path} may pass for another name")
    if path in reader.aliases:
        reader.alias(path, words, stdin)
    elif words[:1] and words[0] in _HELP:
        return
    elif "/" in path and reader.has_written(path):
        reader.add(f"runs {path}, which it writes itself")
    else:
        _by_name(reader, name, words, stdin)


def _by_name(reader: "Reader", name: str, words: "list[str]", stdin: "str | None") -> None:
    for found in _by_table(name, words):
        reader.add(found)
    for found in writing.copied(name, words, list(reader.folders)):
        reader.add(found)
    for target in writing.targets(name, words):
        reader.writes(target, by=name)
    reader.written.update(writing.downloads(name, words))
    if name in _SPECIAL:
        _SPECIAL[name](reader, words, stdin)
    if name in WRAPPERS:
        _wrapped(reader, name, WRAPPERS[name], words, stdin)
    if name in BEHIND:
        _behind(reader, words, BEHIND[name], stdin)
    if name in interpreters.SHELLS:
        interpreters.shell(reader, name, words, stdin)
    elif language := interpreters.interpreter(name):
        interpreters.other(reader, language, words, stdin)
    if name in _SQL:
        _sql(reader, name, words, stdin)
    if name in _EDITORS:
        _editor(reader, name, words, stdin)


def _by_table(name: str, words: "list[str]") -> "list[str]":
    if name == "git":
        return git.reasons(words)
    found = [f"{name} {why}" for why in rights.reasons(name, words)]
    reason = programs.ALWAYS.get(name) or next(
        (why for beginning, why in programs.BEGINNINGS.items() if name.startswith(beginning)), ""
    )
    if (reason and not words[:1]) or (reason and words[0] not in programs.NOT_WITH.get(name, ())):
        found.append(f"{name} {reason}")
    options = programs.OPTIONS.get(name, {})
    if options and not any(given(words, each) for each in programs.TRIES.get(name, ())):
        alone, letters = name in programs.LONG_BY_ONE_DASH, programs.LETTERS_WITH_VALUE.get(name, "")
        found += [f"{name} {option} {why}" for option, why in options.items() if given(words, option, letters, alone)]
    return found + _by_word(name, words)


def _by_word(name: str, words: "list[str]") -> "list[str]":
    if name not in programs.WORDS or any(word in programs.HARMLESS_WORDS or word == "--help" for word in words):
        return []
    verbs, why = programs.WORDS[name]
    if words and UNKNOWN in words[0] and not words[0].startswith("-"):
        return [f"what {name} is told to do can't be read"]
    known = verbs.split()
    for word in map(plain, words):
        lower = word.lower()
        if (
            word in known
            or (name in programs.VERBS and lower.startswith(programs.VERB_BEGINNINGS))
            or (name in ("redis-cli",) and lower in known)
        ):
            return [f"{name} {word} {why}"]
    return []


def printed(fields: "Sequence[str]") -> str:
    """What a program prints, where that is plain to see: `echo` and `printf` of known words."""
    name = plain(fields[0]) if fields else ""
    words = list(fields[1:])
    if not all(map(is_known, words)) or any(mark in word for word in words for mark in GLOBS):
        return UNKNOWN
    if name == "echo":
        while words and words[0] in ("-n", "-E"):
            del words[0]
        text = " ".join(map(plain, words))
        return UNKNOWN if "\\" in text or (words and _ECHO.issuperset(words[0]) and words[0] != "-") else text + "\n"
    if name == "printf" and words:
        text = plain(words[0])
        if len(words) == 1 and "%" not in text and "\\" not in text.replace("\\n", ""):
            return text.replace("\\n", "\n")
        if text in ("%s", "%s\\n") and not words[0].startswith("-"):
            return "\n".join(map(plain, words[1:])) + "\n"
    return UNKNOWN


def assignment(reader: "Reader", name: str, values: "Sequence[str]") -> None:
    """Judge what a variable is set to, where others run its value."""
    if name in LOADED:
        reader.add(f"{name} has other programs load code")
    if name in ASSIGNED:
        for value in values:
            reader.code(value, None)


# What runs other programs.


def _wrapped(reader: "Reader", name: str, wrapper: "Wrapper", words: "list[str]", stdin: "str | None") -> None:
    if words[:1] and words[0] in QUESTIONS.get(name, ()):
        return
    if wrapper.reason:
        reader.add(f"{name} {wrapper.reason}")
    rest = _behind_options(words, wrapper)
    while wrapper.assignments and rest and "=" in rest[0].split("/")[0]:
        variable, _, value = rest.pop(0).partition("=")
        assignment(reader, variable, [value])
        reader.scope.assign(variable, [value, UNKNOWN])
    rest = rest[wrapper.skipped :]
    if rest[:1] == ["--"]:
        del rest[0]
    if name == "env":
        _split_string(reader, words)
    if name in ("xargs", "gxargs"):
        _xargs(reader, words, rest)
    elif name == "parallel":
        _parallel(reader, rest, stdin)
    elif name == "ssh":
        _code(reader, rest, stdin) if rest else reader.code(stdin, None) if stdin is not None else None
    elif wrapper.code:
        _code(reader, rest[:1] if name == "trap" else rest, stdin)
    else:
        reader.words(rest, stdin)


def _behind_options(words: "list[str]", wrapper: "Wrapper") -> "list[str]":
    at = 0
    while at < len(words) and words[at].startswith("-") and len(words[at]) > 1:
        if words[at] == "--":
            return words[at + 1 :]
        at += 2 if takes_next(words[at], wrapper.letters, wrapper.longs) else 1
    return words[at:]


def _code(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if words and words != ["-"]:
        reader.code(" ".join(map(plain, words)), stdin)


def _split_string(reader: "Reader", words: "list[str]") -> None:
    """`env -S 'rm -rf y'`."""
    for at, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--split-string=") else ""
        if word.startswith("-") and not word.startswith("--") and "S" in word:
            value = word.partition("S")[2] or " ".join(words[at + 1 :])
        elif word == "--split-string":
            value = " ".join(words[at + 1 :])
        if value:
            reader.code(plain(value), None)


def _xargs(reader: "Reader", words: "list[str]", rest: "list[str]") -> None:
    """`xargs PROGRAM`: what it reads stands behind the words, or in the place of a mark among them."""
    mark = ""
    for at, word in enumerate(words[: len(words) - len(rest)]):
        if word.startswith(("-I", "--replace")):
            mark = word.removeprefix("-I") if word.startswith("-I") else word.partition("=")[2]
            mark = mark or (words[at + 1] if word == "-I" else "{}")
        elif word.startswith("-i"):
            mark = word[2:] or "{}"
    if mark:
        rest = [word.replace("\x05", "{").replace("\x07", "}").replace(plain(mark), UNKNOWN) for word in rest]
    reader.words(rest if mark or not rest else [*rest, UNKNOWN], None)


def _parallel(reader: "Reader", rest: "list[str]", stdin: "str | None") -> None:
    words = rest
    for at, word in enumerate(rest):
        if word.startswith(":::"):
            words = rest[:at]
            break
    if not words:
        reader.add(_NO_NAME)
    elif len(words) == 1:
        reader.code(plain(words[0]).replace("{}", "x").replace("{.}", "x"), stdin)
    else:
        reader.words([*words, UNKNOWN], stdin)


def _behind(reader: "Reader", words: "list[str]", marks: "Sequence[str]", stdin: "str | None") -> None:
    """Take each word behind a mark for a program, and each that has blanks in it for code."""
    starts = [at for at, word in enumerate(words) if word in marks or word.partition("=")[0] in marks]
    if not starts:
        return
    first = words[starts[0]].partition("=")[2]
    rest = ([first] if first else []) + words[starts[0] + 1 :]
    for at, word in enumerate(rest):
        if any(blank in word for blank in " \t\n;|&"):
            reader.code(plain(word), stdin)
        elif is_known(word) and word[:1] not in ("-", ""):
            reader.words(rest[at:], stdin)


def _find(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    for at, word in enumerate(words):
        if word in LATER:
            end = next((i for i in range(at, len(words)) if words[i] in (";", "+")), len(words))
            rest = [plain(each).replace("{}", UNKNOWN) for each in words[at + 1 : end]]
            reader.words(rest, None)


def _alias(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if any(word.startswith("-") and word != "-p" for word in words):
        reader.add("sets an alias that can't be read")
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            reader.aliases.setdefault(plain(name), {})[plain(value)] = None


def _source(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    interpreters.script(reader, words[:1] or [UNKNOWN], stdin)


def _cd(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    import os

    targets = [word for word in words if not word.startswith("-")]
    target = targets[0] if targets else os.environ.get("HOME") or UNKNOWN
    unread = "-" in words or not is_known(target)
    for folder in list(reader.folders):
        moved = UNKNOWN if unread or (UNKNOWN in folder and not target.startswith("/")) else ""
        reader.folders[moved or os.path.normpath(os.path.join(folder, plain(target)))] = None
        if len(reader.folders) > 8:  # a cd in a loop goes on for ever
            reader.folders[UNKNOWN] = None
            return


def _reads(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    for word in without_options(words):
        reader.scope.assign(plain(word).partition("=")[0], [UNKNOWN])


def _awk(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    rest = without_options(words, "vFf", ("field-separator", "assign", "file"))
    codes = [] if given(words, "-f") or given(words, "--file") else rest[:1]
    if given(words, "-i") or not all(map(foreign_code.awk, map(plain, codes))):
        reader.add("runs awk code that may change or delete things")


def _sed(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if not all(foreign_code.sed(plain(word)) for word in words if not word.startswith("--")):
        reader.add("runs sed code that may write files or run programs")


def _sql(reader: "Reader", name: str, words: "list[str]", stdin: "str | None") -> None:
    codes = [stdin] if stdin is not None else []
    for word, after in pairs(words):
        option, equals, value = word.partition("=")
        if option in _LONG_SQL:
            codes.append(value if equals else after)
        elif _SQL[name] and word.startswith("-" + _SQL[name]):
            codes.append(word[2:] or after)
        elif option in ("-f", "--file", "-init"):
            codes.append(UNKNOWN)
    if not _SQL[name]:
        codes += without_options(words)[1:]
    if not all(foreign_code.sql(plain(code)) for code in codes):
        reader.add(f"{name} may change or delete data")


def _editor(reader: "Reader", name: str, words: "list[str]", stdin: "str | None") -> None:
    batch = [
        word
        for word in words
        if word.startswith(("-c", "+", "-S", "-s", "-es", "--eval", "--cmd", "-batch", "--batch"))
    ]
    if [word for word in batch if not word.lstrip("+").isdigit() and word != "+"] or stdin is not None:
        reader.add(f"{name} runs commands that can't be read")


def _kill(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if words and words[0] not in ("-l", "-L", "-0", "--list", "--table") and words[:2] != ["-s", "0"]:
        reader.add("kill ends processes")


def _exec(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if not words and stdin is not None:
        reader.add("reads what follows from somewhere else")


def _crontab(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if without_options(words, "u") or "-" in words or (stdin is not None and not words):
        reader.add("crontab writes over your jobs")


def _request(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    if any(word.upper() in ("DELETE", "-XDELETE", "--REQUEST=DELETE", "--METHOD=DELETE") for word in words):
        reader.add("deletes what is at that address")


_SPECIAL: "dict[str, Callable[[Reader, list[str], str | None], None]]" = {
    "find": _find, "alias": _alias, "source": _source, ".": _source, "cd": _cd, "pushd": _cd, "read": _reads,
    "mapfile": _reads, "readarray": _reads, "getopts": _reads, "printf": _reads, "let": _reads, "unset": _reads,
    "declare": _reads, "typeset": _reads, "local": _reads,
    "awk": _awk, "gawk": _awk, "mawk": _awk, "nawk": _awk, "sed": _sed, "gsed": _sed, "kill": _kill, "exec": _exec,
    "crontab": _crontab, "curl": _request, "wget": _request, "http": _request, "https": _request,
}  # fmt: skip
"""Programs that need more than a table says."""
