"""What the account may use, as known on this machine: for `ant list`, without asking the server."""

import os

from aniate import auth, files, places
from aniate.errors import AntError, StorageFailed
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings


def refresh(settings: "Settings", credential: auth.Credential) -> None:
    """Know it anew. No harm if that can't be done now."""
    try:
        found = auth.exchange(settings, credential, "GET", "/v1/brews").get("brews")
    except AntError:
        return
    rows = found if isinstance(found, list) else []
    named = [row for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)]
    keep(settings.profile, [(clean_line(row["name"]), clean_field(row.get("summary"))) for row in named])


def keep(profile: str, brews: "list[tuple[str, str]]") -> None:
    """Remember the names and summaries for that profile, or that there are none."""
    path = places.brews_path()
    others = [row for row in places.read_rows(path) if row and row[0] != profile]
    rows = others + [[profile, name, summary] for name, summary in brews]
    if not rows and not os.path.exists(path):
        return
    try:
        files.write_private(path, "".join("\t".join(row) + "\n" for row in rows))
    except StorageFailed:
        return  # a cache: a read-only home is no reason to fail
