"""The tree of errors.

AntError                 1  something the user can be told about in one sentence
├── UsageError           2  the command line is wrong
│   └── InsecureHost     2  plain http to somewhere that is not this machine
├── NeedsLogin           4  no token, or one that is not accepted (any more)
│   └── NobodyHere       4  nobody has logged in
├── LimitReached         5  the account's limit
├── InputRefused         1  a file or standard input that can't go along
├── ChangeRefused        1  a change of files that can't be made, or must not be
├── StorageFailed        1  our own files can't be read or written
├── Unreachable          1  no connection
├── NotAniate            1  something answers there, but it is no Aniate server
├── BrokenAnswer         1  the answer stopped or makes no sense
└── ServerRefused        1  the server said no, or failed

Every error has a `code` for programs, a `message` of one sentence, a `hint` (or none) and the exit
code that stands beside it above. Anything else that is raised is a bug: exit code 3; but for NothingSent.
"""


class AntError(Exception):
    """Base of all errors that are told to the user."""

    code = "failed"
    exit_code = 1
    status = 0
    """The HTTP status, where a server's answer is what failed."""
    retry_after_s = 0
    """How long that server wants to be left alone, or 0."""

    def __init__(self, message: str, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code


class NothingSent(Exception):
    """No error: with `--dry-run` the request was shown in place of being sent. Ends the command, exit code 0."""


class UsageError(AntError):
    """The command line is wrong."""

    code = "usage"
    exit_code = 2


class InsecureHost(UsageError):
    """A token would cross the network in the clear."""

    code = "insecure_host"


class NeedsLogin(AntError):
    """There is no token for this host, or the host refuses it."""

    code = "not_authenticated"
    exit_code = 4


class NobodyHere(NeedsLogin):
    """There is no token for this host."""


class LimitReached(AntError):
    """The account's limit is reached."""

    code = "limit_reached"
    exit_code = 5


class InputRefused(AntError):
    """A file, a folder or standard input can't go along with the question."""

    code = "bad_input"


class ChangeRefused(AntError):
    """A change of the user's files can't be made, or must not be; nothing was changed."""

    code = "change_refused"


class StorageFailed(AntError):
    """A file of ours can't be read or written."""

    code = "storage_failed"


class Unreachable(AntError):
    """No connection to the server."""

    code = "unreachable"


class NotAniate(AntError):
    """Something else answers where the server should be."""

    code = "not_aniate"


class BrokenAnswer(AntError):
    """The answer stopped before its end, or can't be understood."""

    code = "broken_answer"


class ServerRefused(AntError):
    """The server said no, or failed; `code` is the server's."""

    code = "server_failed"


def from_server(code: str, message: str, hint: str, status: int = 0, retry: str = "") -> AntError:
    """The error that the server's `code`, or failing that its HTTP `status`, stands for.

    `retry` says when to try again, as in "in 30 s", or is empty.
    """
    if code == "not_authenticated" or status == 401:
        return NeedsLogin(message, hint or "Log in with `ant login`.", code)
    if code == "limit_reached" or status in (402, 429):
        return LimitReached(message, f"Try again {retry}." if retry else hint, code)
    return ServerRefused(message, hint, code)
