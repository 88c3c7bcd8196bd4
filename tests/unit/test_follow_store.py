"""The state of `warraq follow`: whole steps or nothing, and rolls that end as they began."""

import io
import itertools
import sqlite3

import pytest
from builders import CONFIG, article, filtered

from pipelines.follow_roll import check_rolls, roll_outbox
from pipelines.follow_stages import pack_row
from pipelines.follow_store import FollowStore, InboxFile, Step
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import published_files, read_commits
from pipelines.verify_commits import verify_commits
from schemas.avro import read_rows
from schemas.elements import DeadLetter, Origin
from transforms.core.segments import EMPTY, append_segment, pack_segment
from transforms.files import OutputFolder

PARAMETERS = {"threshold": 0.7, "bands": 13}


class Killed(BaseException):
    """What stands for kill -9."""


def open_store(folder, **changes):
    return FollowStore(folder / "state" / "follow.sqlite", {**PARAMETERS, **changes})


def letters(*numbers):
    found = [
        DeadLetter("read", "bad_json", f"fault {number}", b"{", 1, Origin("/a.jsonl", number, 0))
        for number in numbers
    ]
    return [pack_row("dead_letters", letter, CONFIG) for letter in found]


def out_of_scope(number):
    return pack_row("filtered", filtered(article(number)), CONFIG)


def step(rows=(), head=EMPTY, segment=b"", day=0, gone=(), inbox=None):
    return Step(head, day, segment, gone, rows, len(rows), inbox or {})


def segments(count, day=5):
    """Empty segments in a chain, each with the head after it."""
    head = EMPTY
    for number in range(count):
        segment = pack_segment(head, day + number, [], [])
        head = append_segment(head, segment)
        yield head, segment, day + number


def content(folder):
    found = {}
    for file in published_files(folder):
        rows = read_rows(io.BytesIO(folder.read(file.path)), file.table)
        found.setdefault(file.table, []).extend(rows)
    return found


def test_what_a_step_brought_is_there_after_opening_again(tmp_path):
    (one, two) = segments(2)
    file = InboxFile(10, 20, 3, False)
    with open_store(tmp_path) as store:
        assert (store.head(), list(store.segments()), store.received()) == (EMPTY, [], 0)
        store.commit(step(letters(0, 1), one[0], one[1], one[2], inbox={"/a.jsonl": file}))
        store.commit(step(letters(2), two[0], two[1], two[2]))
    with open_store(tmp_path) as store:
        assert store.head() == two[0]
        assert list(store.segments()) == [one[1], two[1]]
        assert (store.received(), store.waiting()) == (3, 3)
        assert store.inbox_file("/a.jsonl") == file
        assert store.inbox_file("/b.jsonl") is None


def test_segments_of_days_that_are_gone_go_with_the_next_step(tmp_path):
    (one, two) = segments(2)
    with open_store(tmp_path) as store:
        store.commit(step([], one[0], one[1], one[2]))
        store.commit(step([], two[0], two[1], two[2], gone=(one[2],)))
        assert list(store.segments()) == [two[1]]


def test_a_step_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    ((head, segment, day),) = segments(1)
    with open_store(tmp_path) as store:
        store.commit(step(letters(0), head, segment, day, inbox={"/a": InboxFile(1, 1, 1, False)}))
        with pytest.raises(sqlite3.Error):  # the number of the segment is taken
            store.commit(step(letters(1), head, segment, day, inbox={"/a": InboxFile(1, 1, 2, True)}))
        assert (store.waiting(), store.received()) == (1, 1)
        assert store.inbox_file("/a") == InboxFile(1, 1, 1, False)


def test_a_state_of_other_parameters_is_refused_by_name(tmp_path):
    open_store(tmp_path).__exit__(None, None, None)
    with pytest.raises(RunFailed, match=r"threshold 0\.7 \(now 0\.8\)") as told:
        open_store(tmp_path, threshold=0.8)
    assert told.value.code is ExitCode.USAGE
    assert "bands" not in str(told.value)


