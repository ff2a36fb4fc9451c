"""`ant init bash|zsh|fish`: what joins `ant` and a shell; also the recorder, when that script asks for it."""

import os
import sys

from aniate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Print the script for the shell that is named, else for the one that asks. UsageError if there is none for it."""
    from aniate.shell_integration.script import SHELLS, script

    words = list(call.words) or [_asking()]
    if len(words) > 1 or words[0] not in SHELLS:
        raise _which_shell(words if call.words else [])
    if call.flag("recorder"):
        from aniate.shell_integration.recorder import record

        return record(words[0])
    from aniate import config, recording

    recording.forget_ended_shells()
    recorded = config.for_all_profiles(call, "record")
    sys.stdout.write(script(words[0], call.table, recorded, call.value("key") or "alt-a"))
    return 0


def _asking() -> str:
    """The shell that started us; where the system does not say, the user's own."""
    try:
        with open(f"/proc/{os.getppid()}/comm", encoding="utf-8") as file:
            name = file.read().strip().removeprefix("-")
    except OSError:
        name = ""
    return name if name in ("bash", "zsh", "fish") else os.path.basename(os.environ.get("SHELL", ""))


def _which_shell(words: "list[str]") -> Exception:
    from aniate.safe_text import clean_line

    told = f"There is nothing for {clean_line(' '.join(words), 40)}." if words else "Say for which shell."
    return UsageError(told, "Type one of: ant init bash, ant init zsh, ant init fish.")
