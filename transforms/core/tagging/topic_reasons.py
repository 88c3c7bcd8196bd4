"""Why a text has its topics: the phrases and the words that weighed most, for people to read."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from transforms.core.tagging.topic_features import TopicWords, bucket_of, features_of, join, select_words
from transforms.core.tagging.topic_model import weigh
from transforms.core.tagging.topics import MIX, TopicModel

__all__ = ["Reason", "explain"]

_BATCH_OF_ONE = 1


class Reason(NamedTuple):
    """What spoke for a topic (or against it, below 0).

    `kind` is `phrase` (of the table of keywords; `weight` is its part of the share) or `words` (one or two words of
    the linear model; `weight` is what they add to the topic's score above the mean of all topics).
    """

    code: str
    kind: str
    said: str
    weight: float


def explain(model: TopicModel, words: TopicWords, forms: Sequence[str], most: int = 8) -> list[Reason]:
    """Return for each top-level topic of one text up to `most` phrases and as many words, weightiest first.

    `forms` are the folded words whose hashes `words` holds. A text without topics is explained by the topic with the
    highest share. Raises ValueError unless `words` is one text with as many words as `forms`.
    """
    if words.titles.size != _BATCH_OF_ONE or words.hashes.size != len(forms):
        raise ValueError(
            f"one text is explained at a time; here are {words.titles.size}, and {len(forms)} words"
        )
    if not forms:
        return []
    (found,) = model.tag_batch(words)
    codes = [topic.code for topic in found.topics if topic.code in model.tops]
    if not codes:
        codes = [model.tops[int(model.shares_of(words)[0].argmax())]]
    reasons = []
    for code in codes:
        reasons += _phrases(model, words, code)[:most]
        reasons += _words(model, words, forms, code)[:most]
    return reasons


def _phrases(model: TopicModel, words: TopicWords, code: str) -> list[Reason]:
    evidence = model.keywords.find(select_words(words), _BATCH_OF_ONE)
    scores = model.keywords.score(evidence, _BATCH_OF_ONE)[0, : len(model.tops)]
    total = float(np.maximum(scores, 0).sum())
    sums: dict[str, float] = {}
    for phrase, column, score in zip(
        evidence.phrases.tolist(), evidence.columns.tolist(), evidence.scores.tolist(), strict=True
    ):
        if model.keywords.columns[column] == code and score:
            text = model.keywords.phrases.texts[phrase]
            sums[text] = sums.get(text, 0.0) + (1 - MIX) * score / max(total, 1e-9)
    return _ranked(code, "phrase", sums)


def _words(model: TopicModel, words: TopicWords, forms: Sequence[str], code: str) -> list[Reason]:
    if code not in model.codes:
        return []
    chosen = select_words(words)
    features = features_of(chosen, _BATCH_OF_ONE)
    rows = model.linear.weights[features.buckets]
    column = model.codes.index(code)
    gains = weigh(features, model.linear.frequencies) * (rows[:, column] - rows.mean(1))
    pairs = np.flatnonzero(chosen.continued)
    keys = np.concatenate((chosen.hashes, join(chosen.hashes[pairs], chosen.hashes[pairs + 1])))
    said = [*forms[: chosen.hashes.size], *(f"{forms[place]} {forms[place + 1]}" for place in pairs.tolist())]
    places = np.searchsorted(features.buckets, bucket_of(keys))
    sums = {text: float(gains[place]) for text, place in zip(said, places.tolist(), strict=True)}
    return _ranked(code, "words", sums)


def _ranked(code: str, kind: str, sums: dict[str, float]) -> list[Reason]:
    ordered = sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [Reason(code, kind, text, weight) for text, weight in ordered]
