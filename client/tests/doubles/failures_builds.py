"""How python, compilers and their like fail."""

# ruff: noqa: E501  # what a program says, and the rule for it, stand together

from __future__ import annotations

from failure import Failure

_NPM = """printf '{"scripts": {"start": "node .", "build": "tsc", "test:unit": "jest"}}' > package.json"""

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
    Failure("make_separator", "make", "sed -i.bak '2s/^ */\\t/' Makefile && make", setup="printf 'a:\\n    true\\n' > Makefile"),
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

FOR_THE_MODEL = (
    Failure("", "git remote add", "", setup="git init -q"),
    Failure("", "ln -s a a", "", setup="touch a"),
    Failure("", "./notes.txt", "", setup="echo words > notes.txt"),
    Failure("", "sudo -u bob ls", "", "bash: sudo: command not found", 127),
    Failure("", "python3 a.py", "", setup="printf 'print([][1])\\n' > a.py"),
    Failure("", "python3 a.py", "", setup="printf 'def f(:\\n' > a.py"),
    Failure("", "python3 a.py", "", setup="printf 'open(\"data.csv\")\\n' > a.py && touch dota.csv"),
    Failure("", "python3 a.py", "", setup="printf 'import jsno\\n' > a.py"),
    Failure("", "gcc a.c", "", setup="printf 'int main(void) { return 0 }\\n' > a.c"),
    Failure("", "make", "", setup="printf 'all: a\\n' > Makefile && printf 'int main(void) { retrun 0; }\\n' > a.c"),
    Failure("", "sh deploy.sh", "", setup="printf 'set -e\\nfrobnicate_all\\n' > deploy.sh"),
    Failure("", "false", ""),
    Failure("", "rm wombat", ""),
    Failure("", "git merge feature", "", "CONFLICT (content): Merge conflict in a\nAutomatic merge failed; fix conflicts and then"),
    Failure("", "ssh host", "", "ada@host: Permission denied (publickey).", 255),
    Failure("", "rsync a host:", "", "Permission denied (publickey).\nrsync error: unexplained error (code 255)", 255),
    Failure("", "python3 a.py", "", "PermissionError: [Errno 13] Permission denied: '/root/x'"),
    Failure("", "node a.js", "", "TypeError: Cannot read properties of undefined (reading 'x')\n    at f (/x/a.js:1:2)"),
    Failure("", "curl -f http://x.org/y", "", "curl: (22) The requested URL returned error: 404", 22),
    Failure("", "cargo build", "", "error[E0308]: mismatched types\n --> src/main.rs:2:5", 101),
    Failure("", "docker pull x", "", "Error response from daemon: pull access denied for x, repository does not exist"),
    Failure("", "mysql -u root", "", "ERROR 1045 (28000): Access denied for user 'root'@'localhost'"),
    Failure("", "npm test", "", "Tests: 1 failed, 3 passed\nnpm error Test failed."),
    Failure("", "pytest", "", "FAILED test_a.py::test_one - assert 1 == 2\n1 failed in 0.1s"),
    Failure("", "go build", "", "./main.go:3:2: undefined: foo"),
    Failure("", "java Main", "", "Exception in thread \"main\" java.lang.NullPointerException"),
)  # fmt: skip
"""What no rule may pretend to know."""
