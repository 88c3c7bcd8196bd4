"""The shipped tables of places: what must hold of them, and what readers of news expect to find."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from transforms.core.normalize import normalize_text

ROOT = Path(__file__).resolve().parents[2]
LEXICON = ROOT / "transforms" / "core" / "lexicon"


def read(name):
    with (LEXICON / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def fold(name):
    return normalize_text(name, "dedup")


@pytest.fixture(scope="module")
def meanings():
    found = {}
    for row in read("places.tsv"):
        for name in (row["name"], *filter(None, row["variants"].split("|"))):
            found.setdefault(fold(name), []).append(row)
    return found


def codes(meanings, name):
    return {row["code"] for row in meanings.get(fold(name), ())}


def check(folder):
    command = [sys.executable, ROOT / "scripts" / "build_places.py", "--check", "--lexicon", folder]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_script_finds_no_fault_in_the_tables():
    done = check(LEXICON)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_tells_a_name_of_two_places_that_is_not_in_the_table_of_shared_names(tmp_path):
    table = (LEXICON / "places.tsv").read_text(encoding="utf-8")
    header = table.split("\n")[0]
    rows = ["صور|area:one|||", "صور|area:two|||"]
    lines = [
        "\t".join([row.split("|")[0], "place", "area", row.split("|")[1], "", "صور", "x", "", "", "", "", ""])
        for row in rows
    ]
    (tmp_path / "places.tsv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    (tmp_path / "ambiguous_places.tsv").write_text("name\tcandidates\trule\n", encoding="utf-8")
    done = check(tmp_path)
    assert done.returncode == 1
    assert "area:one" in done.stderr


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("السعودية", "SA"),
        ("أمريكا", "US"),
        ("أميركا", "US"),
        ("بريطانيا", "GB"),
        ("الإمارات", "AE"),
        ("سورية", "SY"),
        ("روسيا البيضاء", "BY"),
        ("عسير", "SA-14"),
        ("القصيم", "SA-05"),
        ("ألمانيا", "DE"),
    ],
)
def test_countries_and_regions_have_their_short_names(meanings, name, code):
    assert codes(meanings, name) == {code}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("هامبورغ", "هامبورج"),
        ("ساو باولو", "ساوباولو"),
        ("غوانتانامو", "جوانتانامو"),
        ("سيئول", "سيؤول"),
        ("أبو ظبي", "أبوظبي"),
        ("خان يونس", "خانيونس"),
        ("دياربكر", "ديار بكر"),
        ("لاس فيغاس", "لاسفيجاس"),
    ],
)
def test_spellings_of_one_place_have_one_code(meanings, name, other):
    assert codes(meanings, name) == codes(meanings, other)
    assert len(codes(meanings, name)) == 1


@pytest.mark.parametrize(
    "name", ["أن", "إلى", "كان", "بين", "دون", "الآن", "المائة", "نايف", "روزفلت", "العالم", "مدينة"]
)
def test_words_and_persons_are_no_places(meanings, name):
    assert fold(name) not in meanings


@pytest.mark.parametrize(
    "name", ["مالي", "بنين", "مسقط", "الرباط", "كوبا", "المدينة", "الخبر", "صور", "العين", "المملكة"]
)
def test_names_that_are_mostly_something_else_need_more_evidence(meanings, name):
    assert {row["rule"] for row in meanings[fold(name)]} <= {"slot", "link"}


def test_shared_names_list_the_likeliest_reading_first():
    shared = {row["name"]: row["candidates"].split("|") for row in read("ambiguous_places.tsv")}
    assert shared["عمان"] == ["OM", "geonames:250441"]
    assert shared["طرابلس"] == ["geonames:2210247", "geonames:266826"]
    assert shared["تونس"][0] == "TN"


def test_what_has_a_point_lies_on_earth_and_capitals_have_one():
    rows = read("places.tsv")
    assert all(row["lat"] for row in rows if row["type"] == "capital")
    assert sum(row["lat"] == "" for row in rows if row["type"] == "country") < 10


def test_no_canonical_name_has_lost_its_hamza(meanings):
    for name, canonical in [
        ("الامارات", "الإمارات"),
        ("اربيل", "أربيل"),
        ("ادلب", "إدلب"),
        ("الاردن", "الأردن"),
    ]:
        assert {row["canonical"] for row in meanings[fold(name)]} == {canonical}


def test_the_table_stays_small():
    assert (LEXICON / "places.tsv").stat().st_size < 1_600_000
