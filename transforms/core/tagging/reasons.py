"""Why an article has its tags, in words, and what was looked at besides."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schemas.elements import Tag
from transforms.core.tagging.findings import Found, TagModels
from transforms.core.tagging.topic_reasons import explain
from transforms.core.tagging.topics import TopicModel
from transforms.core.tagging.words import SIGN

__all__ = ["Explained", "notes_on", "topic_reasons", "why"]


class Explained(NamedTuple):
    """Tags, each with its reason, and notes on what is no tag and on the user's rules."""

    tags: tuple[tuple[Tag, str], ...]
    notes: tuple[str, ...]


def notes_on(models: TagModels, found: Found) -> Iterator[str]:
    """Yield what is no tag in the only text of `found`, and why."""
    (topics,) = found.topics
    if models.topics and not topics.topics:
        yield "no topic is sure enough" + (f" for a text of the form {topics.form}" if topics.form else "")
    if models.entities:
        yield from models.entities.untagged(found.words, found.forms, found.entities[0])


def topic_reasons(model: TopicModel | None, found: Found) -> dict[str, str]:
    """Return for each topic of the only text of `found` what weighed most."""
    said: dict[str, list[str]] = {}
    if model is not None:
        spoken = (found.words.kinds != SIGN).tolist()
        forms = [form for form, is_word in zip(found.forms, spoken, strict=True) if is_word]
        for reason in explain(model, found.topic_words, forms):
            said.setdefault(reason.code, []).append(f"{reason.said} {reason.weight:+.2f}")
    return {code: ", ".join(reasons) for code, reasons in said.items()}


def why(tag: Tag, topics: Mapping[str, str]) -> str:
    """Return the reason of a tag; `topics` are those of topics by their codes."""
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
