"""Who asks: a bearer API key or access token turned into a caller."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request

from aniate_server.accounts.caller import Caller
from aniate_server.accounts.identity import Identity
from aniate_server.plumbing.errors import NotAuthenticated

API_KEY = re.compile(r"aniate_sk_[A-Za-z0-9_-]{43}")


async def caller_of(identity: Identity, authorization: str, *, lately: bool = False) -> Caller:
    """The caller by an `Authorization` header; raises NotAuthenticated.

    A key is looked up anew; with `lately` it may have been within the last second. A token is checked once and
    remembered; whether its login has ended is known from a feed that is never older than a second.
    """
    scheme, _, token = authorization.partition(" ")
    if not authorization:
        raise NotAuthenticated("You are not logged in.")
    token = token.strip()
    if scheme.lower() != "bearer":
        raise NotAuthenticated("That is neither an Aniate key nor a login.")
    if API_KEY.fullmatch(token):
        owner = await (identity.keys.owner_lately(token) if lately else identity.keys.owner(token))
        if owner is None:
            raise NotAuthenticated("This key is unknown or was revoked.")
        return owner
    caller = await identity.tokens.caller(token)
    if caller.session_id is not None and await identity.feed.has_ended(caller.session_id):
        raise NotAuthenticated("This login was ended.")
    return caller


def identity_of(request: Request) -> Identity:
    """The process's accounts."""
    found: Identity = request.app.state.services.identity
    return found


Accounts = Annotated[Identity, Depends(identity_of)]


async def current_user(request: Request) -> Caller:
    """For FastAPI's routes: `caller: Annotated[Caller, Depends(current_user)]`."""
    return await caller_of(identity_of(request), request.headers.get("authorization", ""))
