"""The server's half of logging in, on top of the Stub: codes, logins that are renewed, sessions and keys."""

from __future__ import annotations

import base64
import hashlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ant_stub import ACCOUNT, Handler, Reply, Stub, error

SESSION_ID = "0198c2f1-0000-7000-8000-000000000003"
Form = dict[str, str]
BackTo = Callable[[Form], str]


@dataclass
class Logins:
    """One account's logins. `agree` is what the pages for the browser do: the address that they send it back to."""

    stub: Stub
    agree: BackTo = field(default_factory=lambda: agrees())
    lifetime_s: int = 900
    issuer: str = ""
    web: str = ""
    token_endpoint: str = ""
    pages: str = ""
    """Where a code is to be typed."""
    interval_s: int = 1
    code_s: int = 60
    device_answers: list[Reply] = field(default_factory=list)
    """What each poll for a device is answered with; then comes the login."""
    token_answers: list[Reply] = field(default_factory=list)
    """What each request for tokens is answered with, after the server has done its part; then come the tokens."""
    asked: list[Form] = field(default_factory=list)
    """What the browser asked for."""
    forms: list[tuple[str, Form]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    revoking: Reply | None = None
    sessions: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    challenges: dict[str, Form] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)
    current: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.stub.routes = self.route
        self.web = self.web or self.stub.url
        self.issuer = self.issuer or self.stub.url
        self.token_endpoint = self.token_endpoint or f"{self.stub.url}/v1/oauth/token"

    @property
    def refreshes(self) -> list[Form]:
        return [form for _, form in self.forms if form.get("grant_type") == "refresh_token"]

    def route(self, handler: Handler, body: bytes) -> bool:
        path, _, query = handler.path.partition("?")
        _, slash, tenant = self.issuer.partition("://")[2].rstrip("/").partition("/")
        with self.lock:
            self.seen.append(f"{handler.command} {handler.path}")
        known: dict[str, Callable[[Handler, Form], None]] = {
            f"/.well-known/oauth-authorization-server{slash}{tenant}": self.metadata,
            "/.well-known/oauth-authorization-server": self.metadata,
            "/authorize": self.authorize,
            "/done": lambda handler, _: handler.send_body(200, "text/plain", b"You may close this window."),
            "/v1/oauth/token": self.token,
            "/v1/oauth/device": self.device,
            "/v1/oauth/revoke": self.revoke,
        }
        mine: dict[str, Callable[[Handler, Form], None]] = {"/v1/sessions": self.of_sessions, "/v1/keys": self.of_keys}
        form = dict(parse_qsl(query))
        if body and path.startswith("/v1/oauth"):
            assert handler.headers["Content-Type"] == "application/x-www-form-urlencoded"
            assert handler.headers["Authorization"] is None
            form = dict(parse_qsl(body.decode()))
            self.forms.append((path, form))
        action = known.get(path)
        if action is None:
            action = next((mine[start] for start in mine if path.startswith(start)), None)
            if action is not None and not handler.knows_the_caller():
                handler.send_json(401, error("not_authenticated", "This login has ended.", ""))
                return True
        if action is not None:
            action(handler, form)
        return action is not None

    def metadata(self, handler: Handler, _: Form) -> None:
        assert handler.headers["Authorization"] is None
        ends = {"authorization_endpoint": f"{self.web}/authorize", "token_endpoint": self.token_endpoint}
        handler.send_json(200, {"issuer": self.issuer, **ends})

    def authorize(self, handler: Handler, form: Form) -> None:
        self.asked.append(form)
        self.challenges["the-code"] = form
        handler.send_body(302, "text/plain", b"", Location=self.agree({**form, "iss": self.issuer}))

    def token(self, handler: Handler, form: Form) -> None:
        assert form["client_id"] == "ant"
        if form["grant_type"].endswith("device_code"):
            if self.device_answers:
                self.device_answers.pop(0)(handler)
                return
            answer = self.issue() if form["device_code"] == "the-device" else None
        elif form["grant_type"] == "authorization_code":
            answer = self.issue() if self.proved(form) else None
        else:
            answer = self.renewed(form["refresh_token"])
        if self.token_answers:
            self.token_answers.pop(0)(handler)
        elif answer is None:
            handler.send_json(400, {"error": "invalid_grant", "error_description": "This login has ended."})
        else:
            handler.send_json(200, answer)

    def proved(self, form: Form) -> bool:
        asked = self.challenges.pop(form["code"], {})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return asked.get("code_challenge") == challenge and asked.get("redirect_uri") == form["redirect_uri"]

    def issue(self) -> dict[str, object]:
        """The next tokens of the one login that there is."""
        self.current = f"aniate_rt_{next(self.numbers)}"
        return self.tokens_of(self.current)

    def tokens_of(self, refresh: str) -> dict[str, object]:
        access = "access." + refresh.removeprefix("aniate_rt_")
        self.stub.tokens.add(access)
        kind = {"token_type": "Bearer", "expires_in": self.lifetime_s}
        return {"access_token": access, "refresh_token": refresh, **kind}

    def renewed(self, refresh: str) -> dict[str, object] | None:
        """Rotation: the token before the current one gets the same answer again, anything older none."""
        with self.lock:
            if refresh == self.current:
                answer = self.issue()
                self.successors = {refresh: self.current}
                return answer
            return self.tokens_of(self.successors[refresh]) if refresh in self.successors else None

    def device(self, handler: Handler, form: Form) -> None:
        assert form["client_id"] == "ant"
        self.asked.append(form)
        page = f"{self.pages or self.web}/device"
        codes = {"device_code": "the-device", "user_code": "WDJB-MJHT", "verification_uri": page}
        more = {
            "verification_uri_complete": f"{page}?code=WDJB-MJHT",
            "expires_in": self.code_s,
            "interval": self.interval_s,
        }
        handler.send_json(200, {**codes, **more})

    def revoke(self, handler: Handler, form: Form) -> None:
        if self.revoking is not None:
            self.revoking(handler)
            return
        self.revoked.append(form["token"])
        handler.send_json(200, {})

    def of_sessions(self, handler: Handler, form: Form) -> None:
        self.of_rows(handler, "sessions", self.sessions, form.get("others") == "true")

    def of_keys(self, handler: Handler, _: Form) -> None:
        if handler.command == "POST":
            name = self.stub.requests[-1].json["name"]
            made = {"id": f"{next(self.numbers):08}-key", "name": name}
            self.keys.append({**made, "prefix": "aniate_sk_abcd", "created_at": "2026-11-23T10:00:00Z"})
            handler.send_json(201, {**made, "key": "aniate_sk_" + "n" * 43})
            return
        self.of_rows(handler, "keys", self.keys, False)

    def of_rows(self, handler: Handler, name: str, rows: list[dict[str, Any]], others: bool) -> None:
        identity = urlsplit(handler.path).path.removeprefix(f"/v1/{name}").lstrip("/")
        gone = [row for row in rows if (row["id"] == identity if identity else not (others and row["current"]))]
        if handler.command == "GET":
            handler.send_json(200, {name: rows})
            return
        rows[:] = [row for row in rows if row not in gone]
        if not identity:
            handler.send_json(200, {"ended": len(gone)})
        elif gone:
            handler.send_body(204, "application/json", b"")
        else:
            handler.send_json(404, error("not_found", "There is no such one.", ""))


