"""Which changes are to be reviewed, and where they come from: git, a patch on standard input, or whole files."""

import os

from aniate import context
from aniate.errors import InputRefused, StorageFailed, UsageError
from aniate.folder import is_secret
from aniate.patterns import filled
from aniate.repository import MOST_BYTES, NoRepository, Repository
from aniate.reviewing.parts import MOST_OF_FILE, MOST_OF_LINE, lines_of
from aniate.safe_text import clean_line
from aniate.unified_diff import FileDiff, Hunk, parts, weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aniate.options import Call

IN_MEMORY = 1024 * 1024
_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


class Changes:
    """The changes as they were when the command began; they can be read more than once."""

    def __init__(self, what: str) -> None:
        self.what = what
        """What is reviewed, in words for the user, as in `the working tree`."""
        self.whole: list[tuple[str, str]] = []
        """Files that were named, to be read whole: the name that is shown, and the path."""
        self.untracked: list[tuple[str, str]] = []
        """Files that git does not know yet. One that can't be read is passed over."""
        self.left_out: list[str] = []
        """Files and folders that git does not know, and which nobody asked for."""
        self.secret: list[str] = []
        """Files that git does not know, and whose names say that they hold keys: left out, too."""
        from tempfile import SpooledTemporaryFile

        self._spool = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # lives as long as we

    def keep(self, block: bytes) -> None:
        """More of the diff. StorageFailed if it is large and there is no room for it."""
        try:
            self._spool.write(block)
        except OSError as error:
            reason = (error.strerror or "there is no folder for temporary files").lower()
            raise StorageFailed(f"The changes can't be put aside: {reason}.", "$TMPDIR says where.") from error

    @property
    def empty(self) -> bool:
        """Whether git sees no change at all."""
        return not self.beginning(1)

    def beginning(self, most: int) -> str:
        """The first bytes of the diff."""
        self._spool.seek(0)
        return self._spool.read(most).decode("utf-8", "replace")

    def files(self) -> "Iterator[FileDiff]":
        """Each file's changes, a large file in several parts."""
        self._spool.seek(0)
        yield from parts(lines_of(self._spool), MOST_OF_FILE)
        for name, path in self.whole:
            yield from added(name, context.read_text_file(path))
        for name, path in self.untracked:
            yield from _new_file(name, path)


def find(call: "Call", on_wait: "Callable[[], None]") -> Changes:
    """What the command line asks for. InputRefused if it can't be had."""
    words = [name for word in call.words if word != "-" for name in filled(word)]
    named = [name for name in ("staged", "branch", "base") if call.value(name) is not None]
    if len(named) > 1 and set(named) != {"branch", "base"}:
        raise UsageError("--staged is one thing and a branch is another.", "Name one of them.")
    if words or named:
        return _from_git(call, words)
    if "-" in call.words or (context.stdin_is_piped() and not call.flag("no-stdin")):
        return _from_stdin(on_wait)
    return _from_git(call, words)


def _from_stdin(on_wait: "Callable[[], None]") -> Changes:
    changes = Changes("the patch")
    if not context.stdin_is_ready(context.WAIT_S):
        on_wait()
    total = 0
    while block := _read_stdin():
        total += len(block)
        if total > MOST_BYTES:
            raise InputRefused("The patch is more than 256 MiB.", "Pipe in the part that matters.")
        changes.keep(block)
    if total and next(changes.files(), None) is None:
        raise InputRefused(
            "Standard input is no patch.", "As in: git diff | ant review. A file is named: ant review FILE"
        )
    return changes


def _read_stdin() -> bytes:
    try:
        return os.read(0, 65536)
    except OSError as error:
        raise InputRefused(f"Standard input can't be read: {(error.strerror or 'failed').lower()}.") from error


def _from_git(call: "Call", words: "Sequence[str]") -> Changes:
    try:
        repository = Repository()
    except NoRepository:
        if words and all(map(os.path.isfile, words)) and not any(map(call.flag, ("staged", "branch", "base"))):
            changes = Changes("whole files")
            changes.whole = [(word, word) for word in words]
            return changes
        raise
    revisions, paths = _split(repository, words)
    if call.flag("branch") or call.value("base") is not None:
        return _branch(repository, call.value("base"), revisions, paths)
    if call.flag("staged"):
        if revisions:
            raise UsageError("--staged is measured against HEAD, so it takes no range.")
        return _diff(repository, "what is staged", ["--cached", repository.head()], paths)
    if revisions:
        return _diff(repository, clean_line(words[0], 80), revisions, paths)
    return _working_tree(repository, paths, call.flag("untracked"))


