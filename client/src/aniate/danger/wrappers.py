"""Programs that run the program their words name: what stands before it, and how it is named. Data alone."""

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Wrapper:
    """How a program names another: after its options and `skipped` words of its own.

    `letters` and `longs` are the options with a value. With `code` the words are joined and read by a shell.
    """

    __slots__ = ("code", "letters", "longs", "reason", "skipped")

    def __init__(
        self, letters: str = "", longs: str = "", skipped: int = 0, code: bool = False, reason: str = "",
    ) -> None:  # fmt: skip
        self.letters = letters
        self.longs = longs.split()
        self.skipped = skipped
        self.code = code
        self.reason = reason


_ROOT = "gives the command all rights"
_PLAIN = Wrapper()

WRAPPERS = {
    "sudo": Wrapper("ugpCDhRrTtU", "user group prompt chdir host chroot role type other-user command-timeout",
                    reason=_ROOT),
    "doas": Wrapper("uC", reason=_ROOT),
    "pkexec": Wrapper("", "user", reason=_ROOT),
    "run0": Wrapper("ugD", "user group chdir unit property slice nice setenv background machine", reason=_ROOT),
    "gosu": Wrapper(skipped=1, reason=_ROOT),
    "su-exec": Wrapper(skipped=1, reason=_ROOT),
    "env": Wrapper("uCS", "unset chdir argv0"),
    "nice": Wrapper("n", "adjustment"),
    "ionice": Wrapper("cnpPu", "class classdata"),
    "nohup": _PLAIN,
    "setsid": _PLAIN,
    "timeout": Wrapper("ks", "kill-after signal", skipped=1),
    "gtimeout": Wrapper("ks", "kill-after signal", skipped=1),
    "time": Wrapper("fo", "format output"),
    "stdbuf": Wrapper("ioe", "input output error"),
    "command": _PLAIN,
    "builtin": _PLAIN,
    "exec": Wrapper("a"),
    "coproc": _PLAIN,
    "then": _PLAIN,
    "else": _PLAIN,
    "do": _PLAIN,
    "if": _PLAIN,
    "while": _PLAIN,
    "until": _PLAIN,
    "and": _PLAIN,
    "or": _PLAIN,
    "not": _PLAIN,
    "begin": _PLAIN,
    "noglob": _PLAIN,
    "nocorrect": _PLAIN,
    "-": _PLAIN,
    "{": _PLAIN,
    "!": _PLAIN,
    "repeat": Wrapper(skipped=1),
    "emulate": Wrapper(code=True, skipped=1, letters="o"),
    "sched": Wrapper(code=True, skipped=1),
    "zpty": Wrapper(code=True, skipped=1),
    "caffeinate": Wrapper("tw"),
    "chronic": _PLAIN,
    "taskset": Wrapper("", skipped=1),
    "chrt": Wrapper("TPD", skipped=1),
    "numactl": Wrapper("CNmipP"),
    "cpulimit": Wrapper("lpe"),
    "chroot": Wrapper("", "userspec groups", skipped=1, reason=_ROOT),
    "unshare": Wrapper("SGRw"),
    "nsenter": Wrapper("tSG", reason=_ROOT),
    "setarch": Wrapper(skipped=1),
    "setpriv": Wrapper("", "reuid regid groups"),
    "strace": Wrapper("eopPsuaESObIX"),
    "ltrace": Wrapper("eopsunaAlFw"),
    "valgrind": _PLAIN,
    "perf": Wrapper("eopFcg", skipped=1),
    "catchsegv": _PLAIN,
    "fakeroot": Wrapper("lsib"),
    "faketime": Wrapper("f", skipped=1),
    "firejail": _PLAIN,
    "bwrap": Wrapper(reason="runs a program"),
    "proxychains": Wrapper("f"),
    "proxychains4": Wrapper("f"),
    "torsocks": _PLAIN,
    "torify": _PLAIN,
    "unbuffer": _PLAIN,
    "proot": Wrapper("rbwqkR"),
    "npx": Wrapper("p", "package"),
    "bunx": _PLAIN,
    "uvx": Wrapper("pw", "from with python"),
    "shell": _PLAIN,
    "rlwrap": _PLAIN,
    "dbus-run-session": _PLAIN,
    "systemd-run": Wrapper("upM", "unit property slice machine uid gid nice working-directory setenv description"),
    "systemd-inhibit": Wrapper("", "what who why mode"),
    "xvfb-run": Wrapper("nsef"),
    "busybox": _PLAIN,
    "toybox": _PLAIN,
    "uutils": _PLAIN,
    "coreutils": _PLAIN,
    "watch": Wrapper("n", "interval", code=True),
    "entr": _PLAIN,
    "hyperfine": Wrapper("wrmMpcSNniu", "warmup runs prepare cleanup setup", code=True),
    "direnv": Wrapper(skipped=2),
    "poetry": Wrapper(skipped=1),
    "pipenv": Wrapper(skipped=1),
    "bundle": Wrapper(skipped=1),
    "mise": Wrapper(skipped=1),
    "conda-run": _PLAIN,
    "arch": _PLAIN,
    "script-run": _PLAIN,
    "trap": Wrapper(skipped=0, code=True),
    "flock": Wrapper("wE", "timeout wait conflict-exit-code", skipped=1),
    "ssh": Wrapper("BbcDEeFIiJLlmOoPpQRSWw", skipped=1, code=True),
    "mosh": Wrapper("p", skipped=1),
    "eval": Wrapper(code=True),
    "tsp": _PLAIN,
    "dbus-launch": _PLAIN,
    "kitty": Wrapper("doT", "directory override title"),
    "foot": Wrapper("ctTaD"),
    "prlimit": _PLAIN,
    "watchexec": Wrapper("wefiod", "watch exts filter ignore on-busy-update debounce"),
    "systemd-nspawn": Wrapper("DiMuEp", "directory image machine user"),
    "wsl": Wrapper("du", "distribution user cd"),
    "platform": Wrapper(skipped=1),
    "pdsh": Wrapper("wxtufRlN", skipped=0, code=True),
    "pssh": Wrapper("hHlptoexO", "hosts host user par timeout outdir errdir", code=True),
    "clush": Wrapper("wxgGXlotuf", code=True),
    "rush": Wrapper("jdDnrktTv", "jobs delimiter nrecords retries timeout", code=True),
    "screen": Wrapper("SceptTh"),
    "xterm": Wrapper(),
    "arch-chroot": Wrapper("u", skipped=1, reason=_ROOT),
    "runcon": Wrapper("turl", skipped=1),
    "sg": Wrapper(skipped=1, code=True),
    "eatmydata": _PLAIN,
    "dotenv": Wrapper("fe"),
    "xargs": Wrapper("IEdLnPsa", "replace max-args max-procs max-lines delimiter arg-file max-chars eof"),
    "gxargs": Wrapper("IEdLnPsa", "replace max-args max-procs max-lines delimiter arg-file max-chars eof"),
    "parallel": Wrapper("jISNLnaCd", "jobs arg-file colsep joblog results delay timeout", code=True),
}  # fmt: skip
"""Read by `judging`, which knows what is special about some: `env -S`, `xargs`, `flock -c`, `trap`."""

