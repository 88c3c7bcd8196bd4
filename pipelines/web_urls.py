"""URLs that a poller may ask for: http or https, one host, nothing hidden in them."""

import contextlib
import re
import urllib.parse
from typing import NamedTuple

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

__all__ = ["MAX_URL", "WebUrl", "join_url", "read_url"]

#: Longer than any server reads.
MAX_URL = 4096
_PORTS = {"http": 80, "https": 443}
# A backslash is a slash to browsers and a letter to RFC 3986: two readers would see two hosts.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")


class WebUrl(NamedTuple):
    """A URL in its parts. `host` is ASCII (IDNA), IPv6 without brackets; `target` is path and query, encoded."""

    text: str
    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, as robots.txt is valid for."""
        return f"{self.scheme}://{self.authority}"


def read_url(text: str) -> WebUrl:
    """Return the parts of an absolute URL; Arabic letters in host and path are encoded.

    Raises ValueError, with what is wrong, for any other scheme than http and https, for names and passwords in
    it, and for what two readers could take for two hosts.
    """
    text = text.strip()
    if len(text) > MAX_URL:
        raise ValueError(f"is longer than {MAX_URL:,} characters")
    if _FORBIDDEN.search(text):
        raise ValueError("holds a backslash or a control character")
    try:
        parts = parse_url(text.replace(" ", "%20"))
    except LocationParseError as error:
        raise ValueError("is no URL") from error
    if parts.scheme not in _PORTS:
        raise ValueError(f"is not http or https but {parts.scheme or 'without a scheme'}")
    if parts.auth is not None:
        raise ValueError("has a name or password in it")
    host = (parts.host or "").strip("[]").rstrip(".")
    if not host or "%" in host:
        raise ValueError("names no host")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    if not 0 < port < 65536:
        raise ValueError(f"has the port {port}")
    target = parts.path or "/"
    if parts.query is not None:
        target += f"?{parts.query}"
    found = WebUrl("", parts.scheme, host, port, target)
    return found._replace(text=found.origin + target)


def join_url(base: str, reference: str) -> str:
    """Return where a reference in the document at `base` leads, unchecked; raw UTF-8 in a header is understood.

    Raises ValueError where the two make no URL.
    """
    # http.client reads headers as Latin-1; servers write Arabic paths there as they are.
    with contextlib.suppress(UnicodeError):
        reference = reference.encode("latin-1").decode("utf-8")
    return urllib.parse.urljoin(base, reference.strip())
