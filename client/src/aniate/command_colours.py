"""A shell command as it is shown: what would not be seen in escapes, and on a terminal a little colour."""

import sys

from aniate import danger
from aniate.terminal import paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tree_sitter import Node

_COLOURS = {
    "command_name": "1", "string": "32", "raw_string": "32", "ansi_c_string": "32", "comment": "2",
    "simple_expansion": "36", "expansion": "36", "file_redirect": "33", "heredoc_body": "32",
}  # fmt: skip


def coloured(command: str) -> str:
    """The command for stderr."""
    text = danger.visible(command)
    if paint("x", "1", sys.stderr) == "x":
        return text
    from aniate.danger.syntax import parse

    data, made, at = text.encode("utf-8", "replace"), [], 0
    for start, end, colour in _spans(parse(text)):
        piece = data[start:end].decode("utf-8", "replace")
        made += [data[at:start].decode("utf-8", "replace"), paint(piece, colour, sys.stderr)]
        at = end
    return "".join([*made, data[at:].decode("utf-8", "replace")])


def _spans(node: "Node") -> "list[tuple[int, int, str]]":
    """Where which colour stands, from the beginning; none within another."""
    colour = _COLOURS.get(node.type)
    if colour is not None:
        return [(node.start_byte, node.end_byte, colour)]
    return [span for child in node.children for span in _spans(child)]
