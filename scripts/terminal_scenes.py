"""What is played in the pictures: the lines that are typed, the files that are there, the answers that are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ant_stub import Handler, Reply, streams


@dataclass
class Scene:
    """One picture."""

    name: str
    title: str
    lines: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """What is typed, and what is pressed once which text has come."""
    reply: Reply
    files: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)


def in_words(text: str, *, notice: str = "") -> Reply:
    """An answer that comes word by word."""
    return streams(*(f"{word} " if word else " " for word in text.split(" ")), notice=notice)


def in_form(**form: object) -> Reply:
    """An answer that `ant` acts on."""
    return streams(json.dumps(form))


RESTORE = """\
## Three ways back

| command | changes | good for |
|---|---|---|
| `git restore FILE` | the file | edits that you do not want |
| `git reset COMMIT` | the branch | commits that nobody has yet |
| `git revert COMMIT` | nothing; it adds a commit | commits that **others have** |

Take the last commit back and keep its edits:

```sh
git reset --soft HEAD~1
git status --short    # all of it is staged again
```

> `git reset --hard` throws edits away. `git reflog` finds commits again, not edits.
"""

TOTAL = '''\
def total(prices, discount=0):
    """The sum of all prices, less the discount in percent."""
    return sum(prices) * (1 - discount)
'''
TEST = """\
import unittest

from shop import total


class Totals(unittest.TestCase):
    def test_ten_percent(self):
        self.assertEqual(total([60, 40], discount=10), 90)


if __name__ == "__main__":
    unittest.main()
"""
MENDED = """\
--- a/shop.py
+++ b/shop.py
@@ -1,3 +1,3 @@
 def total(prices, discount=0):
     \"\"\"The sum of all prices, less the discount in percent.\"\"\"
-    return sum(prices) * (1 - discount)
+    return sum(prices) * (1 - discount / 100)
"""

ORDERS = """\
def order(db, key):
    row = db.execute("select item from orders where key = ?", (key,)).fetchone()
    return row
"""
ORDERS_NOW = """\
def order(db, key):
    row = db.execute(f"select item from orders where key = {key}").fetchone()
    return {"item": row[0]}
"""
FOUND = (
    {
        "severity": "high",
        "file": "orders.py",
        "line": 2,
        "message": "The key becomes part of the SQL, so whoever chooses it chooses the query as well.",
        "suggestion": '    row = db.execute("select item from orders where key = ?", (key,)).fetchone()',
    },
    {
        "severity": "medium",
        "file": "orders.py",
        "line": 3,
        "message": "There is no row for an unknown key: row is None, and this raises TypeError.",
        "suggestion": "",
    },
)

SOURCES = (
    ("Git 2.23 Release Notes", "https://github.com/git/git/blob/master/Documentation/RelNotes/2.23.0.txt"),
    ("git-switch", "https://git-scm.com/docs/git-switch"),
)


def switch(handler: Handler) -> None:
    """An answer with its sources, one sentence of which they do not hold."""
    handler.start_stream()
    handler.event("start", {"request_id": "req-1", "model": "fast", "notice": ""})
    for text in (
        "`git switch` came with **Git 2.23**, together with `git restore` [1]. ",
        "It changes branches only; `git switch -c NAME` makes one [2]. It is twice as fast as checkout [2].\n",
    ):
        handler.event("delta", {"text": text})
    told = [{"n": n, "title": title, "url": url, "cited": True} for n, (title, url) in enumerate(SOURCES, 1)]
    handler.event("sources", {"sources": told})
    wrong = {"text": "It is twice as fast as checkout [2].", "reason": "not_found", "told_by": 0}
    handler.event("support", {"unsupported": [wrong]})
    handler.end()


SCENES = (
    Scene(
        "answer",
        "An answer of ant ask on a terminal: a heading, a table, a block of code in colours, a quote",
        (("ant ask which git command takes something back", ()),),
        in_words(RESTORE),
    ),
    Scene(
        "shell",
        "ant shell proposes a command, says what it does and touches, and runs it by the key r",
        (("ant shell the three largest python files here", (("ca[n]cel", "r"),)),),
        in_form(
            command="find . -name '*.py' -printf '%s %f\\n' | sort -rn | head -3",
            does="Lists the Python files below here by size and shows the three largest.",
            touches="nothing",
        ),
        {f"{name}.py": "#" * size for name, size in (("orders", 910), ("shop", 4210), ("mail", 77), ("prices", 1830))},
    ),
    Scene(
        "fix",
        "ant fix runs a failing test, shows a change as a diff, applies it by the key y, and the test passes",
        (("ant fix -- python -m unittest -q", (("[n]o", "y"),)),),
        in_form(explanation="The discount is given in percent, and is used as a fraction.", diff=MENDED),
        {"shop.py": TOTAL, "test_shop.py": TEST},
    ),
    Scene(
        "review",
        "ant review finds two mistakes in a change, each with its file and line; the grave one sets the exit code",
        (("ant review --fail-on high || echo 'not yet'", ()),),
        in_form(findings=FOUND),
        {"orders.py": ORDERS},
        {"orders.py": ORDERS_NOW},
    ),
    Scene(
        "net",
        "ant net answers with numbers of its sources, and marks a sentence that they do not hold",
        (("ant net which version brought git switch", ()),),
        switch,
    ),
)
