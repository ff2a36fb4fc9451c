"""One program with its arguments: what the tables say of it, and who else has to look at it."""

from aniate.danger import git, interpreters, programs, rewriting, rights, running, shell_start, single_programs, writing
from aniate.danger.matching import given, without_options
from aniate.danger.words import BRACES, GLOBS, UNKNOWN, is_known, plain
from aniate.danger.wrappers import ASSIGNED, BEHIND, LOADED, WRAPPERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.danger.reading import Reader

NO_NAME = "runs a program whose name is only known when it runs"
_HELP = ("--help", "--version")
_SUBSCRIPTS = (
    "let", "test", "[", "read", "printf", "unset", "declare", "typeset", "local", "export", "readonly", "wait",
)  # fmt: skip
"""Builtins that reckon out what stands between the brackets of a variable's name."""


def judge(reader: "Reader", fields: "list[str]", stdin: "str | None") -> None:
    """Put on the reader's list what is dangerous about the program `fields`, which reads `stdin`."""
    path, words = plain(fields[0]), fields[1:]
    unsure = not is_known(path) or path.startswith("=") or any(mark in fields[0] for mark in GLOBS + BRACES)
    if unsure and path not in ("[", "{", "}"):
        reader.add(NO_NAME)
        return
    if not path.isascii():
        reader.add(f"{path} may pass for another name")
    if path in reader.aliases:
        reader.alias(path, words, stdin)
    elif words[:1] and words[0] in _HELP and path != "eval":
        return
    elif "/" in path and reader.has_written(path):
        reader.add(f"runs {path}, which it writes itself")
    else:
        if "/" in path or path.endswith(".py"):  # `uv run x.py`
            from aniate.danger import scripts

            scripts.read(reader, path)
        _by_name(reader, path.rpartition("/")[2].lower(), words, stdin)


def _by_name(reader: "Reader", name: str, words: "list[str]", stdin: "str | None") -> None:
    for found in [*by_table(name, words, list(reader.folders)), *writing.copied(name, words, list(reader.folders))]:
        reader.add(found)
    for target in writing.targets(name, words):
        reader.writes(target, by=name)
    if name in ("cp", "mv", "install", "ln") and (why := shell_start.reason(reader, (words or [""])[-1], UNKNOWN)):
        reader.add(f"{name} {why}")
    for target in without_options(words) if name == "tee" and writing.appends(words) else ():
        reader.writes(target, adds=True, by=name, added=UNKNOWN if stdin is None else stdin)
    for download in writing.downloads(name, words):
        if name == "curl":  # where wget would take another name
            reader.writes(download, by=name)
        reader.written.add(download)
    if name in _SUBSCRIPTS and any(mark in word for word in words for mark in ("[$(", "[`")):
        reader.add(f"{name} runs what stands between brackets")
    if name in single_programs.JUDGES:
        single_programs.JUDGES[name](reader, single_programs.Program(name, words, stdin))
    if name in WRAPPERS:
        running.wrapped(reader, name, words, stdin)
    if name in BEHIND:
        running.behind(reader, words, BEHIND[name], stdin)
    if name in interpreters.SHELLS:
        interpreters.shell(reader, name, words, stdin)
    elif language := interpreters.interpreter(name):
        interpreters.other(reader, language, words, stdin)


def by_table(name: str, words: "list[str]", folders: "Sequence[str]") -> "list[str]":
    """Why the tables hold `name WORDS…` for dangerous."""
    if name == "git":
        return git.reasons(words, folders)
    found = [f"{name} {why}" for why in rights.reasons(name, words)]
    begins = (why for beginning, why in programs.BEGINNINGS.items() if name.startswith(beginning))
    reason = programs.ALWAYS.get(name) or next(begins, "")
    if reason and not (words and words[0] in programs.NOT_WITH.get(name, ())):
        found.append(f"{name} {reason}")
    found += [f"{name} {why}" for why in rewriting.reasons(name, words)]
    return [*found, *_by_option(name, words), *_by_word(name, words)]


def _by_option(name: str, words: "list[str]") -> "list[str]":
    options = programs.OPTIONS.get(name, {})
    letters = programs.LETTERS_WITH_VALUE.get(name, "")
    if not options or any(given(words, option, letters) for option in programs.TRIES.get(name, ())):
        return []
    alone = name in programs.LONG_BY_ONE_DASH
    return [f"{name} {option} {why}" for option, why in options.items() if given(words, option, letters, alone)]


def _by_word(name: str, words: "list[str]") -> "list[str]":
    if name not in programs.WORDS or any(word in programs.HARMLESS_WORDS for word in words):
        return []
    if words[:1] and words[0] in programs.ASKS.get(name, ()):
        return []
    if words and not is_known(words[0]):
        return [f"what {name} is told to do can't be read"]
    verbs, why = programs.WORDS[name]
    known, verbose = verbs.lower().split(), name in programs.VERBS
    for word in map(plain, words):
        lower = word.lower()
        if lower in known or (verbose and lower.rpartition(":")[2].startswith(programs.VERB_BEGINNINGS)):
            return [f"{name} {word} {why}"]
    return []


def assignment(reader: "Reader", name: str, values: "Sequence[str]") -> None:
    """Judge what a variable is set to, where others run its value."""
    if (name in LOADED or name.startswith("BASH_FUNC_")) and not all(map(LOADED.get(name, _never), values)):
        reader.add(f"{name} has other programs load code")
    if name in ASSIGNED:
        for value in values:
            reader.code(value, None)


def _never(_: str) -> bool:
    return False


def printed(fields: "Sequence[str]") -> str:
    """What a program prints, where that is plain to see: `echo` and `printf` of known words."""
    name, words = plain(fields[0]) if fields else "", list(fields[1:])
    if not all(map(is_known, words)) or any(mark in word for word in words for mark in GLOBS):
        return UNKNOWN
    words = list(map(plain, words))
    if name == "echo":
        while words and words[0] in ("-n", "-E"):
            del words[0]
        text = " ".join(words)
        options = bool(words) and len(words[0]) > 1 and not words[0].strip("-neE")
        return UNKNOWN if "\\" in text or options else text + "\n"
    if name == "printf" and words and not words[0].startswith("-"):
        text = words[0].replace("\\n", "\n")
        if len(words) == 1 and "%" not in text and "\\" not in text:
            return text
        if text in ("%s", "%s\n"):
            return "\n".join(words[1:]) + "\n"
    return UNKNOWN
