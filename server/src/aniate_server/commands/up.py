"""`aniate-server up`: everything in one go, in the foreground or left running."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

from aniate_server.parts import running_parts
from aniate_server.plumbing.embedded.instance import Instance, RunningInstance, already_running, running
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Settings

BACKGROUND_PATIENCE_S = 180.0


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve until a signal ends it; with `--background`, return once another process serves."""
    if arguments.background:
        return start_in_background(settings, sys.argv[1:])
    from aniate_server import serving
    from aniate_server.plumbing.logging import configure_logging

    configure_logging(for_good=True)
    with Instance(settings.data) as instance, serving.listen(settings) as listener, running_parts(settings) as parts:

        def ready(url: str) -> None:
            instance.announce(url)
            sys.stdout.write(how_to_go_on(url, parts.provider.name, arguments.data, settings))
            sys.stdout.flush()

        serving.run(serving.serve(settings, parts, listener, ready, with_worker=not arguments.no_worker))
    return 0


def how_to_go_on(url: str, provider: str, data: Path | None, settings: Settings) -> str:
    """What is said when everything is up."""
    command = "aniate-server" + (f" --data {shlex.quote(str(data))}" if data else "")
    mail = "" if settings.smtp else f"Its mail, with the link to confirm an address, is read by: {command} mail\n"
    return (
        f"Aniate is up at {url} (models: {provider})\n"
        f"Make an account and log in: ant signup --host {url}\n"
        f"{mail}"
        f"Stop it with Ctrl-C, or from elsewhere with: {command} down\n"
    )


def start_in_background(settings: Settings, argv: list[str]) -> int:
    """Start `up` in a process of its own and wait until it says that it is ready."""
    if running(settings.data):
        raise already_running(settings.data)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = settings.data / "server.log"
    command = [sys.executable, "-P", "-m", "aniate_server", *(word for word in argv if word != "--background")]
    log.touch(mode=0o600)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        here = wait_until_ready(settings, process, log)
    except BaseException:  # Ctrl-C, too: what is not said to be running must not run
        process.terminate()
        process.wait()
        raise
    sys.stdout.write(f"Aniate is up at {here.url} in the background (pid {here.pid}; log: {log})\n")
    sys.stdout.write(f"Stop it with: aniate-server --data {shlex.quote(str(settings.data))} down\n")
    return 0


def wait_until_ready(settings: Settings, process: subprocess.Popen[bytes], log: Path) -> RunningInstance:
    """Wait for the announcement; SetupError with what the process said if it ends before."""
    deadline = time.monotonic() + BACKGROUND_PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise why_it_ended(log)
        here = running(settings.data)
        if here and here.url and here.pid == process.pid:  # not what a killed one announced
            return here
        time.sleep(0.05)
    raise SetupError(f"The server was not ready within {BACKGROUND_PATIENCE_S:.0f} seconds.", f"Its log: {log}")


def why_it_ended(log: Path) -> SetupError:
    """What the process said last, as our own sentence."""
    reason, _, hint = log.read_text().rpartition("aniate-server: ")[2].strip().partition("\n")
    hints = [f"{hint.strip().removesuffix('.')}." if hint.strip() else "", f"Its log: {log}"]
    return SetupError(f"The server did not start: {reason or 'it said nothing'}", " ".join(filter(None, hints)))
