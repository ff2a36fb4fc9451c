"""git: its words, options and names, mistyped."""

from aniate.fix_rules import near
from aniate.fix_rules.command_line import joined, quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    "add", "am", "apply", "archive", "bisect", "blame", "branch", "checkout", "cherry-pick", "clean", "clone", "commit",
    "config", "describe", "diff", "fetch", "format-patch", "gc", "grep", "help", "init", "log", "merge", "mv", "notes",
    "pull", "push", "range-diff", "rebase", "reflog", "remote", "reset", "restore", "revert", "rm", "shortlog", "show",
    "stash", "status", "submodule", "switch", "tag", "worktree",
)  # fmt: skip
_STASH = ("apply", "branch", "clear", "drop", "list", "pop", "push", "save", "show")
_REMOTE = ("add", "get-url", "prune", "remove", "rename", "set-url", "show", "update")
_OPTIONS = (
    "--all", "--amend", "--abort", "--author", "--cached", "--continue", "--decorate", "--delete", "--depth", "--edit",
    "--force", "--force-with-lease", "--graph", "--hard", "--interactive", "--message", "--mixed", "--name-only",
    "--no-edit", "--no-verify", "--oneline", "--patch", "--prune", "--quiet", "--rebase", "--recursive",
    "--set-upstream",
    "--short", "--skip", "--soft", "--staged", "--stat", "--tags", "--track", "--verbose", "--word-diff",
)  # fmt: skip


def _subcommand(case: Case) -> "Iterator[Proposal]":
    typed = case.between("git: '", "'")
    word = case.find(typed)
    if word is None:
        return
    if typed == "git":
        start = case.simple.words[case.simple.at].start
        yield Proposal(case.line[:start] + case.line[word.start :], "`git` stood twice.")
        return
    for name in dict.fromkeys([*near.near(typed, _WORDS), *_own_suggestions(case)]):
        yield Proposal(case.swap(word, name), f"git knows no `{typed}`, but `{name}`.")


def _own_suggestions(case: Case) -> "list[str]":
    """What git says is most similar: the indented lines below that sentence."""
    _, found, rest = case.output.partition("most similar command")
    lines = rest.split("\n")[1:] if found else []
    return [line.strip() for line in lines if line[:1] in ("\t", " ") and line.strip().replace("-", "").isalpha()]


def _word_of(case: Case, place: int, known: "tuple[str, ...]") -> "Iterator[Proposal]":
    words = case.words
    if len(words) > place and words[place] not in known:
        for name in near.near(words[place], known):
            yield Proposal(case.swap(case.simple.arguments[place], name), f"There is no `{words[place]}`.")


def _stash(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["stash"]:
        yield from _word_of(case, 1, _STASH)


def _remote_word(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["remote"]:
        yield from _word_of(case, 1, _REMOTE)


def _two_dashes(case: Case) -> "Iterator[Proposal]":
    meant = case.between("did you mean `", "`")
    if meant.startswith("--"):
        for line in case.swap_text(meant[1:], meant):
            yield Proposal(line, f"git's long options have two dashes: {meant}.")


def _option(case: Case) -> "Iterator[Proposal]":
    said = case.between("unknown option `", "'") or case.between("unrecognized argument: ", "\n")
    said = said or case.between("invalid option: ", "\n") or case.between("unrecognized option '", "'")
    said = "--" + said.lstrip("-").partition("=")[0]
    for word in case.simple.arguments:
        if word.text.partition("=")[0] == said:
            for name in near.near(said, _OPTIONS):
                yield Proposal(case.swap(word, word.text.replace(said, name, 1)), f"git knows no {said}, but {name}.")


def _pathspec(case: Case) -> "Iterator[Proposal]":
    typed = case.between("pathspec '", "'")
    for name in near.path(typed, case.failed.folder) if typed else ():
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"There is no {typed}, but there is {name}.")


def _not_a_repository(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["init"] or not case.line:
        return
    from os.path import isdir, join

    for name in sorted(near.siblings(case.failed.folder)):
        if isdir(join(case.path(name), ".git")):
            rest = case.line[case.simple.words[case.simple.at].end : case.simple.end]
            yield Proposal(case.instead(f"git -C {quoted(name)}{rest}"), f"The repository is in {name}.")
            break
    yield Proposal("git init", "There is no repository here; this would begin one.")


def _dubious_owner(case: Case) -> "Iterator[Proposal]":
    folder = case.between("detected dubious ownership in repository at '", "'")
    if folder:
        command = joined(["git", "config", "--global", "--add", "safe.directory", folder])
        yield Proposal(
            case.before(command), "The repository is somebody else's; this says that you trust it.", "trusts others"
        )


def _clone_twice(case: Case) -> "Iterator[Proposal]":
    words = case.words
    if words[:3] == ["clone", "git", "clone"]:
        start, again = case.simple.words[case.simple.at].start, case.simple.arguments[1].start
        yield Proposal(case.line[:start] + case.line[again:], "`git clone` stood twice.")


def _clone_exists(case: Case) -> "Iterator[Proposal]":
    folder = case.between("destination path '", "'")
    if folder and case.words[:1] == ["clone"]:
        yield Proposal(f"git -C {quoted(folder)} pull", "It was cloned before; this brings it up to date.")
        yield Proposal(case.append(quoted(f"{folder}-2")), "This clones it again, beside the first.")


RULES = (
    Rule("git_subcommand", ("git",), ("is not a git command",), _subcommand),
    Rule("git_stash_word", ("git",), ("usage: git stash", "subcommand wasn't specified", "unknown subcommand"), _stash),
    Rule("git_remote_word", ("git",), ("usage: git remote", "Unknown subcommand", "unknown subcommand"), _remote_word),
    Rule("git_two_dashes", ("git",), ("(with two dashes)",), _two_dashes),
    Rule(
        "git_option", ("git",),
        ("unknown option `", "unrecognized argument:", "invalid option:", "unrecognized option '"), _option,
    ),
    Rule("git_clone_twice", ("git",), ("Too many arguments", "too many arguments"), _clone_twice),
    Rule("git_clone_exists", ("git",), ("already exists and is not an empty directory",), _clone_exists),
    Rule("git_path_typo", ("git",), ("did not match any file",), _pathspec),
    Rule("git_not_a_repository", ("git",), ("not a git repository",), _not_a_repository),
    Rule("git_dubious_owner", ("git",), ("detected dubious ownership",), _dubious_owner, anywhere=True),
)  # fmt: skip