QUESTIONS = {"command": ("-v", "-V"), "sudo": ("-l", "-v", "-k", "-K", "-V", "--list", "--validate"), "env": ("-0",)}
"""Options with which such a program only tells something."""

LATER = {"-exec": "find", "-execdir": "find", "-ok": "find", "-okdir": "find"}
"""The options of `find` behind which a program stands, up to a `;` or `+`."""

BEHIND = {
    "docker": ("exec", "run"), "podman": ("exec", "run"), "docker-compose": ("exec", "run"), "nerdctl": ("exec", "run"),
    "kubectl": ("exec",), "oc": ("exec",), "fd": ("-x", "-X", "--exec", "--exec-batch"),
    "fdfind": ("-x", "-X", "--exec", "--exec-batch"), "git": ("run", "foreach", "--exec", "-x"),
    "tmux": ("new-session", "new", "new-window", "neww", "split-window", "splitw", "send-keys", "send", "run-shell",
             "run", "if-shell"),
    "xterm": ("-e",), "gnome-terminal": ("--", "-e"), "konsole": ("-e",), "gdb": ("--args", "-ex"), "uv": ("run",),
    "nix-shell": ("--run", "--command"), "nix": ("-c", "--command"), "npx": ("-c", "--call"), "npm": ("exec",),
    "hyperfine": ("--prepare", "--cleanup", "--setup", "-p", "-c", "-s"), "entr": ("-s",), "screen": ("-X",),
    "script": ("-c", "--command"), "flock": ("-c", "--command"), "rg": ("--pre",), "vim": ("-c", "+"),
    "rsync": ("-e", "--rsh"), "tar": ("--to-command", "-I"), "sort": ("--compress-program",),
    "man": ("-P", "--pager", "-H", "--html"),
    "machinectl": ("shell",),
    "pnpm": ("dlx", "exec"),
    "yarn": ("dlx", "exec"), "rbenv": ("exec",), "pyenv": ("exec",), "asdf": ("exec",), "capsh": ("--",),
    "nodemon": ("--exec", "-x"), "alacritty": ("-e", "--command"), "lldb": ("-o", "-O", "--one-line"),
    "vagrant": ("-c", "--command"), "flatpak": ("--command",), "cmd.exe": ("/c", "/C"), "cmd": ("/c", "/C"),
    "ansible": ("-a", "--args"), "lxc": ("exec",), "adb": ("shell",), "conda": ("run",), "wsl": ("-e", "--"),
}  # fmt: skip
"""Programs that run what stands somewhere behind such a word: each word there is taken for the program in turn."""

