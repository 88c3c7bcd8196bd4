"""Which files of an output folder count: those of a manifest, or those that commits name."""

import io
import json
import shutil

import pytest
from builders import article, dead_letter, output_folder, tagged
from growing import decided, grown, write_commit

from pipelines.errors import ManifestError
from pipelines.inspect import inspect
from pipelines.outcome import RunFailed
from pipelines.published import grows, is_output, published_files, read_commits
from transforms.core.commits import Commit, commit_path, decode_commit, encode_commit, is_commit_file
from transforms.files import OutputFolder


def letters(count):
    return {"dead_letters": [dead_letter(number) for number in range(count)]}


def lines(path, table=None):
    out = io.StringIO()
    inspect(str(path), as_jsonl=True, limit=None, fields=None, out=out, table=table)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_commit_comes_back_as_it_was_and_has_a_safe_name():
    commit = Commit("w20261126t001000z-p000", "c", 3, ())
    assert decode_commit(encode_commit(commit)) == commit
    assert is_commit_file(commit_path(commit.name))
    for name in ("../x", "A", "", "x/y"):
        with pytest.raises(ValueError, match="no name of a commit"):
            commit_path(name)
    for data in (b"", b"[]", b"{}", b'{"format": "other/1"}', encode_commit(commit)[:-9]):
        with pytest.raises(ValueError):  # noqa: PT011 (each says another thing)
            decode_commit(data)


def test_the_files_of_all_commits_count(tmp_path):
    folder = grown(tmp_path, (2, letters(2)), (1, letters(1)))
    assert grows(folder)
    assert is_output(folder)
    assert [file.rows for file in published_files(folder)] == [2, 1]
    assert [commit.records_in for commit in read_commits(folder)] == [2, 1]


def test_the_files_of_the_live_generation_count(tmp_path):
    files = output_folder(tmp_path).files
    folder = OutputFolder(str(tmp_path))
    assert not grows(folder)
    assert is_output(folder)
    assert sorted(file.path for file in published_files(folder)) == sorted(file.path for file in files)


@pytest.mark.parametrize("marker", ["_SUCCESS", "_FAILED"])
def test_a_manifest_beside_commits_is_refused(tmp_path, marker):
    folder = grown(tmp_path, (2, letters(2)))
    (tmp_path / marker).write_text("{}")
    for read in (grows, published_files):
        with pytest.raises(ManifestError, match="do not go together"):
            read(folder)
    with pytest.raises(RunFailed, match="do not go together"):
        lines(tmp_path)


def test_where_nothing_is_published_nothing_counts(tmp_path):
    folder = OutputFolder(str(tmp_path))
    assert not is_output(folder)
    with pytest.raises(ManifestError, match="neither _SUCCESS nor a commit"):
        published_files(folder)
    (tmp_path / "_commits").mkdir()
    assert is_output(folder)
    with pytest.raises(ManifestError, match="neither _SUCCESS nor a commit"):
        published_files(folder)


def test_a_failed_run_has_published_nothing(tmp_path):
    output_folder(tmp_path, state="failed", failure="lost a record")
    with pytest.raises(ManifestError, match="its run failed"):
        published_files(OutputFolder(str(tmp_path)))


@pytest.mark.parametrize(
    "change",
    [
        {"records_in": "3"},
        {"records_in": None},
        {"name": 7},
        {"name": "r000000009"},
        {"files": 3},
        {"files": [None]},
        {"files": [{"path": "x"}]},
        {"format": "warraq-commit/2"},
        {"extra": 1},
    ],
)
def test_a_commit_of_wrong_types_or_another_name_is_damaged(tmp_path, change):
    folder = grown(tmp_path, (2, letters(2)))
    path = tmp_path / "_commits" / "r000000000.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ManifestError, match=r"_commits/r000000000\.json: "):
        read_commits(folder)
    with pytest.raises(RunFailed, match=r"_commits/r000000000\.json: "):
        lines(tmp_path)


def test_a_copy_of_a_commit_under_another_name_does_not_count_twice(tmp_path):
    folder = grown(tmp_path, (2, letters(2)))
    shutil.copy(tmp_path / "_commits" / "r000000000.json", tmp_path / "_commits" / "r000000001.json")
    with pytest.raises(ManifestError, match="it says that it is 'r000000000'"):
        read_commits(folder)


def test_other_files_beside_the_commits_are_none(tmp_path):
    folder = grown(tmp_path, (2, letters(2)))
    (tmp_path / "_commits" / "README.md").write_text("mine")
    (tmp_path / "_commits" / "x").mkdir()
    (tmp_path / "_commits" / "x" / "r000000007.json").write_text("{}")
    assert len(read_commits(folder)) == 1


def test_inspect_shows_the_rows_that_commits_name_and_tells_of_the_others(tmp_path, capsys):
    first, second = article(0), article(1, "أعلنت الوزارة في دمشق عن خطة للمياه.", "خطة للمياه")
    grown(
        tmp_path,
        (1, {"articles": [tagged(first)], "decisions": [decided(first)]}),
        (1, {"articles": [tagged(second)], "decisions": [decided(second)]}),
    )
    assert [row["title"] for row in lines(tmp_path)] == ["زيارة جديدة", "خطة للمياه"]
    assert len(lines(tmp_path, "decisions")) == 2
    assert capsys.readouterr().err == ""
    (tmp_path / "_commits" / "r000000001.json").unlink()
    assert [row["title"] for row in lines(tmp_path)] == ["زيارة جديدة"]
    assert "1 files are left out: no commit names them" in capsys.readouterr().err
    assert len(lines(next((tmp_path / "articles").rglob("r000000001-*.avro")))) == 1
    assert "note: no commit names articles/" in capsys.readouterr().err


def test_inspect_says_that_nothing_is_committed_yet(tmp_path):
    write_commit(tmp_path, Commit("r000000000", "c", 0, ()))
    assert lines(tmp_path) == []
    (tmp_path / "_commits" / "r000000000.json").unlink()
    with pytest.raises(RunFailed, match="neither _SUCCESS nor a commit"):
        lines(tmp_path)
