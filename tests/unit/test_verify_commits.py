"""Proving output folders that grow: what verify finds, and what it leaves alone."""

import dataclasses
import hashlib
import io
import json
import random
import shutil

import fastavro
import pytest
from builders import article, dead_letter, duplicate, filtered, relation, tagged
from growing import decided, grow, grown, write_commit
from rich.console import Console

from pipelines.cli import main
from pipelines.manifest import Accounting
from pipelines.outcome import ExitCode
from pipelines.published import read_commits
from pipelines.verify_commits import print_growing, verify_commits
from schemas.elements import Span
from transforms.core.commits import Commit
from transforms.files import OutputFolder

FIRST = article(0)
COPY = article(3, source="sana")
OTHER = article(1, "أعلنت الوزارة في دمشق عن خطة للمياه.", "خطة للمياه")


def sound(root):
    """Five records in two steps: two articles, a copy, a dead letter, one out of scope."""
    return grown(
        root,
        (
            3,
            {
                "articles": [tagged(FIRST, "بغداد")],
                "duplicates": [duplicate(COPY, FIRST)],
                "decisions": [decided(FIRST), decided(COPY, FIRST)],
                "dead_letters": [dead_letter(4)],
            },
        ),
        (
            2,
            {
                "articles": [tagged(OTHER)],
                "relations": [relation(OTHER, FIRST)],
                "decisions": [decided(OTHER)],
                "filtered": [filtered(article(5, body=""))],
            },
        ),
    )


def faults(folder):
    return "\n".join(verify_commits(folder).faults)


def replace_file(root, commit, path, /, **changes):
    """Let a commit say something else about a file."""
    files = tuple(
        dataclasses.replace(file, **changes) if file.path == path else file for file in commit.files
    )
    write_commit(root, dataclasses.replace(commit, files=files))


def file_of(folder, table):
    """Return a file of a table and the commit that names it."""
    return next(
        (file, commit) for commit in read_commits(folder) for file in commit.files if file.table == table
    )


def test_a_sound_folder_has_no_faults(tmp_path):
    report = verify_commits(sound(tmp_path))
    assert report.faults == []
    assert report.notes == []
    assert (report.commits, report.files, sum(report.rows.values())) == (2, 8, 9)
    assert report.accounting == Accounting(5, 2, 1, 1, 1)


def test_what_came_in_and_where_it_went_may_be_in_different_commits(tmp_path):
    letters = {"dead_letters": [dead_letter(number) for number in range(2)]}
    assert verify_commits(grown(tmp_path, (0, letters), (2, {}))).faults == []


def test_records_that_do_not_add_up_are_a_fault(tmp_path):
    folder = sound(tmp_path)
    write_commit(tmp_path, Commit("r000000002", "c", 7, ()))
    assert "the records do not add up: in 12 ≠ articles 2" in faults(folder)


def test_every_flipped_bit_is_found(tmp_path):
    folder = sound(tmp_path)
    dice = random.Random(7)
    files = [file for commit in read_commits(folder) for file in commit.files]
    for _ in range(100):
        path = tmp_path / dice.choice(files).path
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        report = verify_commits(folder)
        assert len(report.faults) == 1
        assert path.name in report.faults[0]
        path.write_bytes(whole)
    assert verify_commits(folder).faults == []


def test_damage_that_the_checksum_vouches_for_never_crashes_it(tmp_path):
    folder = sound(tmp_path)
    dice = random.Random(3)
    for _ in range(60):
        commit = dice.choice(read_commits(folder))
        file = dice.choice(commit.files)
        path = tmp_path / file.path
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        replace_file(tmp_path, commit, file.path, sha256=hashlib.sha256(damaged).hexdigest())
        verify_commits(folder)
        path.write_bytes(whole)
        write_commit(tmp_path, commit)
    assert verify_commits(folder).faults == []


def test_a_removed_and_a_shortened_file_are_faults_and_the_others_are_still_checked(tmp_path):
    folder = sound(tmp_path)
    gone, short = file_of(folder, "articles")[0].path, file_of(folder, "relations")[0].path
    (tmp_path / gone).unlink()
    (tmp_path / short).write_bytes((tmp_path / short).read_bytes()[:-1])
    report = verify_commits(folder)
    assert any(f"{gone}: the file is missing" in fault for fault in report.faults)
    assert any(short in fault and "bytes, its commit says" in fault for fault in report.faults)
    assert len(report.faults) == 2
    assert "the decisions were not compared with the articles" in report.notes[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rows": 5}, "1 rows, its commit says 5"),
        ({"schema_fingerprint": "0" * 64}, "its schema is not the one that its commit says"),
        ({"table": "duplicates"}, "its commit files it under table 'duplicates'"),
        ({"table": "nonsense"}, "its commit files it under table 'nonsense'"),
        ({"path": "articles/../../secret"}, "is no path inside the output folder"),
        ({"size_bytes": 1}, "its commit says 1"),
        ({"sha256": "0" * 64}, "the checksum is not that of its commit"),
    ],
)
def test_what_a_commit_says_of_a_file_must_be_so(tmp_path, changes, told):
    folder = sound(tmp_path / "out")
    (tmp_path / "secret").write_text("x")
    file, commit = file_of(folder, "articles")
    replace_file(tmp_path / "out", commit, file.path, **changes)
    assert told in faults(folder)


