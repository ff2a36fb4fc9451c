"""https: the system's certificates, a proxy where one is set, and no token to a stranger."""

import _socket
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ant_process import Home, Ran
from ant_stub import KEY, Server, Stub, answers, stalls, streams
from oauth_stub import Logins

from aniate.address import parse
from aniate.errors import Unreachable
from aniate.transport import secure as secure_socket
from aniate.transport import tls_context

_CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"


@pytest.fixture
def secure() -> Iterator[Stub]:
    """A server that speaks TLS, with a certificate that nobody knows."""
    made = Stub()
    with Server(made, str(_CERTIFICATE)):
        yield made


class _Proxy:
    """A proxy that tunnels, and notes where to; by its name for it, a machine elsewhere is the one here."""

    def __init__(self, target: int) -> None:
        self.asked: list[str] = []
        self.heads: list[str] = []
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head.decode())
            self.asked.append(head.split(b" ")[1].decode())
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            outward = threading.Thread(target=_pump, args=(client, server), daemon=True)
            outward.start()
            _pump(server, client)
            outward.join()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture
def proxy(secure: Stub) -> Iterator[_Proxy]:
    """A proxy in front of `secure`."""
    made = _Proxy(int(secure.url.rpartition(":")[2]))
    yield made
    made.close()


def test_an_answer_comes_over_tls(home: Home, secure: Stub) -> None:
    secure.reply = streams("Safe", " and sound.")
    home.log_in(secure.url)
    ran = home.run("ask", "hi", SSL_CERT_FILE=str(_CERTIFICATE))
    assert (ran.code, ran.out, ran.err) == (0, "Safe and sound.\n", "")


def test_a_certificate_that_nobody_knows_is_refused_before_anything_is_sent(home: Home, secure: Stub) -> None:
    home.log_in(secure.url)
    ran = home.run("ask", "hi")
    assert (ran.code, ran.out) == (1, "")
    assert f"{secure.url} has no valid certificate:" in ran.err
    assert ".. Nothing was sent." not in ran.err
    assert ". Nothing was sent." in ran.err
    assert secure.requests == []


def test_a_file_for_the_keys_of_tls_that_can_not_be_written_is_told(home: Home, secure: Stub) -> None:
    home.log_in(secure.url)
    ran = home.run("ask", "hi", SSLKEYLOGFILE="/nonexistent/x")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "ant: TLS can't be set up: no such file or directory.\nCheck SSLKEYLOGFILE in the environment.\n"


def test_a_server_that_speaks_no_tls_is_told(home: Home, stub: Stub) -> None:
    home.log_in(stub.url.replace("http:", "https:"))
    ran = home.run("ask", "hi")
    assert (ran.code, stub.requests) == (1, [])
    assert "does not speak TLS" in ran.err


def test_nothing_is_sent_over_a_socket_that_is_not_connected() -> None:
    with pytest.raises(Unreachable):
        secure_socket(_socket.socket(), tls_context(), parse("https://127.0.0.1"))


# A name for the proxy alone, which the certificate has too: this machine itself is never reached through a proxy.
_ELSEWHERE = "https://ant.test"


def _through(home: Home, proxy: _Proxy, *words: str) -> Ran:
    home.environ |= {"ANT_TOKEN": KEY, "HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(_CERTIFICATE)}
    return home.run(*words, "--host", _ELSEWHERE, *(["hi"] if words == ("ask",) else []))


def test_through_a_proxy_the_answer_is_the_same(home: Home, secure: Stub, proxy: _Proxy) -> None:
    secure.reply = streams("Round ", "about.")
    ran = _through(home, proxy, "ask")
    assert (ran.code, ran.out, ran.err) == (0, "Round about.\n", "")
    assert proxy.asked == ["ant.test:443"]
    assert KEY not in "".join(proxy.heads)
    assert _through(home, proxy, "whoami").code == 0


def test_through_a_proxy_a_login_is_the_same(home: Home, secure: Stub, proxy: _Proxy) -> None:
    # It minds the type of what it is sent, and that no token goes along.
    logins = Logins(secure, web=_ELSEWHERE, issuer=_ELSEWHERE)
    ran = _through(home, proxy, "login", "--device", "--in-file")
    assert ran.code == 0, ran.err
    assert [path for path, _ in logins.forms] == ["/v1/oauth/device", "/v1/oauth/token"]
    assert [request.headers.get("authorization") for request in secure.requests[:3]] == [None] * 3


def test_through_a_proxy_an_error_is_the_same(home: Home, secure: Stub, proxy: _Proxy) -> None:
    secure.reply = answers(302, "text/plain", b"", location="https://evil.example/")
    ran = _through(home, proxy, "ask")
    assert ran.code == 1
    assert "redirects are not followed" in ran.err
    assert len(secure.requests) == 1


def test_through_a_proxy_silence_is_bounded(home: Home, secure: Stub, proxy: _Proxy) -> None:
    secure.reply = stalls("Half")
    home.run("config", "set", "timeout", "0.5")
    ran = _through(home, proxy, "ask")
    assert (ran.code, ran.out) == (1, "Half\n")
    assert "said nothing for 0.5 s" in ran.err


def test_no_proxy_is_heeded(home: Home, secure: Stub, proxy: _Proxy) -> None:
    here = secure.url.replace("127.0.0.1", "0.0.0.0")  # this machine, in a spelling that is not taken for loopback
    home.environ |= {"ANT_TOKEN": KEY, "HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(_CERTIFICATE)}
    assert home.run("ask", "--host", here, "hi").out == "Hello.\n"
    assert len(proxy.asked) == 1
    assert home.run("ask", "--host", here, "hi", NO_PROXY="example.com,0.0.0.0").out == "Hello.\n"
    assert len(proxy.asked) == 1


def test_this_machine_is_never_reached_through_a_proxy(user: Home, stub: Stub, proxy: _Proxy) -> None:
    ran = user.run("ask", "hi", HTTPS_PROXY=proxy.url, HTTP_PROXY=proxy.url, ALL_PROXY=proxy.url)
    assert (ran.out, proxy.asked) == ("Hello.\n", [])


@pytest.mark.parametrize(("url", "code"), [("http://127.0.0.1:1", 1), ("socks5://127.0.0.1:1", 2), ("nonsense", 2)])
def test_a_proxy_that_can_not_be_used_is_told(url: str, code: int, home: Home) -> None:
    ran = home.run("ask", "--host", _ELSEWHERE, "hi", ANT_TOKEN=KEY, HTTPS_PROXY=url)
    assert ran.code == code
    assert "proxy" in ran.err.lower()
    assert len(ran.err.splitlines()) <= 2
