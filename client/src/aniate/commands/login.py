"""`ant login`, `ant signup`: by the browser, by a code, or with an API key."""

import os
import sys

from aniate import assistants, auth, config, credentials, jsontext, keyring_call, known_brews, revocations, terminal
from aniate.auth import Credential
from aniate.commands.account import place_as_data
from aniate.credentials import FILE, KEYRING
from aniate.errors import AntError, NeedsLogin, StorageFailed, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.credentials import Login
    from aniate.oauth import Server
    from aniate.options import Call

_WAYS = ("with-token", "web", "device")
_NUMBERS = {2: "two", 3: "three"}


def login(call: "Call") -> int:
    """Log in and store the login. NeedsLogin if the server, or the user in the browser, refuses."""
    _check_words(call)
    settings = config.load(call)
    revocations.work_off(settings)
    if call.flag("with-token"):
        return _with_key(call, settings)
    return _with_login(call, settings, create=False)


def signup(call: "Call") -> int:
    """As `login`, for who has no account yet."""
    _check_words(call)
    settings = config.load(call)
    revocations.work_off(settings)
    return _with_login(call, settings, create=True)


def _check_words(call: "Call") -> None:
    if call.words:
        hint = "A key never belongs on the command line, where others see it." if call.name == "login" else ""
        raise UsageError(f"`ant {call.name}` takes no words.", hint)
    ways = [f"--{way}" for way in _WAYS if call.flag(way)]
    if len(ways) > 1:
        raise UsageError(f"{', '.join(ways[:-1])} and {ways[-1]} are {_NUMBERS[len(ways)]} ways to log in; choose one.")


def _with_key(call: "Call", settings: config.Settings) -> int:
    key = auth.checked(_read_key(), "standard input")
    credential = Credential(key, auth.path())
    try:
        account = auth.account(settings, credential)
    except NeedsLogin as error:
        message = f"{settings.address.origin} does not accept this key, so it was not stored."
        raise NeedsLogin(message, "Check that it was copied whole and was not revoked.", error.code) from error
    former = credentials.keep_key(settings, key)
    return _logged_in(call, settings, credential, account, former)


def _read_key() -> str:
    """The key: typed unseen on a terminal, else all of standard input. UsageError if it is far too long."""
    if sys.stdin is not None and sys.stdin.isatty():
        from getpass import getpass

        try:
            typed = getpass("API key (it is not shown): ", stream=sys.stderr)
        except EOFError:
            sys.stderr.write("\n")  # the cursor stands behind the prompt
            typed = ""
        if not typed.strip():
            raise UsageError("Nothing was typed.", "A key looks like aniate_sk_… and is one line.")
        return typed
    data = b""
    try:
        while len(data) < 65536 and (block := os.read(0, 65536)):
            data += block
    except OSError as error:
        raise UsageError("Standard input can't be read.", "Pipe the key in, or redirect it from a file.") from error
    return data.decode("utf-8", "replace")


def _with_login(call: "Call", settings: config.Settings, create: bool) -> int:
    machine = _machine(call)
    where = _where_to_keep_it(call, settings)
    credentials.check_place(settings)
    found = _agreed_to(call, settings, machine, create)
    try:
        account = auth.account(settings, Credential(found.access_token, ""))
        former = credentials.keep_login(settings, found, where)
    except AntError:
        revocations.end(settings, found.refresh_token)  # nobody has it now
        raise
    credential = Credential(found.access_token, auth.path(), where, found.expires_at)
    return _logged_in(call, settings, credential, account, former)


def _machine(call: "Call") -> str:
    """What the login is called in the list of logins: --name, else the machine's name. UsageError if it is empty."""
    given = call.value("name")
    if given is not None and not clean_line(given, 64):
        raise UsageError("--name must be what this machine is to be called.", "For example: --name laptop")
    return clean_line(given or os.uname().nodename.partition(".")[0], 64) or "a machine"


def _where_to_keep_it(call: "Call", settings: config.Settings) -> str:
    """The keyring, or with the user's consent the file. UsageError if there is neither; found out before all else."""
    if call.flag("in-file"):
        return FILE
    try:
        if keyring_call.usable(credentials.keyring_user(settings)):
            return KEYRING
        missing = "There is no keyring here."
    except StorageFailed as error:
        missing = error.message
    if sys.stdin is None or not terminal.is_terminal(sys.stdin):
        raise UsageError(
            missing, f"`ant {call.name} --in-file` keeps the login in {auth.path()}, for you alone to read."
        )
    terminal.say(missing)
    if not terminal.agreed(f"Keep the login in {auth.path()}, for you alone to read?", "--in-file"):
        raise StorageFailed(
            "There is no place to keep a login, so none was made.", "`ant help login` shows other ways."
        )
    return FILE


def _agreed_to(call: "Call", settings: config.Settings, machine: str, create: bool) -> "Login":
    """The login, by the browser if there is one, and if nobody comes back from it in time, by a code as well."""
    from aniate import login_browser, oauth

    server = oauth.discover(settings)
    why_not = "" if call.flag("web") or call.flag("device") else login_browser.why_not()
    if why_not or call.flag("device"):
        return _by_code(settings, server, machine, create, why_not, _sleep)
    visit = login_browser.Visit(settings, server, machine, create)
    try:
        why_not = "Nobody came back from the browser, so the login goes by a code; the browser still may come back."
        return visit.begin() or _by_code(settings, server, machine, create, why_not, visit.wait)
    finally:
        visit.close()


def _sleep(seconds: float) -> None:
    from time import sleep

    sleep(seconds)


def _by_code(
    settings: config.Settings,
    server: "Server",
    machine: str,
    create: bool,
    why: str,
    meanwhile: "Callable[[float], Login | None]",
) -> "Login":
    """The login by a code; `why` is told first."""
    from aniate import login_device

    if why:
        terminal.say(why)
    if create:
        terminal.say(f"To make an account, first open: {server.web}/sign-up")
    return login_device.log_in(settings, server, machine, meanwhile)


def _logged_in(
    call: "Call", settings: config.Settings, credential: Credential, account: "dict[str, str]", former: str
) -> int:
    """What follows on a login that is stored: the former one is ended, the host remembered, caches filled."""
    if former:
        revocations.end(settings, former)
    if settings.origins["host"] in ("--host", "ANT_HOST"):
        _remember_host(settings)
    known_brews.refresh(settings, credential)
    assistants.refresh(settings, credential)
    if call.flag("json"):
        jsontext.tell(account | place_as_data(settings, credential, account))
        return 0
    kept = "The key is kept in" if not credential.refresh else "The login is kept in"
    where = "the keyring" if credential.refresh == KEYRING else credential.place
    terminal.say(
        f"Logged in to {settings.address.origin} as {account['email']}"
        f" (workspace {account['workspace']}, profile {settings.profile}). {kept} {where}."
    )
    if os.environ.get("ANT_TOKEN"):
        terminal.say("ANT_TOKEN is set and goes before it.")
    return 0


def _remember_host(settings: config.Settings) -> None:
    """Make the host that was named the profile's, so that it need not be named again."""

    def edit(stored: dict[str, object]) -> None:
        config.section_of(stored, settings.profile)["host"] = settings.address.origin

    config.change(edit)