def test_a_file_that_two_commits_name_is_a_fault_and_counts_once(tmp_path):
    folder = sound(tmp_path)
    file, _ = file_of(folder, "articles")
    write_commit(tmp_path, Commit("r000000009", "c", 0, (file,)))
    report = verify_commits(folder)
    assert f"{file.path}: two commits name it, r000000000 and r000000009" in report.faults
    assert report.accounting.articles == 2


def test_litter_is_a_note_and_no_fault(tmp_path):
    folder = sound(tmp_path)
    path = tmp_path / file_of(folder, "articles")[0].path
    shutil.copy(path, path.with_name("r000000077-s00000.avro"))
    shutil.copy(path, path.with_name("w20261126t001000z-p000-s00001.avro"))
    (tmp_path / ".warraq-tmp" / "run").mkdir(parents=True, exist_ok=True)
    (tmp_path / ".warraq-tmp" / "run" / "half").write_text("x")
    (tmp_path / "articles" / "README").write_text("mine")
    report = verify_commits(folder)
    assert report.faults == []
    assert report.notes[0].startswith("litter of 3 files that no commit names")
    assert report.notes[1].startswith("1 files in the table folders are not warraq's")


def test_a_damaged_commit_is_told_and_the_others_are_checked(tmp_path):
    folder = sound(tmp_path)
    (tmp_path / "_commits" / "r000000000.json").write_text("{")
    path = tmp_path / file_of_the_other(folder)
    path.unlink()
    report = verify_commits(folder)
    assert "r000000000.json" in report.faults[0]
    assert "the file is missing" in report.faults[1]
    assert len(report.faults) == 2
    assert any("not judged whether the records add up" in note for note in report.notes)


def file_of_the_other(folder):
    """Return a file of the second commit; the first cannot be read."""
    return json.loads(folder.read("_commits/r000000001.json"))["files"][0]["path"]


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, "\x00", '{"format": 1}'])
def test_damaged_json_is_a_fault_and_no_crash(tmp_path, text):
    folder = sound(tmp_path)
    (tmp_path / "_commits" / "r000000001.json").write_text(text)
    assert "_commits/r000000001.json" in faults(folder)


def test_rows_that_refer_to_what_was_never_decided_are_faults(tmp_path):
    folder = sound(tmp_path)
    lost, other = article(8, "نص آخر"), article(9, "نص ثالث")
    tables = {
        "duplicates": [duplicate(article(7), lost)],
        "decisions": [decided(article(7), lost)],
        "relations": [relation(other, FIRST)],
    }
    grow(tmp_path, 2, (1, tables))
    found = faults(folder)
    assert f"duplicate {article(7).article_id}: parent {lost.article_id} was never decided" in found
    assert f"relations/date=2016-03-27/r000000002-s00000.avro row 1: article {other.article_id} was" in found
    both = {"articles": [tagged(lost), tagged(other)], "decisions": [decided(lost), decided(other)]}
    grow(tmp_path, 3, (2, both))
    assert faults(folder) == ""  # a later commit may tell of it


def test_a_parent_that_only_an_index_knows_is_no_fault(tmp_path):
    folder = sound(tmp_path)
    elsewhere = dataclasses.replace(
        duplicate(article(7), article(8)), parent_from_index=True, root_from_index=True
    )
    grow(tmp_path, 2, (1, {"duplicates": [elsewhere], "decisions": [decided(article(7), article(8))]}))
    assert faults(folder) == ""


def test_a_span_outside_the_text_and_a_row_in_a_wrong_folder_are_faults(tmp_path):
    folder = sound(tmp_path)
    off = dataclasses.replace(OTHER, paragraphs=(Span(0, 999),), article_id="5" * 32)
    commit = grow(tmp_path, 2, (1, {"articles": [tagged(off)], "decisions": [decided(off)]}))
    assert f"article {'5' * 32}: paragraphs[0] 0..999 lies outside the text" in faults(folder)
    for table in ("articles", "decisions"):
        file = next(one for one in commit.files if one.table == table)
        elsewhere = f"{table}/date=2020-01-01/{file.path.rpartition('/')[2]}"
        (tmp_path / elsewhere).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.path).rename(tmp_path / elsewhere)
        replace_file(tmp_path, commit, file.path, path=elsewhere)
        commit = read_commits(folder)[2]
        assert f"{elsewhere} row 1: the row belongs into {table}/date=" in faults(folder)


