"""The way through a proxy, by urllib3. Slower to start, so taken only where a proxy is set."""

from aniate.address import without_login
from aniate.errors import BrokenAnswer, NotAniate, Unreachable, UsageError
from aniate.http1 import Response
from aniate.safe_text import clean_line
from aniate.transport import explain, request_headers, tls_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import urllib3

    from aniate.address import Address
    from aniate.config import Settings


def proxy_for(address: "Address") -> str:
    """The proxy that the environment names for `address`, or "" (NO_PROXY heeded)."""
    from urllib import request

    proxies = request.getproxies_environment()
    # Not in the type stubs, but there since Python 3.
    bypass = request.proxy_bypass_environment  # type: ignore[attr-defined]
    if bypass(f"{address.host}:{address.port}", proxies):
        return ""
    return proxies.get("https") or proxies.get("all") or ""


class ProxiedLink:
    """A link through a proxy; opened by its first request."""

    def __init__(self, settings: "Settings", proxy: str) -> None:
        import urllib3

        self._settings = settings
        if not proxy.lower().startswith(("http://", "https://")):
            raise UsageError(
                f"The proxy {without_login(clean_line(proxy, 80))} can't be used.",
                "HTTPS_PROXY must be like http://proxy:8080.",
            )
        try:
            self._pool: urllib3.ProxyManager = urllib3.ProxyManager(proxy, ssl_context=tls_context())
        except urllib3.exceptions.HTTPError as error:
            raise UsageError("The proxy's address in the environment makes no sense.") from error

    def request(
        self,
        method: str,
        path: str,
        token: str,
        body: bytes = b"",
        headers: "dict[str, str] | None" = None,
        sent: "Callable[[], None]" = lambda: None,
    ) -> Response:
        """Send one request, once, following nothing."""
        import urllib3

        address, settings = self._settings.address, self._settings
        timeout = urllib3.Timeout(connect=settings.connect_timeout_s, read=settings.timeout_s)
        try:
            answer = self._pool.request(
                method,
                address.origin + path,
                body=body or None,
                headers=request_headers(address, token, body) | (headers or {}),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
                timeout=timeout,
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            raise explain(TimeoutError(), address, settings.timeout_s, answering=False) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(
                f"{address.origin} can't be reached through the proxy.", "Check HTTPS_PROXY and NO_PROXY."
            ) from error
        sent()
        got = {name.lower(): value for name, value in answer.headers.items()}
        if got.get("content-encoding", "identity") != "identity":
            raise NotAniate(f"{address.origin}: The server compressed its answer although it was not asked to.")
        return Response(answer.status, got, self._chunks(answer))

    def _chunks(self, answer: "urllib3.BaseHTTPResponse") -> "Iterator[bytes]":
        import urllib3

        try:
            while piece := answer.read1(65536):
                yield piece
        except urllib3.exceptions.ReadTimeoutError as error:
            raise explain(TimeoutError(), self._settings.address, self._settings.timeout_s, answering=True) from error
        except urllib3.exceptions.HTTPError as error:
            raise BrokenAnswer(
                f"The answer broke off: the connection to {self._settings.address.origin} was lost."
            ) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.clear()
