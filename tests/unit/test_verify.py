import dataclasses
import hashlib
import io
import json
import random
import shutil
from pathlib import Path

import fastavro
import pytest
from builders import (
    article,
    duplicate,
    input_file,
    manifest,
    output_folder,
    publish,
    rows_of_every_kind,
    tagged,
    write_tables,
)
from rich.console import Console

from pipelines.manifest import Accounting
from pipelines.verify import print_verify, verify
from schemas.elements import Span


def faults(root: Path) -> str:
    return "\n".join(verify(str(root)).faults)


def test_a_sound_folder_has_no_faults(tmp_path):
    output_folder(tmp_path)
    report = verify(str(tmp_path))
    assert report.faults == ()
    assert report.notes == ()
    assert (report.generation, report.state, report.files, report.rows) == (1, "committed", 8, 8)
    assert report.accounting == Accounting(6, 3, 1, 1, 1)


@pytest.mark.parametrize("codec", ["zstandard", "snappy", "deflate", "null"])
def test_every_flipped_bit_is_found(tmp_path, codec):
    files = output_folder(tmp_path, codec=codec).files
    dice = random.Random(7)
    for _ in range(200):
        path = tmp_path / dice.choice(files).path
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        report = verify(str(tmp_path))
        assert len(report.faults) == 1
        assert path.name in report.faults[0]
        path.write_bytes(whole)
    assert verify(str(tmp_path)).faults == ()


@pytest.mark.parametrize("codec", ["zstandard", "snappy", "deflate", "null"])
def test_damage_that_the_checksum_vouches_for_never_crashes_it(tmp_path, codec):
    """A forged manifest: the checksums fit the damaged bytes, so the decoder meets them."""
    whole = output_folder(tmp_path, codec=codec)
    dice = random.Random(3)
    for _ in range(25):
        file = dice.choice(whole.files)
        path = tmp_path / file.path
        kept = path.read_bytes()
        damaged = bytearray(kept)
        damaged[dice.randrange(len(kept))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        forged = dataclasses.replace(file, sha256=hashlib.sha256(damaged).hexdigest())
        files = tuple(forged if other is file else other for other in whole.files)
        publish(tmp_path, dataclasses.replace(whole, files=files))
        verify(str(tmp_path))
        path.write_bytes(kept)


def test_a_removed_file_is_a_fault(tmp_path):
    gone = output_folder(tmp_path).files[0].path
    (tmp_path / gone).unlink()
    assert f"{gone}: the file is missing" in faults(tmp_path)


def test_a_shortened_file_is_a_fault(tmp_path):
    path = tmp_path / output_folder(tmp_path).files[0].path
    path.write_bytes(path.read_bytes()[:-1])
    assert "bytes, the manifest says" in faults(tmp_path)


def test_litter_is_a_note_and_no_fault(tmp_path):
    file = tmp_path / output_folder(tmp_path).files[0].path
    shutil.copy(file, file.with_name(f"part-00000-of-00001-{'0' * 16}.avro"))
    (tmp_path / "articles" / "README").write_text("mine")
    report = verify(str(tmp_path))
    assert report.faults == ()
    assert any(note.startswith("litter of 1 files") for note in report.notes)
    assert any("1 files in the table folders are not warraq's" in note for note in report.notes)


def test_a_tampered_manifest_is_a_fault(tmp_path):
    output_folder(tmp_path)
    path = tmp_path / "_manifests" / "000001.json"
    path.write_text(path.read_text().replace('"articles": 3', '"articles": 4'))
    found = faults(tmp_path)
    assert "its checksum is not the one in _SUCCESS" in found
    assert "do not add up" in found
    assert "the manifest counts 4 articles, but 3 in its files" in found


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": "warraq-manifest/1"}', "[" * 100_000, "\x00", '{"format": 1}']
)
@pytest.mark.parametrize("name", ["_SUCCESS", "_manifests/000001.json"])
def test_damaged_json_is_a_fault_and_no_crash(tmp_path, name, text):
    output_folder(tmp_path)
    (tmp_path / name).write_text(text)
    assert faults(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("generation", "1"),
        ("accounting", {}),
        ("files", 3),
        ("files", [None]),
        ("files", [{"path": "../../x"}]),
        ("inputs", None),
    ],
)
def test_a_manifest_of_wrong_types_is_a_fault_and_no_crash(tmp_path, key, value):
    output_folder(tmp_path)
    path = tmp_path / "_manifests" / "000001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    assert faults(tmp_path)


