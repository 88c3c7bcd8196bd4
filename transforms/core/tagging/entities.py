"""Places, persons and organisations of articles: the model, the gazetteers and the rules together."""

import bisect
import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from transforms.core.tagging import bodies, people, places
from transforms.core.tagging.body_heads import HEAD_FORMS
from transforms.core.tagging.chain import ChainModel
from transforms.core.tagging.entity_lexicon import EntityLexicon
from transforms.core.tagging.gazetteer import RULES, Entry
from transforms.core.tagging.hits import hit_codes
from transforms.core.tagging.mentions import (
    Mention,
    NameHit,
    Reading,
    Spans,
    hits_by_token,
    letters_before,
    spans_of,
)
from transforms.core.tagging.recurrence import found_again
from transforms.core.tagging.words import Words

__all__ = ["Entity", "EntityTagger"]

_RULES = {"PER": people.persons_in, "LOC": places.places_in, "ORG": bodies.bodies_in}
#: How sure a name of a gazetteer is that the model has passed over.
_PASSED_OVER = 0.6
#: How sure a name is that only its head noun tells, and its provenance.
_HEADED = 0.5
_HEAD_RULE = "rule:head_noun"
#: A single name of a person that stands for no full name of the article must be so sure.
_ALONE = 0.75


@dataclasses.dataclass(frozen=True)
class Entity:
    """One thing named in an article, with all its mentions in the order of the text.

    `name` is its usual or longest folded name there and `named` the number of the first mention by that name;
    `entry` is what a gazetteer knows of it. `country` is that of the entry; of a place without one it is that of the
    known place in its name ("Palmyra museum"), else the country that most places of the article lie in.
    """

    kind: str
    name: str
    named: int
    entry: Entry | None
    country: str
    score: float
    mentions: tuple[Mention, ...]


class _Batch(NamedTuple):
    """What was read in several texts: runs of the model, tokens where listed names and head nouns begin; each with the texts' borders."""

    readings: list[Reading]
    spans: Spans
    span_borders: list[int]
    hit_tokens: list[int]
    hit_borders: list[int]
    heads: list[int]


