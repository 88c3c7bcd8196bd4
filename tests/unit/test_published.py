"""Folders that grow by commits: which files count, what the fold is, and what verify finds."""

import dataclasses

import pytest
from builders import write_tables

from pipelines.errors import ManifestError
from pipelines.final import final_rows
from pipelines.published import grows, published_files, read_commits
from pipelines.verify_commits import verify_commits
from schemas.elements import DeadLetter, Decision, Origin
from transforms.core.commits import Commit, commit_path, decode_commit, encode_commit, is_commit_file
from transforms.files import OutputFolder

HERE = Origin("in#1", 0, 0)


def decision(name, revision, *, parent="", root="", similarity=None):
    return Decision(
        name * 32,
        revision,
        not parent,
        "near" if parent else "",
        parent * 32,
        (root or name) * 32,
        (root or name) * 32,
        similarity,
        1,
        False,
        5,
        4 if parent else None,
        HERE,
    )


def grown(root, *steps):
    """Write tables and a commit that names them, per step; `steps` are (records_in, tables)."""
    for number, (records_in, tables) in enumerate(steps):
        files = write_tables(root / f"step{number}", tables)
        for file in files:
            target = root / file.path.replace(".avro", f"{number}.avro")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((root / f"step{number}" / file.path).read_bytes())
        named = tuple(
            dataclasses.replace(file, path=file.path.replace(".avro", f"{number}.avro")) for file in files
        )
        commit = Commit(f"r{number:09d}", "c", records_in, named)
        (root / "_commits").mkdir(exist_ok=True)
        (root / commit_path(commit.name)).write_bytes(encode_commit(commit))
    return OutputFolder(str(root))


def letters(count):
    return {
        "dead_letters": [
            DeadLetter("parse", "bad_json", "", b"x", 1, HERE._replace(index=n)) for n in range(count)
        ]
    }


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


def test_the_files_of_all_commits_count_and_a_manifest_beside_them_is_refused(tmp_path):
    folder = grown(tmp_path, (2, letters(2)), (1, letters(1)))
    assert grows(folder)
    assert [file.rows for file in published_files(folder)] == [2, 1]
    assert [commit.records_in for commit in read_commits(folder)] == [2, 1]
    (tmp_path / "_SUCCESS").write_text("{}")
    with pytest.raises(ManifestError, match="do not go together"):
        grows(folder)


def test_the_highest_revision_counts_whatever_the_order_of_the_files(tmp_path):
    first = {
        "decisions": [
            decision("b", 2, parent="a", similarity=0.8),
            decision("c", 1, parent="b", root="b", similarity=0.9),
        ]
    }
    second = {"decisions": [decision("b", 1), decision("c", 2, parent="b", root="a")]}
    folder = grown(tmp_path, (0, first), (0, second))
    rows = {row["article_id"][0]: row for row in final_rows(folder)}
    assert (rows["b"]["kept"], rows["b"]["revision"], rows["b"]["similarity"]) == (False, 2, 0.8)
    assert (rows["c"]["root_id"][0], rows["c"]["similarity"]) == ("a", 0.9)


def test_a_kept_article_that_is_not_in_articles_is_found(tmp_path):
    folder = grown(tmp_path, (0, {"decisions": [decision("a", 1)]}))
    with pytest.raises(ManifestError, match="is kept and is not in articles"):
        list(final_rows(folder))
    assert "is kept and is not in articles" in verify_commits(folder).faults[0]


def test_verify_finds_what_was_lost_changed_or_does_not_add_up(tmp_path):
    folder = grown(tmp_path, (2, letters(2)), (1, letters(1)))
    assert verify_commits(folder).faults == []
    path = tmp_path / published_files(folder)[0].path
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"!")
    assert "checksum" in verify_commits(folder).faults[0]
    path.unlink()
    assert path.name in verify_commits(folder).faults[0]
    path.write_bytes(data)
    (tmp_path / "_commits" / "r000000001.json").unlink()
    report = verify_commits(folder)
    assert report.faults == []
    assert report.accounting.holds
    (tmp_path / "_commits" / "r000000002.json").write_bytes(encode_commit(Commit("r000000002", "c", 7, ())))
    assert "do not add up" in verify_commits(folder).faults[0]
