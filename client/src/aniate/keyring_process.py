"""The keyring of the operating system, in a process of its own: see `keyring_call`, which starts it.

One request comes on standard input, `{"do", "user", "secret"}`, and one answer goes to standard output,
`{"usable"}`, `{"secret"}` or `{"error"}`.
"""

import os
import sys

from aniate import jsontext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "aniate"
_NONE_AT_ALL = ("keyring.backends.fail", "keyring.backends.null")
_IN_PLAIN_FILES = "keyrings.alt"


def serve() -> None:
    """Answer the one request."""
    output = os.dup(1)
    os.dup2(2, 1)  # what a backend prints is not the answer
    try:
        answer = _answer(jsontext.load_object(sys.stdin.read()))
    except Exception as error:  # noqa: BLE001  # backends raise what they like
        answer = {"error": type(error).__name__}
    os.write(output, jsontext.dumps(answer).encode())


def _answer(request: "dict[str, object]") -> "dict[str, object]":
    import keyring

    do, user = request["do"], str(request["user"])
    if do == "probe":
        return {"usable": _usable(keyring.get_keyring()) and _answers(user)}
    former = keyring.get_password(SERVICE, user)
    if do == "swap" and request["secret"]:
        keyring.set_password(SERVICE, user, str(request["secret"]))
    elif do == "swap" and former is not None:
        keyring.delete_password(SERVICE, user)
    return {"secret": former}


def _usable(backend: "KeyringBackend") -> bool:
    """Whether that keyring keeps a secret, and keeps it from others."""
    module = type(backend).__module__
    if module in _NONE_AT_ALL or module.startswith(_IN_PLAIN_FILES):
        return False
    if module == "keyring.backends.chainer":  # the first of its links is the one that is written to
        links = list(getattr(backend, "backends", ()))
        return bool(links) and _usable(links[0])
    return float(backend.priority) > 0


def _answers(user: str) -> bool:
    """Whether it can be read, as one that is locked, or whose service is away, can not."""
    import keyring

    keyring.get_password(SERVICE, user)
    return True
