"""Whatever is killed in the middle of an answer: the client says so, no process stays, nothing is counted twice."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from contract.house import House, until
from server.tests.doubles.groq import Groq

CLOSED_ONCE = """
  select count(*) filter (where state = 'open'),
         count(*) filter (where state = 'closed'),
         coalesce(sum(cost_micro_usd), 0) - (select coalesce(sum(amount_micro_usd), 0) from ledger.entries)
  from aniate.usage
"""


def an_answer_under_way(house: House, groq: Groq) -> subprocess.Popen[str]:
    """`ant` in the middle of an answer that would take a minute."""
    groq.says = [f"word{number} " for number in range(600)]
    groq.pause_s = 0.1
    process = house.start_ant("ask", "a", "long", "story")
    assert process.stdout
    assert process.stdout.read(4) == "word"
    return process


def the_books_are_right(house: House, requests: int) -> bool:
    """Each request in exactly one closed row, and the ledger says what the rows say."""
    return house.rows(CLOSED_ONCE) == [(0, requests, 0)]


def one_sentence(stderr: str) -> str:
    """What the client said, which must be one sentence, perhaps with a hint below."""
    assert "Traceback" not in stderr
    [first, *hints] = stderr.strip().splitlines()
    assert len(hints) <= 1
    return first


def test_killing_the_server_leaves_no_process_and_one_closed_row(house: House, groq: Groq) -> None:
    asking = an_answer_under_way(house, groq)
    server = house.pid
    family = house.family(server)
    assert any("postgres" in line for line in family.values())

    os.kill(server, signal.SIGKILL)
    _, stderr = asking.communicate(timeout=10)
    assert asking.returncode == 1
    assert "broke off" in one_sentence(stderr)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "the end of every process")

    house.up()
    until(lambda: the_books_are_right(house, requests=1), "the settling of what was left open")


def test_killing_postgresql_ends_the_answer_and_the_server(house: House, groq: Groq) -> None:
    asking = an_answer_under_way(house, groq)
    server = house.pid
    family = house.family(server)
    [postmaster] = [pid for pid, line in family.items() if f"-D {house.data}" in line]

    os.kill(postmaster, signal.SIGKILL)
    _, stderr = asking.communicate(timeout=15)
    assert asking.returncode == 1
    assert one_sentence(stderr)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "the end of every process")
    assert "PostgreSQL stopped unexpectedly" in (house.data / "server.log").read_text()

    house.up()
    until(lambda: the_books_are_right(house, requests=1), "the settling of what was left open")
    house.log_in()
    groq.pause_s = 0
    assert house.ant("ask", "hi").returncode == 0


def test_killing_the_local_model_ends_the_answer_and_the_server(local_house: House) -> None:
    asking = local_house.start_ant("ask", "list", "fifty", "unix", "commands,", "each", "with", "an", "example")
    assert asking.stdout
    assert asking.stdout.read(1)
    server = local_house.pid
    family = local_house.family(server)
    [model] = [pid for pid, line in family.items() if "model_process" in line]

    os.kill(model, signal.SIGKILL)
    _, stderr = asking.communicate(timeout=10)
    assert asking.returncode == 1
    assert one_sentence(stderr)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "the end of every process")
    assert "The local model stopped unexpectedly" in (local_house.data / "server.log").read_text()

    local_house.up()
    assert the_books_are_right(local_house, requests=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_the_server_tells_the_open_streams(house: House, groq: Groq, number: signal.Signals) -> None:
    asking = an_answer_under_way(house, groq)
    server = house.pid
    family = house.family(server)

    os.kill(server, number)
    _, stderr = asking.communicate(timeout=10)
    assert asking.returncode == 1
    assert "shutting down" in one_sentence(stderr)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "the end of every process")

    house.up()
    assert the_books_are_right(house, requests=1)


def test_a_client_that_is_killed_cancels_upstream_and_pays_for_what_came(house: House, groq: Groq) -> None:
    with an_answer_under_way(house, groq) as asking:
        asking.kill()
    until(lambda: groq.asked[0].cancelled, "the cancelling of the upstream request")
    until(lambda: the_books_are_right(house, requests=1), "the settling of the cancelled request")
    assert house.rows("select outcome, estimated, cost_micro_usd > 0 from aniate.usage") == [("cancelled", True, True)]
