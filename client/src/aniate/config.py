"""Settings: flag, then environment, then the user's file, then the default. Never a file of the current folder."""

import os

from aniate import files, places
from aniate.errors import StorageFailed, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.options import Call

DEFAULTS = {
    "profile": "default",
    "host": "https://api.aniate.com",
    "model": "default",
    "timeout": "120",
    "connect_timeout": "1.5",
    "history": "on",
    "history_limit": "500",
    "sync": "off",
    "theme": "auto",
    "record": "off",
}
FOR_ALL_PROFILES = ("profile", "record")
"""What belongs to no profile."""
_ENVIRONMENT = {"profile": "ANT_PROFILE", "host": "ANT_HOST", "theme": "ANT_THEME"}


class Settings:
    """What one command goes by. `origins` says of each key where its value is from."""

    __slots__ = ("address", "connect_timeout_s", "model", "origins", "profile", "timeout_s", "values")

    def __init__(self, values: dict[str, str], origins: dict[str, str]) -> None:
        self.values = values
        self.origins = origins
        self.profile = values["profile"]
        self.model = values["model"]
        from aniate import address

        self.address = address.parse(values["host"])
        self.timeout_s = float(values["timeout"])
        self.connect_timeout_s = float(values["connect_timeout"])


def path() -> str:
    """The settings' file."""
    return os.path.join(places.config_folder(), "config.json")


def load(call: "Call") -> Settings:
    """The settings for this call. UsageError or StorageFailed if one of them makes no sense."""
    stored = files.read_object(path())
    profile, origin = _choose("profile", call, stored)
    values, origins = {"profile": profile}, {"profile": origin}
    section = section_of(stored, profile)
    for key in DEFAULTS:
        if key != "profile":
            values[key], origins[key] = _choose(key, call, stored if key in FOR_ALL_PROFILES else section)
    for key, value in values.items():
        check(key, value, origins[key])
    return Settings(values, origins)


def profile_name(call: "Call") -> str:
    """The name of the profile of this call, and nothing else of the settings."""
    return for_all_profiles(call, "profile")


def for_all_profiles(call: "Call", key: str) -> str:
    """One of FOR_ALL_PROFILES for this call, unchecked, and nothing else of the settings."""
    return _choose(key, call, files.read_object(path()))[0]


def _choose(key: str, call: "Call", stored: dict[str, object]) -> tuple[str, str]:
    given = call.value(key)
    if given is not None:
        return given, f"--{key}"
    variable = _ENVIRONMENT.get(key, "")
    if os.environ.get(variable):
        return os.environ[variable], variable
    value = stored.get(key)
    if value is not None:
        return str(value), path()
    return DEFAULTS[key], "default"


def section_of(stored: dict[str, object], profile: str) -> dict[str, object]:
    """What the file says of `profile`; a part of `stored`, made if it is missing."""
    profiles = stored.setdefault("profiles", {})
    section = profiles.setdefault(profile, {}) if isinstance(profiles, dict) else None
    if not isinstance(section, dict):
        raise StorageFailed(f"{clean_line(path())} is damaged: `profiles` does not hold objects.", "Mend or delete it.")
    return section


def check(key: str, value: str, origin: str) -> None:
    """UsageError if `value` can't be what `key` stands for."""
    if key == "host":
        from aniate import address

        if not value.strip():
            raise UsageError(
                f"host must be a server's address; nothing ({origin}) is not.", "As https://api.aniate.com."
            )
        try:
            address.parse(value)
        except UsageError as error:
            if origin == path():  # whoever did not type it must learn where it stands
                error.message = f"In {clean_line(origin)}, host: {error.message}"
            raise
    elif key == "theme":
        _demand(value in ("auto", "light", "dark"), key, value, origin, "auto, light or dark")
    elif key.endswith("timeout"):
        try:
            good = "_" not in value and 0 < float(value) <= 3600
        except ValueError:
            good = False
        _demand(good, key, value, origin, "a number of seconds, at most 3600")
    elif key in ("history", "sync"):
        _demand(value in ("on", "off"), key, value, origin, "on or off")
    elif key == "history_limit":
        good = value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 100_000
        _demand(good, key, value, origin, "a number from 1 to 100000")
    elif key == "record":
        _demand(value in ("off", "commands", "on"), key, value, origin, "off, commands or on")
    else:
        good = 0 < len(value) <= 64 and value.isprintable() and not value.isspace() and value == value.strip()
        _demand(good, key, value, origin, "a name of 1 to 64 characters")


def _demand(good: bool, key: str, value: str, origin: str, what: str) -> None:
    if not good:
        raise UsageError(f"{key} must be {what}; {clean_line(value, 80) or 'nothing'} ({origin}) is not.")


def change(edit: "Callable[[dict[str, object]], None]") -> None:
    """Let `edit` change what the file holds, alone."""
    with files.locked(path()):
        stored = files.read_object(path())
        edit(stored)
        files.write_object(path(), stored)
