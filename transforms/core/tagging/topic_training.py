"""Training of a topic model on labelled articles: softmax regression over hashed features, in numpy.

Deterministic: the order of the rows is that of a hash, nothing is drawn at random, and sums are taken in a fixed
order. One thread, about one second an epoch for ten thousand articles.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.topic_features import BITS, Features, TopicWords, features_of, select_words
from transforms.core.tagging.topic_model import Linear, frequencies_of, softmax, weigh
from transforms.core.tagging.topics import TopicModel, load_topics
from transforms.core.tokens import finish, words_of_texts

__all__ = [
    "Settings",
    "calibrate",
    "fit",
    "pack",
    "read_features",
    "targets_of",
    "topic_words",
    "train_topics",
]

_BATCH = 256
_READ_AT_ONCE = 256
_START = np.float32(1e-6)
#: A rare topic's articles count up to this much more than others.
_MOST_WEIGHT = 2.0
#: Of this many articles, one is kept apart to fit the scores on.
_KEPT_APART = 6
_LEAST_TEXTS = 50


class Settings(NamedTuple):
    """How long and how fast it learns; `decay` pulls the weights that a batch touches to nothing."""

    epochs: int = 8
    rate: float = 0.5
    decay: float = 1e-5


#: What suits some ten thousand articles.
SETTINGS = Settings()


class _Batch(NamedTuple):
    """Rows of one batch in the order of rows (to score) and in the order of buckets (to learn)."""

    buckets: NDArray[np.int64]
    weights: NDArray[np.float32]
    starts: NDArray[np.int64]
    rows_by_bucket: NDArray[np.int64]
    weights_by_bucket: NDArray[np.float32]
    touched: NDArray[np.int64]
    touched_starts: NDArray[np.int64]
    targets: NDArray[np.float32]


def train_topics(
    articles: Sequence[tuple[str, str]],
    labels: Sequence[Sequence[str]],
    taxonomy: str,
    keywords: str,
    settings: Settings = SETTINGS,
) -> bytes:
    """Return a model file learnt from articles (title or "", body) and their top-level codes, main topic first.

    A sixth of the articles is kept apart, and the scores are fitted on it. Raises ValueError for fewer than 50
    labelled articles, fewer than two topics, or a code that is not of level 1.
    """
    named = [row for row, codes in enumerate(labels) if codes]
    codes = tuple(sorted({code for row in named for code in labels[row]}))
    if len(named) < _LEAST_TEXTS or len(codes) < 2:
        raise ValueError(
            f"{len(named)} labelled articles of {len(codes)} topics are too few to learn from; give at least {_LEAST_TEXTS} of 2"
        )
    features = read_features(articles)
    targets = targets_of([labels[row] for row in range(len(articles))], codes)
    apart = finish(np.arange(len(articles), dtype=np.uint64) + np.uint64(1)) % np.uint64(_KEPT_APART) == 0
    targets[apart] = 0
    linear = fit(features, targets, settings)
    model = load_topics(pack(linear, codes, (1.0, 0.0)), taxonomy, keywords)
    kept = [row for row in named if apart[row]]
    calibration = calibrate(model, [articles[row] for row in kept], [labels[row] for row in kept])
    return pack(linear, codes, calibration)


def topic_words(articles: Sequence[tuple[str, str]]) -> TopicWords:
    """Return the words of articles, each a title (or "") and a body."""
    words = words_of_texts([part for article in articles for part in article])
    return TopicWords(words.hashes, words.borders[::2], np.diff(words.borders)[::2])


def read_features(articles: Sequence[tuple[str, str]]) -> Features:
    """Return the features of articles, each a title (or "") and a body."""
    parts: list[Features] = []
    for low in range(0, len(articles), _READ_AT_ONCE):
        some = articles[low : low + _READ_AT_ONCE]
        part = features_of(select_words(topic_words(some)), len(some))
        parts.append(Features(part.buckets.astype(np.int32), part.counts.astype(np.int32), part.borders))
    sizes = np.concatenate([np.diff(part.borders) for part in parts])
    return Features(
        np.concatenate([part.buckets for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate(([0], np.cumsum(sizes))),
    )


def targets_of(labels: Sequence[Sequence[str]], codes: Sequence[str]) -> NDArray[np.float32]:
    """Return the shares of topics to learn: the main topic two parts, each other one; rare topics weigh more."""
    targets = np.zeros((len(labels), len(codes)), np.float32)
    for row, named in enumerate(labels):
        for rank, code in enumerate(named):
            targets[row, codes.index(code)] = 1 if rank else 2
    targets /= np.maximum(targets.sum(1, keepdims=True), 1)
    counts = targets.sum(0)
    targets *= np.minimum(np.sqrt(counts.max() / np.maximum(counts, 1)), _MOST_WEIGHT).astype(np.float32)
    return targets


def fit(features: Features, targets: NDArray[np.float32], settings: Settings = SETTINGS) -> Linear:
    """Return weights that give row n the shares `targets[n]` (Adagrad). A row of zeros teaches nothing."""
    rows = np.flatnonzero((targets.sum(1) > 0) & (np.diff(features.borders) > 0))
    order = rows[np.argsort(finish(rows.astype(np.uint64) + np.uint64(1)), kind="stable")]
    frequencies = frequencies_of(features, rows)
    values = weigh(features, frequencies)
    batches = [
        _batch(features, values, targets, order[low : low + _BATCH]) for low in range(0, order.size, _BATCH)
    ]
    shape = 1 << BITS, targets.shape[1]
    weights, squares = np.zeros(shape, np.float32), np.full(shape, _START)
    bias, bias_squares = np.zeros(shape[1], np.float32), np.full(shape[1], _START)
    for epoch in range(settings.epochs):
        rate = np.float32(settings.rate / (1 + 0.3 * epoch))
        for batch in batches:
            scores = np.add.reduceat(weights[batch.buckets] * batch.weights[:, None], batch.starts) + bias
            slopes = softmax(scores) * batch.targets.sum(1, keepdims=True) - batch.targets
            steps = np.add.reduceat(
                slopes[batch.rows_by_bucket] * batch.weights_by_bucket[:, None], batch.touched_starts
            )
            steps += np.float32(settings.decay * batch.starts.size) * weights[batch.touched]
            squares[batch.touched] += steps * steps
            weights[batch.touched] -= rate * steps / np.sqrt(squares[batch.touched])
            step = slopes.sum(0)
            bias_squares += step * step
            bias -= np.float32(0.3) * rate * step / np.sqrt(bias_squares)
    return Linear(weights, bias, frequencies)


def _batch(
    features: Features, values: NDArray[np.float32], targets: NDArray[np.float32], rows: NDArray[np.int64]
) -> _Batch:
    sizes = features.borders[rows + 1] - features.borders[rows]
    starts = np.cumsum(sizes) - sizes
    places = np.repeat(features.borders[rows] - starts, sizes) + np.arange(sizes.sum())
    buckets, weights = features.buckets[places], values[places]
    numbers = np.repeat(np.arange(rows.size), sizes)
    order = np.argsort(buckets, kind="stable")
    touched, touched_starts = np.unique(buckets[order], return_index=True)
    return _Batch(
        buckets, weights, starts, numbers[order], weights[order], touched, touched_starts, targets[rows]
    )


def calibrate(
    model: TopicModel, articles: Sequence[tuple[str, str]], labels: Sequence[Sequence[str]]
) -> tuple[float, float]:
    """Return slope and offset of the curve from a share's log odds to the chance that the topic is right.

    Fitted on the two best topics of each article (Platt 1999, by Newton's method, with weak pulls to 1 and 0).
    """
    odds, right = [], []
    for low in range(0, len(articles), _READ_AT_ONCE):
        some = articles[low : low + _READ_AT_ONCE]
        shares = model.shares_of(topic_words(some))
        for row, places in enumerate(np.argsort(-shares, axis=1, kind="stable")[:, :2].tolist()):
            for place in places:
                share = float(np.clip(shares[row, place], 1e-3, 1 - 1e-3))
                odds.append(np.log(share / (1 - share)))
                right.append(model.tops[place] in labels[low + row])
    x, y = np.array(odds), np.array(right, np.float64)
    slope, offset = 1.0, 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(slope * x + offset)))
        errors, spread = chance - y, chance * (1 - chance)
        gradient = np.array([(errors * x).sum() + 0.1 * (slope - 1), errors.sum() + 0.1 * offset])
        curvature = np.array(
            [[(spread * x * x).sum() + 0.1, (spread * x).sum()], [(spread * x).sum(), spread.sum() + 0.1]]
        )
        step = np.linalg.solve(curvature, gradient)
        slope, offset = slope - float(step[0]), offset - float(step[1])
    return round(slope, 4), round(offset, 4)


def pack(linear: Linear, codes: Sequence[str], calibration: tuple[float, float]) -> bytes:
    """Return a model file (npz): weights as 8-bit steps of a scale per topic, the rest as 16- and 32-bit floats."""
    scales = np.maximum(np.abs(linear.weights).max(0), _START) / np.float32(127)
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        codes=np.frombuffer("\n".join(codes).encode(), np.uint8),
        weights=np.rint(linear.weights / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=linear.bias,
        frequencies=linear.frequencies.astype(np.float16),
        calibration=np.array(calibration, np.float64),
    )
    return stream.getvalue()
