"""What a server does that keeps conversations, for `ant_stub`: numbers, versions and who was first."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ant_stub import Handler, Stub, error

PATH = "/v1/conversations"


@dataclass
class Keeping:
    """The account's conversations by id; installs itself in a stub."""

    stub: Stub
    user: str = "ada"
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequence: int = 0
    away: bool = False

    def __post_init__(self) -> None:
        self.stub.routes = self.route

    def route(self, handler: Handler, body: bytes) -> bool:
        parts = urlsplit(handler.path)
        if not parts.path.startswith(PATH):
            return False
        name = parts.path.removeprefix(PATH).lstrip("/")
        if self.away:
            handler.send_json(503, error("unavailable", "The server is away.", ""))
        elif handler.command == "GET":
            after = int(parse_qs(parts.query)["after"][0])
            found = sorted(
                (row for row in self.kept.values() if row["sequence"] > after), key=lambda row: row["sequence"]
            )
            page = found[:2]
            handler.send_json(200, {"user_id": self.user, "conversations": page, "more": bool(page)})
        elif handler.command == "PUT":
            self.put(handler, name, json.loads(body)["lines"])
        else:
            gone = [row for row in self.kept.values() if row["lines"] is not None and name in ("", row["id"])]
            for row in gone:
                self.change(row["id"], row["version"], None)
            handler.send_json(200, {"deleted": len(gone)})
        return True

    def put(self, handler: Handler, name: str, lines: list[str]) -> None:
        there = self.kept.get(name)
        wanted = handler.headers["If-Match"]
        good = there is None if wanted is None else there and wanted == f'"{there["version"]}"'
        if not good or (there and there["lines"] is None):
            handler.send_json(412, error("conflict", "It was changed meanwhile.", ""))
            return
        self.change(name, len(lines), lines)
        handler.send_json(200, {key: self.kept[name][key] for key in ("id", "version", "sequence")})

    def change(self, name: str, version: int, lines: list[str] | None) -> None:
        self.sequence += 1
        self.kept[name] = {
            "id": name, "version": version, "sequence": self.sequence, "lines": lines, "updated_at": "2026-11-24",
        }  # fmt: skip
