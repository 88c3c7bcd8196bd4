"""Tags of articles: topics, places, persons, organisations, keyphrases and the user's own, together.

Every tag says where it stands in the original text, how sure it is and what said so. Tags are guesses of a machine:
some are missing, some are wrong.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.elements import NormalizedArticle, Tag, TaggedArticle
from transforms.core.outlets import country_of
from transforms.core.settings import setting
from transforms.core.tagging.entities import Entity, EntityTagger
from transforms.core.tagging.findings import Found, TagModels
from transforms.core.tagging.keyphrases import Keyphrase, count_title_tokens, find_keyphrases
from transforms.core.tagging.mentions import Mention
from transforms.core.tagging.reasons import Explained, notes_on, topic_reasons, why
from transforms.core.tagging.tag_list import SCORE_DIGITS, new_tag
from transforms.core.tagging.topic_features import TopicWords
from transforms.core.tagging.topics import TextTopics
from transforms.core.tagging.words import SIGN, Words, read_words

__all__ = ["GAZETTEERS", "SPORT", "TagRules", "Tagger"]

#: The gazetteers that ship.
GAZETTEERS = ("places", "organisations", "persons")
SPORT = "medtop:15000000"
#: Articles read together: enough for arrays to pay, few enough to stay in the cache.
BATCH = 64


@dataclasses.dataclass(frozen=True)
class TagRules:
    """What is tagged."""

    topics: bool = setting(True, "Tag topics (IPTC Media Topics).")
    entities: bool = setting(True, "Tag places, persons and organisations.")
    keyphrases: bool = setting(True, "Tag keyphrases.")
    gazetteers: tuple[str, ...] = setting(
        GAZETTEERS, "Names of the shipped gazetteers to use: places, organisations, persons."
    )
    most_keyphrases: int = setting(10, "Keyphrases of an article at most.", minimum=1, maximum=100)
    rules: str = setting("", "Path or URI of a YAML file with rules of your own (see `warraq tag --help`).")


class Tagger:
    """Tags articles by models and rules. What an article gets does not depend on those beside it."""

    def __init__(self, models: TagModels, rules: TagRules) -> None:
        self._models = models
        self._rules = rules

    @property
    def entities(self) -> EntityTagger | None:
        """What finds places, persons and organisations, None where that is off."""
        return self._models.entities

    def tag(self, articles: Sequence[NormalizedArticle]) -> list[TaggedArticle]:
        """Return articles with their tags: topics first, the best first, then by place in the text."""
        tagged: list[TaggedArticle] = []
        for first in range(0, len(articles), BATCH):
            tagged += self._tag(articles[first : first + BATCH])
        return tagged

    def explain(self, article: NormalizedArticle) -> Explained:
        """Return the tags of an article with the reason of each, and what was looked at besides."""
        found = self._find([article])
        tags, notes = found.tags[0], list(notes_on(self._models, found))
        if self._models.rules:
            title_end, (lead_end,) = article.article.title.end, lead_ends([article])
            notes += self._models.rules.explain(found.words, found.forms, 0, title_end, lead_end, tags)
            (tags,) = self._with_rules([article], found)
        reasons = topic_reasons(self._models.topics, found)
        return Explained(tuple((tag, why(tag, reasons)) for tag in tags), tuple(notes))

    def _tag(self, articles: Sequence[NormalizedArticle]) -> list[TaggedArticle]:
        tags = self._with_rules(articles, self._find(articles))
        return [TaggedArticle(article, some) for article, some in zip(articles, tags, strict=True)]

    def _with_rules(self, articles: Sequence[NormalizedArticle], found: Found) -> list[tuple[Tag, ...]]:
        """Return the tags of each article after the user's rules."""
        if self._models.rules is None:
            return found.tags
        title_ends = [article.article.title.end for article in articles]
        return self._models.rules.apply_batch(
            found.words, found.forms, title_ends, lead_ends(articles), found.tags
        )

    def _find(self, articles: Sequence[NormalizedArticle]) -> Found:
        """Return what models and lists find in articles."""
        models = self._models
        words = read_words([article.article.text for article in articles])
        forms = words.forms()
        titles = count_title_tokens(words, [article.article.title.end for article in articles])
        topic_words = without_signs(words, titles)
        topics = [TextTopics((), "")] * len(articles)
        if models.topics:
            topics = models.topics.tag_batch(topic_words)
        entities: list[list[Entity]] = [[] for _ in articles]
        if models.entities:
            sports = [any(topic.code == SPORT for topic in one.topics) for one in topics]
            homes = [country_of(article.article.source) for article in articles]
            entities = models.entities.tag(words, forms, sports, homes)
        phrases: list[list[Keyphrase]] = [[] for _ in articles]
        if models.vocabulary:
            phrases = find_keyphrases(words, models.vocabulary, titles, self._rules.most_keyphrases)
        tags = [
            self._gather(words, number, topics[number], entities[number], phrases[number])
            for number in range(len(articles))
        ]
        return Found(words, forms, topic_words, topics, entities, tags)

    def _gather(
        self,
        words: Words,
        number: int,
        topics: TextTopics,
        entities: Sequence[Entity],
        phrases: Sequence[Keyphrase],
    ) -> tuple[Tag, ...]:
        tags: list[Tag] = []
        model, vocabulary = self._models.topics, self._models.vocabulary
        taxonomy = model.taxonomy if model else {}
        for topic in topics.topics:
            label = taxonomy[topic.code]
            name = label.label_ar_corrected or label.label_ar
            tags.append(
                new_tag(
                    "topic",
                    name,
                    topic.score,
                    topic.source,
                    canonical=label.label_en,
                    code=topic.code,
                    entity=len(tags),
                )
            )
        spots: list[Tag] = []
        count = len(tags)
        for entity in entities:
            spots += entity_tags(words, number, entity, count)
            count += 1
        source = vocabulary.provenance if vocabulary else ""
        for phrase in phrases:
            spots.append(
                new_tag(
                    "keyphrase",
                    phrase.value,
                    phrase.score,
                    source,
                    canonical=phrase.canonical,
                    span=(phrase.start, phrase.end),
                    entity=count,
                )
            )
            count += 1
        spots.sort(key=lambda tag: (tag.start, tag.kind))
        return (*tags, *spots)


