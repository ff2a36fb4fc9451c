"""Whether an option was given, in any of the ways to give one."""

from aniate.danger.words import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.danger.wrappers import Wrapper

_SHORTEST = 3
"""`--f` and more letters of `--force` count as it: programs take what is not ambiguous."""


def given(words: "Sequence[str]", option: str, with_value: str = "", alone: bool = False) -> bool:
    """Whether `option` stands among the words before a `--`: by itself, cut short, or as a letter in `-xzf`.

    `with_value` are the letters behind which the rest of the word is a value; `alone` means no letters are joined.
    """
    for word in words:
        if word == option:
            return True
        if word == "--":
            return False
        if word.startswith("-") and _stands_for(word, option, with_value, alone):
            return True
    return False


def _stands_for(word: str, option: str, with_value: str, alone: bool) -> bool:
    before, unknown, _ = word.partition(UNKNOWN)
    if unknown:
        return option.startswith(before) and len(before) > 1
    if word.startswith("--") or alone:
        name = word.partition("=")[0]
        return name == option or (len(name) >= _SHORTEST and option.startswith(name) and not alone)
    if len(option) != 2:  # a dash and a letter
        return word.partition("=")[0] == option
    letters = word[1:]
    for at, letter in enumerate(letters):
        if letter == option[1]:
            return True
        if letter in with_value and at < len(letters):
            return False
    return False


def without_options(words: "Sequence[str]", with_value: str = "", long_with_value: "Sequence[str]" = ()) -> "list[str]":
    """The words that are no options, nor the values of those named."""
    rest: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            return rest + list(words[at:])
        if word == "-" or not word.startswith("-"):
            rest.append(word)
        elif takes_next(word, with_value, long_with_value):
            at += 1
    return rest


def takes_next(word: str, with_value: str, long_with_value: "Sequence[str]") -> bool:
    """Whether the option's value is the next word: `-u` and `-ku`, but not `-uroot` or `--user=root`."""
    if word.startswith("--"):
        return word.removeprefix("--") in long_with_value
    if word.removeprefix("-") in long_with_value:
        return True
    for at, letter in enumerate(word[1:]):
        if letter in with_value:
            return at == len(word) - 2
    return False


def pairs(words: "Sequence[str]") -> "list[tuple[str, str]]":
    """Each word with the next; the last with what is unknown."""
    return list(zip(words, [*words, UNKNOWN][1:], strict=True))


def behind_options(words: "Sequence[str]", wrapper: "Wrapper") -> "list[str]":
    """The words behind the wrapper's own options."""
    at = 0
    while at < len(words) and words[at][:1] == "-" and len(words[at]) > 1:
        if words[at] == "--":
            return list(words[at + 1 :])
        at += 2 if takes_next(words[at], wrapper.letters, wrapper.longs) else 1
    return list(words[at:])
