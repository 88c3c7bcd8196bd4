"""One form of a URL for one page, so that a page linked in two ways has one identity."""

import functools
import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

__all__ = ["canonical_url"]

#: Parameters that say where a reader came from, not what the page is (the vendors' documented names).
_TRACKING = frozenset(
    [
        *(
            "fbclid",
            "gclid",
            "gclsrc",
            "dclid",
            "gbraid",
            "wbraid",
            "msclkid",
            "yclid",
            "twclid",
            "ttclid",
            "igshid",
        ),
        *("mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "oly_anon_id", "oly_enc_id", "s_cid"),
        *(
            "ocid",
            "cmpid",
            "ncid",
            "sr_share",
            "share_from",
            "at_medium",
            "at_campaign",
            "ns_mchannel",
            "ns_source",
        ),
    ]
)
_TRACKING_PREFIX = "utm_"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile("(?:%[0-9A-Fa-f]{2})+")
#: What stays as it is in a path or query beside letters and digits (RFC 3986: unreserved, sub-delims, `:@/`).
_SAFE = "-._~!$&'()*+,;=:@/"
#: Longer than any server reads; Python's composing takes quadratic time on made-up ones.
_LONGEST = 4096
#: Parsing asks for an article's URL, and signing soon after it again.
_KNOWN = 1024
_SPACE = re.compile(r"[\s\u200b\u200e\u200f\ufeff]+")


@functools.lru_cache(_KNOWN)
def canonical_url(url: str) -> str:
    """Return a URL in one form: RFC 3986 normalisation, without fragment and tracking parameters, the rest sorted.

    Scheme and host are in small letters without the default port; an Arabic path is the same whether it came as
    letters or percent-encoded, composed or not; a path of nothing is `/`. Text that is no http(s) URL comes back
    without its white space, and so does one of more than 4,096 characters. Never raises.
    """
    text = _SPACE.sub("", url)
    if len(text) > _LONGEST:
        return text
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        return text
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return text
    name = f"[{host}]" if ":" in host else unicodedata.normalize("NFC", host).rstrip(".")
    place = name if port in (None, _DEFAULT_PORTS[scheme]) else f"{name}:{port}"
    query = "&".join(sorted(filter(_is_content, map(_escape, parts.query.split("&")))))
    return urlunsplit((scheme, place, _escape(parts.path) or "/", query, ""))


def _is_content(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return bool(parameter) and name not in _TRACKING and not name.startswith(_TRACKING_PREFIX)


def _escape(part: str) -> str:
    """Return a path or a parameter with one spelling of each escape: letters decoded, then all encoded alike."""
    decoded = _ESCAPE.sub(_decode, part)
    return quote(unicodedata.normalize("NFC", decoded), safe=f"{_SAFE}%", errors="surrogatepass")


def _decode(match: re.Match[str]) -> str:
    data = unquote_to_bytes(match.group())
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return match.group().upper()  # windows-1256 paths, say: kept, in one case
    # An escaped delimiter or percent sign is not the sign itself.
    return "".join(
        f"%{ord(char):02X}" if char in "/?#[]@!$&'()*+,;=:%" or ord(char) < 0x21 else char for char in text
    )
