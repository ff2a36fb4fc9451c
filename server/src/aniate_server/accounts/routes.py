"""What a user may ask about the own account."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from aniate import wire
from aniate_server.accounts.caller import Caller
from aniate_server.accounts.current_user import current_user

router = APIRouter()


@router.get(wire.WHOAMI_PATH)
async def whoami(caller: Annotated[Caller, Depends(current_user)]) -> dict[str, str]:
    """Who the token belongs to."""
    return asdict(
        wire.Account(
            user_id=str(caller.user_id),
            email=caller.email,
            workspace_id=str(caller.workspace_id),
            workspace=caller.workspace,
            plan=caller.plan,
            key_name=caller.name,
        )
    )
