"""Names of files in what programs say, and in what they are made of."""

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OUTPUT = 32 * 1024
MAX_NAMES = 200
_NAMED = re.compile(
    r"""File\ "([^"\n]{1,300})",\ line\ (\d{1,7})   # Python
      | ([^\s:'"()\[\]<>=,]{1,300}):\ ?(?:line\ )?(\d{1,7})   # gcc, rustc, go, node, pytest, make, shells
      | ([^\s:'"()\[\]<>=,]{1,300})\((\d{1,7}),\d+\)   # TypeScript, MSBuild
    """,
    re.VERBOSE,
)
_PYTHON = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))", re.MULTILINE)
_QUOTED = re.compile(
    r"""(?:\#include|\bfrom|\brequire\(|\bimport|\bsource|^\.)[ \t]*["']?(\.{0,2}/?[\w./-]+)""", re.MULTILINE
)


def mentioned(output: str) -> "list[tuple[str, int]]":
    """(file, line) as the output names them, the last first: what went wrong stands at its end."""
    found: dict[str, int] = {}
    for match in _NAMED.finditer(output):
        name, line = [group for group in match.groups() if group is not None][:2]
        name = name.removeprefix("file://")
        found.pop(name, None)
        found[name] = int(line)
    return list(reversed(found.items()))[:MAX_NAMES]


def imported(path: str, text: str) -> "Iterator[str]":
    """Names that the files may have which the program at `path` is made of, as seen from its folder or the root."""
    if not path.endswith((".py", ".pyi")):
        for match in list(_QUOTED.finditer(text))[:MAX_NAMES]:
            yield match[1]
            yield from (match[1] + ending for ending in (".js", ".ts", ".mjs") if path.endswith(ending))
        return
    for match in list(_PYTHON.finditer(text))[:MAX_NAMES]:
        for name in (match[1] or match[2]).split(","):
            module = name.split()[0].lstrip(".").replace(".", "/") if name.split() else ""
            if module:
                yield module + ".py"
                yield module + "/__init__.py"
