"""`ant copy [N | code]`: the last answer, or a block of its code, to the clipboard."""

import sys

from aniate import jsontext, places, terminal
from aniate.errors import InputRefused, UsageError
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Copy; where stdout is piped, print. InputRefused if there is nothing to copy, NoClipboard if nothing takes it."""
    number = _wanted(call)
    answer = clean(_last_answer())
    text = _block(answer, number) if number else answer.strip("\n")
    if call.flag("json"):
        jsontext.tell({"text": text})
    elif terminal.is_terminal(sys.stdout):
        from aniate.clipboard import copy

        means = copy(text)
        lines = text.count("\n") + 1
        terminal.say(f"Copied {lines} line{'' if lines == 1 else 's'}, by {means}.")
    else:
        sys.stdout.write(text + "\n")
    return 0


def _wanted(call: "Call") -> int:
    """Which block of code, or 0 for the whole answer."""
    if not call.words:
        return 0
    word = call.words[0]
    if len(call.words) > 1 or not (word == "code" or (word.isascii() and word.isdigit() and int(word[:6]) > 0)):
        raise UsageError("Type: ant copy, ant copy code, or the number of a block of code, as in ant copy 2.")
    return 1 if word == "code" else int(word[:6])


def _last_answer() -> str:
    path = places.last_answer_path()
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(2 * 1024 * 1024)
    except FileNotFoundError:
        raise InputRefused("There is no answer on this machine yet.", "Ask something: ant ask WORDS…") from None
    except OSError as error:
        raise InputRefused(f"The last answer can't be read: {error.strerror}.") from error


def _block(answer: str, number: int) -> str:
    from aniate.markdown.fences import blocks_of_code

    blocks = blocks_of_code(answer)
    if number <= len(blocks):
        return blocks[number - 1]
    if not blocks:
        raise InputRefused("There is no code in the last answer.", "`ant copy` copies all of it.")
    count = "one block" if len(blocks) == 1 else f"{len(blocks)} blocks"
    raise InputRefused(f"The last answer has {count} of code.", f"`ant copy {len(blocks)}` copies the last one.")
