import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.partition import article_partition, data_file_name, encode_value, shard_of


@pytest.mark.parametrize("value", ["afp", "3alyoum", "sky-news.ar", "al_watan"])
def test_a_safe_name_stays_as_it_is(value):
    assert encode_value(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "../../etc",
        "/abs",
        "..",
        ".",
        "",
        "con",
        "nul.txt",
        "a\0b",
        "%2e%2e",
        "الوطن",
        "\u202e",
        "A" * 300,
        "AFP",
        "x.",
    ],
)
def test_a_hostile_or_foreign_name_becomes_one_safe_segment(value):
    encoded = encode_value(value)
    assert re.fullmatch(r"[a-z0-9_][a-z0-9_.-]{0,63}", encoded)
    assert encoded != value


@given(st.text(max_size=80))
def test_no_name_leads_out_of_the_folder(value):
    path = PurePosixPath("out") / article_partition(0, value)
    assert path.parts[:2] == ("out", "date=1970-01-01")
    assert len(path.parts) == 3
    assert ".." not in path.parts


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_names_share_no_folder(first, second):
    assert first == second or encode_value(first) != encode_value(second)


def test_the_day_is_the_day_in_utc():
    assert article_partition(-1, "a") == "date=1969-12-31/source=a"
    assert article_partition(None, "a") == "date=unknown/source=a"


def test_shards_are_spread_and_stable():
    assert {shard_of(f"id{number}", 4) for number in range(100)} == {0, 1, 2, 3}
    assert shard_of("id7", 4) == shard_of("id7", 4)


def test_a_file_name_carries_its_checksum():
    assert data_file_name(2, 5, "ab" * 32) == "part-00002-of-00005-abababababababab.avro"
