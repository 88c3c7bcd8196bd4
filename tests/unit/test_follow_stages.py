"""One micro-batch through the stages of `warraq follow`: every record has one row, whatever happens to it."""

import io
import json
from collections import Counter

import pytest
from corpus import UNTAGGED_SETTINGS, record

from pipelines import follow_stages
from pipelines.config import load_config
from pipelines.follow_stages import Stages
from schemas.avro import join_rows, read_rows
from schemas.elements import DeadLetter, Origin, RawRecord
from transforms.core.live_index import LiveIndex
from transforms.core.segments import EMPTY
from transforms.core.tagging.user_rules import UserRules

DAY = 20_000


def stages(*overrides):
    config = load_config(None, [*UNTAGGED_SETTINGS, *overrides])
    return Stages(config, UserRules(), LiveIndex.load(config.dedup, EMPTY, []))


def raw(number, index=None, **changes):
    payload = json.dumps(record(number, **changes), ensure_ascii=False).encode()
    return RawRecord(payload, "json", "utf-8", "", Origin("/in.jsonl", number if index is None else index, 0))


def tables(done):
    return Counter(row.table for row in done.rows)


def records(done, table):
    rows = [row.data for row in done.rows if row.table == table]
    return list(read_rows(io.BytesIO(join_rows(table, rows, "null", table))))


def test_each_record_gives_one_row_by_its_own_door():
    letter = DeadLetter("read", "bad_json", "", b"{", 1, Origin("/in.jsonl", 9, 0))
    broken = RawRecord(b'{"broken": ', "json", "utf-8", "", Origin("/in.jsonl", 8, 0))
    empty = raw(5, body="")
    done = stages().run([raw(0), raw(1), letter, broken, empty], DAY)
    found = tables(done)
    assert (found["articles"], found["dead_letters"] + found["filtered"]) == (2, 3)
    assert done.counts["articles"] == 2
    assert done.segment
    assert {row["origin"]["index"] for row in records(done, "articles")} == {0, 1}


def test_a_batch_without_articles_needs_no_segment():
    letter = DeadLetter("read", "bad_json", "", b"{", 1, Origin("/in.jsonl", 9, 0))
    done = stages().run([letter], DAY)
    assert (tables(done), done.segment) == ({"dead_letters": 1}, b"")
    assert stages().run([], DAY).rows == []


def test_a_message_that_came_twice_in_one_batch_is_one_article_and_a_repeat():
    done = stages().run([raw(0), raw(0)], DAY)
    assert tables(done)["articles"] == 1
    assert done.counts["duplicates_repeat"] == 1


def test_a_copy_in_a_later_batch_is_found():
    one = stages()
    one.run([raw(0)], DAY)
    done = one.run([raw(0, index=7, source="copier", url="", published="2025-03-05T00:00:00Z")], DAY)
    (row,) = records(done, "duplicates")
    assert (tables(done)["articles"], row["relation"]) == (0, "exact")


@pytest.mark.parametrize(
    ("place", "stage"),
    [
        ("parse", "parse"),
        ("normalize", "normalize"),
        ("signable_of", "deduplicate"),
        ("sign_all", "deduplicate"),
    ],
)
def test_a_bug_in_one_record_is_set_aside_and_the_others_go_on(monkeypatch, place, stage):
    whole = getattr(follow_stages, place)

    def planted(element, *rest):
        if "رقم 3" in str(element) or "رقم 3".encode() in getattr(element, "payload", b""):
            raise ZeroDivisionError("planted")
        return whole(element, *rest)

    monkeypatch.setattr(follow_stages, place, planted)
    done = stages("run.on_bug=set_aside").run([raw(number) for number in range(6)], DAY)
    assert tables(done)["articles"] == 5
    (row,) = records(done, "dead_letters")
    assert (row["stage"], row["reason"], row["origin"]["index"]) == (stage, "bug", 3)
    assert "رقم 3".encode() in row["payload"]


@pytest.mark.parametrize("place", ["parse", "signable_of"])
def test_a_bug_stops_the_run_where_that_is_asked_for(monkeypatch, place):
    def planted(*_):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(follow_stages, place, planted)
    with pytest.raises(ZeroDivisionError):
        stages("run.on_bug=fail").run([raw(0)], DAY)
