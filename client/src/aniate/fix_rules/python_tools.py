"""python and pip."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import joined, quoted
from aniate.fix_rules.python_names import DISTRIBUTIONS, STANDARD
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PIP_WORDS = ("install", "download", "uninstall", "freeze", "inspect", "list", "show", "check", "config", "search",
              "cache", "index", "wheel", "hash", "completion", "debug", "help")  # fmt: skip
_PYTHON = ("python", "python3", "py", "pytest", "ipython", "flask", "uvicorn", "gunicorn", "celery", "django-admin")
_PIP = ("pip", "pip3", "python", "python3", "uv")


def _python3(case: Case) -> "Iterator[Proposal]":
    if case.code == 127 and near.installed("python3") and not near.installed("python"):
        yield Proposal(case.swap_program("python3"), "There is no `python`, but there is `python3`.")


def _pip_missing(case: Case) -> "Iterator[Proposal]":
    if case.code == 127 and near.installed("python3") and not near.installed(case.program):
        line = case.swap_program("python3 -m pip")
        yield Proposal(line, f"There is no `{case.program}`, but python3 may have pip in it.")


def _pip_word(case: Case) -> "Iterator[Proposal]":
    typed = case.between('unknown command "', '"')
    meant = case.between('maybe you meant "', '"')
    for name in [meant] if meant else near.near(typed, _PIP_WORDS):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"pip knows no `{typed}`, but `{name}`.")


def _managed(case: Case) -> "Iterator[Proposal]":
    rest = case.line[case.simple.words[case.simple.at].end : case.simple.end]
    if case.program not in ("pip", "pip3"):
        rest = rest.partition(" -m pip")[2]
    if not case.line or not rest:
        yield Proposal("python3 -m venv .venv", "The system's Python is left alone; this makes one for this folder.")
        return
    line = f"python3 -m venv .venv && .venv/bin/pip{rest}"
    yield Proposal(case.instead(line), "The system's Python is left alone; this installs into one of this folder.")
    names = [word for word in case.words if not word.startswith("-") and word not in ("install", "pip")]
    if len(names) == 1 and near.installed("pipx") and names[0].replace("-", "").isalnum():
        yield Proposal(f"pipx install {quoted(names[0])}", "If it is a program: pipx gives it a Python of its own.")


def _pip_denied(case: Case) -> "Iterator[Proposal]":
    word = case.find("install")
    if word is not None and "--user" not in case.words:
        line = f"{case.line[: word.end]} --user{case.line[word.end :]}"
        yield Proposal(line, "It may not write there; --user installs it for you alone.")


def _requirements(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        if word.text.endswith(".txt") and os.path.isfile(case.path(word.text)) and "-r" not in case.words:
            yield Proposal(case.swap(word, f"-r {quoted(word.text)}"), "A file of requirements stands behind -r.")


def _requirements_missing(case: Case) -> "Iterator[Proposal]":
    typed = case.between("Could not open requirements file: [Errno 2] No such file or directory: '", "'")
    for name in near.path(typed, case.failed.folder) if typed else ():
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"There is no {typed}, but there is {name}.")


def _wrong_distribution(case: Case) -> "Iterator[Proposal]":
    typed = case.between("No matching distribution found for ", "\n")
    name = DISTRIBUTIONS.get(typed, "")
    for line in case.swap_text(typed, name) if name else ():
        yield Proposal(line, f"The module {typed} is in the package {name}.")
    if typed in STANDARD:
        yield Proposal(f"python3 -c {quoted('import ' + typed)}", f"{typed} comes with Python; it is there already.")


def _module(case: Case) -> "Iterator[Proposal]":
    """A module that is not installed, or whose name is mistyped."""
    said = case.between("No module named '", "'") or case.rest_of_line("No module named ").strip("'\"")
    module = said.partition(".")[0]
    if not (module.isascii() and module.isidentifier()) or module == "pip":
        return
    called = case.words[case.words.index("-m") + 1] if "-m" in case.words[:-1] else ""
    if called.partition(".")[0] == module:
        for name in near.near(called, [*STANDARD, "pytest", "pip", "ruff", "mypy", "black"]):
            for line in case.swap_text(called, name):
                yield Proposal(line, f"There is no module {called}, but {name}.")
    if os.path.isdir(case.path(os.path.join("src", module))) and case.line:
        yield Proposal(f"PYTHONPATH=src {case.line}", f"{module} is in the folder src, where Python does not look.")
        return
    if module in STANDARD or near.near(module, STANDARD, 1):
        return  # the slip is in the program's text: for the model
    python = case.simple.words[case.simple.at].text if case.program.startswith("python") else "python3"
    install = joined([python, "-m", "pip", "install", DISTRIBUTIONS.get(module, module)])
    yield Proposal(case.before(install), f"The module {module} is not installed.")


def _no_pip(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.before("python3 -m ensurepip --user"), "This Python has no pip; it brings one along.")
    if near.installed("apt"):
        yield Proposal(case.before("sudo apt install python3-pip"), "Debian's package of pip, installed as root.")


def _no_venv(case: Case) -> "Iterator[Proposal]":
    package = case.between("apt install ", "\n") or "python3-venv"
    if package.startswith("python") and package.replace("-", "").replace(".", "").isalnum():
        yield Proposal(
            case.before(f"sudo apt install {package}"), "Debian keeps venv in a package of its own; as root."
        )


def _no_such_script(case: Case) -> "Iterator[Proposal]":
    typed = os.path.basename(case.between("can't open file '", "'"))
    word = next((each for each in case.simple.arguments if os.path.basename(each.text) == typed), None)
    if word is None:
        return
    for name in near.path(word.text, case.failed.folder):
        yield Proposal(case.swap(word, quoted(name)), f"There is no {word.text}, but there is {name}.")


def _main_folder(case: Case) -> "Iterator[Proposal]":
    """A folder that is a package, called as a file."""
    name = case.between("can't find '__main__' module in '", "'")
    inside = os.path.join(os.path.basename(name), "main.py")
    if os.path.isfile(case.path(inside)):
        for word in case.simple.arguments:
            if os.path.basename(word.text.rstrip("/")) == os.path.basename(name):
                yield Proposal(case.swap(word, quoted(inside)), "The folder can't be run, but main.py in it.")


def _activate(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        if word.text.endswith("bin/activate") and case.program in ("source", "."):
            for ending in (".fish", ".csh"):
                if ending == ".fish" and ("fish" in case.output or "case builtin" in case.output.lower()):
                    yield Proposal(case.swap(word, quoted(word.text + ending)), "fish has a file of its own there.")


def _activate_as_program(case: Case) -> "Iterator[Proposal]":
    name = case.simple.words[case.simple.at].text
    if name.endswith("bin/activate") and case.code == 126:
        yield Proposal(case.swap_program(f"source {quoted(name)}"), "It changes the shell, so the shell must read it.")


RULES = (
    Rule("activate_as_program", ("activate",), (), _activate_as_program),
    Rule("activate_in_fish", ("source", "."), ("case",), _activate),
    Rule("python3", ("python",), (), _python3),
    Rule("pip_missing", ("pip", "pip3"), (), _pip_missing),
    Rule("pip_word", _PIP, ("unknown command",), _pip_word),
    Rule("pip_managed", _PIP, ("externally-managed-environment",), _managed, anywhere=True),
    Rule("pip_denied", _PIP, ("Permission denied", "not writeable", "Consider using the `--user`"), _pip_denied),
    Rule("pip_requirements", _PIP, ("No matching distribution", "looks like a filename", "Hint: "), _requirements),
    Rule("pip_requirements_typo", _PIP, ("Could not open requirements file",), _requirements_missing),
    Rule("pip_wrong_name", _PIP, ("No matching distribution found",), _wrong_distribution),
    Rule("python_no_pip", ("python", "python3"), ("No module named pip",), _no_pip),
    Rule("python_no_venv", ("python", "python3"), ("ensurepip is not", "apt install python3"), _no_venv),
    Rule("python_module", (), ("No module named", "ModuleNotFoundError"), _module, anywhere=True),
    Rule("python_script_typo", ("python", "python3"), ("can't open file",), _no_such_script),
    Rule("python_folder", ("python", "python3"), ("can't find '__main__'",), _main_folder),
)
