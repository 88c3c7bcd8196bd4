"""Training of the linear part of a topic model: softmax regression over hashed features, in numpy.

Deterministic: the order of the rows is that of a hash, nothing is drawn at random, and the sums are taken in a
fixed order. One thread, about two seconds an epoch for ten thousand articles and 17 topics.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.topic_features import BITS, Features, TopicWords, features_of, select_words
from transforms.core.tagging.topic_model import Linear, frequencies_of, softmax, weigh
from transforms.core.tokens import finish, words_of_texts

__all__ = ["Settings", "fit", "read_features"]

_BATCH = 256
_READ_AT_ONCE = 256


class Settings(NamedTuple):
    """How long and how fast it learns; `decay` pulls weights to nothing (per batch, of the weights touched)."""

    epochs: int = 8
    rate: float = 0.5
    decay: float = 1e-5


class _Batch(NamedTuple):
    """Rows of one batch in the order of rows (to score) and in the order of buckets (to learn)."""

    buckets: NDArray[np.int64]
    weights: NDArray[np.float32]
    starts: NDArray[np.int64]
    order_rows: NDArray[np.int64]
    order_weights: NDArray[np.float32]
    touched: NDArray[np.int64]
    touched_starts: NDArray[np.int64]
    targets: NDArray[np.float32]


def read_features(texts: Sequence[tuple[str, str]]) -> Features:
    """Return the features of articles, each a title (or "") and a body."""
    parts: list[Features] = []
    for low in range(0, len(texts), _READ_AT_ONCE):
        some = texts[low : low + _READ_AT_ONCE]
        parts.append(features_of(select_words(topic_words(some)), len(some)))
    sizes = np.concatenate([np.diff(part.borders) for part in parts]) if parts else np.zeros(0, np.int64)
    return Features(
        np.concatenate([part.buckets for part in parts]).astype(np.int32),
        np.concatenate([part.counts for part in parts]).astype(np.int32),
        np.concatenate(([0], np.cumsum(sizes))),
    )


def topic_words(texts: Sequence[tuple[str, str]]) -> TopicWords:
    """Return the words of articles, each a title (or "") and a body."""
    words = words_of_texts([part for text in texts for part in text])
    return TopicWords(words.hashes, words.borders[::2], np.diff(words.borders)[::2])


def fit(features: Features, targets: NDArray[np.float32], settings: Settings = Settings()) -> Linear:
    """Return weights that give row n of `features` the shares of topics `targets[n]`; a row of zeros teaches nothing."""
    rows = np.flatnonzero(targets.sum(1) > 0)
    order = rows[np.argsort(finish(rows.astype(np.uint64) + np.uint64(1)), kind="stable")]
    frequencies = frequencies_of(features, rows)
    values = weigh(features, frequencies)
    batches = [
        _batch(features, values, targets, order[low : low + _BATCH]) for low in range(0, order.size, _BATCH)
    ]
    size = targets.shape[1]
    weights = np.zeros((1 << BITS, size), np.float32)
    squares = np.full((1 << BITS, size), 1e-6, np.float32)
    bias, bias_squares = np.zeros(size, np.float32), np.full(size, 1e-6, np.float32)
    for epoch in range(settings.epochs):
        rate = settings.rate / (1 + 0.3 * epoch)
        for batch in batches:
            scores = np.add.reduceat(weights[batch.buckets] * batch.weights[:, None], batch.starts) + bias
            slope = softmax(scores) * batch.targets.sum(1, keepdims=True) - batch.targets
            steps = np.add.reduceat(
                slope[batch.order_rows] * batch.order_weights[:, None], batch.touched_starts
            )
            steps += settings.decay * weights[batch.touched] * len(batch.starts)
            squares[batch.touched] += steps * steps
            weights[batch.touched] -= rate * steps / np.sqrt(squares[batch.touched])
            step = slope.sum(0)
            bias_squares += step * step
            bias -= rate * 0.3 * step / np.sqrt(bias_squares)
    return Linear(weights, bias, frequencies)


def _batch(
    features: Features, values: NDArray[np.float32], targets: NDArray[np.float32], rows: NDArray[np.int64]
) -> _Batch:
    sizes = features.borders[rows + 1] - features.borders[rows]
    rows, sizes = rows[sizes > 0], sizes[sizes > 0]
    starts = np.cumsum(sizes) - sizes
    places = np.repeat(features.borders[rows] - starts, sizes) + np.arange(sizes.sum())
    buckets, weights = features.buckets[places], values[places]
    numbers = np.repeat(np.arange(rows.size), sizes)
    order = np.argsort(buckets, kind="stable")
    touched, touched_starts = np.unique(buckets[order], return_index=True)
    return _Batch(
        buckets, weights, starts, numbers[order], weights[order], touched, touched_starts, targets[rows]
    )
