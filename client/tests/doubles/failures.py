"""Failures, each with the rule that knows it and the line that it should propose.

Where `said` is None the command is run by bash, in a folder that `setup` made ready, and what it says is real. Else `said`
is what the program says, literally, since it is not on every machine or needs another one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One failure. `programs` are all that is on the PATH; empty for what this machine has."""

    rule: str
    command: str
    proposed: str
    said: str | None = None
    code: int = 1
    setup: str = ""
    programs: tuple[str, ...] = ()

    @property
    def needs(self) -> str:
        """The program that must be installed for a real run."""
        return self.command.split()[0]


_REPO = "git init -q -b main . && git config user.email a@b && git config user.name a"
_COMMIT = f"{_REPO} && echo 1 > a.txt && git add . && git commit -qm one"
_TWO = f"{_COMMIT} && git branch feature"
_REMOTE = f"git init -q -b main --bare up.git && {_COMMIT} && git remote add origin ./up.git"
_AHEAD = (
    f"{_REMOTE} && git push -q -u origin main && git clone -q up.git other && cd other && git config user.email a@b"
    " && git config user.name a && echo 2 > b.txt && git add . && git commit -qm two && git push -q && cd .."
)
_CHANGED = (
    f"{_TWO} && git switch -q feature && echo 2 > a.txt && git commit -qam two && git switch -q main && echo 3 > a.txt"
)
_CONFLICT = (
    f"{_TWO} && git switch -q feature && echo 2 > a.txt && git commit -qam two && git switch -q main && echo 3 > a.txt"
    " && git commit -qam three && git merge feature >merge.log || true"
)
_NPM = """printf '{"scripts": {"start": "node .", "build": "tsc", "test:unit": "jest"}}' > package.json"""

