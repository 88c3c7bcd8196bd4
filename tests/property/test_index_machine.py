"""The index between runs, against a model: runs that commit or are killed at any write, expiry, damage, repair."""

import dataclasses
import hashlib
import shutil
import tempfile
from pathlib import Path

import numpy as np
from builders import accounting, manifest, publish, write_file, write_tables
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rich.console import Console

from pipelines.index import day_of, index_name, open_index
from pipelines.index_care import check_index, run_index
from schemas.avro import event_date, to_record
from schemas.comparing import Fingerprint, Member, Settled, Signature
from schemas.elements import Origin
from transforms.files import OutputFolder
from transforms.index_store import IndexFiles, read_amendments, read_signatures

DAY_US = 86_400_000_000
FIRST_DAY = 16_000  # 2013-10-22
KEEP = 5
TODAY = event_date((FIRST_DAY + 60) * DAY_US)
PARAMETERS = {"rows": 3, "bands": 13}
OWNERS = ("north", "south", "east")
QUIET = Console(quiet=True)


class Killed(Exception):  # noqa: N818 (says what happened)
    """The machine went down before this write."""


def article_id(number):
    return f"{number:032x}"


def signature(number, day):
    name = article_id(number)
    shingles = np.unique(np.frombuffer(hashlib.blake2b(name.encode()).digest(), "<u4"))
    text = Fingerprint(bytes(16), 40, shingles.astype("<u4").tobytes(), b"", bytes(8))
    event = None if day is None else (FIRST_DAY + day) * DAY_US
    member = Member(name, event, 0, 40, Origin("f", number, 0), "", 0, Settled("", None, 0, name, "", 1))
    return Signature(member, b"", text)


def amended(number, day, parent):
    member = signature(number, day).member
    return dataclasses.replace(
        member, settled=Settled(article_id(parent), None, 0, article_id(parent), "near", 1)
    )


def write_rows(folder, table, rows):
    by_day = {}
    for row in rows:
        member = row.member if isinstance(row, Signature) else row
        by_day.setdefault(event_date(member.event_us), []).append(to_record(table, row, ""))
    return [
        write_file(folder, table, records, f"{table}/date={day}", "null") for day, records in by_day.items()
    ]


