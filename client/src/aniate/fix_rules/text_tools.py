"""grep, find, sed, tar, unzip and other tools that read and pack."""

import os

from aniate.fix_rules.command_line import joined, quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def _grep_folder(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("-r"), "It is a folder; -r looks into all files below it.")


def _grep_brackets(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("-F"), "A bracket is a sign of patterns; -F takes the words as they are.")


def _grep_dash(case: Case) -> "Iterator[Proposal]":
    from aniate.fix_rules.options import meant

    for word in case.simple.arguments:
        if word.text.startswith("-") and len(word.text) > 2 and not meant(case.program, word.text):
            start = case.line[: word.start]
            line = f"{start}-e {quoted(word.text)}{case.line[word.end :]}"
            yield Proposal(line, "What is looked for begins with a dash; -e says that it is no option.")
            return


def _find_pattern(case: Case) -> "Iterator[Proposal]":
    """A pattern that the shell has filled in, or a folder behind the conditions."""
    for number, word in enumerate(case.simple.arguments):
        before = case.words[number - 1] if number else ""
        raw = case.line[word.start : word.end]
        if before in ("-name", "-iname", "-path") and raw == word.text and set("*?[") & set(word.text):
            yield Proposal(case.swap(word, quoted(word.text)), "Without quotes the shell fills the pattern in.")
            return
    last = case.simple.arguments[-1] if case.words else None
    if last and os.path.isdir(case.path(last.text)) and len(case.words) > 1:
        name = case.line[case.simple.arguments[0].start : case.simple.arguments[-2].end]
        yield Proposal(case.instead(f"{case.program} {quoted(last.text)} {name}"), "The folder stands first.")


def _find_one_dash(case: Case) -> "Iterator[Proposal]":
    wrong = case.between("unknown predicate `", "'")
    if wrong.startswith("--"):
        for line in case.swap_text(wrong, wrong[1:]):
            yield Proposal(line, "find's conditions have one dash.")


def _sed_unfinished(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        text = word.text
        if text.startswith("s") and len(text) > 2 and not text[1].isalnum() and text.count(text[1]) == 2:
            yield Proposal(case.swap(word, quoted(text + text[1])), f"The command s must end with {text[1]}.")


def _sed_in_place(case: Case) -> "Iterator[Proposal]":
    word = case.find("-i")
    if word is not None:
        yield Proposal(case.swap(word, "-i ''"), "This sed wants an ending for its copy behind -i; '' is none.")


def _tar_file(case: Case) -> "Iterator[Proposal]":
    """`tar -xz x.tar.gz`: without f, tar does not read a file."""
    first = case.simple.arguments[0] if case.words else None
    if first and "f" not in first.text and not first.text.startswith("--") and first.text.lstrip("-").isalpha():
        yield Proposal(case.swap(first, first.text + "f"), "Only with f tar takes the next word for its file.")


def _tar_what(case: Case) -> "Iterator[Proposal]":
    archives = [word for word in case.words if ".tar" in word or word.endswith((".tgz", ".tbz", ".txz"))]
    if not archives:
        return
    if os.path.exists(case.path(archives[0])):
        yield Proposal(case.instead(f"tar -xf {quoted(archives[0])}"), "tar must be told what to do; x unpacks.")
    elif len(case.words) > 1:
        others = joined(word for word in case.words if word != archives[0] and not word.startswith("-"))
        yield Proposal(
            case.instead(f"tar -caf {quoted(archives[0])} {others}"), "tar must be told what to do; c packs."
        )


def _tar_kind(case: Case) -> "Iterator[Proposal]":
    first = case.simple.arguments[0] if case.words else None
    if first and set("zjJ") & set(first.text) and first.text.lstrip("-").isalpha():
        plain = "".join(letter for letter in first.text if letter not in "zjJ")
        yield Proposal(case.swap(first, plain), "The archive is packed otherwise; tar finds out how by itself.")


def _not_a_zip(case: Case) -> "Iterator[Proposal]":
    for word in case.words:
        if ".tar" in word or word.endswith((".tgz", ".gz")):
            yield Proposal(case.instead(f"tar -xf {quoted(word)}"), "It is no zip archive; tar reads it.")


def _gzip_folder(case: Case) -> "Iterator[Proposal]":
    for word in case.words:
        if os.path.isdir(case.path(word)):
            name = word.rstrip("/")
            line = f"tar -czf {quoted(name + '.tar.gz')} {quoted(name)}"
            yield Proposal(case.instead(line), "gzip packs single files; tar packs a folder.")


def _man_missing(case: Case) -> "Iterator[Proposal]":
    from aniate.fix_rules.near import installed

    for word in case.words:
        if installed(word):
            yield Proposal(case.instead(f"{quoted(word)} --help"), "It has no manual page; most programs have --help.")


def _diff_folder(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("-r"), "These are folders; -r compares what is below them.")


def _head_number(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        if word.text.isdigit():
            yield Proposal(case.swap(word, f"-n {word.text}"), "A number of lines stands behind -n.")
            return


def _jq_filter(case: Case) -> "Iterator[Proposal]":
    if case.words and os.path.isfile(case.path(case.words[0])):
        yield Proposal(case.add("."), "jq wants a filter first; . is all of it.")


_GREP = ("grep", "egrep", "zgrep", "rg", "ggrep")
RULES = (
    Rule("grep_folder", _GREP, ("s a directory",), _grep_folder),
    Rule("grep_brackets", _GREP, ("Unmatched", "nmatched [", "Invalid preceding", "parentheses not balanced",
                                  "brackets ([ ]) not balanced", "Invalid regular expression"), _grep_brackets),
    Rule("grep_dash", _GREP, ("invalid option", "unrecognized option", "conflicting matchers", "context length"),
         _grep_dash),
    Rule("find_pattern", ("find",), ("paths must precede expression", "unknown primary"), _find_pattern),
    Rule("find_one_dash", ("find",), ("unknown predicate",), _find_one_dash),
    Rule("sed_unfinished", ("sed",), ("unterminated `s' command", "unterminated substitute"), _sed_unfinished),
    Rule("sed_in_place", ("sed",), ("extra characters at the end of", "invalid command code", "undefined label"),
         _sed_in_place),
    Rule("tar_file", ("tar",), ("missing -f option", "Refusing to read archive", "Refusing to write archive",
                                "Failed to open '/dev/"), _tar_file),
    Rule("tar_what", ("tar",), ("You must specify one of", "Must specify one of"), _tar_what),
    Rule("tar_kind", ("tar",), ("not in gzip format", "is not a bzip2 file", "File format not recognized"), _tar_kind),
    Rule("not_a_zip", ("unzip",), ("End-of-central-directory signature not found",), _not_a_zip),
    Rule("gzip_folder", ("gzip", "bzip2", "xz", "zip"), ("s a directory",), _gzip_folder),
    Rule("man_missing", ("man",), ("No manual entry for",), _man_missing),
    Rule("diff_folder", ("diff",), ("Common subdirectories",), _diff_folder),
    Rule("head_number", ("head", "tail"), ("cannot open",), _head_number),
    Rule("jq_filter", ("jq",), ("syntax error", "is not defined"), _jq_filter),
)  # fmt: skip
