"""A folder as context: what lies in it, and the text of its files until a budget is spent."""

import os

from aniate.context import Found, decode, without_keys
from aniate.errors import InputRefused
from aniate.ignored import Ignored
from aniate.safe_text import clean_line

MAX_FILES = 200
MAX_BYTES = 256 * 1024
MAX_FILE_BYTES = 64 * 1024
MAX_LISTED = 1000
MAX_VISITED = 20_000
MAX_DEPTH = 64

_SECRET_NAMES = frozenset(
    (
        *(".dockercfg", ".envrc", ".git-credentials", ".htpasswd", ".netrc", ".npmrc", ".pgpass", ".pypirc"),
        *(".vault-token", "credentials", "credentials.json", "kubeconfig", "revocations.json", "secrets.json"),
        *("secrets.toml", "secrets.yaml", "secrets.yml"),
    )
)
_SECRET_ENDINGS = (".env", ".jks", ".kdbx", ".key", ".keystore", ".p12", ".pem", ".pfx", ".tfstate")


class _Walk:
    """What was met on the way through a folder."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.listed: list[str] = []
        self.files: list[str] = []
        self.secrets = 0
        self.keys = 0
        self.unreadable = 0
        self.large = 0
        self.sent = 0
        self.visited = 0
        self.whole = True


def add_folder(found: Found, root: str) -> None:
    """Put a listing of the folder and its text files on the pile. InputRefused if it can't be read."""
    try:
        os.listdir(root)
        rules = Ignored.above(root)
    except OSError as error:
        raise InputRefused(f"{clean_line(root, 200)} can't be read: {(error.strerror or 'failed').lower()}.") from error
    walk = _Walk(root)
    _visit(walk, "", rules)
    if not walk.listed:
        raise InputRefused(f"There is nothing to read in the folder {clean_line(root, 200)}.")
    more = [] if walk.whole and len(walk.listed) <= MAX_LISTED else ["[... more, left out here ...]"]
    found.add("file", root.rstrip("/") + "/", "\n".join(clean_line(name) for name in walk.listed[:MAX_LISTED] + more))
    _add_files(found, walk)
    _say_what_is_left_out(found, walk)


def _visit(walk: _Walk, below: str, ignored: Ignored) -> None:
    """Go through one folder of the tree, files before folders, in the order of their names."""
    if below.count("/") > MAX_DEPTH:
        walk.whole = False
        return
    try:
        entries = sorted(os.scandir(os.path.join(walk.root, below)), key=lambda entry: entry.name)
    except OSError:
        walk.listed.append(below + " (can't be read)")
        walk.unreadable += 1
        return
    ignored = ignored.entering(below)
    folders = []
    for entry in entries:
        walk.visited += 1
        if walk.visited > MAX_VISITED:
            walk.whole = False
            return
        name = below + entry.name
        if entry.name == ".git":
            continue
        # No link is followed: it may lead out of the folder, or round in it.
        if entry.is_dir(follow_symlinks=False):
            if not ignored.covers(name + "/"):
                folders.append(name + "/")
        elif entry.is_file(follow_symlinks=False) and not ignored.covers(name):
            _meet(walk, name, entry.name)
    for name in folders:
        walk.listed.append(name)
        _visit(walk, name, ignored)


def is_secret(name: str) -> bool:
    """Whether a file of that name usually holds a secret."""
    private_key = name.startswith("id_") and "." not in name
    return private_key or name in _SECRET_NAMES or name.startswith(".env.") or name.endswith(_SECRET_ENDINGS)


def _meet(walk: _Walk, name: str, last: str) -> None:
    walk.listed.append(name)
    if is_secret(last.lower()):
        walk.secrets += 1  # whoever wants to send one of these names it
    else:
        walk.files.append(name)


def _add_files(found: Found, walk: _Walk) -> None:
    budget = MAX_BYTES
    for name in walk.files:
        path = os.path.join(walk.root, name)
        try:
            data = _read(path, min(MAX_FILE_BYTES, budget)) if walk.sent < MAX_FILES else None
        except OSError:
            walk.unreadable += 1
            continue
        if data is None:
            walk.large += 1
            continue
        text = decode(data) if data else None
        if text is None:
            continue
        if without_keys(text) != text:
            walk.keys += 1
            continue
        found.add("file", path, text)
        budget -= len(data)
        walk.sent += 1


def _say_what_is_left_out(found: Found, walk: _Walk) -> None:
    shown = clean_line(walk.root, 60)
    if walk.large:
        sent = _count(walk.sent, "file is", "files are")
        found.notes.append(
            f"Of {shown}, {sent} sent; {walk.large} more would pass the limits"
            " of 200 files, 64 KiB each, 256 KiB in all."
        )
    if walk.secrets:
        many = _count(walk.secrets, "file that usually holds secrets is", "files that usually hold secrets are")
        found.notes.append(f"Of {shown}, {many} listed but not sent.")
    if walk.keys:
        many = _count(walk.keys, "file that holds a key of Aniate is", "files that hold a key of Aniate are")
        found.notes.append(f"Of {shown}, {many} listed but not sent.")
    if walk.unreadable:
        many = _count(
            walk.unreadable, "file or folder that can't be read is", "files or folders that can't be read are"
        )
        found.notes.append(f"Of {shown}, {many} left out.")
    if not walk.whole:
        found.notes.append(f"{shown} is large: only its first {MAX_VISITED} entries were looked at.")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _read(path: str, limit: int) -> bytes | None:
    """The file's bytes, None if there are more than `limit`. OSError if it can't be read."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(fd, "rb") as file:
        if os.fstat(fd).st_size > limit:
            return None
        data = file.read(limit + 1)
        return data if len(data) <= limit else None
