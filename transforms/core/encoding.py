"""Which encoding a file has, and strict decoding: byte order mark, structure, validity, then Arabic words."""

import codecs
import re
from typing import NamedTuple

from transforms.core.errors import ArticleError

__all__ = ["SAMPLE_BYTES", "Detected", "decode", "detect"]

#: How much of a file is looked at.
SAMPLE_BYTES = 256 << 10

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMED = {"utf-8": "utf-8", "windows-1256": "cp1256", "iso-8859-6": "iso8859_6"}
_LEGACY = ("cp1256", "iso8859_6")
# High bytes of UTF-16: Arabic letters and ASCII. Neither byte occurs in text of the other encodings.
_UTF16_HIGH = b"\x00\x06"
_UTF16_SHARE = 0.8
#: Of the non-ASCII characters of a sample at least so many must be valid UTF-8 for it to be UTF-8.
_UTF8_SHARE = 0.9
_LEAST_SCORE = 0.1
# In Arabic every third word is a stop word or begins with the article.
_ENOUGH_WORDS = 30
_WORD = re.compile("[\u0621-\u063a\u0641-\u064a]{2,}")
_ARTICLE = "\u0627\u0644"  # ال
_STOP_WORDS = frozenset(
    (
        "من",
        "في",
        "على",
        "إلى",
        "الى",
        "أن",
        "ان",
        "التي",
        "الذي",
        "عن",
        "مع",
        "هذا",
        "هذه",
        "كما",
        "وقد",
        "قال",
        "بعد",
    )
)


class Detected(NamedTuple):
    """A Python codec, "" where none fits, and the length of the byte order mark before the text."""

    codec: str
    bom_bytes: int


def detect(sample: bytes, *, complete: bool, rule: str) -> Detected:
    """Return the encoding of a file by its first bytes.

    `complete` says that the sample is the whole file; else its last character may be cut. `rule` is
    `ReadRules.encoding`; a byte order mark outranks it. Never raises.
    """
    for bom, codec in _BOMS:
        if sample.startswith(bom):
            return Detected(codec, len(bom))
    if rule in _NAMED:
        return Detected(_NAMED[rule], 0)
    wide = _utf16(sample)
    if rule == "utf-16":
        return Detected(wide or "utf-16-le", 0)
    return Detected(wide or _utf8(sample, complete=complete) or _legacy(sample), 0)


def decode(payload: bytes, encoding: str) -> str:
    """Return the text of `payload`. Raises ArticleError `undecodable` with the place and the bytes."""
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError as error:
        shown = payload[error.start : error.start + 8].hex(" ")
        detail = f"byte {error.start} is not {encoding}: {shown} ({error.reason}); set read.encoding if it is another"
        raise ArticleError("undecodable", detail) from error


def _utf16(sample: bytes) -> str:
    first, second = sample[0::2], sample[1::2]
    if not second:
        return ""
    share_first = sum(map(first.count, _UTF16_HIGH)) / len(first)
    share_second = sum(map(second.count, _UTF16_HIGH)) / len(second)
    if share_second >= _UTF16_SHARE and share_first < 1 - _UTF16_SHARE:
        return "utf-16-le"
    if share_first >= _UTF16_SHARE and share_second < 1 - _UTF16_SHARE:
        return "utf-16-be"
    return ""


def _utf8(sample: bytes, *, complete: bool) -> str:
    if sample.isascii():
        return "utf-8"
    try:
        codecs.utf_8_decode(sample, "strict", complete)
    except UnicodeDecodeError:
        text, _ = codecs.utf_8_decode(sample, "surrogateescape", complete)
        foreign = [char for char in text if char > "\x7f"]
        bad = sum("\udc80" <= char <= "\udcff" for char in foreign)
        # One record with foreign bytes must not turn twenty thousand good ones into something else.
        return "utf-8" if bad <= (1 - _UTF8_SHARE) * len(foreign) else ""
    return "utf-8"


def _legacy(sample: bytes) -> str:
    scores = {codec: _score(sample, codec) for codec in _LEGACY}
    best = max(_LEGACY, key=scores.__getitem__)
    return best if scores[best] > _LEAST_SCORE else ""


def _score(sample: bytes, codec: str) -> float:
    """Return how Arabic a decoding looks: share of Arabic letters, weighted by words that any text has."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return 0.0
    # Accented letters of other languages come out as single Arabic letters.
    words = _WORD.findall(text)
    # Markup, keys and addresses are ASCII in every encoding and say nothing.
    foreign = sum(1 for char in text if char > "\x7f" and not char.isspace())
    if not words or not foreign:
        return 0.0
    known = sum(1 for word in words if word in _STOP_WORDS or word.startswith(_ARTICLE))
    if not known and len(words) >= _ENOUGH_WORDS:
        return 0.0
    letters = len("".join(words))
    return letters / foreign * (0.2 + known / len(words))
