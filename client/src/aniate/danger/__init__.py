"""What is dangerous about a shell command, read from its syntax tree. What can't be read counts as dangerous."""

from aniate.safe_text import clean

_MOST_LETTERS = 20_000
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"


def reasons(command: str, folder: str, shell: str = "bash") -> "list[str]":
    """Why the command may do harm if `shell` runs it in `folder`, a short phrase each; none if it does not."""
    found = ["has characters that can't be seen"] if has_hidden(command) else []
    if len(command) > _MOST_LETTERS:
        return [*found, "it is too long to be read"]
    from aniate.danger.reading import Reader

    try:
        return found + Reader(folder, shell).reasons(visible(command))
    except RecursionError:
        return [*found, "it is too deeply nested to be read"]


def has_hidden(text: str) -> bool:
    """Whether the text has characters that are not seen, or that turn around what is read."""
    return any(_is_hidden(letter) for letter in text)


def _is_hidden(letter: str) -> bool:
    if letter.isascii():
        return letter != "\n" and letter != "\t" and not letter.isprintable()
    from unicodedata import category

    selects = "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return selects or letter in _BLANK_LETTERS or category(letter)[0] in "CZ" or clean(letter) != letter


def visible(text: str) -> str:
    """The text with escapes for what would not be seen."""
    return "".join(letter.encode("unicode_escape").decode() if _is_hidden(letter) else letter for letter in text)
