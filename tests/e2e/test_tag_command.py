"""`warraq tag` as a user calls it: files of any form, standard input, tables and JSON, the reasons, rules of one's own."""

import functools
import gzip
import json
import subprocess
from pathlib import Path

import pytest
from builders import article, normalized
from corpus import WARRAQ, piped
from tag_samples import SAMPLES

from pipelines.outcome import ExitCode
from transforms.core.tagging.tagger import TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.tag_models import load_tagger

CONFIGS = Path(__file__).parents[2] / "configs"
EXAMPLES = sorted(CONFIGS.rglob("tagging-rules*.yaml"))
tag = functools.partial(piped, "tag")
STORY = (
    "الفيضان يقطع طرق الجنوب\n\n"
    "بغداد - أعلن محافظ البصرة سالم الحميداني الأحد أن المياه غمرت ثلاث قرى في العراق. وقال الحميداني إن المياه "
    "بلغت مقهى الساحة.\n"
)
RULES = """\
version: 1
gazetteers:
  - {id: cafes, file: cafes.csv, kind: cafe, columns: {name: name, code: id}}
rules:
  - id: southern-floods
    add: {type: topic, code: "medtop:17000000", score: 0.9}
    all: [[الفيضان, السيول], [غمرت]]
"""
KEYS = [
    "kind",
    "type",
    "value",
    "canonical",
    "code",
    "country",
    "lat",
    "lon",
    "score",
    "start",
    "end",
    "source",
    "entity",
]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    path = tmp_path_factory.mktemp("story") / "story.txt"
    path.write_text(STORY, "utf-8")
    return path


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "cafes.csv").write_text("name,id\nمقهى الساحة,cafe:1\n", "utf-8")
    path = folder / "rules.yaml"
    path.write_text(RULES, "utf-8")
    return path


@pytest.fixture(scope="module")
def row(story):
    out, err = tag(story, "--format", "json")
    assert err == ""
    return json.loads(out)


def test_one_article_is_one_json_line_whose_places_lie_in_the_text(row):
    assert row["article"]["title"] == "الفيضان يقطع طرق الجنوب"
    assert row["article"]["language"] == "ar"
    assert row["article"]["characters"] == len(STORY)
    for one in row["tags"]:
        assert list(one) == KEYS
        if one["start"] is not None:
            assert STORY[one["start"] : one["end"]] == one["value"]


def test_topics_places_persons_and_keyphrases_are_told(row):
    assert "medtop:03000000" in {one["code"] for one in row["tags"] if one["kind"] == "topic"}
    places = {one["value"]: one["country"] for one in row["tags"] if one["kind"] == "place"}
    assert places["بغداد"] == places["البصرة"] == places["العراق"] == "IQ"
    (governor,) = {one["entity"] for one in row["tags"] if one["kind"] == "person"}
    persons = [one for one in row["tags"] if one["kind"] == "person"]
    assert persons[0]["value"] == "سالم الحميداني"
    assert {one["canonical"] for one in persons} == {"سالم الحميداني"}
    assert all(one["entity"] != governor for one in row["tags"] if one["kind"] != "person")
    assert any(one["kind"] == "keyphrase" for one in row["tags"])


def test_standard_input_is_read_where_no_file_or_a_dash_is_named(row):
    for arguments in ((), ("-",)):
        out, _ = tag(*arguments, "--format", "json", data=STORY)
        assert json.loads(out)["tags"] == row["tags"]


def test_a_file_of_records_has_the_tags_that_the_tagger_gives_each(tmp_path):
    records = [
        {"title": sample.title, "body": sample.body, "source": "wire", "url": f"http://example.org/{number}"}
        for number, sample in enumerate(SAMPLES[:3])
    ]
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    path = tmp_path / "day.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode()))
    out, _ = tag(path, "--format", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["article"]["title"] for row in rows] == [record["title"] for record in records]
    assert [row["article"]["source"] for row in rows] == ["wire"] * 3
    tagger = load_tagger(TagRules(), UserRules())
    for row, record in zip(rows, records, strict=True):
        built = article(title=record["title"], body=record["body"], source="wire")
        (tagged,) = tagger.tag([normalized(built)])
        assert [(one["kind"], one["value"], one["start"], one["code"]) for one in row["tags"]] == [
            (one.kind, one.value, one.start, one.code) for one in tagged.tags
        ]