GIT = (
    Failure("git_subcommand", "git psuh origin main", "git push origin main", setup=_REPO),
    Failure("git_subcommand", "git comit -m 'a b'", "git commit -m 'a b'", setup=_REPO),
    Failure("git_subcommand", "git git status", "git status", setup=_REPO),
    Failure("git_stash_word", "git stash aply", "git stash apply", setup=_COMMIT),
    Failure("git_remote_word", "git remote ad x y", "git remote add x y", setup=_REPO),
    Failure("git_two_dashes", "git commit -amend", "git commit --amend", setup=_CHANGED),
    Failure("git_option", "git log --onelin", "git log --oneline", setup=_COMMIT),
    Failure("git_option", "git diff --stagd", "git diff --staged", setup=_COMMIT),
    Failure("git_clone_twice", "git clone git clone ./x", "git clone ./x"),
    Failure("git_clone_exists", "git clone ./up.git other", "git -C other pull", setup=_AHEAD),
    Failure("git_path_typo", "git add raedme.md", "git add readme.md", setup=f"{_REPO} && touch readme.md"),
    Failure("git_not_a_repository", "git status", "git -C inner status", setup="git init -q inner"),
    Failure("git_not_a_repository", "git status", "git init"),
    Failure(
        "git_dubious_owner", "git status", "git config --global --add safe.directory /srv/app && git status",
        "fatal: detected dubious ownership in repository at '/srv/app'\nTo add an exception …", 128,
    ),
    Failure("git_branch_typo", "git checkout featrue", "git checkout feature", setup=_TWO),
    Failure("git_branch_typo", "git switch fature", "git switch feature", setup=_TWO),
    Failure("git_branch_typo", "git merge feture", "git merge feature", setup=_TWO),
    Failure("git_branch_typo", "git log featur", "git log feature", setup=_TWO),
    Failure("git_branch_typo", "git checkout master", "git checkout main", setup=_COMMIT),
    Failure("git_branch_typo", "git checkout brandnew", "git checkout -b brandnew", setup=_COMMIT),
    Failure("git_branch_typo", "git branch -d featur", "git branch -d feature", setup=_TWO),
    Failure("git_branch_typo", "git rebase featur", "git rebase feature", setup=_TWO),
    Failure("git_branch_exists", "git switch -c feature", "git switch feature", setup=_TWO),
    Failure("git_branch_not_merged", "git branch -d feature", "git branch -D feature", setup=_CHANGED),
    Failure("git_branch_checked_out", "git branch -d feature", "git switch main && git branch -d feature",
            setup=f"{_TWO} && git switch -q feature"),
    Failure("git_worktree_exists", "git worktree add ../w feature", "cd", setup=f"{_TWO} && git worktree add -q w feature"),
    Failure("git_tag_exists", "git tag v1", "git tag -f v1", setup=f"{_COMMIT} && git tag v1"),
    Failure("git_remote_exists", "git remote add origin x", "git remote set-url origin x", setup=_REMOTE),
    Failure("git_remote_typo", "git push orign main", "git push origin main", setup=_REMOTE),
    Failure("git_remote_typo", "git remote remove orgin", "git remote remove origin", setup=_REMOTE),
    Failure("git_push_unknown_branch", "git push origin master", "git push origin main", setup=_REMOTE),
    Failure("git_push_unknown_branch", "git push origin main", "git commit -am 'First commit' && git push origin main",
            setup=f"{_REPO} && git init -q --bare up.git && git remote add origin ./up.git"),
    Failure("git_rebase_dirty", "git rebase feature", "git rebase --autostash feature", setup=_CHANGED),
    Failure("git_stash_first", "git checkout feature", "git stash && git checkout feature && git stash pop",
            setup=_CHANGED),
    Failure("git_untracked_in_the_way", "git pull", "git stash --include-untracked && git pull",
            setup=f"{_AHEAD} && echo x > b.txt"),
    Failure("git_nothing_added", "git commit -m x", "git commit -a -m x", setup=f"{_COMMIT} && echo 2 > a.txt"),
    Failure("git_nothing_added", "git commit -m x", "git add -A && git commit -m x", setup=f"{_REPO} && touch b"),
    Failure("git_add_ignored", "git add x.log", "git add -f x.log",
            setup=f"{_REPO} && echo '*.log' > .gitignore && touch x.log"),
    Failure("git_rm_folder", "git rm d", "git rm -r d",
            setup=f"{_REPO} && mkdir d && touch d/f && git add . && git commit -qm one"),
    Failure("git_rm_changed", "git rm a.txt", "git rm --cached a.txt", setup=f"{_COMMIT} && echo 2 > a.txt"),
    Failure("git_in_progress", "git merge feature", "git status", setup=_CONFLICT),
    Failure("git_locked", "git add .", "rm -f", setup=f"{_COMMIT} && touch .git/index.lock"),
    Failure("git_who_are_you", "git commit -qm x", "git config user.name",
            setup="git init -q . && git config user.useConfigOnly true && touch a && git add ."),
    Failure("git_no_commit_yet", "git log", "git add -A && git commit -m 'First commit'", setup=_REPO),
    Failure("git_empty_amend", "git commit --amend --no-edit", "git commit --allow-empty --amend --no-edit",
            "You asked to amend the most recent commit, but doing so would make it empty. You can…", 1),
    Failure("git_push_upstream", "git push", "git push --set-upstream origin main", setup=_REMOTE),
    Failure("git_push_rejected", "git push", "git pull --rebase && git push",
            setup=f"{_AHEAD} && echo 4 > c.txt && git add c.txt && git commit -qm four"),
    Failure("git_pull_tracking", "git pull", "git branch --set-upstream-to=origin/main && git pull", setup=_REMOTE),
    Failure("git_pull_diverged", "git pull", "git pull --rebase",
            setup=f"{_AHEAD} && echo 4 > c.txt && git add c.txt && git commit -qm four"),
    Failure("git_unrelated", "git merge other", "git merge --allow-unrelated-histories other",
            "fatal: refusing to merge unrelated histories", 128),
    Failure("git_no_remote", "git push", "git remote -v", setup=_COMMIT),
    Failure("git_submodules", "git status", "git submodule update --init --recursive && git status",
            "Please run 'git submodule update --init' first", 128),
)  # fmt: skip

