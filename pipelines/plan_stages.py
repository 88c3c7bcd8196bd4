"""The sample of `warraq plan` run through the stages of the graph, without Beam, with what each costs.

The functions are those that the graph calls, with the same doors; what is measured is their CPU time, and the bytes that
they would send through the shuffles and into the files.
"""

import dataclasses
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pipelines.config_tree import Config, parse_plan
from pipelines.plan_sample import Drawn
from schemas.avro import encode_container, to_record
from schemas.comparing import Signature, Verdict
from schemas.elements import Article, NormalizedArticle, TaggedArticle
from transforms.aids import load_aids
from transforms.core.buckets import ENTRY_BYTES
from transforms.core.compared import normalize
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.estimates import Estimate, share_of
from transforms.core.evidence import duplicate_row, relation_row
from transforms.core.index import SignatureIndex
from transforms.core.join import signature_message
from transforms.core.parse import parse
from transforms.core.tagging.user_rules import UserRules
from transforms.dead_letters import refusal
from transforms.sign import BATCH, partition_of, sign_all, signable_of
from transforms.tag_models import load_tagger

__all__ = [
    "ARTICLE",
    "DEAD",
    "DUPLICATE",
    "FILTERED",
    "STAGES",
    "Outcome",
    "SampleRun",
    "run_sample",
    "share_in",
]

#: The stages whose CPU time is measured here; `read` is measured by the scan.
STAGES = ("parse", "normalize", "deduplicate", "tag", "write")
ARTICLE, DUPLICATE, DEAD, FILTERED = "article", "duplicate", "dead_letter", "filtered"
_T = TypeVar("_T")


@dataclasses.dataclass
class Outcome:
    """What became of a drawn record: its `door`, and the `reason` (of a duplicate: the relation).

    `source` is "" where the record never became an article; `partition` is the folder of one that was parsed, `event_us` its time.
    `rows` are the bytes of its rows in the output, by table.
    """

    drawn: Drawn
    door: str = ARTICLE
    reason: str = ""
    source: str = ""
    partition: str = ""
    event_us: int | None = None
    shuffled: dict[str, int] = dataclasses.field(default_factory=dict)
    rows: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class SampleRun:
    """What came of the sample: an outcome per record, in the order drawn, and what each stage took: (CPU seconds, elements) of batches.

    Word lists and caches are warm after the first batches, which a large run hardly notices; so batches come in order.
    """

    outcomes: tuple[Outcome, ...]
    batches: dict[str, list[tuple[float, int]]]
    signatures: tuple[tuple[Outcome, Signature], ...]
    bugs: int


def run_sample(drawn: Sequence[Drawn], config: Config, user_rules: UserRules) -> SampleRun:
    """Run drawn records through parse, normalise, deduplicate, tag and encode."""
    return _Run(config, user_rules).run(drawn)