def test_every_record_is_shown_and_bad_ones_are_told(tmp_path):
    path = tmp_path / "day.jsonl"
    good = json.dumps({"title": "خبر", "body": STORY, "source": "wire"}, ensure_ascii=False)
    path.write_text(f"{good}\nno json\n{good}\n", "utf-8")
    out, err = tag(path, "--format", "json", code=ExitCode.DEAD_LETTERS)
    assert len(out.splitlines()) == 2
    assert "bad_json" in err


def test_tables_are_for_eyes_and_tell_reasons_and_rules(story, rules):
    out, _ = tag(story, "--rules", rules, "--explain")
    assert "\x1b" not in out
    for word in ("الفيضان يقطع طرق الجنوب", "بغداد", "IQ", "سالم", "southern-floods", "known as"):
        assert word in out


def test_explain_tells_why_each_tag_is_there(story, row):
    out, _ = tag(story, "--format", "json", "--explain")
    explained = json.loads(out)
    assert all(one["why"] for one in explained["tags"])
    assert [{key: one[key] for key in KEYS} for one in explained["tags"]] == row["tags"]
    assert isinstance(explained["explanation"], list)
    flood = next(one for one in explained["tags"] if one["kind"] == "topic")
    assert "الفيضان" in flood["why"]


def test_rules_of_ones_own_add_tags_with_their_source(story, rules, row):
    out, err = tag(story, "--format", "json", "--rules", rules)
    assert err == ""
    tags = json.loads(out)["tags"]
    (cafe,) = [one for one in tags if one["kind"] == "cafe"]
    assert (cafe["value"], cafe["code"]) == ("مقهى الساحة", "cafe:1")
    assert cafe["source"].startswith("gaz:cafes@")
    (weather,) = [one for one in tags if one["code"] == "medtop:17000000"]
    assert "rule:southern-floods" in weather["source"]
    assert weather["score"] >= 0.9
    mine = {(one["kind"], one["code"], one["start"]) for one in tags}
    assert {(one["kind"], one["code"], one["start"]) for one in row["tags"] if one["kind"] == "place"} <= mine


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_the_example_rules_are_taken(example, story):
    out, err = tag(story, "--format", "json", "--rules", example)
    assert err == ""
    assert {"place", "person"} <= {one["kind"] for one in json.loads(out)["tags"]}


def test_what_is_switched_off_is_not_tagged(story):
    out, _ = tag(story, "--format", "json", "--set", "tag.topics=false", "--set", "tag.keyphrases=false")
    assert {one["kind"] for one in json.loads(out)["tags"]} <= {"place", "person", "organisation"}


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    _, err = tag(tmp_path / "none.txt", code=ExitCode.USAGE)
    assert "none.txt: cannot be read" in err


def test_a_file_without_an_article_is_told(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    out, err = tag(path, "--format", "json", code=ExitCode.NO_INPUT)
    assert out == ""
    assert "no article" in err


def test_faults_of_rules_are_told_all_at_once_with_their_places(story, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("version: 2\nrulez: 1\n", "utf-8")
    out, err = tag(story, "--rules", path, code=ExitCode.USAGE)
    assert out == ""
    assert "rules.yaml:1:10" in err
    assert "rules.yaml:2:1 rulez" in err
    assert "Traceback" not in err


def test_rules_that_are_not_there_are_told(story, tmp_path):
    _, err = tag(story, "--rules", tmp_path / "none.yaml", code=ExitCode.USAGE)
    assert "none.yaml: cannot be read" in err


def test_a_wrong_switch_is_told(story):
    _, err = tag(story, "--format", "yaml", code=ExitCode.USAGE)
    assert "yaml" in err
    _, err = tag(story, "--set", "tag.gazetteers=towns", code=ExitCode.USAGE)
    assert "Traceback" not in err
    assert "towns" in err


def test_bytes_that_are_no_text_are_no_crash(tmp_path):
    path = tmp_path / "noise.txt"
    path.write_bytes(bytes(range(256)) * 20)
    done = subprocess.run([WARRAQ, "tag", str(path)], capture_output=True)
    assert done.returncode in (ExitCode.OK, ExitCode.DEAD_LETTERS, ExitCode.NO_INPUT)
    assert b"Traceback" not in done.stderr
