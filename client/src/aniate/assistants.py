"""The user's assistants on the server: list, read, write, delete."""

import time

from aniate import jsontext, names, transport
from aniate.auth import credential, exchange, repeated
from aniate.errors import AntError, NeedsLogin
from aniate.refusal import not_aniate, refusal
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.auth import Credential
    from aniate.config import Settings

    Listed = tuple[dict[str, str], dict[str, str]]

PATH = "/v1/assistants"
NAMES_PATH = "/v1/names"
MAX_PROMPT = 32768
_QUICK_S = 2.0


class Assistant:
    """One assistant, whole; `version` grows by one with each change."""

    __slots__ = ("model", "name", "prompt", "summary", "updated_at", "version")

    def __init__(self, fields: "dict[str, object]") -> None:
        version = fields.get("version")
        self.name = clean_line(str(fields.get("name", "")))
        self.prompt = str(fields.get("prompt", ""))
        self.model = clean_line(str(fields.get("model", "default")))
        self.summary = clean_field(fields.get("summary"))
        self.version = version if isinstance(version, int) else 0
        self.updated_at = clean_line(str(fields.get("updated_at", "")))


def read(settings: "Settings", who: "Credential", name: str) -> Assistant:
    """The assistant of that name. ServerRefused with the code `not_found` if there is none."""
    return Assistant(exchange(settings, who, "GET", f"{PATH}/{name}"))


def write(settings: "Settings", who: "Credential", assistant: Assistant) -> Assistant:
    """Make the assistant (version 0) or change that version of it; the code `conflict` if that can't be."""
    text = {"prompt": assistant.prompt, "model": assistant.model, "summary": assistant.summary}
    condition = {"If-Match": f'"{assistant.version}"'} if assistant.version else {"If-None-Match": "*"}
    body = jsontext.dumps(text).encode()
    return Assistant(exchange(settings, who, "PUT", f"{PATH}/{assistant.name}", body, condition))


def delete(settings: "Settings", who: "Credential", name: str) -> None:
    """Delete it. ServerRefused with the code `not_found` if there is none."""
    exchange(settings, who, "DELETE", f"{PATH}/{name}")


def look_up(settings: "Settings", who: "Credential", quick: bool = False) -> "Listed":
    """Names and summaries of assistants, and of commands, as the server has them now; asked with what is known's ETag.

    `quick` waits two seconds at most. AntError if the server doesn't answer.
    """
    if quick:
        settings.timeout_s = min(settings.timeout_s, _QUICK_S)
    return repeated(settings, who, lambda token: _asked(settings, token))


def _asked(settings: "Settings", token: str) -> "Listed":
    profile, origin = settings.profile, settings.address.origin
    etag, _ = names.mark(profile, origin)
    link = transport.connect(settings)
    try:
        response = link.request("GET", NAMES_PATH, token, headers={"If-None-Match": etag} if etag else {})
        if response.status == 304:
            listed = names.known(profile, origin)
        elif response.status != 200:
            raise refusal(response, settings.address)
        else:
            listed = _listed(settings, response.read(1 << 20))
            etag = clean_line(response.headers.get("etag", ""), 100)
            etag = etag if etag.isascii() else ""  # no request could hold it
    finally:
        link.close()
    names.keep(profile, origin, listed, etag, int(time.time()))
    return listed


def refresh(settings: "Settings", who: "Credential") -> None:
    """Know the names anew. No harm if that can't be done now."""
    try:
        look_up(settings, who)
    except AntError:
        return


def look_up_if_due(settings: "Settings") -> "Listed":
    """The names as known, looked up if that was not done within the last minute.

    NeedsLogin if nobody is logged in, or the server does not accept the login; never another error.
    """
    profile, origin = settings.profile, settings.address.origin
    etag, asked_at = names.mark(profile, origin)
    if 0 <= time.time() - asked_at < names.LOOK_UP_EVERY_S:
        return names.known(profile, origin)
    try:
        return look_up(settings, credential(settings), quick=True)
    except NeedsLogin:
        raise
    except AntError:
        listed = names.known(profile, origin)
        names.keep(profile, origin, listed, etag, int(time.time()))  # not again within a minute
        return listed


def _listed(settings: "Settings", body: bytes) -> "Listed":
    try:
        rows = jsontext.load_object(body.decode("utf-8")).get("names")
    except ValueError as error:
        raise not_aniate(settings.address, "what it answered is not JSON") from error
    listed: Listed = ({}, {})
    for row in rows if isinstance(rows, list) else []:
        name = row.get("name") if isinstance(row, dict) else None
        if isinstance(name, str) and names.valid(name):
            listed[row.get("kind") == names.COMMAND][name] = clean_field(row.get("summary"))
    return listed
