"""`ant doctor`: what is in order on this machine, what is not, and what to do about it. Changes nothing."""

import errno
import os
import sys

from aniate import __version__, config, jsontext, terminal
from aniate.errors import AntError, NeedsLogin, NobodyHere, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call

GOOD, NOTE, BAD = "good", "note", "bad"
_SIGNS = {GOOD: "ok", NOTE: "note", BAD: "BAD"}
_COLOURS = {GOOD: "32", NOTE: "33", BAD: "31"}
_SKEW_S = 120
"""More than this, and logins seem to end too early or too late."""
_BY_OTHERS = 0o022
_PROBE_BYTES = 64 * 1024
"""What must fit on the disk: a conversation is seldom larger."""


class Finding:
    """What one check found: its name, `good`, `note` or `bad`, what it is, and what to do."""

    __slots__ = ("advice", "name", "state", "told")

    def __init__(self, name: str, state: str, told: str, advice: str = "") -> None:
        self.name = name
        self.state = state
        self.told = clean_line(told)
        self.advice = clean_line(advice)


def run(call: "Call") -> int:
    """Check everything that a command needs, with no network too. 1 if anything is bad."""
    if call.words:
        raise UsageError("`ant doctor` takes no words.")
    findings = [_ant(), _python(), *_folders(), *_key_file(), *_of_settings(call), _terminal(), *_programs()]
    bad = any(each.state == BAD for each in findings)
    if call.flag("json"):
        told = [{"name": f.name, "state": f.state, "told": f.told, "advice": f.advice} for f in findings]
        jsontext.tell({"good": not bad, "checks": told})
        return int(bad)
    widest = max(len(each.name) for each in findings)
    for each in findings:
        sign = terminal.paint(_SIGNS[each.state].ljust(4), _COLOURS[each.state], sys.stdout)
        sys.stdout.write(f"{sign}  {each.name.ljust(widest)}  {each.told}\n")
        if each.advice:
            sys.stdout.write(f"{' ' * (8 + widest)}{each.advice}\n")
    return int(bad)


def _ant() -> Finding:
    where = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return Finding("ant", GOOD, f"{__version__}, in {where}")


def _python() -> Finding:
    version = ".".join(str(number) for number in sys.version_info[:3])
    return Finding("python", GOOD, f"{version}, {sys.platform}")


def _folders() -> "list[Finding]":
    """Whether our own files can be written, and by us alone; what can't be kept is told, since answers come anyway."""
    from shlex import quote

    from aniate import places

    found = []
    for name, folder in (
        ("settings", places.config_folder),
        ("cache", places.cache_folder),
        ("state", places.state_folder),
    ):
        try:
            path = folder()
        except AntError as error:
            found.append(Finding(name, BAD, error.message, error.hint))
            continue
        there = path
        while not os.path.exists(there):
            there = os.path.dirname(there)
        if not os.path.isdir(there):
            found.append(Finding(name, BAD, f"{path} can't be written.", "Nothing can be kept there: logins, history."))
        elif (error_number := _failing_write(there)) != 0:
            found.append(Finding(name, BAD, *_of_failed_write(path, error_number)))
        elif there == path and os.stat(path).st_mode & _BY_OTHERS:
            found.append(Finding(name, BAD, f"Others may write in {path}.", f"chmod 700 {quote(path)}"))
        else:
            found.append(Finding(name, GOOD, path))
    return found


def _failing_write(folder: str) -> int:
    """The number of the error that ends the writing of a small file there; 0 if none does. Nothing stays behind."""
    from tempfile import TemporaryFile

    try:
        with TemporaryFile(dir=folder, buffering=0) as file:  # without a name, or with one that is taken off at once
            left = _PROBE_BYTES
            while left:
                left -= file.write(b"\0" * left)  # on a disk that is nearly full the first part fits
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _of_failed_write(path: str, number: int) -> "tuple[str, str]":
    """What is wrong where nothing can be written, and what to do."""
    if number in (errno.ENOSPC, errno.EDQUOT):
        why = "the disk is full" if number == errno.ENOSPC else "your share of the disk is used up"
        return f"{path} can't be written: {why}.", "Make room there; until then no login and no history is kept."
    if number == errno.EROFS:
        advice = "Have it mounted for writing; until then no login and no history is kept."
        return f"{path} can't be written: its disk is mounted read-only.", advice
    if number in (errno.EACCES, errno.EPERM):
        return f"{path} can't be written: you have no right to.", "Its owner can give it to you: chmod or chown."
    return f"{path} can't be written: {os.strerror(number)}.", "Nothing can be kept there: logins, history."


