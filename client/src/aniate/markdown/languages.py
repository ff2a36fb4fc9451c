"""What is a comment, a string and a keyword, by families of languages."""

import re


class Language:
    """How one family is read. `token` finds the next thing that has a colour, or may get one."""

    __slots__ = ("block_end", "keywords", "token")

    def __init__(self, comment: str, strings: str, block: str = "", block_end: str = "", words: str = "") -> None:
        parts = [f"(?P<block>{block})"] if block else []
        parts += [f"(?P<comment>{comment})"] if comment else []
        parts += [f"(?P<string>{strings})"] if strings else []
        parts += [r"(?P<tag></?[A-Za-z][\w-]*)"] if block_end == "-->" else []
        # Half an opening is a thing of its own, since it waits for what follows.
        parts += [r"(?P<number>\b\d[\w.]*)|(?P<word>[^\W\d]\w*)|(?P<other>/|-|<[!/]?-?)"]
        self.token = re.compile("|".join(parts))
        self.block_end = block_end
        self.keywords = frozenset(words.split())


_PYTHON = (
    "False None True and as assert async await break case class continue def del elif else except finally for from"
    " global if import in is lambda match nonlocal not or pass raise return self try while with yield"
)
_SHELL = (
    "if then else elif fi for while until do done case esac in function return local export readonly set unset exit"
    " echo cd sudo source alias trap eval exec shift test true false end begin"
)
_RUBY = (
    "BEGIN END alias and begin break case class def do else elsif end ensure false for if in module next nil not or"
    " redo rescue retry return self super then true undef unless until when while yield require include my our sub use"
)
_C = (
    "abstract any as async auto await bool boolean break byte case catch chan char class const constexpr continue"
    " crate debugger default defer delete do double dyn else enum explicit export extends extern false final finally"
    " float fn for foreach friend from fun func function go goto guard if impl implements import in inline instanceof"
    " int interface internal is let long loop match mod move mut namespace new nil null nullptr object of operator"
    " override package private protected pub public range readonly ref register return sealed select self Self short"
    " signed sizeof static string struct super switch template this throw throws trait true try type typedef typename"
    " typeof undefined union unsafe unsigned use using val var virtual void volatile when where while with yield"
)
_SQL = (
    "add all alter and any as asc begin between by case check column commit constraint create cross database default"
    " delete desc distinct drop else end exists false foreign from full grant group having if in index inner insert"
    " into is join key left like limit not null offset on or order outer primary references returning right rollback"
    " select set table then transaction true truncate union unique update using values view when where with"
)
_LUA = (
    "and break do else elseif end false for function goto if in local nil not or repeat return then true until while"
    " case class data deriving instance let module newtype of type where import"
)
_PLAIN_STRINGS = "[\"']"

NONE = Language("", "")
_FAMILIES = {
    "python py python3 pycon ipython": Language(r"\#", "\"\"\"|'''|[\"']", words=_PYTHON),
    "bash sh shell zsh fish ksh console shell-session powershell ps1 dockerfile docker make makefile": Language(
        r"(?<!\S)\#", _PLAIN_STRINGS, words=_SHELL
    ),
    "yaml yml toml ini conf cfg properties env nginx": Language(
        r"(?<!\S)\#", _PLAIN_STRINGS, words="true false null yes no on off"
    ),
    "ruby rb perl pl elixir ex crystal r julia nix tcl coffee": Language(r"\#", _PLAIN_STRINGS, words=_RUBY),
    "c cpp c++ h hpp cc java js javascript jsx ts typescript tsx mjs go golang kotlin kt swift scala csharp cs c# php"
    " dart groovy zig objc proto protobuf": Language("//", "[\"'`]", r"/\*", "*/", _C),
    "rust rs": Language("//", '"', r"/\*", "*/", _C),
    "json jsonc json5": Language("//", '"', r"/\*", "*/", "true false null"),
    "css scss less": Language("", _PLAIN_STRINGS, r"/\*", "*/", "important media import keyframes"),
    "sql postgresql postgres mysql sqlite plsql": Language(
        "--", _PLAIN_STRINGS, r"/\*", "*/", f"{_SQL} {_SQL.upper()}"
    ),
    "lua haskell hs elm ada": Language("--", '"', words=_LUA),
    "html xml svg vue svelte xhtml": Language("", '"', "<!--", "-->"),
}
LANGUAGES = {name: language for names, language in _FAMILIES.items() for name in names.split()}
"""By the name that stands behind the fence."""