FILES = (
    Failure("cp_folder", "cp d e", "cp -r d e", setup="mkdir d"),
    Failure("scp_folder", "scp d host:", "scp -r d host:", "scp: local \"d\" is not a regular file"),
    Failure("rm_folder", "rm d", "rm -r d", setup="mkdir d && touch d/f"),
    Failure("rm_folder", "rm d", "rmdir d", setup="mkdir d"),
    Failure("rmdir_not_empty", "rmdir d", "rm -r d", setup="mkdir d && touch d/f"),
    Failure("mkdir_parents", "mkdir a/b/c", "mkdir -p a/b/c"),
    Failure("mkdir_exists", "mkdir d", "cd d", setup="mkdir d"),
    Failure("missing_folder", "touch new/file.txt", "mkdir -p new && touch new/file.txt"),
    Failure("missing_folder", "cp a.txt new/deep/", "mkdir -p new/deep && cp a.txt new/deep/", setup="touch a.txt"),
    Failure("missing_folder", "echo x > 'my logs/a.txt'", "mkdir -p 'my logs' && echo x > 'my logs/a.txt'"),
    Failure("show_folder", "cat d", "ls d", setup="mkdir d"),
    Failure("cd_spaces", "cd my notes", "cd 'my notes'", setup="mkdir 'my notes'"),
    Failure("cd_file", "cd d/a.txt", "cd d", setup="mkdir d && touch d/a.txt"),
    Failure("cd_nowhere", "cd projcets", "cd projects", setup="mkdir projects"),
    Failure("cd_nowhere", "cd brandnew", "mkdir -p brandnew && cd brandnew"),
    Failure("ln_folder", "ln d e", "ln -s d e", setup="mkdir d"),
    Failure("ln_exists", "ln -s a b", "ln -f -s a b", setup="touch a b"),
    Failure("ln_exists", "ln -s new a", "ln -s a new", setup="touch a"),
    Failure("name_with_dash", "rm -zfile", "rm ./-zfile", setup="touch ./-zfile"),
    Failure("mv_into_nothing", "mv a b new", "mkdir -p new && mv a b new", setup="touch a b"),
    Failure("cp_same_file", "cp a.txt a.txt", "cp a.txt a.txt.bak", setup="touch a.txt"),
    Failure("target_left_out", "cp ../x", "cp ../x ."),
    Failure("grep_folder", "grep needle d", "grep -r needle d", setup="mkdir d"),
    Failure("grep_brackets", "grep 'a[' a.txt", "grep -F 'a[' a.txt", setup="touch a.txt"),
    Failure("grep_dash", "grep '--wombat' a.txt", "grep -e --wombat a.txt", setup="touch a.txt"),
    Failure("find_pattern", "find . -name *.py", "find . -name '*.py'", setup="touch a.py b.py"),
    Failure("find_pattern", "find -name x .", "find . -name x"),
    Failure("find_one_dash", "find . --name x", "find . -name x"),
    Failure("sed_unfinished", "sed s/a/b a.txt", "sed s/a/b/ a.txt", setup="touch a.txt"),
    Failure("sed_in_place", "sed -i s/a/b/ a.txt", "sed -i '' s/a/b/ a.txt",
            'sed: 1: "a.txt": command a expects \\ followed by text\nsed: extra characters at the end of a command'),
    Failure("tar_file", "tar -xz a.tar.gz", "tar -xzf a.tar.gz",
            "tar: Refusing to read archive contents from terminal (missing -f option?)\ntar: Error is not recoverable", 2),
    Failure("tar_what", "tar a.tar.gz", "tar -xf a.tar.gz", "tar: You must specify one of the '-Acdtrux', '--delete'", 2,
            setup="touch a.tar.gz"),
    Failure("tar_kind", "tar -xzf a.tar", "tar -xf a.tar", setup="touch b && tar -cf a.tar b"),
    Failure("not_a_zip", "unzip a.tar.gz", "tar -xf a.tar.gz", "  End-of-central-directory signature not found.  Either", 9),
    Failure("gzip_folder", "gzip d", "tar -czf d.tar.gz d", setup="mkdir d"),
    Failure("man_missing", "man ls", "ls --help", "No manual entry for ls", 16),
    Failure("diff_folder", "diff a b", "diff -r a b", "Common subdirectories: a/x and b/x", 1),
    Failure("head_number", "head 5 a.txt", "head -n 5 a.txt", setup="touch a.txt"),
    Failure("jq_filter", "jq a.json", "jq . a.json", "jq: error: a/0 is not defined at <top-level>, line 1:", 3,
            setup="touch a.json"),
)  # fmt: skip

