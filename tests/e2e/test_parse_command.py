"""`warraq parse` as a user calls it: files of any form, standard input, fragments."""

import functools
import gzip
import json

import pytest
from corpus import piped

from pipelines.outcome import ExitCode

parse = functools.partial(piped, "parse")
STORY = (
    "الفيضان يقطع طرق الجنوب\n\n"
    "بغداد - أ ف ب: أعلن محافظ البصرة سالم الحميداني الأحد أن «المياه غمرت ثلاث قرى»، مؤكدا مقتل ما لا يقل عن 12 شخصا"
    " وإصابة 40 آخرين منذ 3 نيسان/ابريل 2019.\n\n"
    "– طرق مقطوعة –\n\n"
    'وقال الحميداني ان "الاضرار تتجاوز 20 مليون دولار".\n'
)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    path = tmp_path_factory.mktemp("story") / "story.txt"
    path.write_text(STORY, "utf-8")
    return path


@pytest.fixture(scope="module")
def row(story):
    out, err = parse(story, "--format", "json", "--crawled", "2019-04-08")
    assert err == ""
    return json.loads(out)


def test_one_article_is_one_json_line_whose_places_lie_in_the_text(row):
    text = row["text"]
    assert text == STORY
    for name in ("dates", "figures", "quotes", "subheads", "paragraphs", "boilerplate"):
        for mention in row[name]:
            assert text[mention["start"] : mention["end"]] == mention["text"]


def test_the_structure_of_a_story_is_told(row):
    assert row["title"] == "الفيضان يقطع طرق الجنوب"
    assert [head["text"] for head in row["subheads"]] == ["طرق مقطوعة"]
    assert row["byline"]["city"] == "بغداد"
    assert row["byline"]["agency"] == "AFP"
    assert row["language"] == "ar"


def test_dates_are_resolved_against_the_day_of_publication(row):
    values = {date["text"]: date["value"] for date in row["dates"]}
    assert values["3 نيسان/ابريل 2019"] == "2019-04-03"
    assert values["الأحد"] == "2019-04-07"
    assert (row["published_day"], row["published_by"]) == ("2019-04-07", "weekday")


def test_figures_say_what_they_count_and_who_counts(row):
    figures = {(figure["value"], figure["unit"]): figure for figure in row["figures"]}
    assert figures[12.0, "killed"]["bound"] == "at_least"
    assert figures[12.0, "killed"]["claimant"] == "سالم الحميداني"
    assert (40.0, "injured") in figures
    assert (20e6, "USD") in figures


def test_quotes_have_speakers_by_their_full_names(row):
    assert [(quote["text"], quote["speaker"]) for quote in row["quotes"]] == [
        ("المياه غمرت ثلاث قرى", "سالم الحميداني"),
        ("الاضرار تتجاوز 20 مليون دولار", "سالم الحميداني"),
    ]


def test_standard_input_is_read_where_no_file_is_named(row):
    out, _ = parse("--format", "json", "--crawled", "2019-04-08", data=STORY)
    piped = json.loads(out)
    for name in ("dates", "figures", "quotes", "byline", "text"):
        assert piped[name] == row[name]


def test_every_record_of_a_file_is_shown_and_bad_ones_are_told(tmp_path):
    path = tmp_path / "day.jsonl.gz"
    good = json.dumps({"title": "خبر", "body": STORY, "source": "wire"}, ensure_ascii=False)
    path.write_bytes(gzip.compress(f"{good}\nno json\n{good}\n".encode()))
    out, err = parse(path, "--format", "json", code=ExitCode.DEAD_LETTERS)
    assert len(out.splitlines()) == 2
    assert "bad_json" in err


def test_an_article_out_of_scope_is_shown_with_the_reason(tmp_path):
    path = tmp_path / "english.txt"
    path.write_text(
        "Floods cut roads\n\nThe governor of the province said on Sunday that water covered the villages.",
        "utf-8",
    )
    out, err = parse(path, "--format", "json")
    assert json.loads(out)["language"] == "other"
    assert "would be filtered as not_arabic" in err


def test_tables_are_for_eyes(story):
    out, _ = parse(story, "--crawled", "2019-04-08")
    assert all(word in out for word in ("AFP", "2019-04-03", "killed", "USD", "سالم الحميداني", "طرق مقطوعة"))
    assert "\x1b" not in out


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    _, err = parse(tmp_path / "none.txt", code=ExitCode.USAGE)
    assert "none.txt: cannot be read" in err


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        ("date", {"text": "في 3 أبريل 2019", "ref": "2019-04-08", "source": "wire"}, ["2019-04-03"]),
        ("figure", {"text": "بكلفة 20 مليون دولار", "ref": "2019-04-08", "source": "wire"}, ["20e6 USD"]),
        (
            "byline",
            {
                "text": "بغداد - أ ف ب",
                "author": "بغداد - أ ف ب",
                "lead": "",
                "ref": "2019-04-08",
                "source": "wire",
            },
            {"city": "بغداد", "agency": "AFP"},
        ),
    ],
)
def test_a_fragment_is_one_json_value(kind, row, expected):
    out, _ = parse(
        "--fragment", kind, "--input-format", "json", data=json.dumps(row, ensure_ascii=False) + "\n"
    )
    assert json.loads(out) == expected


def test_a_fragment_that_is_no_object_is_named_by_its_line():
    _, err = parse("--fragment", "date", data='{"text": "اليوم"}\n[]\n', code=ExitCode.USAGE)
    assert "line 2" in err
