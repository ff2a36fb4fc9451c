"""Shells and other programs that run code which stands on their command line, in a file or on standard input."""

import os

from aniate.danger import foreign_code
from aniate.danger.matching import pairs, takes_next
from aniate.danger.words import PIPED, UNKNOWN, is_known, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.danger.reading import Reader

SHELLS = frozenset(
    ("sh", "bash", "zsh", "dash", "ksh", "mksh", "pdksh", "ash", "fish", "yash", "csh", "tcsh", "rbash", "rksh", "su",
     "runuser", "at", "batch", "elvish", "xonsh", "nu", "osh", "ysh", "hush")
)  # fmt: skip
_SHELL_VALUES = ("rcfile", "init-file", "user", "group", "shell", "whitelist-environment", "supp-group")
_STARTS = ("--rcfile", "--init-file")
_AS_OTHERS = ("su", "runuser")
_UNSEEN = "runs code that is only known when it runs"

CODE_LETTERS = {
    "python": "c", "pypy": "c", "ipython": "c", "perl": "eE", "raku": "e", "ruby": "e", "irb": "e", "node": "ep",
    "nodejs": "ep", "bun": "ep", "deno": "", "php": "rBRE", "lua": "e", "luajit": "e", "rscript": "e", "r": "e",
    "osascript": "e", "julia": "eE", "groovy": "e", "scala": "e", "elixir": "e", "clojure": "e", "guile": "c",
    "ghc": "e", "pwsh": "cC", "powershell": "cC", "expect": "c", "swipl": "g", "tclsh": "", "wish": "", "sbcl": "",
    "octave": "", "erl": "", "jshell": "",
}  # fmt: skip
"""Interpreters, and the letters behind which code stands. Versions (`python3.12`) are taken off the name first."""

_LONG_CODE = ("--eval", "--print", "--execute", "--run", "--command", "-command", "-encodedcommand", "--code", "-eval")
_INPUT_HARMLESS = ("deno",)
_TOLD = ("artisan", "manage.py", "rake", "rails")
_RUN_CODE = ("timeit", "cProfile", "profile", "trace", "pdb", "runpy", "code")
"""Modules of Python that run what they are told."""
_VALUES = {"python": "WXQ", "perl": "IMmCDx", "ruby": "IrEKTCF", "node": "r", "php": "dcfzS", "lua": "l", "bun": ""}


def shell(reader: "Reader", name: str, words: "Sequence[str]", stdin: "str | None") -> None:
    """Judge a shell with these words."""
    if name in _AS_OTHERS:
        reader.add(f"{name} gives the command another user's rights")
    if name in ("at", "batch"):
        for path in (after for word, after in pairs(words) if word == "-f"):
            script(reader, [path], None)
        reader.code(stdin if stdin is not None else "", None)
        return
    as_code, at = False, 0
    while at < len(words) and (words[at][:1] in "-+" or not is_known(words[at])) and words[at] not in ("-", "--", ""):
        word = words[at]
        at += 1
        if name not in _AS_OTHERS and word in ("-n", "--no-execute"):  # reads, and runs nothing
            return
        if not is_known(word) or word.partition("=")[0] in _STARTS:
            reader.add(_UNSEEN)
            return
        if name == "fish" and word.startswith(("--command=", "--init-command=", "-C")):
            reader.code(plain(word).partition("=")[2] or plain((*words, "")[at]), stdin)
        if word in ("--command", "--session-command", "--init-command") or (word[1:2] != "-" and "c" in word[1:]):
            as_code = True
        elif word[1:2] != "-" and "s" in word[1:] and name not in _AS_OTHERS:
            script(reader, (), stdin)
        elif takes_next(word, "oO" if name not in _AS_OTHERS else "gGsuw", _SHELL_VALUES):
            at += 1
    _run(reader, name, list(words[at:]), as_code, stdin)


def _run(reader: "Reader", name: str, words: "list[str]", as_code: bool, stdin: "str | None") -> None:
    """What is left on a shell's command line: code, a script, or nothing, when standard input is read."""
    if words[:1] in (["-"], ["--"]):
        del words[0]
    if name in _AS_OTHERS and words and not as_code:  # the user's name, and the shell's words
        shell(reader, "sh", words[1:], stdin)
    elif as_code:
        for code in words[: len(words) if name in _AS_OTHERS else 1] or [UNKNOWN]:
            reader.code(plain(code), stdin)
    else:
        script(reader, words[:1], stdin, name if name not in _AS_OTHERS else "sh")


