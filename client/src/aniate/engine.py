"""One exchange: a question with its context goes out, the events of the answer come back."""

from aniate import auth, jsontext, transport
from aniate.errors import AntError, BrokenAnswer, InputRefused, from_server
from aniate.refusal import not_aniate, refusal
from aniate.safe_text import clean_field, clean_line
from aniate.sse import EventReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aniate.address import Address
    from aniate.config import Settings
    from aniate.context import Piece
    from aniate.http1 import Response

MAX_BODY_BYTES = 4 * 1024 * 1024
"""As `wire.MAX_BODY_BYTES`, which is not imported here: its dataclasses cost 20 ms."""

_EVENTS = frozenset(("start", "status", "delta", "usage", "done", "error"))
_TOLD = frozenset(("sources", "support"))
"""What only some brews tell; `Answer.told` keeps it for them."""
_USAGE = {"input_tokens": int, "output_tokens": int, "cost_micro_usd": int, "estimated": bool}
"""The names of `wire.Usage`, and of what type exactly each is: Python counts booleans among numbers."""


class Answer:
    """What is known of an answer so far; all of it, when `converse` has returned it."""

    def __init__(self) -> None:
        self.request_id = ""
        self.model = ""
        self.notice = ""
        self.pieces: list[str] = []
        self.finish_reason = ""
        self.usage: dict[str, object] = {}
        self.told: dict[str, dict[str, object]] = {}
        self.not_kept = ""
        """Why `ant copy` does not have it, or nothing."""


def request_body(
    question: str,
    brew: str,
    model: str,
    pieces: "Sequence[Piece]",
    assistant: str = "",
    earlier: "Sequence[tuple[str, str]]" = (),
    short: bool = False,
) -> bytes:
    """The bytes of a `wire.ChatRequest`, `earlier` its turns before. InputRefused if the server takes not so many."""
    request: dict[str, object] = {
        "messages": [{"role": role, "content": _sendable(text)} for role, text in (*earlier, ("user", question))],
        "brew": brew,
        "model": model,
        "context": [
            {"kind": piece.kind, "name": _sendable(piece.name), "text": _sendable(piece.text)} for piece in pieces
        ],
        "stream": True,
    }
    if assistant:
        request["assistant"] = assistant
    if short:
        request["short"] = True
    body = jsontext.dumps(request, ascii_only=False).encode("utf-8")
    if len(body) > MAX_BODY_BYTES:
        raise InputRefused("Question and context are more than the 4 MiB that one request may hold.", code="too_large")
    return body


def _sendable(text: str) -> str:
    """`text` from the command line or a folder, where bytes that are no UTF-8 came as lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def converse(
    settings: "Settings",
    credential: auth.Credential,
    body: "Callable[[], bytes]",
    on_start: "Callable[[Answer], None]",
    on_delta: "Callable[[str], None]",
    anew: bool = False,
    on_wait: "Callable[[Mapping[str, object]], None]" = lambda _: None,
) -> Answer:
    """Send `body` and follow the answer to its end. AntError if it has no good end.

    `body` is called when the connection is on its way, so that making it costs no time; `on_wait` when the request
    is sent, with nothing, and then with each `status` of it. With `anew` the server doesn't give an answer that it
    gave before.
    """
    headers = {"Cache-Control": "no-cache"} if anew else {}
    heard = _Heard(on_start, on_delta, on_wait)
    return auth.repeated(settings, credential, lambda token: _ask(settings, token, body, heard, headers))


class _Heard:
    """Who hears of what comes."""

    __slots__ = ("delta", "start", "wait")

    def __init__(
        self,
        start: "Callable[[Answer], None]",
        delta: "Callable[[str], None]",
        wait: "Callable[[Mapping[str, object]], None]",
    ) -> None:
        self.start = start
        self.delta = delta
        self.wait = wait


def _ask(
    settings: "Settings",
    token: str,
    body: "Callable[[], bytes]",
    heard: _Heard,
    headers: "dict[str, str]",
) -> Answer:
    link = transport.connect(settings)
    try:
        response = link.request("POST", "/v1/chat", token, body(), headers, lambda: heard.wait({}))
        if response.status != 200:
            raise refusal(response, settings.address)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            raise not_aniate(settings.address, f"it answered with {clean_line(kind, 60) or 'nothing'}")
        return _follow(response, settings.address, heard)
    finally:
        link.close()


def _follow(response: "Response", address: "Address", heard: _Heard) -> Answer:
    answer = Answer()
    for name, data in _events(response):
        if name == "delta":
            text = _text(data, "text")
            answer.pieces.append(text)
            heard.delta(text)
        elif name == "start":
            answer.request_id = clean_line(_text(data, "request_id"))
            answer.model = clean_line(_text(data, "model"))
            answer.notice = clean_field(data.get("notice"))
            heard.start(answer)
        elif name == "status":
            heard.wait(data)
        elif name == "usage":
            answer.usage = {key: data[key] for key, kind in _USAGE.items() if type(data.get(key)) is kind}
        elif name in _TOLD:
            answer.told[name] = data
        elif name == "done":
            answer.finish_reason = _text(data, "finish_reason")
            return answer
        elif name == "error":
            raise _failure(data)
    raise BrokenAnswer(f"The answer broke off: {address.origin} ended it before its end.")


def _events(response: "Response") -> "Iterator[tuple[str, dict[str, object]]]":
    """The events of the stream that this version knows; a newer server may send more."""
    reader = EventReader()
    for chunk in response.chunks:
        for name, data in reader.feed(chunk):
            if name not in _EVENTS and name not in _TOLD:
                continue
            try:
                yield name, jsontext.load_object(data)
            except ValueError as error:
                raise _senseless(name) from error


def _text(data: dict[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise _senseless(name)
    return value


def _senseless(what: str) -> BrokenAnswer:
    return BrokenAnswer(
        f"The server's answer can't be understood ({clean_line(what, 40)}).", "An update of `ant` may help."
    )


def _failure(data: dict[str, object]) -> AntError:
    code, message, hint = (clean_field(data.get(key)) for key in ("code", "message", "hint"))
    return from_server(code, message or "The server could not finish the answer.", hint)
