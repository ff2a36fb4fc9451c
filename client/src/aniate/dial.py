"""A TCP connection, started before anything else is done, so that its way to the server costs no time of ours."""

import os
from _socket import (
    AF_UNSPEC,
    IPPROTO_TCP,
    SO_ERROR,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
    gaierror,
    getaddrinfo,
    socket,
)
from errno import EINPROGRESS
from time import monotonic

from aniate.address import Address, packed_ip
from aniate.errors import Unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType

_HEAD_START_S = 0.25
"""How long an address may take before the next is tried beside it (RFC 8305, section 5)."""


class Dial:
    """A connection on its way: `Dial(…)` sends the first packet and returns, `finish` waits for the answer."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._address = address
        self._deadline = monotonic() + timeout_s
        self._waiting: list[tuple[int, object]] = []
        self._trying: list[socket] = []
        self._error: OSError | None = None
        self._resolved: LockType | None = None
        if address.host == "localhost":  # never asked of a resolver, which might say something else
            self._resolve("127.0.0.1", "::1")
        elif packed_ip(address.host) is not None:
            self._resolve(address.host)
        else:
            self._resolve_beside()

    def _resolve(self, *hosts: str) -> None:
        try:
            for host in hosts:
                # As bytes, since the codec for names beyond ASCII is 20 modules; `address` lets ASCII alone through.
                found = getaddrinfo(host.encode("ascii"), self._address.port, AF_UNSPEC, SOCK_STREAM)
                self._waiting += [(family, where) for family, _, _, _, where in found]
            self._try_next()
        except OSError as error:
            self._note(error)

    def _resolve_beside(self) -> None:
        """Look the name up in a thread: a resolver without network blocks for 5 s and more."""
        from _thread import allocate_lock, start_new_thread

        lock = allocate_lock()
        lock.acquire()
        self._resolved = lock

        def look_up() -> None:
            try:
                self._resolve(self._address.host)
            finally:
                lock.release()

        start_new_thread(look_up, ())

    def _try_next(self) -> None:
        family, where = self._waiting.pop(0)
        try:
            sock = socket(family, SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            failed = sock.connect_ex(where)  # type: ignore[arg-type]  # as getaddrinfo made it
        except OSError as error:
            self._note(error)
            return
        if failed in (0, EINPROGRESS):
            self._trying.append(sock)
        else:  # such a socket would look connected to `poll`
            sock.close()
            self._note(OSError(failed, os.strerror(failed)))

    def _note(self, error: OSError) -> None:
        """Keep the first error: it is that of the address that is preferred."""
        self._error = self._error or error

    def finish(self) -> socket:
        """The connected socket, not blocking. Unreachable if there is none in time."""
        if self._resolved is not None and not self._resolved.acquire(timeout=max(0, self._deadline - monotonic())):
            raise self._unreachable("its name could not be looked up in time")
        if isinstance(self._error, gaierror):
            raise self._unreachable("no machine of that name was found")
        while self._trying or self._waiting:
            if not self._trying:
                self._try_next()
                continue
            connected = self._wait()
            if connected is not None:
                self._trying.remove(connected)
                self.close()
                return connected
            if monotonic() >= self._deadline:
                self.close()
                raise self._unreachable("it did not answer in time")
            if self._waiting:
                self._try_next()
        reason = os.strerror(self._error.errno) if self._error and self._error.errno else "no way there"
        raise self._unreachable(reason.lower())

    def _wait(self) -> socket | None:
        """The first of the sockets that are being tried to connect, or None after a while or a failure."""
        from select import POLLOUT, poll

        poller = poll()
        for sock in self._trying:
            poller.register(sock, POLLOUT)
        wait_s = self._deadline - monotonic()
        if self._waiting:
            wait_s = min(wait_s, _HEAD_START_S)
        for fd, _ in poller.poll(max(0, wait_s) * 1000):
            sock = next(sock for sock in self._trying if sock.fileno() == fd)
            failed = sock.getsockopt(SOL_SOCKET, SO_ERROR)
            if not failed:
                return sock
            self._note(OSError(failed, os.strerror(failed)))
            self._trying.remove(sock)
            sock.close()
        return None

    def close(self) -> None:
        """Give up what is still on its way."""
        for sock in self._trying:
            sock.close()
        self._trying.clear()
        self._waiting.clear()

    def _unreachable(self, reason: str) -> Unreachable:
        hint = "Is the server running?" if self._address.loopback else "Check your network, and the address."
        return Unreachable(f"{self._address.origin} can't be reached: {reason}.", hint)
