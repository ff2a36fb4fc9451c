"""One table of commands, from which calls, options, help, suggestions and completion all come.

A command's usage also says what may be completed: `get KEY | list` are sub-actions, FILE is a file.
Read at every start: imports nothing but what its rows are made of, and is one file, however long: each further
module would take a fiftieth of the start.
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
_NO_REDACT = Option("no-redact", "", "send keys, tokens and passwords, too, that are found in what goes along")
_CONTINUE = Option("continue", "", "go on with the conversation that was held last in this folder (short: -c)")
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
    "history": "on or off: whether conversations are kept on this machine",
    "history_limit": "how many conversations are kept, the newest",
    "sync": "on or off: whether your account keeps conversations, too, for your other machines",
    "theme": "light or dark, as the terminal is, or auto",
    "record": "off, commands or on: what is recorded of commands that fail, for `ant fix`",
}
"""The keys of `ant config`, and what each is."""

TABLE = {
    "ask": Command(
        "brews.tools.ask:run",
        "WORDS…",
        "ask a question",
        (_MODEL, _CONTINUE, _JSON, _NO_STDIN, _NO_CACHE, _DRY_RUN, _NO_REDACT),
        (
            ("ant ask how do I undo the last commit", "no quotes needed"),
            ('ant "what\'s the difference between > and >>?"', "quotes keep the shell out; then `ask` may be left out"),
            ("git diff | ant ask is there a bug in this", "what is piped in goes along"),
            ("ant ask --model smart why is the sky blue", "options stand before the first word"),
            ("ant ask -c and how do I undo that", "a further question: what was said before goes along"),
        ),
        free_text=True,
    ),
    "what": Command(
        "brews.tools.what:run",
        "[FILE|FOLDER…] [WORDS…]",
        "explain files, folders, commands, output or words",
        (
            Option("short", "", "one sentence is enough"),
            *(_MODEL, _JSON, _NO_STDIN, _NO_CACHE, _DRY_RUN, _NO_REDACT),
        ),
        (
            ("ant what trace.txt", "explain a file"),
            ("make 2>&1 | ant what", "explain what a program says"),
            ("ant what app.py test_app.py why does the test fail", "files first, then the question"),
            ("ant what src", "a folder: its listing and its text files, .gitignore heeded"),
            ("ant what tar -xzf", "a command, by its manual on this machine"),
            ("ant what --short ENOSPC", "an error, in one sentence"),
        ),
        of_others=True,
    ),
    "shell": Command(
        "brews.tools.shell:run",
        "WORDS…",
        "have a command proposed, and run it if you say so",
        (
            Option("yes", "", "run it without asking, unless it is dangerous"),
            _MODEL,
            _JSON,
            _NO_STDIN,
            _NO_CACHE,
            _DRY_RUN,
            _NO_REDACT,
        ),
        (
            ("ant shell files larger than 100 MB below here", "shows the command; a key runs, edits or explains it"),
            ("ant shell --yes list what listens on port 8000", "runs it at once, unless it is dangerous"),
            ("ant shell count the lines of all python files > line.sh", "off a terminal the command alone, never run"),
            ("git status | ant shell stage what is only renamed", "what is piped in goes along"),
        ),
        free_text=True,
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
            _NO_REDACT,
        ),
        (
            ("ant fix", "the last command that failed, if it was recorded: see `ant help init`"),
            ("ant fix -- make test", "run it and, if it fails, mend what is wrong"),
            ("make 2>&1 | ant fix", "mend what a program complains of"),
            ("ant fix app.py", "mend a file"),
            ("ant fix -- make | git apply", "in a pipe: the change as a diff, and nothing is applied"),
        ),
        keeps_dashes=True,
    ),
    "undo": Command(
        "commands.undo:run",
        "",
        "take back what `ant fix` changed in this folder",
        (
            Option("list", "", "show what can be undone, in all folders"),
            Option("force", "", "restore also what was changed since"),
            _YES,
            _JSON,
        ),
        (
            ("ant undo", "the last fix of this folder; once more goes further back"),
            ("ant undo --list", "what can be undone"),
        ),
    ),
    "review": Command(
        "brews.tools.review:run",
        "[RANGE] [FILE…]",
        "find mistakes in changes, before others do",
        (
            Option("staged", "", "what `git commit` would commit now"),
            Option("branch", "", "all commits of this branch since it left its base"),
            Option("base", "BRANCH", "the same, and which branch that base is"),
            Option("untracked", "", "files, too, that git does not know yet"),
            Option("fail-on", "SEVERITY", "exit code 1 at a finding this grave or graver: high, medium or low"),
            Option("sarif", "", "answer in SARIF 2.1.0, for code hosts and editors"),
            *(_MODEL, _JSON, _NO_STDIN, _NO_CACHE, _DRY_RUN, _NO_REDACT),
        ),
        (
            ("ant review", "what is changed in the working tree"),
            ("ant review --staged --fail-on high", "in a hook: exit code 1 if there is a grave mistake"),
            ("ant review --base main", "what this branch adds to another"),
            ("ant review HEAD~3 src", "the last three commits and what is not committed, in one folder"),
            ("curl -L https://example.com/fix.patch | ant review", "a patch that is piped in"),
            ("ant review app.py", "its changes; all of it if there are none"),
        ),
    ),
    "commit": Command(
        "brews.tools.commit:run",
        "[WORDS…]",
        "write the message of a commit, and commit if you say so",
        (
            Option("all", "", "all changes of files that git knows, as `git commit --all`"),
            _YES,
            *(_MODEL, _JSON, _NO_CACHE, _DRY_RUN, _NO_REDACT),
        ),
        (
            ("ant commit", "for what is staged: shows the message, and asks"),
            ("ant commit fixes the race at login", "with a word on why"),
            ("ant commit --all --yes", "without asking"),
            ("ant commit > message.txt", "piped, it is printed and nothing is committed"),
        ),
    ),
    "net": Command(
        "brews.tools.net:run",
        "WORDS…",
        "answer from pages of the web, with sources",
        (_MODEL, _JSON, _NO_STDIN, _DRY_RUN, _NO_REDACT),
        (
            ("ant net what is new in python 3.14", "the server searches, reads and cites: [1]"),
            ("ant net --json which license has redis now", "text, sources, and what no source holds"),
            ("make 2>&1 | ant net is this a known bug", "what is piped in goes to the model, never to the search"),
        ),
        free_text=True,
    ),
    "copy": Command(
        "commands.copy:run",
        "[N | code]",
        "copy the last answer, or a block of its code",
        (_JSON,),
        (
            ("ant copy", "the whole answer, as markdown"),
            ("ant copy code", "its first block of code"),
            ("ant copy 2", "its second block of code"),
            ("ant copy 2 > fix.py", "where output is piped, it goes there"),
        ),
    ),
    "chat": Command(
        "brews.chat.command:run",
        "[NAME]",
        "talk: question after question, each with all that was said before",
        (_MODEL, _CONTINUE, Option("id", "ID", "go on with this conversation of `ant history`"), _DRY_RUN, _NO_REDACT),
        (
            ("ant chat", "`ant` alone does the same, on a terminal and logged in"),
            ("ant chat coder", "with an assistant of your own"),
            ("ant chat -c", "go on with the last conversation of this folder; so does `ant -c`"),
        ),
    ),
    "history": Command(
        "commands.history:run",
        "[list] | search WORDS… | show ID | rename ID TITLE… | export ID [FILE] | delete ID…",
        "your conversations, as they are kept on this machine",
        (
            Option("all", "", "list all of them, not the newest alone; with `delete`: all that is kept"),
            Option("here", "", "those that were begun in this folder"),
            Option("account", "", "with `delete`: all that your account keeps, and nothing on this machine"),
            Option("force", "", "write over a file that exists"),
            _YES,
            _JSON,
        ),
        (
            ("ant history", "the newest conversations"),
            ("ant history search undo commit", "those that hold all these words"),
            ("ant history show last", "what was said; the beginning of an id is enough"),
            ("ant history export 0198c2f1 talk.md", "as markdown, or with --json as JSON"),
            ("ant history delete --all", "asks before it deletes"),
        ),
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
    "run": Command(
        "brews.assistant:run",
        "NAME WORDS…",
        "ask an assistant of your own; `ant NAME WORDS…` does the same",
        (_MODEL, _CONTINUE, _JSON, _NO_STDIN, _DRY_RUN, _NO_REDACT),
        (
            ("ant coder why does this loop never end", "once it is brewed, its name is a command"),
            ("git diff | ant coder review this", "what is piped in goes along"),
            ("ant @coder hello", "@ always means the assistant"),
            ("ant run coder --model smart hello", "so does `run`; options stand before the words"),
        ),
        free_text=True,
    ),
    "brew.cmd": Command(
        "brews.maker:brew",
        "WORDS…",
        "brew a command from what it should do, on all your machines",
        (
            Option("from-file", "PATH", "take the command from a file, without a model; - is standard input"),
            Option("yes", "", "save the draft without asking"),
            _MODEL,
            _JSON,
            _NO_STDIN,
            _NO_CACHE,
            _DRY_RUN,
            _NO_REDACT,
        ),
        (
            ('ant brew.cmd "count the lines of a file"', "shows a draft: try it, edit it, save it"),
            ("cat old.sh | ant brew.cmd make a command of this", "what is piped in goes along"),
            ("ant brew.cmd --from-file lines.txt --yes", "from a file as `ant export` writes it"),
            ("ant lines notes.txt", "once it is brewed, its name is a command; `ant lines --help` tells how"),
        ),
        free_text=True,
    ),
    "cmd": Command(
        "brews.brewed:run",
        "NAME [ARGUMENTS…]",
        "run a command that was brewed; `ant NAME …` does the same",
        (_MODEL, _JSON, _NO_STDIN, _DRY_RUN, _NO_REDACT),
        (
            ("ant lines notes.txt", "a script is shown and agreed to once on each machine"),
            ("ant cmd lines --help", "what it takes"),
            ("ant lines --dry-run notes.txt", "what would be run, or asked"),
        ),
        free_text=True,
    ),
    "list": Command(
        "commands.core:show_list",
        "",
        "list the brews, your assistants and your commands",
        (_JSON,),
        (("ant list", "what you can use"),),
    ),
    "show": Command(
        "commands.assistants:show",
        "NAME",
        "show what an assistant is told, or what a command is",
        (_JSON,),
        (
            ("ant show coder", "its text, model and version"),
            ("ant show lines", "a command's arguments and text"),
        ),
    ),
    "edit": Command(
        "commands.brew:edit",
        "NAME",
        "change an assistant or a command, in your editor",
        (_PROMPT, _FILE, _ITS_MODEL, _SUMMARY),
        (
            ("ant edit coder", "in $VISUAL or $EDITOR"),
            ("ant edit coder --model smart", "without an editor"),
        ),
    ),
    "agree": Command(
        "commands.brewed:agree",
        "NAME",
        "agree to a command's script on this machine, before it is run",
        (Option("hash", "HASH", "its hash, at least 16 characters of it, where nobody can be asked"),),
        (
            ("ant agree lines", "shows it, and asks"),
            ("ant agree lines --hash 3f6a0c1d9b2e4f58", "the hash is in `ant show lines`"),
        ),
    ),
    "share": Command(
        "commands.brewed:share",
        "NAME",
        "let others copy a command, by a code",
        (Option("stop", "", "end that"), _JSON),
        (
            ("ant share lines", "prints the code; again, and others get it as it is then"),
            ("ant share lines --stop", "the code stands for nothing any more"),
        ),
    ),
    "export": Command(
        "commands.assistants:export",
        "NAME [FILE]",
        "write an assistant or a command to one readable file",
        (Option("force", "", "write over a file that exists"),),
        (("ant export coder coder.md", "to keep it, or give it to somebody"),),
    ),
    "import": Command(
        "commands.assistants:import_file",
        "FILE | CODE",
        "brew an assistant or a command from such a file, or from a code of `ant share`",
        (Option("as", "NAME", "call it so"), _YES),
        (
            ("ant import coder.md --as reviewer", "- reads standard input"),
            ("ant import cmd_0123456789abcdef0123456789abcdef", "shows the command, and asks"),
        ),
    ),
    "delete.chat": Command(
        "commands.assistants:delete",
        "NAME",
        "delete an assistant",
        (_YES,),
        (("ant delete.chat coder", "asks before it deletes"),),
    ),
    "delete.cmd": Command(
        "commands.brewed:delete",
        "NAME",
        "delete a command",
        (_YES,),
        (("ant delete.cmd lines", "asks before it deletes"),),
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
    "usage": Command(
        "commands.usage:run",
        "",
        "show what you used, and what is left",
        (Option("days", "N", "of so many days, today's among them; 30 if not given"), _JSON),
        (
            ("ant usage", "by day, model and brew, and what is left of each limit"),
            ("ant usage --days 7 --json", "for programs; costs in millionths of a dollar"),
        ),
    ),
    "config": Command(
        "commands.config:run",
        "get KEY | set KEY VALUE | unset KEY | list | path | sync on|off",
        "read and change settings",
        (_JSON,),
        (
            ("ant config list", "all settings, and where each is from"),
            ("ant config set model smart", "the model to ask from now on"),
            ("ant config sync on", "let your account keep conversations, too, so that another machine can go on"),
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
            (
                'mkdir -p ~/.local/share/bash-completion/completions && ant completion bash > "$_/ant"',
                "bash, with bash-completion",
            ),
            ('eval "$(ant completion bash)"', "bash without it: this line in ~/.bashrc"),
            ('ant completion zsh > "${fpath[1]}/_ant"', "zsh; or eval as above, after compinit in ~/.zshrc"),
            (
                "mkdir -p ~/.config/fish/completions && ant completion fish > ~/.config/fish/completions/ant.fish",
                "fish",
            ),
        ),
    ),
    "doctor": Command(
        "commands.doctor:run",
        "",
        "check what `ant` needs on this machine",
        (_JSON,),
        (("ant doctor", "what is in order, what is not, and what to do; changes nothing"),),
    ),
    "help": Command(
        "commands.core:show_help",
        "[COMMAND]",
        "show help",
        (),
        (("ant help what", "help for one command"),),
    ),
}
"""Every command. A brew's half here is below `brews`; its other half is on the server."""