def without_signs(words: Words, titles: NDArray[np.int64]) -> TopicWords:
    """Return what topic models see of tokens: no punctuation. `titles` counts the tokens of each title."""
    spoken = words.kinds != SIGN
    places = np.concatenate(([0], np.cumsum(spoken)))
    borders = places[words.borders]
    in_title = places[words.borders[:-1] + titles] - borders[:-1]
    return TopicWords(words.hashes[spoken], borders, in_title)


def lead_ends(articles: Sequence[NormalizedArticle]) -> list[int]:
    """Return where the first paragraph of each article ends."""
    return [
        article.article.paragraphs[0].end if article.article.paragraphs else article.article.body_start
        for article in articles
    ]


def entity_tags(words: Words, number: int, entity: Entity, count: int) -> list[Tag]:
    """Return a tag for each mention of an entity in text `number`; all have the entity number `count`."""
    spans = [_span(words, number, mention) for mention in entity.mentions]
    text = words.texts[number]
    entry = entity.entry
    if entry is not None and entry.code:
        canonical = entry.canonical
    else:
        start, end = spans[entity.named]
        named = entity.mentions[entity.named]
        begin = int(words.starts[named.first]) + named.cut
        canonical = restored(entity.name, words.joined[begin : int(words.ends[named.first])], text[start:end])
    return [
        Tag(
            kind=entity.kind,
            type=entry.type if entry else "",
            value=text[start:end],
            canonical=canonical,
            code=entry.code if entry else "",
            country=entity.country,
            lat=entry.lat if entry else None,
            lon=entry.lon if entry else None,
            score=round(mention.score, SCORE_DIGITS),
            start=start,
            end=end,
            provenance=mention.source,
            entity=count,
        )
        for mention, (start, end) in zip(entity.mentions, spans, strict=True)
    ]


def _span(words: Words, number: int, mention: Mention) -> tuple[int, int]:
    start = int(words.starts[mention.first]) + mention.cut
    return words.span(number, start, int(words.ends[mention.last - 1]))


def restored(name: str, rest: str, value: str) -> str:
    """Return a name as written, with what lam swallowed of its article; `rest` is left of its folded first word."""
    if name.startswith(rest):
        return value
    return ("\u0627\u0644" if name.startswith("\u0627\u0644" + rest) else "\u0627") + value  # ال, ا
