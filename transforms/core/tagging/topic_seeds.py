"""Topics of unlabelled articles to learn from: pieces of text whose topic the keywords are sure of.

Newspapers mark articles by section, not by topic: a politics page holds trials, wars and elections. So the keywords
name the topic, and the section only says which topics are possible. Long articles are cut into pieces, since a rare
topic is more often that of a passage than of a page.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.topic_features import select_words
from transforms.core.tagging.topic_scores import KeywordScorer
from transforms.core.tagging.topic_training import topic_words
from transforms.core.tokens import finish

__all__ = ["Piece", "SeedRules", "cut_articles", "sure_topics"]

_AT_ONCE = 256
#: Code units of a text that tell a repeated one.
_SAME = 200


class Piece(NamedTuple):
    """An article, or a piece of one, with the section it stood in ("" for none)."""

    title: str
    body: str
    section: str


class SeedRules(NamedTuple):
    """When keywords are sure: the best score is at least `least` and `ratio` times the second, `most` pieces a topic.

    Topics with fewer than `rare` such pieces take those of `rare_least` and `rare_ratio`. An article without a title
    is taken up to `whole` words and in pieces of `piece` words up to `last`.
    """

    least: float = 1.2
    ratio: float = 1.6
    most: int = 1500
    rare: int = 600
    rare_least: float = 0.8
    rare_ratio: float = 1.25
    whole: int = 400
    piece: int = 110
    last: int = 660


#: The rules of the shipped model.
RULES = SeedRules()


def cut_articles(articles: Iterable[Piece], rules: SeedRules = RULES) -> list[Piece]:
    """Return articles with a title as they are, others whole and in pieces; each text once, in their order."""
    found: dict[str, Piece] = {}
    for article in articles:
        parts = [article.body]
        if not article.title:
            words = article.body.split()
            last = min(len(words), rules.last) - rules.piece // 2
            parts = [" ".join(words[: rules.whole])]
            parts += [" ".join(words[low : low + rules.piece]) for low in range(0, last, rules.piece)]
        for part in parts:
            found.setdefault(part[:_SAME], Piece(article.title, part, article.section))
    return list(found.values())


def sure_topics(
    pieces: Sequence[Piece],
    scorer: KeywordScorer,
    tops: Sequence[str],
    sections: Mapping[str, Collection[str]],
    rules: SeedRules = RULES,
) -> list[str]:
    """Return the topic of each piece, "" where the keywords are not sure or there are enough of the topic.

    `sections` are the topics that pieces of a section may have; a section that is not there allows all. Which ones
    are taken of too many depends on their number in the list alone.
    """
    scores = _scores(pieces, scorer, len(tops))
    best = scores.argmax(1)
    ranked = np.sort(scores, axis=1)
    first, second = ranked[:, -1], np.maximum(ranked[:, -2], 0)
    allowed = np.array(
        [
            piece.section not in sections or tops[place] in sections[piece.section]
            for piece, place in zip(pieces, best.tolist(), strict=True)
        ],
        bool,
    )
    order = np.argsort(finish(np.arange(len(pieces), dtype=np.uint64) + np.uint64(7)), kind="stable")
    topics = [""] * len(pieces)
    for place, code in enumerate(tops):
        mine = allowed & (best == place)
        sure = mine & (first >= rules.least) & (first >= rules.ratio * second)
        if sure.sum() < rules.rare:
            sure = mine & (first >= rules.rare_least) & (first >= rules.rare_ratio * second)
        for row in order[sure[order]][: rules.most].tolist():
            topics[row] = code
    return topics


def _scores(pieces: Sequence[Piece], scorer: KeywordScorer, width: int) -> NDArray[np.float64]:
    parts = [np.zeros((0, width))]
    for low in range(0, len(pieces), _AT_ONCE):
        some = pieces[low : low + _AT_ONCE]
        chosen = select_words(topic_words([(piece.title, piece.body) for piece in some]))
        parts.append(scorer.score(scorer.find(chosen, len(some)), len(some))[:, :width])
    return np.concatenate(parts)
