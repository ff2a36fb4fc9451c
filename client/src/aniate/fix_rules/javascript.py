"""npm, yarn, pnpm and node."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import joined, quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NPM = ("access", "add", "audit", "bin", "cache", "ci", "config", "create", "dedupe", "docs", "exec", "explain", "fund",
        "help", "init", "install", "link", "list", "login", "logout", "outdated", "pack", "prune", "publish", "rebuild",
        "restart", "run", "run-script", "search", "start", "stop", "test", "uninstall", "unlink", "update", "version",
        "view", "whoami")  # fmt: skip
_MANAGERS = ("npm", "yarn", "pnpm", "bun")
_OWN_MODULES = frozenset((
    "assert", "buffer", "child_process", "crypto", "dns", "events", "fs", "http", "https", "net", "os", "path",
    "process",
    "readline", "stream", "tls", "url", "util", "vm", "worker_threads", "zlib",
))  # fmt: skip


def _scripts(case: Case) -> "list[str]":
    """The scripts of the package here."""
    from aniate import jsontext

    try:
        with open(case.path("package.json"), encoding="utf-8") as file:
            scripts = jsontext.load_object(file.read(1024 * 1024)).get("scripts")
    except (OSError, ValueError):
        return []
    return list(scripts) if isinstance(scripts, dict) else []


def _word(case: Case) -> "Iterator[Proposal]":
    typed = case.between('Unknown command: "', '"') or (case.words[0] if case.words else "")
    scripts = _scripts(case)
    if typed in scripts and case.find(typed):
        yield Proposal(case.add("run"), f"`{typed}` is a script of this package; npm runs it by `run`.")
        return
    for name in near.near(typed, _NPM) if typed not in _NPM else ():
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"npm knows no `{typed}`, but `{name}`.")


def _script(case: Case) -> "Iterator[Proposal]":
    typed = case.between('Missing script: "', '"') or case.between("missing script: ", "\n")
    typed = (
        typed or case.between('Command "', '" not found') or case.between("ERR_PNPM_NO_SCRIPT  Missing script: ", "\n")
    )
    scripts = _scripts(case)
    close = near.near(typed, scripts) or [name for name in scripts if name.startswith(typed[:3])][:3]
    for name in close if typed else ():
        lines = case.swap_text(typed, name)
        if not lines and typed in ("start", "test"):
            lines = [case.swap(case.simple.arguments[0], f"run {quoted(name)}")] if case.words else []
        for line in lines:
            yield Proposal(line, f"There is no script {typed}, but {name}.")


def _no_package(case: Case) -> "Iterator[Proposal]":
    for folder in ["..", "../..", *sorted(near.siblings(case.failed.folder))]:
        if os.path.isfile(case.path(os.path.join(folder, "package.json"))):
            option = {"npm": "--prefix", "pnpm": "-C", "yarn": "--cwd", "bun": "--cwd"}[case.program]
            yield Proposal(case.add(f"{option} {quoted(folder)}"), f"There is a package.json in {folder}.")
            return
    yield Proposal(case.before(f"{case.program} init -y"), "There is no package.json here; this begins a package.")


def _global(case: Case) -> "Iterator[Proposal]":
    if "-g" in case.words or "--global" in case.words:
        line = case.add("--prefix ~/.local")
        yield Proposal(line, "It may not write to the system's folder; this installs it for you alone.")


def _peers(case: Case) -> "Iterator[Proposal]":
    line = case.append("--legacy-peer-deps")
    yield Proposal(line, "Two packages want different versions of a third; this lets that be.")


def _module(case: Case) -> "Iterator[Proposal]":
    name = case.between("Cannot find module '", "'") or case.between("Cannot find package '", "'")
    if not name or name in _OWN_MODULES or not name.isascii() or name.startswith("-"):
        return
    if name.startswith("/"):
        for word in case.simple.arguments:
            if os.path.basename(name) == os.path.basename(word.text):
                for found in near.path(word.text, case.failed.folder):
                    yield Proposal(case.swap(word, quoted(found)), f"There is no {word.text}, but there is {found}.")
        return
    if name.startswith("."):
        return  # a slip in the program's text
    parts = name.split("/")
    package = "/".join(parts[:2]) if name.startswith("@") else parts[0]
    if package in _all_dependencies(case) and not os.path.isdir(case.path("node_modules")):
        yield Proposal(case.before("npm install"), "What package.json names is not installed yet.")
        return
    yield Proposal(case.before(joined(["npm", "install", package])), f"The package {package} is not installed.")


def _all_dependencies(case: Case) -> "list[str]":
    from aniate import jsontext

    try:
        with open(case.path("package.json"), encoding="utf-8") as file:
            package = jsontext.load_object(file.read(1024 * 1024))
    except (OSError, ValueError):
        return []
    found = [package.get(key) for key in ("dependencies", "devDependencies")]
    return [name for names in found if isinstance(names, dict) for name in names]


def _not_installed(case: Case) -> "Iterator[Proposal]":
    """A script's program is in node_modules, which is not there."""
    if not os.path.isdir(case.path("node_modules")) and _all_dependencies(case):
        yield Proposal(case.before(f"{case.program} install"), "What package.json names is not installed yet.")


def _one_dash(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["-version"]:
        yield Proposal(case.swap(case.simple.arguments[0], "--version"), "Long options have two dashes.")


RULES = (
    Rule("npm_word", ("npm",), ("Unknown command", "Usage: npm <command>", "where <command> is one of"), _word),
    Rule("npm_script", _MANAGERS, ("issing script", "not found"), _script),
    Rule("npm_nowhere", _MANAGERS, ("package.json: ENOENT", "Could not read package.json", "find a package.json",
                                    "No package.json", "enoent ENOENT"), _no_package),
    Rule("npm_global", ("npm",), ("EACCES",), _global),
    Rule("npm_peers", ("npm",), ("ERESOLVE",), _peers),
    Rule("npm_not_installed", _MANAGERS, ("not found", "Cannot find module"), _not_installed),
    Rule("node_module", ("node", "npm", "nodejs", "npx", "yarn", "pnpm"),
         ("Cannot find module '", "Cannot find package '"), _module, anywhere=True),
)  # fmt: skip
