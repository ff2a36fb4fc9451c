"""`GET /v1/usage`: what the workspace used by day, model and brew, and what is left of each limit."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Query

from aniate import wire
from aniate_server.accounts.current_user import Accounts
from aniate_server.accounts.routes import Asking
from aniate_server.limits import store as limits_store
from aniate_server.usage import store

router = APIRouter()
MAX_DAYS = 366


@router.get(wire.USAGE_PATH)
async def usage(
    caller: Asking, identity: Accounts, days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 30
) -> dict[str, Any]:
    """The last `days` days, today's first, and the limits as they stand."""
    db = identity.db
    rows = await store.used(db, caller.user_id, caller.workspace_id, days)
    limits = await limits_store.standing(db, caller.workspace_id, caller.user_id, caller.key_id)
    return {
        "usage": [wire.UsageRow(**{**row, "day": row["day"].isoformat()}) for row in rows],
        "limits": [wire.Limit(**dataclasses.asdict(limit)) for limit in limits],
    }
