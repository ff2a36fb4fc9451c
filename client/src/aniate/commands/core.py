"""`ant help` and `ant list`: what there is. Read at start-up: imports what it needs and no more."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def show_help(call: "Call") -> int:
    """The overview, or the help of one command. UsageError if there is none of that name."""
    from aniate import helptext
    from aniate.terminal import columns

    if not call.words:
        sys.stdout.write(helptext.overview(call.table, columns(sys.stdout)))
        return 0
    name = call.words[0]
    if name not in call.table or len(call.words) > 1:
        from aniate.errors import UsageError
        from aniate.suggest import closest, did_you_mean

        hint = f"Of your own, `ant {name} --help` tells more." if _is_own(name) else ""
        raise UsageError(
            f"There is no command {' '.join(call.words)}.", hint or did_you_mean(closest(name, call.table))
        )
    sys.stdout.write(helptext.of_command(name, call.table[name], columns(sys.stdout)))
    return 0


def _is_own(name: str) -> bool:
    """Whether a command of the user's is called so, of any profile."""
    from aniate import names, places

    return any(row[2:3] == [name] and row[4:] == [names.COMMAND] for row in places.read_rows(names.path()))


def show_list(call: "Call") -> int:
    """The brews, and as far as it is known which of them the account may use."""
    from aniate import names, terminal

    if call.words:
        from aniate.errors import UsageError

        raise UsageError("`ant list` takes no words.")
    allowed, (brewed, commands) = _allowed(call), _brewed(call)
    rows = {name: command.summary for name, command in call.table.items() if command.target.startswith("brews.tools.")}
    others = {*rows, *call.table, names.BREW, names.MAKER}
    rows |= {name: summary for name, summary in allowed.items() if name not in others}
    if call.flag("json"):
        return _as_json(rows, allowed, brewed, commands)
    widest = max(len(name) for name in (*rows, *brewed, *commands))
    for name, summary in rows.items():
        barred = " (not in your plan)" if allowed and name not in allowed else ""
        terminal.tell(f"{name.ljust(widest)}  {summary}{barred}")
    for title, mine in (("Your assistants:", brewed), ("Your commands:", commands)):
        if mine:
            terminal.tell(f"\n{title}")
        for name, summary in mine.items():
            terminal.tell(f"{name.ljust(widest)}  {summary}".rstrip())
    return 0


def _brewed(call: "Call") -> "tuple[dict[str, str], dict[str, str]]":
    """The assistants and the commands; asked of the server if somebody is logged in, once a minute at most."""
    import time

    from aniate import names, places

    if not places.logged_in():  # spares the settings, which need JSON
        return {}, {}
    from aniate import config

    settings = config.load(call)
    profile, origin = settings.profile, settings.address.origin
    if 0 <= time.time() - names.mark(profile, origin)[1] < names.LOOK_UP_EVERY_S:
        return names.known(profile, origin)
    from aniate.assistants import look_up_if_due
    from aniate.errors import NeedsLogin, NobodyHere

    try:
        return look_up_if_due(settings)
    except NobodyHere:
        return {}, {}
    except NeedsLogin as error:
        from aniate import terminal

        known = names.known(profile, origin)
        so = "shown as they were known last" if any(known) else "not shown"
        terminal.say(f"Your assistants are {so}: {_in_a_sentence(error.message)} {error.hint}".rstrip())
        return known


def _in_a_sentence(message: str) -> str:
    """A sentence behind a colon."""
    return message[:1].lower() + message[1:] if message[1:2].islower() else message


def _as_json(
    rows: "dict[str, str]", allowed: "dict[str, str]", brewed: "dict[str, str]", commands: "dict[str, str]"
) -> int:
    from aniate import jsontext

    brews = [
        {"name": name, "summary": summary, "allowed": name in allowed if allowed else None}
        for name, summary in rows.items()
    ]
    mine, made = ([{"name": name, "summary": each[name]} for name in each] for each in (brewed, commands))
    jsontext.tell({"brews": brews, "assistants": mine, "commands": made})
    return 0


def _allowed(call: "Call") -> "dict[str, str]":
    """What the account may use, as known since the last login or whoami; empty if it is not known."""
    from aniate import places

    rows = list(places.read_rows(places.brews_path()))
    if not rows:  # spares the settings, which need JSON
        return {}
    from aniate.config import profile_name

    profile = profile_name(call)
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == profile}
