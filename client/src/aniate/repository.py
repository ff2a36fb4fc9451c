"""What git says of the folder we are in. The repository may be anybody's, so its settings start no program.

git itself runs what a repository's configuration names: a monitor of files, pagers, programs for diffs, filters,
hooks, and what fetches missing objects (git-config(1), gitattributes(5)). Here each of these is turned off.
"""

import os

from aniate.errors import AntError, InputRefused
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from subprocess import Popen
    from typing import IO

_OFF = (
    "core.fsmonitor=false", "core.pager=cat", "core.hooksPath=/dev/null", "core.alternateRefsCommand=",
    "diff.external=", "diff.autoRefreshIndex=false", "core.quotePath=true", "submodule.recurse=false",
)  # fmt: skip
_DIFF = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "-p", "-M", "-U5",
    "--inter-hunk-context=0", "--no-relative", "--submodule=short", "--ignore-submodules=dirty", "-O/dev/null",
    "--ws-error-highlight=none",
)  # fmt: skip
_CLEARED = ("GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_PAGER", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS",
            "GIT_ICASE_PATHSPECS", "GIT_REDIRECT_STDOUT", "GIT_REDIRECT_STDERR", "GIT_PREFIX")  # fmt: skip
"""Of the environment's variables, those that would change what is read here. Which repository and index are
meant stays: a hook says it so."""
_SET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # what a partial clone lacks is not fetched: the way to it may be a command
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_FLUSH": "0",
    "LC_ALL": "C",
}


MOST_BYTES = 256 * 1024 * 1024
"""A diff of more is refused: nobody wrote it, and to send it would take days."""
_MOST_COMPLAINT = 64 * 1024


class NoRepository(InputRefused):
    """The folder is in no repository."""


class Repository:
    """The repository around the current folder."""

    def __init__(self) -> None:
        """NoRepository if there is none; InputRefused if git is missing, or refuses it."""
        inside = self._run("rev-parse", "--show-toplevel").rstrip(b"\n")
        self.top = os.fsdecode(inside)
        theirs = self._settings()
        if "core.worktree" in theirs:
            self._check_where_files_lie()
        self._off = [word for setting in (*_OFF, *_without_filters(theirs)) for word in ("-c", setting)]

    def says(self, *words: str) -> str:
        """What git says, in its own text. InputRefused with git's reason if it fails."""
        return os.fsdecode(self._run(*self._off, *words))

    def commit(self, name: str) -> str:
        """The commit that `name` means, empty if it means none."""
        try:
            return self.says("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}").strip()
        except InputRefused:
            return ""

    def ends(self, name: str) -> "list[str]":
        """Where `main..HEAD` or `main...HEAD` begins and ends, or the one commit that `HEAD~3` is; empty if neither."""
        left, dots, right = name.partition("...") if "..." in name else name.partition("..")
        found = [self.commit(each) for each in ((left or "HEAD", right or "HEAD") if dots else (name,))]
        if not all(found):
            return []
        return [self.merge_base(*found), found[1]] if dots == "..." else found

    def merge_base(self, one: str, other: str) -> str:
        """Where the ways of two commits part. InputRefused if they never met."""
        try:
            return self.says("merge-base", one, other).strip()
        except InputRefused:
            raise InputRefused("The two have no commit in common, so there is nothing to measure against.") from None

    def head(self) -> str:
        """What a change is measured against: HEAD, or the empty tree where there is no commit yet."""
        return self.commit("HEAD") or self.says("hash-object", "-t", "tree", "/dev/null").strip()

    def read_diff(self, words: "Sequence[str]", paths: "Sequence[str]", take: "Callable[[bytes], object]") -> None:
        """Hand over what `git diff` says, as it comes. InputRefused if git fails."""
        self._run(*self._off, "diff", *_DIFF, *words, "--", *paths, take=take)

    def untracked(self, paths: "Sequence[str]", *how: str) -> "list[str]":
        """Files that git neither knows nor ignores, at `paths` or anywhere; named from the top."""
        where = [] if paths else ["-C", self.top]
        words = ("ls-files", "-z", "--others", "--exclude-standard", "--full-name", *how, "--", *paths)
        return [name for name in self.says(*where, *words).split("\0") if name]

    def in_conflict(self) -> "list[str]":
        """Files in which a merge left a conflict that is not settled yet; named from the top."""
        listed = self.says("-C", self.top, "ls-files", "-z", "--unmerged").split("\0")
        return sorted({line.partition("\t")[2] for line in listed if line})

    def _settings(self) -> "set[str]":
        """The names of what the repository itself sets of filters, and of where its files lie."""
        words = ("config", "--show-scope", "--includes", "--null", "--name-only", "--get-regexp")
        listed = os.fsdecode(self._run(*words, "^(filter\\.|core\\.worktree$)", ok=(0, 1))).split("\0")
        scopes = zip(listed[::2], listed[1::2], strict=False)
        return {key for scope, key in scopes if scope in ("local", "worktree")}

    def _check_where_files_lie(self) -> None:
        """InputRefused if the repository says that a folder is its own which is not: it would have other files read.

        A submodule says so, too, of its own folder; and the user may, by the environment.
        """
        if {"GIT_DIR", "GIT_WORK_TREE"} & set(os.environ):
            return
        try:
            is_its_own = self._run("-C", self.top, "rev-parse", "--absolute-git-dir")
        except NoRepository:
            is_its_own = b""
        if is_its_own != self._run("rev-parse", "--absolute-git-dir"):
            raise InputRefused(
                f"This repository's files are to lie in {clean_line(self.top, 100)}, which is not its folder,"
                " so nothing is read.",
                "If you trust it, say so by GIT_DIR and GIT_WORK_TREE.",
            )

    @staticmethod
    def _run(*words: str, take: "Callable[[bytes], object] | None" = None, ok: "tuple[int, ...]" = (0,)) -> bytes:
        from io import BytesIO
        from subprocess import DEVNULL, PIPE, Popen

        kept = {name: value for name, value in os.environ.items() if name not in _CLEARED and "TRACE" not in name}
        try:
            process = Popen(  # noqa: S603  # the user's git; the words are ours, or stand behind the end of options
                ["git", "--no-pager", *words],  # noqa: S607
                stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env={**kept, **_SET},
            )  # fmt: skip
        except FileNotFoundError:
            raise InputRefused("git is not installed, or not in $PATH.") from None
        except (OSError, ValueError) as error:
            raise InputRefused(f"git can't be started: {clean_line(str(error), 100)}.") from error
        said, complaint = BytesIO(), BytesIO()
        with process:
            try:
                _copy(process, take or said.write, complaint)
            except BaseException:
                process.kill()
                raise
        if process.returncode not in ok:
            raise _refusal(os.fsdecode(complaint.getvalue()))
        return said.getvalue()


