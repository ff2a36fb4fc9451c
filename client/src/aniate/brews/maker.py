"""`ant brew.cmd WORDS…`: a model drafts a command, and the user sees it, tries it, edits it and saves it."""

import sys

from aniate import auth, brewed, brewed_file, brewed_rules, dialogue, jsontext, places, terminal
from aniate.assistants import refresh
from aniate.brewed import SCRIPT, Brewed
from aniate.brews.asking import Caller, Question, ask_for_form
from aniate.errors import AntError, InputRefused, UsageError
from aniate.names import MAKER
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.context import Piece
    from aniate.options import Call

_KEYS = {"s": "save", "t": "try", "e": "edit", "r": "revise", "c": "cancel"}


def brew(call: "Call") -> int:
    """Make a command from words, or from a file. UsageError if there is neither."""
    words = " ".join(call.words).strip()
    file = call.value("from-file")
    if words and file is not None:
        raise UsageError("--from-file says already what the command is.", "Leave out the words, or the option.")
    if not words and file is None:
        if not _piped(call):
            raise UsageError("Say what the command should do.", 'As in: ant brew.cmd "count the lines of a file"')
        file = "-"
    talks = dialogue.possible() and not call.flag("yes") and not call.flag("json")
    if not talks:
        sys.stdout.write("")  # where it is closed, that is told before anything is sent
    draft = _Draft(Caller(call), words)
    if file is None:
        draft.ask(words)
    else:
        from aniate.textfile import read_text

        draft.command = brewed_file.from_file(read_text(file, 4 * brewed_rules.MAX_BODY + 16384))
    return _discuss(draft) if talks else _at_once(draft)


def _piped(call: "Call") -> bool:
    from aniate.context import stdin_is_piped

    return not call.flag("no-stdin") and stdin_is_piped()


class _Draft:
    """A command that is not saved yet, and how the model came to it."""

    def __init__(self, caller: Caller, words: str) -> None:
        self.caller = caller
        self.words = words
        self.command = Brewed({})
        self._turns: list[tuple[str, str]] = []
        self._pieces: list[Piece] | None = None

    def ask(self, words: str) -> None:
        """Let the model draft it, or change its draft as the words say. AntError if it has no answer of the form."""
        from aniate.brews.conversation import gather

        if self._pieces is None:
            self._pieces = gather(self.caller.call)
        question = Question(MAKER, words, self._pieces, earlier=self._earlier())
        form = ask_for_form(self.caller, question)
        self.command = brewed_rules.tidied(Brewed(form))
        self._turns.append(("user", words))

    def _earlier(self) -> "list[tuple[str, str]]":
        """The turns so far, the last answer of which is the draft as it is now, whoever changed it."""
        if not self.command.name:
            return []
        said = jsontext.dumps({"name": self.command.name, **self.command.text()}, ascii_only=False)
        before = " ".join(text for _, text in self._turns) or self.command.description
        return [("user", before), ("assistant", said)]

    def faults(self) -> "list[str]":
        """What must be mended before it can be saved."""
        found = brewed_rules.faults(self.command)
        table = self.caller.call.table
        if any(self.command.name in (row, row.partition(".")[0]) for row in table):
            found.append(f"{self.command.name} is a command of ant: it needs another name.")
        return found

    def save(self) -> int:
        """Save it. InputRefused if something is wrong with it, ServerRefused if its name is taken."""
        if wrong := self.faults():
            raise InputRefused(f"It can't be saved. {wrong[0]}", "Mend that: it is in the file's fields.")
        settings = self.caller.settings
        credential = self.caller.credential or auth.credential(settings)
        self.command = brewed.write(settings, credential, self.command)
        refresh(settings, credential)
        return 0


def _at_once(draft: _Draft) -> int:
    """Where nobody is asked: print the draft; save it with --yes."""
    call, command = draft.caller.call, draft.command
    if call.flag("yes") and not call.flag("dry-run"):
        draft.save()
    saved = draft.command.version > 0
    if call.flag("json"):
        told = {"name": command.name, **command.text(), "saved": saved}
        jsontext.tell(told)
    else:
        sys.stdout.write(clean(brewed_file.as_file(command)))
    if saved:
        _say_how(draft.command)
    else:
        terminal.say("Nothing was saved: --yes saves it.")
        for fault in draft.faults():
            terminal.say(fault)
    return 0


