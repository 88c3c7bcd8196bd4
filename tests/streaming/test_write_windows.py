"""Files of a stream: every row lies in one file that one commit names, whatever is late or tried again."""

import io
import re

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import IntervalWindow, TimestampedValue
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import PaneInfo, PaneInfoTiming
from builders import article, duplicate, filtered, relation, tagged
from streams import ARRIVAL, ENGINES, pipeline_on

from schemas.avro import read_rows
from schemas.elements import (
    DeadLetter,
    Decision,
    Duplicate,
    Filtered,
    InputFile,
    Origin,
    Relation,
    TaggedBatch,
)
from transforms.core.commits import decode_commit
from transforms.files import OutputFolder, is_data_file
from transforms.write import Tables, WriteRules
from transforms.write_windows import WriteWindows, _CommitFn, _PlaceFn, _WriteFileFn

MINUTE = 60_000_000
#: 2026-11-26T00:10:00Z
START_S = 1_795_651_800


def letter(number):
    return DeadLetter("parse", "bad_json", "", b"x", 1, Origin("s#m", number, 0))


def decision(of, revision=1):
    key = of.article_id
    return Decision(
        key, revision, True, "", "", key, key, None, 1, False, of.event_us, None, of.origin, 20_000, 30
    )


def received(count):
    return InputFile("s", 0, 0, "none", "message", "", count, 0)


def write(engine, root, groups, window_seconds=60, run="run"):
    """`groups` are (minute of arrival, rows, watermark in minutes after them or None); with each row one record comes in."""
    stream = TestStream(coder=beam.coders.PickleCoder())
    for minute, rows, watermark in groups:
        at = Timestamp(micros=ARRIVAL + minute * MINUTE)
        for row in rows:
            stream = stream.add_elements([TimestampedValue(row, at), TimestampedValue(received(1), at)])
        if watermark is not None:
            stream = stream.advance_watermark_to(Timestamp(micros=ARRIVAL + watermark * MINUTE))
    with pipeline_on(engine) as pipeline:
        both = pipeline | "Arrive" >> stream.advance_watermark_to_infinity()

        def only(label, kind):
            return both | label >> beam.Filter(lambda row: isinstance(row, kind)).with_output_types(kind)

        tables = Tables(
            only("Articles", TaggedBatch),
            only("Duplicates", Duplicate),
            only("Relations", Relation),
            only("DeadLetters", DeadLetter),
            only("Filtered", Filtered),
            only("Inputs", InputFile),
            only("Decisions", Decision),
        )
        tables | "Write" >> WriteWindows(WriteRules(str(root), run, "null", 1, "c"), window_seconds)


def commits(root):
    return [decode_commit(path.read_bytes()) for path in sorted((root / "_commits").iterdir())]


