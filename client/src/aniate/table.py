"""One table of commands, from which calls, options, help, suggestions and completion all come.

A command's usage also says what may be completed: `get KEY | list` are sub-actions, FILE is a file.
Read at every start: imports nothing but what its rows are made of.
"""

from aniate.options import Command, Option

_JSON = Option("json", "", "answer with one line of JSON")
_MODEL = Option("model", "ALIAS", "ask this model instead of the usual one")
_PROMPT = Option("prompt", "TEXT", "what the assistant is told")
_FILE = Option("file", "PATH", "a file with what the assistant is told; - is standard input")
_ITS_MODEL = Option("model", "ALIAS", "the model that the assistant asks")
_SUMMARY = Option("summary", "TEXT", "one line for lists")
_NO_STDIN = Option("no-stdin", "", "leave standard input alone, as in a loop that reads from it")
_NO_CACHE = Option("no-cache", "", "ask anew, even if the same was answered before")
_DRY_RUN = Option("dry-run", "", "show what would be sent, and send nothing")
_YES = Option("yes", "", "do not ask")
_DEVICE = Option("device", "", "by a code that is typed in any browser")
_WEB = Option("web", "", "in the browser of this machine, even if there seems to be none")
_IN_FILE = Option("in-file", "", "keep the login in a file that only you may read, not in the keyring")
_MACHINE = Option("name", "NAME", "what this machine is called in `ant sessions`")

SETTINGS = {
    "profile": "the profile that is used when none is named",
    "host": "the server's address",
    "model": "the model's alias",
    "timeout": "how many seconds the server may stay silent",
    "connect_timeout": "how many seconds a connection may take to be made",
    "record": "off, commands or on: what is recorded of commands that fail, for `ant fix`",
}
"""The keys of `ant config`, and what each is."""

