import io
import json
import shutil

import fastavro
import pytest
from builders import article, dead_letter, input_file, output_folder, rows_of_every_kind, tagged

from pipelines.inspect import inspect
from pipelines.outcome import RunFailed


def show(path, *, as_jsonl=False, limit=None, fields=None, table=None):
    out = io.StringIO()
    inspect(str(path), as_jsonl=as_jsonl, limit=limit, fields=fields, out=out, table=table)
    return out.getvalue()


def lines(path, **options):
    return [json.loads(line) for line in show(path, as_jsonl=True, **options).splitlines()]


def test_an_output_folder_shows_its_articles(tmp_path):
    output_folder(tmp_path)
    rows = lines(tmp_path)
    assert sorted(row["title"] for row in rows) == ["خطة للمياه", "زيارة جديدة", "معرض الكتاب"]
    assert rows[0]["event_date"] == "2016-03-27"
    assert rows[0]["published_us"].startswith("2016-03-27T10:00:00")
    assert rows[0]["published_us"].endswith("Z")


def test_arabic_stays_letters_in_json_lines(tmp_path):
    output_folder(tmp_path)
    assert "بغداد" in show(tmp_path, as_jsonl=True)


@pytest.mark.parametrize("table", ["articles", "duplicates", "dead_letters", "filtered", "inputs"])
def test_every_table_prints_by_option_by_folder_and_by_file(tmp_path, table):
    files = [file for file in output_folder(tmp_path).files if file.table == table]
    by_option = show(tmp_path, table=table)
    assert by_option == show(tmp_path / table)
    assert by_option.strip()
    one = lines(tmp_path / files[0].path)
    assert len(one) == files[0].rows


def test_a_partition_folder_shows_its_rows_only(tmp_path):
    output_folder(tmp_path)
    assert [row["source"] for row in lines(tmp_path / "articles" / "date=2016-03-27" / "source=afp")] == [
        "afp"
    ]


def test_limit_and_fields_choose(tmp_path):
    output_folder(tmp_path)
    assert lines(tmp_path, limit=1, fields=["source", "origin.index"]) == [
        {"source": "afp", "origin.index": 0}
    ]
    assert "deep" not in show(tmp_path, fields=["url"])
    with pytest.raises(RunFailed, match=r"has no field 'titel'; it has .*title"):
        show(tmp_path, fields=["titel"])


def test_a_file_that_no_manifest_names_is_left_out_with_a_note(tmp_path, capsys):
    file = tmp_path / next(f for f in output_folder(tmp_path).files if f.table == "articles").path
    litter = file.with_name("part-00000-of-00001-0000000000000000.avro")
    shutil.copy(file, litter)
    assert len(lines(tmp_path)) == 3
    assert "1 files are left out" in capsys.readouterr().err
    assert len(lines(litter)) == 1
    assert "is not part of the output" in capsys.readouterr().err.replace("\n", " ")


def test_payloads_are_text_where_they_can_be_and_base64_else(tmp_path):
    tables = {
        "dead_letters": [dead_letter(0, payload="نص".encode()), dead_letter(1, payload=b"\xff\xfe")],
        "inputs": [input_file(2)],
    }
    output_folder(tmp_path, tables)
    first, second = lines(tmp_path, table="dead_letters")
    assert first["payload"] == "نص"
    assert second["payload_base64"] == "//4="
    assert "payload" not in second
    assert "نص" in show(tmp_path, table="dead_letters")


HOSTILE = "\x1b]0;owned\x07\x1b[31mخبر\u202eright\u2066x\x9b2J\r\n[red]end[/red]\ud800".replace(
    "\ud800", "\ufeff"
)


def test_escapes_and_overrides_in_the_data_cannot_reach_the_terminal(tmp_path):
    output_folder(tmp_path, {"articles": [tagged(article(0, title=HOSTILE))], "inputs": [input_file(1)]})
    for shown in (show(tmp_path, fields=["title"]), show(tmp_path, as_jsonl=True)):
        assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066", "\ufeff"} & set(shown)
    assert "[red]end[/red]" in show(tmp_path, fields=["title"])
    assert lines(tmp_path)[0]["title"] == HOSTILE


def test_long_texts_are_cut_in_the_table_only(tmp_path):
    body = "كلمة " * 500
    output_folder(tmp_path, {"articles": [tagged(article(0, body))], "inputs": [input_file(1)]})
    assert "…" in show(tmp_path)
    assert show(tmp_path).count("كلمة") < 60
    assert lines(tmp_path)[0]["text"].count("كلمة") == 500


def test_a_file_outside_any_output_folder_is_read(tmp_path):
    file = next(f for f in output_folder(tmp_path / "out").files if f.table == "articles")
    shutil.copy(tmp_path / "out" / file.path, tmp_path / "one.avro")
    assert len(lines(tmp_path / "one.avro")) == 1


def foreign(path, schema, rows):
    with path.open("wb") as out:
        fastavro.writer(out, schema, rows)


def test_foreign_and_broken_files_are_refused_in_words(tmp_path):
    foreign(
        tmp_path / "user.avro",
        {
            "type": "record",
            "name": "User",
            "namespace": "com.example",
            "fields": [{"name": "a", "type": "int"}],
        },
        [{"a": 1}],
    )
    with pytest.raises(RunFailed, match=r"its schema, com\.example\.User, is none of warraq's"):
        show(tmp_path / "user.avro")
    (tmp_path / "text.avro").write_text("no avro")
    with pytest.raises(RunFailed, match="no Avro container file"):
        show(tmp_path / "text.avro")
    with pytest.raises(RunFailed, match="no such file or folder"):
        show(tmp_path / "missing")
    with pytest.raises(RunFailed, match="there is no such table; the tables are articles"):
        show(tmp_path, table="artikles")


def test_a_forged_recursive_schema_is_refused_before_a_row_is_decoded(tmp_path):
    schema = {
        "type": "record",
        "name": "Article",
        "namespace": "org.warraq",
        "fields": [{"name": "next", "type": "Article"}],
    }
    out = io.BytesIO()
    fastavro.writer(out, "string", [""])
    header = json.dumps(schema).encode()
    data = out.getvalue()
    place = data.index(b'"string"')
    size = len(header) * 2
    varint = bytes([size & 0x7F | 0x80, size >> 7])
    (tmp_path / "bad.avro").write_bytes(data[: place - 1] + varint + header + data[place + 8 :])
    with pytest.raises(RunFailed, match=r"org\.warraq\.Article, is none of warraq's"):
        show(tmp_path / "bad.avro")


def test_a_file_damaged_in_the_middle_says_after_which_row(tmp_path):
    file = tmp_path / next(f for f in output_folder(tmp_path).files if f.table == "inputs").path
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(RunFailed, match="damaged after row 0"):
        show(file)


def test_a_failed_generation_alone_is_shown_with_a_note(tmp_path, capsys):
    output_folder(tmp_path, rows_of_every_kind(), state="failed", failure="lost a record")
    assert len(lines(tmp_path)) == 3
    assert "failed and is not published: lost a record" in capsys.readouterr().err
