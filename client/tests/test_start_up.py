"""What a command loads is what it costs: each import is milliseconds, so the lists stand here."""

import json
import subprocess
import sys
import time

import pytest
from ant_process import Home
from ant_stub import Stub, streams
from brewed_stub import Commands
from logging_in import logged_in
from oauth_stub import Logins
from real_git import begin

_BASE = {"aniate", "aniate.cli", "aniate.options", "aniate.table"}
_HELP = {*_BASE, "aniate.commands", "aniate.commands.core", "aniate.terminal", "aniate.safe_text"}
_SETTINGS = {"aniate.config", "aniate.files", "aniate.jsontext", "aniate.errors", "_json"}
_COMPLETION = {"aniate.completion", "aniate.completion.script", "aniate.completion.expected"}
_ANSWER = {
    *_BASE, *_SETTINGS, "aniate.brews", "aniate.brews.tools", "aniate.brews.asking",
    "aniate.brews.conversation", "aniate.address",
    "aniate.auth", "aniate.context", "aniate.dial", "aniate.engine", "aniate.http1", "aniate.places",
    "aniate.redaction",
    "aniate.refusal",
    "aniate.safe_text", "aniate.sse", "aniate.terminal", "aniate.transport", "_socket", "select",
}  # fmt: skip
_KEPT = {
    "aniate.brews.kept", "aniate.history", "aniate.history.conversation", "aniate.history.keeper",
    "aniate.history.store", "fcntl",
}  # fmt: skip
"""What keeps an answer; loaded when it has been shown."""
_BREWED = {*_ANSWER, *_KEPT, "aniate.names", "aniate.brews.assistant"} - {"aniate.brews.tools"}
_INIT = {
    *_BASE, *_SETTINGS, *_COMPLETION, "aniate.commands", "aniate.commands.init", "aniate.places", "aniate.recording",
    "aniate.failed_command", "aniate.safe_text", "aniate.shell_integration", "aniate.shell_integration.script",
}  # fmt: skip
_MAY_LOAD = {
    "init zsh": _INIT,
    "init bash": _INIT,
    "init fish": _INIT,
    "--version": _BASE,
    "--help": {*_HELP, "aniate.helptext"},
    "help what": {*_HELP, "aniate.helptext"},
    "completion zsh": {*_BASE, "aniate.commands", "aniate.commands.completion", *_COMPLETION},
    "list": {*_HELP, *_SETTINGS, "aniate.places", "aniate.names", "aniate.address", "_socket"},
    "ask hello": {*_ANSWER, *_KEPT, "aniate.brews.tools.ask"},
    "coder hello": _BREWED,
    "@coder hello": _BREWED,
    "net hello": {*_ANSWER, "aniate.brews.tools.net"},
    "what trace.txt": {*_ANSWER, "aniate.brews.tools.what"},
}
_ASKED = {
    *_BASE, "aniate.address", "aniate.auth", "aniate.brews", "aniate.brews.asking", "aniate.brews.tools",
    "aniate.config", "aniate.context", "aniate.dial", "aniate.engine", "aniate.errors", "aniate.files",
    "aniate.http1", "aniate.jsontext", "aniate.places", "aniate.redaction", "aniate.refusal", "aniate.safe_text",
    "aniate.sse", "aniate.terminal", "aniate.transport",
}  # fmt: skip
_GIT = {
    "aniate.folder", "aniate.ignored", "aniate.patterns", "aniate.repository", "aniate.reviewing",
    "aniate.reviewing.changes",
    "aniate.reviewing.parts", "aniate.unified_diff",
}  # fmt: skip
_MAY_LOAD_OF_OURS = {
    "shell largest files": {
        *_ASKED, "aniate.brews.conversation", "aniate.brews.proposal", "aniate.brews.tools.shell", "aniate.danger",
        "aniate.danger.containers", "aniate.danger.escapes", "aniate.danger.foreign_code", "aniate.danger.git",
        "aniate.danger.git_programs", "aniate.danger.interpreters", "aniate.danger.rewriting",
        "aniate.danger.judging", "aniate.danger.matching", "aniate.danger.programs", "aniate.danger.reading",
        "aniate.danger.rights", "aniate.danger.running", "aniate.danger.shell_start", "aniate.danger.single_programs",
        "aniate.danger.syntax",
        "aniate.danger.words", "aniate.danger.wrappers", "aniate.danger.writing", "aniate.dialogue",
        "aniate.own_shell", "aniate.surroundings",
    },
    "review": {
        *_ASKED, *_GIT, "aniate.brews.tools.review", "aniate.progress", "aniate.reviewing.findings",
        "aniate.reviewing.reading", "aniate.reviewing.report",
    },
    "commit --all": {
        *_ASKED, *_GIT, "aniate.brews.tools.commit", "aniate.commit_message", "aniate.dialogue",
        "aniate.reviewing.staged",
    },
    "history": {
        *_BASE, "aniate.address", "aniate.auth", "aniate.commands", "aniate.commands.history", "aniate.config",
        "aniate.dial", "aniate.errors", "aniate.files", "aniate.history", "aniate.history.choice",
        "aniate.history.conversation", "aniate.history.store", "aniate.history.synced", "aniate.history.transcript",
        "aniate.http1", "aniate.jsontext", "aniate.listing", "aniate.places", "aniate.refusal", "aniate.safe_text",
        "aniate.terminal", "aniate.transport",
    },
}  # fmt: skip
"""Of commands that start git or read shell: what else these load is not the same in each version of Python."""
_LOCAL_RULE = {
    *_BASE, "aniate.brews", "aniate.brews.tools", "aniate.brews.tools.fix", "aniate.context", "aniate.dialogue",
    "aniate.errors", "aniate.failed_command", "aniate.fix_rules", "aniate.fix_rules.command_line",
    "aniate.fix_rules.files", "aniate.fix_rules.matching", "aniate.fix_rules.near", "aniate.fix_rules.offering",
    "aniate.fix_rules.packages", "aniate.fix_rules.privilege", "aniate.fix_rules.rule", "aniate.fix_rules.spelling",
    "aniate.jsontext", "aniate.output_tail", "aniate.places", "aniate.recording", "aniate.redaction",
    "aniate.safe_text", "aniate.suggest", "aniate.terminal",
}  # fmt: skip

