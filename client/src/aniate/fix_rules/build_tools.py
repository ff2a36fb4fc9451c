"""make, C compilers, cmake, cargo, go, java."""

import os

from aniate.fix_rules import near
from aniate.fix_rules.command_line import joined, quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_LIBRARIES = {
    "-lm": ("sqrt", "pow", "sin", "cos", "tan", "floor", "ceil", "exp", "log", "log2", "log10", "fabs", "fmod", "round",
            "atan2", "cbrt", "hypot", "sqrtf", "powf", "lround"),
    "-pthread": ("pthread_create", "pthread_join", "pthread_mutex_lock", "sem_init", "sem_wait"),
    "-ldl": ("dlopen", "dlsym", "dlclose"),
    "-lrt": ("shm_open", "shm_unlink", "clock_gettime", "timer_create"),
    "-lcurl": ("curl_easy_init", "curl_global_init"),
    "-lz": ("deflate", "inflate", "compress", "uncompress", "gzopen", "crc32"),
    "-lncurses": ("initscr", "endwin", "mvprintw", "newwin"),
    "-lsqlite3": ("sqlite3_open", "sqlite3_exec", "sqlite3_prepare_v2"),
    "-lssl -lcrypto": ("SSL_new", "SSL_library_init", "SSL_CTX_new"),
    "-lcrypto": ("EVP_DigestInit_ex", "SHA256", "MD5", "EVP_MD_CTX_new"),
    "-lreadline": ("readline", "add_history"),
    "-luuid": ("uuid_generate", "uuid_unparse"),
    "-lcrypt": ("crypt",),
    "-lX11": ("XOpenDisplay", "XCreateSimpleWindow"),
    "-lGL": ("glBegin", "glClear"),
    "-lSDL2": ("SDL_Init", "SDL_CreateWindow"),
}  # fmt: skip
_CC = ("gcc", "cc", "clang", "g++", "c++", "clang++", "tcc")
_CARGO = ("add", "bench", "build", "check", "clean", "clippy", "doc", "fetch", "fix", "fmt", "init", "install", "new",
          "publish", "remove", "run", "search", "test", "tree", "uninstall", "update")  # fmt: skip
_GO = ("bug", "build", "clean", "doc", "env", "fix", "fmt", "generate", "get", "install", "list", "mod", "run", "test",
       "tool", "version", "vet", "work")  # fmt: skip


def _target(case: Case) -> "Iterator[Proposal]":
    typed = case.between("No rule to make target '", "'") or case.between("don't know how to make ", ".")
    for name in near.near(typed, _targets(case)):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"The Makefile has no target {typed}, but {name}.")


def _targets(case: Case) -> "list[str]":
    """The targets that the Makefile of this folder names."""
    folder = case.failed.folder
    words = case.words
    if "-C" in words[:-1]:
        folder = case.path(words[words.index("-C") + 1])
    for name in _MAKEFILES:
        text = _text(os.path.join(folder, name))
        if text:
            heads = [
                line.partition(":")[0] for line in text.split("\n") if ":" in line and line[:1] not in ("\t", "#", " ")
            ]
            names = [each for head in heads for each in head.split() if "=" not in head]
            return [each for each in names if each[0] not in ".$%" and "%" not in each]
    return []


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1024 * 1024)
    except OSError:
        return ""


def _no_makefile(case: Case) -> "Iterator[Proposal]":
    yield from _elsewhere(case, _MAKEFILES, "-C ")
    if os.path.isfile(case.path("CMakeLists.txt")):
        yield Proposal(case.before("cmake -B build"), "cmake makes the Makefile here; it lies in build.")
    elif os.access(case.path("configure"), os.X_OK):
        yield Proposal(case.before("./configure"), "./configure makes the Makefile.")


def _elsewhere(case: Case, names: "tuple[str, ...]", option: str) -> "Iterator[Proposal]":
    """The same in a folder above or below, where the file is."""
    folders = [".." + "/.." * up for up in range(4)] + sorted(near.siblings(case.failed.folder))
    for folder in folders:
        for name in names:
            if os.path.isfile(case.path(os.path.join(folder, name))) and option:
                yield Proposal(case.add(f"{option}{quoted(folder)}"), f"There is a {name} in {folder}.")
                return