TABLE = {
    "ask": Command(
        "brews.tools.ask:run",
        "WORDS…",
        "ask a question",
        (_MODEL, _JSON, _NO_STDIN, _NO_CACHE, _DRY_RUN),
        (
            ("ant ask how do I undo the last commit", "no quotes needed"),
            ('ant "what\'s the difference between > and >>?"', "quotes keep the shell out; then `ask` may be left out"),
            ("git diff | ant ask is there a bug in this", "what is piped in goes along"),
            ("ant ask --model smart why is the sky blue", "options stand before the first word"),
        ),
        free_text=True,
    ),
    "what": Command(
        "brews.tools.what:run",
        "[FILE|FOLDER…] [WORDS…]",
        "explain files, folders, output or words",
        (_MODEL, _JSON, _NO_STDIN, _NO_CACHE, _DRY_RUN),
        (
            ("ant what trace.txt", "explain a file"),
            ("make 2>&1 | ant what", "explain what a program says"),
            ("ant what app.py test_app.py why does the test fail", "files first, then the question"),
            ("ant what src", "a folder: its listing and its text files, .gitignore heeded"),
        ),
    ),
    "fix": Command(
        "brews.tools.fix:run",
        "[FILE… | -- PROGRAM…]",
        "mend what failed",
        (
            Option("local", "", "only what can be mended on this machine: never ask the model"),
            Option("rounds", "N", "how often a change may be tried, from 1 to 20"),
            _YES,
            _MODEL,
            _JSON,
            _NO_STDIN,
            _NO_CACHE,
            _DRY_RUN,
        ),
        (
            ("ant fix", "the last command that failed, if it was recorded: see `ant help init`"),
            ("ant fix -- make test", "run it and, if it fails, mend what is wrong"),
            ("make 2>&1 | ant fix", "mend what a program complains of"),
            ("ant fix app.py", "mend a file"),
        ),
        keeps_dashes=True,
    ),
    "run": Command(
        "brews.assistant:run",
        "NAME WORDS…",
        "ask an assistant of your own; `ant NAME WORDS…` does the same",
        (_MODEL, _JSON, _NO_STDIN, _DRY_RUN),
        (
            ("ant coder why does this loop never end", "once it is brewed, its name is a command"),
            ("git diff | ant coder review this", "what is piped in goes along"),
            ("ant @coder hello", "@ always means the assistant"),
            ("ant run coder --model smart hello", "so does `run`; options stand before the words"),
        ),
        free_text=True,
    ),
    "brew.chat": Command(
        "commands.brew:brew",
        "NAME",
        "brew an assistant, on all your machines",
        (_PROMPT, _FILE, _ITS_MODEL, _SUMMARY, Option("from", "NAME", "begin with a copy of another assistant")),
        (
            ("ant brew.chat coder", "asks what it should be"),
            ('ant brew.chat coder --prompt "You review code. Be strict."', "says it at once"),
            ("ant brew.chat gentle --from coder --file gentle.md", "a copy that is told something else"),
        ),
    ),
    "show": Command(
        "commands.assistants:show",
        "NAME",
        "show what an assistant is told",
        (_JSON,),
        (("ant show coder", "its text, model and version"),),
    ),
    "edit": Command(
        "commands.brew:edit",
        "NAME",
        "change an assistant, in your editor",
        (_PROMPT, _FILE, _ITS_MODEL, _SUMMARY),
        (
            ("ant edit coder", "in $VISUAL or $EDITOR"),
            ("ant edit coder --model smart", "without an editor"),
        ),
    ),
    "delete.chat": Command(
        "commands.assistants:delete",
        "NAME",
        "delete an assistant",
        (_YES,),
        (("ant delete.chat coder", "asks before it deletes"),),
    ),
    "export": Command(
        "commands.assistants:export",
        "NAME [FILE]",
        "write an assistant to one readable file",
        (Option("force", "", "write over a file that exists"),),
        (("ant export coder coder.md", "to keep it, or give it to somebody"),),
    ),
    "import": Command(
        "commands.assistants:import_file",
        "FILE",
        "brew an assistant from such a file",
        (Option("as", "NAME", "call it so"),),
        (("ant import coder.md --as reviewer", "- reads standard input"),),
    ),
    "list": Command(
        "commands.core:show_list",
        "",
        "list the brews and your assistants",
        (_JSON,),
        (("ant list", "what you can use"),),
    ),
    "help": Command(
        "commands.core:show_help",
        "[COMMAND]",
        "show help",
        (),
        (("ant help what", "help for one command"),),
    ),
    "login": Command(
        "commands.login:login",
        "",
        "log in, in the browser or by a code",
        (
            _DEVICE,
            _WEB,
            Option("with-token", "", "read an API key from standard input; on a terminal it is typed unseen"),
            _IN_FILE,
            _MACHINE,
            _JSON,
        ),
        (
            ("ant login", "in the browser; over SSH and without a display by a code"),
            ("ant login --device", "by a code, to be typed in any browser on any machine"),
            ("ant login --profile work --host https://ant.example.com", "another server, beside the first"),
            ("ant login --with-token < key.txt", "with an API key, which never stands on the command line"),
        ),
    ),
    "signup": Command(
        "commands.login:signup",
        "",
        "make an account, and log in",
        (_DEVICE, _WEB, _IN_FILE, _MACHINE, _JSON),
        (("ant signup", "goes on in the browser"),),
    ),
    "logout": Command(
        "commands.account:logout",
        "",
        "log out of this machine",
        (Option("all", "", "end all logins of the account, on all machines"), _JSON),
        (
            ("ant logout", "end the login of this profile and host; an API key is forgotten here"),
            ("ant logout --all", "everywhere"),
        ),
    ),
    "whoami": Command(
        "commands.account:whoami",
        "",
        "show who you are, where, and where the login lies",
        (
            Option(
                "check",
                "",
                "print no account; the exit code is 0 if the login is good, 4 if not, else that of what went wrong",
            ),
            _JSON,
        ),
        (
            ("ant whoami", "user, workspace, plan, host, profile"),
            ("ant whoami --check || ant login", "for scripts"),
        ),
    ),
    "sessions": Command(
        "commands.sessions:run",
        "[list] | end ID… | end --others | end --all",
        "show where you are logged in, and end it",
        (
            Option("others", "", "all logins but this one"),
            Option("all", "", "all logins, this one too"),
            _YES,
            _JSON,
        ),
        (
            ("ant sessions", "machines, and when each was last used"),
            ("ant sessions end 0198c2f1", "the beginning of an id is enough"),
            ("ant sessions end --others", "all but this one"),
        ),
    ),
    "keys": Command(
        "commands.keys:run",
        "new NAME | list | revoke ID",
        "API keys, for programs",
        (_JSON,),
        (
            ("ant keys new ci > key.txt", "the key is shown once"),
            ("ant keys list", "names and beginnings"),
            ("ant keys revoke 0198c2f1", "at once, everywhere"),
        ),
    ),
    "config": Command(
        "commands.config:run",
        "get KEY | set KEY VALUE | unset KEY | list | path",
        "read and change settings",
        (_JSON,),
        (
            ("ant config list", "all settings, and where each is from"),
            ("ant config set model smart", "the model to ask from now on"),
            ("ant --profile work config set host https://ant.example.com", "settings belong to a profile"),
        ),
    ),
    "init": Command(
        "commands.init:run",
        "[bash | zsh | fish]",
        "join ant and your shell: completion, a key, what `ant fix` goes by",
        (
            Option("key", "KEY", "the key that turns words into a command: alt-a, ctrl-g, … or none"),
            Option("recorder", "", "run the shell and record what its commands say; the script does that by itself"),
        ),
        (
            ('eval "$(ant init bash)"', "at the end of ~/.bashrc"),
            ('eval "$(ant init zsh)"', "at the end of ~/.zshrc"),
            ("ant init fish | source", "in ~/.config/fish/config.fish"),
            ("ant config set record on", "record what fails, for `ant fix`; `off` stops it and deletes all records"),
            ('eval "$(ant init zsh --key ctrl-g)"', "another key than Alt-A"),
        ),
    ),
    "completion": Command(
        "commands.completion:run",
        "[bash | zsh | fish]",
        "let the shell complete commands, options and names",
        (),
        (
            ("ant completion bash > ~/.local/share/bash-completion/completions/ant", "bash, with bash-completion"),
            ('eval "$(ant completion bash)"', "bash without it: this line in ~/.bashrc"),
            ('ant completion zsh > "${fpath[1]}/_ant"', "zsh; or eval as above, after compinit in ~/.zshrc"),
            ("ant completion fish > ~/.config/fish/completions/ant.fish", "fish"),
        ),
    ),
}
"""Every command. A brew's half here is below `brews`; its other half is on the server."""
