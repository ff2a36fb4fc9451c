"""What is written to the files that a shell reads when it starts: it is run from then on, each time."""

import os

from aniate.danger.words import UNKNOWN, is_known, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.danger.reading import Reader

_READ = frozenset(
    (".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv",
     ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".mkshrc", ".cshrc", ".tcshrc", ".login", ".logout", ".xprofile",
     ".xinitrc", ".xsession", ".xsessionrc", ".inputrc", "config.fish")
)  # fmt: skip


def reason(reader: "Reader", target: str, added: str) -> str:
    """Why writing to `target` is dangerous, or the empty string. `added` is what is put at its end, if that is known.

    A line at the end that would do no harm if it were typed does none there.
    """
    path = plain(target)
    if not any(_is_read(os.path.normpath(os.path.join(folder, path))) for folder in reader.folders):
        return ""
    if is_known(added) and added.strip() and not type(reader)(next(iter(reader.folders)), reader.shell).reasons(added):
        return ""
    return f"writes to {path.replace(UNKNOWN, '…')}, which a shell runs when it starts"


def _is_read(path: str) -> bool:
    """Whether the path is such a file in a home, whosever it is; a copy of one in another folder is none."""
    folder, name = os.path.split(path)
    homes = (os.path.normpath(os.environ.get("HOME") or UNKNOWN), "/root", UNKNOWN, "~")
    if "/.config/fish/" in path and (name == "config.fish" or os.path.basename(folder) in ("conf.d", "functions")):
        return True
    at_home = folder in homes or os.path.dirname(folder) in ("/home", "/Users") or os.path.basename(folder)[:1] == "~"
    return at_home and name in _READ
