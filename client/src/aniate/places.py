"""Where the few small files lie that `ant` keeps. Read at start-up."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def config_folder() -> str:
    """Where settings and credentials lie."""
    return _base("XDG_CONFIG_HOME", ".config")


def cache_folder() -> str:
    """Where things lie that can be had again."""
    return _base("XDG_CACHE_HOME", ".cache")


def state_folder() -> str:
    """Where things lie that only this machine knows: conversations, what can be undone, the last answer."""
    return _base("XDG_STATE_HOME", os.path.join(".local", "state"))


def _base(variable: str, default: str) -> str:
    named = os.environ.get(variable, "")
    # The XDG specification: a relative path is to be ignored. It would also let a folder bring its own settings.
    base = named if os.path.isabs(named) else os.path.join(os.path.expanduser("~"), default)
    if not os.path.isabs(base):
        from aniate.errors import StorageFailed

        raise StorageFailed("There is no home folder: HOME is not an absolute path.")
    return os.path.join(base, "aniate")


def here() -> str:
    """The folder we are in; empty if it was deleted, or may not be known."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def logged_in() -> bool:
    """Whether there is any token on this machine or in the environment."""
    return bool(os.environ.get("ANT_TOKEN")) or os.path.exists(os.path.join(config_folder(), "credentials.json"))


def brews_path() -> str:
    """The names of the brews that an account may use, by profile: for `ant list`, without asking the server."""
    return os.path.join(cache_folder(), "brews.tsv")


def last_answer_path() -> str:
    """The last answer, for `ant copy`."""
    return os.path.join(state_folder(), "last-answer")


def read_rows(path: str) -> "Iterator[list[str]]":
    """The rows of a file of tab-separated text; none if it can't be read, since only caches are kept so."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                yield line.rstrip("\n").split("\t")
    except OSError:
        return
