"""`warraq follow` in this process: what it refuses, and what it reads of a folder that lives."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from corpus import UNTAGGED_SETTINGS, body, record
from rich.console import Console

from pipelines import follow
from pipelines.config import load_config
from pipelines.final import final_rows
from pipelines.follow import FollowRequest, run_follow
from pipelines.follow_sources import Taken
from pipelines.follow_store import FollowStore
from pipelines.index import index_parameters
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import read_commits
from pipelines.verify_commits import verify_commits
from transforms import read
from transforms.core.tagging.tagger import Tagger
from transforms.files import OutputFolder

DAY_S = 86_400


def lines(*numbers):
    return "".join(json.dumps(record(number), ensure_ascii=False) + "\n" for number in numbers)


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.jsonl").write_text(lines(0, 1, 2))
    return folder


def run(inbox, output, *overrides, state=None, said=None, subscription=None, clock=time.time):
    config = load_config(None, [*UNTAGGED_SETTINGS, *overrides])
    request = FollowRequest(
        config=config,
        inbox=None if inbox is None else str(inbox),
        subscription=subscription,
        output=str(output),
        state=None if state is None else str(state),
        once=True,
    )
    return run_follow(request, Console(file=said or io.StringIO(), width=500), clock=clock)


def counts(output):
    commits = read_commits(OutputFolder(str(output)))
    tables = ("articles", "duplicates", "dead_letters")
    return (
        sum(one.records_in for one in commits),
        *(sum(one.rows(name) for one in commits) for name in tables),
    )


def refused(*args, **kwargs):
    with pytest.raises(RunFailed) as told:
        run(*args, **kwargs)
    return told.value.code, str(told.value)


def test_the_line_of_a_roll_tells_what_came_and_how_long_it_took(tmp_path, inbox):
    said = io.StringIO()
    assert run(inbox, tmp_path / "out", said=said) is ExitCode.OK
    assert "r000000001: 3 records = 3 articles + 0 duplicates" in said.getvalue()
    assert "s until safe" in said.getvalue()


def test_another_state_cannot_replace_the_rolls_of_an_output(tmp_path, inbox):
    output = tmp_path / "out"
    run(inbox, output)
    before = {path: path.read_bytes() for path in output.rglob("*.avro")}
    code, message = refused(inbox, output, state=tmp_path / "other")
    assert code is ExitCode.USAGE
    assert "would replace them" in message
    assert {path: path.read_bytes() for path in output.rglob("*.avro")} == before


@pytest.mark.parametrize(
    ("output", "state"), [("inbox/out", None), ("inbox", "state"), ("out", "inbox/state"), ("out", "inbox")]
)
def test_it_never_reads_what_it_writes(tmp_path, inbox, output, state):
    code, message = refused(inbox, tmp_path / output, state=None if state is None else tmp_path / state)
    assert code is ExitCode.USAGE
    assert "its own results" in message


def test_the_articles_of_an_output_are_no_inbox_for_it(tmp_path, inbox):
    run(inbox, tmp_path / "out")
    assert refused(tmp_path / "out" / "articles", tmp_path / "out")[0] is ExitCode.USAGE


def test_two_runs_cannot_share_a_state(tmp_path, inbox):
    state = tmp_path / "state"
    with follow._hold_state(state):
        code, message = refused(inbox, tmp_path / "out", state=state)
    assert code is ExitCode.LOCKED
    assert "another run uses the state" in message


def test_the_output_of_a_batch_run_is_refused(tmp_path, inbox):
    output = tmp_path / "out"
    output.mkdir()
    (output / "_SUCCESS").write_text("{}")
    assert refused(inbox, output)[0] is ExitCode.USAGE


def test_a_state_that_is_no_database_is_damage(tmp_path, inbox):
    state = tmp_path / "state"
    state.mkdir()
    (state / "follow.sqlite").write_bytes(b"no database at all " * 400)
    code, message = refused(inbox, tmp_path / "out", state=state)
    assert code is ExitCode.DAMAGED
    assert "damaged" in message


def test_a_bug_is_not_blamed_on_the_state(tmp_path, inbox, monkeypatch):
    def planted(*_):
        message = "planted"
        raise ValueError(message)

    monkeypatch.setattr("pipelines.follow_stages.parse", planted)
    with pytest.raises(ValueError, match="planted"):
        run(inbox, tmp_path / "out", "run.on_bug=fail")
    assert run(inbox, tmp_path / "two", "run.on_bug=set_aside") is ExitCode.OK
    assert counts(tmp_path / "two") == (3, 0, 0, 3)


def test_a_disk_that_fails_a_roll_is_told_and_the_next_run_ends_it(tmp_path, inbox, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(OutputFolder, "write", full)
        code, message = refused(inbox, tmp_path / "out")
    assert code is ExitCode.FAILED
    assert "No space left" in message
    assert "nothing is lost" in message
    run(inbox, tmp_path / "out")
    assert counts(tmp_path / "out") == (3, 3, 0, 0)


def test_a_name_that_is_no_utf8_is_read(tmp_path, inbox):
    (inbox / "a.jsonl").unlink()
    with open(os.fsencode(inbox) + b"/\xe1.jsonl", "w") as out:
        out.write(lines(0, 1))
    for _ in range(2):
        run(inbox, tmp_path / "out")
    assert counts(tmp_path / "out") == (2, 2, 0, 0)


def test_a_file_that_cannot_be_read_is_one_dead_letter(tmp_path, inbox, monkeypatch):
    (inbox / "b.jsonl").write_text(lines(3))
    whole = read.open_raw

    def opened(uri):
        if uri.endswith("a.jsonl"):
            raise OSError(13, "Permission denied")
        return whole(uri)

    monkeypatch.setattr(read, "open_raw", opened)
    for _ in range(2):
        run(inbox, tmp_path / "out")
    assert counts(tmp_path / "out") == (2, 1, 0, 1)


def test_a_file_that_goes_before_it_is_opened_is_none(tmp_path, inbox, monkeypatch):
    (inbox / "b.jsonl").write_text(lines(3))
    whole = read.open_raw

    def opened(uri):
        if uri.endswith("a.jsonl"):
            Path(uri).unlink(missing_ok=True)
        return whole(uri)

    monkeypatch.setattr(read, "open_raw", opened)
    run(inbox, tmp_path / "out")
    assert counts(tmp_path / "out") == (1, 1, 0, 0)
    monkeypatch.undo()
    (inbox / "a.jsonl").write_text(lines(0, 1, 2))
    run(inbox, tmp_path / "out")
    assert counts(tmp_path / "out") == (4, 4, 0, 0)


def test_what_is_older_than_the_horizon_is_forgotten_and_the_state_shrinks(tmp_path, inbox):
    output, now = tmp_path / "out", time.time()
    run(inbox, output, clock=lambda: now)
    (inbox / "b.jsonl").write_text(lines(0))
    run(inbox, output, clock=lambda: now + 10 * DAY_S)
    assert counts(output) == (4, 3, 1, 0)
    (inbox / "c.jsonl").write_text(lines(1))
    said = io.StringIO()
    run(inbox, output, clock=lambda: now + 40 * DAY_S, said=said)
    assert "; 1 in the index" in said.getvalue()


def test_a_clock_that_is_set_back_harms_nothing(tmp_path, inbox):
    output, now = tmp_path / "out", time.time()
    run(inbox, output, clock=lambda: now)
    (inbox / "b.jsonl").write_text(lines(0, 9))
    run(inbox, output, clock=lambda: now - 3 * DAY_S)
    assert counts(output) == (5, 4, 1, 0)


class Away:
    """A service that cannot be reached `times` times, and has nothing then."""

    def __init__(self, times):
        self.left = times

    def take(self, *_):
        self.left -= 1
        return Taken([], {}, [], [], "503 gone away" if self.left >= 0 else "")

    def done(self, _):
        """Nothing was taken."""


def test_a_service_that_is_away_is_waited_for_and_told_once(tmp_path, monkeypatch):
    monkeypatch.setattr(follow, "Subscription", lambda *_: Away(3))
    monkeypatch.setattr(follow, "_IDLE_S", 0.01)
    said = io.StringIO()
    assert (
        run(None, tmp_path / "out", subscription="projects/warraq-tests/subscriptions/s-1", said=said)
        is ExitCode.OK
    )
    assert said.getvalue().count("503 gone away; trying again") == 1


def test_once_does_not_take_a_service_that_stays_away_for_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.setattr(follow, "Subscription", lambda *_: Away(1_000_000))
    monkeypatch.setattr(follow, "_IDLE_S", 0.01)
    monkeypatch.setattr(follow, "_PATIENCE_S", 0.1)
    code, message = refused(None, tmp_path / "out", subscription="projects/warraq-tests/subscriptions/s-1")
    assert code is ExitCode.FAILED
    assert "503 gone away" in message


SHORT = ("dedup.horizon_days=1", "dedup.lateness_days=0")


def fold_of(output):
    """What `inspect --final` and `verify` make of a folder: title -> (kept, revision), and the records in."""
    folder = OutputFolder(str(output))
    report = verify_commits(folder)
    assert report.faults == []
    assert report.accounting.holds
    return {row["title"]: (row["kept"], row["revision"]) for row in final_rows(folder)}, report.records_in


def test_an_article_that_is_read_again_after_it_was_forgotten_is_decided_anew_and_told_once(tmp_path, inbox):
    output, now = tmp_path / "out", 20_000 * DAY_S
    run(inbox, output, *SHORT, clock=lambda: now)
    (inbox / "b.jsonl").write_text(lines(0))
    run(inbox, output, *SHORT, clock=lambda: now + DAY_S)  # still known, and known for longer by that
    (inbox / "c.jsonl").write_text(lines(0, 1))
    run(inbox, output, *SHORT, clock=lambda: now + 2 * DAY_S)
    assert counts(output) == (6, 4, 2, 0)  # 0 was known, 1 was forgotten
    assert fold_of(output) == ({f"خبر رقم {number}": (True, 1) for number in range(3)}, 6)


def test_the_last_appearance_counts_though_an_earlier_one_had_more_revisions(tmp_path, inbox):
    output, now = tmp_path / "out", 20_000 * DAY_S
    text, later = body(5) + body(6) + body(7), "2025-03-05T00:00:00Z"
    copy = json.dumps(record(50, body=text, published=later), ensure_ascii=False) + "\n"
    first = json.dumps(record(51, body=text, published="2025-03-04T20:00:00Z"), ensure_ascii=False) + "\n"
    for day, content in enumerate((copy, first, "", "", copy)):
        (inbox / "a.jsonl").write_text(content)
        run(inbox, output, *SHORT, clock=lambda day=day: now + day * DAY_S)
        found, _ = fold_of(output)
        assert found.get("خبر رقم 50") == [(True, 1), (False, 2), (False, 2), (False, 2), (True, 1)][day]
    assert counts(output) == (3, 3, 0, 0)


def test_an_article_that_tagging_refuses_is_a_dead_letter_and_no_damage(tmp_path, inbox, monkeypatch):
    whole = Tagger.tag

    def refusing(self, articles):
        for one in articles:
            if one.article.title_text == "خبر رقم 1":
                raise ZeroDivisionError
        return whole(self, articles)

    monkeypatch.setattr(Tagger, "tag", refusing)
    run(inbox, tmp_path / "out", "run.on_bug=set_aside")
    assert counts(tmp_path / "out") == (3, 2, 0, 1)
    assert fold_of(tmp_path / "out")[1] == 3


def test_files_that_are_gone_are_forgotten_once_a_day_and_those_that_come_again_are_repeats(tmp_path, inbox):
    output, now = tmp_path / "out", 20_000 * DAY_S
    first = inbox / "a.jsonl"
    run(inbox, output, clock=lambda: now)
    content, stat = first.read_text(), first.stat()
    first.rename(tmp_path / "away")
    (inbox / "b.jsonl").write_text(lines(7))
    run(inbox, output, clock=lambda: now + DAY_S)
    config = load_config(None, UNTAGGED_SETTINGS)
    with FollowStore(output / "_state" / "follow.sqlite", index_parameters(config)) as store:
        assert [Path(uri).name for uri in store.inbox_uris()] == ["b.jsonl"]
    first.write_text(content)
    os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    run(inbox, output, clock=lambda: now + DAY_S)
    assert counts(output) == (7, 4, 3, 0)
