"""Our server beside the peers: start all, run the rounds, check the books, report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.gateway import books, cores, report, tables
from bench.gateway.cases import DIRECT, openai, ours, ours_openai
from bench.gateway.chart import chart
from bench.gateway.peers.peer import NotHere, running_peer
from bench.gateway.peers.table import PEERS
from bench.gateway.programs import Stub, running_stub
from bench.gateway.rounds import Entrant, Found, figures, run_rounds
from bench.gateway.server import Gateway, running_gateway

RESULTS = Path(__file__).parents[1] / "results"


def measure(folder: Path, rounds: int, seconds: float, say: Callable[[str], None], *, peers: bool, keep: bool) -> int:
    """All of it; 1 if our books are wrong, and then nothing is kept."""
    with ExitStack() as stack:
        stub = stack.enter_context(running_stub())
        others, told = at_work(stack, folder, stub, say) if peers else ([], [])
        gateway = stack.enter_context(running_gateway(folder / "ours", stub))
        entrants = [Entrant(openai(DIRECT, stub.port)), *others, *doors(gateway)]
        placement = cores.separate([entrant.pid for entrant in entrants if entrant.pid], [stub.pid])
        machine = report.Machine(placement, os.getloadavg()[0], books.durable_commits_ms(gateway.database_url))
        runs = run_rounds(stub, entrants, folder, rounds=rounds, seconds=seconds, say=say)
        read = books.read_books(gateway.database_url)
    found, wrong, faults = figures(runs), books.disagreements(read, runs), books.faults_of_peers(runs)
    tell(found, read, wrong, faults)
    if keep and not wrong:
        write(found, report.page(found, read, machine, report.Plan(rounds, seconds, told), faults))
    return 1 if wrong else 0


def at_work(stack: ExitStack, folder: Path, stub: Stub, say: Callable[[str], None]) -> tuple[list[Entrant], list[str]]:
    """The peers that can be had here, installed and started, and a line on each."""
    entrants, told = [], []
    for peer in PEERS:
        say(f"starting {peer.name} (on first use it is installed)")
        try:
            version = peer.install()
            running = stack.enter_context(running_peer(peer, folder / peer.name, stub))
        except NotHere as reason:
            told.append(f"**{peer.name}**: not measured: {reason}.")
            say(told[-1])
        else:
            entrants.append(Entrant(running.target, running.pid))
            told.append(f"**{peer.name} {version}**: {peer.how}.")
    return entrants, told


def doors(gateway: Gateway) -> list[Entrant]:
    """Both doors of our one process."""
    targets = (ours(gateway.port, gateway.key), ours_openai(gateway.port, gateway.key))
    return [Entrant(target, gateway.pid) for target in targets]


def tell(found: Found, read: books.Books, wrong: list[str], faults: list[str]) -> None:
    """What was found, on the terminal."""
    print(tables.cases(found), tables.aims(found), sep="\n\n")
    for sentence in [*faults, *wrong]:
        print(f"bench.gateway: {sentence}", file=sys.stderr)
    if not wrong:
        print(f"Books: {read.closed:,} requests, as many closed rows; {read.charged_micro_usd:,} micro-USD in each.")


def write(found: Found, page: str) -> None:
    """Keep the page and its chart."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gateway.md").write_text(page)
    (RESULTS / "gateway.svg").write_text(chart(found))
    print(f"Written to {RESULTS / 'gateway.md'}")
