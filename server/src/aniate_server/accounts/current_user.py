"""Who asks: a bearer API key turned into its owner."""

from __future__ import annotations

import hashlib
import re

from fastapi import Request

from aniate_server.accounts import store
from aniate_server.accounts.store import KeyOwner
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import NotAuthenticated

API_KEY = re.compile(r"aniate_sk_[A-Za-z0-9_-]{43}")


async def key_owner(db: Database, authorization: str) -> KeyOwner:
    """The owner of the key in an `Authorization` header; raises NotAuthenticated.

    It is looked up anew for every request, so that a revoked key is refused at once.
    """
    scheme, _, key = authorization.partition(" ")
    if not authorization:
        raise NotAuthenticated("You are not logged in.")
    if scheme.lower() != "bearer" or not API_KEY.fullmatch(key := key.strip()):
        raise NotAuthenticated("That is not an Aniate key.")
    owner = await store.key_owner(db, hashlib.sha256(key.encode()).digest())
    if owner is None:
        raise NotAuthenticated("This key is unknown or was revoked.")
    return owner


async def current_user(request: Request) -> KeyOwner:
    """For FastAPI's routes: `owner: Annotated[KeyOwner, Depends(current_user)]`."""
    return await key_owner(request.app.state.services.db, request.headers.get("authorization", ""))
