"""What happened to an account, in codes that stay and in words that people read."""

from __future__ import annotations

from uuid import UUID

from aniate_server.accounts import people_store
from aniate_server.accounts.people_store import Event
from aniate_server.plumbing.db import Database

SHOWN = 20
KEPT_IN_EXPORT = 10_000
MAX_DETAIL = 200

SENTENCES = {
    "signed_up": "The account was made",
    "signed_in": "Signed in by password in {}",
    "password_refused": "Somebody typed a wrong password",
    "signed_out": "Signed out in the browser",
    "password_reset": "A new password was chosen by a link in a mail; all logins ended",
    "password_changed": "The password was changed; all other logins ended",
    "login_allowed": "{} was allowed to log in",
    "login_denied": "{} was not allowed to log in",
    "logged_in": "{} logged in",
    "login_reused": "A login was used from two places, so it was ended everywhere: {}",
    "code_replayed": "A login's code was used twice, so the login that it gave was ended",
    "login_ended": "The login of {} was ended",
    "logins_ended": "Several logins were ended: {}",
    "key_made": "The API key {} was made",
    "key_revoked": "The API key {} was revoked",
    "exported": "All data was downloaded",
}


async def note(db: Database, user_id: UUID, event: str, address: str, detail: str = "") -> None:
    """Keep that it happened; `event` is one of SENTENCES."""
    assert event in SENTENCES  # noqa: S101 - a slip of ours
    await people_store.audit(db, user_id, event, address[:100], detail[:MAX_DETAIL])


def sentence(event: Event) -> str:
    """What happened, for people."""
    return SENTENCES.get(event.event, event.event.replace("_", " ")).format(event.detail or "it")