@pytest.mark.parametrize(
    "changes",
    [{"kept": False}, {"relation": "near"}, {"root_id": "a" * 32}, {"revision": 0}, {"parent_id": "a"}],
)
def test_a_decision_that_contradicts_itself_is_a_fault(tmp_path, changes):
    folder = sound(tmp_path)
    wrong = dataclasses.replace(decided("e"), **changes)
    grow(tmp_path, 2, (0, {"decisions": [wrong]}))
    assert f"about {'e' * 32} contradicts itself" in faults(folder)


def test_a_record_that_was_read_again_under_another_configuration_is_no_fault(tmp_path):
    folder = sound(tmp_path)
    grow(tmp_path, 2, (1, {"duplicates": [duplicate(FIRST, FIRST, relation="repeat")]}))
    assert faults(folder) == ""


def test_each_file_is_read_once(tmp_path, monkeypatch):
    folder, read = sound(tmp_path), []
    whole = OutputFolder.read
    monkeypatch.setattr(OutputFolder, "read", lambda self, path: read.append(path) or whole(self, path))
    assert verify_commits(folder).faults == []
    assert len(read) == len(set(read)) == 10


def test_a_kept_article_that_is_missing_or_there_twice_is_a_fault(tmp_path):
    folder = sound(tmp_path)
    grow(tmp_path, 2, (1, {"decisions": [decided("e")], "articles": [tagged(FIRST)]}))
    found = faults(folder)
    assert f"article {'e' * 32} is kept and is not in articles" in found
    assert f"article {FIRST.article_id} lies in articles twice" in found


def test_an_article_that_is_dropped_later_keeps_its_row(tmp_path):
    folder = sound(tmp_path)
    grow(tmp_path, 2, (0, {"decisions": [decided(OTHER, FIRST, revision=2)]}))
    assert verify_commits(folder).faults == []


def test_an_article_without_a_decision_is_a_fault(tmp_path):
    folder = sound(tmp_path)
    grow(tmp_path, 2, (1, {"articles": [tagged(article(9))]}))
    assert "was never decided" in faults(folder)


def rewrite(root, folder, change):
    """Rewrite the dead letters with a changed schema, as another version of warraq would have."""
    file, commit = file_of(folder, "dead_letters")
    reader = fastavro.reader(io.BytesIO((root / file.path).read_bytes()))
    rows = list(reader)
    schema = json.loads(reader.metadata["avro.schema"])
    schema["fields"] = [field for field in schema["fields"] if field["name"] != change]
    out = io.BytesIO()
    fastavro.writer(
        out, schema, [{name: value for name, value in row.items() if name != change} for row in rows]
    )
    data = out.getvalue()
    (root / file.path).write_bytes(data)
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    replace_file(
        root,
        commit,
        file.path,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        schema_fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def test_files_of_an_earlier_version_are_a_note_and_no_fault(tmp_path):
    folder = sound(tmp_path)
    rewrite(tmp_path, folder, "config_sha256")  # has a default
    report = verify_commits(folder)
    assert report.faults == []
    assert report.notes == ["1 files of dead_letters/ have an older schema, which this version reads"]


def test_a_schema_that_cannot_be_read_is_a_fault(tmp_path):
    folder = sound(tmp_path)
    rewrite(tmp_path, folder, "reason")
    assert "cannot read its schema" in faults(folder)


def test_the_command_says_so_in_words_and_in_its_exit_code(tmp_path, capsys):
    folder = sound(tmp_path)
    assert main(["verify", str(tmp_path)]) == ExitCode.OK
    told = capsys.readouterr().err
    assert "2 commits" in told
    assert "in 5 = articles 2 + duplicates 1 + dead letters 1 + filtered 1" in told
    assert "are as the commits say" in told
    (tmp_path / file_of(folder, "articles")[0].path).unlink()
    assert main(["verify", str(tmp_path)]) == ExitCode.DAMAGED
    assert "fault: articles/" in capsys.readouterr().err
    (tmp_path / "_SUCCESS").write_text("{}")
    assert main(["verify", str(tmp_path)]) == ExitCode.DAMAGED
    assert "do not go together" in capsys.readouterr().err


def test_what_is_printed_holds_no_escapes_and_no_markup(tmp_path, capsys):
    folder = OutputFolder(str(tmp_path))
    file = dataclasses.replace(
        read_commits(sound(tmp_path))[0].files[0], path="articles/\x1b[31m\u202e[red]y[/red]"
    )
    write_commit(tmp_path, Commit("r000000002", "c", 0, (file,)))
    print_growing("x", verify_commits(folder), Console())
    printed = capsys.readouterr().out
    assert not {"\x1b", "\u202e"} & set(printed)
    assert "[red]y[/red]: the file is missing" in printed
