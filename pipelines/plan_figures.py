"""From what `warraq plan` saw of the inputs to what is to be expected: records by door, output, CPU, the largest partition."""

import dataclasses
from collections import Counter

from pipelines.config_tree import Config
from pipelines.plan_duplicates import Growth, dropped_share, grown_share, growth_of
from pipelines.plan_sample import Scan
from pipelines.plan_stages import ARTICLE, DEAD, DUPLICATE, FILTERED, Outcome, SampleRun, share_in
from schemas.avro import encode_container
from transforms.core.cost_model import PAIRS_VARY, Profile, shards_for, shuffle_bytes
from transforms.core.estimates import Estimate, exactly, mean_of, share_of, unseen_kinds

__all__ = ["Figures", "LargestKey", "make_figures"]

#: Batches of the sample before which caches are cold.
_COLD = 4
#: How far sizes told by blocks of the sample are from those of the files: which rows share a block differs.
_BLOCKS_VARY = Estimate(0.97, 1.0, 1.03)


@dataclasses.dataclass(frozen=True)
class LargestKey:
    """The output partition with the most articles: its folder, the bytes that meet in one place, the shards that would help."""

    partition: str
    articles: Estimate
    bytes: Estimate
    shards: int


@dataclasses.dataclass(frozen=True)
class Figures:
    """What is to be expected. `amounts` are counts and bytes by name, `shares` parts of all records by door, `cpu` seconds by stage.

    `growth` tells how duplicates were carried over to more records than were scanned, None where all were.
    """

    amounts: dict[str, Estimate]
    shares: dict[str, Estimate]
    cpu: dict[str, Estimate]
    largest: LargestKey | None
    growth: Growth | None

    @property
    def work(self) -> Estimate:
        """CPU seconds of all stages."""
        return Estimate(*(sum(stage[end] for stage in self.cpu.values()) for end in range(3)))


def make_figures(
    scanned: Scan, run: SampleRun, config: Config, drawn: float, articles: int | None
) -> Figures:
    """Return the figures for the scanned input, or for `articles` records of its kind; `drawn` is the part that was drawn."""
    return _Figuring(scanned, run, config, drawn, articles).figures()


