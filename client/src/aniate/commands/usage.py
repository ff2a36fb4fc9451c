"""`ant usage`: what the workspace used, by day, model and brew, and what is left of each limit."""

import sys

from aniate import auth, config, jsontext, terminal
from aniate.errors import UsageError
from aniate.safe_text import clean_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aniate.options import Call

_DAYS = 30
_MAX_DAYS = 366
_SENSELESS = 1 << 60
"""No count of anything is as large."""
_BAR_CELLS = 24
_NUMBERS = ("requests", "input_tokens", "output_tokens", "cost_micro_usd", "estimated")
_MEASURES = {
    "requests_minute": "requests this minute",
    "requests_day": "requests today",
    "tokens_minute": "tokens this minute",
    "tokens_day": "tokens today",
    "streams": "answers at once",
    "credit_month": "credit this month",
}
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Sum:
    """What several rows come to; costs in micro-USD."""

    __slots__ = ("cost_micro_usd", "requests", "tokens")

    def __init__(self) -> None:
        self.requests = self.tokens = self.cost_micro_usd = 0

    def add(self, row: "Mapping[str, object]") -> None:
        self.requests += _number(row, "requests")
        self.tokens += _number(row, "input_tokens") + _number(row, "output_tokens")
        self.cost_micro_usd += _number(row, "cost_micro_usd")


def run(call: "Call") -> int:
    """Show what was used. UsageError if the days make no sense."""
    if call.words:
        raise UsageError("`ant usage` takes no words.", "See: ant help usage")
    days = _days(call.value("days"))
    settings = config.load(call)
    told = auth.exchange(settings, auth.credential(settings), "GET", f"/v1/usage?days={days}")
    rows, limits = _rows(told, "usage"), _rows(told, "limits")
    if call.flag("json"):
        jsontext.tell({"days": days, "usage": [_plain(row) for row in rows], "limits": [_limit(row) for row in limits]})
        return 0
    _show_used(rows, days)
    _show_left(limits)
    return 0


def _days(value: "str | None") -> int:
    if value is None:
        return _DAYS
    if not value.isdecimal() or not 1 <= int(value) <= _MAX_DAYS:
        raise UsageError(f"--days must be a number from 1 to {_MAX_DAYS}.")
    return int(value)


def _rows(told: "Mapping[str, object]", name: str) -> "list[dict[str, object]]":
    rows = told.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _number(row: "Mapping[str, object]", name: str) -> int:
    value = row.get(name)
    return value if type(value) is int and abs(value) < _SENSELESS else 0


def _plain(row: "Mapping[str, object]") -> "dict[str, object]":
    names = {name: clean_field(row.get(name)) for name in ("day", "model", "brew")}
    return {**names, **{name: _number(row, name) for name in _NUMBERS}}


def _limit(row: "Mapping[str, object]") -> "dict[str, object]":
    resets = row.get("resets_in_s")
    return {
        "scope": clean_field(row.get("scope")),
        "measure": clean_field(row.get("measure")),
        "allowed": _number(row, "allowed"),
        "left": _number(row, "left"),
        "resets_in_s": resets if type(resets) is int and abs(resets) < _SENSELESS else None,
    }


def _show_used(rows: "Sequence[Mapping[str, object]]", days: int) -> None:
    """The sum, and bars by day, by model and by brew."""
    span = "Today" if days == 1 else f"The last {days} days"
    if not rows:
        terminal.tell(f"{span}: nothing was used.")
        return
    whole = Sum()
    for row in rows:
        whole.add(row)
    terminal.tell(
        f"{span}: {_counted(whole.requests, 'request')}, {whole.tokens:,} tokens, {dollars(whole.cost_micro_usd)}"
    )
    for name in ("day", "model", "brew"):
        _show_bars(name, rows)


def _show_bars(name: str, rows: "Sequence[Mapping[str, object]]") -> None:
    """One bar for each value of `name`, as long as its tokens are many. Days stand in their order, else most first."""
    sums: dict[str, Sum] = {}
    for row in rows:
        sums.setdefault(clean_field(row.get(name)) or "?", Sum()).add(row)
    order = sorted(sums) if name == "day" else sorted(sums, key=lambda each: -sums[each].tokens)
    widest = max(len(name), *(len(each) for each in sums))
    most = max(each.tokens for each in sums.values())
    cells = max(0, min(_BAR_CELLS, terminal.columns(sys.stdout) - widest - 36))
    terminal.tell("")
    terminal.tell(_line(name.upper().ljust(widest), " " * cells, "TOKENS", "REQUESTS", "COST"))
    for each in order:
        found = sums[each]
        drawn = bar(found.tokens, most, cells)
        numbers = f"{found.tokens:,}", f"{found.requests:,}", dollars(found.cost_micro_usd)
        terminal.tell(_line(each.ljust(widest), drawn, *numbers))


def _line(name: str, drawn: str, tokens: str, requests: str, cost: str) -> str:
    parts = [name, *([drawn] if drawn else []), tokens.rjust(10), requests.rjust(8), cost.rjust(9)]
    return "  ".join(parts)


def bar(value: int, most: int, cells: int) -> str:
    """`value` as a bar of `cells` cells where `most` fills them all; what is not nothing shows."""
    from aniate.markdown.palette import has_unicode

    eighths = max(1, round(8 * cells * value / most)) if value and most else 0
    whole, rest = divmod(eighths, 8)
    if not has_unicode(sys.stdout.encoding or ""):
        return ("#" * max(whole, 1 if value else 0)).ljust(cells)
    return (_EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else "")).ljust(cells)


def _show_left(limits: "Sequence[Mapping[str, object]]") -> None:
    """What is left of each limit, and when there is more."""
    if not limits:
        return
    terminal.tell("\nLeft now:")
    lines = []
    for row in (_limit(each) for each in limits):
        measure, scope = str(row["measure"]), str(row["scope"])
        shown = dollars if measure.startswith("credit") else _thousands
        label = _MEASURES.get(measure, measure.replace("_", " ")) + ("" if scope == "workspace" else f" ({scope})")
        resets = row["resets_in_s"]
        until = f"more in {duration(resets)}" if isinstance(resets, int) else ""
        lines.append((label, f"{shown(_number(row, 'left'))} of {shown(_number(row, 'allowed'))}", until))
    widths = [max(len(line[at]) for line in lines) for at in range(2)]
    for label, left, until in lines:
        terminal.tell(f"{label.ljust(widths[0])}  {left.ljust(widths[1])}  {until}".rstrip())


def _thousands(number: int) -> str:
    return f"{number:,}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def dollars(micro_usd: int) -> str:
    """Micro-USD as dollars and cents; of less than a cent, every millionth."""
    if micro_usd and abs(micro_usd) < 10_000:
        return f"${micro_usd / 1_000_000:.6f}".rstrip("0")
    return f"${micro_usd / 1_000_000:,.2f}"


def duration(seconds: int) -> str:
    """Seconds in the two largest units that matter, as `3 h 20 min`."""
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        many, seconds = divmod(seconds, size)
        if many:
            parts.append(f"{many} {unit}")
    return " ".join(parts[:2]) or "0 s"