SHELL = (
    Failure("command_typo", "gti status | cat", "git status | cat", code=127, said="bash: gti: command not found"),
    Failure("command_typo", "sl", "ls", "zsh: command not found: sl", 127, programs=("ls", "sh")),
    Failure("command_typo", "grpe -n x a.txt", "grep -n x a.txt", "", 127),
    Failure("prompt_sign", "$ ls", "ls"),
    Failure("assignment_with_spaces", "count = 5", "count=5"),
    Failure("here_not_on_path", "run.sh now", "./run.sh now", setup="printf '#!/bin/sh\n' > run.sh && chmod +x run.sh"),
    Failure("folder_as_command", "./src", "cd ./src", setup="mkdir src"),
    Failure("other_systems_word", "cls", "clear", "bash: cls: command not found", 127, programs=("clear",)),
    Failure("space_left_out", "cd..", "cd .."),
    Failure("space_left_out", "ls-la", "ls -la"),
    Failure("space_left_out", "gitstatus", "git status"),
    Failure("execute_bit", "./a.sh", "chmod +x ./a.sh && ./a.sh", setup="printf 'exit 0' > a.sh"),
    Failure("program_path_typo", "./bin/biuld.sh", "./bin/build.sh", setup="mkdir bin && touch bin/build.sh"),
    Failure("path_typo", "cat notes/raedme.md", "cat notes/readme.md", setup="mkdir notes && touch notes/readme.md"),
    Failure("path_typo", "wc -l < a.tx", "wc -l < a.txt", setup="touch a.txt"),
    Failure("path_typo", "ls 'my flie'", "ls 'my file'", setup="touch 'my file'"),
    Failure("twice_the_same_word", "make make test", "make test", "make: *** No rule to make target 'make'.  Stop.", 2),
    Failure("pasted_signs", "ls \u2013\u2013all", "ls --all", "ls: cannot access '\u2013\u2013all': No such file", 2),
    Failure("open_quote", 'echo "hello', 'echo "hello"'),
    Failure("brackets", "ls file(1).txt", "ls 'file(1).txt'", setup="touch 'file(1).txt'"),
    Failure("option_ambiguous", "ls --co", "ls --color"),
    Failure("option_typo", "ls --allmost-all", "ls --almost-all"),
    Failure("option_typo", "grep --recursve x .", "grep --recursive x ."),
    Failure("option_typo", "ruff --fxi", "ruff --fix", "error: unexpected argument '--fxi' found\n\n  tip: a similar "
            "argument exists: '--fix'", 2),
    Failure("option_with_one_dash", "ls -quote-name", "ls --quote-name"),
    Failure("sudo_missing", "mount /dev/x /mnt", "sudo mount /dev/x /mnt", "mount: /mnt: must be superuser to use mount.\n"
            "only root can do that", 1),
    Failure("sudo_missing", "cat /etc/shadow", "sudo cat /etc/shadow", "cat: /etc/shadow: Permission denied"),
    Failure("sudo_missing", "ufw enable", "sudo ufw enable", "ERROR: You need to be root to run this script"),
    Failure("sudo_missing", "echo 1 > /etc/x", "echo 1 | sudo tee /etc/x >/dev/null", "bash: /etc/x: Permission denied"),
    Failure("sudo_redirected", "sudo echo 1 >> /etc/x", "echo 1 | sudo tee -a /etc/x >/dev/null",
            "bash: /etc/x: Permission denied"),
    Failure("sudo_builtin", "sudo cd /root", "sudo -s", "sudo: cd: command not found", 1),
    Failure("sudo_builtin", "sudo export A=1", "export A=1", "sudo: export: command not found", 1),
    Failure("not_as_root", "sudo brew install jq", "brew install jq", "Error: Running Homebrew as root is extremely…"),
    Failure("windows_line_ends", "./a.sh", "sed -i 's/\\r$//' ./a.sh && ./a.sh",
            setup="printf '#!/bin/sh\\r\\nexit 0\\r\\n' > a.sh && chmod +x a.sh"),
    Failure("windows_line_ends", "./a.py", "python3 ./a.py", setup="printf '#!/usr/bin/no/python\\n' > a.py && chmod +x a.py"),
    Failure("no_shebang", "./a.py", "python3 ./a.py", "./a.py: line 1: import: command not found", 127,
            setup="printf 'import os\\n' > a.py && chmod +x a.py"),
)  # fmt: skip

