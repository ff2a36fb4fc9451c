"""Many clients at the same time: what each asked, and what it was told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import aiohttp

KINDS = ["plain"] * 12 + ["slow", "slow", "leave", "leave", "hasty", "cut", "silent", "refuse"]
"""How the upstream answers; or that the client goes away in the middle (`leave`) or before the first word (`hasty`)."""
WORDS = {
    "plain": (1, 12),
    "slow": (5, 20),
    "leave": (8, 30),
    "hasty": (1, 5),
    "cut": (4, 10),
    "silent": (1, 8),
    "refuse": (1, 1),
}
NOBODY = "ClientConnectorError"
AWAY_S, PATIENCE = 0.1, 300
WHOLE_S, HASTY_S = 60.0, 0.15


@dataclass(frozen=True)
class Errand:
    """One question to come, unlike all others: an answer that was given before must not serve again."""

    number: int
    kind: str
    words: int
    key: str
    server: int


@dataclass
class Told:
    """What came of it. `status` is 0 where there was no answer."""

    errand: Errand
    status: int = 0
    request_id: str = ""
    usage: dict[str, Any] | None = None
    text_bytes: int = 0
    error: str = ""
    left: bool = False


def errands(random: Random, count: int, keys: Sequence[tuple[str, int]], servers: int) -> list[Errand]:
    """The whole plan of a run; `keys` with how many parts of it each has."""
    of_key = [key for key, parts in keys for _ in range(parts)]
    kinds = [random.choice(KINDS) for _ in range(count)]
    return [
        Errand(number, kind, random.randint(*WORDS[kind]), random.choice(of_key), random.randrange(servers))
        for number, kind in enumerate(kinds)
    ]


async def run_all(
    plan: Sequence[Errand], urls: Sequence[str], clients: int, progress: Callable[[], None]
) -> list[Told]:
    """Do every errand, so many at the same time."""
    waiting, told = iter(plan), []

    async def client(http: aiohttp.ClientSession) -> None:
        for errand in waiting:
            told.append(await ask_one_that_listens(http, urls, errand))
            progress()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        await asyncio.gather(*(client(http) for _ in range(clients)))
    return told


async def ask_one_that_listens(http: aiohttp.ClientSession, urls: Sequence[str], errand: Errand) -> Told:
    """As behind a load balancer: who does not listen is passed over."""
    for attempt in range(PATIENCE):
        told = await ask(http, urls[(errand.server + attempt) % len(urls)], errand)
        if told.error != NOBODY:
            break
        await asyncio.sleep(AWAY_S)
    return told


async def ask(http: aiohttp.ClientSession, url: str, errand: Errand) -> Told:
    """One question, read to its end, or left in the middle."""
    told = Told(errand)
    body = {
        "messages": [{"role": "user", "content": f"Say words ({errand.number}). soak:{errand.kind}:{errand.words}"}]
    }
    headers = {"authorization": f"Bearer {errand.key}"}
    patience = aiohttp.ClientTimeout(total=HASTY_S if errand.kind == "hasty" else WHOLE_S)
    try:
        async with http.post(f"{url}/v1/chat", json=body, headers=headers, timeout=patience) as answer:
            told.status, told.request_id = answer.status, answer.headers.get("x-request-id", "")
            if answer.status == 200:
                await read(answer, told)
            else:
                told.error = (await answer.json())["error"]["code"]
    except (aiohttp.ClientError, OSError, TimeoutError) as broken:
        told.error = told.error or type(broken).__name__
    return told


async def read(answer: aiohttp.ClientResponse, told: Told) -> None:
    """The events, line by line; whoever leaves does so after half of the words."""
    name = ""
    async for line in answer.content:
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            data = json.loads(line[6:])
            if name == "delta":
                told.text_bytes += len(data["text"].encode())
            elif name == "usage":
                told.usage = data
            elif name == "error":
                told.error = data["code"]
        if told.errand.kind == "leave" and told.text_bytes >= 2 * told.errand.words:
            told.left = True
            answer.close()
            return