def _key_file() -> "list[Finding]":
    """Whether others may read the file of keys and tokens."""
    from shlex import quote

    from aniate import auth

    try:
        path = auth.path()
        if os.stat(path).st_mode & 0o077:
            return [Finding("key", BAD, f"Others may read {path}.", f"chmod 600 {quote(path)}")]
    except (AntError, OSError):
        pass  # there is none, or the folder's finding tells
    return []


def _of_settings(call: "Call") -> "list[Finding]":
    """The settings, and what they lead to: the server, the login."""
    try:
        settings = config.load(call)
    except AntError as error:
        return [Finding("config", BAD, error.message, error.hint)]
    told = f"profile {settings.profile}, host {settings.address.origin} ({settings.origins['host']})"
    return [Finding("config", GOOD, told), *_of_server(settings)]


def _of_server(settings: config.Settings) -> "list[Finding]":
    from aniate import transport

    try:
        link = transport.connect(settings)
        try:
            response = link.request("GET", "/healthz", "", b"", {})
            response.read(1 << 16)
        finally:
            link.close()
    except AntError as error:
        advice = error.hint or "Local commands and local fixes work without it."
        return [Finding("server", BAD, error.message, advice), _login_on_disk(settings)]
    if response.status != 200:
        return [
            Finding("server", BAD, f"{settings.address.origin} answered with {response.status}."),
            _login_on_disk(settings),
        ]
    answers = Finding("server", GOOD, f"{settings.address.origin} answers")
    return [answers, *_clock(response.headers.get("date", "")), _login(settings)]


def _clock(date: str) -> "list[Finding]":
    """Whether this machine's clock goes with the server's."""
    import time
    from email.utils import parsedate_to_datetime

    try:
        skew_s = time.time() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return []
    if abs(skew_s) <= _SKEW_S:
        return [Finding("clock", GOOD, "goes with the server's")]
    which = "ahead of" if skew_s > 0 else "behind"
    return [Finding("clock", BAD, f"is {abs(skew_s):.0f} s {which} the server's.", "Set it; logins depend on it.")]


def _login(settings: config.Settings) -> Finding:
    from aniate import auth

    try:
        credential = auth.credential(settings)
        account = auth.account(settings, credential)
    except NobodyHere:
        return Finding("login", NOTE, "Nobody is logged in here.", "ant login")
    except NeedsLogin as error:
        return Finding("login", BAD, error.message, error.hint)
    except AntError as error:
        return Finding("login", BAD, error.message, error.hint)
    return Finding("login", GOOD, f"{account['email']}, in {credential.place}")


def _login_on_disk(settings: config.Settings) -> Finding:
    """What can be said of the login while the server is away."""
    from aniate import auth

    try:
        credential = auth.credential(settings)
    except NobodyHere:
        return Finding("login", NOTE, "Nobody is logged in here.")
    except AntError as error:
        return Finding("login", BAD, error.message, error.hint)
    return Finding(
        "login", NOTE, f"There is one in {credential.place}; the server would have to say whether it is good."
    )


def _terminal() -> Finding:
    encoding = (sys.stdout.encoding or "ascii").lower()
    if not terminal.is_terminal(sys.stdout):
        return Finding("terminal", NOTE, "Output goes to a file or a pipe: answers are plain text there.")
    kind = os.environ.get("TERM", "") or "none"
    told = f"{kind}, {terminal.columns(sys.stdout)} columns, {encoding}"
    if kind in ("dumb", "none"):
        return Finding("terminal", NOTE, told, "Without colours and layout: TERM says that it can't show them.")
    if "utf" not in encoding:
        return Finding(
            "terminal", NOTE, told, "Letters beyond that encoding are shown as ?; LANG=C.UTF-8 would show them."
        )
    return Finding("terminal", GOOD, told)


def _programs() -> "list[Finding]":
    """Other programs that some commands need."""
    from aniate.manual import program

    found = []
    for name, why in (("git", "`ant review` and `ant commit` need it"), ("man", "`ant what COMMAND` reads its pages")):
        path = program(name)
        found.append(Finding(name, GOOD, path) if path else Finding(name, NOTE, "is not installed.", f"{why}."))
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if editor and not program(editor.split()[0]) and not os.path.isfile(editor.split()[0]):
        found.append(
            Finding("editor", NOTE, f"{editor} is not installed.", "Set EDITOR to one that is; `ant edit` uses it.")
        )
    return found
