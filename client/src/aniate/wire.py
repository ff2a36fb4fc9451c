"""Every shape that crosses the network between `ant` and the server.

Names that grow (`brew`, `model`, `kind`, `code`) are plain strings: the server's catalogue checks
them, so that an old client and a new server still understand each other. Both sides ignore fields
they do not know. The name of a server-sent event selects the shape of its data.
"""

from __future__ import annotations

from dataclasses import dataclass

CHAT_PATH = "/v1/chat"
"""POST a `ChatRequest`; the answer is a stream of events, or one `Answer` if `stream` is false.

What the same user was answered before may come again, at no cost and with `x-aniate-cache: hit`. The request's
`Cache-Control` says no to that: `no-cache` asks anew, `no-store` keeps nothing either.
"""

WHOAMI_PATH = "/v1/whoami"
"""GET an `Account`."""

BREWS_PATH = "/v1/brews"
"""GET `{"brews": [Brew, …]}`: what this account may use."""

OAUTH_METADATA_PATH = "/.well-known/oauth-authorization-server"
"""GET an `AuthorizationServer` (RFC 8414)."""

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105
"""POST a form with one of the grants of `AuthorizationServer.grant_types_supported`; `Tokens`, or an `OAuthError`."""

DEVICE_PATH = "/v1/oauth/device"
"""POST a form with `client_id` and `device_name`; a `DeviceAuthorization` (RFC 8628)."""

REVOKE_PATH = "/v1/oauth/revoke"
"""POST a form with `token`, a refresh or an access token: the login ends (RFC 7009)."""

CLIENT_ID = "ant"
"""The one OAuth client there is: public, without a secret (RFC 8252)."""

SESSIONS_PATH = "/v1/sessions"
"""GET `{"sessions": [Session, …]}`; DELETE ends all, DELETE of `/v1/sessions/{id}` ends one."""

KEYS_PATH = "/v1/keys"
"""GET `{"keys": [Key, …]}`; POST `{"name": …}` makes a `NewKey`; DELETE of `/v1/keys/{id}` revokes one."""

USAGE_PATH = "/v1/usage"
"""GET `{"usage": [UsageRow, …], "limits": [Limit, …]}`: of the last `days` days, by default 30."""

ASSISTANTS_PATH = "/v1/assistants"
"""GET `{"assistants": [AssistantName, …]}`, with an ETag for `If-None-Match`.

Below it, by name: GET an `Assistant`, PUT an `AssistantText` (with `If-None-Match: *` to make one, with
`If-Match: "VERSION"` to change it), DELETE. A version that is not the newest is refused with 412 and `conflict`.
"""

CONVERSATIONS_PATH = "/v1/conversations"
"""GET `{"user_id": …, "conversations": [Conversation, …], "more": …}`: what changed after the sequence `after`.

Of those who choose to keep conversations with their account. Below it, by id (32 hexadecimal digits): PUT
`{"lines": […]}` (with `If-None-Match: *` to keep one, with `If-Match: "VERSION"` to keep more of it), and a
`Kept` comes back; DELETE. DELETE of the path itself deletes all.
"""

MAX_CONVERSATION_BYTES = 640 * 1024
"""The most that the lines of one may take, as JSON."""

COMMANDS_PATH = "/v1/commands"
"""GET `{"commands": [CommandName, …]}`.

Below it, by name: GET a `BrewedCommand`, PUT a `CommandText` under the conditions of assistants, DELETE. A name is one
assistant's or one command's. PUT of `/v1/commands/{name}/share` answers a `Share`, DELETE of it ends the sharing.
"""

SHARED_PATH = "/v1/shared"
"""GET of `/v1/shared/{code}`: the `SharedCommand` that a code stands for."""

NAMES_PATH = "/v1/names"
"""GET `{"names": [Name, …]}`, with an ETag for `If-None-Match`: all assistants and commands of the workspace."""

