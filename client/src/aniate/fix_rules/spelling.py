"""What is mistyped whatever the program: its name, a path, quotes, what was pasted along."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.near import BUILTINS
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_FOUND = ("command not found", "not found", "Unknown command", "No such file or directory")
_MEANT = {
    "cls": "clear", "dir": "ls", "ipconfig": "ip addr", "ifconfig": "ip addr", "del": "rm", "copy": "cp", "move": "mv",
    "md": "mkdir", "tracert": "traceroute", "tasklist": "ps aux", "netstat": "ss", "findstr": "grep", "ren": "mv",
    "where": "which", "quit": "exit", ":q": "exit", ":q!": "exit", ":wq": "exit", "xcopy": "cp -r", "more": "less",
    "docker-compose": "docker compose", "apt-search": "apt search", "open": "xdg-open", "pbcopy": "xclip -sel clip",
    "pbpaste": "xclip -sel clip -o", "ll": "ls -l", "la": "ls -a", "reload": "exec $SHELL",
}  # fmt: skip
"""Words of other systems, and old ones."""
_NEVER_GUESSED = frozenset(("rm", "dd", "shred", "mkfs", "fdisk", "shutdown", "reboot", "halt", "poweroff", "rmdir"))
"""A slip of the pen is no reason to destroy anything."""
_OTHER_SIGNS = {
    "\u2013": "--", "\u2014": "--", "\u2212": "-", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'",
    "\u00a0": " ", "\u2026": "...",
}  # fmt: skip

_TEXTS = (".txt", ".md", ".json", ".yml", ".yaml", ".toml", ".csv", ".log", ".xml", ".html", ".css", "/makefile",
          ".png", ".jpg", ".pdf", ".c", ".h", ".rs", ".go")  # fmt: skip
"""How the names of files end that nobody runs."""


def _is_missing(case: Case) -> bool:
    """Whether the shell did not find the program of this simple command."""
    word = case.simple.words[case.simple.at].text
    if case.program in BUILTINS or (
        case.code != 127 and not any(f"{word}: {told}" in case.output for told in _NOT_FOUND)
    ):
        return False
    return "/" not in word and (word in case.output or not case.output) and not near.installed(word)


def _typo(case: Case) -> "Iterator[Proposal]":
    if _is_missing(case):
        names = near.programs() - _NEVER_GUESSED
        if len(case.program) < 3:  # of two letters, any two are close
            names = {name for name in names if sorted(name) == sorted(case.program)}
        for name in near.near(case.program, names):
            yield Proposal(case.swap_program(name), f"There is no `{case.program}`, but there is `{name}`.")


def _meant(case: Case) -> "Iterator[Proposal]":
    new = _MEANT.get(case.program, "")
    if new and _is_missing(case) and (near.installed(new.split()[0]) or new in ("exit", "clear", "exec $SHELL")):
        yield Proposal(case.swap_program(new), f"`{case.program}` is called `{new}` here.")


def _glued(case: Case) -> "Iterator[Proposal]":
    """`cd..`, `ls-la`, `gitstatus`: a space was left out."""
    word = case.program
    if not _is_missing(case):
        return
    known = near.programs()
    for at in range(2, len(word)):
        head, tail = word[:at], word[at:]
        if head in known and (tail[0] in "-./~" or (head in ("git", "docker", "npm", "apt", "pip") and len(tail) > 2)):
            yield Proposal(case.swap_program(f"{head} {tail}"), "A space is missing.")
            return


def _here(case: Case) -> "Iterator[Proposal]":
    """A program of this folder, which a shell looks for on the PATH alone."""
    word = case.program
    if _is_missing(case) and os.path.isfile(case.path(word)):
        if os.access(case.path(word), os.X_OK):
            yield Proposal(case.swap_program(quoted(f"./{word}")), "It lies in this folder, which is not on the PATH.")
        else:
            yield from _not_executable(case, f"./{word}")


def _is_text(path: str) -> bool:
    """Whether the file is plainly something else than a program: by its name, and no `#!` speaks for it."""
    try:
        with open(path, "rb") as file:
            beginning = file.read(2)
    except OSError:
        return False
    return beginning != b"#!" and path.lower().endswith(_TEXTS)


def _not_executable(case: Case, name: str) -> "Iterator[Proposal]":
    if _is_text(case.path(name)):
        return
    reader = {"py": "python3", "sh": "sh", "js": "node", "rb": "ruby", "pl": "perl"}.get(name.rpartition(".")[2], "")
    command = f"chmod +x {quoted(name)} && {case.swap_program(quoted(name))}"
    yield Proposal(command, "The file may not be executed yet.")
    if reader and near.installed(reader):
        yield Proposal(case.swap_program(f"{reader} {quoted(name)}"), f"`{reader}` can read it as it is.")


def _execute_bit(case: Case) -> "Iterator[Proposal]":
    name = case.simple.words[case.simple.at].text
    path = case.path(name)
    if case.code == 126 and "/" in name and os.path.isfile(path) and not os.access(path, os.X_OK):
        yield from _not_executable(case, name)


def _folder_as_command(case: Case) -> "Iterator[Proposal]":
    name = case.simple.words[case.simple.at].text
    if name and case.code in (126, 127) and os.path.isdir(case.path(name)):
        yield Proposal(case.instead(f"cd {quoted(name)}"), "It is a folder.")


def _prompt_sign(case: Case) -> "Iterator[Proposal]":
    """`$ ls`, copied with the sign of a prompt."""
    if case.simple.words[0].text in ("$", "%", ">") and len(case.simple.words) > 1 and case.code == 127:
        yield Proposal(case.line[case.simple.words[1].start :], "The sign of the prompt was copied along.")


def _twice(case: Case) -> "Iterator[Proposal]":
    words = [word.text for word in case.simple.words[case.simple.at :]]
    if len(words) > 2 and words[0] == words[1] and words[0] in near.COMMON[:60]:
        at = case.simple.words[case.simple.at + 1]
        yield Proposal(case.line[: case.simple.words[case.simple.at].start] + case.line[at.start :], "It stood twice.")


def _assignment(case: Case) -> "Iterator[Proposal]":
    """`name = value`, which a shell takes for a command `name`."""
    words = [word.text for word in case.simple.words]
    if len(words) == 3 and words[1] == "=" and words[0].isidentifier() and case.code == 127:
        value = case.line[case.simple.words[2].start : case.simple.words[2].end]
        yield Proposal(f"{words[0]}={value}", "A shell wants no spaces around the sign.")


def _pasted_signs(case: Case) -> "Iterator[Proposal]":
    """Dashes and quotes as word processors make them."""
    line = case.line
    for sign, plain in _OTHER_SIGNS.items():
        line = line.replace(sign, plain)
    if line != case.line:
        while "---" in line:
            line = line.replace("---", "--")
        yield Proposal(line, "A dash or quote came from a text, and no program reads it so.")


def _open_quote(case: Case) -> "Iterator[Proposal]":
    for quote in ('"', "'"):
        other = "'" if quote == '"' else '"'
        if case.line.count(quote) % 2 and not case.line.count(other) % 2:
            yield Proposal(case.line.rstrip() + quote, f"A quote {quote} is not closed.")


def _brackets(case: Case) -> "Iterator[Proposal]":
    """Brackets of a name, which are signs of the shell's."""
    for part in case.line.split():
        if ("(" in part or "[" in part) and "$(" not in part and not any(sign in part for sign in "'\"\\"):
            yield Proposal(case.line.replace(part, quoted(part), 1), "The shell reads brackets as its own.")


