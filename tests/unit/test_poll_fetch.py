"""One safe request and the redirects after it, against a server that means harm."""

import itertools
import shutil
import ssl
import subprocess
import threading
import time

import pytest
from hostile_server import HOSTILE, LOOPBACK, HostileServer, answer, raw, resolver

from pipelines.addresses import parse_network
from pipelines.fetch import Fetcher, FetchError, Limits
from pipelines.visits import Terms, Visitor
from pipelines.web_urls import read_url

LIMITS = Limits(max_bytes=1 << 20, seconds=0.4, connect_seconds=2)
LOCAL = (parse_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def server():
    with HostileServer() as server:
        yield server


def visit(server, path, *, table=None, limits=LIMITS, allowed=LOCAL, headers=None, **terms):
    with Fetcher("test", limits, resolver(table)) as fetcher:
        visitor = Visitor(fetcher, threading.Event())
        terms = Terms(
            **{"allowed": allowed, "obey_robots": False, "pause_s": 0, "port": server.port, **terms}
        )
        url = path if "://" in path else server.url(path)
        return visitor.visit(url, headers or {}, terms)


REASONS = {
    "/slow-status": "timeout",
    "/slow-headers": "timeout",
    "/slow-body": "timeout",
    "/slow-counted-body": "timeout",
    "/silent": "timeout",
    "/endless-body": "too_large",
    "/endless-chunks": "too_large",
    "/endless-chunk-size": "broken",
    "/endless-headers": "broken",
    "/endless-header": "broken",
    "/endless-continue": "timeout",
    "/endless-gzip": "broken",
    "/announced": "too_large",
    "/too-short": "broken",
    "/negative": "broken",
    "/two-lengths": "broken",
    "/bad-chunk": "broken",
    "/cut-chunks": "broken",
    "/gzip-bomb": "too_large",
    "/cut-gzip": "broken",
    "/no-gzip": "broken",
    "/double-gzip": "bad_encoding",
    "/zstd": "bad_encoding",
    "/garbage": "broken",
    "/nothing": "broken",
    "/redirects/": "too_many_redirects",
}


def test_every_trick_of_the_server_has_an_expectation():
    assert set(REASONS) == set(HOSTILE)


@pytest.mark.parametrize("path", REASONS)
def test_a_hostile_answer_is_given_up_with_a_reason_and_in_time(server, path):
    # Only what is to run out of time gets little of it: a busy machine must not make the others late.
    limits = LIMITS if REASONS[path] == "timeout" else LIMITS._replace(seconds=10)
    began = time.monotonic()
    with pytest.raises(FetchError) as caught:
        visit(server, path + "0" if path.endswith("/") else path, limits=limits)
    assert caught.value.reason == REASONS[path], caught.value
    assert time.monotonic() - began < limits.seconds + 2


def test_at_most_five_redirects_are_followed(server):
    before = len(server.requests)
    with pytest.raises(FetchError, match="more than 5"):
        visit(server, "/redirects/0")
    assert len(server.requests) - before == 6


def test_an_answer_of_the_allowed_size_arrives_whole():
    body = bytes(range(256)) * 4096
    with HostileServer({"/x": answer(body, ETag='"1"')}) as server:
        found = visit(server, "/x").answer
        assert found.body == body
        assert found.headers["etag"] == '"1"'
        with pytest.raises(FetchError, match="too_large"):
            visit(server, "/x", limits=LIMITS._replace(max_bytes=len(body) - 1))


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:10.0.0.1]/",
     "http://inside.example/", "http://mixed.example/", "//10.0.0.1/"],
)  # fmt: skip
def test_a_redirect_to_an_inner_address_is_refused(location):
    table = {"inside.example": ["192.168.0.7"], "mixed.example": ["8.8.8.8", "10.0.0.8"]}
    routes = {"/x": answer(status="302 Found", Location=location)}
    with HostileServer(routes) as server, pytest.raises(FetchError) as caught:
        visit(server, "/x", table=table)
    assert caught.value.reason == "refused_address"


