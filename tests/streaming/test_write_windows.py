"""Files of a stream: every row lies in one file that one commit names, whatever is late or tried again."""

import io
import re

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp
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
from transforms.write_windows import WriteWindows

MINUTE = 60_000_000


def letter(number):
    return DeadLetter("parse", "bad_json", "", b"x", 1, Origin("s#m", number, 0))


def received(count):
    return InputFile("s", 0, 0, "none", "message", "", count, 0)


def write(engine, root, groups, window_seconds=60):
    """`groups` are (minute of arrival, dead letters, watermark in minutes after them or None)."""
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
        tables | "Write" >> WriteWindows(WriteRules(str(root), "run", "null", 1, "c"), window_seconds)


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
