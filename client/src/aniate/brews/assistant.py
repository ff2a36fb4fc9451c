"""`ant NAME WORDS…`, `ant @NAME WORDS…`, `ant run NAME WORDS…`: an assistant answers."""

from aniate import names
from aniate.brews.conversation import hold
from aniate.errors import AntError, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Ask the assistant that the first word names. UsageError if there is no question."""
    from aniate.context import stdin_is_piped

    name = call.words[0] if call.words else ""
    if not name:
        raise UsageError("The assistant's name is missing.", "As in: ant run coder WORDS…")
    if not names.valid(name):
        raise UsageError(f"{clean_line(name, 40) or 'This'} is no assistant's name.", "As in: ant run coder WORDS…")
    question = " ".join(call.words[1:]).strip()
    if not question and (call.flag("no-stdin") or not stdin_is_piped()):
        raise UsageError("There is no question.", f"Type it after the name: ant {name} why does this fail")
    try:
        return hold(call, names.BREW, question, assistant=name, keep=True)
    except AntError as error:
        if error.code == "not_found" and f"assistant {name}" in error.message:
            from aniate import config

            settings = config.load(call)
            names.forget(settings.profile, settings.address.origin, name)
        raise