def test_a_manifest_cannot_lead_out_of_the_folder(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    whole = manifest(write_tables(tmp_path / "out", rows_of_every_kind()), Accounting(6, 3, 1, 1, 1))
    outside = dataclasses.replace(whole.files[0], path="articles/../../secret")
    publish(tmp_path / "out", dataclasses.replace(whole, files=(outside, *whole.files[1:])))
    assert "is no path inside the output folder" in faults(tmp_path / "out")


def test_an_empty_or_missing_folder_says_that_no_run_has_finished(tmp_path):
    for root in (tmp_path, tmp_path / "missing"):
        assert "neither _SUCCESS nor _FAILED" in faults(root)


def test_a_failed_generation_alone_is_verified_and_noted(tmp_path):
    output_folder(tmp_path, state="failed", failure="too many dead letters")
    report = verify(str(tmp_path))
    assert report.faults == ()
    assert (report.state, report.rows) == ("failed", 8)
    assert "generation 1 is not published: too many dead letters" in report.notes


def test_a_failed_generation_beside_the_live_one_is_a_note_and_its_files_no_litter(tmp_path):
    output_folder(tmp_path)
    other = rows_of_every_kind() | {
        "articles": [],
        "duplicates": [],
        "dead_letters": [],
        "filtered": [],
        "inputs": [input_file(9)],
    }
    output_folder(tmp_path, other, generation=2, state="failed", failure="lost")
    report = verify(str(tmp_path))
    assert report.faults == ()
    assert report.generation == 1
    assert report.notes == ("a newer generation, 2, failed and is not published",)


def test_wrong_accounting_is_a_fault(tmp_path):
    output_folder(tmp_path, accounting=Accounting(7, 4, 1, 1, 1))
    found = faults(tmp_path)
    assert "the files hold in 6 = articles 3" in found
    assert "the manifest says in 7 = articles 4" in found


def test_a_lost_record_is_named(tmp_path):
    tables = rows_of_every_kind() | {"dead_letters": []}
    output_folder(tmp_path, tables)
    found = faults(tmp_path)
    assert "the records do not add up" in found
    assert "/news/day.jsonl: 6 records were read, 5 lie in the tables; missing: record 4" in found


def test_an_article_written_twice_is_a_fault(tmp_path):
    tables = rows_of_every_kind()
    again = dataclasses.replace(tables["articles"][0].article.article, origin=article(6).origin)
    tables["articles"].append(tagged(again))
    tables["inputs"] = [input_file(7)]
    output_folder(tmp_path, tables)
    assert faults(tmp_path).count("is there twice") == 1


def test_a_record_that_ended_in_two_tables_is_a_fault(tmp_path):
    tables = rows_of_every_kind()
    tables["duplicates"] = [duplicate(article(0, source="sana"), article(0))]
    output_folder(tmp_path, tables)
    found = faults(tmp_path)
    assert "record 0 of /news/day.jsonl ended in two rows" in found
    assert "missing: record 3" in found


def test_a_duplicate_without_root_or_parent_is_a_fault(tmp_path):
    tables = rows_of_every_kind()
    tables["duplicates"] = [duplicate(article(3, source="sana"), article(99))]
    output_folder(tmp_path, tables)
    found = faults(tmp_path)
    assert "is no article in articles/" in found
    assert "is in neither articles/ nor duplicates/" in found


def test_a_parent_may_itself_be_a_duplicate(tmp_path):
    tables = rows_of_every_kind()
    first, copy, third = article(0), article(3, source="sana"), article(6, source="bbc")
    tables["duplicates"] = [duplicate(copy, first), duplicate(third, copy, root=first)]
    tables["inputs"] = [input_file(7)]
    output_folder(tmp_path, tables)
    assert faults(tmp_path) == ""


def test_places_outside_the_text_and_wrong_surfaces_are_faults(tmp_path):
    tables = rows_of_every_kind()
    good = tables["articles"][2].article.article
    bad = tagged(
        dataclasses.replace(good, paragraphs=(Span(3, 900),), subheads=(Span(5, 4),), title=Span(0, 3)), "غدا"
    )
    shifted = dataclasses.replace(bad.tags[0], start=bad.tags[0].start - 1)
    tables["articles"][2] = dataclasses.replace(bad, tags=(shifted,))
    output_folder(tmp_path, tables)
    found = faults(tmp_path)
    assert "paragraphs[0] 3..900 lies outside the text" in found
    assert "subheads[0] 5..4 lies outside" in found
    assert "tags[0] 'غدا' is not the text at" in found


def test_a_row_in_the_wrong_folder_is_a_fault(tmp_path):
    whole = output_folder(tmp_path)
    file = next(file for file in whole.files if "source=afp" in file.path)
    moved = dataclasses.replace(file, path=file.path.replace("source=afp", "source=bbc"))
    (tmp_path / moved.path).parent.mkdir()
    (tmp_path / file.path).rename(tmp_path / moved.path)
    publish(
        tmp_path,
        dataclasses.replace(whole, files=tuple(moved if other is file else other for other in whole.files)),
    )
    assert "the row belongs into articles/date=2016-03-27/source=afp" in faults(tmp_path)


def test_rows_of_two_configurations_are_a_fault(tmp_path):
    output_folder(tmp_path, config="d1" * 32)
    assert f"config_sha256 is '{'d1' * 32}', not that of the manifest" in faults(tmp_path)


def test_many_faults_of_one_kind_are_counted(tmp_path):
    tables = {
        "articles": [tagged(article(i, f"خبر رقم {i}")) for i in range(60)],
        "inputs": [input_file(60)],
    }
    output_folder(tmp_path, tables, config="d1" * 32)
    report = verify(str(tmp_path))
    assert len(report.faults) == 51
    assert report.faults[-1] == "… and 11 more faults of this kind: config"


def _with_schema(root: Path, change) -> None:
    """Rewrite the dead letters with a changed schema, as another version of warraq would have."""
    files = write_tables(root, rows_of_every_kind())
    file = next(file for file in files if file.table == "dead_letters")
    reader = fastavro.reader(io.BytesIO((root / file.path).read_bytes()))
    schema = json.loads(reader.metadata["avro.schema"])
    rows = [change(schema, row) for row in reader]
    out = io.BytesIO()
    fastavro.writer(out, schema, rows)
    (root / file.path).write_bytes(out.getvalue())
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    rewritten = dataclasses.replace(
        file,
        size_bytes=len(out.getvalue()),
        sha256=hashlib.sha256(out.getvalue()).hexdigest(),
        schema_fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )
    built = manifest(
        tuple(rewritten if other is file else other for other in files), Accounting(6, 3, 1, 1, 1)
    )
    publish(root, built)


def test_an_older_schema_that_can_be_read_is_a_note(tmp_path):
    def add_a_field(schema, row):
        if all(field["name"] != "extra" for field in schema["fields"]):
            schema["fields"].append({"name": "extra", "type": "string", "default": ""})
        return row

    _with_schema(tmp_path, add_a_field)
    report = verify(str(tmp_path))
    assert report.faults == ()
    assert report.notes == ("1 files of dead_letters/ have an older schema, which this version reads",)


def test_a_schema_that_cannot_be_read_is_a_fault(tmp_path):
    def drop_a_field(schema, row):
        schema["fields"] = [field for field in schema["fields"] if field["name"] != "reason"]
        return row

    _with_schema(tmp_path, drop_a_field)
    report = verify(str(tmp_path))
    assert len(report.faults) == 1
    assert "cannot read its schema" in report.faults[0]


def test_what_is_printed_holds_no_escapes_and_no_markup(tmp_path, capsys):
    tables = rows_of_every_kind()
    tables["inputs"] = [input_file(5), input_file(2, "/x\x1b[31m\u202e[red]y[/red]")]
    output_folder(tmp_path, tables)
    print_verify(verify(str(tmp_path)), Console())
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert "/x[31m[red]y[/red]: 2 records were read" in printed
