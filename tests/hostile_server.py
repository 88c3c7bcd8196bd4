"""A web server on loopback that behaves as badly as it is told to, byte by byte; for tests alone."""

import gzip
import ipaddress
import socketserver
import threading
import time
from typing import NamedTuple

NAME = "feeds.example"
LOOPBACK = "127.0.0.1"


class Request(NamedTuple):
    """What came in: path with query, headers with names in small letters, and when (monotonic)."""

    path: str
    headers: dict[str, str]
    at: float


def answer(body=b"", status="200 OK", **headers):
    """Return a whole answer; header names have `_` for `-`."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def raw(data):
    """Return a script that sends bytes as they are, and closes."""
    return lambda send, _: send(data)


def _drip(head, step=0.02):
    def script(send, _):
        send(head)
        while True:
            send(b"x")
            time.sleep(step)

    return script


def _endless(head, piece):
    def script(send, _):
        send(head)
        while True:
            send(piece)

    return script


def _silent(send, request):
    time.sleep(20)


def _redirect(send, request):
    number = int(request.path.rpartition("/")[2])
    send(answer(status="302 Found", Location=f"/redirects/{number + 1}"))


BOMB = gzip.compress(b" " * (64 << 20), 9)
OK = b"HTTP/1.1 200 OK\r\n"

#: Path -> what is sent for it; a script gets `send` and the request.
HOSTILE = {
    "/slow-status": _drip(b"HTTP/1.1 2"),
    "/slow-headers": _drip(OK + b"X-Slow: "),
    "/slow-body": _drip(OK + b"\r\n"),
    "/slow-counted-body": _drip(OK + b"Content-Length: 100000\r\n\r\n"),
    "/silent": _silent,
    "/endless-body": _endless(OK + b"\r\n", b"x" * 65536),
    "/endless-chunks": _endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "/endless-chunk-size": _endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 4096),
    "/endless-headers": _endless(OK, b"X-More: " + b"x" * 1000 + b"\r\n"),
    "/endless-header": _endless(OK + b"X-Long: ", b"x" * 65536),
    "/endless-continue": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/endless-gzip": _endless(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
    "/announced": raw(OK + b"Content-Length: 99999999999\r\n\r\nx"),
    "/too-short": raw(OK + b"Content-Length: 1000\r\n\r\n<rss>"),
    "/negative": raw(OK + b"Content-Length: -5\r\n\r\n<rss>"),
    "/two-lengths": raw(OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n<rss/>."),
    "/bad-chunk": raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"),
    "/cut-chunks": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "/gzip-bomb": raw(answer(BOMB, Content_Encoding="gzip")),
    "/cut-gzip": raw(answer(gzip.compress(b"<rss/>" * 100)[:-12], Content_Encoding="gzip")),
    "/no-gzip": raw(answer(b"<rss/>", Content_Encoding="gzip")),
    "/double-gzip": raw(answer(gzip.compress(BOMB), Content_Encoding="gzip, gzip")),
    "/zstd": raw(answer(b"(\xb5/\xfd", Content_Encoding="zstd")),
    "/garbage": raw(b"\x16\x03\x01 this is not HTTP\r\n\r\n"),
    "/nothing": raw(b""),
    "/redirects/": _redirect,
}  # fmt: skip


class HostileServer:
    """Serves `routes` (path -> script, bytes of a whole answer, or list of those, one per request) in threads.

    A route that ends in `/` takes what begins with it. `requests` has what was asked, in order.
    """

    def __init__(self, routes=None):
        self.routes = dict(HOSTILE if routes is None else routes)
        self.requests = []
        self.most_at_once = 0
        self._open = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 5

            def handle(self):
                with outer._lock:
                    outer._open += 1
                    outer.most_at_once = max(outer.most_at_once, outer._open)
                try:
                    outer._serve(self)
                except OSError:
                    pass  # the client had enough
                finally:
                    with outer._lock:
                        outer._open -= 1

        self._server = socketserver.ThreadingTCPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path, name=NAME):
        return f"http://{name}:{self.port}{path}"

    def paths(self):
        return [request.path for request in self.requests]

    def _serve(self, handler):
        line = handler.rfile.readline(65536).decode("latin-1").split()
        if len(line) < 2:
            return
        headers = {}
        while field := handler.rfile.readline(65536).strip():
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        request = Request(line[1], headers, time.monotonic())
        self.requests.append(request)
        script = self._route(request.path.partition("?")[0])
        if callable(script):
            script(handler.wfile.write, request)
        else:
            handler.wfile.write(script)

    def _route(self, path):
        found = self.routes.get(path)
        if found is None:
            found = next(
                (self.routes[key] for key in self.routes if key.endswith("/") and path.startswith(key)), None
            )
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return answer(b"not here", "404 Not Found") if found is None else found


def resolver(table=None):
    """Return a resolver by table (name -> addresses); an address is itself, every other name is the server's."""

    def resolve(host, _port):
        try:
            itself = str(ipaddress.ip_address(host))
        except ValueError:
            itself = LOOPBACK
        return (table or {}).get(host, [itself])

    return resolve
