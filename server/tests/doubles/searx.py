"""A real SearX: Debian's package with what it needs, fetched by apt (which checks signatures), unpacked, not installed.

Its one engine is a list of pages as JSON, at an address on this machine; nothing else is asked. It runs on Debian's
own Python, since that is what its packages are for.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[3]
PLACE = ROOT / "bench" / "build" / "searx"
PYTHON = "/usr/bin/python3"
START_S = 30.0
SETTINGS = """
import sys, yaml
place, folder, port, index = sys.argv[1:]
with open(f"{place}/usr/share/doc/searx/examples/settings.yml") as file:
    settings = yaml.safe_load(file)
settings["server"] |= {"port": int(port), "secret_key": "s" * 32, "method": "GET"}
settings["search"]["formats"] = ["html", "json"]
for name in ("static", "templates"):
    settings["ui"][f"{name}_path"] = f"{place}/usr/share/python3-searx/{name}"
settings["engines"] = [{
    "name": "local", "engine": "json_engine", "shortcut": "lo", "categories": "general", "enable_http": True,
    "search_url": index + "?q={query}", "results_query": "results", "url_query": "url", "title_query": "title",
    "content_query": "content", "timeout": 3.0,
}]
with open(f"{folder}/settings.yml", "w") as file:
    yaml.safe_dump(settings, file)
"""


class NotHere(Exception):
    """This machine has no way to bring it."""


def bring() -> None:
    """Unpack what is missing here; kept for the next time."""
    if (PLACE / "unpacked").exists():
        return
    if not all(map(shutil.which, ("apt-get", "dpkg-deb", PYTHON))):
        raise NotHere("SearX comes as a package of Debian, and this is none")
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    names = needed()
    if not names and os.geteuid() == 0:
        ran("apt-get", "update", "-qq")
        names = needed()
    if "searx" not in names or ran("apt-get", "download", "-qq", *names).returncode:
        raise NotHere("apt-get does not bring searx (apt-get update first?)")
    for package in PLACE.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(PLACE)], check=True)
    (PLACE / "unpacked").touch()


def needed() -> list[str]:
    """The packages that would be installed."""
    told = ran("apt-get", "install", "-s", "--no-install-recommends", "searx").stdout
    return [line.split()[1] for line in told.splitlines() if line.startswith("Inst ")]


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=PLACE, capture_output=True, text=True, check=False)


@asynccontextmanager
async def running(folder: Path, index: str) -> AsyncIterator[str]:
    """Its address; `index` is where the engine's pages are listed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = [PYTHON, "-c", SETTINGS, str(PLACE), str(folder), str(port), index]
    subprocess.run(made, check=True)  # noqa: ASYNC221 - a moment
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "SEARX_SETTINGS_PATH": str(folder / "settings.yml"),
        "PYTHONPATH": str(PLACE / "usr" / "lib" / "python3" / "dist-packages"),
    }
    with (folder / "searx.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PYTHON, "-m", "searx.webapp", env=environ, cwd=folder, stdout=log, stderr=log
        )
    try:
        await answering(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def answering(url: str) -> None:
    """As soon as it does."""
    async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
        while not await answers(http, url):  # noqa: ASYNC110 - it has no way to tell us
            await asyncio.sleep(0.1)


async def answers(http: aiohttp.ClientSession, url: str) -> bool:
    """Whether it does now."""
    try:
        async with http.get(f"{url}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def listed(pages: dict[str, str]) -> bytes:
    """What the engine reads, by address and title."""
    results = [{"url": url, "title": title, "content": f"About {title}"} for url, title in pages.items()]
    return json.dumps({"results": results}).encode()
