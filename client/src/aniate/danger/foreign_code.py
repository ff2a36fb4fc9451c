"""Code of other languages on a command line: what is known to do no harm. All else counts as harmful."""

import re

_PYTHON_MODULES = frozenset(
    [
        "json",
        "sys",
        "math",
        "re",
        "datetime",
        "time",
        "random",
        "string",
        "collections",
        "itertools",
        "functools",
        "statistics",
        "decimal",
        "fractions",
        "textwrap",
        "base64",
        "binascii",
        "hashlib",
        "uuid",
        "secrets",
        "calendar",
        "pprint",
        "ast",
        "keyword",
        "platform",
        "locale",
        "unicodedata",
        "operator",
        "bisect",
        "heapq",
        "struct",
        "zlib",
        "csv",
        "html",
        "urllib.parse",
        "ipaddress",
        "difflib",
        "types",
        "typing",
        "dataclasses",
        "enum",
        "os.path",
    ]
)
_PYTHON_NAMES = frozenset(
    [
        "exec",
        "eval",
        "compile",
        "__import__",
        "open",
        "getattr",
        "setattr",
        "delattr",
        "globals",
        "locals",
        "vars",
        "breakpoint",
        "input",
        "memoryview",
        "__builtins__",
        "__loader__",
        "__spec__",
        "help",
        "exit",
        "quit",
    ]
) - {"exit", "quit", "help", "input"}
_OTHERS = frozenset(
    [
        "print",
        "puts",
        "p",
        "say",
        "printf",
        "sprintf",
        "echo",
        "if",
        "unless",
        "else",
        "elsif",
        "elif",
        "while",
        "for",
        "foreach",
        "in",
        "and",
        "or",
        "not",
        "my",
        "our",
        "local",
        "var",
        "let",
        "const",
        "split",
        "join",
        "length",
        "substr",
        "index",
        "uc",
        "lc",
        "ucfirst",
        "lcfirst",
        "sort",
        "reverse",
        "map",
        "grep",
        "keys",
        "values",
        "push",
        "pop",
        "shift",
        "chomp",
        "chop",
        "scalar",
        "defined",
        "next",
        "last",
        "begin",
        "end",
        "return",
        "true",
        "false",
        "nil",
        "null",
        "undef",
        "undefined",
        "console",
        "log",
        "math",
        "floor",
        "ceil",
        "round",
        "max",
        "min",
        "abs",
        "sqrt",
        "pow",
        "pi",
        "json",
        "stringify",
        "parse",
        "tostring",
        "tolowercase",
        "touppercase",
        "trim",
        "replace",
        "match",
        "length",
        "process",
        "argv",
        "stdout",
        "write",
        "date",
        "now",
        "new",
        "string",
        "number",
        "int",
        "float",
        "str",
        "upcase",
        "downcase",
        "capitalize",
        "strip",
        "gsub",
        "sub",
        "each",
        "do",
        "then",
        "times",
        "to_i",
        "to_s",
        "to_f",
        "size",
        "count",
        "sum",
        "first",
        "inspect",
        "x",
        "y",
        "i",
        "j",
        "k",
        "n",
        "s",
        "a",
        "b",
        "c",
        "m",
        "l",
        "v",
        "t",
        "e",
        "d",
        "f",
        "g",
        "line",
        "qw",
        "tr",
        "eq",
        "ne",
        "lt",
        "gt",
        "le",
        "ge",
        "cmp",
        "function",
        "string.format",
        "table",
        "concat",
        "io",
        "type",
        "cat",
        "paste",
        "nchar",
        "mean",
        "range",
        "seq",
    ]
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_STRINGS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\#$@]|\\.)*\"")
_PATTERNS = re.compile(
    r"(?:^|(?<=[({,;!~])|(?<=\bif)|(?<=\bunless)|(?<=\band)|(?<=\bor)|(?<=\bnot))\s*/[\w\s.^$*+?\[\]\\-]*/"
)
"""Patterns, where nothing could be divided."""
_AWK_HARM = re.compile(
    r"\bsystem\s*\(|\bprintf?\b[^;}\n]*[>|]|\|\s*getline|\|&|\bgetline\s*<|@(load|include)|\bclose\s*\("
)
_SED_HARM = re.compile(
    r"(?:^|[;{}\n]|\d|\$|/)\s*[wWe](?:\s|$)|(?P<sep>[/|,#:!@])[gpiIm0-9]*[we][gpiIm0-9]*(?:\s|;|\}|$)"
)
_SQL_HARM = re.compile(
    r"\b(drop|delete|truncate|update|alter|replace|grant|revoke|rename|merge|vacuum|attach|detach|load|exec|execute|call|"
    r"do|copy|shutdown|kill|outfile|dumpfile|flush|purge|reindex|dropdatabase|remove|deletemany|deleteone|pg_\w+)\b"
    r"|^\s*\\[!owics]|^\s*\.(shell|system|read|import|output|once|restore|save|load|clone|recover)|\x00|`",
    re.IGNORECASE | re.MULTILINE,
)
_SQL_QUOTED = re.compile(r"'(?:[^']|'')*'")


def harmless(language: str, code: str) -> bool:
    """Whether the code certainly reads and prints, and does no more."""
    if "\x00" in code:
        return False
    if language in ("python", "pypy", "ipython"):
        return _python(code)
    if re.search(r"[`]|\bopen\b|%x|>\s*['\"$&]|\|\s*['\"]|\$\(|=>\s*\{|s\W.*\W[a-z]*e[a-z]*\s*(;|$)", code):
        return False
    bare = _PATTERNS.sub("", _STRINGS.sub('""', code))
    return all(word.lower() in _OTHERS for word in _WORD.findall(bare))


def _python(code: str) -> bool:
    import ast

    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_harmless(node) for node in ast.walk(tree))


def _is_harmless(node: object) -> bool:
    import ast

    if isinstance(node, ast.Import):
        return all(each.name in _PYTHON_MODULES for each in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in _PYTHON_MODULES and not node.level
    if isinstance(node, ast.Name):
        return node.id not in _PYTHON_NAMES
    if isinstance(node, ast.Attribute):
        return not node.attr.startswith("_") and node.attr not in (
            "modules",
            "os",
            "sys",
            "builtins",
            "setrecursionlimit",
        )
    return True


def awk(code: str) -> bool:
    """Whether an awk program certainly runs nothing and writes to no file."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', code)
    return "\x00" not in code and not _AWK_HARM.search(bare)


def sed(code: str) -> bool:
    """Whether a sed script certainly runs nothing and writes to no file."""
    return "\x00" not in code and not _SED_HARM.search(code)


def sql(code: str) -> bool:
    """Whether all statements certainly only read or add."""
    return not _SQL_HARM.search(_SQL_QUOTED.sub("''", code))
