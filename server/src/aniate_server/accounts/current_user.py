"""Who asks: a bearer API key turned into its owner."""

from __future__ import annotations

import hashlib
import re

from fastapi import Request

from aniate_server.accounts import store
from aniate_server.accounts.caller import Caller
from aniate_server.accounts.identity import Identity
from aniate_server.plumbing.errors import NotAuthenticated

API_KEY = re.compile(r"aniate_sk_[A-Za-z0-9_-]{43}")


async def caller_of(identity: Identity, authorization: str) -> Caller:
    """The owner of the key in an `Authorization` header; raises NotAuthenticated.

    It is looked up anew for every request, so that a revoked key is refused at once.
    """
    scheme, _, key = authorization.partition(" ")
    if not authorization:
        raise NotAuthenticated("You are not logged in.")
    if scheme.lower() != "bearer" or not API_KEY.fullmatch(key := key.strip()):
        raise NotAuthenticated("That is not an Aniate key.")
    owner = await store.key_owner(identity.db, hashlib.sha256(key.encode()).digest())
    if owner is None:
        raise NotAuthenticated("This key is unknown or was revoked.")
    return owner


async def current_user(request: Request) -> Caller:
    """For FastAPI's routes: `caller: Annotated[Caller, Depends(current_user)]`."""
    return await caller_of(request.app.state.services.identity, request.headers.get("authorization", ""))
