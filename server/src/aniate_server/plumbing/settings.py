"""The server's settings: flag > environment > default. Nothing is read from the current folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aniate_server.plumbing.bounds import bounds_in, numbers_in
from aniate_server.plumbing.errors import SetupError

GROQ_URL = "https://api.groq.com/openai/v1"
OPENAI_URL = "https://api.openai.com/v1"
SEARCH_ENGINES = {
    "searxng": ("", ""),
    "brave": ("https://api.search.brave.com", "BRAVE_API_KEY"),
    "tavily": ("https://api.tavily.com", "TAVILY_API_KEY"),
    "exa": ("https://api.exa.ai", "EXA_API_KEY"),
}
"""By name: its address, and the variable of its key. One's own SearXNG has an address of its own, and no key."""


@dataclass(frozen=True)
class Provider:
    """Where models are asked, over the OpenAI chat protocol. The key never appears in a repr or a log."""

    name: str
    base_url: str
    key: str = field(repr=False)
    model: str = ""
    """The upstream's own name of the model, for a provider that has no rows in `inference.models`."""
    key_file: Path | None = None
    """Where the key stands that goes before `key`; read again when it changes."""
    context_tokens: int = 8192
    """What that model can read, its answer included."""
    max_output_tokens: int = 2048
    """How long its answers may be: so much is reserved from the limits while a question runs."""


@dataclass(frozen=True)
class SearchEngine:
    """Who is asked for pages. The key never appears in a repr or a log."""

    name: str
    """One of `SEARCH_ENGINES`."""
    base_url: str
    key: str = field(default="", repr=False)
    key_file: Path | None = None
    """As of `Provider`."""


