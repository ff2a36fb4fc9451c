"""Programs that run others: what their words name is judged in turn."""

from aniate.danger.matching import behind_options, pairs
from aniate.danger.words import UNKNOWN, is_known, plain
from aniate.danger.wrappers import QUESTIONS, WRAPPERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.danger.reading import Reader
    from aniate.danger.wrappers import Wrapper

_BLANKS = " \t\n;|&"


def wrapped(reader: "Reader", name: str, words: "list[str]", stdin: "str | None") -> None:
    """Judge the program that stands behind the wrapper's own words."""
    wrapper = WRAPPERS[name]
    if words and words[0] in QUESTIONS.get(name, ()):
        return
    if wrapper.reason:
        reader.add(f"{name} {wrapper.reason}")
    rest = _behind_own(reader, words, wrapper)
    if name == "coproc" and "".join(map(plain, rest[1:2])) == "{":
        del rest[0]
    if name == "env":
        _split_string(reader, words, stdin)
    if name in ("xargs", "gxargs"):
        _xargs(reader, words, rest)
    elif name == "parallel":
        _parallel(reader, rest)
    elif wrapper.code:
        _code(reader, rest[:1] if name == "trap" else rest, stdin)
    else:
        reader.words(rest, stdin)


def _behind_own(reader: "Reader", words: "list[str]", wrapper: "Wrapper") -> "list[str]":
    """What is left behind the wrapper's options, assignments and other words of its own."""
    from aniate.danger.judging import assignment

    rest = behind_options(words, wrapper)
    while rest and not wrapper.code and "=" in rest[0] and rest[0].partition("=")[0].isidentifier():
        variable, _, value = rest.pop(0).partition("=")
        assignment(reader, variable, [value])
        reader.scope.assign(variable, [value, UNKNOWN])
    rest = rest[wrapper.skipped :]
    return rest[1:] if rest[:1] == ["--"] else behind_options(rest, wrapper) if wrapper.skipped else rest


def _code(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    """What a shell reads: the words, joined; or where there are none, standard input."""
    if reader.in_script and not all(map(is_known, words)):
        return
    if words and words != ["-"]:
        reader.code(" ".join(map(plain, words)), stdin)
    elif not words and stdin is not None:
        reader.code(stdin, None)


def _split_string(reader: "Reader", words: "list[str]", stdin: "str | None") -> None:
    """`env -S 'rm -rf y'`: one word that `env` parts into several."""
    for at, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--split-string=") else ""
        if word.startswith("-") and not word.startswith("--") and "S" in word:
            value = word.partition("S")[2] or " ".join(words[at + 1 :])
        elif word == "--split-string":
            value = " ".join(words[at + 1 :])
        if value:
            reader.code(plain(value).replace("\\_", " "), stdin)


def _xargs(reader: "Reader", words: "list[str]", rest: "list[str]") -> None:
    """`xargs PROGRAM`: what it reads stands behind the program's words, or in the place of a mark among them."""
    mark = ""
    for word, after in pairs(words[: len(words) - len(rest)]):
        if word.startswith("-I"):
            mark = word[2:] or after
        elif word.startswith(("-i", "--replace")):
            mark = word.removeprefix("--replace").removeprefix("-i").removeprefix("=") or "{}"
    if mark:
        rest = [plain(word).replace(plain(mark), UNKNOWN) for word in rest]
    reader.words(rest if mark or not rest else [*rest, UNKNOWN], None)


def _parallel(reader: "Reader", rest: "list[str]") -> None:
    """`parallel PROGRAM ::: WORDS…`: without a program, what it reads are programs."""
    ends = [at for at, word in enumerate(rest) if word.startswith(":::")]
    words = [plain(word) for word in rest[: ends[0] if ends else len(rest)]]
    if len(words) == 1 and any(blank in words[0] for blank in _BLANKS):
        reader.code(words[0].replace("{}", "x").replace("{.}", "x"), None)
    else:
        reader.words([*words, UNKNOWN], None)


def behind(reader: "Reader", words: "list[str]", marks: "Sequence[str]", stdin: "str | None") -> None:
    """Take each word behind a mark for a program, and each that has blanks in it for code."""
    letters = [mark[1] for mark in marks if len(mark) == len("-x") and mark[0] == "-"]
    starts = [at for at, word in enumerate(words) if word.partition("=")[0] in marks or _joins(word, letters)
              or (word[:2] in marks and word[1:2] != "-" and any(blank in word for blank in _BLANKS))]  # fmt: skip
    if not starts:
        return
    word = words[starts[0]]
    first = word.partition("=")[2] if word.startswith("--") or word not in marks else ""
    if word[:2] in marks and len(word) > len("-x") and word[1] != "-":
        first = word[2:]
    rest = ([first] if first else []) + words[starts[0] + 1 :]
    for at, word in enumerate(rest):
        if any(blank in word for blank in _BLANKS):
            reader.code(plain(word), stdin)
        elif is_known(word) and word[:1] not in ("-", ""):
            reader.words(rest[at:], stdin)


def _joins(word: str, letters: "Sequence[str]") -> bool:
    """Whether the word ends in one of the letters as an option, as `-qc` does."""
    return len(word) > 1 and word[0] == "-" and word[1] != "-" and word[-1] in letters
