"""Commands that users brew: what one is, and how it is read, written, deleted and shared on the server."""

import os

from aniate import files, jsontext, places
from aniate.auth import exchange
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.auth import Credential
    from aniate.config import Settings

PATH = "/v1/commands"
SHARED_PATH = "/v1/shared"
CODE = "cmd_"
"""How the code of a shared command begins."""
TEMPLATE, SCRIPT = "template", "script"
MAY = {"runs": "run programs", "writes": "write files", "network": "use the network"}


class Argument:
    """What a command is given: `type` is `text`, `number`, `file` or `flag`; a flag is never required."""

    __slots__ = ("description", "name", "required", "type")

    def __init__(self, name: str, kind: str, description: str = "", required: bool = True) -> None:
        self.name = name
        self.type = kind
        self.description = description
        self.required = required and kind != "flag"


class Brewed:
    """One command, whole: a template that a model is asked, or a script for a POSIX shell.

    `may` is what its author says that a script does, words of MAY. `version` grows by one with each change.
    """

    __slots__ = ("arguments", "body", "description", "kind", "may", "name", "updated_at", "version")

    def __init__(self, fields: "dict[str, object]") -> None:
        """From the JSON of a server, a model or nobody in particular: what is of another form is left out."""
        version, arguments, may = (fields.get(key) for key in ("version", "arguments", "may"))
        self.name = clean_field(fields.get("name"))
        self.description = clean_field(fields.get("description"))
        self.kind = clean_field(fields.get("kind"))
        listed = arguments if isinstance(arguments, list) else []
        self.arguments = [_argument(each) for each in listed if isinstance(each, dict)]
        body = fields.get("body")
        self.body = body if isinstance(body, str) else ""
        told = may if isinstance(may, list) else []
        self.may = [word for word in MAY if word in told]
        self.version = version if isinstance(version, int) else 0
        self.updated_at = clean_field(fields.get("updated_at"))

    def text(self) -> "dict[str, object]":
        """As `wire.CommandText`."""
        return {
            "description": self.description,
            "kind": self.kind,
            "arguments": [
                {"name": each.name, "type": each.type, "description": each.description, "required": each.required}
                for each in self.arguments
            ],
            "body": self.body,
            "may": self.may,
        }


def _argument(fields: "dict[str, object]") -> Argument:
    name, kind, description = (clean_field(fields.get(key)) for key in ("name", "type", "description"))
    return Argument(name, kind, description, fields.get("required") is not False)


def read(settings: "Settings", who: "Credential", name: str) -> Brewed:
    """The command of that name. ServerRefused with the code `not_found` if there is none."""
    fields = exchange(settings, who, "GET", f"{PATH}/{name}")
    _keep(settings, name, fields)
    return Brewed(fields)


def last_known(settings: "Settings", name: str) -> "Brewed | None":
    """The command as it was when it was read last, for where the server can't be reached."""
    from aniate.errors import StorageFailed

    try:
        fields = files.read_object(_kept_path(settings, name))
    except StorageFailed:
        return None
    return Brewed(fields) if fields else None


def _kept_path(settings: "Settings", name: str) -> str:
    from hashlib import sha256

    of = sha256(f"{settings.profile} {settings.address.origin} {name}".encode()).hexdigest()
    return os.path.join(places.cache_folder(), "commands", of[:32] + ".json")


def _keep(settings: "Settings", name: str, fields: "dict[str, object]") -> None:
    """No harm if that can't be done now: it is a cache."""
    from aniate.errors import StorageFailed

    path = _kept_path(settings, name)
    text = jsontext.dumps(fields) + "\n"
    try:
        if not os.path.exists(path) or files.read_object(path) != fields:
            files.write_private(path, text)
    except StorageFailed:
        return


def write(settings: "Settings", who: "Credential", command: Brewed) -> Brewed:
    """Make the command (version 0) or change that version of it; the code `conflict` if that can't be."""
    condition = {"If-Match": f'"{command.version}"'} if command.version else {"If-None-Match": "*"}
    body = jsontext.dumps(command.text()).encode()
    return Brewed(exchange(settings, who, "PUT", f"{PATH}/{command.name}", body, condition))


def delete(settings: "Settings", who: "Credential", name: str) -> None:
    """Delete it. ServerRefused with the code `not_found` if there is none."""
    exchange(settings, who, "DELETE", f"{PATH}/{name}")


def share(settings: "Settings", who: "Credential", name: str) -> str:
    """The code by which others may copy it as it is now."""
    return clean_field(exchange(settings, who, "PUT", f"{PATH}/{name}/share", b"{}").get("code"))


def stop_sharing(settings: "Settings", who: "Credential", name: str) -> None:
    """From now on the code stands for nothing. ServerRefused with the code `not_found` if it is not shared."""
    exchange(settings, who, "DELETE", f"{PATH}/{name}/share")


def shared(settings: "Settings", who: "Credential", code: str) -> Brewed:
    """What a code stands for. ServerRefused with the code `not_found` if it is nothing, or not any more."""
    return Brewed(exchange(settings, who, "GET", f"{SHARED_PATH}/{clean_line(code)}"))


def is_code(word: str) -> bool:
    """Whether a word looks like the code of a shared command."""
    code = word.removeprefix(CODE)
    return len(code) == 32 and len(word) == 36 and frozenset("0123456789abcdef").issuperset(code)