MAX_BODY_BYTES = 4 * 1024 * 1024
"""A larger request is answered with 413 and the code `too_large`."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; `role` is `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True)
class ContextPiece:
    """Something from the user's machine that goes along with a question: data, never instructions.

    `kind` is `file`, `stdin`, `diff`, `command` or `argument`; `name` is what the user calls it.
    """

    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class ChatRequest:
    """The body of `POST /v1/chat`."""

    messages: tuple[Message, ...]
    brew: str = "ask"
    model: str = "default"
    assistant: str | None = None
    context: tuple[ContextPiece, ...] = ()
    stream: bool = True
    short: bool = False
    """Whether one sentence is all that is wanted."""


@dataclass(frozen=True)
class Start:
    """Event `start`: the request was accepted. `model` is the public alias of what answers.

    `notice` is one line about that model that the user should see once, or empty.
    """

    request_id: str
    model: str
    notice: str = ""


@dataclass(frozen=True)
class Status:
    """Event `status`, any number of times before the first `delta`: what is waited for. What is 0 may be left out.

    `state` is `waiting` while `position` - 1 others or so are before this request in the line to its model;
    `searching` while pages are looked for, and `reading` while `count` pages are fetched and read.
    """

    state: str
    position: int = 0
    count: int = 0


@dataclass(frozen=True)
class Delta:
    """Event `delta`: the next piece of the answer."""

    text: str


@dataclass(frozen=True)
class Usage:
    """Event `usage`: what the request cost. `estimated` if the provider did not count."""

    input_tokens: int
    output_tokens: int
    cost_micro_usd: int
    estimated: bool = False


@dataclass(frozen=True)
class Source:
    """A page that an answer draws on; `n` is how the answer cites it, as in [1]. `title` may be empty."""

    n: int
    title: str
    url: str
    cited: bool = False


@dataclass(frozen=True)
class Sources:
    """Event `sources`, before `usage`, of brews that search: all pages that were read."""

    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Unsupported:
    """A sentence of the answer, as it stands there, that no page which it cites holds.

    `reason` is `no_source` (it cites none), `unknown_source` (it cites one that there is not) or `not_found`; `told_by`
    is the number of a page that holds it all the same, or 0.
    """

    text: str
    reason: str
    told_by: int = 0


@dataclass(frozen=True)
class Support:
    """Event `support`, after `sources`: what in the answer its pages do not support, perhaps nothing."""

    unsupported: tuple[Unsupported, ...]


@dataclass(frozen=True)
class Done:
    """Event `done`, always the last of a good answer. `finish_reason` is `stop` or `length`."""

    finish_reason: str


@dataclass(frozen=True)
class Error:
    """Event `error`, the last of a failed answer; also `{"error": Error}` as the body of a 4xx or 5xx.

    `code` is for programs, `message` one sentence for people, `hint` what to do, or empty.
    """

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Answer:
    """The whole answer, to a request with `stream` false. The last two are told by brews that search."""

    request_id: str
    model: str
    text: str
    finish_reason: str
    usage: Usage
    sources: tuple[Source, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()


@dataclass(frozen=True)
class Brew:
    """One entry of what an account may use."""

    name: str
    summary: str


@dataclass(frozen=True)
class Account:
    """Who a token belongs to. Ids are UUIDs as text; `plan` is `free`, `pro` or `enterprise`."""

    user_id: str
    email: str
    workspace_id: str
    workspace: str
    plan: str
    key_name: str
    """What the user calls the key, or the machine that logged in."""
    session_id: str = ""
    """The login, if the token is of one; empty for an API key."""


@dataclass(frozen=True)
class AuthorizationServer:
    """Where and how to log in (RFC 8414). Only `authorization_endpoint` is for a browser.

    It takes, beside what RFC 6749 and 7636 name, `device_name` (what the machine is called) and `prompt=create` for
    who has no account yet. The page `/done` of the same origin says that the window may be closed.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    grant_types_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...] = ("code",)
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("none",)
    authorization_response_iss_parameter_supported: bool = True


