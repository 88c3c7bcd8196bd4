"""Topics of articles: IPTC Media Topics codes from a linear model over hashed words and from keywords.

The share of a topic is `MIX` parts of the model's softmax and the rest the topic's part of all keyword evidence; a
share becomes a score between 0 and 1 by a logistic curve fitted on labelled articles. A second topic stands beside
the first when its share is at least two fifths of the first one's. Below a least score nothing is said; the least is
higher for forms of writing whose words mislead: death notices, poems, columns of opinion. Topics of the second level
come from keywords alone, and only below a topic that the article has.
"""

import dataclasses
import hashlib
import io
import zipfile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.topic_features import Chosen, TopicWords, features_of, select_words
from transforms.core.tagging.topic_keywords import parse_keywords
from transforms.core.tagging.topic_model import Linear, score_rows, softmax
from transforms.core.tagging.topic_scores import KeywordScorer
from transforms.core.tagging.topic_taxonomy import Topic, parse_taxonomy

__all__ = ["TextTopics", "TopicModel", "TopicScore", "load_topics"]

#: Part of the linear model in a share.
MIX = 0.7
#: A text without this much keyword evidence lets it count less.
_LEAST_EVIDENCE = 0.5
_FORM = "form:"
#: Keyword score that makes a form, per form; the higher score wins.
_FORMS = {"obituary": 2.0, "opinion": 2.5, "poem": 2.5}
#: Least score of a topic, per form ("" is plain news).
_LEAST = {"": 0.6, "opinion": 0.8, "poem": 0.95, "obituary": 0.97}
#: A second topic has at least this part of the first one's share; a third is never given.
_SECOND = 0.4
_MOST = 2
#: A code of the second level has at least this keyword score, and this part of the score of the code above.
_LEAST_BELOW, _PART_BELOW, _MOST_BELOW = 0.7, 0.25, 2
_RULE = "rule:topic_keywords"
#: A text of fewer features (words and pairs) is about nothing in particular.
_FEWEST = 5


class TopicScore(NamedTuple):
    """A topic (`medtop:` code), its score from 0 to 1, and what said so (`model:topics@...`, `rule:topic_keywords`)."""

    code: str
    score: float
    source: str


class TextTopics(NamedTuple):
    """Topics of a text, highest score first, and its form: `obituary`, `opinion`, `poem` or "" for news."""

    topics: tuple[TopicScore, ...]
    form: str


@dataclasses.dataclass(frozen=True, eq=False)
class TopicModel:
    """A loaded model; use `load_topics`. Thread-safe, since nothing in it changes."""

    linear: Linear
    codes: tuple[str, ...]
    calibration: tuple[float, float]
    source: str
    taxonomy: dict[str, Topic]
    keywords: KeywordScorer
    tops: tuple[str, ...]

    def tag_batch(self, words: TopicWords) -> list[TextTopics]:
        """Return the topics of each text of `words`. A text's topics do not depend on the others."""
        size = words.titles.size
        chosen = select_words(words)
        evidence = self.keywords.score(self.keywords.find(chosen, size), size)
        shares = self._shares(chosen, evidence)
        slope, offset = self.calibration
        inner = np.clip(shares, 1e-6, 1 - 1e-6)
        scores = 1 / (1 + np.exp(-(slope * np.log(inner / (1 - inner)) + offset)))
        forms = self._forms(evidence)
        best = np.argsort(-shares, axis=1, kind="stable")[:, :_MOST]
        found = []
        for row, places in enumerate(best.tolist()):
            form = forms[row]
            floor = _SECOND * shares[row, places[0]]
            tops = [
                place
                for place in places
                if scores[row, place] >= _LEAST[form] and shares[row, place] >= floor
            ]
            topics = [TopicScore(self.tops[place], float(scores[row, place]), self.source) for place in tops]
            for place in tops:
                topics += self._below(place, evidence[row], float(scores[row, place]))
            found.append(
                TextTopics(tuple(sorted(topics, key=lambda topic: (-topic.score, topic.code))), form)
            )
        return found

    def shares_of(self, words: TopicWords) -> NDArray[np.float64]:
        """Return the share of each top-level topic (`tops`) in each text."""
        chosen = select_words(words)
        size = words.titles.size
        return self._shares(chosen, self.keywords.score(self.keywords.find(chosen, size), size))

    def _shares(self, chosen: Chosen, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        size, width = evidence.shape[0], len(self.tops)
        spoken = np.maximum(evidence[:, :width], 0)
        parts = spoken / np.maximum(spoken.sum(1, keepdims=True), _LEAST_EVIDENCE)
        features = features_of(chosen, size)
        shares: NDArray[np.float64] = (1 - MIX) * parts
        columns = [self.tops.index(code) for code in self.codes]
        shares[:, columns] += MIX * softmax(score_rows(features, self.linear))
        shares[np.diff(features.borders) < _FEWEST] = 0
        return shares

    def _forms(self, evidence: NDArray[np.float64]) -> list[str]:
        names = [code.removeprefix(_FORM) for code in self.keywords.columns if code.startswith(_FORM)]
        if not names:
            return [""] * evidence.shape[0]
        scores = evidence[:, -len(names) :] / np.array([_FORMS[name] for name in names])
        best = scores.argmax(1)
        return [names[place] if scores[row, place] >= 1 else "" for row, place in enumerate(best.tolist())]

    def _below(self, top: int, evidence: NDArray[np.float64], score: float) -> list[TopicScore]:
        """Return the topics of the second level below a top-level topic of a text."""
        least = max(_LEAST_BELOW, _PART_BELOW * float(evidence[top]))
        places = [place for place in self.keywords.below[top] if evidence[place] >= least]
        places.sort(key=lambda place: (-evidence[place], place))
        return [
            TopicScore(self.keywords.columns[place], score * float(1 - np.exp(-evidence[place])), _RULE)
            for place in places[:_MOST_BELOW]
        ]


def load_topics(model: bytes, taxonomy: str, keywords: str) -> TopicModel:
    """Return the model of a `topics.npz`, the table `topics.tsv` and the table `topic_keywords.tsv`.

    Raises ValueError when a file is damaged or names a code that the taxonomy lacks.
    """
    topics = parse_taxonomy(taxonomy)
    tops = tuple(code for code, topic in topics.items() if topic.level == 1)
    try:
        with np.load(io.BytesIO(model), allow_pickle=False) as arrays:
            codes = tuple(arrays["codes"].tobytes().decode().split("\n"))
            scales = arrays["scales"].astype(np.float32)
            weights = arrays["weights"].astype(np.float32) * scales
            linear = Linear(
                weights, arrays["bias"].astype(np.float32), arrays["frequencies"].astype(np.float32)
            )
            slope, offset = arrays["calibration"].tolist()
    except (KeyError, OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"topics: the model file cannot be read: {error}") from error
    unknown = sorted(set(codes).difference(tops))
    if unknown:
        raise ValueError(f"topics: {', '.join(unknown)} of the model is no top-level code of the taxonomy")
    source = f"model:topics@{hashlib.sha256(model).hexdigest()[:12]}"
    scorer = KeywordScorer(parse_keywords(keywords), topics, tops)
    return TopicModel(linear, codes, (slope, offset), source, topics, scorer, tops)
