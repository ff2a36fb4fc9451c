"""OpenAI's own client, pointed at our door."""

from __future__ import annotations

from typing import Any

import openai

from server.tests.inference.gateway import Gateway


def client_with(gateway: Gateway, key: str) -> Any:  # Any: its overloads would be asked for in each optional field
    """It tries once, and takes nothing that is not of the documented shape."""
    url = f"{gateway.url}/v1"
    return openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0, _strict_response_validation=True)