def _separator(case: Case) -> "Iterator[Proposal]":
    """A line that should begin with a tab begins with spaces."""
    place = case.output.partition(": *** missing separator")[0].rpartition("\n")[2]
    name, _, number = place.partition(":")
    if number.isdigit() and os.path.isfile(case.path(name)):
        line = case.before(f"sed -i.bak '{number}s/^ */\\t/' {quoted(name)}")
        yield Proposal(line, f"Line {number} of {name} must begin with a tab, not with spaces.")


def _missing_program(case: Case) -> "Iterator[Proposal]":
    from aniate.fix_rules.packages import install

    for line in case.output.splitlines():
        if "not found" in line or "No such file or directory" in line:
            parts = [part.strip() for part in line.split(":")]
            for name in parts[:-1]:
                for command in install(name):
                    yield Proposal(case.before(command), f"make calls `{name}`, which is not installed.")
                    return


def _library(case: Case) -> "Iterator[Proposal]":
    for part in case.output.replace("‘", "`").replace("’", "'").split("undefined reference to `")[1:]:
        symbol = part.partition("'")[0]
        for option, symbols in _LIBRARIES.items():
            if symbol in symbols and case.program in _CC and option.split()[0] not in case.words:
                yield Proposal(case.append(option), f"{symbol} is in a library that must be named: {option}.")
                return
        if symbol.startswith("std::") and case.program in ("gcc", "cc", "clang"):
            new = "clang++" if case.program == "clang" else "g++"
            yield Proposal(case.swap_program(new), f"This is C++; `{new}` links what it needs.")
            return
        if symbol == "main" and case.program in _CC and "-c" not in case.words:
            yield Proposal(case.add("-c"), "There is no main in it; -c compiles it without making a program.")
            return


def _header(case: Case) -> "Iterator[Proposal]":
    from aniate.fix_rules.packages import HEADERS, installing

    header = case.between("fatal error: ", ": No such file") or case.between("fatal error: '", "' file not found")
    package = HEADERS.get(header, "")
    if package:
        yield Proposal(case.before(installing(package)), f"{header} is in the package {package}; installed as root.")
        return
    for folder in ("include", "inc", "src", "lib"):
        if case.program in _CC and header and os.path.isfile(case.path(os.path.join(folder, header))):
            yield Proposal(case.add(f"-I{folder}"), f"{header} is in {folder}.")
            return


def _no_library(case: Case) -> "Iterator[Proposal]":
    from aniate.fix_rules.packages import LIBRARIES, installing

    name = (case.between("cannot find -l", "\n") + ":").partition(":")[0].split()
    package = LIBRARIES.get(name[0], "") if name else ""
    if package:
        yield Proposal(case.before(installing(package)), f"lib{name[0]} is in the package {package}; as root.")


def _cargo_word(case: Case) -> "Iterator[Proposal]":
    typed = case.between("no such command: `", "`") or case.between("no such subcommand: `", "`")
    said = case.between("a command with a similar name exists: `", "`") or case.between("Did you mean `", "`")
    for name in [said] if said else near.near(typed, _CARGO):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"cargo knows no `{typed}`, but `{name}`.")


def _cargo_nowhere(case: Case) -> "Iterator[Proposal]":
    for folder in sorted(near.siblings(case.failed.folder)):
        path = os.path.join(folder, "Cargo.toml")
        if os.path.isfile(case.path(path)) and case.words:
            yield Proposal(case.add(f"--manifest-path {quoted(path)}", 1), f"There is a Cargo.toml in {folder}.")
            return
    yield Proposal("cargo init", "There is no package here; this begins one.")


def _cargo_binary(case: Case) -> "Iterator[Proposal]":
    for name in case.rest_of_line("available binaries: ").split(", ")[:3]:
        if name and case.words[:1] == ["run"]:
            yield Proposal(case.add(f"--bin {quoted(name)}", 1), f"There are several programs; this is {name}.")
    if "a bin target must be available" in case.output and case.words[:1] == ["run"]:
        word = case.simple.arguments[0]
        yield Proposal(case.swap(word, "test"), "This package is a library, with nothing to run; this tests it.")


