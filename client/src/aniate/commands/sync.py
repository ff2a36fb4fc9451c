"""`ant config sync on|off`: whether the account keeps conversations, too."""

from aniate import auth, config, terminal
from aniate.errors import AntError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.options import Call

_ON = "Your account keeps your conversations from now on, sealed, for you alone; those that are here went along."
_LATER = "Your account keeps your conversations from now on; those that are here go along when it can be reached"
_OFF = (
    "From now on conversations stay on this machine. What your account has stays there; "
    "`ant history delete --account` deletes that."
)


def turn(call: "Call", value: str, keep_setting: "Callable[[], int]") -> int:
    """Turn it on or off. NeedsLogin if it is to be on and nobody is logged in."""
    if value not in ("on", "off"):
        raise UsageError("Type: ant config sync on, or off.", "See: ant help config")
    from aniate.history.sync import Sync

    settings = config.load(call)
    token = auth.credential(settings).token if value == "on" else ""
    code = keep_setting()
    if value == "off":
        Sync(settings).leave()
        terminal.say(_OFF)
        return code
    try:
        remarks = Sync(settings).exchange(token)
    except AntError as error:
        terminal.say(f"{_LATER}: {error.message}")
        return code
    for remark in remarks:
        terminal.say(remark)
    terminal.say(_ON)
    return code