PYTHON = (
    Failure("python3", "python a.py", "python3 a.py", "bash: python: command not found", 127, programs=("python3",)),
    Failure("pip_missing", "pip install x", "python3 -m pip install x", "bash: pip: command not found", 127,
            programs=("python3",)),
    Failure("pip_word", "pip instal x", "pip install x", 'ERROR: unknown command "instal" - maybe you meant "install"'),
    Failure("pip_managed", "pip install rich", "python3 -m venv .venv && .venv/bin/pip install rich",
            "error: externally-managed-environment\n\n× This environment is externally managed"),
    Failure("pip_managed", "python3 -m pip install rich", "python3 -m venv .venv && .venv/bin/pip install rich",
            "error: externally-managed-environment"),
    Failure("pip_denied", "pip install x", "pip install --user x", "ERROR: Could not install packages due to an OSError: "
            "[Errno 13] Permission denied: '/usr/lib'\nConsider using the `--user` option"),
    Failure("pip_requirements", "pip install requirements.txt", "pip install -r requirements.txt",
            "HINT: You are attempting to install a package literally named\nERROR: No matching distribution found for "
            "requirements.txt", setup="touch requirements.txt"),
    Failure("pip_requirements_typo", "pip install -r requirments.txt", "pip install -r requirements.txt",
            "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirments.txt'",
            setup="touch requirements.txt"),
    Failure("pip_wrong_name", "pip install cv2", "pip install opencv-python",
            "ERROR: No matching distribution found for cv2\n"),
    Failure("python_no_pip", "python3 -m pip list", "python3 -m ensurepip --user && python3 -m pip list",
            "/usr/bin/python3: No module named pip"),
    Failure("python_no_venv", "python3 -m venv .venv", "sudo apt install python3.11-venv && python3 -m venv .venv",
            "The virtual environment was not created successfully because ensurepip is not\navailable.\n\n"
            "    apt install python3.11-venv\n\nYou may"),
    Failure("python_module", "python3 -c 'import wombat_x'", "python3 -m pip install wombat_x && python3 -c 'import wombat_x'"),
    Failure("python_module", "python3 -m jso.tool", "python3 -m json.tool"),
    Failure("python_module", "pytest tests", "python3 -m pip install pyyaml && pytest tests",
            "E   ModuleNotFoundError: No module named 'yaml'"),
    Failure("python_script_typo", "python3 mian.py", "python3 main.py", setup="touch main.py"),
    Failure("python_script_typo", "python3 main", "python3 main.py", setup="touch main.py"),
    Failure("python_folder", "python3 app", "python3 app/main.py", setup="mkdir app && touch app/main.py"),
    Failure("activate_as_program", "./v/bin/activate", "source ./v/bin/activate", setup="mkdir -p v/bin && touch v/bin/activate"),
    Failure("activate_in_fish", "source v/bin/activate", "source v/bin/activate.fish",
            "v/bin/activate (line 40): 'case' builtin not inside of switch block\nin fish"),
)  # fmt: skip

