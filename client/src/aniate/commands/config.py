"""`ant config get|set|unset|list|path`: the user's settings, by profile."""

from aniate import config, jsontext, terminal
from aniate.errors import UsageError
from aniate.suggest import closest, did_you_mean
from aniate.table import SETTINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.options import Call


def run(call: "Call") -> int:
    """Do what the first word says. UsageError if that makes no sense."""
    action, *rest = call.words or ("list",)
    if action not in _ACTIONS:
        names = ", ".join(_ACTIONS)
        raise UsageError(
            f"`ant config {action}` is not known; there are {names}.", did_you_mean(closest(action, _ACTIONS))
        )
    takes, function = _ACTIONS[action]
    if len(rest) != len(takes.split()):
        raise UsageError(f"Type: ant config {action} {takes}".rstrip() + ".", "`ant config list` shows the keys.")
    if rest and action != "sync" and rest[0] not in SETTINGS:
        near = did_you_mean(closest(rest[0], SETTINGS))
        raise UsageError(f"There is no setting {rest[0]}.", near or "`ant config list` shows the keys.")
    return function(call, *rest)


def _get(call: "Call", key: str) -> int:
    value = config.load(call).values[key]
    if call.flag("json"):
        jsontext.tell({key: value})
    else:
        terminal.tell(value)
    return 0


def _set(call: "Call", key: str, value: str) -> int:
    config.check(key, value, "config set")
    profile = config.profile_name(call)

    def edit(stored: dict[str, object]) -> None:
        _section(stored, key, profile)[key] = value

    config.change(edit)
    _follow(key, value)
    if call.flag("json"):
        jsontext.tell({key: value})
    return 0


def _sync(call: "Call", value: str) -> int:
    from aniate.commands.sync import turn

    return turn(call, value, lambda: _set(call, "sync", value))


def _unset(call: "Call", key: str) -> int:
    profile = config.profile_name(call)
    removed = []

    def edit(stored: dict[str, object]) -> None:
        removed.append(_section(stored, key, profile).pop(key, None))

    config.change(edit)
    _follow(key, config.DEFAULTS[key])
    if call.flag("json"):
        jsontext.tell({"key": key, "removed": removed != [None]})
    return 0


def _section(stored: dict[str, object], key: str, profile: str) -> dict[str, object]:
    """Where a key stands: some for all profiles, the rest in one."""
    return stored if key in config.FOR_ALL_PROFILES else config.section_of(stored, profile)


def _follow(key: str, value: str) -> None:
    """What a setting changes at once, and not only at the next command."""
    if key == "record":
        from aniate import recording

        recording.turn(value)
        if value != "off":
            terminal.say("Shells that are started from now on record; see `ant help init`.", terminal.DIM)


def _list(call: "Call") -> int:
    settings = config.load(call)
    if call.flag("json"):
        jsontext.tell(
            {key: {"value": value, "origin": settings.origins[key]} for key, value in settings.values.items()}
        )
        return 0
    widest = max(len(key) for key in SETTINGS)
    for key, value in settings.values.items():
        terminal.tell(f"{key.ljust(widest)}  {value}  ({settings.origins[key]})")
    return 0


def _path(call: "Call") -> int:
    if call.flag("json"):
        jsontext.tell({"path": config.path()})
    else:
        terminal.tell(config.path())
    return 0


_ACTIONS: "dict[str, tuple[str, Callable[..., int]]]" = {
    "get": ("KEY", _get),
    "set": ("KEY VALUE", _set),
    "unset": ("KEY", _unset),
    "list": ("", _list),
    "path": ("", _path),
    "sync": ("on|off", _sync),
}
