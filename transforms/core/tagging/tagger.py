"""Tags of articles: topics, places, persons, organisations, keyphrases and the user's own, together.

Every tag says where it stands in the original text, how sure it is and what said so. Tags are guesses of a machine:
some are missing, some are wrong.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.elements import NormalizedArticle, Tag, TaggedArticle
from transforms.core.outlets import country_of
from transforms.core.settings import setting
from transforms.core.tagging.entities import Entity, EntityTagger
from transforms.core.tagging.keyphrases import Keyphrase, count_title_tokens, find_keyphrases
from transforms.core.tagging.mentions import Mention
from transforms.core.tagging.rule_tagger import RuleTagger
from transforms.core.tagging.topic_features import TopicWords
from transforms.core.tagging.topic_reasons import explain
from transforms.core.tagging.topics import TextTopics, TopicModel
from transforms.core.tagging.vocabulary import Vocabulary
from transforms.core.tagging.words import SIGN, Words, read_words

__all__ = ["GAZETTEERS", "SPORT", "Explained", "TagModels", "TagRules", "Tagger"]

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


@dataclasses.dataclass(frozen=True, eq=False)
class TagModels:
    """What is loaded once per worker; None for what is switched off."""

    topics: TopicModel | None
    entities: EntityTagger | None
    vocabulary: Vocabulary | None
    rules: RuleTagger | None


class Explained(NamedTuple):
    """Tags, each with its reason, and notes on what is no tag and on the user's rules."""

    tags: tuple[tuple[Tag, str], ...]
    notes: tuple[str, ...]


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
        models = self._models
        words = read_words([article.article.text])
        forms = words.forms()
        titles = count_title_tokens(words, [article.article.title.end])
        tagged = self.tag([article])[0]
        notes: list[str] = []
        topics = find_topics(models.topics, words, titles)
        reasons = topic_reasons(models.topics, words, forms, titles)
        if models.topics and not topics[0].topics:
            notes.append(
                "no topic is sure enough"
                + (f" for a text of the form {topics[0].form}" if topics[0].form else "")
            )
        if models.entities:
            sport = any(topic.code == SPORT for topic in topics[0].topics)
            (entities,) = models.entities.tag(words, forms, [sport], [country_of(article.article.source)])
            notes += models.entities.untagged(words, forms, entities)
        if models.rules:
            plain = Tagger(dataclasses.replace(models, rules=None), self._rules)
            title_end, (lead_end,) = article.article.title.end, lead_ends([article])
            notes += models.rules.explain(words, forms, 0, title_end, lead_end, plain.tag([article])[0].tags)
        return Explained(tuple((tag, _why(tag, reasons)) for tag in tagged.tags), tuple(notes))

    def _tag(self, articles: Sequence[NormalizedArticle]) -> list[TaggedArticle]:
        models = self._models
        words = read_words([article.article.text for article in articles])
        forms = words.forms()
        titles = count_title_tokens(words, [article.article.title.end for article in articles])
        topics = find_topics(models.topics, words, titles)
        entities: list[list[Entity]] = [[] for _ in articles]
        if models.entities:
            sports = [any(topic.code == SPORT for topic in found.topics) for found in topics]
            homes = [country_of(article.article.source) for article in articles]
            entities = models.entities.tag(words, forms, sports, homes)
        phrases: list[list[Keyphrase]] = [[] for _ in articles]
        if models.vocabulary:
            phrases = find_keyphrases(words, models.vocabulary, titles, self._rules.most_keyphrases)
        tags = [
            self._gather(words, number, topics[number], entities[number], phrases[number])
            for number in range(len(articles))
        ]
        if models.rules:
            title_ends = [article.article.title.end for article in articles]
            tags = models.rules.apply_batch(words, forms, title_ends, lead_ends(articles), tags)
        return [TaggedArticle(article, some) for article, some in zip(articles, tags, strict=True)]

    def _gather(
        self,
        words: Words,
        number: int,
        topics: TextTopics,
        entities: Sequence[Entity],
        phrases: Sequence[Keyphrase],
    ) -> tuple[Tag, ...]:
        tags: list[Tag] = []
        model = self._models.topics
        if model:
            for count, topic in enumerate(topics.topics):
                label = model.taxonomy[topic.code]
                name = label.label_ar_corrected or label.label_ar
                tags.append(
                    Tag(
                        kind="topic",
                        type="",
                        value=name,
                        canonical=label.label_en,
                        code=topic.code,
                        country="",
                        lat=None,
                        lon=None,
                        score=round(topic.score, 4),
                        start=None,
                        end=None,
                        provenance=topic.source,
                        entity=count,
                    )
                )
        spots: list[Tag] = []
        count = len(tags)
        for entity in entities:
            spots += entity_tags(words, number, entity, count)
            count += 1
        vocabulary = self._models.vocabulary
        for phrase in phrases if vocabulary else ():
            assert vocabulary is not None
            spots.append(
                Tag(
                    kind="keyphrase",
                    type="",
                    value=phrase.value,
                    canonical=phrase.canonical,
                    code="",
                    country="",
                    lat=None,
                    lon=None,
                    score=round(phrase.score, 4),
                    start=phrase.start,
                    end=phrase.end,
                    provenance=vocabulary.provenance,
                    entity=count,
                )
            )
            count += 1
        spots.sort(key=lambda tag: (tag.start, tag.kind))
        return (*tags, *spots)


def find_topics(model: TopicModel | None, words: Words, titles: NDArray[np.int64]) -> list[TextTopics]:
    """Return the topics of each text; `titles` counts the tokens of each title."""
    if model is None:
        return [TextTopics((), "")] * len(words.texts)
    return model.tag_batch(_topic_words(words, titles))


def topic_reasons(
    model: TopicModel | None, words: Words, forms: Sequence[str], titles: NDArray[np.int64]
) -> dict[str, str]:
    """Return for each topic of the only text what weighed most."""
    said: dict[str, list[str]] = {}
    if model is not None:
        spoken = words.kinds != SIGN
        chosen = [form for form, is_word in zip(forms, spoken.tolist(), strict=True) if is_word]
        for reason in explain(model, _topic_words(words, titles), chosen):
            said.setdefault(reason.code, []).append(f"{reason.said} {reason.weight:+.2f}")
    return {code: ", ".join(reasons) for code, reasons in said.items()}


def _why(tag: Tag, topics: Mapping[str, str]) -> str:
    """Return the reason of a tag in words."""
    source, _, name = tag.provenance.partition(":")
    if tag.kind == "topic":
        return topics.get(tag.code, "keywords of the second level" if source == "rule" else "")
    if tag.kind == "keyphrase":
        return "stands often here and seldom elsewhere"
    known = f"; known as {tag.canonical} ({tag.code})" if tag.code else ""
    if source == "model":
        return f"the model reads it as a {tag.kind}{known}"
    if source == "gaz":
        return f"a name of the list {name.partition('@')[0]}{known}"
    return f"rule {name}{known}"


def _topic_words(words: Words, titles: NDArray[np.int64]) -> TopicWords:
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
            score=round(mention.score, 4),
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
