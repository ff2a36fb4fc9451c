"""systemctl and service, processes, databases, sessions."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_VERBS = ("start", "stop", "restart", "reload", "status", "enable", "disable", "mask", "unmask", "is-active",
          "is-enabled", "is-failed", "list-units", "list-unit-files", "list-timers", "cat", "edit", "show",
          "daemon-reload", "reset-failed", "poweroff", "reboot", "suspend", "isolate", "kill",
          "try-restart")  # fmt: skip
_UNITS = ("/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system", "~/.config/systemd/user")


def _verb(case: Case) -> "Iterator[Proposal]":
    words = case.simple.arguments
    typed = case.between("Unknown command verb ", ".") or case.between("Unknown operation ", ".")
    typed = typed.strip("'\"")
    if len(words) == 2 and words[1].text in _VERBS and words[0].text == typed:
        line = case.line[: words[0].start] + f"{words[1].text} {quoted(words[0].text)}" + case.line[words[1].end :]
        yield Proposal(line, "What to do stands first, with what second.")
    for name in near.near(typed, _VERBS):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"systemctl knows no `{typed}`, but `{name}`.")


def _unit(case: Case) -> "Iterator[Proposal]":
    typed = case.between("Unit ", " not found") or case.between("Unit ", " could not be found")
    typed = (typed or case.between("Unit file ", " does not exist")).removesuffix(".service")
    names = [name for folder in _UNITS for name in near.siblings(os.path.expanduser(folder))]
    known = {name.removesuffix(".service") for name in names if "@." not in name}
    for word in case.simple.arguments:
        if word.text.removesuffix(".service") == typed:
            for name in near.near(typed, known):
                yield Proposal(case.swap(word, quoted(name)), f"There is no service {typed}, but {name}.")


def _reload(case: Case) -> "Iterator[Proposal]":
    sudo = "" if os.geteuid() == 0 else "sudo "
    yield Proposal(case.before(f"{sudo}systemctl daemon-reload"), "The service's file has changed; it is read anew.")


def _kill_name(case: Case) -> "Iterator[Proposal]":
    names = [word for word in case.words if not word.startswith("-") and not word.isdigit()]
    if names and not any(name.startswith("%") for name in names):
        line = case.instead(f"pkill {quoted(names[0])}")
        yield Proposal(line, f"kill wants numbers; this ends all processes that are called {names[0]}.")


def _postgres_role(case: Case) -> "Iterator[Proposal]":
    start = case.simple.words[case.simple.at].start
    if "sudo" not in case.line:
        line = f"{case.line[:start]}sudo -u postgres {case.line[start:]}"
        yield Proposal(line, "PostgreSQL has no such role; sudo makes it the user postgres, who may do all there.")


def _postgres_base(case: Case) -> "Iterator[Proposal]":
    name = case.between('database "', '" does not exist')
    if name and case.program == "psql" and len(case.words) < 2:
        yield Proposal(case.append("-d postgres"), f"There is no database {name}; postgres is always there.")
    if name:
        yield Proposal(case.before(f"createdb {quoted(name)}"), f"There is no database {name}; this makes it.")


def _tmux_session(case: Case) -> "Iterator[Proposal]":
    name = case.between("can't find session: ", "\n") or case.between("session not found: ", "\n")
    if case.words[:1] and case.words[0].startswith("a"):
        line = case.instead(f"tmux new-session -s {quoted(name)}" if name else "tmux new-session")
        yield Proposal(line, "There is no such session; this begins one.")


def _tmux_ambiguous(case: Case) -> "Iterator[Proposal]":
    typed = case.between("ambiguous command: ", ",")
    for name in case.rest_of_line("could be: ").split(", ")[:3]:
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"{typed} may mean several commands; this is {name}.")


def _shell_of_root(case: Case) -> "Iterator[Proposal]":
    """`crontab` and others want an editor."""
    yield Proposal(f"EDITOR=nano {case.line}", "No editor is chosen; this chooses nano.")


RULES = (
    Rule("systemctl_verb", ("systemctl",), ("Unknown command verb", "Unknown operation"), _verb),
    Rule("systemctl_unit", ("systemctl", "service"), ("not found", "could not be found", "does not exist"), _unit),
    Rule("systemctl_reload", ("systemctl",), ("daemon-reload",), _reload),
    Rule("kill_name", ("kill",), ("must be process or job IDs", "failed to parse argument", "illegal pid",
                                  "not a job number", "Usage:"), _kill_name),
    Rule("postgres_role", ("psql", "createdb", "pg_dump", "dropdb"), ("role \"",), _postgres_role),
    Rule("postgres_base", ("psql", "pg_dump", "pg_restore"), ("database \"",), _postgres_base),
    Rule("tmux_session", ("tmux",), ("can't find session", "no sessions", "no server running", "session not found",
                                     "error connecting to"), _tmux_session),
    Rule("tmux_ambiguous", ("tmux",), ("ambiguous command",), _tmux_ambiguous),
    Rule("no_editor", ("crontab", "visudo", "git"), ("no editor", "problem with the editor", "cannot run editor"),
         _shell_of_root),
)  # fmt: skip
