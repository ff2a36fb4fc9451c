"""One request to one host, and its answer as it comes.

The fast path is a socket and `http1`. Where a proxy is set, `proxied` takes over. Redirects are never
followed: the token is for one host.
"""

import os
from _socket import socket

from aniate import __version__
from aniate.dial import Dial
from aniate.errors import AntError, BrokenAnswer, StorageFailed, Unreachable
from aniate.http1 import Response, read_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from aniate.address import Address
    from aniate.config import Settings

    class Link(Protocol):
        """A connection to the server, made or being made."""

        def request(
            self,
            method: str,
            path: str,
            token: str,
            body: bytes = b"",
            headers: "dict[str, str] | None" = None,
            sent: "Callable[[], None]" = lambda: None,
        ) -> Response:
            """Send one request; the answer's head has come when this returns. `sent` is called in between."""

        def close(self) -> None:
            """Let go of the connection."""


_HANDSHAKE_S = 10.0
_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def connect(settings: "Settings") -> "Link":
    """A link to the settings' host; its first packet is on its way when this returns."""
    # As in most tools, a proxy is never asked for this machine; so plain http never meets one.
    if not settings.address.loopback and any(os.environ.get(name) for name in _PROXY_VARIABLES):
        from aniate.proxied import ProxiedLink, proxy_for

        proxy = proxy_for(settings.address)
        if proxy:
            return ProxiedLink(settings, proxy)
    return DirectLink(settings)


def request_headers(address: "Address", token: str, body: bytes) -> dict[str, str]:
    """What goes in front of every request, unless the request says otherwise. Without a token nobody is named."""
    headers = {
        "Host": address.origin.partition("://")[2],
        "User-Agent": f"ant/{__version__}",
        "Accept": "text/event-stream, application/json",
        "Accept-Encoding": "identity",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return headers


class DirectLink:
    """A link without anything between."""

    def __init__(self, settings: "Settings") -> None:
        self._address = settings.address
        self._timeout_s = settings.timeout_s
        self._dial = Dial(settings.address, settings.connect_timeout_s)
        self._socket: socket | None = None
        # Certificates are read while the first packet travels.
        self._context = tls_context() if settings.address.tls else None

    def request(
        self,
        method: str,
        path: str,
        token: str,
        body: bytes = b"",
        headers: "dict[str, str] | None" = None,
        sent: "Callable[[], None]" = lambda: None,
    ) -> Response:
        """Send one request. Unreachable, NotAniate or BrokenAnswer if there is no answer."""
        sock = self._open()
        lines = [f"{method} {path} HTTP/1.1"]
        all_headers = request_headers(self._address, token, body) | (headers or {})
        lines += [f"{name}: {value}" for name, value in all_headers.items()]
        head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii")
        try:
            _send(sock, head + body)
            sent()  # what can be done while the server thinks
            response = read_response(lambda: sock.recv(65536))
        except (OSError, AntError) as error:
            raise explain(error, self._address, self._timeout_s, answering=False) from error
        response.chunks = self._explained(response.chunks)
        return response

    def _open(self) -> socket:
        raw = self._dial.finish()
        if self._context is not None:
            raw = secure(raw, self._context, self._address)
        raw.settimeout(self._timeout_s)
        self._socket = raw
        return raw

    def _explained(self, chunks: "Iterator[bytes]") -> "Iterator[bytes]":
        try:
            yield from chunks
        except OSError as error:
            raise explain(error, self._address, self._timeout_s, answering=True) from error

    def close(self) -> None:
        """Let go of the connection; the server sees it at once."""
        self._dial.close()
        if self._socket is not None:
            self._socket.close()


def _send(sock: socket, data: bytes) -> None:
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses early (too large, no key) may stop reading; its answer is still there to read.
        return


def tls_context() -> "ssl.SSLContext":
    """The system's certificates, and names checked. StorageFailed if a file for it that was named is of no use."""
    import ssl

    try:
        context = ssl.create_default_context()
    except OSError as error:
        at_fault = "SSLKEYLOGFILE" if os.environ.get("SSLKEYLOGFILE") else "SSL_CERT_FILE"
        raise StorageFailed(
            f"TLS can't be set up: {(error.strerror or 'failed').lower()}.", f"Check {at_fault} in the environment."
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


def secure(raw: socket, context: "ssl.SSLContext", address: "Address") -> socket:
    """TLS over `raw`. Unreachable if the other side has no valid certificate for its name."""
    import socket as sockets
    import ssl

    plain = sockets.socket(fileno=raw.detach())
    plain.settimeout(_HANDSHAKE_S)
    try:
        plain.getpeername()  # not connected, it would be wrapped without a handshake, and sent to in plain
        return context.wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"{address.origin} has no valid certificate: {error.verify_message.rstrip('.')}. Nothing was sent.",
            "Check the address. For a private authority set SSL_CERT_FILE to its certificates.",
        ) from error
    except OSError as error:
        plain.close()
        raise Unreachable(f"{address.origin} can't be reached: it does not speak TLS.", "Check the address.") from error


def explain(error: Exception, address: "Address", timeout_s: float, answering: bool) -> AntError:
    """The sentence for a failure after the connection was made."""
    if isinstance(error, AntError):
        error.message = f"{address.origin}: {error.message}"
        return error
    if isinstance(error, TimeoutError):
        return BrokenAnswer(
            f"{address.origin} said nothing for {timeout_s:g} s.", "`ant config set timeout SECONDS` allows more."
        )
    if answering:
        return BrokenAnswer(f"The answer broke off: the connection to {address.origin} was lost.")
    return BrokenAnswer(f"{address.origin} closed the connection before it answered.")
