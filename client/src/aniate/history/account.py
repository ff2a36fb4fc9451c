"""What the account keeps of conversations: asked what changed, given more, told to forget. One request each."""

from aniate import auth, config, jsontext
from aniate.errors import AntError
from aniate.history.conversation import is_id
from aniate.refusal import not_aniate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PATH = "/v1/conversations"
MAX_BYTES = 640 * 1024
"""As `wire.MAX_CONVERSATION_BYTES`."""
CONFLICT = 412


class Change:
    """One conversation that changed. `lines` is None if it was deleted."""

    __slots__ = ("identity", "lines", "sequence")

    def __init__(self, identity: str, sequence: int, lines: "list[str] | None") -> None:
        self.identity = identity
        self.sequence = sequence
        self.lines = lines

    @classmethod
    def of(cls, row: object) -> "Change | None":
        """A `wire.Conversation`; None if the row makes no sense."""
        if not isinstance(row, dict):
            return None
        identity, sequence, lines = row.get("id"), row.get("sequence"), row.get("lines")
        if not isinstance(identity, str) or not is_id(identity) or not isinstance(sequence, int):
            return None
        if lines is not None and not (isinstance(lines, list) and all(isinstance(line, str) for line in lines)):
            return None
        return cls(identity, sequence, lines)


class Account:
    """The account of one login, as far as conversations go; it never waits long."""

    def __init__(self, settings: "config.Settings", token: str, limit_s: float) -> None:
        hurried = config.Settings(dict(settings.values), dict(settings.origins))
        hurried.timeout_s = min(settings.timeout_s, limit_s)
        hurried.connect_timeout_s = min(settings.connect_timeout_s, limit_s)
        self._settings = hurried
        self._who = auth.Credential(token, auth.path())

    def changed(self, after: int) -> "tuple[str, list[Change]]":
        """Whose account it is, and what changed after that; the oldest change first, and not all at once."""
        told = auth.exchange(self._settings, self._who, "GET", f"{PATH}?after={after}")
        rows = told.get("conversations")
        if not isinstance(rows, list):
            raise not_aniate(self._settings.address, "what it answered are no conversations")
        changes = [change for change in map(Change.of, rows) if change is not None]
        return str(told.get("user_id")), changes

    def keep(self, identity: str, lines: "Sequence[str]", known: int) -> int:
        """Keep these lines: the change's sequence, 0 if the account has not the version that is `known` (0: none)."""
        condition = {"If-Match": f'"{known}"'} if known else {"If-None-Match": "*"}
        body = jsontext.dumps({"lines": list(lines)}).encode("ascii")
        try:
            kept = auth.exchange(self._settings, self._who, "PUT", f"{PATH}/{identity}", body, condition)
        except AntError as error:
            if error.status == CONFLICT:
                return 0
            raise
        sequence = kept.get("sequence")
        return sequence if isinstance(sequence, int) else 1

    def delete(self, identity: str) -> None:
        """Forget one; no error if it is forgotten already."""
        try:
            auth.exchange(self._settings, self._who, "DELETE", f"{PATH}/{identity}")
        except AntError as error:
            if error.status != 404:
                raise

    def delete_all(self) -> int:
        """Forget all; how many there were."""
        deleted = auth.exchange(self._settings, self._who, "DELETE", PATH).get("deleted")
        return deleted if isinstance(deleted, int) else 0