BUILDS = (
    Failure("make_target", "make tset", "make test", setup="printf 'test:\\n\\ttrue\\n' > Makefile"),
    Failure("make_nowhere", "make", "make -C inner", setup="mkdir inner && printf 'all:\\n' > inner/Makefile"),
    Failure("make_nowhere", "make", "cmake -B build && make", setup="touch CMakeLists.txt"),
    Failure("make_separator", "make", "sed -i '2s/^ */\\t/' Makefile && make", setup="printf 'a:\\n    true\\n' > Makefile"),
    Failure("make_missing_program", "make", "apt install ncdu && make", "/bin/sh: 1: ncdu: not found\nmake: *** [Makefile:2: "
            "all] Error 127", 2, programs=("apt", "make")),
    Failure("c_library", "gcc a.c -o a", "gcc a.c -o a -lm", setup="printf '#include <math.h>\\n#include <stdlib.h>\\n"
            "int main(int n, char **v) { return (int)sqrt(atof(v[0])); }\\n' > a.c"),
    Failure("c_library", "gcc a.c", "gcc -c a.c", setup="printf 'int f(void) { return 1; }\\n' > a.c"),
    Failure("c_header", "gcc a.c", "gcc -Iinclude a.c", setup="mkdir include && touch include/own.h && printf "
            "'#include <own.h>\\nint main(void) { return 0; }\\n' > a.c"),
    Failure("c_header", "gcc a.c", "apt install libncurses-dev && gcc a.c",
            "a.c:1:10: fatal error: ncurses.h: No such file or directory\n"),
    Failure("c_library_missing", "gcc a.c -lpng", "apt install libpng-dev && gcc a.c -lpng",
            "/usr/bin/ld: cannot find -lpng: No such file or directory\n"),
    Failure("cmake_where", "cmake .", "cmake . ..", "CMake Error: The source directory does not appear to contain "
            "CMakeLists.txt.", setup="touch ../CMakeLists.txt"),
    Failure("cargo_word", "cargo biuld", "cargo build", "error: no such command: `biuld`\n\n\ttip: a command with a similar "
            "name exists: `build`", 101),
    Failure("cargo_nowhere", "cargo run", "cargo run --manifest-path app/Cargo.toml", "error: could not find `Cargo.toml` in "
            "`/x` or any parent directory", 101, setup="mkdir app && touch app/Cargo.toml"),
    Failure("cargo_binary", "cargo run", "cargo run --bin one", "error: `cargo run` could not determine which binary to run.\n"
            "available binaries: one, two\n", 101),
    Failure("cargo_crate", "cargo build", "cargo add serde && cargo build",
            "error[E0432]: unresolved import `serde`\n", 101),
    Failure("go_word", "go biuld", "go build", "go biuld: unknown command\nRun 'go help' for usage.", 2),
    Failure("go_get", "go build", "go get github.com/x/y && go build",
            "main.go:3:8: no required module provides package github.com/x/y; to add it:\n\tgo get github.com/x/y\n"),
    Failure("go_module", "go build", "go mod init", "go: go.mod file not found in current directory or any parent"),
    Failure("go_run", "go run", "go run .", "go: no go files listed"),
    Failure("java_class", "java Main.class", "java Main", "Error: Could not find or load main class Main.class"),
    Failure("javac_file", "javac Main", "javac Main.java", "error: Class names, 'Main', are only accepted if annotation "
            "processing is explicitly requested", setup="touch Main.java"),
    Failure("npm_word", "npm isntall", "npm install", 'Unknown command: "isntall"\n\nTo see a list'),
    Failure("npm_word", "npm build", "npm run build", 'Unknown command: "build"\n', setup=_NPM),
    Failure("npm_script", "npm run biuld", "npm run build", 'npm error Missing script: "biuld"\n', setup=_NPM),
    Failure("npm_nowhere", "npm install", "npm --prefix web install", "npm error enoent Could not read package.json: Error: "
            "ENOENT", setup="mkdir web && touch web/package.json"),
    Failure("npm_global", "npm install -g x", "npm --prefix ~/.local install -g x", "npm ERR! code EACCES\n", 243),
    Failure("npm_peers", "npm install x", "npm install x --legacy-peer-deps", "npm ERR! code ERESOLVE\n"),
    Failure("npm_not_installed", "npm test", "npm install && npm test", "sh: 1: jest: not found\n", 127,
            setup="""printf '{"devDependencies": {"jest": "1"}}' > package.json"""),
    Failure("node_module", "node a.js", "npm install left-pad && node a.js", "Error: Cannot find module 'left-pad'\n"),
    Failure("node_module", "node idnex.js", "node index.js", "Error: Cannot find module '/x/idnex.js'\n",
            setup="touch index.js"),
)  # fmt: skip

