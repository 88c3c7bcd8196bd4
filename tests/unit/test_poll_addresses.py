"""Which addresses and URLs a poller refuses, whatever they are written as."""

import pytest

from pipelines.addresses import parse_network, why_refused
from pipelines.fetch import Fetcher, FetchError, resolve_name
from pipelines.web_urls import join_url, read_url

REFUSED = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "100.100.100.200": "private",
    "168.63.129.16": "private",
    "169.254.169.254": "link-local",
    "192.0.0.192": "reserved",
    "192.0.2.1": "reserved",
    "198.18.0.1": "reserved",
    "198.51.100.7": "reserved",
    "203.0.113.9": "reserved",
    "192.88.99.1": "reserved",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "reserved",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:a9fe:a9fe": "link-local",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a9fe:a9fe": "link-local",
    "64:ff9b:1::1": "private",
    "2002:7f00:1::": "reserved",
    "2001:0:7f00:1::": "reserved",
    "2001:db8::1": "reserved",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fec0::1": "private",
    "ff02::1": "multicast",
    "100::1": "reserved",
    "4000::1": "reserved",
    "not an address": "unreadable",
    "": "unreadable",
}


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused_by_kind(address):
    assert why_refused(address) == REFUSED[address]


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "104.16.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_not_refused(address):
    assert why_refused(address) == ""


def test_an_allowed_network_opens_itself_alone():
    allowed = [parse_network("10.1.0.0/16")]
    assert why_refused("10.1.2.3", allowed) == ""
    assert why_refused("::ffff:10.1.2.3", allowed) == ""
    assert why_refused("10.2.0.1", allowed) == "private"
    assert why_refused("127.0.0.1", allowed) == "loopback"


SPELLINGS = ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
             "localhost", "LOCALHOST.", "127。0。0。1", "①②⑦.0.0.1"]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_loopback_gets_through_the_system_resolver(host):
    with Fetcher("test", resolve=resolve_name) as fetcher:
        try:
            url = read_url(f"http://{host}:9/")
        except ValueError:
            return
        with pytest.raises(FetchError) as caught:
            fetcher.get(url, {}, (), 2)
        assert caught.value.reason in {"refused_address", "unresolved"}


BAD_URLS = ["file:///etc/passwd", "gopher://x/", "ftp://x/", "javascript:alert(1)", "data:text/xml,<rss/>", "//host/x",
            "/x", "", "http://", "http:///x", "http://user@host/", "http://user:secret@host/", "http://a\\@b/",
            "http://a\r\nHost: b/", "http://a\x00b/", "http://[::1%25lo]/", "http://host:0/", "http://host:99999/",
            "http://[::1/", "http://a/" + "x" * 5000]  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_hides_something_or_is_no_web_page_is_refused(url):
    with pytest.raises(ValueError, match=r"."):
        read_url(url)


def test_an_arabic_url_is_encoded_once():
    url = read_url("http://موقع.وزارة-الاتصالات.مصر/أخبار/?ق=1")
    assert url.host.startswith("xn--")
    assert url.target.startswith("/%D8%A3")
    assert read_url(url.text) == url


def test_a_redirect_to_an_arabic_path_sent_as_raw_bytes_is_understood():
    location = "/أخبار".encode().decode("latin-1")
    assert read_url(join_url("http://a.example/x", location)).target == "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"