class _Run:
    def __init__(self, config: Config, user_rules: UserRules) -> None:
        self._config = config
        self._plan = parse_plan(config)
        self._aids = load_aids(config.scope.language_model)
        self._tagger = load_tagger(config.tag, user_rules)
        self._batches: dict[str, list[tuple[float, int]]] = {stage: [] for stage in STAGES}
        self._bugs = 0

    def run(self, drawn: Sequence[Drawn]) -> SampleRun:
        outcomes = [Outcome(one) for one in drawn]
        parsed = self._each("parse", [(one, one.drawn.record) for one in outcomes], self._parse)
        normalized = self._each("normalize", parsed, self._normalize)
        for outcome, article in normalized:
            self._place(outcome, article)
        signed = self._deduplicate(normalized)
        kept = [(outcome, article) for outcome, article in normalized if outcome.door == ARTICLE]
        self._write("articles", self._tag(kept))
        return SampleRun(tuple(outcomes), self._batches, tuple(signed), self._bugs)

    def _each(
        self, stage: str, elements: list[tuple[Outcome, Any]], call: Callable[[Any], _T]
    ) -> list[tuple[Outcome, _T]]:
        """Call a stage of one in, one out; what leaves by another door is written into its outcome."""
        done: list[tuple[Outcome, _T]] = []
        for first in range(0, len(elements), BATCH):
            started = time.process_time()
            for outcome, element in elements[first : first + BATCH]:
                try:
                    done.append((outcome, call(element)))
                except Exception as error:  # noqa: BLE001 (_refuse judges; a bug is counted, for a plan is made all the same)
                    self._refuse(outcome, stage, element, error)
            self._told(stage, started, len(elements[first : first + BATCH]))
        return done

    def _told(self, stage: str, started: float, elements: int) -> None:
        if elements:
            self._batches[stage].append((time.process_time() - started, elements))

    def _parse(self, record: Any) -> Article:
        return parse(record, self._plan, self._aids)

    def _normalize(self, article: Article) -> NormalizedArticle:
        return normalize(article, self._config.normalize)

    def _refuse(self, outcome: Outcome, stage: str, element: Any, error: Exception) -> None:
        self._bugs += not isinstance(error, ArticleError | OutOfScope)
        row = refusal(stage, element, error)
        outcome.door = FILTERED if isinstance(error, OutOfScope) else DEAD
        outcome.reason = row.reason
        self._size("filtered" if outcome.door == FILTERED else "dead_letters", [(outcome, row)])

    def _place(self, outcome: Outcome, article: NormalizedArticle) -> None:
        own = article.article
        outcome.source, outcome.event_us = own.source, own.event_us
        outcome.partition = partition_of(article, 1)[0]
        outcome.shuffled["articles"] = len(pickle.dumps(article, pickle.HIGHEST_PROTOCOL))

    def _deduplicate(
        self, articles: list[tuple[Outcome, NormalizedArticle]]
    ) -> list[tuple[Outcome, Signature]]:
        config = self._config
        started = time.process_time()
        signatures: list[Signature] = []
        for first in range(0, len(articles), BATCH):
            some = [signable_of(article, config.sources, 1) for _, article in articles[first : first + BATCH]]
            signatures += sign_all(some, config.normalize, config.dedup)
        index = SignatureIndex(config.dedup)
        decisions = index.add(signatures)
        by_origin = {article.article.origin: (outcome, article) for outcome, article in articles}
        # The last word about an article counts; a repeat is told once and for its own record.
        edges = {edge.child.origin: edge for edge in decisions.edges}
        duplicates, relations = [], []
        for origin, edge in edges.items():
            outcome, article = by_origin[origin]
            root = index.root_of(edge.parent.article_id)
            verdict = Verdict(edge, root, False, root)
            row = duplicate_row(verdict, article, config.dedup, config.normalize)
            duplicates.append((outcome, row))
        for link in decisions.links:
            outcome, article = by_origin[link.child.origin]
            relations.append((outcome, relation_row(link, article, "", config.dedup, config.normalize)))
        self._told("deduplicate", started, len(articles))
        for origin, edge in edges.items():
            outcome, _ = by_origin[origin]
            outcome.door, outcome.reason = DUPLICATE, edge.relation
        signed = [(by_origin[signature.member.origin][0], signature) for signature in signatures]
        for outcome, signature in signed:
            self._shuffled(outcome, signature)
        self._write("duplicates", duplicates)
        self._write("relations", relations)
        return signed

    def _shuffled(self, outcome: Outcome, signature: Signature) -> None:
        rules = self._config.dedup
        outcome.shuffled["signatures"] = 16 + len(signature_message(signature))
        bands = rules.bands if signature.fingerprint.tokens >= rules.near_min_tokens else 0
        outcome.shuffled["bands"] = bands * (8 + ENTRY_BYTES)

    def _tag(self, kept: list[tuple[Outcome, NormalizedArticle]]) -> list[tuple[Outcome, TaggedArticle]]:
        tagged: list[tuple[Outcome, TaggedArticle]] = []
        for first in range(0, len(kept), BATCH):
            some = kept[first : first + BATCH]
            started = time.process_time()
            try:
                found = self._tagger.tag([article for _, article in some])
                tagged += zip((outcome for outcome, _ in some), found, strict=True)
            except Exception:  # noqa: BLE001 (one by one it shows which article it is)
                for outcome, article in some:
                    try:
                        tagged += [(outcome, one) for one in self._tagger.tag([article])]
                    except Exception as error:  # noqa: BLE001
                        self._refuse(outcome, "tag", article, error)
            self._told("tag", started, len(some))
        return tagged

    def _write(self, table: str, rows: list[tuple[Outcome, Any]]) -> None:
        started = time.process_time()
        self._size(table, rows)
        self._told("write", started, len(rows))

    def _size(self, table: str, rows: list[tuple[Outcome, Any]]) -> None:
        """Write down the bytes of each row in a file of its table. Blocks hold few rows, so bytes hardly depend on the file."""
        codec = self._config.output.codec
        head = len(encode_container(table, [], codec, "")) if rows else 0
        for some in _runs(rows):
            records = [to_record(table, row, "0" * 64) for _, row in some]
            size = len(encode_container(table, records, codec, "")) - head
            for outcome, _ in some:
                outcome.rows[table] = outcome.rows.get(table, 0) + size // len(some)


def _runs(rows: list[tuple[Outcome, Any]]) -> Iterator[list[tuple[Outcome, Any]]]:
    """Yield neighbours of one output folder, sixteen at a time: about what lies in one block of a file."""
    ordered = sorted(rows, key=lambda row: row[0].partition)
    for first in range(0, len(ordered), 16):
        yield ordered[first : first + 16]


def share_in(run: SampleRun, drawn: float, weight: Callable[[Outcome], float]) -> Estimate:
    """Return the share of the drawn records by `weight` (0 or 1, or what a record stands for), by groups of one key."""
    groups: dict[int, list[Outcome]] = {}
    for outcome in run.outcomes:
        groups.setdefault(outcome.drawn.key, []).append(outcome)
    hits = [sum(map(weight, group)) for group in groups.values()]
    return share_of(hits, [float(len(group)) for group in groups.values()], drawn)