class _Figuring:
    def __init__(
        self, scanned: Scan, run: SampleRun, config: Config, drawn: float, articles: int | None
    ) -> None:
        self._scan = scanned
        self._run = run
        self._config = config
        self._drawn = drawn
        self._articles = articles
        #: Nothing is carried over: all was read, and it is what is planned for.
        self._whole = scanned.whole and articles is None

    def figures(self) -> Figures:
        rows, stored, decompressed = self._amounts()
        growth = None
        if not self._whole:
            records = self._records().likely
            growth = growth_of(self._run, self._scan, records, rows.likely, self._config.dedup)
        shares = self._shares(growth)
        output, files = self._output(rows, shares)
        shuffled = PAIRS_VARY.times(shuffle_bytes(self._profile(), 1.0, self._config.dedup)).times(rows)
        amounts = {
            "files": exactly(self._scan.files),
            "records": rows,
            "bytes_on_disk": stored,
            "bytes_decompressed": decompressed,
            "articles": _records_of(shares[ARTICLE], rows),
            "duplicates": _records_of(shares[DUPLICATE], rows),
            "dead_letters": _records_of(shares[DEAD], rows),
            "filtered": _records_of(shares[FILTERED], rows),
            "output_bytes": output,
            "output_files": files,
            "shuffled_bytes": shuffled,
        }
        return Figures(amounts, shares, self._cpu(rows, shares), self._largest(rows), growth)

    def _amounts(self) -> tuple[Estimate, Estimate, Estimate]:
        """Return records, bytes on disk and decompressed bytes of what is planned for."""
        on_disk = self._scan.bytes_on_disk
        rows = self._records()
        decompressed = self._of_input([float(chunk.read_bytes) for chunk in self._scan.chunks])
        if self._articles is None:
            return rows, exactly(on_disk), decompressed
        each = Estimate(*(self._articles / max(value, 1.0) for value in reversed(rows)))
        return exactly(self._articles), each.times(on_disk), each.times(decompressed.likely)

    def _records(self) -> Estimate:
        """Return the records of the input as it is."""
        return self._of_input([float(chunk.records) for chunk in self._scan.chunks])

    def _of_input(self, counted: list[float]) -> Estimate:
        """Return the sum over the whole input of what was counted in each chunk of the scan."""
        if self._scan.whole:
            return exactly(sum(counted))
        sizes = [float(chunk.stored_bytes) for chunk in self._scan.chunks]
        seen = min(sum(sizes) / max(self._scan.bytes_on_disk, 1), 1.0)
        return mean_of(counted, sizes, seen).times(self._scan.bytes_on_disk)

    def _shares(self, growth: Growth | None) -> dict[str, Estimate]:
        """Return the parts of all records that leave by each door."""
        chunks = self._scan.chunks
        refused = share_of(
            [float(chunk.refused) for chunk in chunks],
            [float(chunk.records) for chunk in chunks],
            1.0 if self._whole else 0.0,
        )
        read = Estimate(1 - refused.high, 1 - refused.likely, 1 - refused.low)
        dropped = dropped_share(self._run, self._scan, self._drawn, self._config.dedup)
        if growth is not None:
            dropped = grown_share(dropped, growth)
        dead = self._door(DEAD).times(read).plus(refused)
        filtered = self._door(FILTERED).times(read)
        dropped = dropped.times(read)
        left = [1 - dead[end] - filtered[end] - dropped[end] for end in range(3)]
        return {
            ARTICLE: Estimate(*reversed(left)).within(0, 1),
            DUPLICATE: dropped,
            DEAD: dead.within(0, 1),
            FILTERED: filtered,
        }

    def _door(self, door: str) -> Estimate:
        """Return the share of readable records that leave by a door.

        Files that were not read differ from those that were as these do from each other, which the drawing knows nothing of.
        """
        share = share_in(self._run, self._drawn, lambda one: one.door == door)
        if self._whole:
            return share
        files: dict[str, list[float]] = {}
        for outcome in self._run.outcomes:
            files.setdefault(outcome.drawn.record.origin.uri, []).append(float(outcome.door == door))
        by_file = share_of(list(map(sum, files.values())), [float(len(one)) for one in files.values()], 0.0)
        return Estimate(min(share.low, by_file.low), share.likely, max(share.high, by_file.high))

    def _output(self, rows: Estimate, shares: dict[str, Estimate]) -> tuple[Estimate, Estimate]:
        """Return the bytes of all files that are written, and the number of those of articles."""
        outcomes, codec = self._run.outcomes, self._config.output.codec
        size = exactly(0.0)
        for door, share in shares.items():
            own = [float(sum(one.rows.values())) for one in outcomes if one.door == door]
            size = size.plus(mean_of(own, [1.0] * len(own), self._drawn).times(share.times(rows)))
        folders = Counter(outcome.partition for outcome in outcomes if outcome.door == ARTICLE)
        kinds = unseen_kinds(folders.values(), self._drawn)
        if not self._whole:  # the same days again, or other days
            more = max(rows.likely / max(self._scan.readable, 1), 1.0)
            most = kinds.high * more
            kinds = Estimate(kinds.low, kinds.likely * more**0.5, most + 3 * most**0.5)
        shards, kept = self._config.output.shards, shares[ARTICLE].times(rows)
        files = Estimate(*(min(kinds[end] * shards, max(kept[end], kinds[end])) for end in range(3)))
        days = len({folder.partition("/")[0] for folder in folders})
        heads = files.times(len(encode_container("articles", [], codec, "")))
        for table in ("duplicates", "relations"):
            heads = heads.plus(days * len(encode_container(table, [], codec, "")))
        return size.plus(heads).times(_BLOCKS_VARY), files

    def _cpu(self, rows: Estimate, shares: dict[str, Estimate]) -> dict[str, Estimate]:
        """Return CPU seconds of each stage."""
        records = max(self._scan.records, 1)
        cpu = {"read": rows.times(self._scan.read_seconds / records)}
        parsed = shares[ARTICLE].likely + shares[DUPLICATE].likely
        reaching = {
            "parse": rows.times(self._scan.readable / records),
            "normalize": rows.times(parsed),
            "deduplicate": rows.times(parsed),
            "tag": _records_of(shares[ARTICLE], rows),
            "write": rows,
        }
        for stage, batches in self._run.batches.items():
            warm = batches[_COLD:] if len(batches) >= 3 * _COLD else batches
            each = mean_of([seconds for seconds, _ in warm], [float(count) for _, count in warm], 0.0)
            cpu[stage] = each.times(reaching[stage])
        return cpu

    def _profile(self) -> Profile:
        """Return what an average record costs in shuffles; the other fields are not needed for them."""
        outcomes = self._run.outcomes
        count = max(len(outcomes), 1)
        article = sum(one.shuffled.get("articles", 0) for one in outcomes) / count
        signature = sum(one.shuffled.get("signatures", 0) for one in outcomes) / count
        dropped = sum(one.door == DUPLICATE for one in outcomes) / count
        return Profile(0, 0, article, signature, 0, dropped, {})

    def _largest(self, rows: Estimate) -> LargestKey | None:
        placed = Counter(outcome.partition for outcome in self._run.outcomes if outcome.partition)
        if not placed:
            return None
        name = max(placed, key=lambda partition: (placed[partition], partition))

        def is_there(outcome: Outcome) -> bool:
            return outcome.partition == name

        own = [outcome.shuffled["articles"] for outcome in self._run.outcomes if is_there(outcome)]
        share = share_in(self._run, self._drawn, is_there)
        articles = share.times(exactly(self._scan.readable) if self._scan.whole else rows)
        if self._articles is not None:  # other days leave it as it is, more of the same days do not
            more = max(self._articles / max(self._scan.readable, 1), 1.0)
            articles = articles.times(Estimate(1.0, 1.0, more))
        size = articles.times(sum(own) / len(own))
        return LargestKey(name, articles, size, shards_for(size.likely))


def _records_of(share: Estimate, rows: Estimate) -> Estimate:
    """Return how many records a share is: a whole number where it was counted."""
    records = share.times(rows)
    return exactly(round(records.likely)) if records.is_exact else records
