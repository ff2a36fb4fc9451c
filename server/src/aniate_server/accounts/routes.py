"""What a user may ask about the own account."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from aniate import wire
from aniate_server.accounts.current_user import current_user
from aniate_server.accounts.store import KeyOwner

router = APIRouter()


@router.get(wire.WHOAMI_PATH)
async def whoami(owner: Annotated[KeyOwner, Depends(current_user)]) -> dict[str, str]:
    """Who the key belongs to."""
    return asdict(
        wire.Account(
            user_id=str(owner.user_id),
            email=owner.email,
            workspace_id=str(owner.workspace_id),
            workspace=owner.workspace,
            plan=owner.plan,
            key_name=owner.key_name,
        )
    )
