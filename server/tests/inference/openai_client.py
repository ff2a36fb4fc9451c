"""OpenAI's own client, pointed at our door."""

from __future__ import annotations

import openai

from server.tests.inference.gateway import Gateway


def client_with(gateway: Gateway, key: str) -> openai.AsyncOpenAI:
    """It tries once, and takes nothing that is not of the documented shape."""
    url = f"{gateway.url}/v1"
    return openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0, _strict_response_validation=True)
