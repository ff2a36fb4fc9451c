"""`ant delete.cmd`, `share`, `agree`; and what `show`, `edit`, `export` and `import` do with a brewed command."""

import sys

from aniate import agreed, auth, brewed, brewed_file, brewed_rules, config, dialogue, jsontext, names, terminal
from aniate.assistants import refresh
from aniate.brewed import SCRIPT, Brewed
from aniate.errors import AntError, InputRefused, UsageError
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call

MAX_FILE = 4 * brewed_rules.MAX_BODY + 16384
_SHORTEST_HASH = 16


def delete(call: "Call") -> int:
    """Delete a command, after a yes. UsageError where nobody can be asked and --yes is missing."""
    name = _one_name(call)
    settings = config.load(call)
    credential = auth.credential(settings)
    if not call.flag("yes") and not terminal.agreed(f"Delete {name} for everyone in the workspace?", "--yes"):
        terminal.say("Nothing was deleted.")
        return 1
    brewed.delete(settings, credential, name)
    agreed.forget(settings, name)
    refresh(settings, credential)
    terminal.say(f"Deleted {name}.")
    return 0


def share(call: "Call") -> int:
    """Print the code by which others may copy a command as it is now; with --stop, end that."""
    name = _one_name(call)
    settings = config.load(call)
    credential = auth.credential(settings)
    if call.flag("stop"):
        brewed.stop_sharing(settings, credential, name)
        if call.flag("json"):
            jsontext.tell({"name": name, "code": None})
        terminal.say(f"{name} is not shared any more.")
        return 0
    code = brewed.share(settings, credential, name)
    if not brewed.is_code(code):
        raise InputRefused("The server answered with no code.", "An update of `ant` may help.")
    if call.flag("json"):
        jsontext.tell({"name": name, "code": code})
        return 0
    sys.stdout.write(code + "\n")
    terminal.say(f"Whoever has this code may copy {name} as it is now: ant import {code}")
    terminal.say(f"`ant share {name} --stop` ends that.")
    return 0


def agree(call: "Call") -> int:
    """Say yes to a script before it is run: on a terminal after a look at it, elsewhere by its hash."""
    from aniate import script

    name = _one_name(call)
    settings = config.load(call)
    command = brewed.read(settings, auth.credential(settings), name)
    if command.kind != SCRIPT:
        terminal.say(f"{name} asks a model and runs nothing: there is nothing to agree to.")
        return 0
    if wrong := brewed_rules.faults(command):
        raise InputRefused(f"{name} can't be run. {wrong[0]}", f"Mend it: ant edit {name}")
    digest, said = agreed.hash_of(command), call.value("hash")
    if said is not None:
        if len(said) < _SHORTEST_HASH or not digest.startswith(said.lower()):
            raise UsageError(f"That is not the hash of {name} as it is now.", f"`ant show {name}` shows it, and it.")
        agreed.agree(settings, command)
    elif not dialogue.possible():
        raise UsageError("There is no terminal to ask on.", f"As in: ant agree {name} --hash {digest[:16]}")
    elif not script.ask_to_agree(settings, command, "Agree to it?"):
        terminal.say("Nothing was agreed to.")
        return 1
    terminal.say(f"Agreed: {name} runs on this machine as it is now.")
    return 0


def show(call: "Call", command: Brewed) -> int:
    """What a command is, whole."""
    digest = agreed.hash_of(command)
    if call.flag("json"):
        told = {"name": command.name, **command.text(), "version": command.version, "updated_at": command.updated_at}
        jsontext.tell(told | {"hash": digest})
        return 0
    terminal.say(f"{command.name}, version {command.version} of {command.updated_at}, a {command.kind}")
    if command.kind == SCRIPT:
        terminal.say(f"It may {brewed_rules.promises(command)}. Its hash: {digest[:16]}")
    sys.stdout.write(clean(brewed_file.as_file(command)))
    return 0


def edit(call: "Call", command: Brewed) -> int:
    """Change a command in the user's editor, or by a file. What was typed is never lost."""
    from aniate import files, places
    from aniate.textfile import read_text

    for option in ("prompt", "model", "summary"):
        if call.flag(option):
            raise UsageError(f"{command.name} is a command, and has no --{option}.", "Edit it in your editor.")
    settings = config.load(call)
    before = brewed_file.as_file(command)
    file = call.value("file")
    text = read_text(file, MAX_FILE) if file is not None else None
    if text is None:
        text = dialogue.edited(before, ".txt", places.config_folder(), command.name)
    if text.rstrip("\n") == before.rstrip("\n"):
        terminal.say("Nothing was changed.")
        return 0
    try:
        made = _changed(settings, command, text)
    except AntError as error:
        if file is None:
            draft = dialogue.draft_path(".txt", places.config_folder(), command.name)
            files.write_private(draft, text)
            error.hint = f"Your text is kept in {draft}; use it with: ant edit {command.name} --file {draft}"
        raise
    terminal.say(f"{made.name} is at version {made.version}.")
    return 0


def _changed(settings: config.Settings, command: Brewed, text: str) -> Brewed:
    """Write what the text says over that version of the command. It stays agreed to where it was."""
    new = brewed_file.from_file(text)
    if new.name != command.name:
        raise InputRefused(f"A command keeps its name: {command.name}, not {clean_line(new.name, 40) or 'nothing'}.")
    if wrong := brewed_rules.faults(new):
        raise InputRefused(f"It can't be saved. {wrong[0]}")
    was_agreed = agreed.agreed_hash(settings, command.name) == agreed.hash_of(command)
    new.version = command.version
    credential = auth.credential(settings)
    made = brewed.write(settings, credential, new)
    refresh(settings, credential)
    if was_agreed and made.kind == SCRIPT and agreed.hash_of(made) == agreed.hash_of(new):
        from aniate import script

        script.remember(settings, made)
    return made


def take_over(call: "Call", new: Brewed, asks: bool) -> int:
    """Save an imported command; its script is shown now, and agreed to when it is first run."""
    new.name, new.version = call.value("as") or new.name, 0
    if new.name in call.table or any(row.partition(".")[0] == new.name for row in call.table):
        raise UsageError(f"{new.name} is a command of ant.", "Choose another name: --as NAME")
    if wrong := brewed_rules.faults(new):
        raise InputRefused(f"It can't be saved. {wrong[0]}")
    settings = config.load(call)
    credential = auth.credential(settings)
    if asks and not call.flag("yes"):
        sys.stderr.write("\n" + clean(brewed_file.as_file(new)) + "\n")
        terminal.say(f"It may {brewed_rules.promises(new)}: so it is declared, and nothing holds it to that.")
        if not terminal.agreed(f"Save it as {new.name}?", "--yes"):
            terminal.say("Nothing was saved.")
            return 1
    made = brewed.write(settings, credential, new)
    refresh(settings, credential)
    terminal.say(f"Brewed {made.name}. Use it: {brewed_rules.usage(made)}")
    return 0


def _one_name(call: "Call") -> str:
    name = call.words[0] if len(call.words) == 1 else ""
    if not names.valid(name):
        raise UsageError("Name one command.", f"As in: ant {call.name} deploy")
    return name
