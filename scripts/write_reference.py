"""Write the reference of `ant` from the table of commands: a page for each, and a man page.

`python scripts/write_reference.py` writes them; with `--check` it only tells which are not as they should be.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from aniate import __version__
from aniate.helptext import where_options_stand
from aniate.options import EVERYWHERE, VERSION, Command, Option
from aniate.table import SETTINGS, TABLE

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reference" / "commands"
MAN_PAGE = ROOT / "client" / "man" / "ant.1"
SCHEMAS = ROOT / "client" / "schemas"
MADE = "<!-- Made by scripts/write_reference.py from the table of commands; don't edit. -->"
EXIT_CODES = (
    ("0", "it did what it should"),
    ("1", "it failed; one sentence on standard error says why"),
    ("2", "the command line is wrong"),
    ("3", "a bug in `ant`"),
    ("4", "nobody is logged in, or the login is not accepted"),
    ("5", "a limit of the account is reached"),
    ("130", "interrupted by Ctrl-C"),
    ("141", "whoever read the output went away"),
)
FILES = (
    ("~/.config/aniate", "settings, and logins that lie in files; $XDG_CONFIG_HOME moves it"),
    ("~/.cache/aniate", "what can be had again; $XDG_CACHE_HOME moves it"),
    ("~/.local/state/aniate", "conversations, what can be undone, the last answer; $XDG_STATE_HOME moves it"),
)
ENVIRONMENT = (
    ("ANT_PROFILE", "the profile, as --profile"),
    ("ANT_HOST", "the server, as --host"),
    ("ANT_TOKEN", "an API key, which goes before every login and is never written"),
    ("ANT_THEME", "light, dark or auto, before the setting theme"),
    ("NO_COLOR", "if set, no colours"),
    ("VISUAL, EDITOR", "the editor that texts are edited in"),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "the proxy, as for curl"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the authorities that servers' certificates are checked against"),
)


def main() -> int:
    """Write, or with `--check` compare. 1 if anything is not as it should be."""
    wanted = dict(files())
    there = set(PAGES.glob("*.md")) | ({MAN_PAGE} if MAN_PAGE.exists() else set())
    if "--check" in sys.argv[1:]:
        wrong = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        wrong += sorted(there - set(wanted))
        for path in wrong:
            print(f"{path.relative_to(ROOT)} is not what the table of commands says: make reference")
        return int(bool(wrong))
    for path in there - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


def files() -> Iterator[tuple[Path, str]]:
    """Every file, and what it should hold."""
    yield PAGES / "README.md", index()
    for name, command in TABLE.items():
        yield PAGES / f"{name}.md", page(name, command)
    yield MAN_PAGE, man()


def index() -> str:
    """The page that leads to the others."""
    brews = [name for name, command in TABLE.items() if command.target.startswith("brews.tools.")]
    others = [name for name in TABLE if name not in brews]
    parts = [MADE, "", "# The commands of `ant`", "", "Brews, which a model answers:", ""]
    parts += [f"- [`ant {name}`]({name}.md): {TABLE[name].summary}" for name in brews]
    parts += ["", "All else:", ""]
    parts += [f"- [`ant {name}`]({name}.md): {TABLE[name].summary}" for name in others]
    parts += ["", "## Options everywhere", "", *rows_of(EVERYWHERE), *rows_of([VERSION])]
    parts += [
        "",
        "## Exit codes",
        "",
        "| code | |",
        "|---|---|",
        *(f"| {code} | {told} |" for code, told in EXIT_CODES),
    ]
    parts += ["", "## Settings", "", "As `ant config set KEY VALUE` takes them.", ""]
    parts += [f"- `{key}`: {told}" for key, told in SETTINGS.items()]
    parts += ["", "## Environment", "", *(f"- `{name}`: {told}" for name, told in ENVIRONMENT)]
    parts += ["", "## Errors for programs", "", "With `--json` an error is one line on standard error, of"]
    parts += ["[this form](../../../client/schemas/error.json)."]
    return "\n".join(parts) + "\n"


def page(name: str, command: Command) -> str:
    """The page of one command."""
    parts = [
        MADE,
        "",
        f"# `ant {name}`",
        "",
        f"{command.summary[:1].upper()}{command.summary[1:]}.",
        "",
        "## Examples",
        "",
    ]
    parts.append("```console")
    for typed, meaning in command.examples:
        parts += [f"# {meaning}", f"$ {typed}"]
    parts += ["```", "", "## Usage", "", "```", f"ant {name} [OPTIONS] {command.usage}".rstrip(), "```"]
    if command.free_text:
        parts += ["", where_options_stand(name)]
    if command.options:
        parts += ["", "## Options", "", *rows_of(command.options)]
    if any(option.name == "json" for option in command.options):
        [schema] = [path.stem for path in SCHEMAS.glob("*.json") if name in json.loads(path.read_text())["commands"]]
        parts += ["", "## JSON", "", f"`--json` prints one line of [this form](../../../client/schemas/{schema}.json);"]
        parts += ["more fields may be added to it."]
    parts += ["", "[All commands, the options everywhere, exit codes](README.md)"]
    return "\n".join(parts) + "\n"


def rows_of(options: Iterator[Option] | tuple[Option, ...] | list[Option]) -> list[str]:
    """The options as a list."""
    return [f"- `--{f'{option.name} {option.value}'.rstrip()}`: {option.summary}" for option in options]


def man() -> str:
    """The man page, in the macros of man(7)."""
    parts = [f'.TH ANT 1 "" "ant {__version__}" "Aniate"', ".SH NAME", "ant \\- AI in the terminal"]
    parts += [".SH SYNOPSIS", ".B ant", "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIWORDS\\fR...]", ".SH COMMANDS"]
    for name, command in TABLE.items():
        parts += [".TP", f".B ant {roff(name)} {roff(command.usage)}".rstrip(), f"{roff(command.summary)}."]
        for option in command.options:
            parts += [
                ".RS",
                ".TP",
                f".B \\-\\-{roff(f'{option.name} {option.value}'.rstrip())}",
                roff(option.summary),
                ".RE",
            ]
        for typed, meaning in command.examples:
            parts += [".RS", ".PP", f"{roff(meaning)}:", ".EX", roff(f"  {typed}"), ".EE", ".RE"]
    parts.append(".SH OPTIONS EVERYWHERE")
    for option in (*EVERYWHERE, VERSION):
        parts += [".TP", f".B \\-\\-{roff(f'{option.name} {option.value}'.rstrip())}", roff(option.summary)]
    for title, rows in (("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        parts.append(f".SH {title}")
        for left, told in rows:
            parts += [".TP", f".B {roff(left)}", f"{roff(told)}"]
    return "\n".join(parts) + "\n"


def roff(text: str) -> str:
    """`text` for roff, where backslashes, hyphens, quotes and a first dot mean something."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("…", "...").replace("`", "\\(ga")
    return f"\\&{text}" if text.startswith((".", "\\(aq")) else text


if __name__ == "__main__":
    sys.exit(main())
