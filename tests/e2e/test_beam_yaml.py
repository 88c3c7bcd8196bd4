"""Pipelines of Beam YAML over warraq's stages: rows in and out, side outputs, errors, and what is told when it is built.

That the whole pipeline writes the same files as `warraq batch` is in test_sample.py.
"""

import csv
import json
import re
from pathlib import Path

import apache_beam as beam
import pytest
import yaml
from apache_beam.yaml.yaml_transform import expand_pipeline
from beam_yaml import EXAMPLES, PROVIDERS, lines, run_example, run_yaml
from corpus import accounting, body, record

from pipelines import beam_yaml
from pipelines.errors import ConfigError
from pipelines.verify import verify
from transforms.core.flat_rows import VIEWS

SAMPLE = Path(__file__).parents[1] / "sample" / "inputs"
ENGLISH = "The council of the port opened a new berth this week after years of work on the old quay. " * 3


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Rows through all stages: an article, the same row again, an edited copy, not Arabic, empty, a number for a body, another."""
    folder = tmp_path_factory.mktemp("rows")
    article = {"source": "wire", "title": "خبر", "published": "2025-03-01T08:00:00Z", "body": body(3)}
    elements = [
        article,
        article,
        {
            **article,
            "source": "copier",
            "published": "2025-03-02T08:00:00Z",
            "body": body(3).replace("المسؤولين", "الخبراء"),
        },
        {**article, "title": "Port", "body": ENGLISH},
        {**article, "body": ""},
        {"source": "wire", "title": "بلا نص", "body": 7},
        {**article, "source": "other", "title": "ثان", "body": body(11)},
    ]
    run_yaml(f"""
pipeline:
  transforms:
    - type: Create
      config: {{elements: {json.dumps(elements, ensure_ascii=False)}}}
    - type: ParseArticles
      input: Create
      config:
        id_column: source
        outputs: [filtered]
        error_handling: {{output: refused}}
    - type: NormalizeArticles
      input: ParseArticles.good
    - type: DeduplicateArticles
      input: NormalizeArticles
      config: {{outputs: [duplicates, relations], dedup: {{horizon_days: 30}}}}
    - type: TagArticles
      input: DeduplicateArticles.good
      config: {{tag: {{keyphrases: false}}}}
    - {{type: MakeRows, name: MakeArticles, input: TagArticles}}
    - {{type: MakeRows, name: MakeTags, input: TagArticles, config: {{of: tags}}}}
    - {{type: WriteToJson, name: WriteArticleRows, input: MakeArticles, config: {{path: "{folder}/articles"}}}}
    - {{type: WriteToJson, name: WriteTags, input: MakeTags, config: {{path: "{folder}/tags"}}}}
    - {{type: WriteToJson, name: WriteDropped, input: DeduplicateArticles.duplicates, config: {{path: "{folder}/duplicates"}}}}
    - {{type: WriteToJson, name: WriteFiltered, input: ParseArticles.filtered, config: {{path: "{folder}/filtered"}}}}
    - {{type: WriteToJson, name: WriteRefused, input: ParseArticles.refused, config: {{path: "{folder}/refused"}}}}
""")
    return {name: lines(folder, name) for name in ("articles", "tags", "duplicates", "filtered", "refused")}


def test_rows_of_any_source_become_articles_and_articles_become_rows(results):
    rows = {row["source"]: row for row in results["articles"]}
    assert set(rows) == {"wire", "other"}
    assert rows["wire"]["published"] == "2025-03-01T08:00:00Z"
    assert rows["wire"]["text"] == f"خبر\n\n{body(3)}"
    assert rows["wire"]["places"]
    assert rows["wire"]["keyphrases"] == []


def test_what_is_dropped_leaves_by_its_own_output_with_its_evidence(results):
    dropped = {row["source"]: row for row in results["duplicates"]}
    assert {source: row["relation"] for source, row in dropped.items()} == {
        "wire": "repeat",
        "copier": "near",
    }
    (kept,) = (row["article_id"] for row in results["articles"] if row["source"] == "wire")
    assert dropped["copier"]["parent_id"] == kept
    assert (dropped["copier"]["uri"], dropped["copier"]["parent_uri"]) == ("rows#copier", "rows#wire")
    assert 0.7 <= dropped["copier"]["similarity"] < 1


def test_what_is_out_of_scope_or_no_article_leaves_with_its_reason(results):
    assert sorted(row["reason"] for row in results["filtered"]) == ["empty_body", "not_arabic"]
    assert [row["reason"] for row in results["refused"]] == ["bad_field"]
    assert json.loads(results["refused"][0]["payload"])["title"] == "بلا نص"


def test_tags_are_rows_of_the_articles_that_have_them(results):
    texts = {row["article_id"]: row["text"] for row in results["articles"]}
    spans = [tag for tag in results["tags"] if tag.get("start") is not None]
    assert {tag["article_id"] for tag in spans} == set(texts)
    for tag in spans:
        assert texts[tag["article_id"]][tag["start"] : tag["end"]] == tag["value"]


def test_the_example_with_rows_reads_a_table_by_a_map_of_its_own(tmp_path):
    table = SAMPLE / "sawt-alkhalij" / "export.csv"
    run_example("rows.yaml", input=table, output=tmp_path)
    found = {row["title"]: row for row in lines(tmp_path, "found")}
    with table.open(encoding="utf-8", newline="") as file:
        read = {row["title"].strip(): row for row in csv.DictReader(file)}
    assert len(found) > 5
    assert set(found) <= set(read)
    for title, row in found.items():
        assert row["words"] == len(f"{title}\n\n{read[title]['body']}".split())
        assert row["places"]
    assert lines(tmp_path, "refused") == []


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    path = tmp_path_factory.mktemp("news") / "day.jsonl"
    records = [record(1), record(2), record(1, source="copier", url="")]
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8")
    return path


UNTAGGED = "{tag: {topics: false, entities: false, keyphrases: false}}"


def written(news, folder, duplicates):
    return f"""