MACHINES = (
    Failure("docker_daemon", "docker ps", "sudo systemctl start docker && docker ps",
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"),
    Failure("docker_socket", "docker ps", "sudo docker ps", "permission denied while trying to connect to the Docker daemon"),
    Failure("docker_word", "docker sp -a", "docker ps -a", "docker: 'sp' is not a docker command.\nSee 'docker --help'"),
    Failure("compose_word", "docker compose upp", "docker compose up", 'unknown docker command: "compose upp"\n'),
    Failure("docker_name", "docker run --name db x", "docker start db",
            'docker: Error response from daemon: Conflict. The container name "/db" is already in use by container "1f"', 125),
    Failure("docker_running", "docker rm db", "docker stop db && docker rm db",
            "Error response from daemon: cannot remove container \"db\": container is running: stop the container"),
    Failure("docker_image_used", "docker rmi x", "docker rm 1f2e && docker rmi x",
            "unable to remove repository reference (must force) - container 1f2e is using its referenced image"),
    Failure("docker_context", "docker build -t x", "docker build -t x .",
            '"docker build" requires exactly 1 argument.'),
    Failure("kubectl_word", "kubectl aply -f x", "kubectl apply -f x", 'error: unknown command "aply" for "kubectl"'),
    Failure("kubectl_resource", "kubectl get podss", "kubectl get pods",
            'error: the server doesn\'t have a resource type "podss"'),
    Failure("kubectl_namespace", "kubectl get pods", "kubectl get pods -A", "No resources found in default namespace.", 0),
    Failure("terraform_init", "terraform plan", "terraform init && terraform plan", "please run \"terraform init\"."),
    Failure("apt_word", "apt isntall x", "apt install x", "E: Invalid operation isntall", 100),
    Failure("apt_word", "apt-get search x", "apt search x", "E: Invalid operation search", 100),
    Failure("apt_locked", "apt install x", "sudo apt install x", "E: Could not open lock file /var/lib/dpkg/lock-frontend - "
            "open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock, are you root?", 100),
    Failure("apt_locked", "sudo apt install x", "sudo apt -o DPkg::Lock::Timeout=120 install x",
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt)", 100),
    Failure("apt_unknown_package", "sudo apt install x", "sudo apt update && sudo apt install x",
            "E: Unable to locate package x", 100),
    Failure("apt_file", "apt install a.deb", "apt install ./a.deb", "E: Unsupported file a.deb given on commandline", 100,
            setup="touch a.deb"),
    Failure("apt_interrupted", "apt install x", "sudo dpkg --configure -a && apt install x",
            "E: dpkg was interrupted, you must manually run 'sudo dpkg --configure -a'", 100),
    Failure("apt_broken", "apt install x", "sudo apt --fix-broken install", "E: Unmet dependencies. Try 'apt --fix-broken "
            "install' with no packages", 100),
    Failure("brew_word", "brew isntall jq", "brew install jq", "Error: Unknown command: isntall"),
    Failure("brew_cask", "brew cask install x", "brew install --cask x", "Error: Unknown command: brew cask"),
    Failure("brew_name", "brew install ndoe", "brew install node", 'Warning: No available formula with the name "ndoe". '
            "Did you mean node or nocode?"),
    Failure("brew_installed", "brew install jq", "brew upgrade jq", "Warning: jq 1.7 is already installed\nTo reinstall jq, "
            "run:\n  brew reinstall jq"),
    Failure("package_of_command", "ncdu /", "apt install ncdu && ncdu /", "bash: ncdu: command not found", 127,
            programs=("apt",)),
    Failure("package_of_command", "rg x", "brew install ripgrep && rg x", "zsh: command not found: rg", 127,
            programs=("brew",)),
    Failure("ssh_host_key", "ssh host", "ssh-keygen -f /h/known_hosts -R host && ssh host",
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n  remove with:\n  ssh-keygen -f /h/known_hosts -R host\n", 255),
    Failure("ssh_open_key", "ssh -i k host", "chmod 600 k && ssh -i k host", "Permissions 0644 for 'k' are too open.\n", 255),
    Failure("ssh_agent", "ssh-add", 'eval "$(ssh-agent -s)" && ssh-add',
            "Could not open a connection to your authentication agent.", 2),
    Failure("ssh_no_identity", "ssh-copy-id host", "ssh-keygen -t ed25519 && ssh-copy-id host",
            "/usr/bin/ssh-copy-id: ERROR: No identities found"),
    Failure("url_twice", "curl https://https://x.org", "curl https://x.org", "curl: (6) Could not resolve host: https", 6),
    Failure("url_scheme", "curl htps://x.org", "curl https://x.org", 'curl: (1) Protocol "htps" not supported or disabled', 1),
    Failure("curl_moved", "curl http://x.org", "curl -L http://x.org", "<title>301 Moved Permanently</title>", 22),
    Failure("curl_folders", "curl -o new/a http://x.org", "curl --create-dirs -o new/a http://x.org",
            "Warning: Failed to create the file new/a: No such file or directory\ncurl: (23) Failed writing body", 23),
    Failure("port_in_use", "python3 -m http.server 8000", "python3 -m http.server 8001",
            "OSError: [Errno 98] Address already in use"),
    Failure("port_in_use", "node app.js", "lsof -i :3000", "Error: listen EADDRINUSE: address already in use :::3000"),
    Failure("gh_login", "gh pr list", "gh auth login && gh pr list", "To get started with GitHub CLI, please run:  gh auth "
            "login", 4),
    Failure("systemctl_verb", "systemctl nginx restart", "systemctl restart nginx", "Unknown command verb nginx."),
    Failure("systemctl_verb", "systemctl restrat nginx", "systemctl restart nginx", "Unknown command verb restrat."),
    Failure("systemctl_reload", "systemctl restart x", "systemctl daemon-reload && systemctl restart x",
            "Warning: The unit file changed on disk. Run 'systemctl daemon-reload' to reload units."),
    Failure("sudo_missing", "systemctl restart x", "sudo systemctl restart x",
            "Failed to restart x.service: Interactive authentication required."),
    Failure("kill_name", "kill firefox", "pkill firefox", "bash: kill: firefox: arguments must be process or job IDs"),
    Failure("postgres_role", "psql", "sudo -u postgres psql", 'FATAL:  role "ada" does not exist', 2),
    Failure("postgres_base", "psql", "psql -d postgres", 'FATAL:  database "ada" does not exist', 2),
    Failure("tmux_session", "tmux attach -t w", "tmux new-session -s w", "can't find session: w\n"),
    Failure("tmux_ambiguous", "tmux kill", "tmux kill-pane", "ambiguous command: kill, could be: kill-pane, kill-server"),
    Failure("no_editor", "crontab -e", "EDITOR=nano crontab -e", "no crontab for x - using an empty one\nno editor found", 1),
)  # fmt: skip

FAILURES = (*GIT, *FILES, *SHELL, *PYTHON, *BUILDS, *MACHINES)
