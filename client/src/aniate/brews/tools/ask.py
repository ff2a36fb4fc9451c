"""`ant ask WORDS…`: a question, with what is piped in."""

from aniate.brews.conversation import hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Ask. UsageError if there is nothing to ask."""
    from aniate.context import stdin_is_piped

    question = " ".join(call.words).strip()
    if not question and (call.flag("no-stdin") or not stdin_is_piped()):
        from aniate.errors import UsageError

        raise UsageError("There is no question.", "Type it after `ant ask`; it needs no quotes.")
    return hold(call, "ask", question, keep=True)
