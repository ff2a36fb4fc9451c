"""What brews there are."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Depends, Request

from aniate import wire
from aniate_server.accounts.current_user import current_user
from aniate_server.brews.catalogue import Catalogue, offered

router = APIRouter()


@router.get(wire.BREWS_PATH, dependencies=[Depends(current_user)])
async def brews(request: Request) -> dict[str, list[dict[str, str]]]:
    """What this account may use: for now every plan has every brew that has a client's half."""
    catalogue: Catalogue = request.app.state.services.catalogue
    return {"brews": [asdict(wire.Brew(each.name, each.summary)) for each in offered(catalogue)]}