pipeline:
  transforms:
    - {{type: ReadArticles, config: {{path: ["{news}"], outputs: [inputs]}}}}
    - {{type: ParseArticles, input: ReadArticles.good}}
    - {{type: NormalizeArticles, input: ParseArticles}}
    - {{type: DeduplicateArticles, input: NormalizeArticles, config: {{outputs: [duplicates]}}}}
    - {{type: TagArticles, input: DeduplicateArticles.good, config: {UNTAGGED}}}
    - type: WriteArticles
      input: {{articles: TagArticles, inputs: ReadArticles.inputs {duplicates}}}
      config: {{path: "{folder}", output: {{codec: deflate}}}}
"""


def test_what_is_written_counts_only_where_the_records_add_up(news, tmp_path):
    with pytest.raises(Exception, match="the records do not add up: in 3 ≠ articles 2"):
        run_yaml(written(news, tmp_path / "out", ""))
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    run_yaml(written(news, tmp_path / "out", ", duplicates: DeduplicateArticles.duplicates"))
    counts = accounting(tmp_path / "out")
    assert (counts["in"], counts["articles"], counts["duplicates"]) == (3, 2, 1)
    assert verify(str(tmp_path / "out")).faults == ()


def test_stages_stand_in_a_chain_and_tagging_needs_no_deduplication(news, tmp_path):
    run_yaml(f"""
pipeline:
  type: chain
  transforms:
    - {{type: ReadArticles, config: {{path: "{news}"}}}}
    - {{type: ParseArticles}}
    - {{type: NormalizeArticles}}
    - {{type: TagArticles, config: {UNTAGGED}}}
    - {{type: WriteArticles, config: {{path: "{tmp_path}/out"}}}}
    - {{type: WriteToJson, config: {{path: "{tmp_path}/files"}}}}
""")
    files = lines(tmp_path, "files")
    assert sum(file["rows"] for file in files if file["table"] == "articles") == 3
    assert all((tmp_path / "out" / file["path"]).stat().st_size == file["size_bytes"] for file in files)
    assert verify(str(tmp_path / "out")).faults == ()


def test_without_an_output_for_errors_the_first_stops_the_run(tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"title": \n', "utf-8")
    with pytest.raises(Exception, match=r"broken.jsonl record 0: bad_json .*error_handling: {output: NAME}"):
        run_yaml(f"""
pipeline:
  type: chain
  transforms:
    - {{type: ReadArticles, config: {{path: "{broken}"}}}}
    - {{type: ParseArticles}}
