"""What taggers are made of and what they find, before the user's rules."""

import dataclasses
from typing import NamedTuple

from schemas.elements import Tag
from transforms.core.tagging.entities import Entity, EntityTagger
from transforms.core.tagging.rule_tagger import RuleTagger
from transforms.core.tagging.topic_features import TopicWords
from transforms.core.tagging.topics import TextTopics, TopicModel
from transforms.core.tagging.vocabulary import Vocabulary
from transforms.core.tagging.words import Words

__all__ = ["Found", "TagModels"]


@dataclasses.dataclass(frozen=True, eq=False)
class TagModels:
    """What is loaded once per worker; None for what is switched off."""

    topics: TopicModel | None
    entities: EntityTagger | None
    vocabulary: Vocabulary | None
    rules: RuleTagger | None


class Found(NamedTuple):
    """What was found in several texts: their tokens, and a list item for each text."""

    words: Words
    forms: list[str]
    topic_words: TopicWords
    topics: list[TextTopics]
    entities: list[list[Entity]]
    tags: list[tuple[Tag, ...]]
