"""Programs that write over the files they are given, as formatters do: by themselves, or by an option. Data first."""

from aniate.danger.matching import given
from aniate.danger.words import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_CHANGES = "writes over files"

ALWAYS: "dict[str, tuple[str, ...]]" = {
    "black": ("--check", "--diff", "-c", "--code"),
    "isort": ("--check", "--check-only", "-c", "--diff", "--stdout", "-d", "--show-files", "--show-config"),
    "rustfmt": ("--check", "--emit"),
    "stylua": ("--check", "-c"),
    "beautysh": ("--check", "-c"),
    "rufo": ("--check", "-c"),
    "pint": ("--test", "--bail"),
    "swiftformat": ("--lint", "--dryrun"),
    "scalafmt": ("--test", "--check", "--list", "--stdout", "--stdin"),
    "nixfmt": ("--check", "-c", "--verify"),
    "nixpkgs-fmt": ("--check",),
    "alejandra": ("--check", "-c"),
    "elm-format": ("--validate", "--output", "--stdin"),
    "jscodeshift": ("-d", "--dry"),
    "sd": ("-p", "--preview"),
    "svgo": ("-o", "--output", "-s", "--string", "--show-plugins"),
    "strip": ("-o",),
    "pyupgrade": (), "add-trailing-comma": (), "reorder-python-imports": (), "phpcbf": (), "astyle": (), "recode": (),
    "fromdos": (), "todos": (), "clang-apply-replacements": (), "upx": ("-t", "-l", "-o"),
    "jpegoptim": ("-n", "--noaction", "-d", "--dest", "--stdout"), "optipng": ("-simulate", "-out", "-dir"),
}  # fmt: skip
"""Programs that write over what they are given, and the options with which they don't."""

BY_OPTION = {
    **dict.fromkeys(("autopep8", "yapf", "autoflake", "docformatter", "unify"), ("-i", "--in-place")),
    **dict.fromkeys(("clang-format", "git-clang-format", "cmake-format", "jsonnetfmt", "ormolu", "fourmolu"),
                    ("-i", "--inplace")),
    **dict.fromkeys(("stylish-haskell", "swift-format", "comby"), ("-i", "--in-place", "-in-place", "--inplace")),
    **dict.fromkeys(("gofmt", "goimports", "gofumpt", "golines", "gci", "luafmt"), ("-w",)),
    **dict.fromkeys(("prettier", "prettierd", "shfmt", "2to3", "codespell", "typos"),
                    ("-w", "--write", "--write-changes")),
    **dict.fromkeys(("eslint", "stylelint", "standard", "xo", "tslint", "textlint", "oxlint", "standardrb", "swiftlint",
                     "golangci-lint", "semistandard", "ember-template-lint"), ("--fix",)),
    **dict.fromkeys(("markdownlint", "markdownlint-cli2"), ("--fix", "-f")),
    "rubocop": ("-a", "-A", "-x", "--autocorrect", "--autocorrect-all", "--auto-correct", "--fix-layout"),
    "clang-tidy": ("-fix", "--fix", "-fix-errors", "--fix-errors"),
    "uncrustify": ("--replace", "--no-backup"),
    "shellharden": ("--replace",),
    "google-java-format": ("-i", "-r", "--replace"),
    "ktlint": ("-F", "--format"),
    "ast-grep": ("-U", "--update-all"),
    "djlint": ("--reformat",),
    "perltidy": ("-b",),
    "tidy": ("-m", "-modify"),
    "latexindent": ("-w", "-wd", "--overwrite"),
    "pngcrush": ("-ow",),
    "gifsicle": ("-b", "--batch"),
    "crudini": ("--set", "--del", "--merge"),
    "cpio": ("-u", "--unconditional"),
}  # fmt: skip
"""Programs that write over files with one of these options."""

_LONG = ("clang-format", "git-clang-format", "clang-tidy", "tidy", "pngcrush", "latexindent", "comby", "optipng")
_WORDS_BEFORE_FILES = {"sd": 2, "recode": 1}

BY_WORD: "dict[str, dict[str, tuple[str, ...]]]" = {
    "ruff": {"format": ("--check", "--diff"), "check": ("--diff",), "clean": ()},
    "cargo": {"fmt": ("--check",), "fix": (), "clippy": ()},
    "go": {"fmt": ("-n",), "fix": ("-diff",)},
    **{name: {"fmt": ("-check", "--check")} for name in ("terraform", "tofu", "packer", "terragrunt")},
    "biome": {"format": (), "check": (), "lint": ()},
    "dprint": {"fmt": ("--diff",)},
    "deno": {"fmt": ("--check",)},
    "zig": {"fmt": ("--check",)},
    "gleam": {"format": ("--check",)},
    "mix": {"format": ("--check-formatted", "--dry-run")},
    "dart": {"format": ("--output=none", "--output=show", "-o"), "fix": ("-n", "--dry-run")},
    "dotnet": {"format": ("--verify-no-changes",)},
    "taplo": {"fmt": ("--check",), "format": ("--check",)},
    "php-cs-fixer": {"fix": ("--dry-run",)},
    "sqlfluff": {"fix": (), "format": ()},
    "buf": {"format": ()},
    "magick": {"mogrify": ("-path",)},
}  # fmt: skip
"""Programs that write over files when they are told this word first, and the options with which they don't."""

_ONLY_WITH: "dict[tuple[str, str], tuple[str, ...]]" = {
    ("ruff", "check"): ("--fix", "--fix-only"), ("cargo", "clippy"): ("--fix",), ("buf", "format"): ("-w", "--write"),
    ("dart", "fix"): ("--apply",),
    **dict.fromkeys((("biome", "format"), ("biome", "check"), ("biome", "lint")),
                    ("--write", "--fix", "--apply", "--apply-unsafe")),
}  # fmt: skip
"""The options without which such a word changes nothing."""


def reasons(name: str, words: "Sequence[str]") -> "list[str]":
    """Why `name WORDS…` writes over the files that it is given, to be read after the program's name."""
    told = list(map(plain, words))
    files = [word for word in told if not word.startswith("-")]
    alone = name in _LONG
    if (
        name in ALWAYS
        and files[_WORDS_BEFORE_FILES.get(name, 0) :]
        and not any(given(told, option, "", alone) for option in ALWAYS[name])
    ):
        return [_CHANGES]
    found = [option for option in BY_OPTION.get(name, ()) if given(told, option, "", alone)]
    if found:
        return [f"{found[0]} {_CHANGES}"]
    word = files[0] if files else ""
    if word not in BY_WORD.get(name, {}) or "-" in told[1:]:
        return []
    needed = _ONLY_WITH.get((name, word), ())
    if any(option in told for option in BY_WORD[name][word]) or (needed and not any(each in told for each in needed)):
        return []
    return [f"{word} {_CHANGES}"]