""")


def build(steps):
    """Build a chain and run nothing: what is wrong with it is told before."""
    build_pipeline(f"pipeline:\n  type: chain\n  transforms:\n{steps}")


def build_pipeline(text):
    expand_pipeline(beam.Pipeline(), text + PROVIDERS)


READ = '    - {type: ReadArticles, config: {path: "x", allow_empty: true}}\n'


def test_a_key_that_is_unknown_is_refused_with_the_line_and_the_key_that_was_meant():
    with pytest.raises(
        ValueError, match=r"line 5: ParseArticles scope.langauges: unknown key; did you mean languages"
    ):
        build(READ + "    - {type: ParseArticles, config: {scope: {langauges: [ar]}}}\n")


@pytest.mark.parametrize(
    ("transform", "given", "message"),
    [
        ("ParseArticles", {"pasre": {}}, "ParseArticles pasre: unknown key; did you mean parse?"),
        ("TagArticles", {"dedup": {}}, "TagArticles dedup: unknown key; known are config_file, tag, sources"),
        ("DeduplicateArticles", {"dedup": {"threshold": 7}}, "dedup.threshold: 7 is more than the maximum 1"),
        ("DeduplicateArticles", {"dedup": {"threshold": 0.4}}, "dedup.similar: 0.5 is above dedup.threshold"),
        ("DeduplicateArticles", {"outputs": ["kept"]}, "kept is no output; there are duplicates, relations"),
        ("DeduplicateArticles", {"error_handling": {"output": "x"}}, "error_handling: unknown key"),
        (
            "NormalizeArticles",
            {"normalize": {"without": "x"}},
            'normalize.without: "x" is given where a list',
        ),
        ("NormalizeArticles", {"normalize": None}, "normalize: nothing is given where a table of keys"),
        ("ReadArticles", {}, "ReadArticles path: give a file, folder or glob"),
        (
            "ReadArticles",
            {"path": "no/such*"},
            "no/such* matches no file; check it, or give allow_empty: true",
        ),
        ("ReadArticles", {"path": "x", "error_handling": {"to": "x"}}, "give it as {output: NAME}"),
        ("ReadArticles", {"path": "x", "error_handling": {"output": "good"}}, "the name of another output"),
        ("WriteArticles", {"path": ""}, "WriteArticles path: give the output folder"),
        ("MakeRows", {"off": "tags"}, "MakeRows off: unknown key; did you mean of?"),
    ],
)
def test_wrong_arguments_are_refused_when_the_pipeline_is_built(transform, given, message):
    with pytest.raises(ConfigError) as told:
        getattr(beam_yaml, transform)(**given)
    assert message in str(told.value)


def test_all_faults_of_a_stage_are_told_at_once():
    with pytest.raises(ConfigError) as told:
        beam_yaml.ParseArticles(scope={"from_date": "yesterday", "langs": []}, prase={})
    assert len(told.value.faults) >= 2


def test_a_day_that_yaml_took_for_a_date_is_asked_for_in_quotes():
    day = yaml.safe_load("scope: {from_date: 2025-03-01}")
    with pytest.raises(
        ConfigError, match='YAML readers do not take 2025-03-01 for text; write it in quotes: "2025-03-01"'
    ):
        beam_yaml.ParseArticles(**day)


def test_sections_stand_beside_a_configuration_file_and_change_it(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text("parse: {default_source: desk}\nscope: {languages: [ar, fa]}\n", "utf-8")
    stage = beam_yaml.ParseArticles(config_file=str(path), scope={"languages": []})
    assert (stage.config.parse.default_source, stage.config.scope.languages) == ("desk", ())


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "    - {type: NormalizeArticles}\n",
            "NormalizeArticles wants what ParseArticles gives as its input, not what ReadArticles",
        ),
        ("    - {type: MakeRows}\n", "MakeRows wants what ParseArticles or NormalizeArticles"),
        (
            "    - {type: ParseArticles, config: {id_column: id}}\n    - {type: MakeRows}\n    - {type: ParseArticles, config: {id_column: id}}\n",
            "there is no column id; there are article_id",
        ),
        ('    - {type: WriteArticles, config: {path: "x"}}\n', "WriteArticles wants what TagArticles gives"),
    ],
)
def test_a_stage_says_which_one_belongs_before_it(steps, message):
    with pytest.raises(ValueError, match=message):
        build(READ + steps)


def test_deduplication_and_normalisation_must_fold_alike(news):
    with pytest.raises(Exception, match="give both the same section `normalize`"):
        run_yaml(f"""
pipeline:
  type: chain
  transforms:
    - {{type: ReadArticles, config: {{path: "{news}"}}}}
    - {{type: ParseArticles}}
    - {{type: NormalizeArticles, config: {{normalize: {{without: [teh_marbuta]}}}}}}
    - {{type: DeduplicateArticles}}
""")


def test_the_output_of_a_stream_is_not_written_over(tmp_path):
    (tmp_path / "_commits").mkdir()
    (tmp_path / "_commits" / "r000000001.json").write_text("{}")
    with pytest.raises(Exception, match="holds the commits of a stream"):
        beam_yaml.WriteArticles(path=str(tmp_path))


def test_the_provider_file_names_every_transform_where_an_installed_warraq_has_it():
    (provider,) = yaml.safe_load((EXAMPLES / "providers.yaml").read_text("utf-8"))
    transforms = set(beam_yaml.__all__) - {"RecordRefused"}
    assert provider["transforms"] == {name: f"pipelines.beam_yaml.{name}" for name in transforms}


def test_the_page_shows_the_provider_as_it_is_and_a_pipeline_that_can_be_built(monkeypatch):
    monkeypatch.chdir(EXAMPLES.parents[1])
    page = (EXAMPLES.parents[1] / "docs" / "beam-yaml.md").read_text("utf-8")
    provider, pipeline = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert yaml.safe_load(provider)["providers"] == yaml.safe_load(
        (EXAMPLES / "providers.yaml").read_text("utf-8")
    )
    build_pipeline(pipeline)


def test_the_page_names_every_column_that_rows_have():
    page = (EXAMPLES.parents[1] / "docs" / "beam-yaml.md").read_text("utf-8")
    for view in ("articles", "tags"):
        assert " ".join(VIEWS[view].columns) in page
