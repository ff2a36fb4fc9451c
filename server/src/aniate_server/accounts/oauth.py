"""OAuth's paths for programs: tokens, waiting devices, the end of a login, and where all of it is (RFC 8414)."""

from __future__ import annotations

import dataclasses
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse

from aniate import wire
from aniate_server.accounts import grants, sessions
from aniate_server.accounts.current_user import Accounts
from aniate_server.accounts.oauth_errors import OAuthRefused
from aniate_server.accounts.sessions import Machine, shown
from aniate_server.plumbing.errors import NotFound

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = ("authorization_code", "refresh_token", DEVICE_GRANT)
NO_STORE = {"cache-control": "no-store"}

router = APIRouter()
Field = Annotated[str, Form(max_length=4096)]


def asking_machine(request: Request) -> Machine:
    """What asks, as far as a request tells."""
    return Machine("", request.headers.get("user-agent", ""), address_of(request))


def address_of(request: Request) -> str:
    """The network address that a request comes from."""
    return shown(request.client.host)[:100] if request.client else "unknown"


Asking = Annotated[Machine, Depends(asking_machine)]


@router.get(wire.OAUTH_METADATA_PATH)
async def metadata(identity: Accounts) -> wire.AuthorizationServer:
    """Where and how to log in."""
    at = identity.addresses
    return wire.AuthorizationServer(
        issuer=at.issuer,
        authorization_endpoint=f"{at.web}/authorize",
        token_endpoint=at.api + wire.TOKEN_PATH,
        device_authorization_endpoint=at.api + wire.DEVICE_PATH,
        revocation_endpoint=at.api + wire.REVOKE_PATH,
        jwks_uri=f"{at.api}/.well-known/jwks.json",
        grant_types_supported=GRANTS,
    )


@router.get(wire.OAUTH_METADATA_PATH + "/{path:path}")
async def metadata_of_path(path: str, identity: Accounts) -> wire.AuthorizationServer:
    """The same, for an issuer whose address has a path (RFC 8414, section 3.1); of any other there is none."""
    if urlsplit(identity.addresses.issuer).path.strip("/") != path:
        raise NotFound("There is no issuer of this path.")
    return await metadata(identity)


@router.post(wire.TOKEN_PATH)
async def token(
    identity: Accounts,
    machine: Asking,
    response: Response,
    grant_type: Field = "",
    client_id: Field = "",
    code: Field = "",
    redirect_uri: Field = "",
    code_verifier: Field = "",
    refresh_token: Field = "",
    device_code: Field = "",
) -> wire.Tokens:
    """A login for a code, for a device that was allowed, or for the refresh token of one."""
    response.headers.update(NO_STORE)
    if grant_type == "authorization_code":
        return await grants.redeem_code(identity, client_id, code, redirect_uri, code_verifier, machine)
    if grant_type == DEVICE_GRANT:
        return await grants.poll_device(identity, client_id, device_code, machine)
    if grant_type == "refresh_token":
        grants.known_client(client_id)
        return await sessions.refresh(identity, refresh_token, machine.address)
    raise OAuthRefused("unsupported_grant_type", f"grant_type must be one of {', '.join(GRANTS)}.")


@router.post(wire.DEVICE_PATH)
async def device(
    identity: Accounts, machine: Asking, response: Response, client_id: Field = "", device_name: Field = ""
) -> wire.DeviceAuthorization:
    """A device begins to wait."""
    response.headers.update(NO_STORE)
    return await grants.open_device(identity, client_id, dataclasses.replace(machine, name=device_name))


@router.post(wire.REVOKE_PATH)
async def revoke(identity: Accounts, machine: Asking, token: Field = "") -> dict[str, str]:
    """End the login that a token is of; a token that is none of ours changes nothing (RFC 7009)."""
    await sessions.revoke(identity, token, machine.address)
    return {}


def on_refused(_: Request, error: Exception) -> JSONResponse:
    """A refusal in OAuth's own shape."""
    assert isinstance(error, OAuthRefused)  # noqa: S101 - registered for this class alone
    body = wire.OAuthError(error.error, error.description)
    return JSONResponse(dataclasses.asdict(body), error.status, NO_STORE)
