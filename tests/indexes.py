"""Invented deliveries of four days, indexes made of them without Beam, and what an index or an output says in the end."""

import functools
import io
import json
import random
from pathlib import Path

from corpus import UNTAGGED_SETTINGS, body, record
from rich.console import Console

from pipelines.config import Config, load_config
from pipelines.config_tree import parse_plan
from pipelines.final import final_rows
from pipelines.follow import FollowRequest, run_follow
from pipelines.index import index_parameters, open_index, read_state
from pipelines.index_care import check_index
from pipelines.published import published_files
from schemas.avro import INDEX_TABLES, read_rows, to_record
from schemas.elements import Origin, RawRecord
from transforms.aids import load_aids
from transforms.core.compared import normalize
from transforms.core.live_index import LiveIndex
from transforms.core.parse import parse
from transforms.core.partition import data_file_name, day_partition
from transforms.files import OutputFolder
from transforms.index_store import IndexFiles, read_amendments, read_signatures
from transforms.sign import sign_all, signable_of
from transforms.write import write_records

CONFIG = Config()


def story(number, changed=0):
    """An invented text of some sixty words, of which `changed` are another's."""
    words = " ".join(body(number + place) for place in (0, 1_000, 2_000)).split()
    for place in range(changed):
        words[7 * place + 3] = f"تعديل{number}{place}"
    return " ".join(words)


def deliveries(count=30, seed=8):
    """Four days of records. A copy may be dated before its original and come days after it; some records come twice."""
    chance = random.Random(seed)
    delivered = {day: [] for day in range(1, 5)}
    for number in range(count):
        for copy in range(chance.choice((1, 1, 2, 3))):
            day, dated = chance.randint(1, 4), chance.randint(1, 4)
            one = record(
                10 * number + copy,
                source=f"paper{copy}",
                body=story(number, changed=chance.choice((0, 1, 2))),
                published=f"2025-03-{min(day, dated):02d}T{chance.randrange(24):02d}:{number:02d}:00Z",
            )
            delivered[day].append(one)
            if chance.random() < 0.1:
                delivered[chance.randint(day, 4)].append(one)
    return delivered


def write_day(folder: Path, name: str, records) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(one, ensure_ascii=False) for one in records]
    (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def signed(records):
    """The signatures of records, by the usual rules."""
    plan, articles = parse_plan(CONFIG), []
    for number, one in enumerate(records):
        raw = RawRecord(json.dumps(one).encode(), "json", "utf-8", "", Origin("/made.jsonl", number, 0))
        articles.append(normalize(parse(raw, plan, load_aids(plan.scope.language_model)), CONFIG.normalize))
    return sign_all([signable_of(one, {}, 1) for one in articles], CONFIG.normalize, CONFIG.dedup)


def by_the_rule(records):
    """What one run over all records decides: article -> kept, relation, parent, root."""
    live, told = LiveIndex(CONFIG.dedup), {}
    for row in live.decide(signed(records), 0).decisions:
        told[row.article_id] = (row.kept, row.relation, row.parent_id, row.root_id)
    return told


def index_of(root: Path, records, owner="/news/out") -> Path:
    """Let an index take in records as a batch run with the output folder `owner` does, without Beam."""
    return index_of_signatures(root, signed(records), owner)


def index_of_signatures(root: Path, signatures, owner="/news/out") -> Path:
    """Let an index take in the articles of these signatures, and what is decided about them and about others."""
    index = open_index(str(root), index_parameters(CONFIG), "made")
    files, _ = index.files_for(owner)
    live, amended = LiveIndex(CONFIG.dedup), read_amendments(files)
    for path in files.signatures:
        live.adopt(list(read_signatures(index.folder, path, amended)), 0, compare=False)
    decided = live.decide(signatures, 0)
    written = []
    for table, found in (("signatures", decided.settled), ("amendments", decided.amended)):
        by_day = {}
        for row in found:
            member = row.member if table == "signatures" else row
            by_day.setdefault(day_partition(member.event_us), []).append(to_record(table, row, ""))
        for day, records in by_day.items():
            records.sort(key=lambda record: record["article_id"])
            name = functools.partial(data_file_name, 0, 1)
            written.append(write_records(index.folder, "made", table, day, records, "null", "0", name))
    index.put(owner, written, 15, "2026-01-01")
    return root


def known(index):
    """What an index says in the end: article -> kept, relation, parent, root; it must be sound."""
    folder = OutputFolder(str(index))
    faults, notes, _ = check_index(folder)
    assert (faults.lines(), notes) == ((), [])
    files = read_state(folder).files
    paths = {table: tuple(file.path for file in files if file.table == table) for table in INDEX_TABLES}
    amended = read_amendments(IndexFiles(str(index), paths["signatures"], paths["amendments"]))
    found = {}
    for path in paths["signatures"]:
        for one in read_signatures(folder, path, amended):
            settled = one.member.settled
            found[one.member.article_id] = (
                not settled.parent_id,
                settled.relation,
                settled.parent_id,
                settled.root_id,
            )
    return found


def decided(output):
    """What the fold of an output folder says, in the same words."""
    fields = ("kept", "relation", "parent_id", "root_id")
    rows = final_rows(OutputFolder(str(output)))
    return {row["article_id"]: tuple(row[name] for name in fields) for row in rows}


def rows_of(output, table):
    folder = OutputFolder(str(output))
    return [
        row
        for file in published_files(folder)
        if file.table == table
        for row in read_rows(io.BytesIO(folder.read(file.path)))
    ]


def follow(inbox, output, index=None, *overrides, **more):
    """Follow an inbox until nothing is left; return what was printed."""
    said = Console(file=io.StringIO(), width=500)
    request = FollowRequest(
        config=load_config(None, [*UNTAGGED_SETTINGS, "stream.batch=7", *overrides]),
        inbox=str(inbox),
        subscription=None,
        output=str(output),
        once=True,
        index=None if index is None else str(index),
    )
    run_follow(request, said, **more)
    return said.file.getvalue()