@dataclass(frozen=True)
class Tokens:
    """A login (RFC 6749, section 5.1). `expires_in` is in seconds and of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105


@dataclass(frozen=True)
class OAuthError:
    """The body of a refusal by the paths below `/v1/oauth` (RFC 6749, section 5.2; RFC 8628, section 3.5)."""

    error: str
    error_description: str


@dataclass(frozen=True)
class DeviceAuthorization:
    """What the user types where (RFC 8628). `interval` and `expires_in` are in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int = 5


@dataclass(frozen=True)
class Session:
    """One login. `kind` is `cli` or `web`; times are RFC 3339 in UTC; `current` is the one that asks."""

    id: str
    kind: str
    name: str
    client: str
    address: str
    created_at: str
    last_seen_at: str
    current: bool


@dataclass(frozen=True)
class Key:
    """One API key, without its secret."""

    id: str
    name: str
    prefix: str
    created_at: str


@dataclass(frozen=True)
class NewKey:
    """An API key, the one time that its secret is shown."""

    id: str
    name: str
    key: str


@dataclass(frozen=True)
class UsageRow:
    """What a workspace used on one day (UTC, `YYYY-MM-DD`) of one model with one brew.

    `estimated` is of how many of the requests the provider did not count the tokens.
    """

    day: str
    model: str
    brew: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int
    estimated: int


@dataclass(frozen=True)
class Limit:
    """What the plan allows to a `workspace`, a `user` or a `key`, and what is left of it now.

    `measure` is requests or tokens of a minute or a day (`requests_minute`), `streams`, or `credit_month` in micro-USD;
    `resets_in_s` is null where no window ends it.
    """

    scope: str
    measure: str
    allowed: int
    left: int
    resets_in_s: int | None


@dataclass(frozen=True)
class AssistantName:
    """One assistant of the workspace, without its text."""

    name: str
    summary: str
    model: str
    version: int
    updated_at: str


@dataclass(frozen=True)
class AssistantText:
    """What an assistant is told, and the model's alias that it asks. `summary` is one line for lists."""

    prompt: str
    model: str = "default"
    summary: str = ""


@dataclass(frozen=True)
class Assistant:
    """One assistant, whole. `version` grows by one with each change."""

    name: str
    prompt: str
    model: str
    summary: str
    version: int
    updated_at: str


@dataclass(frozen=True)
class Conversation:
    """A conversation as the client keeps it: lines of JSON, which the server does not read. None if it was deleted.

    `version` is how many lines it had; `sequence` grows with each change of any of the user's conversations.
    """

    id: str
    version: int
    sequence: int
    lines: tuple[str, ...] | None
    updated_at: str


@dataclass(frozen=True)
class Name:
    """What a word means to a workspace: `kind` is `assistant` or `command`; `summary` is one line."""

    name: str
    kind: str
    summary: str


@dataclass(frozen=True)
class CommandName:
    """One brewed command, without its text."""

    name: str
    description: str
    kind: str
    version: int
    updated_at: str


@dataclass(frozen=True)
class Kept:
    """What a conversation became by being kept."""

    id: str
    version: int
    sequence: int


@dataclass(frozen=True)
class CommandArgument:
    """What a brewed command is given: `type` is `text`, `number`, `file` or `flag`; a flag is never required."""

    name: str
    type: str
    description: str
    required: bool = True


@dataclass(frozen=True)
class CommandText:
    """What a brewed command is. `kind` is `template` (asked of a model) or `script` (run by a POSIX shell).

    `may` says what a script does: `runs` programs, `writes` files, uses the `network`.
    """

    description: str
    kind: str
    arguments: tuple[CommandArgument, ...]
    body: str
    may: tuple[str, ...] = ()


@dataclass(frozen=True)
class BrewedCommand:
    """One brewed command, whole. `version` grows by one with each change."""

    name: str
    description: str
    kind: str
    arguments: tuple[CommandArgument, ...]
    body: str
    may: tuple[str, ...]
    version: int
    updated_at: str


@dataclass(frozen=True)
class SharedCommand:
    """A copy of somebody's brewed command, as it was when it was shared."""

    name: str
    description: str
    kind: str
    arguments: tuple[CommandArgument, ...]
    body: str
    may: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """The code by which others may copy a brewed command."""

    name: str
    code: str