def numbers(root, paths):
    return sorted(
        row["origin"]["index"] for path in paths for row in read_rows(io.BytesIO((root / path).read_bytes()))
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_on_time_and_late_lie_in_files_that_commits_name_once(engine, tmp_path):
    groups = [
        (0, [letter(0), letter(1)], 3),
        (3, [letter(2)], 5),
        (0, [letter(3)], None),  # twice late, for one window
        (0, [letter(4)], 6),
        (6, [letter(5)], None),
    ]
    write(engine, tmp_path, groups)
    found = commits(tmp_path)
    paths = [file.path for commit in found for file in commit.files]
    assert len(paths) == len(set(paths))
    assert numbers(tmp_path, paths) == [0, 1, 2, 3, 4, 5]
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.avro")} == set(paths)
    assert (
        sum(commit.records_in for commit in found)
        == 6
        == sum(commit.rows("dead_letters") for commit in found)
    )
    assert all(re.fullmatch(r"[a-z0-9_.=/-]+", path) and is_data_file(path) for path in paths)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_table_has_its_rows_and_each_article_its_own_folder(engine, tmp_path):
    first, second = article(0, source="afp"), article(1, source="الوطن")
    rows = [
        TaggedBatch("", 0, (tagged(first, "بغداد"), tagged(second))),
        duplicate(article(2, source="sana"), first),
        relation(second, first),
        filtered(article(3, body="")),
        decision(first),
        decision(second),
    ]
    write(engine, tmp_path, [(0, rows, 3)])
    files = [file for commit in commits(tmp_path) for file in commit.files]
    assert sorted((file.table, file.rows) for file in files) == [
        ("articles", 1),
        ("articles", 1),
        ("decisions", 2),
        ("duplicates", 1),
        ("filtered", 1),
        ("relations", 1),
    ]
    folders = {file.path.rpartition("/")[0] for file in files if file.table == "articles"}
    assert "articles/date=2016-03-27/source=afp" in folders
    for file in files:
        data = (tmp_path / file.path).read_bytes()
        assert (len(data), sum(1 for _ in read_rows(io.BytesIO(data)))) == (file.size_bytes, file.rows)
        assert re.fullmatch(r"[a-z0-9_.=/-]+", file.path)
        assert is_data_file(file.path)


def test_a_stream_started_again_in_the_same_window_takes_nothing_from_its_forerunner(tmp_path):
    write("BundleBasedDirectRunner", tmp_path, [(0, [letter(0), letter(1)], 3)], run="first")
    write("BundleBasedDirectRunner", tmp_path, [(0, [letter(2)], 3)], run="second")
    found = commits(tmp_path)
    assert sum(commit.records_in for commit in found) == 3
    assert numbers(tmp_path, [file.path for commit in found for file in commit.files]) == [0, 1, 2]


def test_a_bundle_tried_again_in_another_order_writes_the_same_file_and_a_late_pane_another(tmp_path):
    one, root, other = article(2), article(0), article(1)
    rows = [duplicate(one, root), duplicate(one, other), duplicate(one, other, root, "near")]
    window = IntervalWindow(START_S, START_S + 60)
    panes = [
        PaneInfo(True, False, PaneInfoTiming.ON_TIME, 0, 0),
        PaneInfo(False, False, PaneInfoTiming.LATE, 1, 1),
    ]
    rules = WriteRules(str(tmp_path), "run", "null", 1, "c")
    placed = [found for row in rows for found in _PlaceFn("duplicates", rules).process(row)]
    (key,) = {key for key, _ in placed}
    rows, fn = [row for _, row in placed], _WriteFileFn(rules)
    (first,) = fn.process((key, rows), window, panes[0])
    (again,) = fn.process((key, rows[::-1]), window, panes[0])
    (late,) = fn.process((key, rows), window, panes[1])
    assert first == again
    assert re.fullmatch(
        r"duplicates/date=2016-03-27/w20261126t001000z-p000-[0-9a-f]{8}-s00000\.avro", first.path
    )
    assert late.path != first.path
    assert len([path for path in tmp_path.rglob("*.avro") if path.is_file()]) == 2
    assert list(fn.process((key, []), window, panes[1])) == []


def test_a_pane_with_nothing_in_it_makes_no_commit(tmp_path):
    pane = PaneInfo(True, False, PaneInfoTiming.ON_TIME, 0, 0)
    fn = _CommitFn(WriteRules(str(tmp_path), "run", "null", 1, "c"))
    fn.process(("all", []), IntervalWindow(START_S, START_S + 60), pane)
    assert list(tmp_path.iterdir()) == []


def test_the_same_pane_written_again_is_the_same_file(tmp_path):
    groups = [(0, [letter(0), letter(1)], 3), (4, [letter(2)], None)]
    write("BundleBasedDirectRunner", tmp_path, groups)
    first = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    write("BundleBasedDirectRunner", tmp_path, groups)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first


def test_a_file_that_cannot_be_written_fails_the_run(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(OutputFolder, "write", full)
    with pytest.raises(Exception, match="no space left"):
        write("BundleBasedDirectRunner", tmp_path, [(0, [letter(0)], 3)])
