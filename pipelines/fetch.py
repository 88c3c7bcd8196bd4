"""One HTTP request, made safely: the address checked before it is connected to, bytes and seconds bounded.

The name is resolved once and the connection goes to the address that was checked, so a name server that
answers differently the second time gains nothing. HTTP itself is urllib3's. No proxy is used: a proxy would
resolve the name again.
"""

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError, SSLError
from urllib3.response import BaseHTTPResponse

from pipelines.addresses import Network, why_refused
from pipelines.web_urls import WebUrl

__all__ = ["Answer", "FetchError", "Fetcher", "Limits", "Resolver", "resolve_name"]

#: Host and port -> addresses, best first. May raise OSError or UnicodeError.
Resolver = Callable[[str, int], Sequence[str]]

_CHUNK = 64 << 10
_TICK_S = 0.05
_OK = 200
#: Of a host with many addresses so many are tried.
_TRIES = 3
_HEADERS = {"Accept-Encoding": "gzip", "Connection": "close"}


class FetchError(Exception):
    """A request that gave no answer; `reason` is one word of a closed set, `detail` for readers.

    Reasons: bad_url, refused_address, refused_port, unresolved, unreachable, tls, timeout, stopped, too_large,
    bad_encoding, broken, too_many_redirects, robots_disallowed, robots_unreachable, host_on_hold. `wait_s`: asking
    again before that is of no use.
    """

    def __init__(self, reason: str, detail: str, wait_s: float = 0.0) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.wait_s = wait_s


class Limits(NamedTuple):
    """Bounds of one visit: bytes on the wire and unpacked, seconds of all its requests, of connecting, redirects."""

    max_bytes: int = 10 << 20
    seconds: float = 30.0
    connect_seconds: float = 10.0
    redirects: int = 5


