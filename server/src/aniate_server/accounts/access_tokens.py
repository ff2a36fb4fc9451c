"""Access tokens: JSON Web Tokens (RFC 7519) by ES256 alone, with the claims that Supabase's have."""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from aniate_server.accounts.caller import Caller
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.signing_keys import SigningKeys
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import NotAuthenticated

ALGORITHM = "ES256"
AUDIENCE = "authenticated"
LIFETIME_S = 3600
LEEWAY_S = 30
"""What the clocks of two of our machines may differ."""
MAX_CHARACTERS = 4096
REMEMBERED = 20_000
REFUSED = "This login has expired or is not known here."


class AccessTokens:
    """Makes and checks them. What was checked is remembered, since a signature costs 100 microseconds."""

    def __init__(self, keys: SigningKeys, issuer: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    async def issue(self, session: Session) -> tuple[str, int]:
        """A token for the login, and for how many seconds it is good: LIFETIME_S, and never beyond the login's end."""
        kid, key = await self._keys.signing()
        now = int(self._clock.now().timestamp())
        lifetime_s = max(1, min(LIFETIME_S, int(session.expires_at.timestamp()) - now))
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + lifetime_s,
            "sub": str(session.user_id),
            "role": "authenticated",
            "aal": "aal1",
            "session_id": str(session.id),
            "email": session.email,
            "app_metadata": {
                "workspace_id": str(session.workspace_id),
                "workspace": session.workspace,
                "plan": session.plan,
                "machine": session.name,
            },
            "user_metadata": {},
        }
        return jwt.encode({"alg": ALGORITHM, "kid": kid, "typ": "JWT"}, claims, key, algorithms=[ALGORITHM]), lifetime_s

    async def caller(self, token: str) -> Caller:
        """Who the token is of; NotAuthenticated if it is none of ours or not good now. Its login may have ended."""
        now = self._clock.now().timestamp()
        known = self._remembered.get(token)
        if known and known[1] > now:
            return known[0]
        caller, expires_at = await self._checked(token)
        self._remembered[token] = caller, expires_at
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return caller

    async def _checked(self, token: str) -> tuple[Caller, float]:
        if len(token) > MAX_CHARACTERS or token.count(".") != 2:
            raise NotAuthenticated("That is neither an Aniate key nor a login.")
        key = await self._keys.verifying(kid_of(token))
        if key is None:
            raise NotAuthenticated(REFUSED)
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            rules = JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": AUDIENCE},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            )
            rules.validate(claims)
            where = claims["app_metadata"]
            caller = Caller(
                user_id=UUID(claims["sub"]),
                email=claims["email"],
                workspace_id=UUID(where["workspace_id"]),
                workspace=where["workspace"],
                plan=where["plan"],
                name=where["machine"],
                session_id=UUID(claims["session_id"]),
            )
        except (JoseError, ValueError, KeyError, TypeError):
            raise NotAuthenticated(REFUSED) from None
        return caller, float(claims["exp"])


def kid_of(token: str) -> str:
    """The name of the key that a token says it was signed with, or nothing."""
    head = token.partition(".")[0]
    try:
        fields = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        return str(fields["kid"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