class EntityTagger:
    """The model and the lexicon, ready. One per process."""

    def __init__(self, model: ChainModel, lexicon: EntityLexicon, provenance: str) -> None:
        self.model = model
        self.lexicon = lexicon
        self._provenance = provenance

    def tag(
        self, words: Words, forms: Sequence[str], sports: Sequence[bool], homes: Sequence[str]
    ) -> list[list[Entity]]:
        """Return the entities of each text, in the order of their first mentions.

        `sports` tells of each text whether it is about sport, `homes` the country (ISO 3166-1 alpha-2) of its outlet or "".
        What is found in a text does not depend on the other texts.
        """
        batch = self._read(words, forms)
        found: list[list[Entity]] = []
        for number, reading in enumerate(batch.readings):
            mentions = self._mentions(reading, batch, number, sport=sports[number])
            found.append(self._entities(reading, mentions, homes[number]))
        return found

    def untagged(self, words: Words, forms: Sequence[str], entities: Sequence[Entity]) -> list[str]:
        """Return what the lists know in the only text of `words` that is no tag, each with the reason."""
        (reading,) = self._read(words, forms).readings
        taken = {
            token: mention.kind
            for entity in entities
            for mention in entity.mentions
            for token in range(mention.first, mention.last)
        }
        notes: dict[str, None] = {}
        for first, hits in sorted(reading.hits.items()):
            hit = hits[0]
            if any(token in taken for token in range(first, hit.last)):
                continue
            entry = self.lexicon.index.meanings(hit.number)[0]
            name = reading.name(first, hit.last, hit.cut)
            type_ = reading.types[first]
            said = f"; the model reads it as {type_}" if type_ else ""
            notes[f"{name}: known as a {entry.kind}, no tag: {RULES[entry.rule]}{said}"] = None
        return list(notes)

    def _read(self, words: Words, forms: Sequence[str]) -> _Batch:
        matches = self.lexicon.index.find(words, forms)
        codes = hit_codes(matches, self.lexicon.hit_classes, len(forms))
        ends = words.sentence_ends()
        labels = self.model.label(forms, ends, codes)
        starts = np.ones(len(forms), bool)
        starts[1:] = ends[:-1]
        spans = spans_of(labels, self.model.labels, starts)
        named = [label[2:] for label in self.model.labels]
        types = [named[number] for number in labels.numbers.tolist()]
        hits = hits_by_token(matches)
        hit_tokens = np.unique(matches.firsts[self.lexicon.sayable[matches.phrases]])
        breaks, kinds = words.breaks.tolist(), words.kinds.tolist()
        readings = [
            Reading(words, forms, breaks, kinds, types, hits, self.lexicon, low, high)
            for low, high in itertools.pairwise(words.borders.tolist())
        ]
        return _Batch(
            readings,
            spans,
            np.searchsorted(spans.firsts, words.borders).tolist(),
            hit_tokens.tolist(),
            np.searchsorted(hit_tokens, words.borders).tolist(),
            [token for token, form in enumerate(forms) if form in HEAD_FORMS],
        )

    def _mentions(self, reading: Reading, batch: _Batch, number: int, *, sport: bool) -> list[Mention]:
        """Return what is named in text `number`: by the model, by head nouns, by the lists, and again."""
        spans = batch.spans
        some: list[Mention] = []
        for place in range(batch.span_borders[number], batch.span_borders[number + 1]):
            rule = _RULES.get(spans.types[place])
            if rule:
                first, last, score = spans.firsts[place], spans.lasts[place], spans.scores[place]
                some += rule(reading, first, last, score, self._provenance)
        some = _without_overlaps(some)
        some += self._headed(reading, batch.heads, some)
        listed = batch.hit_tokens[batch.hit_borders[number] : batch.hit_borders[number + 1]]
        some += self._passed_over(reading, listed, some, sport=sport)
        some += found_again(reading, some)
        some.sort(key=lambda mention: mention.first)
        return some

    def _headed(self, reading: Reading, heads: Sequence[int], mentions: Sequence[Mention]) -> list[Mention]:
        """Return bodies that a strong head noun names, where the model has named none."""
        found: list[Mention] = []
        here = heads[bisect.bisect_left(heads, reading.low) : bisect.bisect_left(heads, reading.high)]
        if not here:
            return found
        taken = {
            token
            for mention in mentions
            if mention.kind != "place"
            for token in range(mention.first, mention.last)
        }
        last = reading.low
        for head in here:
            if head < last or reading.types[head] in ("PER", "ORG"):
                continue
            last = bodies.headed_at(reading, head)
            if last - head > 1 and not any(token in taken for token in range(head, last)):
                hit = reading.hit(head, last, "organisation")
                cut = hit[0] if hit else letters_before(reading, head, "org_head")
                found.append(
                    Mention("organisation", head, last, cut, _HEADED, _HEAD_RULE, hit[1] if hit else ())
                )
        return found

    def _passed_over(
        self, reading: Reading, tokens: Sequence[int], mentions: Sequence[Mention], *, sport: bool
    ) -> Iterator[Mention]:
        """Yield names of the gazetteers that stand where the model has named nothing."""
        taken = {token for mention in mentions for token in range(mention.first, mention.last)}
        last = -1
        for first in tokens:
            if first < last or first in taken:
                continue
            for hit in reading.hits[first]:
                if any(
                    token in taken or reading.types[token] in ("PER", "ORG")
                    for token in range(first, hit.last)
                ):
                    continue
                meanings = self.lexicon.index.meanings(hit.number)
                said = self._meant(reading, first, hit, meanings, sport=sport)
                if said:
                    yield Mention(
                        said[0].kind, first, hit.last, hit.cut, _PASSED_OVER, said[0].provenance, said
                    )
                    last = hit.last
                    break

    @staticmethod
    def _meant(
        reading: Reading, first: int, hit: NameHit, meanings: Sequence[Entry], *, sport: bool
    ) -> tuple[Entry, ...]:
        said = tuple(
            one for one in meanings if one.kind == "place" and places.is_named(reading, first, hit, one.rule)
        )
        return said or tuple(
            one
            for one in meanings
            if one.kind == "organisation" and bodies.is_named(reading, first, one.rule, sport=sport)
        )

    def _entities(self, reading: Reading, mentions: Sequence[Mention], home: str) -> list[Entity]:
        """Return mentions gathered by what they name."""
        named = [(mention, reading.name(mention.first, mention.last, mention.cut)) for mention in mentions]
        spots = [(mention, name) for mention, name in named if mention.kind == "place"]
        entries = places.choose_entries(
            [(name, mention.meanings) for mention, name in spots], self.lexicon.ambiguous, home
        )
        common = places.most_common_country(entries)
        entry_of = {mention.first: entry for (mention, _), entry in zip(spots, entries, strict=True)}
        persons = [name for mention, name in named if mention.kind == "person"]
        full = people.full_names(persons)
        groups: dict[tuple[str, str], list[tuple[Mention, str]]] = {}
        for mention, name in named:
            if mention.kind == "person":
                key = full[name]
            elif mention.kind == "place":
                entry = entry_of[mention.first]
                key = entry.code if entry else name
            else:
                key = mention.meanings[0].code if mention.meanings else name
            groups.setdefault((mention.kind, key), []).append((mention, name))
        entities = []
        for (kind, _), some in groups.items():
            mentions_of = tuple([mention for mention, _ in some])
            names = [name for _, name in some]
            name, score = names[0], mentions_of[0].score
            if len(some) > 1:
                score = max([mention.score for mention in mentions_of])
                if (
                    kind == "place"
                ):  # is called what it is called most; a person or a body by the longest form
                    times = Counter(names)
                    name = max(times, key=lambda one: (times[one], len(one)))
                else:
                    name = max(names, key=len)
            if kind == "person" and " " not in name and score < _ALONE:
                continue
            entry = (
                entry_of[some[0][0].first]
                if kind == "place"
                else next((mention.meanings[0] for mention, _ in some if mention.meanings), None)
            )
            place = names.index(name)
            country = entry.country if entry else ""
            if kind == "place" and entry is None:
                country = places.guess_country(reading, mentions_of, common)
            entities.append(Entity(kind, name, place, entry, country, score, mentions_of))
        return entities


def _without_overlaps(mentions: Sequence[Mention]) -> list[Mention]:
    """Return mentions without those that begin inside an earlier one (mended borders may reach into the next run)."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: (one.first, -one.last)):
        if not kept or mention.first >= kept[-1].last:
            kept.append(mention)
    return kept
