"""What the user is told when a command fails."""

import errno
import os
import sys
from io import UnsupportedOperation

from aniate import __version__, terminal
from aniate.errors import AntError, NothingSent, StorageFailed
from aniate.safe_text import clean, clean_line

_BUG_EXIT = 3
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def tell_failure(error: Exception, given: dict[str, str]) -> int:
    """One sentence and a hint on stderr (with --json: one line of JSON there). The exit code.

    With --debug the traceback comes before them, in JSON as `traceback`.
    """
    if isinstance(error, NothingSent):
        return 0
    trace = _trace(error) if "debug" in given else ""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        # Reading and writing files have errors of their own, so this is the output.
        error = StorageFailed(f"The output can't be written: {(error.strerror or 'failed').lower()}.")
    if isinstance(error, UnsupportedOperation):  # as `cli` lets it be, where the caller closed it
        error = StorageFailed("The output can't be written: standard output is closed.")
    if not isinstance(error, AntError):
        error = _bug(error)
    if "json" in given:
        from aniate.jsontext import dumps

        told = {"code": clean_line(error.code), "message": clean_line(error.message, 2000)}
        told["hint"] = clean_line(error.hint, 2000)
        if trace:
            told["traceback"] = trace
        sys.stderr.write(dumps({"error": told}) + "\n")
        return error.exit_code
    sys.stderr.write(trace)
    terminal.say("ant: " + error.message, terminal.RED)
    if error.hint:
        terminal.say(error.hint)
    return error.exit_code


def _trace(error: Exception) -> str:
    from traceback import format_exception

    return clean("".join(format_exception(error)))


class Bug(AntError):
    """Something that we did not foresee."""

    code = "bug"
    exit_code = _BUG_EXIT


def _bug(error: Exception) -> Bug:
    """The apology. The report holds where it happened, never what was asked or any token."""
    where = _write_report(error)
    kept = f"A report lies in {where}; it stays on this machine." if where else "--debug shows where."
    return Bug(f"Sorry, this is a bug in ant ({type(error).__name__}).", kept)


def _write_report(error: Exception) -> str:
    import time
    from platform import platform
    from traceback import extract_tb

    from aniate import files, places

    path = os.path.join(places.cache_folder(), "bugs", time.strftime("%Y%m%d-%H%M%S") + f"-{os.getpid()}.txt")
    # No messages and no source lines of other programs: an exception's text may quote what the user sent.
    frames = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in extract_tb(error.__traceback__)]
    lines = [f"ant {__version__}", f"Python {sys.version}", platform(), type(error).__name__, *frames]
    try:
        files.write_private(path, "\n".join(lines) + "\n")
    except AntError:
        return ""
    return path
