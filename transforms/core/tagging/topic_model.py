"""The linear part of a topic model: inverse document frequencies, weights, and the scores of rows of features."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.topic_features import BITS, Features

__all__ = ["Linear", "frequencies_of", "score_rows", "softmax", "weigh"]


class Linear(NamedTuple):
    """`weights[bucket, topic]`, `bias[topic]` and the inverse document frequency of each bucket."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    frequencies: NDArray[np.float32]


def frequencies_of(features: Features, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return `log((1 + n) / (1 + df)) + 1` of each bucket over the chosen rows."""
    chosen = np.zeros(features.borders.size - 1, bool)
    chosen[rows] = True
    inside = np.repeat(chosen, np.diff(features.borders))
    counts = np.bincount(features.buckets[inside], minlength=1 << BITS)
    frequencies: NDArray[np.float32] = (np.log((1 + rows.size) / (1 + counts)) + 1).astype(np.float32)
    return frequencies


def weigh(features: Features, frequencies: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weight of each feature in its row: `(1 + log count) * frequency`, the row's length 1."""
    values: NDArray[np.float32] = frequencies.take(features.buckets)
    several = np.flatnonzero(features.counts > 1)
    values[several] *= 1 + np.log(features.counts[several].astype(np.float32))
    sizes = np.diff(features.borders)
    sums = np.concatenate(([0.0], np.cumsum(values * values, dtype=np.float64)))[features.borders]
    lengths = np.sqrt(np.maximum(np.diff(sums), 1e-12)).astype(np.float32)
    values /= np.repeat(lengths, sizes)
    return values


def score_rows(features: Features, linear: Linear) -> NDArray[np.float32]:
    """Return the linear score of each row and topic (before the softmax)."""
    values = weigh(features, linear.frequencies)
    rows = linear.weights.take(features.buckets, axis=0)
    rows *= values[:, None]
    sizes = np.diff(features.borders)
    scores = np.zeros((sizes.size, linear.weights.shape[1]), np.float32)
    some = np.flatnonzero(sizes)
    if some.size:
        scores[some] = np.add.reduceat(rows, features.borders[some])
    return scores + linear.bias


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shares of the topics of each row."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(1, keepdims=True)
    return shares
