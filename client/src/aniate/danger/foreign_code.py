"""Code of other languages on a command line: what is known to do no harm. All else counts as harmful."""

import re

_MODULES = (
    "json sys math re datetime time random string collections itertools functools statistics decimal fractions "
    "textwrap base64 binascii hashlib uuid secrets calendar pprint keyword unicodedata bisect heapq struct zlib csv "
    "html urllib.parse ipaddress difflib enum os.path"
)
"""Modules of Python that touch nothing, as far as the attributes below are left alone."""
_NO_NAMES = "exec eval compile open getattr setattr delattr globals locals vars breakpoint memoryview"
_NO_ATTRIBUTES = (
    "modules os sys io codecs builtins open system popen subprocess shutil importlib inspect tempfile socket pathlib "
    "threading multiprocessing signal meta_path path_hooks settrace setprofile excepthook displayhook"
)
_OTHERS = (
    "_ print puts p say printf sprintf echo if unless else elsif elif while for foreach in and or not my our "
    "local var let const split join length substr index uc lc ucfirst lcfirst sort reverse map grep keys "
    "values push pop shift chomp chop scalar defined next last begin end return true false nil null undef "
    "undefined console log math floor ceil round max min abs sqrt pow pi json stringify parse tostring "
    "tolowercase touppercase trim replace match process argv stdout write date now new string number int float "
    "str upcase downcase capitalize strip gsub sub each do then times to_i to_s to_f size count sum first "
    "inspect x y i j k n s a b c m l v t e d f g line qw tr eq ne lt gt le ge cmp function table concat type "
    "cat paste nchar mean range seq"
)
"""Words of Perl, Ruby, JavaScript, PHP, Lua and R with which nothing but text is made."""
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
    r"(?:^|[;{}\n!]|\d|\$|/)\s*[wWe](?:\s|$)|(?P<sep>[/|,#:!@])[gpiIm0-9]*[we][gpiIm0-9]*(?:\s|;|\}|$)"
)
_SED_ADDRESS = re.compile(r"\A\s*/(?:\\.|[^/\\\n\[])*/")
"""A pattern that says where the first command holds: a number stands for it as well."""
_SED_CHANGE = r"s(?P<sep>{sign})(?:\\.|(?!(?P=sep))[^\\])*(?P=sep)(?:\\.|(?!(?P=sep))[^\\])*(?P=sep)[gpiIm0-9]*[we]"
"""Any sign may part the pieces of `s`; any letter, too, where the script begins."""
_SED_CHANGES = (
    re.compile(r"(?:^|[;{}\n$/!,\d])\s*" + _SED_CHANGE.replace("{sign}", r"[^a-zA-Z0-9\s\\]"), re.DOTALL),
    re.compile("^" + _SED_CHANGE.replace("{sign}", r"[^\\\n]"), re.DOTALL),
)
_SQL_HARM = re.compile(
    r"\b(drop|delete|truncate|update|alter|replace|grant|revoke|rename|merge|vacuum|attach|detach|load|exec|execute|call|"
    r"do|copy|shutdown|kill|outfile|dumpfile|flush|purge|reindex|dropdatabase|remove|deletemany|deleteone|pg_\w+)\b"
    r"|^\s*\\[!owics]|^\s*\.(shell|system|read|import|output|once|restore|backup|save|load|clone|recover)|\x00|`",
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
    return set(map(str.lower, _WORD.findall(bare))) <= set(_OTHERS.split())


def _python(code: str) -> bool:
    import ast

    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_harmless(node) for node in ast.walk(tree))


def _is_harmless(node: object) -> bool:
    import ast

    modules, attributes = _MODULES.split(" "), _NO_ATTRIBUTES.split(" ")
    if isinstance(node, ast.Import):
        return all(each.name in modules for each in node.names)
    if isinstance(node, ast.ImportFrom):
        names = [each.name for each in node.names]
        return node.module in modules and not any(name in attributes or name[0] in "_*" for name in names)
    if isinstance(node, ast.Name):
        return node.id not in _NO_NAMES.split(" ") and not node.id.startswith("__")
    if isinstance(node, ast.Attribute):
        return node.attr not in attributes and not node.attr.startswith("_")
    return True


def awk(code: str) -> bool:
    """Whether an awk program certainly runs nothing and writes to no file."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', code)
    return "\x00" not in code and not _AWK_HARM.search(bare)


def sed(code: str) -> bool:
    """Whether a sed script certainly runs nothing and writes to no file."""
    code = _SED_ADDRESS.sub("1", code)
    return "\x00" not in code and not any(pattern.search(code) for pattern in (_SED_HARM, *_SED_CHANGES))


def sql(code: str) -> bool:
    """Whether all statements certainly only read or add."""
    return not _SQL_HARM.search(_SQL_QUOTED.sub("''", code))