def script(reader: "Reader", words: "Sequence[str]", stdin: "str | None", kind: str = "sh") -> None:
    """A script by its path: none that this same command writes, or that is only known when it runs.

    `kind` is what runs it: the name of a shell, of another interpreter, or `source`.
    """
    from aniate.danger import scripts

    if not words or words[0] in ("/dev/stdin", "/proc/self/fd/0", "/dev/fd/0"):
        if stdin is not None:
            reader.code(stdin, None)
        return
    path = plain(words[0])
    if reader.in_script and not is_known(path) and path != PIPED:  # `. "$here/more.sh"`
        return
    if not is_known(words[0]) or reader.has_written(path) or path.startswith(("/dev/fd/", "/proc/", "/dev/tcp/")):
        reader.add(_UNSEEN)
    else:
        scripts.read(reader, path, kind, sourced=kind == "source")


def interpreter(name: str) -> str:
    """The interpreter that a program's name stands for, or the empty string."""
    base = name.rstrip("0123456789.-")
    return next((each for each in (name, base) if each in CODE_LETTERS), "")


def other(reader: "Reader", name: str, words: "Sequence[str]", stdin: "str | None") -> None:
    """Judge an interpreter of another language."""
    letters, read, at = CODE_LETTERS[name], False, 0
    while at < len(words) and words[at].startswith("-") and words[at] not in ("-", "--"):
        word = words[at]
        at += 1
        if name in ("python", "pypy") and word.startswith("-m"):
            _module(reader, [word[2:], *words[at:]] if word[2:] else list(words[at:]))
            return
        code = _code_of(word, letters, words[at : at + 1])
        if name in ("perl", "ruby") and "i" in word[1:].partition("e")[0] and word[:2] not in ("-M", "-I", "-m"):
            reader.add(f"{name} -i writes over files")
        if code is not None:
            read, at = True, at + (0 if word.endswith(code) and code else 1)
            _judge_code(reader, name, code)
            if name in ("python", "pypy"):
                return
        elif not is_known(word):
            reader.add(_UNSEEN)
        elif takes_next(word, _VALUES.get(name, ""), ()):
            at += 1
    if name in ("deno", "bun") and words[at : at + 1] == ["eval"]:
        reader.add(_UNSEEN)
    elif not read:
        _script_or_input(reader, name, list(words[at:]), stdin)


def _script_or_input(reader: "Reader", name: str, words: "list[str]", stdin: "str | None") -> None:
    if words and words[0] not in ("-", "--"):
        script(reader, words[:1], stdin, name)
        if os.path.basename(plain(words[0])) in _TOLD and name not in SHELLS:  # a program that is told what to do
            reader.words(words, None)
    elif stdin is not None and name not in _INPUT_HARMLESS:
        _judge_code(reader, name, stdin)


def _code_of(word: str, letters: str, after: "Sequence[str]") -> "str | None":
    """The code that stands behind this option, if it is one that has code behind it."""
    name, equals, value = word.partition("=")
    if name.lower() in _LONG_CODE:
        return value if equals else (after[0] if after else UNKNOWN)
    if word.startswith("--"):
        return None
    for at, letter in enumerate(word[1:], 1):
        if letter in letters:
            return word[at + 1 :] or (after[0] if after else UNKNOWN)
        if not letter.isalnum():
            return None
    return None


def _judge_code(reader: "Reader", name: str, code: str) -> None:
    if not foreign_code.harmless(name, plain(code)):
        reader.add(f"runs {name} code that may change or delete things")


def _module(reader: "Reader", words: "list[str]") -> None:
    """`python -m MODULE WORDS…`: a module that is a program is judged as one."""
    if not words or not is_known(words[0]) or words[0] in _RUN_CODE:
        reader.add(_UNSEEN)
        return
    from aniate.danger import scripts

    scripts.read(reader, plain(words[0]).replace(".", "/") + ".py", "python")
    if words[0] not in CODE_LETTERS and words[0] not in SHELLS:
        reader.words(words, None)