def _without_filters(settings: "set[str]") -> "list[str]":
    """Settings that turn off the filters among those of the repository; the user's own stay.

    InputRefused for one that can't be turned off.
    """
    names = {key.partition(".")[2].rpartition(".")[0] for key in settings if key.startswith("filter.")}
    for name in names:
        if "=" in name or "\n" in name:
            raise InputRefused(
                f"The repository's filter {clean_line(name, 60)} can't be turned off, so nothing is read."
            )
    parts = ("clean=", "smudge=", "process=", "required=false")
    return [f"filter.{name}.{part}" for name in sorted(names) for part in parts]


def _copy(process: "Popen[bytes]", take: "Callable[[bytes], object]", complaint: "IO[bytes]") -> None:
    """Both outputs to their ends. InputRefused if there is more than anybody could want reviewed."""
    from selectors import EVENT_READ, DefaultSelector

    total = 0
    with DefaultSelector() as selector:
        for pipe, target in ((process.stdout, take), (process.stderr, complaint.write)):
            selector.register(pipe, EVENT_READ, target)  # type: ignore[arg-type]  # both are pipes
        while selector.get_map():
            for key, _ in selector.select():
                block = os.read(key.fd, 65536)
                if not block:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout or complaint.tell() < _MOST_COMPLAINT:
                    key.data(block)
                    total += len(block)
            if total > MOST_BYTES:
                raise InputRefused("The changes are more than 256 MiB.", "Name the files that matter.")


def _refusal(complaint: str) -> AntError:
    """git's reason as a sentence."""
    if "not a git repository" in complaint:
        return NoRepository("This folder is in no git repository.", "Name a file, or pipe a patch in.")
    if "dubious ownership" in complaint:
        return InputRefused(
            "This repository belongs to somebody else, so git does not read it.",
            "If you trust it: git config --global --add safe.directory FOLDER",
        )
    lines = [line for line in complaint.splitlines() if line.startswith(("fatal: ", "error: "))]
    reason = clean_line(lines[0].partition(": ")[2] if lines else complaint, 200)
    return InputRefused(f"git can't tell: {reason or 'it gave no reason'}.")