# What python itself loads depends on the machine, so what is there before `ant` is taken off.
_SPY = """
import os, sys
before = set(sys.modules)
def leave(code):
    print(*sorted(set(sys.modules) - before), file=sys.stderr, sep="\\n")
    sys.stderr.flush()
    end(code)
end, os._exit = os._exit, leave
from aniate.cli import main
main()
"""


def _loaded(home: Home, words: list[str]) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n" + _SPY, *words],
        capture_output=True, text=True, cwd=home.work, env=home.environ, stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return set(done.stderr.split())


@pytest.mark.parametrize("line", _MAY_LOAD)
def test_a_command_loads_exactly_what_it_needs(line: str, user: Home) -> None:
    (user.work / "trace.txt").write_text("Traceback")
    knows_coder(user)
    # Built into the interpreter, so at no cost, and not the same in each version.
    assert _loaded(user, line.split()) - {"_signal", "time", "_thread", "errno"} == _MAY_LOAD[line]


@pytest.mark.parametrize("line", _MAY_LOAD_OF_OURS)
def test_a_command_loads_no_more_of_ours_than_it_needs(line: str, user: Home, stub: Stub) -> None:
    begin(user.work, app__py="a\n").write("app.py", "b\n")
    forms = {"shell": {"command": "ls -S", "does": "", "touches": ""}, "review": {"findings": []}}
    stub.reply = streams(json.dumps(forms.get(line.split()[0], {"subject": "Change a", "body": ""})))
    loaded = {name for name in _loaded(user, line.split()) if name.partition(".")[0] == "aniate"}
    assert loaded == _MAY_LOAD_OF_OURS[line]


def test_a_local_rule_loads_nothing_that_asks_and_nothing_heavy(home: Home) -> None:
    home.run("config", "set", "record", "commands")
    record = home.folder / ".local" / "state" / "aniate" / "shells" / "77"
    record.write_bytes(b"1\x001\x00127\x00/\x00gti status")
    home.environ["ANIATE_RECORD"] = str(record)
    assert _loaded(home, ["fix"]) - {"_json", "errno"} == _LOCAL_RULE


def test_a_known_list_of_brews_costs_little_more(user: Home) -> None:
    user.cache.mkdir(parents=True)
    (user.cache / "brews.tsv").write_text("default\task\ta question\n")
    knows_coder(user)
    assert _loaded(user, ["list"]) - {"time"} == _MAY_LOAD["list"]


def test_a_login_costs_no_more_than_a_key(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring")
    assert _loaded(home, ["ask", "hello"]) - {"_signal", "time", "_thread", "errno"} == _MAY_LOAD["ask hello"]
    assert logins.seen == ["POST /v1/chat"]


def test_what_is_not_to_be_kept_loads_nothing_that_keeps(user: Home, stub: Stub) -> None:
    user.run("config", "set", "history", "off")
    assert _loaded(user, ["ask", "hello"]) & _KEPT == {"aniate.brews.kept"}


def test_a_brewed_command_loads_nothing_heavy(user: Home, stub: Stub) -> None:
    Commands(stub).put()
    loaded = _loaded(user, ["lines", "--help"])
    assert "aniate.brews.brewed" in loaded and "aniate.engine" not in loaded
    assert not {"dataclasses", "typing", "re", "json", "subprocess", "pathlib", "difflib", "inspect"} & loaded


def test_the_keyring_is_never_loaded_by_ant_itself(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring", left_s=0)
    assert "keyring" not in _loaded(home, ["ask", "hello"])
    assert len(logins.refreshes) == 1


def knows_coder(user: Home) -> None:
    """As after a look-up."""
    [profile] = json.loads((user.config / "credentials.json").read_text())["profiles"].values()
    [origin] = profile
    user.cache.mkdir(parents=True, exist_ok=True)
    rows = [("default", origin, "", '"1"', str(int(time.time()))), ("default", origin, "coder", "a coder")]
    (user.cache / "assistants.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
