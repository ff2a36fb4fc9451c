"""Portkey's open gateway, on the machine's Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from bench import venvs
from bench.gateway.peers.peer import NotHere

PINS = venvs.REQUIREMENTS / "bench-portkey"
PLACE = venvs.BUILD / "gateway" / "portkey"
PACKAGE = PLACE / "node_modules" / "@portkey-ai" / "gateway"
OLDEST_NODE = 18


class Portkey:
    """One Node process, its page and its retries off."""

    name = "Portkey"
    how = "one Node process without its console; it knows no users and keeps nothing"
    patience = 1.0

    def install(self) -> str:
        """Install by the lock file: each package by its hash, no package's scripts are run."""
        node = node_version()
        wanted = venvs.fingerprint(PINS / "package-lock.json")
        if not venvs.is_stamped(PLACE, wanted):
            shutil.rmtree(PLACE, ignore_errors=True)
            PLACE.mkdir(parents=True)
            for file in ("package.json", "package-lock.json"):
                shutil.copy(PINS / file, PLACE)
            clean_install()
            venvs.stamp(PLACE, wanted)
        version = json.loads((PACKAGE / "package.json").read_text())["version"]
        return f"{version} on Node.js {node}"

    def command(self, folder: Path, port: int, upstream: int) -> list[str]:  # noqa: ARG002 - as every peer
        return ["node", str(PACKAGE / "build" / "start-server.js"), f"--port={port}", "--headless"]

    def environment(self) -> dict[str, str]:
        return {"NODE_ENV": "production"}

    def headers(self, upstream: int) -> list[str]:
        return ["x-portkey-provider: openai", f"x-portkey-custom-host: http://127.0.0.1:{upstream}/v1"]


def node_version() -> str:
    """Of the machine's Node.js. NotHere if there is none, it is too old, or comes without npm."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise NotHere("there is no Node.js with npm here")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    version = said.strip().removeprefix("v")
    if int(version.partition(".")[0]) < OLDEST_NODE:
        raise NotHere(f"Node.js {version} is too old for it")
    return version


def clean_install() -> None:
    """`npm ci`."""
    command = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"npm could not install it: {done.stderr.strip()[:200]}")
