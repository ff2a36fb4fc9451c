"""Changes of files as a unified diff."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aniate.mending.writing import Change

_AROUND = 3


def unified(change: "Change") -> str:
    """One file's change, with git's head. Bytes that are no UTF-8 stand as lone surrogates."""
    name = change.path
    end = "\t" if " " in name else ""
    head = [f"diff --git a/{name} b/{name}\n"]
    if change.before is None:
        head.append("new file mode 100644\n")
    if change.after is None:
        head.append(f"deleted file mode {'100755' if change.before and change.before.mode & 0o100 else '100644'}\n")
    old = _rows(change.before.data if change.before else b"")
    new = _rows(change.after.data if change.after else b"")
    hunks = list(_hunks(old, new))
    if hunks:
        head.append(f"--- a/{name}{end}\n" if change.before is not None else "--- /dev/null\n")
        head.append(f"+++ b/{name}{end}\n" if change.after is not None else "+++ /dev/null\n")
    return "".join(head + hunks)


def _rows(data: bytes) -> "list[str]":
    """Lines with their endings."""
    parts = data.decode("utf-8", "surrogateescape").split("\n")
    rows = [part + "\n" for part in parts[:-1]]
    return [*rows, parts[-1]] if parts[-1] else rows


def _hunks(old: "list[str]", new: "list[str]") -> "Iterator[str]":
    from difflib import SequenceMatcher

    same = _same_at_the_start(old, new)
    skip = max(0, same - _AROUND)
    behind = _same_at_the_end(old[skip:], new[skip:])
    cut = max(0, behind - _AROUND)
    left, right = old[skip : len(old) - cut], new[skip : len(new) - cut]
    for group in SequenceMatcher(None, left, right, autojunk=len(left) > 5000).get_grouped_opcodes(_AROUND):
        first, last = group[0], group[-1]
        before = _range(first[1] + skip, last[2] + skip)
        after = _range(first[3] + skip, last[4] + skip)
        yield f"@@ -{before} +{after} @@\n"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (_row(" ", row) for row in left[i1:i2])
            else:
                yield from (_row("-", row) for row in left[i1:i2])
                yield from (_row("+", row) for row in right[j1:j2])


def _row(sign: str, row: str) -> str:
    return sign + row if row.endswith("\n") else f"{sign}{row}\n\\ No newline at end of file\n"


def _range(first: int, behind: int) -> str:
    count = behind - first
    if count == 1:
        return str(first + 1)
    return f"{first + 1 if count else first},{count}"


def _same_at_the_start(old: "list[str]", new: "list[str]") -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _same_at_the_end(old: "list[str]", new: "list[str]") -> int:
    return _same_at_the_start(old[::-1], new[::-1])