def test_a_kill_while_the_state_is_made_leaves_none(tmp_path, monkeypatch):
    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FollowStore, "_put", killed)
        with pytest.raises(Killed):
            open_store(tmp_path)
    with open_store(tmp_path) as store:
        assert store.head() == EMPTY


def test_a_roll_writes_what_waits_once(tmp_path):
    folder = OutputFolder(str(tmp_path / "out"))
    with open_store(tmp_path) as store:
        store.commit(step([*letters(0, 1), out_of_scope(2)]))
        commit = roll_outbox(store, folder, "deflate", CONFIG)
        assert (commit.name, commit.records_in) == ("r000000001", 3)
        assert (store.waiting(), store.received(), store.last_roll()) == (0, 0, 1)
        assert roll_outbox(store, folder, "deflate", CONFIG) is None
        store.commit(step(letters(3)))
        assert roll_outbox(store, folder, "deflate", CONFIG).name == "r000000002"
    assert [row["detail"] for row in content(folder)["dead_letters"]] == ["fault 0", "fault 1", "fault 3"]
    assert verify_commits(folder).faults == []


#: Where a roll can be killed: after so many writes of files, or before its end is noted.
MOMENTS = ("write 0", "write 1", "write 2", "end")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("codec", ["deflate", "zstandard"])
def test_a_roll_that_was_killed_is_done_again_with_the_same_rows(tmp_path, monkeypatch, moment, codec):
    folder = OutputFolder(str(tmp_path / "out"))
    calls = itertools.count()
    write, end = OutputFolder.write, FollowStore.end_roll

    def stopping_write(self, path, data, *, run):
        if moment == f"write {next(calls)}":
            raise Killed
        write(self, path, data, run=run)

    def stopping_end(self, roll):
        if moment == "end":
            raise Killed
        end(self, roll)

    with monkeypatch.context() as patch, open_store(tmp_path) as store:
        store.commit(step([*letters(0, 1), out_of_scope(2)]))
        patch.setattr(OutputFolder, "write", stopping_write)
        patch.setattr(FollowStore, "end_roll", stopping_end)
        with pytest.raises(Killed):
            roll_outbox(store, folder, "deflate", CONFIG)
    with open_store(tmp_path) as store:
        assert store.unfinished_roll().number == 1
        check_rolls(store, folder, tmp_path)
        store.commit(step(letters(3)))  # what comes meanwhile belongs to the next roll
        assert roll_outbox(store, folder, codec, CONFIG).name == "r000000002"
        assert store.waiting() == 0
    assert [commit.records_in for commit in read_commits(folder)] == [3, 1]
    assert [row["detail"] for row in content(folder)["dead_letters"]] == ["fault 0", "fault 1", "fault 3"]
    assert verify_commits(folder).faults == []


def test_an_output_with_rolls_of_another_state_is_refused(tmp_path):
    folder = OutputFolder(str(tmp_path / "out"))
    with open_store(tmp_path) as store:
        store.commit(step(letters(0)))
        roll_outbox(store, folder, "deflate", CONFIG)
        check_rolls(store, folder, tmp_path)
    with open_store(tmp_path / "other") as store:
        with pytest.raises(RunFailed, match="would replace them") as told:
            check_rolls(store, folder, tmp_path)
        assert told.value.code is ExitCode.USAGE


def test_a_commit_of_other_rows_under_the_name_of_an_unfinished_roll_is_told(tmp_path):
    folder = OutputFolder(str(tmp_path / "out"))
    with open_store(tmp_path) as store:
        store.commit(step(letters(0)))
        roll_outbox(store, folder, "deflate", CONFIG)
    with open_store(tmp_path / "other") as store:
        store.commit(step(letters(1, 2)))
        store.begin_roll()
        with pytest.raises(RunFailed, match="not of this state"):
            roll_outbox(store, folder, "deflate", CONFIG)
        assert store.waiting() == 2
    assert [row["detail"] for row in content(folder)["dead_letters"]] == ["fault 0"]
