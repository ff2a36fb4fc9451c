"""The text of a file that the user names to be kept: an assistant's, or a command's."""

import sys

from aniate.errors import InputRefused
from aniate.safe_text import clean_line


def read_text(path: str, limit: int) -> str:
    """The text of a file, or of standard input for `-`, of `limit` bytes at most. InputRefused if it is none."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit + 1) if sys.stdin is not None else b""
        else:
            with open(path, "rb") as file:
                data = file.read(limit + 1)
        if len(data) > limit:
            raise InputRefused(f"{clean_line(path)} is longer than it may be.")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputRefused(f"{clean_line(path)} can't be read: {(error.strerror or 'failed').lower()}.") from error
    except ValueError as error:
        raise InputRefused(f"{clean_line(path)} is not text in UTF-8.") from error
