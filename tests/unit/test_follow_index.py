"""Sharing an index: what a stream takes over and leaves is whole or not there, and fits, or it is refused."""

import itertools

import pytest
from indexes import CONFIG, by_the_rule, decided, deliveries, follow, index_of, known, rows_of, write_day
from rich.console import Console

from pipelines.commit import hold
from pipelines.follow_store import FollowStore
from pipelines.handover import adopted_index, is_shared
from pipelines.index import Index, IndexState, Segment, index_parameters, read_state
from pipelines.index_collect import run_collect
from pipelines.outcome import ExitCode, RunFailed
from pipelines.verify_commits import verify_commits
from schemas.avro import event_date
from schemas.elements import WrittenFile
from transforms.files import OutputFolder

QUIET = Console(quiet=True)
DAY_S = 86_400
PARAMETERS = index_parameters(CONFIG)
DELIVERED = deliveries(12)
OLD, NEW = [*DELIVERED[1], *DELIVERED[2]], [*DELIVERED[3], *DELIVERED[4]]
ALL = by_the_rule([*OLD, *NEW])


class Killed(BaseException):
    """What stands for kill -9."""


@pytest.fixture
def inbox(tmp_path):
    return write_day(tmp_path / "inbox", "new", NEW)


@pytest.fixture
def index(tmp_path):
    return index_of(tmp_path / "index", OLD)


def fails_at(monkeypatch, owner, name, number):
    """Let the call of that number (from 0) of a method be the last thing that happens."""
    usual, calls = getattr(owner, name), itertools.count()

    def killing(*args, **kwargs):
        if next(calls) == number:
            raise Killed
        return usual(*args, **kwargs)

    monkeypatch.setattr(owner, name, killing)


def test_what_the_index_knows_is_known_and_is_not_told_again(tmp_path, inbox, index):
    assert "generation 1: " in follow(inbox, tmp_path / "out", index)
    found = decided(tmp_path / "out")
    assert {key: found[key] for key in found} == {key: ALL[key] for key in found}
    assert set(by_the_rule(NEW)) <= set(found)
    known_ids = set(by_the_rule(OLD))
    assert not {row["article_id"] for row in rows_of(tmp_path / "out", "articles")} & known_ids
    assert not {row["article_id"] for row in rows_of(tmp_path / "out", "signatures")} & known_ids


def test_a_kill_while_the_index_is_taken_over_leaves_all_of_it_to_do(tmp_path, inbox, index, monkeypatch):
    """Before each statement of the one transaction."""
    output, kills = tmp_path / "out", 0
    follow(write_day(tmp_path / "first", "first", DELIVERED[4][:5]), output)
    with FollowStore(output / "_state" / "follow.sqlite", PARAMETERS) as store:
        before = (store.head(), store.waiting(), list(store.segments()))
    while True:
        with monkeypatch.context() as patch:
            fails_at(patch, FollowStore, "_put", kills)
            try:
                follow(tmp_path / "first", output, index)
            except Killed:
                kills += 1
            else:
                break
        with FollowStore(output / "_state" / "follow.sqlite", PARAMETERS) as store:
            # The last one is that of the last roll.
            assert (store.head(), store.waiting(), list(store.segments())) == before or store.is_shared()
            assert bool(store.adopted()) is store.is_shared()
    assert kills > 5
    follow(inbox, output, index)
    assert decided(output) == {key: ALL[key] for key in decided(output)}
    assert verify_commits(OutputFolder(str(output))).faults == []


def test_a_kill_while_a_stream_is_collected_leaves_the_index_as_it_was(tmp_path, inbox, index, monkeypatch):
    """Before each file that is written, `_CURRENT` at last."""
    output, kills = tmp_path / "out", 0
    follow(inbox, output, index)
    state = read_state(OutputFolder(str(index)))
    while True:
        with monkeypatch.context() as patch:
            fails_at(patch, OutputFolder, "write", kills)
            try:
                run_collect(str(output), str(index), QUIET)
            except Killed:
                kills += 1
            else:
                break
        assert read_state(OutputFolder(str(index))) == state
    assert kills > 4
    assert known(index) == ALL


def test_a_stream_that_shared_no_index_at_first_leaves_the_signatures_of_all_it_knows(tmp_path, index):
    inbox, output = write_day(tmp_path / "in", "a", DELIVERED[3]), tmp_path / "out"
    follow(inbox, output)
    assert rows_of(output, "signatures") == []
    with pytest.raises(RunFailed, match="has no signatures") as told:
        run_collect(str(output), str(index), QUIET)
    assert told.value.code is ExitCode.USAGE
    follow(write_day(inbox, "b", DELIVERED[4]), output, index)
    assert run_collect(str(output), str(index), QUIET) is ExitCode.OK
    assert known(index) == ALL
    own = [row["article_id"] for row in rows_of(output, "signatures")]
    assert len(own) == len(set(own))
    assert set(own) == ALL.keys() - by_the_rule(OLD).keys() | set(own)
    # It goes on leaving them, with or without the option.
    follow(write_day(inbox, "c", OLD), output)
    assert run_collect(str(output), str(tmp_path / "other"), QUIET) is ExitCode.OK
    assert known(tmp_path / "other") == {key: ALL[key] for key in known(tmp_path / "other")}


