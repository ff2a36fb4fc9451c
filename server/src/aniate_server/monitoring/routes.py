"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import choose_encoder
from starlette.exceptions import HTTPException

from aniate_server.inference.services import Services

FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Who sends one of these speaks for somebody else."""

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """200 as long as the database answers. A provider that is away is told, and is no reason to send people elsewhere:

    pages and accounts work without it, and the other processes would ask the same one.
    """
    services: Services = request.app.state.services
    database, provider = await services.readiness.look()
    said = {"status": "ok" if database else "unavailable", "database": told(database), "provider": told(provider)}
    return JSONResponse(said, 200 if database else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The process's numbers, for this machine and for who has the token; for all others there is no such path."""
    services: Services = request.app.state.services
    if not is_local(request) and not has_token(request, services.settings.metrics_token):
        raise HTTPException(404)
    encoder, content_type = choose_encoder(accepted(request))
    shown = await asyncio.to_thread(encoder, services.metrics.registry)
    return Response(shown, headers={"content-type": content_type})


def told(answers: bool) -> str:
    return "ok" if answers else "away"


def accepted(request: Request) -> str:
    """What the client reads, if it is OpenMetrics 1.0; anything else gets Prometheus' own text."""
    return "application/openmetrics-text" if "openmetrics-text" in request.headers.get("accept", "") else ""


def has_token(request: Request, token: str | None) -> bool:
    """Whether the request shows the token that is set."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(shown.encode(), (token or "").encode())


def is_local(request: Request) -> bool:
    """Whether it comes from this machine and speaks for nobody else.

    The host that it names must be this machine, too: else a proxy that hides whom it speaks for, or a page that
    has its own name lead here (DNS rebinding), would pass.
    """
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    return is_loopback(request.client.host) and is_loopback(host_of(request))


def host_of(request: Request) -> str:
    """The host that the request names, without its port."""
    try:
        return urlsplit("//" + request.headers.get("host", "")).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether it is an address, or the one name, of this machine."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback
