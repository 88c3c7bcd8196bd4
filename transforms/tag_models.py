"""Models, word lists and rules of tagging, loaded once per process for the core, which opens no file."""

import functools
import gc
import hashlib
import importlib.resources
import threading

from transforms.core.tagging.chain import ChainModel, read_arrays
from transforms.core.tagging.entities import EntityTagger
from transforms.core.tagging.entity_lexicon import TABLES, make_entity_lexicon
from transforms.core.tagging.findings import TagModels
from transforms.core.tagging.rule_tagger import RuleTagger
from transforms.core.tagging.tagger import Tagger, TagRules
from transforms.core.tagging.topic_taxonomy import Topic, parse_taxonomy
from transforms.core.tagging.topics import TopicModel, load_topics
from transforms.core.tagging.user_rules import UserRules
from transforms.core.tagging.vocabulary import Vocabulary, parse_vocabulary
from transforms.core.tagging.word_features import word_features

__all__ = ["load_tagger", "load_taxonomy", "tag_versions"]

_LOADING = threading.Lock()
_USUAL = TagRules()
_NO_RULES = UserRules()


def load_tagger(rules: TagRules = _USUAL, user: UserRules = _NO_RULES) -> Tagger:
    """Return the tagger for `rules` and the user's own; loaded once per process."""
    with _LOADING:  # the engine may set up several workers of one process at once
        collects = gc.isenabled()
        gc.disable()  # lists of words are hundreds of thousands of objects and no cycles: collecting takes a fifth of the time
        try:
            return _load_tagger(rules, user)
        finally:
            if collects:
                gc.enable()


def load_taxonomy() -> dict[str, Topic]:
    """Return the shipped topics by code."""
    return parse_taxonomy(_table("topics"))


def tag_versions(rules: TagRules, user: UserRules) -> dict[str, str]:
    """Return what the tags depend on: name -> first 12 digits of its SHA-256 (the user's rules: their digest)."""
    versions = {f"gaz:{name}": _digest(_table(name).encode("utf-8")) for name in sorted(rules.gazetteers)}
    used = {"topics": rules.topics, "entities": rules.entities, "keyphrases": rules.keyphrases}
    versions |= {f"model:{name}": _digest(_model(name)) for name, is_on in used.items() if is_on}
    if user.digest:
        versions["rules"] = user.digest
    return versions


@functools.lru_cache(maxsize=4)
def _load_tagger(rules: TagRules, user: UserRules) -> Tagger:
    off = set(user.disabled)
    topics = _load_topics() if rules.topics and "topics" not in off else None
    entities = None
    if rules.entities and "entities" not in off:
        used = () if "gazetteers" in off else rules.gazetteers
        entities = _load_entities(tuple(sorted(used)))
    vocabulary = _load_vocabulary() if rules.keyphrases and "keyphrases" not in off else None
    own = RuleTagger(user) if user.digest else None
    return Tagger(TagModels(topics, entities, vocabulary, own), rules)


@functools.cache
def _load_topics() -> TopicModel:
    return load_topics(_model("topics"), _table("topics"), _table("topic_keywords"))


@functools.lru_cache(maxsize=4)
def _load_entities(gazetteers: tuple[str, ...]) -> EntityTagger:
    tables = {name: _table(name) for name in TABLES}
    lexicon = make_entity_lexicon(tables, read_arrays(_model("clusters")), gazetteers)
    data = _model("entities")

    def features(word: str) -> list[str]:
        return [name for name, _ in word_features(word, lexicon.words)]

    return EntityTagger(ChainModel(read_arrays(data), features), lexicon, f"model:entities@{_digest(data)}")


@functools.cache
def _load_vocabulary() -> Vocabulary:
    return parse_vocabulary(_model("keyphrases"), _table("stopwords"))


def _table(name: str) -> str:
    return importlib.resources.files("transforms.core.lexicon").joinpath(f"{name}.tsv").read_text("utf-8")


def _model(name: str) -> bytes:
    return importlib.resources.files("transforms.core.models").joinpath(f"{name}.npz").read_bytes()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
