"""What this machine remembers of an account that keeps conversations, too."""


class Memory:
    """What this machine knows of the account of a login: whose it is, and how far both are."""

    __slots__ = ("cursor", "forget", "known", "user", "waiting")

    def __init__(self, stored: "dict[str, object]") -> None:
        cursor, known = stored.get("cursor"), stored.get("known")
        self.user = str(stored.get("user") or "")
        self.cursor = cursor if isinstance(cursor, int) else 0
        pairs = known.items() if isinstance(known, dict) else ()
        self.known = {str(key): value for key, value in pairs if isinstance(value, int)}
        self.waiting = _names(stored.get("waiting"))
        self.forget = _names(stored.get("forget"))

    def begin(self, user: str, waiting: "list[str]") -> None:
        """Nothing is known of this user's account yet, and these wait for it."""
        self.user, self.waiting = user, waiting
        self.cursor, self.known, self.forget = 0, {}, []

    def as_data(self) -> "dict[str, object]":
        """As it is kept."""
        return {name: getattr(self, name) for name in self.__slots__}


def _names(value: object) -> "list[str]":
    return list(dict.fromkeys(each for each in value if isinstance(each, str))) if isinstance(value, list) else []