@dataclass(frozen=True)
class SmtpServer:
    """A server that takes mail. `tls` from the first byte on; else by STARTTLS, which only this machine may lack."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        return self.host in ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Addresses:
    """How the outside reaches us, without a slash at the end. All three may be the same."""

    api: str
    web: str
    """Where people meet our pages."""
    issuer: str
    """What our tokens say who made them."""


@dataclass(frozen=True)
class Settings:
    """All that can be set. Durations are in seconds."""

    data: Path
    cache: Path
    host: str = "127.0.0.1"
    port: int = 8484
    database_url: str | None = field(default=None, repr=False)
    """None means the embedded PostgreSQL in `data`."""
    secret: str | None = field(default=None, repr=False)
    """What keys are derived from; None means a file in `data`. All processes over one database share it."""
    api_url: str | None = None
    web_url: str | None = None
    issuer: str | None = None
    """See `Addresses`; None means the address that we listen on."""
    smtp: SmtpServer | None = None
    """Where mail is handed in; None means files in `data`."""
    trusted_proxies: str = ""
    """Addresses of proxies in front, with commas between, that are believed when they name a client's address."""
    mail_from: str = "Aniate <no-reply@localhost>"
    metrics_token: str | None = field(default=None, repr=False)
    """Who shows it may read `/metrics` from elsewhere; None means that nobody may."""
    answers_kept: bool = True
    """Whether the same question of the same user is given the same answer again, for a day."""
    provider: Provider | None = None
    """The main one, whose models answer unless another is named; None means the embedded local model."""
    beside: tuple[Provider, ...] = ()
    """Providers beside the main one, for models that it lacks."""
    search: SearchEngine | None = None
    """None means that this server has no search."""
    search_allow: frozenset[tuple[str, int]] = frozenset()
    """Hosts with their ports whose pages may be fetched although their addresses are private."""
    search_readers: int = 2
    """How many processes make text of pages."""
    database_connections: int = 10
    """In the pool of one process; opening and settling requests have a connection each besides."""
    heartbeat_s: float = 5.0
    """How often a process says that it lives; the sweeper waits four times as long."""
    upstream_connect_s: float = 5.0
    upstream_first_token_s: float = 60.0
    """The longest wait for the first word of an answer, from the question or from the last sign that it is read."""
    upstream_silence_s: float = 30.0
    """The longest wait between two words."""
    upstream_answer_s: float = 900.0
    """The longest that a whole answer may take."""
    upstream_tries: int = 3
    """How often a provider is asked, the first time included, until it takes the question."""
    upstream_wait_s: float = 0.5
    """The longest wait before the second try; before each further one it may be twice as long."""
    upstream_retry_s: float = 10.0
    """No try begins later than that after the first."""
    upstream_failures: int = 5
    """After so many failures in a row, a model is left alone …"""
    upstream_rest_s: float = 15.0
    """… for so long."""
    upstream_slots: int = 1024
    """How many answers of one model at the same time; the local model has slots of its own."""
    queue_places: int = 2000
    """How many requests may wait for one model."""
    queue_places_each: int = 256
    """How many of them of one user."""
    queue_patience_s: float = 60.0
    """The longest wait for one's turn."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str], *, data: Path | None = None) -> Settings:
        """Read the settings of one run from `env`; `data` (from a flag) goes before it."""
        home = Path(env.get("HOME") or Path.home())
        share = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
        cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache")
        return cls(
            data=data or Path(env.get("ANIATE_DATA") or share / "aniate" / "server"),
            cache=cache / "aniate",
            database_url=env.get("ANIATE_DATABASE_URL") or None,
            secret=env.get("ANIATE_SECRET") or None,
            api_url=address_from(env, "ANIATE_API_URL"),
            web_url=address_from(env, "ANIATE_WEB_URL"),
            issuer=address_from(env, "ANIATE_ISSUER"),
            smtp=smtp_from(env),
            trusted_proxies=env.get("ANIATE_TRUSTED_PROXIES", ""),
            mail_from=env.get("ANIATE_MAIL_FROM") or cls.mail_from,
            metrics_token=env.get("ANIATE_METRICS_TOKEN") or None,
            answers_kept=on_from(env, "ANIATE_CACHE"),
            provider=provider_from(env),
            beside=beside_from(env),
            search=search_from(env),
            search_allow=allowed_from(env),
            **bounds_in(env),
        )

    def addresses(self, own_url: str) -> Addresses:
        """The addresses that are set, else the one that we listen on."""
        web = self.web_url or own_url
        return Addresses(self.api_url or own_url, web, self.issuer or web)


def address_from(env: Mapping[str, str], variable: str) -> str | None:
    """An address of ours from the environment, or None."""
    return usable(env[variable], variable) if env.get(variable) else None


def on_from(env: Mapping[str, str], variable: str) -> bool:
    """What is on unless it is switched off; SetupError for another word."""
    said = env.get(variable) or "on"
    if said not in ("on", "off"):
        raise SetupError(f"{variable} is neither on nor off.")
    return said == "on"


def provider_from(env: Mapping[str, str]) -> Provider | None:
    """The provider that the environment names, or None for the local model."""
    if url := env.get("ANIATE_PROVIDER_URL"):
        key, file = key_from(env, "ANIATE_PROVIDER_KEY")
        sizes = numbers_in(env, {"context_tokens": int, "max_output_tokens": int}, "ANIATE_PROVIDER_")
        return custom_provider(
            replace(Provider("custom", url, key, env.get("ANIATE_PROVIDER_MODEL", ""), file), **sizes)
        )
    key, file = key_from(env, "GROQ_API_KEY")
    if key or file:
        return Provider("groq", usable(env.get("GROQ_BASE_URL", GROQ_URL), "GROQ_BASE_URL"), key, key_file=file)
    return None


def beside_from(env: Mapping[str, str]) -> tuple[Provider, ...]:
    """The frontier provider, if it is named: a key that lies in somebody's environment is not spent unasked."""
    name = env.get("ANIATE_FRONTIER")
    if not name:
        return ()
    if name != "openai":
        raise SetupError(f"ANIATE_FRONTIER names {name!r}, which is no provider that we know.", "There is: openai")
    key, key_file = key_from(env, "OPENAI_API_KEY")
    if not key and not key_file:
        raise SetupError("ANIATE_FRONTIER is openai, and OPENAI_API_KEY is not set.", "Set both, or neither.")
    url = usable(env.get("OPENAI_BASE_URL") or OPENAI_URL, "OPENAI_BASE_URL")
    return (Provider("openai", url, key, key_file=key_file),)


