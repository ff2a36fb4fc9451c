"""The blocks of code in a document of markdown, as they were written."""

from aniate.markdown.lines import known


def blocks_of_code(text: str) -> list[str]:
    """What stands between fences, without the indent of these; the last may lack its end."""
    blocks: list[str] = []
    lines: list[str] | None = None
    fence, indent = "", 0
    for line in text.split("\n"):
        if lines is None:
            begun = known(line, whole=True)
            if begun and begun.kind == "fence" and not begun.quotes:
                fence = begun.mark[: len(begun.mark) - len(begun.mark.lstrip(begun.mark[0]))]
                lines, indent = [], begun.indent
        elif len(line.strip()) >= len(fence) and not line.strip().strip(fence[0]):
            blocks.append("\n".join(lines))
            lines = None
        else:
            lines.append(line[min(indent, len(line) - len(line.lstrip(" "))) :])
    if lines:
        blocks.append("\n".join(lines).rstrip("\n"))
    return blocks
