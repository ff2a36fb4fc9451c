"""`GET /v1/models` for programs that speak OpenAI's protocol: our aliases, never what is behind them."""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send

from aniate_server.accounts.current_user import caller_of
from aniate_server.inference.choice import aliases, pick
from aniate_server.inference.completion_errors import refusal
from aniate_server.inference.routes import known_error
from aniate_server.inference.services import Services
from aniate_server.plumbing.access import REQUEST_ID
from aniate_server.plumbing.errors import WrongMethod
from aniate_server.plumbing.http import Body, error_headers, header, send_json

PATH = "/v1/models"


class ModelsEndpoint:
    """The ASGI application of the list, and of each model below it; `Access` names its requests."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers: list[tuple[bytes, bytes]] = []
        try:
            if scope["method"] != "GET":
                headers.append((b"allow", b"GET"))
                raise WrongMethod("Models can only be read.")
            caller = await caller_of(self._services.identity, header(scope, b"authorization"))
            answer = await self._answer(scope["path"].removeprefix(PATH).strip("/"), caller.plan)
            await send_json(send, 200, answer, headers)
        except Exception as error:  # noqa: BLE001 - the one place where everything ends
            known = known_error(error, scope[REQUEST_ID])
            await Body(scope, receive, 0).drain()
            await send_json(send, *refusal(known), [*headers, *error_headers(known)])

    async def _answer(self, alias: str, plan: str) -> dict[str, Any]:
        """One model, or all that the plan has."""
        models = await self._services.models.models()
        if alias:
            pick(models, alias, plan)
            return described(alias)
        return {"object": "list", "data": [described(each) for each in aliases(models, plan)]}


def described(alias: str) -> dict[str, Any]:
    """One model. When it was made, its maker may say; it is a required field."""
    return {"id": alias, "object": "model", "created": 0, "owned_by": "aniate"}
