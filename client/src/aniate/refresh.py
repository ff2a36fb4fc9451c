"""A login renewed: one command does it, and whoever needs it at the same moment waits and uses what came."""

from contextlib import suppress

from aniate import auth, credentials, files, oauth, revocations
from aniate.errors import AntError, NeedsLogin, StorageFailed
from aniate.patience import held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings


def refreshed(settings: "Settings") -> auth.Credential:
    """The stored login, good for a while. NeedsLogin if it is over; another AntError if that can't be found out now."""
    with files.locked(auth.path()):
        entry = credentials.stored(settings)
        found = (auth.of_login(entry) or _renewed(settings, entry)) if isinstance(entry, dict) else None
    if found is None:  # logged out meanwhile, or logged in with a key
        return auth.credential(settings)
    revocations.work_off(settings)
    return found


def renew_refused(settings: "Settings", credential: auth.Credential) -> None:
    """Renew the stored login whose token the server refuses, for whatever reason, and give the credential the new one.

    Where another command has done that meanwhile, its token is taken. NeedsLogin if the login is over.
    """
    with files.locked(auth.path()):
        entry = credentials.stored(settings)
        if not isinstance(entry, dict):
            raise auth.not_logged_in(settings, {})
        changed = entry.get("access_token") != credential.token
        found = (auth.of_login(entry) if changed else None) or _renewed(settings, entry)
    revocations.work_off(settings)
    credential.token, credential.refresh, credential.expires_at = found.token, found.refresh, found.expires_at


def _renewed(settings: "Settings", entry: "dict[str, object]") -> auth.Credential:
    """Where the answer was lost, the same refresh token goes again, and the server gives the same answer."""
    where = str(entry.get("refresh"))
    again = f"Log in again with `{auth.to_log_in(settings)}`."
    token = credentials.refresh_token(settings, entry)
    if not token:
        raise NeedsLogin(
            f"The login to {settings.address.origin} can't be renewed: it is gone from the {where}.", again
        )
    with held():
        try:
            login = oauth.renew(settings, token)
        except AntError as error:
            if error.code != "invalid_grant":
                raise
            with suppress(StorageFailed):
                credentials.remove(settings)
            raise NeedsLogin(error.message, again) from error
        credentials.renew(settings, login, where)
    return auth.Credential(login.access_token, auth.path(), where, login.expires_at)