@pytest.mark.parametrize(
    ("location", "reason"),
    [("file:///etc/passwd", "bad_url"), ("gopher://feeds.example/", "bad_url"), ("http://u:p@feeds.example/", "bad_url"),
     ("http://feeds.example:22/", "refused_port"), ("http://[", "bad_url")],
)  # fmt: skip
def test_a_redirect_to_another_protocol_or_service_is_refused(location, reason):
    routes = {"/x": answer(status="302 Found", Location=location)}
    with HostileServer(routes) as server, pytest.raises(FetchError) as caught:
        visit(server, "/x")
    assert caught.value.reason == reason


def test_a_name_that_resolves_to_loopback_is_refused_before_any_connection():
    with HostileServer({"/x": answer(b"secret")}) as server:
        with pytest.raises(FetchError) as caught:
            visit(server, "/x", allowed=())
        assert caught.value.reason == "refused_address"
        assert server.requests == []


def test_a_name_server_that_changes_its_answer_gains_nothing():
    # The first look-up is checked and connected to; there is no second one that could lead elsewhere.
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else ["127.0.0.66"]

    with HostileServer({"/x": answer(b"first")}) as server, Fetcher("test", LIMITS, rebinding) as fetcher:
        found = fetcher.get(read_url(server.url("/x", "rebind.example")), {}, LOCAL, 1)
        assert found.body == b"first"
        assert asked == ["rebind.example"]
        assert server.requests[0].headers["host"] == f"rebind.example:{server.port}"


def test_each_hop_is_resolved_and_checked_anew():
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else ["10.9.9.9"]

    with HostileServer({"/x": answer(status="302 Found", Location="/y"), "/y": answer(b"inside")}) as server:
        with Fetcher("test", LIMITS, rebinding) as fetcher, pytest.raises(FetchError, match=r"10\.9\.9\.9"):
            terms = Terms(LOCAL, obey_robots=False, pause_s=0, port=server.port)
            Visitor(fetcher, threading.Event()).visit(server.url("/x"), {}, terms)
        assert server.paths() == ["/x"]


def test_a_resolver_that_hangs_is_given_up():
    release = threading.Event()
    with (
        Fetcher("test", LIMITS, lambda *_: release.wait(5) and []) as fetcher,
        pytest.raises(FetchError, match="timeout"),
    ):
        fetcher.get(read_url("http://slow.example/"), {}, (), 0.2)
    release.set()


def test_a_second_address_is_tried_where_the_first_does_not_answer():
    with HostileServer({"/x": answer(b"here")}) as server:
        table = {"two.example": ["127.0.0.99", LOOPBACK]}
        found = visit(server, server.url("/x", "two.example"), table=table)
        assert found.answer.body == b"here"


def test_stopping_ends_a_request_under_way(server):
    with Fetcher("test", Limits(seconds=20), resolver()) as fetcher:
        threading.Timer(0.2, fetcher.stop).start()
        began = time.monotonic()
        with pytest.raises(FetchError, match="stopped"):
            fetcher.get(read_url(server.url("/slow-body")), {}, LOCAL, 20)
        assert time.monotonic() - began < 2


def test_a_permanent_move_is_told_and_a_temporary_one_is_not():
    routes = {
        "/old": answer(status="301 Moved Permanently", Location="/new"),
        "/new": answer(b"here"),
        "/away": answer(status="302 Found", Location="/old"),
    }
    with HostileServer(routes) as server:
        assert visit(server, "/old").moved_to == server.url("/new")
        assert visit(server, "/away").moved_to == ""


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HostileServer({"/x": answer(b"direct")}) as server:
        assert visit(server, "/x").answer.body == b"direct"


def test_robots_txt_is_obeyed_and_read_once():
    robots = answer("User-agent: *\nDisallow: /private\nAllow: /private/feed\n")
    with HostileServer({"/robots.txt": robots, "/": answer(b"ok")}) as server:
        with Fetcher("test", LIMITS, resolver()) as fetcher:
            visitor = Visitor(fetcher, threading.Event())
            terms = Terms(LOCAL, pause_s=0, port=server.port)
            assert visitor.visit(server.url("/private/feed.xml"), {}, terms).answer.body == b"ok"
            with pytest.raises(FetchError) as caught:
                visitor.visit(server.url("/private/x"), {}, terms)
            assert caught.value.reason == "robots_disallowed"
        assert server.paths() == ["/robots.txt", "/private/feed.xml"]


