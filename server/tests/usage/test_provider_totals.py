"""What a provider counted, from files as people have them; and the command that compares it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aniate_server.plumbing.errors import BadRequest
from aniate_server.usage.provider_totals import totals_in
from aniate_server.usage.reconcile_store import ProviderTotal
from server.tests.usage.books import Books, after

DAY = date(2026, 3, 14)
HEADER = "day,provider,model,input_tokens,output_tokens,requests\n"


def line(read: object, written: object, requests: object, **more: object) -> str:
    """A total as JSON."""
    counted = {"input_tokens": read, "output_tokens": written, "requests": requests}
    return json.dumps({"day": "2026-03-14", "provider": "groq", "model": "m", **counted, **more})


TOTAL = ProviderTotal(DAY, "groq", "m", 10, 5, 2)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "2026-03-14,groq,m,10,5,2\n",
        "\ufeff" + HEADER.replace("\n", "\r\n") + "2026-03-14,groq,m,10,5,2\r\n\r\n",
        "requests,model,provider,day,output_tokens,input_tokens,price\n2,m,groq,2026-03-14,5,10,9\n",
        HEADER + "2026-03-14,groq,m,7,5,1\n2026-03-14,groq,m,3,0,1\n",
        line(10, 5, 2),
        f"\n{line(4, 5, 1)}\n\n{line('6', 0, 1, colour=[])}\n",
    ],
)
def test_a_file_of_either_form_is_read(text: str) -> None:
    assert totals_in(text) == [TOTAL]


def test_where_one_line_does_not_tell_the_requests_nobody_knows_them() -> None:
    text = HEADER + "2026-03-14,groq,m,7,5,\n2026-03-14,groq,m,3,0,1\n2026-03-15,groq,m,3,0,1\n"
    assert [(each.day.day, each.requests) for each in totals_in(text)] == [(14, None), (15, 1)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no totals"),
        (HEADER, "no totals"),
        ("x", "no totals"),
        ("a,b\n1,2\n", "Line 2 has no day."),
        (HEADER + "2026-03-14,groq,m,10\n", "Line 2 is not of the form"),
        (HEADER + "2026-03-14,groq,m,10,5,2\n2026-13-14,groq,m,1,1,1\n", "Line 3 is not of the form"),
        (HEADER + "2026-03-14,groq,m,-1,5,2\n", "'-1' is no number"),
        (HEADER + "2026-03-14,groq,m,1e9,5,2\n", "'1e9' is no number"),
        (HEADER + f"2026-03-14,groq,m,{'9' * 5000},5,2\n", "is no number"),
        (HEADER + "2026-03-14,groq,,1,5,2\n", "is no name"),
        (HEADER + "2026-03-14,groq,m\x00,1,5,2\n", "Line 2"),
        ('{"day": 7, "provider": "groq"}', "Line 1 is not of the form"),
        ('{"day": "2026-03-14", "provider": "groq", "model": "m", "input_tokens": true}', "True is no number"),
        ('{"day": "2026-03-14"', "Line 1 is no JSON object."),
        ('{"a": ' * 100_000, "Line 1 is no JSON object."),
    ],
)
def test_a_file_that_is_not_of_the_form_is_refused_with_the_line(text: str, told: str) -> None:
    with pytest.raises(BadRequest) as refused:
        totals_in(text)
    assert told in refused.value.message


def reconcile(books: Books, home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command, as the server's own role."""
    command = [sys.executable, "-P", "-m", "aniate_server", "reconcile", "--database-url", books.database.server_url]
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [*command, *arguments], env=env, input=stdin, text=True, capture_output=True, timeout=60, check=False
    )


@pytest.mark.anyio
async def test_the_command_says_what_does_not_agree_and_ends_with_1(books: Books, tmp_path: Path) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    first = await books.closed()
    books.put(first, after(yesterday, hours=3), after(yesterday, hours=3))
    quiet = reconcile(books, tmp_path)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert f"{yesterday}  groq openai/gpt-oss-20b: 1 requests (0 flagged), 20 + 12 tokens, 6 micro-USD, ledger 6;" in (
        quiet.stdout
    )
    assert quiet.stdout.endswith("Looked at 1 requests of 2 days: All agrees.\n")

    totals = f"{HEADER}{yesterday},groq,openai/gpt-oss-20b,20,13,1\n"
    kept = reconcile(books, tmp_path, "import", "-", stdin=totals)
    assert kept.stdout == f"Kept 1 totals, of {yesterday} to {yesterday}.\n"
    books.by_force("update ledger.entries set amount_micro_usd = 5")
    told = reconcile(books, tmp_path)
    assert told.returncode == 1
    assert f"{yesterday}  {first}: its row says 6 micro-USD, and its entry 5, or another workspace." in told.stdout
    assert "the provider counted 13 output tokens, and our rows 12: +1." in told.stdout
    assert told.stdout.endswith("4 differences.\n")

    for_programs = json.loads(reconcile(books, tmp_path, "--json", "--day", str(yesterday)).stdout)
    assert [(each["finding"], each["by"]) for each in for_programs["differences"]] == [
        ("entry_differs", 1),
        ("outbox_differs", 1),
        ("provider_differs", 1),
        ("provider_differs", 1),
    ]
    assert for_programs["days"][0]["totals"][0]["provider_output"] == 13
    today = json.loads(reconcile(books, tmp_path, "--json", "--days", "1").stdout)
    assert today["differences"] == []


@pytest.mark.anyio
async def test_a_file_that_cannot_be_read_is_told_in_a_sentence(books: Books, tmp_path: Path) -> None:
    refused = reconcile(books, tmp_path, "import", str(tmp_path / "none.csv"))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "no such file" in refused.stderr
