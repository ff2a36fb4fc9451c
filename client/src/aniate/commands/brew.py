"""`ant brew.chat NAME` and `ant edit NAME`: an assistant is made, or told something else."""

import sys

from aniate import assistants, auth, config, dialogue, places, terminal
from aniate.assistants import Assistant
from aniate.brewed import Brewed
from aniate.commands.assistants import bounded, checked, either, one_name, read_text, save
from aniate.errors import AntError, UsageError
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call

_ENDING = ".md"
_MAX_SUMMARY = 80


def brew(call: "Call") -> int:
    """Make an assistant from options, from what is piped in, or from the answer to a question."""
    name = one_name(call)
    if name in call.table or any(row.partition(".")[0] == name for row in call.table):
        raise UsageError(f"{name} is a command of ant.", "Choose another name.")
    settings = config.load(call)
    credential = auth.credential(settings)
    new = Assistant({"name": name})
    if source := call.value("from"):
        copied = assistants.read(settings, credential, checked(source))
        new.prompt, new.model, new.summary = copied.prompt, copied.model, copied.summary
    asked = not _take_options(call, new) and not new.prompt
    if asked:
        new.prompt = _typed(name)
    new.prompt = bounded(new.prompt)
    new.summary = new.summary or _first_line(new.prompt)
    if (
        asked
        and sys.stdin.isatty()
        and not terminal.agreed(f"Brew {name} from these {len(new.prompt)} characters?", "--prompt")
    ):
        terminal.say("Nothing was brewed.")
        return 1
    return save(settings, credential, new)


def edit(call: "Call") -> int:
    """Change an assistant in the user's editor, or by options. Nothing that was typed is ever lost."""
    name = one_name(call)
    settings = config.load(call)
    credential = auth.credential(settings)
    found = either(settings, credential, name)
    if isinstance(found, Brewed):
        from aniate.commands import brewed as commands

        return commands.edit(call, found)
    before = (found.prompt, found.model, found.summary)
    edited = not _take_options(call, found)
    if edited:
        found.prompt = dialogue.edited(found.prompt + "\n", _ENDING, places.config_folder(), name)
    try:
        found.prompt = bounded(found.prompt)
    except UsageError as error:
        if edited and found.prompt.strip():
            error.hint = f"Your text is kept in {_keep_draft(name, found.prompt)}"
        raise
    if found.summary == before[2] == _first_line(before[0]) and call.value("summary") is None:
        found.summary = _first_line(found.prompt)
    if (found.prompt, found.model, found.summary) == before:
        terminal.say("Nothing was changed.")
        return 0
    try:
        made = assistants.write(settings, credential, found)
    except AntError as error:
        kept = _keep_draft(name, found.prompt)
        error.hint = f"Your text is kept in {kept}; use it with: ant edit {name} --file {kept}"
        raise
    assistants.refresh(settings, credential)
    terminal.say(f"{made.name} is at version {made.version}.")
    return 0


def _take_options(call: "Call", assistant: Assistant) -> bool:
    """Put what the options say into the assistant; whether there were any. UsageError if two say the same thing."""
    prompt, file = call.value("prompt"), call.value("file")
    if prompt is not None and file is not None:
        raise UsageError("--prompt and --file both say what the assistant is told.", "Give one of them.")
    if prompt is not None or file is not None:
        assistant.prompt = prompt if prompt is not None else read_text(file or "")
    model, summary = call.value("model"), call.value("summary")
    assistant.model = assistant.model if model is None else model
    assistant.summary = assistant.summary if summary is None else summary
    told = prompt is not None or file is not None
    return told or (call.name == "edit" and (model is not None or summary is not None))


def _typed(name: str) -> str:
    """What the user types, to an empty line; or what is piped in."""
    if sys.stdin is None:
        return ""
    if not sys.stdin.isatty():
        return read_text("-")
    terminal.say(f"What should {name} be? Describe it; an empty line ends.")
    lines: list[str] = []
    while True:
        sys.stderr.write("> ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line.strip():
            if not line:
                sys.stderr.write("\n")
            return "\n".join(lines)
        lines.append(line.rstrip("\n"))


def _first_line(prompt: str) -> str:
    line = " ".join(clean(prompt).strip().split("\n")[0].split())
    return line if len(line) <= _MAX_SUMMARY else line[: _MAX_SUMMARY - 1].rstrip() + "…"


def _keep_draft(name: str, text: str) -> str:
    """Keep what was typed; where it lies."""
    from aniate import files

    path = dialogue.draft_path(_ENDING, places.config_folder(), name)
    files.write_private(path, text.rstrip("\n") + "\n")
    return path
