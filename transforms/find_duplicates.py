"""FindDuplicates: signatures to decisions, by shuffles of small things only. The thinking is in `transforms.core.join`.

Shuffled per article: its signature once, an entry per band, a short line by URL; per pair to compare, one
signature more. No key holds more than the articles that share a band, a text, a URL or a root.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.comparing import Edge, Link, Member, Signature
from transforms.composite import Composite
from transforms.core.buckets import bucket_pairs, entry_of
from transforms.core.cluster import DedupRules
from transforms.core.index import keys_of
from transforms.core.join import (
    compare_text,
    pair_messages,
    settle_text,
    signature_message,
    text_key,
    version_messages,
    versioned,
)
from transforms.core.versions import Versioned, link_versions
from transforms.metrics import StageCounter
from transforms.sign import BATCH, in_global_window

__all__ = ["FindDuplicates", "Found"]

_Message = tuple[bytes, bytes]
_STAGE = "deduplicate"
#: About what is shuffled of an article under its URL.
_URL_BYTES = 72


class Found(NamedTuple):
    """What deduplication found: who is dropped for whom, who has to do with whom; and the members of earlier runs."""

    edges: PCollection[Edge]
    links: PCollection[Link]
    settled: PCollection[Member]


@dataclasses.dataclass(eq=False)
class FindDuplicates(Composite):
    """Decide about signatures: exact and near duplicates, repeats, versions, similar and contained texts.

    Takes signatures in any order, in the global window; those with `settled` come from earlier runs and are only
    decided anew (`redecide`: all of them are asked again, also among each other). Gives each edge and link once.
    """

    rules: DedupRules
    redecide: bool = False

    def expand(self, signatures: PCollection[Signature]) -> Found:
        """Return edges, links and settled members."""
        rules = self.rules
        spread = beam.ParDo(_SpreadFn(rules, self.redecide))
        spread.label = "Spread"
        sent = signatures | spread.with_output_types(
            _Message, bands=_Message, urls=tuple[bytes, Any], settled=Member
        ).with_outputs("bands", "urls", "settled", main="texts")
        pairs = (
            sent.bands
            | "GroupBands" >> beam.GroupByKey()
            | "PairUp" >> beam.ParDo(_PairFn(rules)).with_output_types(_Message)
            | "GroupPairs" >> beam.GroupByKey()
            | "TellPairs" >> beam.FlatMapTuple(_tell_pair).with_output_types(_Message)
        )
        versions = (
            sent.urls
            | "GroupUrls" >> beam.GroupByKey()
            | "LinkVersions" >> beam.ParDo(_VersionFn(rules)).with_output_types(_Message)
        )
        settle = beam.ParDo(_SettleTextFn(rules))
        settle.label = "SettleText"
        compare = beam.ParDo(_CompareTextFn(rules))
        compare.label = "CompareText"
        settled = (
            (sent.texts, pairs, versions)
            | "MeetAtText" >> beam.Flatten()
            | "GroupTexts" >> beam.GroupByKey()
            | settle.with_output_types(_Message, edges=Edge).with_outputs("edges", main="messages")
        )
        compared = (
            settled.messages
            | "GroupLater" >> beam.GroupByKey()
            | compare.with_output_types(Edge, links=Link).with_outputs("links", main="edges")
        )
        edges = (settled.edges, compared.edges) | "AllEdges" >> beam.Flatten()
        return Found(edges, compared.links, sent.settled)


class _CountingFn(beam.DoFn):
    """Counts in plain numbers while a bundle lasts, and tells Beam at its end: a counter costs more than a message."""

    def __init__(self) -> None:
        self._counter = StageCounter(_STAGE)

    def start_bundle(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, name: str, number: int) -> None:
        self._counts[name] = self._counts.get(name, 0) + number

    def finish_bundle(self) -> Iterator[Any] | None:
        for name, number in self._counts.items():
            self._counter.add(name, number)
        return None


class _SpreadFn(_CountingFn):
    """Send each signature to its text, its bands and its URL. Bands are made for several signatures at a time."""

    def __init__(self, rules: DedupRules, redecide: bool) -> None:
        super().__init__()
        self._rules = rules
        self._redecide = redecide

    def start_bundle(self) -> None:
        super().start_bundle()
        self._waiting: list[Signature] = []

    def process(self, signature: Signature) -> Iterator[Any]:
        self._waiting.append(signature)
        if len(self._waiting) >= BATCH:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[Any]:
        for sent in self._flush():
            if isinstance(sent, TaggedOutput):
                yield TaggedOutput(sent.tag, in_global_window(sent.value))
            else:
                yield in_global_window(sent)
        super().finish_bundle()

    def _flush(self) -> Iterator[Any]:
        waiting, self._waiting = self._waiting, []
        shuffled = 0
        for signature, keys in zip(waiting, keys_of(waiting, self._rules), strict=True):
            key = text_key(signature, self._rules)
            message = signature_message(signature)
            shuffled += len(key) + len(message)
            yield key, message
            if keys:
                settled = signature.member.settled is not None
                entry = entry_of(signature.member, key, settled=settled, reopened=self._redecide)
                shuffled += len(keys) * (8 + len(entry))
                for band in keys:
                    yield TaggedOutput("bands", (band.to_bytes(8, "big"), entry))
            if signature.member.settled is not None:
                yield TaggedOutput("settled", signature.member)
            if signature.url_key:
                yield TaggedOutput("urls", (signature.url_key, tuple(versioned(signature, key))))
                shuffled += _URL_BYTES
        self.count("shuffled_bytes", shuffled)
        self.count("signed", len(waiting))


class _PairFn(_CountingFn):
    """Pair the entries of each bucket: the pair is the key, so that it is compared once however many bands it shares."""

    def __init__(self, rules: DedupRules) -> None:
        super().__init__()
        self._rules = rules

    def process(self, bucket: tuple[bytes, Iterable[bytes]]) -> Iterator[_Message]:
        entries = list(bucket[1])
        if len(entries) < 2:
            return
        if len(entries) > self._rules.bucket_limit:
            self.count("hot_buckets", 1)
        pairs = 0
        for earlier, later in bucket_pairs(entries, self._rules):
            pairs += 1
            yield earlier + later, b""
        self.count("pairs", pairs)
        self.count("shuffled_bytes", pairs * 2 * len(entries[0]))


def _tell_pair(pair: bytes, _: Iterable[bytes]) -> Iterator[_Message]:
    middle = len(pair) // 2
    yield from pair_messages(pair[:middle], pair[middle:])


class _VersionFn(_CountingFn):
    def __init__(self, rules: DedupRules) -> None:
        super().__init__()
        self._rules = rules

    def process(self, group: tuple[bytes, Iterable[Any]]) -> Iterator[_Message]:
        members = [Versioned(*member) for member in group[1]]
        if len(members) > 1:
            for link in link_versions(members, self._rules):
                yield from version_messages(link)


class _SettleTextFn(_CountingFn):
    def __init__(self, rules: DedupRules) -> None:
        super().__init__()
        self._rules = rules

    def process(self, group: tuple[bytes, Iterable[bytes]]) -> Iterator[Any]:
        settled = settle_text(group[0], group[1], self._rules)
        for message in settled.messages:
            self.count("shuffled_bytes", len(message[0]) + len(message[1]))
            yield message
        for edge in settled.edges:
            yield TaggedOutput("edges", edge)


class _CompareTextFn(_CountingFn):
    def __init__(self, rules: DedupRules) -> None:
        super().__init__()
        self._rules = rules

    def process(self, group: tuple[bytes, Iterable[bytes]]) -> Iterator[Any]:
        edges, links, compared = compare_text(group[1], self._rules)
        self.count("compared", compared)
        yield from edges
        for link in links:
            yield TaggedOutput("links", link)
