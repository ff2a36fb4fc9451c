"""`ant login`, `logout`, `whoami`: who the user is to the server."""

import os
import sys

from aniate import assistants, auth, config, files, jsontext, names, places, terminal
from aniate.errors import AntError, NeedsLogin, StorageFailed, UsageError
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def login(call: "Call") -> int:
    """Check a key with the server, then store it. NeedsLogin if the server refuses it."""
    _no_words(call)
    if not call.flag("with-token"):
        raise UsageError("Say how to log in.", "`ant login --with-token` reads an API key from standard input.")
    settings = config.load(call)
    token = auth.checked(_read_token(), "standard input")
    try:
        account = auth.account(settings, token)
    except NeedsLogin as error:
        message = f"{settings.address.origin} does not accept this key, so it was not stored."
        raise NeedsLogin(message, "Check that it was copied whole and was not revoked.", error.code) from error
    auth.keep(settings, token)
    if settings.origins["host"] in ("--host", "ANT_HOST"):
        _remember_host(settings)
    _refresh_brews(settings, token)
    assistants.refresh(settings, token)
    if call.flag("json"):
        _print_json(account | _place(settings, auth.path()))
        return 0
    terminal.say(
        f"Logged in to {settings.address.origin} as {account['email']}"
        f" (workspace {account['workspace']}, profile {settings.profile}). The key is kept in {auth.path()}."
    )
    if os.environ.get("ANT_TOKEN"):
        terminal.say("ANT_TOKEN is set and goes before it.")
    return 0


def _read_token() -> str:
    """The key: typed unseen on a terminal, else all of standard input. UsageError if it is far too long."""
    if sys.stdin is not None and sys.stdin.isatty():
        from getpass import getpass

        try:
            return getpass("API key (it is not shown): ", stream=sys.stderr)
        except EOFError:
            sys.stderr.write("\n")  # the cursor stands behind the prompt
            return ""
    data = b""
    try:
        while len(data) < 65536 and (block := os.read(0, 65536)):
            data += block
    except OSError as error:
        raise UsageError("Standard input can't be read.", "Pipe the key in, or redirect it from a file.") from error
    return data.decode("utf-8", "replace")


def _remember_host(settings: "config.Settings") -> None:
    """Make the host that was named the profile's, so that it need not be named again."""

    def edit(stored: dict[str, object]) -> None:
        config.section_of(stored, settings.profile)["host"] = settings.address.origin

    config.change(edit)


def logout(call: "Call") -> int:
    """Remove the key from this machine."""
    _no_words(call)
    settings = config.load(call)
    removed = auth.forget(settings)
    _write_brews(settings.profile, [])
    if os.path.exists(names.path()):
        names.keep(settings.profile, settings.address.origin, {}, "", 0)
    if call.flag("json"):
        _print_json({"removed": removed, "host": settings.address.origin, "profile": settings.profile})
        return 0
    where = f"{settings.address.origin} (profile {settings.profile})"
    if removed:
        terminal.say(f"Logged out of {where}. The key itself stays valid until it is revoked on the server.")
    else:
        terminal.say(f"There was no key for {where} on this machine.")
    if os.environ.get("ANT_TOKEN"):
        terminal.say("ANT_TOKEN is still set, and is used.")
    return 0


def whoami(call: "Call") -> int:
    """Who the server takes the user for. NeedsLogin if it takes them for nobody."""
    _no_words(call)
    settings = config.load(call)
    credential = auth.credential(settings)
    account = auth.account(settings, credential.token)
    if credential.place != "ANT_TOKEN":
        _refresh_brews(settings, credential.token)
    if call.flag("json"):
        _print_json(account | _place(settings, credential.place))
        return 0
    for label, value in (
        ("user", account["email"]),
        ("workspace", account["workspace"]),
        ("plan", account.get("plan", "")),
        ("key", account.get("key_name", "")),
        ("host", settings.address.origin),
        ("profile", settings.profile),
        ("token", credential.place),
    ):
        terminal.tell(f"{label.ljust(9)}  {clean_line(value)}")
    return 0


def _place(settings: "config.Settings", place: str) -> dict[str, str]:
    return {"host": settings.address.origin, "profile": settings.profile, "token_place": place}


def _print_json(value: "dict[str, str] | dict[str, object]") -> None:
    sys.stdout.write(jsontext.dumps(value) + "\n")


def _no_words(call: "Call") -> None:
    if call.words:
        hint = "A key never belongs on the command line, where others see it." if call.name == "login" else ""
        raise UsageError(f"`ant {call.name}` takes no words.", hint)


def _refresh_brews(settings: "config.Settings", token: str) -> None:
    """Keep the names of what the account may use, for `ant list`. No harm if that can't be done now."""
    try:
        found = auth.exchange(settings, token, "GET", "/v1/brews").get("brews")
    except AntError:
        return
    rows = found if isinstance(found, list) else []
    named = [row for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)]
    _write_brews(settings.profile, [(clean_line(row["name"]), clean_field(row.get("summary"))) for row in named])


def _write_brews(profile: str, brews: "list[tuple[str, str]]") -> None:
    path = places.brews_path()
    others = [row for row in places.read_rows(path) if row and row[0] != profile]
    rows = others + [[profile, name, summary] for name, summary in brews]
    if not rows and not os.path.exists(path):
        return
    try:
        files.write_private(path, "".join("\t".join(row) + "\n" for row in rows))
    except StorageFailed:
        return  # a cache: a read-only home is no reason to fail
