"""JSON for the way of a question, without importing `json`.

The stdlib's `json` imports `re` and with it 23 modules: 11 ms, as much as the interpreter's own start.
Its C half, which does all the work, needs none of them. Where an interpreter lacks that half, `json` serves.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_INFINITE = float("inf")  # what the scanner makes of 1e999, and JSON has no word for
_BLANK = " \t\r\n"


class _Rules:
    """What the C scanner asks of its context: strict JSON, plain Python values."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")


def loads(text: str) -> object:
    """The value in `text`. ValueError if it is not JSON."""
    try:
        from _json import make_scanner
    except ImportError:
        import json

        loaded: object = json.loads(text)
        return loaded
    text = text.strip(_BLANK)
    try:
        value, end = make_scanner(_Rules())(text, 0)  # type: ignore[arg-type]  # the stub asks for a scanner here
    except (StopIteration, RecursionError, SystemError):
        # SystemError is how the C half fails where it wants to raise an error of `json.decoder` that nobody imported.
        raise ValueError("this is not JSON") from None
    if end != len(text):
        raise ValueError("there is more after the JSON value")
    return value


def load_object(text: str) -> dict[str, object]:
    """The JSON object in `text`. ValueError if it is something else."""
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError("this is not a JSON object")
    return value


def dumps(value: object, ascii_only: bool = True) -> str:
    """`value` (of dicts, lists, tuples, strings, numbers, booleans and None) as one line of JSON."""
    try:
        from _json import encode_basestring, encode_basestring_ascii
    except ImportError:
        import json

        return json.dumps(value, ensure_ascii=ascii_only)
    return _encode(value, encode_basestring_ascii if ascii_only else encode_basestring)


def tell(value: object) -> None:
    """One line of JSON on standard output."""
    import sys

    sys.stdout.write(dumps(value) + "\n")


def _encode(value: object, quote: "Callable[[str], str]") -> str:
    if isinstance(value, str):
        return quote(value)
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value) if abs(value) != _INFINITE else "null"
    if isinstance(value, dict):
        return "{" + ", ".join([quote(key) + ": " + _encode(item, quote) for key, item in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([_encode(item, quote) for item in value]) + "]"
    raise TypeError(f"{type(value).__name__} has no place in JSON")