def _split(repository: Repository, words: "Sequence[str]") -> "tuple[list[str], list[str]]":
    """The ends of the range, if the first word is one, and paths. InputRefused for what is neither."""
    ends = repository.ends(words[0]) if words and not os.path.lexists(words[0]) else []
    paths = list(words[1:] if ends else words)
    for path in paths:
        if not os.path.lexists(path) and not repository.says("ls-files", "--", path):
            raise InputRefused(
                f"There is no file and no revision {clean_line(path, 80)}.",
                "As in: ant review main..HEAD, or: ant review src/app.py",
            )
    return ends, paths


def _branch(repository: Repository, base: "str | None", revisions: "list[str]", paths: "list[str]") -> Changes:
    if revisions:
        raise UsageError(
            "A branch is measured against its base, so it takes no range.", "As in: ant review --base main"
        )
    name = next(filter(repository.commit, _BASES), "") if base is None else base
    if not name:
        raise InputRefused("It can't be told what this branch began from.", "Name it: ant review --base BRANCH")
    commit, head = repository.commit(name), repository.commit("HEAD")
    if not commit or not head:
        raise InputRefused(f"There is no branch {clean_line(name, 80)} with commits here.")
    return _diff(
        repository, f"this branch since {clean_line(name, 80)}", [repository.merge_base(commit, head), head], paths
    )


def _working_tree(repository: Repository, paths: "list[str]", untracked: bool) -> Changes:
    changes = _diff(repository, "the working tree", [repository.head()], paths)
    changes.whole = [each for path in paths if (each := _unchanged(repository, changes, path))]
    if untracked or paths:
        named = {name for name, _ in changes.whole}
        unknown = [name for name in repository.untracked(paths) if name not in named]
        changes.secret = [name for name in unknown if is_secret(os.path.basename(name).lower())]
        changes.untracked = [
            (name, os.path.join(repository.top, name)) for name in unknown if name not in changes.secret
        ]
    else:
        changes.left_out = repository.untracked([], "--directory", "--no-empty-directory")
    return changes


def _unchanged(repository: Repository, changes: Changes, path: str) -> "tuple[str, str] | None":
    """A file that was named and in which nothing is changed: it is read whole."""
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(repository.top))
    if not os.path.isfile(path) or any(name in (file.new, file.old) for file in changes.files()):
        return None
    return (path if name.startswith("..") else name), path


def _diff(repository: Repository, what: str, words: "list[str]", paths: "list[str]") -> Changes:
    changes = Changes(what)
    repository.read_diff(words, paths, changes.keep)
    return changes


def _new_file(name: str, path: str) -> "Iterator[FileDiff]":
    """A file that git does not know. What is no text is binary, whatever it is: it is named and not shown."""
    text = None
    if os.path.isfile(path) and not os.path.islink(path):
        try:
            text = context.read_text_file(path)
        except InputRefused:
            text = None
    if text is None:
        file = FileDiff("", name)
        file.binary = True
        yield file
    else:
        yield from added(name, text)


def of_commit(everything: bool) -> Changes:
    """What `git commit` would commit, or with `everything` what `git commit --all` would.

    InputRefused while a merge has conflicts: git would refuse, or with `--all` commit their marks.
    """
    repository = Repository()
    if open_ones := repository.in_conflict():
        from aniate.reviewing.report import some

        raise InputRefused(f"A conflict is not settled: {some(open_ones)}.", "Settle it, and then: git add FILE")
    return _diff(repository, "the commit", [*([] if everything else ["--cached"]), repository.head()], [])


def added(name: str, text: str) -> "Iterator[FileDiff]":
    """A whole file as if all of it were new."""
    file, size = FileDiff("", name), 0
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, 1):
        if not file.hunks:
            file.hunks.append(Hunk(0, number, ""))
        file.hunks[0].lines.append("+" + line[:MOST_OF_LINE])
        size += weight(line)
        if size > MOST_OF_FILE:
            yield file
            file, size = FileDiff("", name), 0
    if file.hunks:
        yield file
