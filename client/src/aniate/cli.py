"""The command `ant`: reads the command line, calls the command, turns errors into exit codes.

Start-up is a feature: what is not needed for a call is not imported for it, and this module imports nothing
but what every call needs. A test holds the list of modules that each command may load.
"""

import sys

from aniate import __version__
from aniate.options import EVERYWHERE, VERSION, Call, Option, refuse_behind, take
from aniate.table import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


def main() -> "NoReturn":
    """Run the command line and leave. The exit codes: 0 ok, 1 failed, 2 usage, 3 bug, 4 needs login,
    5 limit reached, 130 interrupted, 141 closed pipe.
    """
    given: dict[str, str] = {}
    try:
        _hear_ctrl_c_once()
        _mend_streams()
        code = run(sys.argv[1:], given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 141  # as the shell reports a program that SIGPIPE ended
    except Exception as error:  # noqa: BLE001  # the one place where all errors end
        code = _failed(error, given)
    _leave(code)


def run(argv: "list[str]", given: "dict[str, str]") -> int:
    """Run the command line and return the exit code; put the options into `given` as they are read."""
    try:
        name, words = _read(argv, given)
    except Exception:
        before = argv[: argv.index("--")] if "--" in argv else argv
        if "--json" in before:  # not read yet, perhaps, but whoever reads the error wants it so
            given["json"] = ""
        raise
    if "version" in given:
        sys.stdout.write(f"ant {__version__}\n")
        return 0
    return _call(name, words, given)


def _read(argv: "list[str]", given: "dict[str, str]") -> "tuple[str, list[str]]":
    """The command and its words. UsageError if there is no such command or option."""
    words = take(argv, _all_options(), given, anywhere=False)
    if "version" in given:
        return "", []
    if not words:
        return _without_words(given), []
    name, rest = words[0], words[1:]
    if name not in TABLE and not rest and " " in name.strip():
        return "ask", words
    if name not in TABLE and (runner := _runner(name, given)):
        name, rest = runner, [name.removeprefix("@"), *rest]
    if name not in TABLE:
        raise _unknown(name, given)
    command = TABLE[name]
    known = EVERYWHERE + command.options
    taken = words = take(rest, known, given, not command.free_text, command.of_others, command.keeps_dashes)
    if name == "run" and taken:  # options stand before the name, or behind it before the first word
        words = take(taken[1:], known, given, anywhere=False)
        taken = [taken[0], *words]
    if command.free_text and name != "cmd":  # a brewed command looks for options of ours itself
        refuse_behind(rest, words, known)
    return name, taken


def _without_words(given: "dict[str, str]") -> str:
    """What `ant` alone means: a talk with whoever sits at the terminal and is logged in, else help."""
    if "help" not in given and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        from aniate.places import logged_in

        if logged_in():
            return "chat"
    if "continue" in given:
        return "chat"
    given.pop("help", None)
    return "help"


def _runner(word: str, given: "dict[str, str]") -> str:
    """What runs the first word: `run` for an assistant, `cmd` for a brewed command, or nothing if it is neither.

    It is one that is known here, or has been brewed elsewhere meanwhile.
    """
    if word.startswith("@"):
        return "run"
    from aniate.names import valid

    if not valid(word):
        return ""
    assistants, commands = _brewed(given, word)
    return "run" if word in assistants else "cmd" if word in commands else ""


def _brewed(given: "dict[str, str]", word: str = "") -> "tuple[dict[str, str], dict[str, str]]":
    """The assistants and commands of this profile and host; asked at most once a minute, not if `word` is known."""
    from aniate import config, names
    from aniate.errors import AntError

    try:
        settings = config.load(Call("run", [], given, TABLE))
        known = names.known(settings.profile, settings.address.origin)
        if any(word in each for each in known):
            return known
        from aniate.assistants import look_up_if_due

        return look_up_if_due(settings)
    except AntError:
        return {}, {}  # what is wrong with the settings is told by the commands that need them


def _all_options() -> "list[Option]":
    """Every option there is, for what stands before the command."""
    every = {option.name: option for command in TABLE.values() for option in command.options + EVERYWHERE}
    return [VERSION, *every.values()]


def _call(name: str, words: "list[str]", given: "dict[str, str]") -> int:
    command = TABLE[name]
    if "help" in given:
        name, words, command = "help", words if name == "help" and words else [name], TABLE["help"]
    else:
        known = {option.name for option in command.options + EVERYWHERE}
        for option in given:
            if option not in known:
                raise _usage(f"`ant {name}` has no option --{option}.", f"`ant help {name}` shows its options.")
    module, _, function = command.target.partition(":")
    __import__("aniate." + module)
    run_it: Callable[[Call], int] = getattr(sys.modules["aniate." + module], function)
    return run_it(Call(name, words, given, TABLE))


def _unknown(word: str, given: "dict[str, str]") -> Exception:
    from aniate.names import valid
    from aniate.safe_text import clean_line
    from aniate.suggest import closest, did_you_mean

    brewed = [name for each in _brewed(given) for name in each] if valid(word) else []
    hint = (
        did_you_mean(closest(word, [*TABLE, *brewed]))
        or "`ant help` lists the commands; a question begins with `ant ask`."
    )
    if valid(word) and _is_nobody(given):
        hint += " Assistants and commands of your own are known after `ant login`."
    return _usage(f"There is no command {clean_line(word, 80) or 'without a name'}.", hint)


def _is_nobody(given: "dict[str, str]") -> bool:
    """Whether nobody is logged in, so that no assistant can be known."""
    from aniate import auth, config
    from aniate.errors import AntError, NeedsLogin

    try:
        auth.credential(config.load(Call("run", [], given, TABLE)))
    except NeedsLogin:
        return True
    except AntError:
        return False
    return False


def _usage(message: str, hint: str) -> Exception:
    from aniate.errors import UsageError

    return UsageError(message, hint)


def _hear_ctrl_c_once() -> None:
    """The first Ctrl-C ends what is being done; a second one, on the way out, changes nothing.

    A signal that arrived meanwhile finds the deaf handler and is dropped.
    """
    import _signal  # type: ignore[import-not-found]  # `signal` without its enums; it has no stub

    def interrupted(number: int, _: object) -> None:
        _signal.signal(number, _signal.SIG_IGN)
        raise KeyboardInterrupt

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # else whoever started us wants it so
        _signal.signal(_signal.SIGINT, interrupted)


def _mend_streams() -> None:
    """Let no letter that the terminal's encoding lacks end a command, nor a closed stderr.

    To write to a closed stdout is an error, and no bug. No file that is opened later takes a closed one's number.
    """
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            import os

            mode = "w" if name == "stderr" else "r"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # lives as long as we
        elif name != "stdin":
            stream.reconfigure(errors="replace")


def _failed(error: Exception, given: "dict[str, str]") -> int:
    """Tell the user, however that ends."""
    try:
        from aniate.failure import tell_failure

        return tell_failure(error, given)
    except BrokenPipeError:
        return 141
    except OSError:  # stderr can't be written
        return int(getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        return 130


def _leave(code: int) -> "NoReturn":
    """End the process without the interpreter's own end: it has nothing to do here, and takes as long as our start."""
    import _signal
    import os

    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    if code == 130:
        _end_line()
    else:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            code = code or 1
    os._exit(code)


def _end_line() -> None:
    """After Ctrl-C the prompt should begin a line; nothing else is written, since a pipe's reader may be busy."""
    import os

    try:
        if os.isatty(2):
            os.write(2, b"\n")
    except OSError:
        return
