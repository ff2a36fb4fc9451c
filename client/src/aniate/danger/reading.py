"""The walk over a command's syntax tree: each program that would be run is judged, whatever it is wrapped in."""

import os

from aniate.danger import judging, shell_start, syntax, writing
from aniate.danger.words import UNKNOWN, Scope, Words, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

_DEEPEST = 12
_PASSES = 4
_MOST_CODE = 200
"""Pieces of code in one command: variables that hold code which sets variables could go on for ever."""
_MOST_INNER = 500
"""Programs that others run, in one command: each may be read in several ways, and those within it in several more."""
UNREADABLE = "it can't be read for certain what it does"
_UNCERTAIN = (UNREADABLE, judging.NO_NAME, "may read it differently", "name is only known", "starts itself again",
              "that are only known", "can't be read", "sed code that may")  # fmt: skip


class Reader:
    """Reads commands, and gathers why they are dangerous."""

    def __init__(self, folder: str, shell: str = "bash") -> None:
        self.shell = shell
        self.scope = Scope(folder)
        self.aliases: dict[str, dict[str, None]] = {}
        self.folders: dict[str, None] = {folder: None}
        self.written: set[str] = set()
        self.scripts: set[str] = set()
        self.in_script = False
        """Whether a script is read: there, what is not certain is left out."""
        self._words = Words(self.scope, self._output)
        self._found: dict[str, None] = {}
        self._within: list[str] = []
        self._strays: dict[int, list[list[Node]]] = {}
        self._depth = 0
        self._judging = 0
        self._inner = 0
        self._read: set[tuple[str | None, ...]] = set()

    def reasons(self, command: str) -> "list[str]":
        """Why the command is dangerous. Read again while that tells more, since a loop's end may feed its beginning."""
        first = dict(self.folders)
        for at in range(_PASSES):
            before, self.folders = self._state(), dict(first)
            self.scope.settling = at > 1
            self._read.clear()
            self.code(command, None)
            if self._state() == before:
                return list(self._found)
        return [*self._found, UNREADABLE]

    def _state(self) -> str:
        return repr((self.scope.state(), self.aliases, sorted(self.written)))

    def add(self, reason: str) -> None:
        """It is dangerous, because of this."""
        self._found[reason] = None

    def code(self, code: str, stdin: "str | None") -> None:
        """Read a piece of shell code. `stdin` is the text that it reads, None if that is the user's own."""
        if UNKNOWN in code:
            self.add("runs code that is only known when it runs")
            return
        if self._depth >= _DEEPEST or len(self._read) >= _MOST_CODE:
            self.add(UNREADABLE)
            return
        once = (code, stdin, *self.folders, *self.aliases)
        if once in self._read:
            return
        self._read.add(once)
        self._depth += 1
        try:
            root = syntax.parse(code)
            for reason in syntax.unreadable(root, code, self.shell):
                self.add(reason)
            self._walk(root, stdin)
        finally:
            self._depth -= 1

    def words(self, fields: "Sequence[str]", stdin: "str | None") -> None:
        """Judge one program with its arguments."""
        if not fields:
            return
        name = fields[0]
        if name in self._within:
            self.add(f"{name} starts itself again and again")
            return
        if self._inner >= _MOST_INNER or self._judging >= _DEEPEST:
            self.add(UNREADABLE)
            return
        self._inner += self._judging > 0
        self._judging += 1
        try:
            judging.judge(self, list(fields), stdin)
        finally:
            self._judging -= 1

    def within_script(self, code: str, folder: str, shell: str) -> "list[str]":
        """What is certainly dangerous about the code of a script, which runs in `folder` with variables of its own."""
        inner = Reader(folder, shell if shell in ("fish", "zsh") else "bash")
        inner.scripts, inner.in_script = self.scripts, True
        found = inner.reasons(code)
        return [reason for reason in found if not any(part in reason for part in _UNCERTAIN)]

    def alias(self, name: str, fields: "Sequence[str]", stdin: "str | None") -> None:
        """Judge what the alias stands for."""
        from shlex import quote

        rest = " ".join("'unknown'" if UNKNOWN in field else quote(plain(field)) for field in fields)
        meanings = self.aliases.pop(name)  # an alias in its own text is the program
        try:
            for meaning in meanings:
                self.code(f"{meaning} {rest}", stdin)
        finally:
            self.aliases[name] = meanings

    # The walk.

    def _walk(self, node: "Node", stdin: "str | None") -> None:
        kind = node.type
        if kind == "pipeline":
            self._pipeline(node, stdin)
        elif kind == "redirected_statement":
            self._redirected(node, stdin)
        elif kind in ("command", "declaration_command", "unset_command"):
            self._command(node, stdin)
        elif kind == "variable_assignment":
            self._assignment(node, stdin, certain=node.parent is not None and node.parent.type == "program")
        elif kind == "function_definition":
            self._function(node, stdin)
        elif kind == "for_statement":
            self._for(node, stdin)
        elif kind == "file_redirect":
            self._redirect(node)
        elif kind == "list":
            self._list(node, stdin)
        elif kind == "process_substitution":
            self._apart(node, UNKNOWN if (node.text or b"").startswith(b">") else stdin)
        elif kind in ("subshell", "command_substitution"):
            self._apart(node, stdin)
        else:
            if kind in ("while_statement", "c_style_for_statement"):
                self._endless(node)
            self._children(node, stdin)

    def _children(self, node: "Node", stdin: "str | None") -> None:
        for child in node.named_children:
            self._walk(child, stdin)

    def _list(self, node: "Node", stdin: "str | None") -> None:
        for child in node.children:
            if child.is_named:
                before = set(self.folders)
                self._walk(child, stdin)
            elif child.type == "&&":  # only if the `cd` before it has worked
                self.folders = {folder: None for folder in self.folders if folder not in before} or self.folders

    def _apart(self, node: "Node", stdin: "str | None") -> None:
        """What is below runs in a shell of its own, whose folder is its own."""
        before = dict(self.folders)
        self._children(node, stdin)
        self.folders = before

    def _pipeline(self, node: "Node", stdin: "str | None") -> None:
        before = stdin
        for child in node.named_children:
            self._walk(child, before)
            before = self._output(child)

    def _redirected(self, node: "Node", stdin: "str | None") -> None:
        body = node.child_by_field_name("body")
        if strays := syntax.strays(node):
            command = syntax.last_command(body)
            if command is None:
                self.add(UNREADABLE)
            else:
                self._strays[command.id] = strays
        if body is not None:  # first, since `cd a && ls > b` is read as one list with its output redirected
            self._walk(body, self._fed(node.named_children, stdin))
        for child in node.named_children:
            if child != body:
                self._walk(child, UNKNOWN if child.type == "heredoc_redirect" else stdin)

    def _fed(self, nodes: "Sequence[Node]", stdin: "str | None") -> "str | None":
        """What is read from standard input behind these redirections."""
        for node in nodes:
            if node.type == "herestring_redirect":
                stdin = syntax.one(self._words.texts(node.named_children[-1]))
            elif node.type == "heredoc_redirect":
                stdin = self._heredoc(node)
            elif node.type == "file_redirect" and b"<" in (node.text or b"").partition(b"(")[0]:
                number = node.child_by_field_name("descriptor")
                stdin = UNKNOWN if number is None or number.text == b"0" else stdin
        return stdin

    def _heredoc(self, node: "Node") -> str:
        body = next((child for child in node.named_children if child.type == "heredoc_body"), None)
        start = next((child.text or b"" for child in node.named_children if child.type == "heredoc_start"), b"")
        if body is None:
            return ""
        if any(quote in start for quote in b"'\"\\"):
            return (body.text or b"").decode("utf-8", "replace")
        return syntax.one(self._words.within_quotes(body, body.start_byte, body.end_byte))

    def _redirect(self, node: "Node") -> None:
        target = node.child_by_field_name("destination")
        sign = syntax.sign(node)
        if target is None:
            return
        self._children(node, None)
        if ">" in sign and target.type != "process_substitution":
            texts = self._words.texts(target)
            number = sign.endswith("&") and all(text.isdigit() or text == "-" for text in texts)
            body = node.parent.child_by_field_name("body") if node.parent is not None else None
            command = syntax.last_command(body)
            added = self._output(command) if command is not None and ">>" in sign else UNKNOWN
            for text in () if number else texts:
                self.writes(text, ">>" in sign, added=added)

    def writes(self, target: str, adds: bool = False, by: str = "", added: str = UNKNOWN) -> None:
        """A file is written by the shell or a program, at the beginning or with `adds` at the end, where it `added`."""
        self.written.add(os.path.normpath(plain(target)))
        reason = writing.over(target, self.folders, adds) or shell_start.reason(self, target, added)
        if reason:
            self.add(f"{by} {reason}" if by else reason)

    def has_written(self, path: str) -> bool:
        """Whether the command itself makes what is at the path."""
        return os.path.normpath(path) in self.written

    def _command(self, node: "Node", stdin: "str | None") -> None:
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assignment(child, stdin, certain=node.type == "declaration_command")
                if node.type == "declaration_command" and syntax.declares_other_names(node):
                    self.scope.assign((child.text or b"").partition(b"=")[0].decode(), [UNKNOWN])
            else:
                self._walk(child, UNKNOWN if child.type.endswith("_redirect") else stdin)
        fed = self._fed(node.named_children, stdin)
        groups = syntax.words(node) + self._strays.pop(node.id, [])
        for fields in self._words.lines(groups):
            self.words(fields, fed)

    def _assignment(self, node: "Node", stdin: "str | None", certain: bool) -> None:
        self._children(node, stdin)
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        spelled = (name.text or b"").decode("utf-8", "replace")
        texts = [""] if value is None else self._words.texts(value)
        if b"+=" in (node.text or b"").partition(b'"')[0] or name.type == "subscript":
            texts = [UNKNOWN]
        judging.assignment(self, spelled, texts)
        self.scope.assign(spelled.partition("[")[0], [*texts, *([] if certain else [UNKNOWN])])

    def _function(self, node: "Node", stdin: "str | None") -> None:
        name = node.child_by_field_name("name")
        self._within.append((name.text or b"").decode("utf-8", "replace") if name is not None else "")
        self._children(node, stdin)
        self._within.pop()

    def _for(self, node: "Node", stdin: "str | None") -> None:
        variable = node.child_by_field_name("variable")
        values = [child for child in node.children_by_field_name("value") if child.is_named]
        found = [field for line in self._words.lines([[value] for value in values]) for field in line]
        known = [UNKNOWN if any(mark in field for mark in "\x02\x03\x04") else field for field in found]
        self.scope.assign((variable.text or b"").decode() if variable is not None else "", known or [UNKNOWN])
        self._children(node, stdin)

    def _endless(self, node: "Node") -> None:
        if syntax.is_endless(node) and syntax.starts_in_background(node):
            self.add("starts processes without end")

    def _output(self, node: "Node") -> str:
        """What the node prints, where that is plain to see: `echo` of known words."""
        if node.type == "command_substitution":
            inner = node.named_children
            return self._output(inner[0]) if len(inner) == 1 else UNKNOWN
        if node.type == "redirected_statement":
            body = node.child_by_field_name("body")
            quiet = all(b"2>" in (child.text or b"") for child in node.named_children if child.type == "file_redirect")
            fed = self._fed(node.named_children, None)
            if body is not None and quiet and (body.text or b"") == b"cat" and fed is not None:
                return fed
            return UNKNOWN
        if node.type != "command":
            return UNKNOWN
        lines = self._words.lines(syntax.words(node))
        return judging.printed(lines[0]) if len(lines) == 1 else UNKNOWN
