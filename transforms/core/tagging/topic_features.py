"""What a topic model sees of texts: hashed words and pairs of words, weighted, one row a text.

A feature is a bucket: the upper bits of the hash of a word or of two neighbouring words of one part (title or
body). Its weight in a text is `1 + log(count)`, title words counted twice, times the feature's inverse document
frequency; a row is then divided by its length, so that posts of twenty words and long articles weigh alike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "MOST_WORDS", "Features", "TopicWords", "bucket_of", "features_of", "join", "select_words"]

#: 2**BITS buckets.
BITS = 17
#: Words of a text that are looked at: about 2,500 characters. What an article is about stands at its beginning.
MOST_WORDS = 420
_TITLE_COUNT = 2
_FACTOR = np.uint64(0xD6E8FEB86659FD93)  # odd: multiplying loses nothing


class TopicWords(NamedTuple):
    """Words of several texts (no punctuation): hashes as `transforms.core.tokens` gives them.

    The words of text n are `hashes[borders[n]:borders[n + 1]]`; the first `titles[n]` of them are its title.
    """

    hashes: NDArray[np.uint64]
    borders: NDArray[np.int64]
    titles: NDArray[np.int64]


class Features(NamedTuple):
    """Rows of features: row n has `buckets[borders[n]:borders[n + 1]]`, ascending, with counts of at least 1."""

    buckets: NDArray[np.int64]
    counts: NDArray[np.int64]
    borders: NDArray[np.int64]


class Chosen(NamedTuple):
    """The words looked at, each with the number of its text, whether it is in the title, and whether the next word follows in the same part."""

    hashes: NDArray[np.uint64]
    texts: NDArray[np.int64]
    in_title: NDArray[np.bool_]
    continued: NDArray[np.bool_]


def join(before: NDArray[np.uint64], following: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys of words (or phrases, by their keys) each followed by a word."""
    return (before ^ (before >> np.uint64(32))) * _FACTOR + following


def bucket_of(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the bucket of each key: its upper bits."""
    return (keys >> np.uint64(64 - BITS)).astype(np.int64)


def select_words(words: TopicWords) -> Chosen:
    """Return the first MOST_WORDS words of each text."""
    sizes = np.diff(words.borders)
    texts = np.repeat(np.arange(sizes.size), sizes)
    places = np.arange(texts.size) - np.repeat(words.borders[:-1] - words.borders[0], sizes)
    hashes, titles = (
        words.hashes[words.borders[0] : words.borders[-1]] if sizes.size else words.hashes[:0],
        words.titles,
    )
    if sizes.size and sizes.max() > MOST_WORDS:
        kept = places < MOST_WORDS
        hashes, texts, places = hashes[kept], texts[kept], places[kept]
    in_title = places < np.asarray(titles, np.int64)[texts]
    continued = np.zeros(hashes.size, bool)
    continued[:-1] = (texts[1:] == texts[:-1]) & (in_title[1:] == in_title[:-1])
    return Chosen(hashes, texts, in_title, continued)


def features_of(chosen: Chosen, size: int) -> Features:
    """Return the rows of `size` texts."""
    pairs = np.flatnonzero(chosen.continued)
    keys = np.concatenate((chosen.hashes, join(chosen.hashes[pairs], chosen.hashes[pairs + 1])))
    texts = np.concatenate((chosen.texts, chosen.texts[pairs]))
    titled = np.concatenate((chosen.in_title, chosen.in_title[pairs]))
    # text, bucket and "is in the title" in one number: sorting it brings equal features together
    packed = (texts << np.int64(BITS + 1)) | (bucket_of(keys) << np.int64(1)) | titled
    packed.sort()
    features = packed >> np.int64(1)
    first = np.ones(features.size, bool)
    first[1:] = features[1:] != features[:-1]
    places = np.flatnonzero(first)
    totals = np.concatenate(([0], np.cumsum(1 + (_TITLE_COUNT - 1) * (packed & 1))))
    counts = np.diff(np.append(totals[places], totals[-1]))
    unique = features[places]
    borders = np.searchsorted(unique, np.arange(size + 1) << np.int64(BITS))
    return Features(unique & np.int64((1 << BITS) - 1), counts, borders)
