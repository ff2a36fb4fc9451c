"""The loop of a talk: a line is typed, and done or asked; what fails is told, and the talk goes on."""

import sys

from aniate import terminal
from aniate.brews.chat import mentions, slash
from aniate.brews.chat.interrupt import interruptible, unseen
from aniate.brews.chat.talk import Talk, say_hint
from aniate.errors import AntError, NothingSent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.brews.chat.line import Typist


def hold(talk: Talk, typist: "Typist") -> int:
    """Talk until the user leaves; 0."""
    kept, warned = "", False
    while True:
        try:
            with interruptible():
                line = typist.read(talk.assistant, kept)
        except KeyboardInterrupt:
            if warned:
                return 0
            kept, warned = "", True
            say_hint("Ctrl-C again, or Ctrl-D, leaves.")
            continue
        except EOFError:
            return 0
        kept, warned = "", False
        if not line.strip():
            continue
        done = _done(talk, line)
        if done == slash.LEAVE:
            return 0
        kept = done or ""


def _done(talk: Talk, line: str) -> "str | None":
    """What is to be typed on at: the line itself where nothing came of it. Also `slash.LEAVE`."""
    is_command = slash.is_command(line)
    try:
        with interruptible(), unseen():
            if is_command:
                return slash.run(talk, line.strip())
            good = talk.ask(line.strip("\n"), mentions.paths_in(line))
            return None if good else line
    except KeyboardInterrupt:
        terminal.say("(interrupted)", terminal.DIM)
    except NothingSent:
        return None
    except AntError as error:
        terminal.say(error.message, terminal.RED)
        if error.hint:
            terminal.say(error.hint)
    finally:
        sys.stdout.write("\n")
        sys.stdout.flush()
    return None if is_command else line
