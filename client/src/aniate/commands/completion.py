"""`ant completion bash|zsh|fish`: the script with which a shell completes `ant`. Imports no settings."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Print the script for the shell that is named, else for the user's own. UsageError if it is another."""
    from aniate.completion.script import SHELLS, script

    words = list(call.words) or [os.path.basename(os.environ.get("SHELL", ""))]
    if len(words) > 1 or words[0] not in SHELLS:
        raise _which_shell(words if call.words else [])
    sys.stdout.write(script(words[0], call.table))
    return 0


def _which_shell(words: "list[str]") -> Exception:
    from aniate.errors import UsageError
    from aniate.safe_text import clean_line

    told = f"There is no completion for {clean_line(' '.join(words), 40)}." if words else "Say for which shell."
    return UsageError(told, "Type one of: ant completion bash, ant completion zsh, ant completion fish.")
