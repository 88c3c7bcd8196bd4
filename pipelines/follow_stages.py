"""The stages of the graph for one micro-batch, without Beam: the same functions, the same doors."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pipelines.config import Config, config_sha256
from pipelines.config_tree import parse_plan
from pipelines.follow_store import OutboxRow
from schemas.avro import encode_row, to_record
from schemas.comparing import Signature
from schemas.elements import Article, DeadLetter, Filtered, NormalizedArticle, RawRecord, TaggedArticle
from transforms.aids import load_aids
from transforms.core.compared import normalize
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.live_index import LiveIndex
from transforms.core.parse import parse
from transforms.core.tagging.user_rules import UserRules
from transforms.core.told import tell
from transforms.dead_letters import refusal
from transforms.sign import sign_all, signable_of
from transforms.tag_models import load_tagger
from transforms.write import PLACES

__all__ = ["Processed", "Stages", "pack_row"]


class Processed(NamedTuple):
    """What came of a micro-batch: rows for the outbox, how many per table, and what the index must keep."""

    rows: list[OutboxRow]
    counts: dict[str, int]
    day: int
    segment: bytes


class Stages:
    """Parse, normalise, decide and tag micro-batches, one after the other, over one index."""

    def __init__(
        self, config: Config, user_rules: UserRules, index: LiveIndex, *, shared: bool = False
    ) -> None:
        """Take the index; where it is `shared`, what another one needs of it is given out as rows, too."""
        self._config = config
        self._plan = parse_plan(config)
        self._checksum = config_sha256(config)
        self._tagger = load_tagger(config.tag, user_rules)
        self._aids = load_aids(config.scope.language_model)
        self._shared = shared
        self.index = index

    def run(self, items: Sequence[RawRecord | DeadLetter], day: int) -> Processed:
        """Process records that arrived on `day` (days since 1970-01-01 UTC); dead letters of the reader go through.

        Every item gives one row of articles, duplicates, dead letters or filtered. A bug in the record's own stages is
        raised or becomes a dead letter, by `run.on_bug`.
        """
        rows: dict[str, list[Any]] = {table: [] for table in PLACES}
        articles: list[NormalizedArticle] = []
        for item in items:
            if isinstance(item, DeadLetter):
                rows["dead_letters"].append(item)
                continue
            articles += self._understood(item, rows)
        rules, spelling = self._config.dedup, self._config.normalize
        articles, signatures = self._signed(articles, rows)
        told = tell(self.index, articles, signatures, day, rules, spelling)
        rows["duplicates"] += [row for _, row in told.dropped]
        rows["relations"] += told.relations
        rows["decisions"] += told.decisions
        if self._shared:
            rows["signatures"] += told.settled
            rows["amendments"] += told.amended
        rows["articles"] += self._tag([articles[place] for place in told.kept], rows)
        counts = {table: len(found) for table, found in rows.items()}
        for row in rows["duplicates"]:
            counts[f"duplicates_{row.relation}"] = counts.get(f"duplicates_{row.relation}", 0) + 1
        left = sum(counts[name] for name in ("articles", "duplicates", "dead_letters", "filtered"))
        if left != len(items):
            message = f"{len(items)} records came in and {left} rows came out"
            raise AssertionError(message)
        return Processed(self._packed(rows), counts, told.day, told.segment)

    def _understood(self, record: RawRecord, rows: dict[str, list[Any]]) -> list[NormalizedArticle]:
        stage: str = "parse"
        element: RawRecord | Article = record
        try:
            element = parse(record, self._plan, self._aids)
            stage = "normalize"
            return [normalize(element, self._config.normalize)]
        except Exception as error:  # noqa: BLE001 (_refuse judges, and raises our own faults again)
            self._refuse(rows, stage, element, error)
            return []

    def _signed(
        self, articles: list[NormalizedArticle], rows: dict[str, list[Any]]
    ) -> tuple[list[NormalizedArticle], list[Signature]]:
        """Return the articles that could be signed, and their signatures."""

        def sign(some: list[NormalizedArticle]) -> list[Signature]:
            signables = [signable_of(article, self._config.sources, 1) for article in some]
            return sign_all(signables, self._config.normalize, self._config.dedup)

        try:
            return articles, sign(articles)
        except Exception:  # noqa: BLE001 (one by one it shows which article it is)
            signed: list[tuple[NormalizedArticle, Signature]] = []
            for article in articles:
                try:
                    signed += zip([article], sign([article]), strict=True)
                except Exception as error:  # noqa: BLE001
                    self._refuse(rows, "deduplicate", article, error)
            return [article for article, _ in signed], [signature for _, signature in signed]

    def _refuse(self, rows: dict[str, list[Any]], stage: str, element: Any, error: Exception) -> None:
        if not isinstance(error, ArticleError | OutOfScope) and self._config.run.on_bug == "fail":
            raise error
        row = refusal(stage, element, error)
        rows["filtered" if isinstance(row, Filtered) else "dead_letters"].append(row)

    def _tag(self, articles: list[NormalizedArticle], rows: dict[str, list[Any]]) -> list[TaggedArticle]:
        try:
            return list(self._tagger.tag(articles))
        except Exception:  # noqa: BLE001 (one by one it shows which article it is)
            tagged: list[TaggedArticle] = []
            for article in articles:
                try:
                    tagged += self._tagger.tag([article])
                except Exception as error:  # noqa: BLE001
                    self._refuse(rows, "tag", article, error)
            return tagged

    def _packed(self, rows: dict[str, list[Any]]) -> list[OutboxRow]:
        return [pack_row(table, row, self._checksum) for table, found in rows.items() for row in found]


def pack_row(table: str, element: Any, config_sha256: str) -> OutboxRow:
    """Return an element of a table as it waits in the outbox."""
    row = encode_row(table, to_record(table, element, config_sha256))
    return OutboxRow(table, PLACES[table](element)[0], row)
