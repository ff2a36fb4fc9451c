"""Bodies made to hurt: each is refused in a sentence at both doors, and the process is no larger for it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

from contract.house import House
from server.tests.doubles.groq import Groq

DOORS = ("/v1/chat", "/v1/chat/completions")
TIMES = 4
MOST_GROWTH_KIB = 20 * 1024
"""Between the first and the last time; one of these bodies takes as much when it is parsed."""
HI = b'{"role": "user", "content": "hi"}'


def body(messages: bytes, more: bytes = b"") -> bytes:
    return b'{"messages": [' + messages + b"]" + more + b"}"


BODIES = {
    "10 MB": body(b'{"role": "user", "content": "' + b"x" * (10 << 20) + b'"}'),
    "100,000 messages": body(b", ".join([HI] * 100_000)),
    "a million numbers": body(b"0," * 1_000_000 + b"0"),
    "100,000 levels of lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 levels of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "100,000 levels in a field": body(HI, b', "model": ' + b"[" * 100_000 + b"]" * 100_000),
    "100,000 keys": body(b"{" + b", ".join(b'"%d": 0' % number for number in range(100_000)) + b"}"),
    "1e400": body(HI, b', "model": 1e400'),
    "10**5000": body(HI, b', "model": 1' + b"0" * 5000),
    "4 MB of digits": body(HI, b', "model": ' + b"9" * 4_000_000),
    "NUL": body(b'{"role": "user", "content": "a\\u0000b"}'),
    "a NUL byte": body(b'{"role": "user", "content": "a\x00b"}'),
    "half of a pair": body(b'{"role": "user", "content": "' + b"\\ud800" * 500_000 + b'"}'),
    "not UTF-8": body(b'{"role": "user", "content": "\xff"}'),
    "wrong types": body(b'{"role": ["user"], "content": {"a": []}}'),
    "no end": body(HI)[:-1],
}


def refused(url: str, key: str, content: bytes) -> tuple[int, str]:
    """Status and sentence of the answer."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, content, headers), timeout=20) as answer:
            return answer.status, answer.read().decode()[:200]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]["message"]


def resident_kib(pid: int) -> int:
    """What the process holds in memory."""
    [line] = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS:")]
    return int(line.split()[1])


def test_hostile_bodies_are_refused_and_leave_nothing_in_memory(house: House, groq: Groq) -> None:
    url = house.server("status", "--url").stdout.strip()
    key = house.server("admin", "key", "add", "me@localhost", "--name", "hostile").stdout.strip()
    for name, content in BODIES.items():
        sizes = []
        for _ in range(TIMES):
            for door in DOORS:
                status, message = refused(url + door, key, content)
                assert 400 <= status < 500, (door, name, status, message)
                assert message.endswith(".") and "\n" not in message and len(message) < 200, (door, name, message)
            sizes.append(resident_kib(house.pid))
        assert sizes[-1] - sizes[0] < MOST_GROWTH_KIB, (name, sizes)
    assert not groq.asked
    assert house.rows("select count(*) from aniate.usage") == [(0,)]
