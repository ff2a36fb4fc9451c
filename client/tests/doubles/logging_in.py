"""What a login meets on a machine: a browser, a keyring, and constants of time that are shorter."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from ant_process import TIMEOUT_S, Home, Ran
from oauth_stub import Logins

_BROWSER = """#!{python}
import os, sys, urllib.error, urllib.request
print("a browser that talks")
with open({opened!r}, "w") as file:
    file.write(sys.argv[1])
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=20)
except urllib.error.HTTPError as error:
    answer = error
with open({log!r}, "a") as log:
    log.write(f"{{answer.status}} {{answer.url}}\\n")
"""
_PROGRAM = """
import importlib, json, sys
for place, value in json.loads(sys.argv.pop(1)).items():
    module, _, name = place.rpartition(".")
    setattr(importlib.import_module(module), name, value)
from aniate.cli import main
main()
"""


def browser_of(home: Home) -> Path:
    """Give the home a browser that goes where it is sent; the file that says where it ended, a line each time.

    What it was told to open is in the file `opened` beside that.
    """
    log, script = home.folder.parent / "visited", home.folder.parent / "browser"
    script.write_text(_BROWSER.format(python=sys.executable, log=str(log), opened=str(log.with_name("opened"))))
    script.chmod(0o755)
    home.environ["BROWSER"] = str(script)
    return log


def keyring_of(home: Home, kind: str = "Keyring") -> Path:
    """Give the home a keyring; the file in which it keeps its secrets."""
    path = home.folder.parent / "keyring.json"
    doubles = str(Path(__file__).parent)
    home.environ |= {"PYTHON_KEYRING_BACKEND": f"keyring_on_file.{kind}", "PYTHONPATH": doubles}
    home.environ["TEST_KEYRING"] = str(path)
    return path


def logged_in(home: Home, logins: Logins, where: str = "file", left_s: int = 600) -> dict[str, object]:
    """As after `ant login`, some time ago: what is stored of it, with so many seconds left for its access token."""
    issued, url = logins.issue(), logins.stub.url
    refresh = str(issued["refresh_token"])
    entry = {"access_token": issued["access_token"], "expires_at": int(time.time()) + left_s, "refresh": where}
    if where == "keyring":
        keyring_of(home).write_text(json.dumps({f"aniate/default@{url}": refresh}))
    else:
        entry["refresh_token"] = refresh
    home.log_in(url)
    credentials = home.config / "credentials.json"
    credentials.write_text(json.dumps({"profiles": {"default": {url: entry}}}))
    return entry


def stored(home: Home, logins: Logins) -> dict[str, object]:
    """What is stored of the login."""
    everything = json.loads((home.config / "credentials.json").read_text())
    found: dict[str, object] = everything["profiles"]["default"].get(logins.stub.url, {})
    return found


def run_with(home: Home, changed: dict[str, object], *words: str) -> Ran:
    """Run `ant` with other constants, such as `aniate.login_browser.WAIT_S`."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(changed), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=home.work,
        env=home.environ,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
