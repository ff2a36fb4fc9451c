"""What the paths below `/v1/oauth` refuse, in OAuth's own words."""

from __future__ import annotations

from aniate_server.plumbing.errors import AniateError


class OAuthRefused(AniateError):
    """A refusal as RFC 6749, section 5.2 (and RFC 8628, section 3.5) has it: `error` is for programs."""

    code, status = "bad_request", 400

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        if error == "invalid_client":
            self.status = 401
