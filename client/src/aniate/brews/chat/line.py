"""The line that is typed: history, several lines, completion; or what the terminal itself can, where it is dumb."""

import os
import sys

from aniate.brews.chat.endings import endings
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Protocol

    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyBindings

    class Typist(Protocol):
        """Where lines come from."""

        def read(self, who: str, text: str) -> str:
            """What is typed behind `who`, beginning with `text`. EOFError at its end, KeyboardInterrupt for Ctrl-C."""
            ...


def typist(asked: "Sequence[str]", assistants: "Iterable[str]") -> "Typist":
    """The best that this terminal can do; `asked` are earlier questions, the newest last."""
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return Plain()
    return Edited(asked, assistants)


class Plain:
    """Lines by `input`; a \\ at the end goes on in the next."""

    def read(self, who: str, text: str) -> str:
        """As Typist; a text to begin with is repeated if nothing is typed."""
        if text:
            sys.stderr.write(f"{who}> {clean_line(text, 200)}  (Enter alone asks that again)\n")
            sys.stderr.flush()
        lines = [input(f"{who}> ")]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
            lines.append(input("  "))
        return "\n".join(lines) or text


class Edited:
    """A line editor, by prompt_toolkit."""

    def __init__(self, asked: "Sequence[str]", assistants: "Iterable[str]") -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import InMemoryHistory
        from prompt_toolkit.output.vt100 import Vt100_Output

        # Terminals are not asked where the cursor is: the answer may come late, and be taken for typing.
        output = Vt100_Output.from_pty(sys.stdout, term=os.environ.get("TERM"))
        output.enable_cpr = False
        self._session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(list(asked)),
            multiline=True,
            prompt_continuation="  ",
            completer=_completer(list(assistants)),
            complete_while_typing=True,
            reserve_space_for_menu=6,
            key_bindings=_keys(),
            enable_open_in_editor=True,
            enable_suspend=True,
            output=output,
        )

    def read(self, who: str, text: str) -> str:
        """As Typist."""
        return self._session.prompt(f"{who}> ", default=text)


def _keys() -> "KeyBindings":
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.filters import completion_is_selected, has_completions
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.current_line_before_cursor.endswith("\\") and buffer.document.is_cursor_at_the_end_of_line:
            buffer.delete_before_cursor()
            buffer.newline(copy_margin=False)
        else:
            buffer.validate_and_handle()

    @keys.add("enter", filter=completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @keys.add("tab", filter=~has_completions)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        found = list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
        if len(found) == 1:
            buffer.apply_completion(found[0])
        else:
            buffer.start_completion(insert_common_part=True)

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=False)

    return keys


def _completer(assistants: "list[str]") -> "Completer":
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        """/commands, what some of them take, and @paths."""

        def get_completions(self, document: "Document", complete_event: "CompleteEvent") -> "Iterator[Completion]":
            del complete_event  # by Tab or while typing, it is the same
            typed = document.text_before_cursor
            for start, text, shown, meaning in endings(typed, assistants):
                yield Completion(text, start_position=-start, display=shown, display_meta=meaning)

    return Words()
