"""The main job: a real client, a real gateway, a real database, and a model."""

from __future__ import annotations

import json
from pathlib import Path

from contract.house import House
from server.tests.doubles.groq import Groq

TRACE = """Traceback (most recent call last):
  File "shop.py", line 3, in <module>
    print(stock["apples"])
KeyError: 'apples'
"""
NGINX = """server {
    listen 80;
    server_name shop.example.com;
    location / { proxy_pass http://127.0.0.1:8000; }
}
"""


def test_two_files_get_two_answers_on_their_topics_from_the_local_model(local_house: House, tmp_path: Path) -> None:
    (tmp_path / "trace.txt").write_text(TRACE)
    (tmp_path / "site.conf").write_text(NGINX)
    about_trace = local_house.ant("what", str(tmp_path / "trace.txt"))
    about_config = local_house.ant("what", str(tmp_path / "site.conf"))

    assert about_trace.returncode == about_config.returncode == 0
    assert "key" in about_trace.stdout.lower() and "apples" in about_trace.stdout.lower()
    assert any(word in about_config.stdout.lower() for word in ("nginx", "proxy", "server", "port 80", "location"))
    assert about_trace.stdout != about_config.stdout


def test_what_is_charged_is_what_the_provider_counted(house: House, groq: Groq) -> None:
    groq.prompt_tokens, groq.completion_tokens = 400, 500
    answered = house.ant("ask", "--json", "hi")
    answer = json.loads(answered.stdout)
    assert answer["text"].strip() == "Hello from Groq."
    # 75 and 300 micro-USD per thousand tokens: ceil(400 * .075 + 500 * .3)
    assert answer["usage"] == {"input_tokens": 400, "output_tokens": 500, "cost_micro_usd": 180, "estimated": False}
    assert house.rows("select state, cost_micro_usd from aniate.usage") == [("closed", 180)]
    assert house.rows("select amount_micro_usd from ledger.entries") == [(180,)]


def test_a_revoked_key_is_refused_at_once(house: House) -> None:
    assert house.ant("ask", "hi").returncode == 0
    key_id = house.server("admin", "key", "list").stdout.split()[0]
    house.server("admin", "key", "revoke", key_id)
    refused = house.ant("ask", "hi")
    assert refused.returncode == 4
    assert "revoked" in refused.stderr
    assert house.rows("select count(*) from aniate.usage") == [(1,)]


def test_two_users_see_their_own_workspaces_alone(house: House) -> None:
    mine = json.loads(house.ant("whoami", "--json").stdout)
    house.log_in("you@localhost")
    yours = json.loads(house.ant("whoami", "--json").stdout)
    assert yours["email"] == "you@localhost"
    assert mine["workspace_id"] != yours["workspace_id"]
