"""The script that `ant init` prints: pieces of files beside this one, chosen by the user's settings."""

import os

from aniate import recording
from aniate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from aniate.options import Command

SHELLS = ("bash", "zsh", "fish")


def script(shell: str, table: "Mapping[str, Command]", record: str, key: str) -> str:
    """The script for one of SHELLS. UsageError if the key can't be one."""
    from aniate.completion.script import quoted
    from aniate.completion.script import script as completion

    pieces = []
    if record == "on":
        pieces.append(_piece(f"recorder.{shell}"))
    if record in ("on", "commands"):
        pieces.append(_piece(f"record.{shell}"))
    pieces.append(_completing(shell, completion(shell, table)))
    sequence = _sequence(shell, key)
    if sequence:
        pieces.append(_piece(f"key.{shell}").replace("#<key>", sequence))
    if shell == "zsh":
        pieces.append(_piece("noglob.zsh"))
    return "\n".join(pieces).replace("#<folder>", quoted(shell, recording.folder()))


def _piece(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def _completing(shell: str, text: str) -> str:
    """The completion script. zsh may not be ready for it yet: then it comes at the first prompt."""
    if shell != "zsh":
        return text
    before, _, _ = text.rpartition("\nif [[ ${funcstack")
    return before + "\n" + _piece("completion.zsh")


def _sequence(shell: str, key: str) -> str:
    """What the key sends, as the shell writes it; empty for `none`. UsageError for a key that can't be one."""
    if key == "none":
        return ""
    kind, _, letter = key.partition("-")
    if kind not in ("alt", "ctrl") or len(letter) != 1 or not ("a" <= letter <= "z"):
        raise UsageError(f"--key takes alt-LETTER, ctrl-LETTER or none; {key!r} is none of them.", "As in --key alt-a")
    if shell == "bash":
        return f"\\e{letter}" if kind == "alt" else f"\\C-{letter}"
    if shell == "zsh":
        return f"^[{letter}" if kind == "alt" else f"^{letter.upper()}"
    return f"\\e{letter}" if kind == "alt" else f"\\c{letter}"
