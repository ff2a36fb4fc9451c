"""`ant show`, `delete.chat`, `export`, `import`: the user's assistants, seen, taken away and carried about.

What bears such a name may be a brewed command too; then `commands.brewed` goes on.
"""

import sys

from aniate import assistants, auth, brewed, brewed_file, config, files, jsontext, names, terminal, textfile
from aniate.assistants import Assistant
from aniate.brewed import Brewed
from aniate.errors import AntError, InputRefused, StorageFailed, UsageError
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def show(call: "Call") -> int:
    """What an assistant is told, or what a command is."""
    settings = config.load(call)
    found = either(settings, auth.credential(settings), one_name(call))
    if isinstance(found, Brewed):
        from aniate.commands import brewed as commands

        return commands.show(call, found)
    if call.flag("json"):
        print_json(found)
        return 0
    terminal.say(f"{found.name}, version {found.version} of {found.updated_at}, model {found.model}")
    sys.stdout.write(clean(found.prompt).rstrip("\n") + "\n")
    return 0


def delete(call: "Call") -> int:
    """Delete an assistant, after a yes. UsageError where nobody can be asked and --yes is missing."""
    name = one_name(call)
    settings = config.load(call)
    credential = auth.credential(settings)
    if not call.flag("yes") and not terminal.agreed(f"Delete {name} for everyone in the workspace?", "--yes"):
        terminal.say("Nothing was deleted.")
        return 1
    assistants.delete(settings, credential, name)
    assistants.refresh(settings, credential)
    terminal.say(f"Deleted {name}.")
    return 0


def export(call: "Call") -> int:
    """An assistant or a command as one readable file, on standard output or in a new file."""
    if len(call.words) not in (1, 2):
        raise UsageError("Say which assistant, and into which file if not to standard output.")
    settings = config.load(call)
    found = either(settings, auth.credential(settings), checked(call.words[0]))
    text = brewed_file.as_file(found) if isinstance(found, Brewed) else as_file(found)
    if len(call.words) == 1:
        sys.stdout.write(clean(text))
        return 0
    path = call.words[1]
    try:
        files.write_for_user(path, text, call.flag("force"))
    except FileExistsError as error:
        raise StorageFailed(f"{clean_line(path)} exists already.", "--force writes over it.") from error
    except OSError as error:
        raise StorageFailed(f"{clean_line(path)} can't be written: {error.strerror}.") from error
    terminal.say(f"Wrote {found.name} to {path}.")
    return 0


def import_file(call: "Call") -> int:
    """Make an assistant or a command from a file that `export` wrote, or a command from a code that was shared.

    InputRefused if it is none.
    """
    if len(call.words) != 1:
        raise UsageError("Name one file, or a code.", "As in: ant import coder.md")
    word, settings = call.words[0], config.load(call)
    if brewed.is_code(word):
        from aniate.commands import brewed as commands

        return commands.take_over(call, brewed.shared(settings, auth.credential(settings), word), asks=True)
    text = read_text(word)
    if brewed_file.is_command(text):
        from aniate.commands import brewed as commands

        return commands.take_over(call, brewed_file.from_file(text), asks=False)
    return save(settings, auth.credential(settings), from_file(text, call.value("as")))


def either(settings: "config.Settings", credential: auth.Credential, name: str) -> "Assistant | Brewed":
    """The assistant of that name, or the command. ServerRefused with the code `not_found` if there is neither."""
    _, commands = names.known(settings.profile, settings.address.origin)
    if name in commands:
        try:
            return brewed.read(settings, credential, name)
        except AntError as error:
            if error.code != "not_found":
                raise
    try:
        return assistants.read(settings, credential, name)
    except AntError as refused:
        if refused.code != "not_found" or name in commands:
            raise
        try:
            return brewed.read(settings, credential, name)
        except AntError as error:
            if error.code != "not_found":
                raise
            refused.message = f"There is no assistant and no command {name}."
            raise refused from None


def save(settings: "config.Settings", credential: auth.Credential, assistant: Assistant) -> int:
    """Make it, and say how to use it."""
    made = assistants.write(settings, credential, assistant)
    assistants.refresh(settings, credential)
    terminal.say(f"Brewed {made.name}. Use it: ant {made.name} WORDS…")
    return 0


def one_name(call: "Call") -> str:
    """The one word of the call, if it can be an assistant's name. UsageError if not."""
    if len(call.words) != 1:
        raise UsageError("Name one assistant.", f"As in: ant {call.name} coder")
    return checked(call.words[0])


def checked(name: str) -> str:
    """`name`, without an @ before it. UsageError if no assistant can be called so."""
    name = name.removeprefix("@")
    if not name:
        raise UsageError("The assistant's name is empty.", "For example: coder")
    if not names.valid(name):
        raise UsageError(
            f"{clean_line(name, 40) or 'This'} can't be an assistant's name:"
            " 1 to 32 small letters, digits, - and _, a letter first.",
            "For example: coder",
        )
    return name


def read_text(path: str) -> str:
    """The text of a file, or of standard input for `-`. InputRefused if it can't be a prompt."""
    return textfile.read_text(path, 4 * assistants.MAX_PROMPT + 4096)


def as_file(found: Assistant) -> str:
    """An assistant as text: its few fields between two rules, then what it is told."""
    head = f"---\nname: {found.name}\nmodel: {found.model}\nsummary: {found.summary}\n---\n"
    return head + found.prompt.rstrip("\n") + "\n"


def from_file(text: str, name: "str | None") -> Assistant:
    """The assistant in such a text, under another name if one is given. InputRefused if it is none."""
    lines = text.split("\n")
    if lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise InputRefused("The file does not begin with fields between two lines of ---.", "See: ant export NAME")
    end = 1 + [line.strip() for line in lines[1:]].index("---")
    fields: dict[str, object] = {}
    for number, line in enumerate(lines[1:end], 2):
        key, colon, value = line.partition(":")
        if not colon or key.strip() not in ("name", "model", "summary"):
            raise InputRefused(f"Line {number} of the file is none of name:, model:, summary:.")
        fields[key.strip()] = value.strip()
    given = Assistant({**fields, "prompt": bounded("\n".join(lines[end + 1 :]))})
    given.name = checked(name or given.name)
    given.model = given.model or "default"
    return given


def bounded(prompt: str) -> str:
    """`prompt` without blank lines around it. UsageError if it is empty or too long."""
    prompt = prompt.strip("\n")
    if not prompt.strip():
        raise UsageError("The assistant's text is empty.", "Say what it should be, in a sentence or more.")
    if len(prompt) > assistants.MAX_PROMPT:
        raise UsageError(f"The text has {len(prompt)} characters; {assistants.MAX_PROMPT} are the most.")
    return prompt


def print_json(found: Assistant) -> None:
    """One line of JSON."""
    fields = ("name", "prompt", "model", "summary", "version", "updated_at")
    jsontext.tell({field: getattr(found, field) for field in fields})
