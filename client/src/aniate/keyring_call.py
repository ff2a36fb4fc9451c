"""Calls to the keyring of the operating system, each in a process of its own.

`keyring` takes 140 ms to import, and a keyring may wait for ever for somebody to unlock it: its process is ended
after 3 s. Secrets go through its standard input and output, never over a command line.
"""

import os
import sys

from aniate import jsontext
from aniate.errors import StorageFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

LIMIT_S = 3.0
SILENT = "keyring_silent"
"""The code of the error for a keyring that does not answer in time."""
# Nothing is imported from the folder that the user works in.
_PROGRAM = "import sys; sys.path[:] = [p for p in sys.path if p]; from aniate.keyring_process import serve; serve()"


def usable(user: str) -> bool:
    """Whether there is a keyring that can keep a secret. StorageFailed if it does not answer in time."""
    try:
        return _call("probe", user).get("usable") is True
    except StorageFailed as error:
        if error.code == SILENT:
            raise
        return False


def get(user: str) -> str:
    """The secret of that name, empty if there is none. StorageFailed if the keyring fails."""
    return str(_call("get", user).get("secret") or "")


def swap(user: str, secret: str) -> str:
    """Keep the secret, or none if it is empty; the former one, or nothing. StorageFailed if the keyring fails."""
    return str(_call("swap", user, secret).get("secret") or "")


def _call(do: str, user: str, secret: str = "") -> "dict[str, object]":
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    request = jsontext.dumps({"do": do, "user": user, "secret": secret}).encode()
    child = Popen(  # noqa: S603  # the interpreter that runs this, and a program that stands above
        [sys.executable, "-c", _PROGRAM], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd="/", start_new_session=True
    )
    try:
        output, _ = child.communicate(request, timeout=LIMIT_S)
    except TimeoutExpired:
        raise StorageFailed(
            f"The keyring did not answer within {LIMIT_S:g} s.",
            "It may wait to be unlocked; `ant login --in-file` does without it.",
            SILENT,
        ) from None
    finally:
        _end(child)
    return _understood(output)


def _end(child: "Popen[bytes]") -> None:
    """End the process and whatever it started, which might hold its pipes."""
    import signal

    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _understood(output: bytes) -> "dict[str, object]":
    try:
        answer = jsontext.load_object(output.decode())
    except ValueError:
        answer = {"error": "no answer"}
    error = answer.get("error")
    if error:
        raise StorageFailed(f"The keyring failed ({error}).", "`ant login --in-file` does without it.")
    return answer
