"""Copying, moving, deleting, making: cp, mv, rm, mkdir, touch, ln, cat, cd and their like."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def _copy_folder(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("-r"), f"It is a folder; `{case.program}` takes it with all that is in it by -r.")


def _remove_folder(case: Case) -> "Iterator[Proposal]":
    if any(os.path.isdir(case.path(word)) and not os.listdir(case.path(word)) for word in case.words):
        yield Proposal(case.swap_program("rmdir"), "It is an empty folder.")
    yield Proposal(case.add("-r"), "It is a folder; -r deletes it with all that is in it.")


def _folder_not_empty(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.swap_program("rm -r"), "The folder is not empty; this deletes it with all that is in it.")


def _parents(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("-p"), "Folders above it are missing; -p makes them, too.")


def _folder_exists(case: Case) -> "Iterator[Proposal]":
    if not any(word.startswith("-") for word in case.words) and all(os.path.isdir(case.path(w)) for w in case.words):
        yield Proposal(case.instead(f"cd {quoted(case.words[-1])}"), "The folder is there already; this goes into it.")


def _missing_folder(case: Case) -> "Iterator[Proposal]":
    """What is to be written lies in a folder that is not there."""
    written = list(case.simple.targets)
    if case.program in ("cp", "mv", "touch", "ln", "tee", "install", "rsync", "curl", "wget"):
        written += [word for word in case.simple.arguments[-1:] if not word.text.startswith("-")]
    for word in written:
        text = word.text
        if case.program in ("cp", "mv") and not all(map(_there, [case] * 99, case.words[:-1])):
            return  # what is missing is what should be copied
        folder = text.rstrip("/") if text.endswith("/") else os.path.dirname(text)
        if folder and text in case.output and not os.path.lexists(case.path(folder)):
            yield Proposal(case.before(f"mkdir -p {quoted(folder)}"), f"There is no folder {folder}; this makes it.")


def _there(case: Case, word: str) -> bool:
    return word.startswith("-") or os.path.lexists(case.path(word))


def _show_folder(case: Case) -> "Iterator[Proposal]":
    words = [word for word in case.words if not word.startswith("-")]
    if words and all(os.path.isdir(case.path(word)) for word in words):
        named = " ".join(quoted(word if word[0] != "-" else f"./{word}") for word in words)
        yield Proposal(case.instead(f"ls {named}"), "It is a folder; this lists it.")


def _cd_file(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        if os.path.isfile(case.path(word.text)):
            folder = os.path.dirname(word.text)
            if folder:
                yield Proposal(case.swap(word, quoted(folder)), "It is a file; this goes to the folder that it is in.")
            editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "less"
            yield Proposal(case.instead(f"{editor} {quoted(word.text)}"), f"It is a file; this opens it in {editor}.")


def _cd_spaces(case: Case) -> "Iterator[Proposal]":
    """The name of a folder with spaces, without quotes."""
    words = case.words
    name = " ".join(words)
    if len(words) > 1 and os.path.isdir(case.path(name)):
        yield Proposal(case.instead(f"cd {quoted(name)}"), "A name with spaces needs quotes.")


def _cd_nowhere(case: Case) -> "Iterator[Proposal]":
    words = case.words
    if len(words) != 1 or os.path.lexists(case.path(words[0])):
        return
    for name in near.path(words[0], case.failed.folder, folders_alone=True):
        yield Proposal(case.instead(f"cd {quoted(name)}"), f"There is no {words[0]}, but there is {name}.")
    line = f"mkdir -p {quoted(words[0])} && {case.here}"
    yield Proposal(case.instead(line), f"There is no folder {words[0]}; this makes it.")


def _link_folder(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("-s"), "Folders can only have symbolic links.")


def _link_exists(case: Case) -> "Iterator[Proposal]":
    words = [word for word in case.words if not word.startswith("-")]
    if len(words) == 2 and not os.path.lexists(case.path(words[0])) and os.path.lexists(case.path(words[1])):
        options = " ".join(word for word in case.words if word.startswith("-"))
        line = f"{case.program} {options} {quoted(words[1])} {quoted(words[0])}".replace("  ", " ")
        yield Proposal(case.instead(line), "What is there stands first, the new name second.")
        return
    if len({os.path.realpath(case.path(word)) for word in words}) == len(words):
        yield Proposal(case.add("-f"), "Something with that name is there; -f puts the link in its place.")


def _dash_name(case: Case) -> "Iterator[Proposal]":
    """A file whose name begins with a dash, which is taken for options."""
    for word in case.simple.arguments:
        if word.text.startswith("-") and os.path.lexists(case.path(word.text)):
            yield Proposal(case.swap(word, quoted(f"./{word.text}")), "The name begins with a dash; ./ says it is one.")


def _move_into_nothing(case: Case) -> "Iterator[Proposal]":
    target = case.words[-1] if case.words else ""
    if target and not os.path.lexists(case.path(target)):
        yield Proposal(case.before(f"mkdir -p {quoted(target)}"), f"There is no folder {target}; this makes it.")


def _same_file(case: Case) -> "Iterator[Proposal]":
    words = [word for word in case.words if not word.startswith("-")]
    if len(words) == 2 and case.program == "cp":
        line = case.swap(case.simple.arguments[-1], quoted(words[0].rstrip("/") + ".bak"))
        yield Proposal(line, "Source and target are the same file; this makes a copy beside it.")


def _one_word(case: Case) -> "Iterator[Proposal]":
    """`cp FILE` without a target."""
    if case.program in ("cp", "mv") and len(case.words) == 1:
        yield Proposal(case.append("."), "The target is missing; . is this folder.")


_TEXT = ("cat", "less", "head", "tail", "more", "bat", "vim", "nano", "wc", "sort", "tac", "nl")
RULES = (
    Rule("cp_folder", ("cp",), ("omitting directory", "is a directory (not copied)"), _copy_folder),
    Rule("scp_folder", ("scp",), ("not a regular file", "is a directory"), _copy_folder),
    Rule("rm_folder", ("rm",), ("s a directory",), _remove_folder),
    Rule("rmdir_not_empty", ("rmdir",), ("not empty",), _folder_not_empty),
    Rule("mkdir_parents", ("mkdir",), ("No such file or directory",), _parents),
    Rule("mkdir_exists", ("mkdir",), ("File exists",), _folder_exists),
    Rule("missing_folder", (), ("No such file or directory", "no such file or directory", "Not a directory",
                                "directory does not exist", "Failed to create the file"), _missing_folder),
    Rule("show_folder", _TEXT, ("s a directory", "read error"), _show_folder),
    Rule("cd_spaces", ("cd",), ("too many arguments", "string not in pwd", "Too many args", "o such file"),
         _cd_spaces),
    Rule("cd_file", ("cd", "pushd"), ("ot a directory", "not a directory"), _cd_file),
    Rule("cd_nowhere", ("cd",), ("No such file", "no such file", "does not exist"), _cd_nowhere),
    Rule("ln_folder", ("ln",), ("hard link not allowed",), _link_folder),
    Rule("ln_exists", ("ln",), ("File exists",), _link_exists),
    Rule("name_with_dash", (), ("invalid option", "unrecognized option", "illegal option"), _dash_name),
    Rule("mv_into_nothing", ("mv", "cp"), ("is not a directory", "target", ), _move_into_nothing),
    Rule("cp_same_file", ("cp",), ("are the same file",), _same_file),
    Rule("target_left_out", ("cp", "mv"), ("missing destination",), _one_word),
)  # fmt: skip
