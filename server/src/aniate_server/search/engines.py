"""The search engines: how each is asked, and where in its answer the pages stand. Nothing here goes out.

Sources: docs.searxng.org/dev/search_api, api-dashboard.search.brave.com/app/documentation,
docs.tavily.com/documentation/api-reference/endpoint/search, docs.exa.ai/reference/search.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MAX_QUERY_CHARACTERS = 400
MAX_QUERY_WORDS = 50
"""Brave takes no more of either."""
MAX_TITLE = 200
TAG = re.compile(r"</?\w[^<>]{0,99}>")


class Hit(NamedTuple):
    """A page that may tell."""

    url: str
    title: str


@dataclass(frozen=True)
class Asked:
    """One question to a search engine, as HTTP has it."""

    path: str
    query: Mapping[str, str] | None = None
    """GET with these parameters, or …"""
    body: Mapping[str, Any] | None = None  # Any: JSON
    """… POST of this."""
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Adapter:
    """What differs between the engines."""

    asked: Callable[[str, int, str], Asked]
    """By the words, how many pages, and the key."""
    listed: Callable[[Any], Any]  # Any: JSON, of whatever form it came in
    """Where the list of pages is."""


def searxng(words: str, _: int, __: str) -> Asked:
    return Asked("/search", {"q": words, "format": "json"})


def brave(words: str, count: int, key: str) -> Asked:
    query = {"q": words, "count": str(count), "result_filter": "web", "text_decorations": "false"}
    return Asked("/res/v1/web/search", query, headers={"x-subscription-token": key})


def tavily(words: str, count: int, key: str) -> Asked:
    body = {"query": words, "max_results": count, "search_depth": "basic"}
    return Asked("/search", body=body, headers={"authorization": f"Bearer {key}"})


def exa(words: str, count: int, key: str) -> Asked:
    return Asked("/search", body={"query": words, "numResults": count, "type": "auto"}, headers={"x-api-key": key})


ADAPTERS = {
    "searxng": Adapter(searxng, lambda answer: answer["results"]),
    "brave": Adapter(brave, lambda answer: answer.get("web", {}).get("results", [])),  # nothing found: no `web`
    "tavily": Adapter(tavily, lambda answer: answer["results"]),
    "exa": Adapter(exa, lambda answer: answer["results"]),
}


def searched_for(question: str) -> str:
    """The words that are searched for: those of the question alone, and not more than the engines take."""
    words = " ".join(question.split()[:MAX_QUERY_WORDS])
    return words[:MAX_QUERY_CHARACTERS].rstrip()


def hits(adapter: Adapter, answer: Any, count: int) -> list[Hit]:
    """The first pages that the answer names, each once; ValueError if it is of another form."""
    try:
        listed = adapter.listed(answer)
        if not isinstance(listed, list):
            raise ValueError("no list of pages")
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("no list of pages") from error
    found: dict[str, Hit] = {}
    for each in listed:
        url = each.get("url") if isinstance(each, dict) else None
        if isinstance(url, str) and url.startswith(("http://", "https://")):
            found.setdefault(url, Hit(url, plain(each.get("title"))))
    return list(found.values())[:count]


def plain(title: object) -> str:
    """A title without the tags and entities that some engines put into it."""
    return " ".join(html.unescape(TAG.sub("", title)).split())[:MAX_TITLE] if isinstance(title, str) else ""