def test_an_index_begins_with_what_a_stream_leaves(tmp_path, inbox):
    assert "empty as yet" in follow(inbox, tmp_path / "out", tmp_path / "index")
    assert run_collect(str(tmp_path / "out"), str(tmp_path / "index"), QUIET) is ExitCode.OK
    assert known(tmp_path / "index") == by_the_rule(NEW)


def test_what_is_taken_over_is_forgotten_day_by_day(tmp_path, inbox, index):
    """The index ends on 2 March; counted from the start, what it has of that day stays for horizon and lateness."""
    output, empty = tmp_path / "out", write_day(tmp_path / "empty", "none", [])
    start = 1_800_000_000
    count = len(by_the_rule(OLD))
    assert f"{count} articles taken over" in follow(empty, output, index, clock=lambda: start)
    for days, left in ((15, True), (17, False)):
        clock = start + days * DAY_S
        follow(write_day(empty, f"after{days}", DELIVERED[3][:1]), output, clock=lambda at=clock: at)
        with FollowStore(output / "_state" / "follow.sqlite", PARAMETERS) as store:
            held = {day for day in store.head().days if day <= start // DAY_S}
            assert bool(held) is left


def test_days_of_an_index_arrive_as_many_days_ago_as_they_lie_before_its_newest(tmp_path):
    """A day to come is a mistake of a source and makes nothing old; what has no day arrives today."""
    index, start = Index(OutputFolder(str(tmp_path)), "run"), 20_000
    days = {-40: 15, -3: 3, 0: 0, 9: 0, None: 0}
    names = {
        day: event_date(None if day is None else (start - 100 + day) * DAY_S * 1_000_000) for day in days
    }
    names[9] = event_date((start + 9) * DAY_S * 1_000_000)
    files = tuple(
        WrittenFile(f"signatures/date={name}/x.avro", "signatures", 1, 1, "", "", ())
        for name in names.values()
    )
    index.state = IndexState(
        3, {}, (Segment("/news/a", 3, files), Segment("/news/b", 2, files[:0])), "2024-01-02"
    )
    found = adopted_index(index, "/news/live", CONFIG, start * DAY_S * 1_000_000 + 5)
    arrivals = dict(zip(found.files.signatures, found.arrivals, strict=True))
    assert {day: start - arrivals[f"signatures/date={name}/x.avro"] for day, name in names.items()} == days
    assert list(found.arrivals) == sorted(found.arrivals)
    assert event_date(found.expired_before * DAY_S * 1_000_000) == "2024-01-02"
    assert adopted_index(index, "/news/a", CONFIG, start * DAY_S * 1_000_000).arrivals == ()


@pytest.mark.parametrize("command", ["follow", "collect"])
def test_an_index_of_other_rules_is_refused_and_nothing_is_taken_over(tmp_path, inbox, index, command):
    output = tmp_path / "out"
    if command == "collect":
        follow(inbox, output, None, "dedup.threshold=0.8")
        follow(inbox, output, tmp_path / "other", "dedup.threshold=0.8")
    before = known(index)
    with pytest.raises(RunFailed, match=r"threshold 0\.7 \(now 0\.8\)") as told:
        if command == "follow":
            follow(inbox, output, index, "dedup.threshold=0.8")
        else:
            run_collect(str(output), str(index), QUIET)
    assert told.value.code is ExitCode.USAGE
    assert known(index) == before
    assert is_shared(OutputFolder(str(output))) is (command == "collect")


@pytest.mark.parametrize("place", ["out", "out/index", "inbox/index"])
def test_an_index_has_a_folder_of_its_own(tmp_path, inbox, place):
    with pytest.raises(RunFailed, match="lies in") as told:
        follow(inbox, tmp_path / "out", tmp_path / place)
    assert told.value.code is ExitCode.USAGE


def test_an_index_in_use_is_waited_for_by_people(tmp_path, inbox, index):
    with hold(OutputFolder(str(index))), pytest.raises(RunFailed, match="another run uses the index") as told:
        follow(inbox, tmp_path / "out", index)
    assert told.value.code is ExitCode.LOCKED


def test_what_a_stream_revised_stays_revised_however_often_it_is_collected(tmp_path):
    """The stream has what came before the articles of the index, the first of it first."""
    index, inbox, output = index_of(tmp_path / "index", NEW), tmp_path / "in", tmp_path / "out"
    earliest = sorted(OLD, key=lambda one: one["published"])
    for first in range(0, len(earliest), 3):
        follow(write_day(inbox, f"{first}", earliest[first : first + 3]), output, index)
        assert run_collect(str(output), str(index), QUIET) is ExitCode.OK
    assert known(index) == ALL