def _say_how(command: Brewed) -> None:
    terminal.say(f"Brewed {command.name}. Use it: {brewed_rules.usage(command)}")


def _discuss(draft: _Draft) -> int:
    """Show the draft and do what the user says, until it is saved or left."""
    show(draft.command)
    while True:
        for fault in draft.faults():
            terminal.say(fault, terminal.RED)
        key = dialogue.choose("", _KEYS, "c")
        if key == "c":
            terminal.say("Nothing was saved.")
            return 1
        try:
            if key == "s":
                return _save(draft)
            {"t": _try, "e": _edit, "r": _revise}[key](draft)
        except EOFError:
            sys.stderr.write("\n")
        except AntError as error:
            terminal.say(error.message, terminal.RED)
            if error.hint:
                terminal.say(error.hint)


def show(command: Brewed) -> None:
    """The draft, whole, and what it may do; on stderr, since nobody is to read it from a pipe."""
    sys.stderr.write("\n" + clean(brewed_file.as_file(command)) + "\n")
    terminal.say(f"It is used so: {brewed_rules.usage(command)}")
    terminal.say(f"It may {brewed_rules.promises(command)}.")
    if command.kind == SCRIPT:
        from aniate.script import say_dangers

        say_dangers(command)


def _save(draft: _Draft) -> int:
    from aniate import agreed, script

    seen = agreed.hash_of(draft.command)  # whole, and every change of it
    draft.save()
    if draft.command.kind == SCRIPT and agreed.hash_of(draft.command) == seen:
        script.remember(draft.caller.settings, draft.command)
    _say_how(draft.command)
    return 0


def _edit(draft: _Draft) -> None:
    text = dialogue.edited(brewed_file.as_file(draft.command), ".txt", places.config_folder(), "command")
    while True:
        try:
            draft.command = brewed_file.from_file(text)
            break
        except InputRefused as error:
            terminal.say(error.message, terminal.RED)
            if dialogue.choose("", {"e": "edit again", "c": "cancel"}, "c") == "c":
                return
            text = dialogue.edited(text, ".txt", places.config_folder(), "command")
    show(draft.command)


def _revise(draft: _Draft) -> None:
    if words := dialogue.line("How should it be different?").strip():
        draft.ask(words)
        show(draft.command)


def _try(draft: _Draft) -> None:
    """On arguments that the user types: a template is asked, a script run, each after a yes."""
    from aniate import brewed_call

    if wrong := brewed_rules.faults(draft.command):
        raise InputRefused(f"It can't be tried. {wrong[0]}")
    command, values = draft.command, {}
    for each in command.arguments:
        if each.type == "flag":
            yes = dialogue.choose(f"--{each.name}?", {"y": "yes", "n": "no"}, "n") == "y"
            values[each.name] = brewed_call.YES if yes else ""
            continue
        word = dialogue.line(f"{each.name.upper()} ({each.type}):")
        if word or each.required:
            values[each.name] = brewed_call.typed(command, each, word)
    (_try_script if command.kind == SCRIPT else _try_template)(draft, values)


def _try_script(draft: _Draft, values: "dict[str, str]") -> None:
    from aniate import script

    script.show(draft.command)
    for name, value in values.items():
        terminal.say(f"{name} is {jsontext.dumps(value, ascii_only=False)}")
    if dialogue.choose("Run it?", {"y": "yes", "n": "no"}, "n") == "y":
        code = script.try_out(draft.command, values)
        terminal.say(f"It ended with {code}.")


def _try_template(draft: _Draft, values: "dict[str, str]") -> None:
    from aniate import brewed_call
    from aniate.brews.conversation import show_answer
    from aniate.context import Found

    found = Found(not draft.caller.call.flag("no-redact"))
    text = brewed_call.filled(draft.command, values, found)
    sys.stderr.write("\n" + clean(text) + "\n\n")
    for piece in found.pieces:
        terminal.say(f"[{piece.name}] is {jsontext.dumps(piece.text[:200], ascii_only=False)}")
    if dialogue.choose("Ask it?", {"y": "yes", "n": "no"}, "n") == "y":
        show_answer(draft.caller, Question("ask", text, found.pieces))