class Answer(NamedTuple):
    """What a server answered. `headers` have names in small letters; `body` is unpacked, b"" unless status is 200."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a host by the system's resolver. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Request:
    """A request under way, which the watch can end from outside."""

    def __init__(self, connection: HTTPConnection, deadline: float) -> None:
        self.connection = connection
        self.deadline = deadline
        self.socket: socket.socket | None = None
        self.cut_off = False

    def cut(self) -> None:
        """End the request: whoever reads from the socket gets an error or the end."""
        self.cut_off = True
        if self.socket is not None:
            with contextlib.suppress(OSError):
                # The plain method: that of a TLS socket would first take the layer away that is being read.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Fetcher:
    """Makes requests; use it in a `with`, whose end stops the watch. Safe to use from several threads."""

    def __init__(
        self,
        user_agent: str,
        limits: Limits | None = None,
        resolve: Resolver = resolve_name,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take what stands in for the system's resolver and, as `tls`, for its certificates."""
        self.limits = limits or Limits()
        self._user_agent = user_agent
        self._resolve = resolve
        self._tls = tls
        self._under_way: set[_Request] = set()
        self._stopping = threading.Event()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._cut_late_ones, name="fetch-watch", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._closed.set()
        self._watch.join()

    def stop(self) -> None:
        """End the requests under way, and refuse further ones: they fail with the reason `stopped`."""
        self._stopping.set()

    def get(
        self,
        url: WebUrl,
        headers: Mapping[str, str],
        allowed: Sequence[Network],
        seconds: float,
        *,
        max_bytes: int | None = None,
        cut: bool = False,
    ) -> Answer:
        """Return the answer to one GET, redirects not followed; raises FetchError.

        `headers` are sent besides our own; `allowed` are networks that may be reached although they are not
        public. `seconds` bound all of it. A body beyond `max_bytes` (default: the limit) is refused, or with `cut`
        cut there.
        """
        deadline = time.monotonic() + seconds
        fault = FetchError("unreachable", f"{url.host} has no address")
        for address in self._addresses(url, allowed, deadline)[:_TRIES]:
            request = _Request(self._connection(url, address, deadline), deadline)
            with self._watched(request, url):
                try:
                    self._connect(request, url, address)
                except FetchError as error:
                    fault = error
                    if error.reason != "unreachable":
                        raise
                    continue
                return self._exchange(request, url, headers, max_bytes or self.limits.max_bytes, cut=cut)
        raise fault

    def _addresses(self, url: WebUrl, allowed: Sequence[Network], deadline: float) -> Sequence[str]:
        found: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                found.put(self._resolve(url.host, url.port))
            except (OSError, UnicodeError) as error:
                found.put(error)

        # The system's resolver cannot be given a time; its thread ends by itself.
        threading.Thread(target=look_up, name="resolve", daemon=True).start()
        while True:
            if self._stopping.is_set():
                raise FetchError("stopped", url.text)
            try:
                addresses = found.get(timeout=_TICK_S)
                break
            except queue.Empty:
                if time.monotonic() >= deadline:
                    raise FetchError("timeout", f"{url.host} was not resolved in time") from None
        if isinstance(addresses, Exception):
            raise FetchError("unresolved", f"{url.host}: {addresses}")
        for address in addresses:
            # One address that is not public is enough: honest names do not mix the two.
            kind = why_refused(address, allowed)
            if kind:
                raise FetchError("refused_address", f"{url.host} is {address}, which is {kind}")
        return addresses

    def _connection(self, url: WebUrl, address: str, deadline: float) -> HTTPConnection:
        # TCP and TLS each take at most this.
        timeout = max(0.01, min(self.limits.connect_seconds, (deadline - time.monotonic()) / 2))
        if url.scheme == "http":
            return HTTPConnection(address, url.port, timeout=timeout)
        if self._tls is None:
            self._tls = ssl.create_default_context()  # reads all certificates: 30 ms
        return HTTPSConnection(
            address,
            url.port,
            timeout=timeout,
            ssl_context=self._tls,
            server_hostname=url.host,  # the certificate is checked for the name, not for the address
        )

    def _connect(self, request: _Request, url: WebUrl, address: str) -> None:
        connection = request.connection
        try:
            connection.connect()
        except (SSLError, ssl.SSLError, ssl.CertificateError) as error:
            raise FetchError("tls", f"{url.host}: {error}") from error
        except TimeoutError as error:
            raise FetchError("timeout", f"{url.host} at {address} does not answer") from error
        except (OSError, HTTPError, ValueError) as error:
            raise FetchError("unreachable", f"{url.host} at {address}: {_shown(error)}") from error
        request.socket = connection.sock
        connection.timeout = max(0.01, request.deadline - time.monotonic())

    def _exchange(
        self, request: _Request, url: WebUrl, headers: Mapping[str, str], max_bytes: int, *, cut: bool
    ) -> Answer:
        sent = {"Host": url.authority, "User-Agent": self._user_agent, **_HEADERS, **headers}
        connection = request.connection
        try:
            connection.request("GET", url.target, headers=sent, preload_content=False, decode_content=False)
            response = connection.getresponse()
            got = {name.lower(): value for name, value in response.headers.items()}
            body = b""
            if response.status == _OK:
                body = _read_body(response, got, max_bytes, cut=cut)
        except (TimeoutError, ReadTimeoutError) as error:
            raise FetchError("timeout", f"{url.host} did not finish in time") from error
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise FetchError("broken", f"{url.host}: {_shown(error)}") from error
        return Answer(url.text, response.status, got, body)

    @contextlib.contextmanager
    def _watched(self, request: _Request, url: WebUrl) -> Iterator[None]:
        self._under_way.add(request)
        fault: FetchError | None = None
        try:
            yield
        except FetchError as error:
            fault = error
        finally:
            self._under_way.discard(request)
            if request.socket is not None:
                with contextlib.suppress(OSError):
                    request.socket.close()
            request.connection.close()
        if request.cut_off:
            # Whatever the reader took it for, even for the end of the body.
            reason = "stopped" if self._stopping.is_set() else "timeout"
            raise FetchError(
                reason, f"{url.host} did not finish in time" if reason == "timeout" else url.text
            )
        if fault is not None:
            raise fault

    def _cut_late_ones(self) -> None:
        while not self._closed.wait(_TICK_S):
            now = time.monotonic()
            for request in self._under_way.copy():
                if self._stopping.is_set() or now >= request.deadline:
                    request.cut()


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


def _read_body(response: BaseHTTPResponse, headers: Mapping[str, str], max_bytes: int, *, cut: bool) -> bytes:
    """Return the unpacked body. Raises FetchError for one that is too large or not packed as it says."""
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchError("bad_encoding", f"the body is packed as {packing[:40]!r}, gzip was asked for")
    length = headers.get("content-length", "")
    if length and not (length.isascii() and length.isdigit()):
        raise FetchError("broken", f"the Content-Length is {length[:40]!r}")
    if length and int(length[:20]) > max_bytes and not cut:
        raise FetchError("too_large", f"{length[:20]} bytes are announced, {max_bytes} are allowed")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in packing else None
    parts: list[bytes] = []
    wire = size = 0
    while data := response.read(_CHUNK, decode_content=False):
        wire += len(data)
        if unpack is not None:
            data = _unpacked(unpack, data, max_bytes + 1 - size)
        parts.append(data)
        size += len(data)
        if max(size, wire) > max_bytes:
            if cut:
                return b"".join(parts)[:max_bytes]
            raise FetchError("too_large", f"more than {max_bytes} bytes")
    if unpack is not None and wire and not unpack.eof:
        raise FetchError("broken", f"the gzip data ends early, after {wire} bytes")
    return b"".join(parts)


def _unpacked(unpack: "zlib._Decompress", data: bytes, most: int) -> bytes:
    try:
        unpacked = unpack.decompress(data, most)
    except zlib.error as error:
        raise FetchError("broken", f"not gzip: {error}") from error
    if unpack.unused_data.strip(b"\0"):
        raise FetchError("broken", "something else follows the gzip data")
    return unpacked
