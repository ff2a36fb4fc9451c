"""Options that a program does not know, by its own words or by its own help."""

from aniate.fix_rules import near
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_HELPFUL = frozenset((
    "ls", "cp", "mv", "rm", "mkdir", "rmdir", "touch", "ln", "cat", "head", "tail", "sort", "uniq", "wc", "cut", "tr",
    "du", "df", "date", "chmod", "chown", "grep", "find", "sed", "diff", "tar", "gzip", "xz", "stat", "tee", "seq",
    "shred", "split", "paste", "join", "comm", "nl", "tac", "od", "base64", "sha256sum", "md5sum", "make", "gcc",
    "rsync", "curl", "wget", "python3", "pip", "pytest", "ruff", "mypy",
))  # fmt: skip
"""Programs whose `--help` does nothing but tell."""
_SAID = (
    ("unrecognized option '", "'"), ("unrecognized option `", "'"), ("unknown option '", "'"), ("unknown option: ",
    "\n"),
    ("unrecognized arguments: ", "\n"), ("no such option: ", "\n"), ("No such option: ", "\n"),
    ("No such option '", "'"), ("unexpected argument '", "'"), ("unknown option -- ", "\n"),
    ("unrecognized command-line option '", "'"), ("unrecognized command-line option ‘", "’"), ("option ",
    ": is unknown"),
    ("Unknown option ", "\n"), ("unknown flag: ", "\n"), ("unknown predicate `", "'"),
)  # fmt: skip


def _unknown(case: Case) -> "Iterator[Proposal]":
    typed = _typed(case)
    word = next((each for each in case.simple.arguments if each.text.partition("=")[0] == typed), None)
    if word is None:
        return
    for name in _suggested(case) or near.near(typed, _known(case.program)):
        line = case.swap(word, case.line[word.start : word.end].replace(typed, name, 1))
        yield Proposal(line, f"`{case.program}` knows no {typed}, but {name}.")


def _typed(case: Case) -> str:
    for before, after in _SAID:
        said = case.between(before, after)
        if said:
            name = said.split()[0].partition("=")[0].rstrip(".,'")
            return name if name.startswith("-") else "--" + name
    return ""


def _suggested(case: Case) -> "list[str]":
    """What the program itself says was meant."""
    for before, after in (
        ("Did you mean ", "?"), ("did you mean '", "'"), ("did you mean ‘", "’"), ("a similar argument exists: '", "'"),
        ("Possible options: ", ")"), ("(Possible options: ", ")"), ("a similar option exists: '", "'"),
    ):  # fmt: skip
        said = case.between(before, after)
        names = [part.strip("`'\"") for part in said.replace(" or ", ", ").split(", ")]
        found = [name for name in names if name.startswith("-")]
        if found:
            return found[:3]
    return []


def _known(program: str) -> "set[str]":
    """The long options in the program's own help; none of a program that might do something else."""
    if program not in _HELPFUL:
        return set()
    from subprocess import DEVNULL, PIPE, STDOUT, SubprocessError, run

    try:
        told = run([program, "--help"], stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, timeout=1, check=False)  # noqa: S603
    except (OSError, SubprocessError):
        return set()
    text = told.stdout.decode("utf-8", "replace")
    for sign in ",[]=()<>|\n\t/":
        text = text.replace(sign, " ")
    dashes = "-" if program == "find" else "--"
    return {word.rstrip(".:;") for word in text.split(" ") if word.startswith(dashes) and len(word) > 3}


def meant(program: str, option: str) -> "list[str]":
    """The options of a program that one which it does not know may have been meant to be, or which it is."""
    known = _known(program)
    return [option] if option in known else near.near(option, known)


def _ambiguous(case: Case) -> "Iterator[Proposal]":
    typed = case.between("option '", "' is ambiguous")
    offered = case.rest_of_line("possibilities: ").replace("'", " ").split()
    word = next((each for each in case.simple.arguments if each.text.partition("=")[0] == typed), None)
    for name in offered[:4] if word else ():
        line = case.swap(word, case.line[word.start : word.end].replace(typed, name, 1)) if word else ""
        yield Proposal(line, f"{typed} may mean several options; this is {name}.")


def _one_dash(case: Case) -> "Iterator[Proposal]":
    """`-help`, `-version`, `-recursive`: long options with one dash."""
    for word in case.simple.arguments:
        name = word.text.partition("=")[0]
        if len(name) > 3 and name[0] == "-" and name[1] != "-" and f"-{name}" in _known(case.program):
            yield Proposal(case.swap(word, f"-{case.line[word.start : word.end]}"), "Long options have two dashes.")
            return


RULES = (
    Rule("option_ambiguous", (), ("is ambiguous",), _ambiguous),
    Rule("option_typo", (), tuple(before for before, _ in _SAID), _unknown),
    Rule("option_with_one_dash", (), ("invalid option", "nvalid option", "illegal option"), _one_dash),
)