def agrees(**changed: str) -> BackTo:
    """A page where the user agrees; `changed` is what is wrong in its answer."""

    def back_to(form: Form) -> str:
        fields = {"code": "the-code", "state": form["state"], "iss": form["iss"], **changed}
        return form["redirect_uri"] + "?" + urlencode({name: value for name, value in fields.items() if value})

    return back_to


def denies(code: str = "access_denied", sentence: str = "Not by me.") -> BackTo:
    """A page where the user refuses."""
    return agrees(code="", error=code, error_description=sentence)


def oauth_error(code: str, status: int = 400, **headers: str) -> Reply:
    """A refusal in the shape of OAuth."""
    return lambda handler: handler.send_json(status, {"error": code, "error_description": f"It is {code}."}, **headers)


def session(identity: str = SESSION_ID, current: bool = False, **changed: object) -> dict[str, object]:
    """One row of the list of logins."""
    fields = {"id": identity, "kind": "cli", "name": "laptop", "client": "ant 1.0.0", "address": "192.0.2.7"}
    times = {"created_at": "2026-11-20T08:00:00Z", "last_seen_at": "2026-11-23T10:05:06Z"}
    return {**fields, **times, "current": current, **changed}


LOGIN_ACCOUNT = {**ACCOUNT, "session_id": SESSION_ID}