def search_from(env: Mapping[str, str]) -> SearchEngine | None:
    """The search engine that is named, or None: as with `beside_from`, a key alone is not spent."""
    name = env.get("ANIATE_SEARCH")
    if not name:
        return None
    if name not in SEARCH_ENGINES:
        told = f"ANIATE_SEARCH names {name!r}, which is no search engine that we know."
        raise SetupError(told, f"There are: {', '.join(SEARCH_ENGINES)}")
    url, variable = SEARCH_ENGINES[name]
    url = env.get("ANIATE_SEARCH_URL") or url
    if not url:
        raise SetupError(
            f"ANIATE_SEARCH is {name}, and ANIATE_SEARCH_URL is not set.", "Set the address of your instance there."
        )
    key, key_file = key_from(env, variable) if variable else ("", None)
    if variable and not key and not key_file:
        raise SetupError(f"ANIATE_SEARCH is {name}, and {variable} is not set.", "Set both, or neither.")
    return SearchEngine(name, usable(url, "ANIATE_SEARCH_URL"), key, key_file)


def allowed_from(env: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    """The hosts with their ports of ANIATE_SEARCH_ALLOW; SetupError for what is none."""
    listed = map(str.strip, env.get("ANIATE_SEARCH_ALLOW", "").split(","))
    return frozenset(place_in(each) for each in listed if each)


def place_in(text: str) -> tuple[str, int]:
    """The host with its port that a setting names."""
    try:
        parts = urlsplit(f"//{text}")
        if parts.hostname and parts.port and parts.netloc == text and "@" not in text:
            return parts.hostname, parts.port
    except ValueError:
        pass
    told = f"ANIATE_SEARCH_ALLOW holds {text!r}, which is no host with a port."
    raise SetupError(told, "It looks like wiki.example.com:443")


def key_from(env: Mapping[str, str], variable: str) -> tuple[str, Path | None]:
    """A key, or the file where it stands, which `…_FILE` names and which goes before; `plumbing.keys` reads it."""
    file = env.get(f"{variable}_FILE")
    return env.get(variable, ""), Path(file) if file else None


def custom_provider(named: Provider) -> Provider:
    """Any provider that speaks the protocol; SetupError unless it can be asked."""
    if not named.model:
        raise SetupError("ANIATE_PROVIDER_URL is set, and ANIATE_PROVIDER_MODEL is not.", "Set the model's name there.")
    if named.max_output_tokens >= named.context_tokens:
        told = "ANIATE_PROVIDER_MAX_OUTPUT_TOKENS leaves no room for a question in ANIATE_PROVIDER_CONTEXT_TOKENS."
        raise SetupError(told, f"They are {named.max_output_tokens} and {named.context_tokens}.")
    return replace(named, base_url=usable(named.base_url, "ANIATE_PROVIDER_URL"))


def smtp_from(env: Mapping[str, str]) -> SmtpServer | None:
    """The mail server that ANIATE_SMTP_URL names, or None; SetupError if it is no address of one."""
    url = env.get("ANIATE_SMTP_URL")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        if parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0:
            tls = parts.scheme == "smtps"
            port = parts.port or (465 if tls else 587)
            return SmtpServer(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))
    except ValueError:
        pass
    raise SetupError("ANIATE_SMTP_URL is not an address.", "It looks like smtp://user:password@mail.example.com:587")


def usable(url: str, variable: str) -> str:
    """The address without a slash at its end; SetupError unless it is one of http or https."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return url.rstrip("/")
    except ValueError:  # brackets that do not match, a port beyond all ports
        pass
    raise SetupError(f"{variable} is not an address.", "It looks like https://api.example.com/v1")