def _cargo_crate(case: Case) -> "Iterator[Proposal]":
    name = case.between("unresolved import `", "`") or case.between("unlinked crate `", "`")
    name = (name or case.between("can't find crate for `", "`")).partition("::")[0]
    if name and name.isidentifier() and name not in ("crate", "self", "super", "std"):
        yield Proposal(case.before(f"cargo add {name}"), f"The crate {name} is not among the dependencies.")


def _go_word(case: Case) -> "Iterator[Proposal]":
    typed = case.between("go ", ": unknown command")
    for name in near.near(typed, _GO):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"go knows no `{typed}`, but `{name}`.")


def _go_get(case: Case) -> "Iterator[Proposal]":
    told = case.rest_of_line("to add it:") or case.between("\tgo get ", "\n")
    package = told.removeprefix("go get ").split()[:1]
    if package and not package[0].startswith("-"):
        yield Proposal(case.before(joined(["go", "get", package[0]])), f"{package[0]} is not fetched yet.")


def _go_module(case: Case) -> "Iterator[Proposal]":
    name = os.path.basename(case.failed.folder) or "main"
    yield Proposal(case.before(f"go mod init {quoted(name)}"), "There is no go.mod here; this begins a module.")


def _go_run(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["run"] and len(case.words) == 1:
        yield Proposal(case.append("."), "go run wants to know what; . is this folder.")


def _java_class(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        for ending in (".class", ".java"):
            if word.text.endswith(ending):
                plain = word.text.removesuffix(ending)
                yield Proposal(case.swap(word, quoted(plain)), "java wants the name of the class, not of the file.")


def _javac_file(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        if os.path.isfile(case.path(word.text + ".java")):
            yield Proposal(case.swap(word, quoted(word.text + ".java")), "javac wants the name of the file.")


def _cmake_where(case: Case) -> "Iterator[Proposal]":
    if os.path.isfile(case.path("../CMakeLists.txt")):
        yield Proposal(case.append(".."), "The CMakeLists.txt is one folder up.")


RULES = (
    Rule("make_target", ("make", "gmake"), ("No rule to make target", "don't know how to make"), _target),
    Rule("make_nowhere", ("make", "gmake"), ("no makefile found", "No rule to make target"), _no_makefile),
    Rule("make_separator", ("make", "gmake"), ("missing separator",), _separator, anywhere=True),
    Rule("c_library", (*_CC, "make"), ("undefined reference to", "undefined symbol"), _library),
    Rule("c_header", (*_CC, "make", "pip", "pip3", "cmake", "ninja"), ("fatal error:",), _header, anywhere=True),
    Rule("c_library_missing", (*_CC, "make", "cargo"), ("cannot find -l",), _no_library, anywhere=True),
    Rule("make_missing_program", ("make", "gmake"), ("not found", "No such file or directory"), _missing_program),
    Rule("cmake_where", ("cmake",), ("does not appear to contain CMakeLists.txt", "No source or binary"), _cmake_where),
    Rule("cargo_word", ("cargo",), ("no such command", "no such subcommand"), _cargo_word),
    Rule("cargo_nowhere", ("cargo",), ("could not find `Cargo.toml`",), _cargo_nowhere),
    Rule("cargo_binary", ("cargo",), ("could not determine which binary", "a bin target must be available"),
         _cargo_binary),
    Rule("cargo_crate", ("cargo",), ("unresolved import", "unlinked crate", "can't find crate for"), _cargo_crate),
    Rule("go_word", ("go",), ("unknown command",), _go_word),
    Rule("go_get", ("go",), ("to add it:", "\tgo get "), _go_get),
    Rule("go_module", ("go",), ("go.mod file not found", "cannot find main module"), _go_module),
    Rule("go_run", ("go",), ("no go files listed",), _go_run),
    Rule("java_class", ("java",), ("Could not find or load main class",), _java_class),
    Rule("javac_file", ("javac",), ("are only accepted if annotation processing",), _javac_file),
)  # fmt: skip
