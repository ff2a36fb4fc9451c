"""The syntax tree of a shell command, and what of it can't be relied upon."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

_UNREADABLE = "it can't be read for certain what it does"
_LEAVES = ("word", "regex", "extglob_pattern", "heredoc_content", "string_content")
_WITH_TEXT = ("string", "translated_string", "heredoc_body", "heredoc_redirect", "expansion", "arithmetic_expansion")
_ON_ONE_LINE = ("command", "file_redirect", "redirected_statement")
_UNKNOWN = "\x00"


def parse(code: str) -> "Node":
    """The root of the tree."""
    from tree_sitter import Language, Parser
    from tree_sitter_bash import language

    return Parser(Language(language())).parse(code.encode("utf-8", "replace")).root_node


def one(texts: "Sequence[str]") -> str:
    """The only text, or that it is unknown."""
    return texts[0] if len(texts) == 1 else _UNKNOWN


def everything(node: "Node") -> "Iterator[Node]":
    """The node and all below it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(each.children)


def unreadable(root: "Node", code: str, shell: str) -> "list[str]":
    """Why the tree can't be relied upon: errors, commands hidden in words, and what this shell reads otherwise."""
    data = code.encode("utf-8", "replace")
    if root.has_error or (data[: root.start_byte] + data[root.end_byte :]).replace(b"\\\n", b"").strip():
        return [_UNREADABLE]
    for node in everything(root):
        if node.type in _LEAVES and not node.named_children and _hides_a_command(node):
            return [_UNREADABLE]
        if _is_cut_wrongly(node):
            return [_UNREADABLE]
        if node.type == "command_substitution" and _is_nested_in_old_quotes(node):
            return [_UNREADABLE]
        if node.type == "expansion" and (node.text or b"").endswith(b"@P}"):
            return [_UNREADABLE]
        if node.type == "raw_string" and _is_reckoned(node):
            return [_UNREADABLE]
        if shell == "fish" and _differs_in_fish(node):
            return ["fish may read it differently"]
        if shell == "zsh" and _differs_in_zsh(node):
            return ["zsh may read it differently"]
    return []


def _is_reckoned(node: "Node") -> bool:
    """Whether a quoted command in a subscript is run all the same, as in `[[ -v 'a[$(id)]' ]]`."""
    text, above = node.text or b"", node.parent
    while above is not None and above.type not in ("test_command", "command", "program"):
        above = above.parent
    return above is not None and above.type == "test_command" and (b"[$(" in text or b"[`" in text)


def _hides_a_command(node: "Node") -> bool:
    """Whether a word that should be plain has in it what the shell would run."""
    text = (node.text or b"").decode("utf-8", "replace")
    if "`" not in text and "$(" not in text:
        return False
    bare = text.replace("\\\\", "").replace("\\`", "").replace("\\$", "")
    return "`" in bare or "$(" in bare


def _is_cut_wrongly(node: "Node") -> bool:
    """Where the tree goes on over the end of a line, or takes an escaped blank for one that parts words."""
    raw = node.text or b""
    text = raw.replace(b"\\\n", b"  ")  # of the same length
    if node.type == "word":
        return b"\n" in text
    if node.type in _WITH_TEXT:
        return False
    at = -1
    for child in node.children:
        end = child.start_byte - node.start_byte
        between, joined = (text[at:end], raw[at:end]) if at >= 0 else (b"", b"")
        if joined and not joined.replace(b"\\\n", b""):
            return True  # a broken line joins what stands at its two ends
        if b"\\" in between or (b"\n" in between and node.type in _ON_ONE_LINE):
            return True
        at = child.end_byte - node.start_byte
    return False


def strays(node: "Node") -> "list[list[Node]]":
    """The words of a command that stand behind its redirections, where the tree has them: `nice > n rm y`."""
    found: list[list[Node]] = []
    for child in node.named_children:
        if child.type == "file_redirect":
            found += [[each] for each in child.children_by_field_name("destination")[1:]]
        elif child.type == "heredoc_redirect":
            found += [[each] for each in child.children_by_field_name("argument")] + strays(child)
    return found


def last_command(node: "Node | None") -> "Node | None":
    """The simple command at the end of a list, where a redirection behind it belongs."""
    while node is not None and node.type in ("list", "pipeline", "negated_command"):
        node = node.named_children[-1]
    return node if node is not None and node.type == "command" else None


def _is_nested_in_old_quotes(node: "Node") -> bool:
    """Whether backslashes between backquotes have a second meaning there."""
    text = node.text or b""
    return text.startswith(b"`") and any(escape in text for escape in (b"\\`", b"\\$", b"\\\\"))


def _differs_in_fish(node: "Node") -> bool:
    if node.type == "raw_string":
        return b"\\" in (node.text or b"")
    return node.type in ("array", "extglob_pattern", "ansi_c_string", "process_substitution") or (
        node.type == "subshell" and node.parent is not None and node.parent.type == "command"
    )


def _differs_in_zsh(node: "Node") -> bool:
    if node.type == "word":
        return (node.text or b"").startswith(b"=")
    if node.type == "file_redirect":  # where `>!` writes over, whatever is set
        return (node.text or b"").replace(b">>", b">").startswith(b">!")
    return node.type == "extglob_pattern" or (
        node.type == "subshell" and node.parent is not None and node.parent.type == "command"
    )


def words(node: "Node") -> "list[list[Node]]":
    """The words of a command, each as the nodes that touch each other: the tree parts `"r"m` in two."""
    groups: list[list[Node]] = []
    for child in node.children:
        if child.type in (
            "variable_assignment",
            "file_redirect",
            "herestring_redirect",
            "heredoc_redirect",
            "subshell",
        ):
            continue
        parts = child.children if child.type == "command_name" else [child]
        if groups and groups[-1][-1].end_byte == child.start_byte:
            groups[-1] += parts
        else:
            groups.append(list(parts))
    return groups


def declares_other_names(node: "Node") -> bool:
    """Whether a `declare -n` makes names that stand for other variables."""
    options = (child.text or b"" for child in node.named_children if child.type == "word")
    return any(option.startswith(b"-") and b"n" in option for option in options)


def sign(node: "Node") -> str:
    """The sign of a redirection, as `>>`."""
    return "".join((child.text or b"").decode() for child in node.children if not child.is_named)


def in_background(node: "Node") -> bool:
    """Whether the shell goes on without waiting for it."""
    return node.next_sibling is not None and node.next_sibling.type == "&"


def is_endless(node: "Node") -> bool:
    """Whether a loop has no end by itself."""
    condition = node.child_by_field_name("condition")
    if node.type == "c_style_for_statement":
        return condition is None
    always = (b"false",) if (node.text or b"").startswith(b"until") else (b"true", b":", b"((1))", b"[ 1 ]", b"[[ 1 ]]")
    return condition is not None and condition.text in always


def starts_in_background(node: "Node") -> bool:
    """Whether anything below is started in the background."""
    return any(each.type == "&" for each in everything(node))
