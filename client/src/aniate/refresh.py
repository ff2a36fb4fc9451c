"""A login renewed: one command does it, and whoever needs it at the same moment waits and uses what came."""

from aniate import auth, credentials, files, oauth, revocations
from aniate.errors import AntError, NeedsLogin
from aniate.patience import held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings

_AGAIN = "Log in again with `ant login`."


def refreshed(settings: "Settings") -> auth.Credential:
    """The stored login, good for a while. NeedsLogin if it is over; another AntError if that can't be found out now."""
    with files.locked(auth.path()):
        entry = credentials.stored(settings)
        found = (auth.of_login(entry) or _renewed(settings, entry)) if isinstance(entry, dict) else None
    if found is None:  # logged out meanwhile, or logged in with a key
        return auth.credential(settings)
    revocations.work_off(settings)
    return found


def _renewed(settings: "Settings", entry: "dict[str, object]") -> auth.Credential:
    """Where the answer was lost, the same refresh token goes again, and the server gives the same answer."""
    where = str(entry.get("refresh"))
    token = credentials.refresh_token(settings, entry)
    if not token:
        raise NeedsLogin(
            f"The login to {settings.address.origin} can't be renewed: it is gone from the {where}.", _AGAIN
        )
    with held():
        try:
            login = oauth.renew(settings, token)
        except AntError as error:
            if error.code != "invalid_grant":
                raise
            credentials.remove(settings)
            raise NeedsLogin(error.message, _AGAIN) from error
        credentials.renew(settings, login, where)
    return auth.Credential(login.access_token, auth.path(), where, login.expires_at)
