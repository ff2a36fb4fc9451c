"""Scripts that lie on this machine and are run by their path, or by an interpreter: what they do is read, too.

Of a script counts what is certain: one that is handed the name of a program is no rarity, and no harm by itself.
"""

import os
import re
import stat

from aniate.danger import interpreters
from aniate.danger.words import UNKNOWN, is_known
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast

    from aniate.danger.reading import Reader

_MOST_BYTES = 64 * 1024
_MOST_SCRIPTS = 8
_INSTALLED = (
    "/usr/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/opt/",
    "/nix/",
    "/snap/",
    "/System/",
    "/Library/",
    "/Applications/",
)
"""What lies there is a program as any other, known by its name or not."""
_OWN = (".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".kshrc",
        "config.fish", "activate", "activate.fish", "activate.csh")  # fmt: skip
"""What the user's own shell reads anyway."""
_BY_ENDING = {".py": "python", ".pl": "perl", ".rb": "ruby", ".js": "node", ".mjs": "node", ".cjs": "node",
              ".php": "php", ".sh": "sh", ".bash": "bash", ".zsh": "zsh"}  # fmt: skip
_DELETING = {
    "perl": r"\bunlink\b|\brmdir\b|\brmtree\b|\bremove_tree\b",
    "ruby": r"\bFileUtils\.(rm|remove)|\bFile\.(delete|unlink)\b|\bDir\.(delete|rmdir|unlink)\b|\brm_rf\b",
    "node": r"\b(unlink|rm|rmdir)(Sync)?\s*\(|\brimraf\b",
    "php": r"\bunlink\s*\(|\brmdir\s*\(",
}
_DELETING["nodejs"] = _DELETING["bun"] = _DELETING["node"]
_PYTHON = {"rmtree", "unlink", "rmdir", "removedirs", "remove"}
_RUN = {"system", "popen", "run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput"}
_RUNNERS = ("os", "subprocess")


def read(reader: "Reader", path: str, kind: str = "", sourced: bool = False) -> None:
    """Judge the script at `path`, which a shell or another interpreter runs, or which says itself what runs it."""
    if not is_known(path) or (sourced and os.path.basename(path) in _OWN) or len(reader.scripts) >= _MOST_SCRIPTS:
        return
    for folder in list(reader.folders):
        whole = os.path.normpath(os.path.join(folder, path))
        if UNKNOWN in whole or whole in reader.scripts or (not kind and whole.startswith(_INSTALLED)):
            continue
        data = _data(whole)
        if not data or b"\0" in data:
            continue
        text = data.decode("utf-8", "replace").replace("\r\n", "\n")
        reader.scripts.add(whole)
        _judge(reader, os.path.basename(path), text, kind or _kind(text, path), folder, len(data) > _MOST_BYTES)


def _data(path: str) -> bytes:
    """What the file holds, or the beginning of it if it is too long to be read here; nothing if it is no file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(fd, _MOST_BYTES + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(fd)


def _kind(text: str, path: str) -> str:
    """The interpreter that a script names in its first line, or else by its ending; a shell where it does neither."""
    first = text.partition("\n")[0]
    if not first.startswith("#!"):
        return _BY_ENDING.get(os.path.splitext(path)[1], "sh")
    words = [os.path.basename(word) for word in first[2:].split()]
    named = [word for word in words if word != "env" and not word.startswith("-") and "=" not in word]
    return named[0] if named else "sh"


def _judge(reader: "Reader", name: str, text: str, kind: str, folder: str, is_cut: bool) -> None:
    if is_cut:
        found = ["is too long to be looked through"]
    elif kind in interpreters.SHELLS or kind == "source":
        found = _shell(reader, text, kind, folder)
    elif (language := interpreters.interpreter(kind)) in ("python", "pypy", "ipython"):
        found = _python(reader, text, folder)
    else:
        deletes = language in _DELETING and re.search(_DELETING[language], text)
        found = ["deletes files"] if deletes else []
    for reason in found:
        reader.add(clean_line(f"{name}: {reason}", 120))


def _shell(reader: "Reader", text: str, kind: str, folder: str) -> "list[str]":
    from aniate.danger import has_hidden

    if has_hidden(text):  # letters that have a meaning of their own to the reader
        return ["has characters that can't be seen"]
    return reader.within_script(text, folder, kind)


def _python(reader: "Reader", text: str, folder: str) -> "list[str]":
    import ast

    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.Call):
            found.update(dict.fromkeys(_call(reader, node, folder)))
    return list(found)


def _call(reader: "Reader", node: "ast.Call", folder: str) -> "list[str]":
    import ast

    function = node.func
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    owner = function.value.id if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else ""
    if name in _PYTHON and (name not in ("remove", "rmdir") or owner == "os" or (name == "rmdir" and not node.args)):
        return ["deletes files"]
    if name not in _RUN or (owner and owner not in _RUNNERS) or not node.args:
        return []
    command = _constant(node.args[0])
    return reader.within_script(command, folder, "sh") if command else []


def _constant(node: "ast.expr") -> str:
    """The command that stands there in plain words, or the empty string."""
    import ast
    from shlex import quote

    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        words = [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return " ".join(map(quote, words)) if len(words) == len(node.elts) else ""
    return ""