ASSIGNED = (
    "PROMPT_COMMAND", "EDITOR", "VISUAL", "PAGER", "BROWSER", "GIT_EDITOR", "GIT_PAGER", "GIT_SSH_COMMAND",
    "GIT_SEQUENCE_EDITOR", "GIT_EXTERNAL_DIFF", "MANPAGER", "LESSOPEN", "LESSCLOSE", "SHELL", "SUDO_EDITOR",
    "SYSTEMD_EDITOR", "KUBE_EDITOR", "RSYNC_RSH", "PS4", "PS0", "GIT_SSH", "GIT_PROXY_COMMAND",
)  # fmt: skip
"""Variables whose value is run by what reads them."""

_NO_CODE = re.compile(r"-?-?(max|no-warnings|trace-warnings|stack|enable-source-maps|throw)[\w-]*(=\w*)?")


def _never(_: str) -> bool:
    return False


def _lies_here(value: str) -> bool:
    """Whether all folders of a list are below this one."""
    parts = value.split(":")
    return "\0" not in value and not any(part.startswith(("/", "~", "..")) or "/.." in part for part in parts)


def _sets_limits(value: str) -> bool:
    """Whether these options of node name no code."""
    return all(map(_NO_CODE.fullmatch, value.split()))


def _is_no_file(value: str) -> bool:
    return value in ("", "/dev/null")


LOADED: "dict[str, Callable[[str], bool]]" = {
    **dict.fromkeys(("BASH_ENV", "ENV"), _is_no_file),
    **dict.fromkeys(("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT",
                     "GIT_ASKPASS", "SSH_ASKPASS", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GIT_CONFIG_PARAMETERS"),
                    _never),
    **dict.fromkeys(("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG"), _is_no_file),
    "GIT_CONFIG_COUNT": lambda value: value == "0",
    **dict.fromkeys(("PYTHONPATH", "LD_LIBRARY_PATH", "PERL5LIB", "RUBYLIB"), _lies_here),
    "NODE_OPTIONS": _sets_limits,
    "MAKEFLAGS": lambda value: "eval" not in value and "\0" not in value,
    "JAVA_TOOL_OPTIONS": lambda value: "agent" not in value and "\0" not in value,
}  # fmt: skip
"""Variables that have code loaded into other programs, and when a value does not."""
