"""What an article is compared by: the digest of its folded body, its shingles, its stems, its numbers.

A shingle is three words in a row (word-3 shingles, Broder 1997), hashed to 32 bits out of the hashes of its words.
Everything is made in numpy arrays over several texts at once; no shingle is ever a string.
"""

import functools
import hashlib
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.comparing import Fingerprint
from schemas.elements import Article, NormalizedArticle
from transforms.core.boilerplate import body_without
from transforms.core.normalize import NormalizeRules, normalize_text, profile_of
from transforms.core.profiles import DEDUP, Profile
from transforms.core.stems import count_digits, stem_spans
from transforms.core.tokens import TextWords, finish, words_of_texts

__all__ = [
    "REPEATED",
    "SHINGLE_VERSION",
    "SHINGLE_WORDS",
    "compared_body",
    "digest_of",
    "fingerprint_texts",
    "normalize",
    "shingle_places",
]

SHINGLE_WORDS = 3
#: Names how shingles and stems are hashed; an index made with another is refused.
SHINGLE_VERSION = "warraq-shingle/1"
#: The lowest bit of a stem's hash says that the stem stands in the text more than once.
REPEATED = 1


def compared_body(article: Article) -> str:
    """Return the part of an article's text that is compared: the body, boilerplate left out."""
    return body_without(article.text, article.body_start, article.news.boilerplate)


def digest_of(folded: str) -> bytes:
    """Return the 128-bit blake2b of a `dedup` text: equal digests are equal words in equal order."""
    return hashlib.blake2b(folded.encode("utf-8"), digest_size=16).digest()


def normalize(article: Article, rules: NormalizeRules) -> NormalizedArticle:
    """Return the article with the digest and the number of words of its body's `dedup` text, boilerplate left out."""
    profile = profile_of("dedup", rules.without)
    folded = normalize_text(compared_body(article), profile)
    return NormalizedArticle(
        article=article,
        digest=digest_of(folded),
        tokens=folded.count(" ") + 1 if folded else 0,
        rules_version=profile.version,
    )


def fingerprint_texts(
    texts: Sequence[str], profile: Profile = DEDUP, min_tokens: int = 0
) -> list[Fingerprint]:
    """Return what each text is compared by. Texts of fewer than `min_tokens` words get no shingles and no stems."""
    words = words_of_texts(texts, profile)
    counts = np.diff(words.borders)
    number = np.repeat(np.arange(len(texts)), counts)
    long = counts >= max(min_tokens, SHINGLE_WORDS)
    shingles = _shingles(words, number, long)
    digits = count_digits(words)
    stems = _stems(words, number, long[number] & (digits == 0))
    numbers = _numbers(words, digits == words.ends - words.starts)
    return [
        Fingerprint(digest_of(folded), tokens, shingled, stemmed, figures)
        for folded, tokens, shingled, stemmed, figures in zip(
            words.folded, counts.tolist(), shingles, stems, numbers, strict=True
        )
    ]


@functools.cache
def _factors() -> NDArray[np.uint64]:
    """Return one odd factor per place of a word in a shingle."""
    drawn = (
        hashlib.blake2b(f"{SHINGLE_VERSION} {place}".encode(), digest_size=8).digest()
        for place in range(SHINGLE_WORDS)
    )
    return np.frombuffer(b"".join(drawn), "<u8").astype(np.uint64) | np.uint64(1)


def _hash_shingles(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the 32-bit hashes (in 64 bits) of every run of three words."""
    last = max(hashes.size - SHINGLE_WORDS + 1, 0)
    mixed = np.zeros(last, np.uint64)
    for place, factor in enumerate(_factors()):
        mixed += hashes[place : place + last] * factor
    return finish(mixed) >> np.uint64(32)


def shingle_places(words: TextWords) -> NDArray[np.uint32]:
    """Return the hash of the shingle that begins at each word of one text, in order, repetitions included."""
    return _hash_shingles(words.hashes).astype(np.uint32)


def _shingles(words: TextWords, number: NDArray[np.int64], long: NDArray[np.bool_]) -> list[bytes]:
    hashes = _hash_shingles(words.hashes)
    own = number[: hashes.size]
    inside = (own == number[SHINGLE_WORDS - 1 :]) & long[own] if hashes.size else np.zeros(0, bool)
    keys = np.sort((own[inside].astype(np.uint64) << np.uint64(32)) | hashes[inside])
    fresh = np.ones(keys.size, bool)
    fresh[1:] = keys[1:] != keys[:-1]
    return _cut(keys[fresh], len(words.folded))


def _stems(words: TextWords, number: NDArray[np.int64], inside: NDArray[np.bool_]) -> list[bytes]:
    """Return the distinct stems of each text, without words that hold digits; the lowest bit marks repeated ones."""
    starts, ends = stem_spans(words)
    hashes = words.hash_spans(starts[inside], ends[inside]) >> np.uint64(33) << np.uint64(1)
    keys = np.sort((number[inside].astype(np.uint64) << np.uint64(32)) | hashes)
    fresh = np.ones(keys.size, bool)
    fresh[1:] = keys[1:] != keys[:-1]
    first = np.flatnonzero(fresh)
    repeated = np.diff(np.append(first, keys.size)) > 1
    marked = np.bitwise_or(keys[first], repeated.astype(np.uint64))
    return _cut(marked, len(words.folded))


def _cut(keys: NDArray[np.uint64], texts: int) -> list[bytes]:
    """Return the lower 32 bits of sorted keys as bytes per text; the upper 32 bits name the text."""
    borders = np.searchsorted(keys, np.arange(texts + 1, dtype=np.uint64) << np.uint64(32))
    data = keys.astype("<u4").tobytes()
    places = (borders * 4).tolist()
    return [data[low:high] for low, high in itertools.pairwise(places)]


def _numbers(words: TextWords, figures: NDArray[np.bool_]) -> list[bytes]:
    """Return eight bytes per text that tell whether two texts hold the same numbers, each as often."""
    sums = np.zeros(words.hashes.size + 1, np.uint64)
    np.cumsum(words.hashes * figures, out=sums[1:])
    data = (sums[words.borders[1:]] - sums[words.borders[:-1]]).astype("<u8").tobytes()
    return [data[place : place + 8] for place in range(0, len(data), 8)]
