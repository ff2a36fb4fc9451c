"""The numbers of one process, in a registry of its own; `GET /metrics` shows them.

A new one is a line in the class of its feature, and a row in docs/how-to/watch-a-server.md, which a test demands.
Labels have few values, known beforehand: never a user, a key, an address or anything else that somebody sends.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

M = TypeVar("M", Counter, Gauge, Histogram)
Labels = tuple[str, ...]

QUICK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
FEW_S = (0.005, 0.025, 0.1, 0.5, 2.5)
"""For what there are many series of."""
PATIENT_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
OUTCOMES = ("ok", "length", "cancelled", "failed")


class Children(Generic[M]):
    """A metric by its labels. Each child is bound at its first use: prometheus-client's own look-up is slow."""

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._bound: dict[Labels, M] = {}

    def __getitem__(self, labels: Labels) -> M:
        found = self._bound.get(labels)
        if found is None:
            found = self._bound[labels] = self._metric.labels(*labels)
        return found


class ChatMetrics:
    """What was asked, what it took, and how it ended."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Children[Counter]:
            return Children(Counter(f"aniate_chat_{name}", meaning, labels, registry=registry))

        def histogram(name: str, meaning: str, buckets: tuple[float, ...]) -> Children[Histogram]:
            return Children(Histogram(f"aniate_chat_{name}", meaning, ["model"], registry=registry, buckets=buckets))

        self.requests = counter("requests", "Settled requests, as in the books", "brew", "model", "outcome")
        self.input_tokens = counter("input_tokens", "Tokens that models read", "brew", "model")
        self.output_tokens = counter("output_tokens", "Tokens that models wrote", "brew", "model")
        self.cost = counter("cost_micro_usd", "What was charged, in millionths of a dollar", "brew", "model")
        self.errors = counter("errors", "Requests that were refused or broken off, by the error's code", "code")
        self.limited = counter("limited", "Requests refused for a limit that was reached", "scope", "measure")
        self.cache = counter("cache", "Questions that may be asked only once, by what became of them", "outcome")
        self.upstream_errors = counter("upstream_errors", "What providers failed at", "provider", "kind")
        self.fallbacks = counter("fallbacks", "Questions that went on to another model", "from", "to", "kind")
        self.asked_again = counter("asked_again", "Further tries, by what the one before failed at", "provider", "kind")
        self.resting = Children(
            Gauge("aniate_chat_resting_models", "Models left alone for failing", ["provider"], registry=registry)
        )
        self.first_token = histogram("first_token_seconds", "From the request to the answer's first word", PATIENT_S)
        self.total = histogram("seconds", "From the request to the end of its answer", PATIENT_S)
        self.gateway = histogram("gateway_seconds", "Of that, our own: before and after the model's answer", QUICK_S)
        self.open_streams = Gauge("aniate_chat_open_streams", "Answers under way", registry=registry)
        self.owed = Gauge("aniate_settlements_owed", "Requests that ended and are not settled yet", registry=registry)

    def settled(
        self, brew: str, model: str, outcome: str, input_tokens: int, output_tokens: int, cost_micro_usd: int
    ) -> None:
        """A row was closed; call it once for each."""
        self.requests[brew, model, outcome].inc()
        self.input_tokens[brew, model].inc(input_tokens)
        self.output_tokens[brew, model].inc(output_tokens)
        self.cost[brew, model].inc(cost_micro_usd)


class QueueMetrics:
    """Who waits for a model, and what room there is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.waiting = Gauge("aniate_queue_waiting", "Requests that wait for their turn at a model", registry=registry)
        self.wait = Histogram(
            "aniate_queue_wait_seconds",
            "How long those waited that had to",
            registry=registry,
            buckets=PATIENT_S,
        )
        self.refused = Children(
            Counter("aniate_queue_refused", "Requests that got no turn", ["reason"], registry=registry)
        )
        self.room_left = Children(
            Gauge(
                "aniate_queue_room_left",
                "What a provider still takes of us, as last heard",
                ["provider", "upstream_model", "measure"],
                registry=registry,
            )
        )


class SearchMetrics:
    """What search engines were asked, and what became of the pages that they named."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.searches = Children(
            Counter("aniate_searches", "Questions to the search engine", ["outcome"], registry=registry)
        )
        self.pages = Children(
            Counter("aniate_search_pages", "Pages that were fetched to answer from", ["outcome"], registry=registry)
        )
        self.sentences = Children(
            Counter(
                "aniate_search_sentences",
                "Sentences of answers that were held against their pages",
                ["outcome"],
                registry=registry,
            )
        )


class AccountMetrics:
    """Who came in, who was kept out, and what was mailed; by kinds, never by names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Children[Counter]:
            return Children(Counter(f"aniate_{name}", meaning, labels, registry=registry))

        self.logins = counter("logins", "Logins that began, of browsers (web) and programs (cli)", "kind")
        self.refreshes = counter("login_refreshes", "Refresh tokens shown, by what became of them", "outcome")
        self.held_back = counter("attempts_held_back", "Attempts refused for being too many", "attempt")
        self.mails = counter("mails", "Mails handed on (sent) or not taken (failed)", "kind", "outcome")
        self.passwords_refused = Counter("aniate_passwords_refused", "Wrong passwords", registry=registry)
        self.mails_waiting = Gauge("aniate_mails_waiting", "Mails not handed on yet", registry=registry)


class HttpMetrics:
    """The requests of everything but the doors to a model."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Children(
            Counter(
                "aniate_http_requests",
                "Requests by the route's path",
                ["path", "method", "status"],
                registry=registry,
            )
        )
        self.time = Children(
            Histogram(
                "aniate_http_request_seconds",
                "How long they took",
                ["path", "method"],
                registry=registry,
                buckets=FEW_S,
            )
        )


class DatabaseMetrics:
    """The pool of connections; read when somebody looks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.in_use = Gauge("aniate_database_connections_in_use", "Connections in use", registry=registry)
        self.idle = Gauge("aniate_database_connections_idle", "Connections that are free", registry=registry)
        self.waiting = Gauge("aniate_database_waiting", "Who waits for a connection", registry=registry)


class Metrics:
    """All of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.chat = ChatMetrics(self.registry)
        self.queue = QueueMetrics(self.registry)
        self.accounts = AccountMetrics(self.registry)
        self.search = SearchMetrics(self.registry)
        self.http = HttpMetrics(self.registry)
        self.database = DatabaseMetrics(self.registry)
        self.jobs = Children(
            Counter("aniate_job_runs", "Rounds of background jobs", ["job", "outcome"], registry=self.registry)
        )
        self.books_differ = Gauge(
            "aniate_books_differ", "What rows, ledger and meters did not agree about", registry=self.registry
        )
        self.loop_lag = Histogram(
            "aniate_event_loop_lag_seconds",
            "How much later than it should something small is done",
            registry=self.registry,
            buckets=QUICK_S,
        )