@pytest.mark.parametrize(
    ("robots", "reason"),
    [(answer(b"", "503 No"), "robots_unreachable"), (raw(b""), "robots_unreachable"), (HOSTILE["/slow-body"], "robots_unreachable"),
     (answer(b"", "404 No"), ""), (answer(b"", "403 No"), ""), (answer(b"\xff\x00<html>" * 999), ""), (HOSTILE["/endless-body"], "")],
)  # fmt: skip
def test_what_robots_txt_means_where_it_is_not_there_or_broken(robots, reason):
    # RFC 9309 2.3.1: none (4xx) allows all, an unreachable one allows nothing; of an endless one the beginning counts.
    with HostileServer({"/robots.txt": robots, "/x": answer(b"ok")}) as server:
        if reason:
            with pytest.raises(FetchError) as caught:
                visit(server, "/x", obey_robots=True)
            assert caught.value.reason == reason
        else:
            assert visit(server, "/x", obey_robots=True).answer.body == b"ok"


def test_one_host_gets_one_request_at_a_time_and_a_pause_between_them():
    with HostileServer({"/": answer(b"ok")}) as server, Fetcher("test", LIMITS, resolver()) as fetcher:
        visitor = Visitor(fetcher, threading.Event())
        terms = Terms(LOCAL, obey_robots=False, pause_s=0.15, port=server.port)
        threads = [
            threading.Thread(target=visitor.visit, args=(server.url("/x"), {}, terms)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times = [request.at for request in server.requests]
        assert len(times) == 4
        assert all(later - earlier >= 0.14 for earlier, later in itertools.pairwise(times))
        assert server.most_at_once == 1


def test_a_host_that_asked_for_a_long_rest_is_left_alone():
    routes = {"/x": answer(b"", "429 Too Many Requests", Retry_After="3600")}
    with HostileServer(routes) as server, Fetcher("test", LIMITS, resolver()) as fetcher:
        visitor = Visitor(fetcher, threading.Event())
        terms = Terms(LOCAL, obey_robots=False, pause_s=0, port=server.port)
        assert visitor.visit(server.url("/x"), {}, terms).answer.status == 429
        with pytest.raises(FetchError) as caught:
            visitor.visit(server.url("/y"), {}, terms)
        assert caught.value.reason == "host_on_hold"
        assert 3500 < caught.value.wait_s <= 3600
        assert server.paths() == ["/x"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=feeds.example",
               "-addext", "subjectAltName=DNS:feeds.example", "-keyout", key, "-out", cert]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def https(server, certificate, name, *, trusted=True):
    cert, key = certificate
    inner = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inner.load_cert_chain(cert, key)
    plain = server._server.socket
    server._server.socket = inner.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
    ours = ssl.create_default_context(cafile=str(cert) if trusted else None)
    with server, Fetcher("test", LIMITS._replace(seconds=3), resolver(), ours) as fetcher:
        return fetcher.get(read_url(f"https://{name}:{server.port}/x"), {}, LOCAL, 3)


def test_the_certificate_is_checked_for_the_name_although_the_address_is_connected_to(certificate):
    routes = {"/x": answer(b"safe")}
    assert https(HostileServer(routes), certificate, "feeds.example").body == b"safe"
    for name, trusted in (("other.example", True), ("feeds.example", False)):
        with pytest.raises(FetchError) as caught:
            https(HostileServer(routes), certificate, name, trusted=trusted)
        assert caught.value.reason == "tls"


def test_a_tls_handshake_that_never_comes_is_given_up():
    with HostileServer({}) as server, Fetcher("test", LIMITS, resolver()) as fetcher:
        began = time.monotonic()
        with pytest.raises(FetchError, match="timeout"):
            fetcher.get(read_url(f"https://feeds.example:{server.port}/"), {}, LOCAL, 0.4)
        assert time.monotonic() - began < 2
