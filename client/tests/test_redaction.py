"""Keys, tokens and passwords found in what goes along are not sent, and nothing else is touched."""

import json
import random
import string

import pytest
from ant_process import Home
from ant_stub import Stub, streams
from hypothesis import given
from hypothesis import strategies as st

from aniate.redaction import MARKS, WORDS, redact

_random = random.Random(7)


def made_of(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(_random.choice(letters) for _ in range(length))


_KEY_TEXT = "\n".join(made_of(64, string.ascii_letters + string.digits + "+/") for _ in range(12))
# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "aws": "AKIA" + made_of(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "github": "ghp_" + made_of(36),
    "github, fine-grained": "github_pat_" + made_of(22) + "_" + made_of(59),
    "gitlab": "glpat-" + made_of(20),
    "slack": "xoxb-" + made_of(12, string.digits) + "-" + made_of(24),
    "payments": "sk_live_" + made_of(24),
    "payments, webhooks": "whsec_" + made_of(32),
    "openai": "sk-proj-" + made_of(48),
    "anthropic": "sk-ant-" + made_of(40),
    "a model's provider": "gsk_" + made_of(52),
    "google": "AIza" + made_of(35),
    "npm": "npm_" + made_of(36),
    "pypi": "pypi-AgE" + made_of(80),
    "hugging face": "hf_" + made_of(34),
    "sendgrid": "SG." + made_of(22) + "." + made_of(43),
    "vault": "hvs." + made_of(90),
    "digital ocean": "dop_v1_" + made_of(64, "0123456789abcdef"),
    "a token of the web": "eyJ" + made_of(30) + ".eyJ" + made_of(60) + "." + made_of(43),
}
_HEX, _DIGITS = "0123456789abcdef", string.digits
SECRETS |= {
    beginning: beginning + made_of(length, letters)
    for beginning, length, letters in (
        ("glrt-", 20, string.ascii_letters), ("gldt-", 20, string.ascii_letters), ("glptt-", 40, _HEX),
        ("xapp-1-A0-", 60, _HEX), ("xai-", 80, _HEX), ("pplx-", 48, _HEX), ("nvapi-", 64, _HEX), ("GOCSPX-", 28, _HEX),
        ("rubygems_", 48, _HEX), ("dapi", 32, _HEX), ("shpss_", 32, _HEX), ("sq0atp-", 22, _HEX), ("hvb.", 140, _HEX),
        ("pul-", 40, _HEX), ("dp.pt.", 43, _HEX), ("glc_", 90, _HEX), ("NRAK-", 27, string.ascii_uppercase),
        ("sntryu_", 64, _HEX), ("sbp_", 40, _HEX), ("pscale_tkn_", 43, _HEX), ("nfp_", 36, _HEX), ("ntn_", 46, _HEX),
        ("figd_", 40, _HEX), ("duffel_live_", 43, _HEX), ("sqp_", 40, _HEX), ("AKCp", 69, _HEX), ("lsv2_pt_", 43, _HEX),
        ("xkeysib-", 64, _HEX), ("12345678:AA", 33, _HEX), ("access-production-", 36, _HEX), ("cio", 32, _HEX),
        ("$2b$12$", 53, string.ascii_letters), ("$6$saltsaltsalt$", 86, string.ascii_letters), ("fm2_", 120, _HEX),
    )
}  # fmt: skip
LINES = {
    "a key of Azure": ("AccountName=x;AccountKey={};EndpointSuffix=x", made_of(86) + "=="),
    "a signed address": ("https://x.blob.core.windows.net/c?sv=2022&sig={}", made_of(43) + "%3D"),
    "a cookie": ("< Set-Cookie: sessionid={}", made_of(32)),
    "yaml, a password": ("  password: {}", "Sommer2024wind"),
    "curl's user": ("curl -s -u admin:{} https://x.example", made_of(14)),
    "mysql's password": ("mysql -uroot -p{} shop", made_of(12)),
    "netrc": ("machine api.example login ada password {}", made_of(16)),
    "docker's config": ('"x": "auth":"{}"', made_of(40)),
    "kubectl's config": ("    client-key-data: {}", made_of(400)),
    "wireguard": ("PrivateKey = {}", made_of(43) + "="),
    "rails": ("RAILS_MASTER_KEY={}", made_of(32, _HEX)),
    "a webhook": ("https://discord.com/api/webhooks/{}", made_of(18, _DIGITS) + "/" + made_of(68)),
    "a variable": ("DB_PASSWORD={}", "correcthorse"),
    "an exported one": ("export AWS_SECRET_ACCESS_KEY={}", made_of(40)),
    "yaml": ("  client_secret: {}", made_of(32)),
    "json": ('  "api_key": "{}",', made_of(32)),
    "python": ("API_TOKEN = '{}'  # soon", made_of(24)),
    "an address": ("postgresql://app:{}@db.internal/app", "s3cr3t-word"),
    "a header": ("curl -H 'Authorization: Bearer {}' https://api.example.com", made_of(40)),
    "in a diff": ("+SECRET_KEY={}", made_of(50)),
    "a variable of docker": ("ENV NPM_TOKEN={}", made_of(36)),
}
SECRETS |= {
    name: beginning + made_of(length, letters or string.ascii_letters) + end
    for name, beginning, length, letters, end in (
        ("fireworks", "fw_3Z", 22, "", ""), ("vercel", "vcp_7", 55, "", ""), ("vercel, keys", "vck_", 56, "a1", ""),
        ("vercel, integrations", "vci_", 56, "a1b2C", ""), ("vercel, apps", "vca_", 56, "a1b2C", ""),
        ("vercel, renewed", "vcr_", 56, "a1b2C", ""), ("azure devops", "", 76, "", "AZDOab12"),
        ("azure, annotated", "", 52, "", "JQQJ99" + "b" * 26), ("cerebras", "csk-", 48, "abc123", ""),
        ("elevenlabs", "sk_", 48, _HEX, ""), ("linear's oauth", "lin_oauth_", 64, _HEX, ""),
        ("docker's organisation", "dckr_oat_", 32, "", ""), ("doppler, service accounts", "dp.sa.", 43, "", ""),
        ("doppler, scim", "dp.scim.", 43, "", ""), ("doppler, audit", "dp.audit.", 43, "", ""),
        ("postman", "PMAK-" + "a" * 24 + "-", 34, _HEX, ""), ("a database's", "sb_secret_", 31, "", ""),
        ("new relic, insert", "NRII-", 32, "", ""), ("new relic, licence", "", 36, _HEX, "FFFFNRAL"),
        ("databricks, oauth", "dose", 32, _HEX, ""), ("jina", "jina_1", 59, "", ""), ("firecrawl", "fc-", 32, _HEX, ""),
        ("pinecone", "pcsk_", 70, "", ""), ("e2b", "e2b_", 40, _HEX, ""), ("brave", "BSA1", 26, "", ""),
        ("render", "rnd_1", 31, "", ""), ("neon", "napi_1", 63, "", ""), ("resend", "re_", 8, "", "_" + "a1B2" * 6),
        ("bedrock", "ABSK", 110, "", ""), ("bitbucket", "ATBB", 32, "", ""), ("fly", "fo1_", 43, "", ""),
        ("inngest", "signkey-prod-", 64, _HEX, ""), ("deno", "ddp_1", 35, "", ""), ("openshift", "sha256~", 43, "", ""),
        ("sourcegraph", "sgp_", 57, _HEX, ""), ("heroku", "HRKU-AA", 58, "", ""), ("weights", "wandb_v1_", 70, "", ""),
        ("alibaba", "LTAI", 20, "", ""), ("cloudflare", "v1.0-" + "a" * 24 + "-", 146, _HEX, ""),
        ("dynatrace", "dt0c01." + "A" * 24 + ".", 64, string.ascii_uppercase, ""), ("polar", "polar_oat_", 43, "", ""),
        ("1password", "A3-ABCDEF-ABCDEF-", 5, string.ascii_uppercase, "-ABCDE-ABCDE-ABCDE"),
        ("flutterwave", "FLWSECK_TEST-", 32, _HEX, "-X"), ("an organisation's", "sk_org_live_", 40, "", ""),
        ("shippo", "shippo_live_", 40, _HEX, ""), ("readme", "rdme_", 70, "", ""), ("zuplo", "zpka_", 60, "", ""),
        ("snyk", "snyk_uat.", 90, "", ""), ("friendli", "flp_", 48, "", ""), ("trigger", "tr_prod_1", 19, "", ""),
    )
}  # fmt: skip
LINES |= {
    "sentry": ("dsn = https://{}@o4501.ingest.sentry.io/42", made_of(32, _HEX)),
    "sentry, by region": ("SENTRY_DSN=https://{}@o4501.ingest.us.sentry.io/42", made_of(32, _HEX)),
    "sentry, one's own": ("init('https://{}@sentry.example.com/2')", made_of(32, _HEX)),
    "discord": ("a bot of Discord: {} runs", "MT" + made_of(24) + "." + made_of(6) + "." + made_of(38)),
    "airtable": ("airtable {}", "pat" + made_of(14) + "." + made_of(64, _HEX)),
}
HARMLESS = [
    "password = getpass.getpass()",
    "token = request.headers.get('Authorization')",
    "def check_password(password: str, hashed: bytes) -> bool:",
    "PASSWORD=$DB_PASSWORD",
    'api_key: "${{ secrets.API_KEY }}"',
    "API_KEY=your-key-here",
    "SECRET_KEY=changeme",
    "token: str = ''",
    "max_tokens=2048",
    "max_tokens: 100000,",
    "the secret: do nothing at all",
    "tokens = tokenizer.encode(text)",
    "https://example.com/a:b@c",
    "git@github.com:org/repo.git",
    "https://user@example.com:8443/",
    "sk-learn is a library",
    "task-scheduler-and-everything-else-in-it",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "KEY_START = b'-----BEGIN OPENSSH PRIVATE KEY-----'",
    "curl -u ada https://x.example; curl -H 'A: b' https://x.example:8443/a",
    "mysql -uroot -p shop < dump.sql",
    "Set-Cookie is a header, Cookie: too",
    "this machine has a login and a password",
    "cost is $2 or $5, and $1 at least; 1/1 and 1/120",
    "an atlasv1.5 map, the access-production-line, us-east-us1",
    "Basic authentication is described in RFC 7617",
    "next_token = self.tokens[0]",
    "keys: [a, b]",
    "id: 3f786850-e387-550f-dab8-36ed7e6dc881, name: sk_3f786850e387550f",
    '"integrity": "sha512-' + made_of(86, string.ascii_letters + _DIGITS + "+/") + '=="',
    "pkg==1.0 --hash=sha256:" + made_of(64, _HEX),
    "github.com/x/y v1.0.0 h1:" + made_of(43, string.ascii_letters + _DIGITS + "+/") + "=",
    "![](data:image/png;base64,iVBORw0KGgo" + made_of(4000, string.ascii_letters + _DIGITS + "+/") + "=)",
    "fw_updatefirmwareconfigurationhandler(vca_registerconfigurationhandler, rnd_initializegenerator)",
    "task_management_and_everything_else, re_compile_and_more, disk_0123456789abcdef",
    "the fc-list, a BSA, an A3-printer, v1.0-beta, a dose; Discord, Airtable",
    "https://sentry.io/organizations/x/issues/3f786850e387550fdab836ed7e6dc881",
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_a_known_form_is_taken_out_wherever_it_stands(name: str) -> None:
    secret = SECRETS[name]
    for around in ("{}", "key: {}\n", "log line '{}', and more", "https://x.example/?k={}&b=1", "\n\n<{}>"):
        text, count = redact(around.format(secret))
        assert secret not in text, around
        assert count == 1
        before, _, after = around.partition("{}")
        assert text.startswith(before) and text.endswith(after)


@pytest.mark.parametrize("name", LINES)
def test_a_secret_is_known_by_the_name_before_it(name: str) -> None:
    line, secret = LINES[name]
    text, count = redact(f"first\n{line.format(secret)}\nlast\n")
    assert secret not in text
    assert count == 1
    assert text.startswith("first\n" + line.partition("{}")[0]) and text.endswith("\nlast\n")


def test_a_private_key_is_taken_out_and_the_lines_below_keep_their_numbers() -> None:
    head = "-----BEGIN RSA PRIVATE KEY-----"
    text, count = redact(f"a\n{head}\n{_KEY_TEXT}\n-----END RSA PRIVATE KEY-----\nb\n")
    assert count == 1
    assert text.split("\n")[0] == "a" and text.split("\n")[15] == "b"
    assert not any(line and line in text for line in _KEY_TEXT.split("\n"))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redact(text) == (text, 0)


@given(
    st.lists(st.sampled_from([*MARKS, *WORDS, "=", '"', ":", "\n", "a" * 40, "0b1C" * 12, " ", "-", "@"]), max_size=60)
)
def test_lines_stay_as_many_and_what_was_taken_out_once_is_enough(parts: "list[str]") -> None:
    once, _ = redact("".join(parts))
    assert once.count("\n") == "".join(parts).count("\n")


@pytest.mark.parametrize(
    "row",
    [
        "sk-",
        "secret=",
        "a.b-" * 3 + "token",
        "://a:",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "bearer ",
        "curl -u ",
        "mysql -p",
        "machine a login b ",
        "cookie: a=",
        "sk.eyJ",
        "1/1",
        "$2b$",
        "MMMM-",
    ],
)
def test_no_text_takes_long(row: str) -> None:
    redact(row * (150_000 // len(row)))  # minutes, where a pattern would go back and forth


def test_secrets_in_files_input_and_words_are_counted_and_not_sent(user: Home, stub: Stub) -> None:
    (user.work / "app.py").write_text(f"TOKEN = '{SECRETS['github']}'\nKEY = '{SECRETS['aws']}'\n")
    ran = user.run("what", "app.py", "is", SECRETS["payments"], "good", stdin=b"DB_PASSWORD=hunter2hunter2\n")
    assert (ran.code, ran.out) == (0, "Hello.\n")
    assert ran.err == (
        "2 places that look like secrets in app.py are not sent (--no-redact sends them).\n"
        "What looks like a secret in stdin is not sent (--no-redact sends it).\n"
        "What looks like a secret in the question is not sent (--no-redact sends it).\n"
    )
    body = stub.questions[0].body.decode()
    assert not any(SECRETS[name] in body for name in ("github", "aws", "payments"))
    assert "hunter2" not in body
    assert json.loads(body)["messages"][0]["content"] == "is [redacted: payment key] good"


def test_who_wants_to_sends_them(user: Home, stub: Stub) -> None:
    (user.work / "app.py").write_text(f"TOKEN = '{SECRETS['github']}'\n")
    ran = user.run("what", "--no-redact", "app.py", SECRETS["payments"])
    assert (ran.code, ran.err) == (0, "")
    assert SECRETS["github"] in stub.questions[0].body.decode()
    assert SECRETS["payments"] in stub.questions[0].body.decode()


def test_a_private_key_whose_end_was_cut_off_is_one() -> None:
    head = "-----BEGIN RSA PRIVATE KEY-----"
    for text in (_KEY_TEXT, _KEY_TEXT[:-30], _KEY_TEXT.replace("\n", "\r\n") + "\r\n"):
        shown, count = redact(f"a\n{head}\n{text}")
        assert (count, _KEY_TEXT[10:40] in shown, shown.startswith(f"a\n{head}[redacted")) == (1, False, True)
        assert shown.count("\n") == f"a\n{head}\n{text}".count("\n")


def test_a_secret_on_the_command_line_that_failed_is_not_sent(user: Home, stub: Stub) -> None:
    stub.reply = streams(json.dumps({"explanation": "", "diff": ""}))
    line = f"echo failed with {SECRETS['github']}; exit 3"
    ran = user.run("fix", "--", "sh", "-c", line)
    assert SECRETS["github"] not in stub.questions[0].body.decode()
    assert "What looks like a secret in the command line is not sent (--no-redact sends it)." in ran.err
    assert stub.questions[0].json["context"][0]["name"] == "sh -c 'echo failed with [redacted: GitHub token]; exit 3'"
    user.run("fix", "--no-redact", "--", "sh", "-c", line)
    assert SECRETS["github"] in stub.questions[1].json["context"][0]["name"]


def test_what_is_piped_into_fix_is_sent_as_it_is_if_the_user_wants_that(user: Home, stub: Stub) -> None:
    stub.reply = streams(json.dumps({"explanation": "", "diff": ""}))
    user.run("fix", "--no-redact", stdin=f"refused: {SECRETS['aws']}\n".encode())
    assert SECRETS["aws"] in stub.questions[0].body.decode()


@pytest.mark.parametrize("option", ["--no-stdin", "--no-redact"])
def test_a_key_of_ours_is_never_sent_nor_kept(option: str, user: Home, stub: Stub) -> None:
    key = "aniate_sk_" + made_of(43)
    ran = user.run("ask", option, "is", key, "good")
    assert ran.err == "A key of Aniate in the question is not sent; … stands in its place.\n"
    user.run("what", option, "curl", key)
    user.run("fix", option, "--", "false", key)
    assert len(stub.questions) == 3
    assert not any(key in each.body.decode() for each in stub.questions)
    assert not any(key.encode() in path.read_bytes() for path in user.folder.rglob("*") if path.is_file())
    talk = next((user.folder / ".local/state/aniate/history").iterdir())
    talk.write_text(talk.read_text().replace("aniate_sk_", key))
    user.run("ask", "-c", option, "and", "now")
    assert "aniate_sk_" in stub.questions[3].body.decode()
    assert key not in stub.questions[3].body.decode()
