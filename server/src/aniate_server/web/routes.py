"""All pages of ours, and the two files that they refer to."""

from __future__ import annotations

from fastapi import APIRouter, Response

from aniate_server.plumbing.errors import NotFound
from aniate_server.web import account, authorize, device, entry
from aniate_server.web.render import STATIC, static

router = APIRouter()
for part in (entry, authorize, device, account):
    router.include_router(part.router)


@router.get("/static/{name}", tags=["pages"])
async def static_file(name: str) -> Response:
    """The style sheet or the mark; browsers may keep them, since their addresses change with them."""
    if name not in STATIC:
        raise NotFound("There is no such file.")
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(static(name), 200, headers, STATIC[name])