def _wrong_path(case: Case) -> "Iterator[Proposal]":
    """A path that is not there, while one much like it is."""
    for word in [*case.simple.arguments, *case.simple.targets]:
        if word.text in case.output and not word.text.startswith("-") and not os.path.lexists(case.path(word.text)):
            for name in near.path(word.text, case.failed.folder, case.program in ("cd", "pushd", "rmdir")):
                yield Proposal(case.swap(word, quoted(name)), f"There is no {word.text}, but there is {name}.")


def _wrong_program_path(case: Case) -> "Iterator[Proposal]":
    word = case.simple.words[case.simple.at]
    if "/" in word.text and case.code in (126, 127) and not os.path.lexists(case.path(word.text)):
        for name in near.path(word.text, case.failed.folder):
            yield Proposal(case.swap(word, quoted(name)), f"There is no {word.text}, but there is {name}.")


_SYNTAX = ("unmatched", "Unmatched", "unexpected EOF", "Unterminated", "unterminated", "Unexpected end of string")
RULES = (
    Rule("prompt_sign", (), (), _prompt_sign),
    Rule("assignment_with_spaces", (), (), _assignment),
    Rule("here_not_on_path", (), (), _here),
    Rule("folder_as_command", (), (), _folder_as_command),
    Rule("other_systems_word", (), (), _meant),
    Rule("space_left_out", (), (), _glued),
    Rule("command_typo", (), (), _typo),
    Rule("execute_bit", (), (), _execute_bit),
    Rule("program_path_typo", (), (), _wrong_program_path),
    Rule(
        "path_typo", (), ("No such file", "no such file", "cannot open", "does not exist", "cannot find"), _wrong_path
    ),
    Rule("twice_the_same_word", (), (), _twice),
    Rule("pasted_signs", (), (), _pasted_signs),
    Rule("open_quote", (), _SYNTAX, _open_quote),
    Rule("brackets", (), ("syntax error near unexpected token", "no matches found", "Unexpected ')'"), _brackets),
)