class Index(RuleBasedStateMachine):
    """`model`: owner -> {article number: day} of what is live, and `decided`: what was decided anew, per owner."""

    @initialize()
    def begin(self):
        self.place = Path(tempfile.mkdtemp())
        self.root = str(self.place / "index")
        self.model = {}
        self.decided = {}
        self.next_article = 1
        self.unsettled = None

    def teardown(self):
        shutil.rmtree(self.place)

    def held(self):
        return {number: day for articles in self.model.values() for number, day in articles.items()}

    def expire(self):
        days = [day for articles in self.model.values() for day in articles.values() if day is not None]
        days += [day for rows in self.decided.values() for _, day, _ in rows if day is not None]
        if not days:
            return
        first = max(days) - KEEP
        for owner, articles in list(self.model.items()):
            newest = max(
                [d for d in articles.values() if d is not None] + [d for _, d, _ in self.decided[owner]],
                default=None,
            )
            stays = {
                n: d
                for n, d in articles.items()
                if (newest if d is None else d) is None or (newest if d is None else d) >= first
            }
            self.model[owner] = stays
            self.decided[owner] = [row for row in self.decided[owner] if row[1] >= first]

    def reopen(self):
        """Open the index as the next run would; what a killed run left is settled by that."""
        index = open_index(self.root, PARAMETERS, "again")
        index.sweep()
        if self.unsettled is not None:
            owner, articles, decided, was_published = self.unsettled
            if was_published():
                self.model[owner], self.decided[owner] = articles, decided
                self.expire()
            self.unsettled = None
        return index

    @rule(
        owner=st.sampled_from(OWNERS),
        days=st.lists(st.integers(0, 20) | st.none(), min_size=1, max_size=4),
        pick=st.integers(0, 100),
        kill_before=st.none() | st.integers(0, 14),
    )
    def run(self, owner, days, pick, kill_before):
        index = self.reopen()
        output = str(self.place / owner)
        articles = {self.next_article + place: day for place, day in enumerate(days)}
        self.next_article += len(days)
        old = sorted(
            number
            for number, day in self.held().items()
            if day is not None and number not in self.model.get(owner, {})
        )
        decided = []
        if old:
            again = old[pick % len(old)]
            decided = [(again, self.held()[again], next(iter(articles)))]
        writes = 0
        write = OutputFolder.write

        def guarded(folder, *args, **kwargs):
            nonlocal writes
            if kill_before is not None and writes >= kill_before:
                raise Killed
            writes += 1
            write(folder, *args, **kwargs)

        OutputFolder.write = guarded
        generation = None
        try:
            files = write_rows(index.folder, "signatures", [signature(n, d) for n, d in articles.items()])
            files += write_rows(index.folder, "amendments", [amended(*row) for row in decided])
            state = index.prepare(output, files, KEEP, TODAY)
            generation = state.generation
            built = manifest(write_tables(Path(output), {}), accounting({}))
            publish(Path(output), dataclasses.replace(built, index=index_name(self.root, generation)))
            index.publish(state)
        except Killed:
            name = None if generation is None else index_name(self.root, generation)
            self.unsettled = (
                owner,
                articles,
                decided,
                lambda: name is not None and self.published(output) == name,
            )
        else:
            self.model[owner], self.decided[owner] = articles, decided
            self.expire()
        finally:
            OutputFolder.write = write

    @staticmethod
    def published(output):
        from pipelines.manifest import read_manifest, read_marker

        marker = read_marker(OutputFolder(output))
        return None if marker is None else read_manifest(OutputFolder(output), marker["generation"]).index

    @precondition(lambda self: self.held())
    @rule(pick=st.integers(0, 100), remove=st.booleans())
    def damage_and_repair(self, pick, remove):
        index = self.reopen()
        files = [(s.owner, f) for s in index.state.segments for f in s.files]
        if not files:
            return
        owner, file = files[pick % len(files)]
        path = Path(index.folder.full(file.path))
        if remove:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-1] + b"?")
        assert check_index(index.folder)[0], "damage is seen"
        run_index("repair", self.root, QUIET)
        owner = Path(owner).name
        day = day_of(file)
        if file.table == "signatures":
            self.model[owner] = {
                n: d
                for n, d in self.model[owner].items()
                if event_date(None if d is None else (FIRST_DAY + d) * DAY_US) != day
            }
        else:
            self.decided[owner] = [
                row for row in self.decided[owner] if event_date((FIRST_DAY + row[1]) * DAY_US) != day
            ]

    @rule()
    def repair_what_is_sound(self):
        self.reopen()
        if Path(self.root, "_CURRENT").exists():
            run_index("repair", self.root, QUIET)

    @invariant()
    def the_index_holds_what_the_published_runs_left(self):
        index = self.reopen()
        faults, notes, rows = check_index(index.folder) if index.state.generation else ((), [], 0)
        assert not faults, faults.lines()
        assert notes == []
        files = index.state.files
        paths = {t: tuple(f.path for f in files if f.table == t) for t in ("signatures", "amendments")}
        amended = read_amendments(IndexFiles(self.root, paths["signatures"], paths["amendments"]))
        found = [s for path in paths["signatures"] for s in read_signatures(index.folder, path, amended)]
        assert {int(s.member.article_id, 16) for s in found} == set(self.held())
        assert rows == len(found)
        assert set(amended) == {article_id(n) for rows in self.decided.values() for n, _, _ in rows}
        for one in found:
            assert (one.member.settled.relation == "near") == (one.member.article_id in amended)


TestIndex = Index.TestCase
TestIndex.settings = settings(
    max_examples=60, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
