"""The tags of one article while rules change them: nothing of a kind overlaps, and every change can be told."""

import dataclasses
from collections.abc import Mapping

from schemas.elements import Tag
from transforms.core.tagging.user_rules import TOPIC, Rule

__all__ = ["SCORE_DIGITS", "TagList", "agree", "new_tag", "shown_tag"]

#: Digits of a score behind the point.
SCORE_DIGITS = 4


def agree(old: float, score: float, weight: float) -> float:
    """Return the score of what two sources say independently: 1 - (1 - old) * (1 - score) ** weight (noisy or)."""
    left: float = (1.0 - score) ** weight
    return min(1.0, round(1.0 - (1.0 - old) * left, SCORE_DIGITS))


def new_tag(
    kind: str,
    value: str,
    score: float,
    provenance: str,
    *,
    type_: str = "",
    canonical: str = "",
    code: str = "",
    country: str = "",
    span: tuple[int | None, int | None] = (None, None),
    entity: int = 0,
) -> Tag:
    """Return a tag of something without coordinates; its canonical name is its value where none is given."""
    return Tag(
        kind=kind,
        type=type_,
        value=value,
        canonical=canonical or value,
        code=code,
        country=country,
        lat=None,
        lon=None,
        score=round(score, SCORE_DIGITS),
        start=span[0],
        end=span[1],
        provenance=provenance,
        entity=entity,
    )


def shown_tag(tag: Tag) -> str:
    """Return a tag as explanations name it."""
    place = f" at {tag.start}-{tag.end}" if tag.start is not None else ""
    code = f" {tag.code}" if tag.code else ""
    return f"{tag.kind} {tag.value!r}{code}{place} ({tag.score:.2f}, {tag.provenance})"


class TagList:
    """Tags in the order in which they came. `log` takes a line for each change, where it is not None."""

    def __init__(self, tags: tuple[Tag, ...], log: list[str] | None = None) -> None:
        self.tags = list(tags)
        self._log = log
        self._entities: dict[tuple[str, str], int] = {}
        for tag in tags:
            for name in filter(None, (tag.code, tag.canonical)):
                self._entities.setdefault((tag.kind, name), tag.entity)
        self._next = max((tag.entity for tag in tags), default=0) + 1

    def _tell(self, line: str) -> None:
        if self._log is not None:
            self._log.append(line)

    def _numbered(self, tag: Tag) -> Tag:
        """Return a new tag with the number of its thing: that of a tag of the same code, else of the same name."""
        key = tag.kind, tag.code or tag.canonical
        if key not in self._entities:
            self._entities[key] = self._next
            self._next += 1
        return dataclasses.replace(tag, entity=self._entities[key])

    def add_topic(self, topic: Tag, rule: str) -> None:
        """Add a topic; where the article has it already, the two scores become one that is higher than both."""
        for place, tag in enumerate(self.tags):
            if tag.kind == TOPIC and tag.code == topic.code:
                score = agree(tag.score, topic.score, 1.0)
                provenance = _joined(tag.provenance, topic.provenance)
                self.tags[place] = dataclasses.replace(tag, score=score, provenance=provenance)
                self._tell(f"rule {rule}: {tag.score:.2f} -> {score:.2f} for {shown_tag(tag)}")
                return
        self.tags.append(self._numbered(topic))
        self._tell(f"added {shown_tag(topic)}")

    def add(self, tag: Tag, *, replace: bool) -> None:
        """Add a tag with a place, unless one of its kind overlaps it whose score is as high; `replace` goes before all."""
        rivals = [other for other in self.tags if other.kind == tag.kind and _overlap(other, tag)]
        if rivals and not replace and tag.score <= max(rival.score for rival in rivals):
            best = max(rivals, key=lambda rival: rival.score)
            self._tell(f"not added: {shown_tag(tag)} overlaps {shown_tag(best)}")
            return
        for rival in rivals:
            self.remove(rival, f"replaced {shown_tag(rival)}")
        self.tags.append(self._numbered(tag))
        self._tell(f"added {shown_tag(tag)}")

    def rescore(self, tag: Tag, score: float, rule: Rule) -> None:
        """Give a tag of the list another score, from 0 to 1."""
        score = min(1.0, round(score, SCORE_DIGITS))
        provenance = _joined(tag.provenance, rule.provenance)
        place = _index(self.tags, tag)
        self.tags[place] = dataclasses.replace(tag, score=score, provenance=provenance)
        self._tell(f"rule {rule.id}: {tag.score:.2f} -> {score:.2f} for {shown_tag(tag)}")

    def remove(self, tag: Tag, reason: str) -> None:
        """Take a tag of the list away."""
        del self.tags[_index(self.tags, tag)]
        self._tell(reason)

    def keep_above(self, thresholds: Mapping[str, float]) -> None:
        """Take away the tags whose score is below the threshold of their kind."""
        if not thresholds:
            return
        for tag in [tag for tag in self.tags if tag.score < thresholds.get(tag.kind, 0.0)]:
            self.remove(tag, f"below the threshold {thresholds[tag.kind]:.2f}: {shown_tag(tag)}")

    def sorted(self) -> tuple[Tag, ...]:
        """Return the tags: those without a place first, the best first; then by place, the longest first."""
        return tuple(sorted(self.tags, key=_order))


def _order(tag: Tag) -> tuple[int, float, int, str, str]:
    if tag.start is None or tag.end is None:
        return -1, -tag.score, 0, tag.kind, tag.code
    return tag.start, 0.0, -tag.end, tag.kind, tag.code


def _index(tags: list[Tag], tag: Tag) -> int:
    return next(place for place, other in enumerate(tags) if other is tag)


def _joined(provenance: str, rule: str) -> str:
    return provenance if rule in provenance.split("+") else f"{provenance}+{rule}"


def _overlap(one: Tag, other: Tag) -> bool:
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    return one.start < other.end and other.start < one.end
