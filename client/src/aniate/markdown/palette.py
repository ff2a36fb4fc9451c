"""How runs look: by the terminal's colours, on light or dark, or without any."""

import os

from aniate.markdown.runs import (
    ADDED,
    BOLD,
    CODE,
    COMMENT,
    FAINT,
    ITALIC,
    KEYWORD,
    LINK,
    NUMBER,
    REMOVED,
    STRIKE,
    STRING,
    UNDERLINE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SHAPES = ((BOLD, "1"), (ITALIC, "3"), (UNDERLINE, "4"), (STRIKE, "9"), (LINK, "4"))
_NAMES = (CODE, LINK, KEYWORD, STRING, NUMBER, COMMENT, FAINT, ADDED, REMOVED)
DARK = dict(zip(_NAMES, (180, 75, 111, 114, 179, 246, 246, 114, 210), strict=True))
LIGHT = dict(zip(_NAMES, (94, 25, 25, 28, 130, 242, 242, 28, 124), strict=True))
EITHER = dict(zip(_NAMES, (133, 32, 32, 29, 130, 244, 244, 29, 167), strict=True))
"""Colours of 256, for a background that is known, and ones that can be read on any."""
_FEW = dict(zip(_NAMES, ("36", "", "1", "32", "35", "2", "2", "32", "31"), strict=True))
_MANY = ("256", "kitty", "alacritty", "ghostty", "wezterm", "foot", "direct")


def codes(theme: str, environ: "Mapping[str, str]" = os.environ) -> dict[int, str]:
    """The SGR code of each kind of run; only shapes under `NO_COLOR`."""
    shown = dict(_SHAPES)
    if environ.get("NO_COLOR"):
        return shown
    if not _has_many(environ):
        colours = _FEW
    else:
        palette = {"light": LIGHT, "dark": DARK}.get(background(theme, environ), EITHER)
        colours = {name: f"38;5;{number}" for name, number in palette.items()}
    for name, code in colours.items():
        shown[name] = ";".join(part for part in (shown.get(name, ""), code) if part)
    return shown


def _has_many(environ: "Mapping[str, str]") -> bool:
    term = environ.get("TERM", "")
    return environ.get("COLORTERM", "") in ("truecolor", "24bit") or any(name in term for name in _MANY)


def background(theme: str, environ: "Mapping[str, str]" = os.environ) -> str:
    """`light`, `dark`, or nothing where nobody says: terminals that know it say so in COLORFGBG, as 15;0."""
    if theme in ("light", "dark"):
        return theme
    number = environ.get("COLORFGBG", "").rpartition(";")[2]
    if not number.isascii() or not number.isdigit():
        return ""
    return "light" if int(number) == 7 or 9 <= int(number) <= 15 else "dark"


def has_links(environ: "Mapping[str, str]" = os.environ) -> bool:
    """Whether the terminal is likely to make links of OSC 8; else addresses are shown."""
    return environ.get("TERM") not in ("linux", "vt100", "eterm") and environ.get("TERM_PROGRAM") != "Apple_Terminal"


def has_unicode(encoding: str, environ: "Mapping[str, str]" = os.environ) -> bool:
    """Whether lines and bullets can be shown.

    Python writes UTF-8 also in the C locale, by a LC_CTYPE of its own; whoever set that locale may see other letters.
    """
    named = environ.get("LC_ALL") or environ.get("LANG") or ""
    if named in ("", "C", "POSIX") and (environ.get("LC_ALL") or environ.get("LC_CTYPE", "") in ("", "C.UTF-8", "C")):
        return False
    return encoding.lower().replace("-", "") == "utf8"
