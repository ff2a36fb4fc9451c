"""The server's brewed commands as the wire has them, versions, codes and all; and the model's drafts of them."""

from __future__ import annotations

import json
from typing import Any

import pexpect
from ant_process import ANT, Home
from ant_stub import Handler, Reply, Stub, error, streams
from at_once import at_once

LINES: dict[str, Any] = {
    "name": "lines",
    "description": "count the lines of a file",
    "kind": "script",
    "arguments": [{"name": "path", "type": "file", "description": "the file"}],
    "body": 'wc -l < "$path"',
    "may": ["runs"],
}
CODE = "cmd_" + "0123456789abcdef" * 2
_PATH = "/v1/commands"


class Commands:
    """`stub` with commands: `kept` by name, `shared` by code."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.kept = stub.commands
        self.shared: dict[str, dict[str, Any]] = {}
        stub.routes = self.route

    def put(self, **fields: Any) -> dict[str, Any]:  # the fields of a command, whatever they are
        """As if it had been saved on another machine."""
        name = fields.get("name", LINES["name"])
        version = self.kept.get(name, {"version": 0})["version"] + 1
        made = {**LINES, **fields, "version": version, "updated_at": "2026-11-24T00:00:00Z"}
        self.kept[name] = made
        return made

    def route(self, handler: Handler, body: bytes) -> bool:
        """Whether it has answered."""
        code = handler.path.removeprefix("/v1/shared/")
        if code != handler.path:
            found = self.shared.get(code)
            handler.send_json(
                *(200, found) if found else (404, error("not_found", "There is no command of that code.", ""))
            )
            return True
        if not handler.path.startswith(_PATH):
            return False
        name, _, share = handler.path.removeprefix(_PATH + "/").partition("/")
        if name not in self.kept and (share or handler.command != "PUT"):
            handler.send_json(404, error("not_found", f"There is no command {name}.", "See: ant list"))
        elif share:
            self._share(handler, name)
        elif handler.command == "PUT":
            self._write(handler, name, json.loads(body))
        elif handler.command == "DELETE":
            del self.kept[name]
            handler.send_body(204, "application/json", b"")
        else:
            handler.send_json(200, self.kept[name])
        return True

    def _share(self, handler: Handler, name: str) -> None:
        if handler.command == "DELETE":
            self.shared.clear()
            handler.send_body(204, "application/json", b"")
        else:
            self.shared[CODE] = dict(self.kept[name])
            handler.send_json(200, {"name": name, "code": CODE})

    def _write(self, handler: Handler, name: str, text: dict[str, Any]) -> None:
        version = self.kept.get(name, {"version": 0})["version"]
        if handler.headers["If-None-Match"] == "*" and version:
            handler.send_json(412, error("conflict", f"There is a command {name} already.", "Edit it."))
        elif handler.headers["If-Match"] not in (None, f'"{version}"'):
            handler.send_json(412, error("conflict", f"{name} was changed meanwhile.", ""))
        else:
            handler.send_json(200, self.put(name=name, **text))


def drafts(**fields: Any) -> Reply:
    """The model's answer, of the form that was asked for."""
    return streams(json.dumps({**LINES, **fields}))


def agree(user: Home, name: str) -> None:
    """As after a look at it."""
    digest = json.loads(user.run("show", name, "--json").out)["hash"]
    done = user.run("agree", name, "--hash", digest[:16])
    assert done.code == 0, done.err


def script(user: Home, commands: Commands, body: str, *types: str) -> None:
    """A script `s` with arguments a, b, … of these types, agreed to."""
    arguments = [{"name": "abcdef"[at], "type": kind, "description": ""} for at, kind in enumerate(types)]
    commands.put(name="s", body=body, arguments=arguments)
    agree(user, "s")


def terminal(user: Home, *words: str, **environ: str) -> pexpect.spawn[str]:
    """`ant` on a terminal."""
    return at_once(pexpect.spawn(
        ANT[0], [*ANT[1:], *words], env={**user.environ, **environ}, cwd=str(user.work), encoding="utf-8",
        timeout=20, dimensions=(60, 120),
    ))  # fmt: skip


def ended(running: pexpect.spawn[str]) -> int | None:
    """Its exit code, when it has ended."""
    running.expect(pexpect.EOF)
    running.wait()
    running.close()
    return running.exitstatus


def editor(user: Home, line: str) -> str:
    """An editor that does what a line of shell does to the file."""
    path = user.folder / "editor"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)
