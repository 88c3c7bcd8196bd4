import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.config import (
    Config,
    ConfigError,
    config_sha256,
    json_schema,
    load_config,
    read_config_bytes,
    resolved_yaml,
)
from pipelines.config_tree import EngineRules, OutputRules
from pipelines.errors import Fault, UsageError, closest
from transforms.core.mapping import READY_MAPS, FieldMap
from transforms.core.parse import SourceRules

CONFIGS = Path(__file__).parents[2] / "configs"


def load(text, *overrides):
    data = text if isinstance(text, bytes) else text.encode()
    return load_config("c.yaml", overrides, read_bytes=lambda _path: data)


def faults(text, *overrides):
    with pytest.raises(ConfigError) as caught:
        load(text, *overrides)
    return str(caught.value).splitlines()


def fault(text, *overrides):
    (line,) = faults(text, *overrides)
    return line


# What is right


def test_no_file_and_an_empty_file_give_the_defaults():
    assert load_config(None) == load("") == load("# comments alone\n") == load("---\n") == Config()


def test_a_file_changes_only_what_it_names():
    config = load("dedup: {horizon_days: 3}\noutput:\n  codec: 'null'\n")
    assert config.dedup == dataclasses.replace(Config().dedup, horizon_days=3)
    assert config.output == OutputRules(codec="null")
    assert config.read == Config().read


def test_entries_of_tables_are_added_or_replaced_whole():
    config = load("field_maps:\n  feed: {body: b}\n  mine: {body: c, html: true}\n")
    expected = READY_MAPS | {"feed": FieldMap(body="b"), "mine": FieldMap(body="c", html=True)}
    assert config.field_maps == expected
    assert list(config.field_maps) == [*READY_MAPS, "mine"]


def test_lists_are_replaced_and_null_is_for_optional_keys():
    config = load("scope: {languages: [], from_date: null}\nparse: {crawled: '2016-03-27'}\n")
    assert config.scope.languages == ()
    assert config.scope.from_date is None
    assert config.parse.crawled == "2016-03-27"


def test_a_whole_number_does_for_a_float_and_options_keep_their_type():
    config = load("run: {max_dead_letter_share: 1}\nengine: {options: {a: 1, b: true, c: 'no'}}\n")
    assert type(config.run.max_dead_letter_share) is float
    assert config.engine.options == {"a": 1, "b": True, "c": "no"}


def test_arabic_names_and_a_byte_order_mark_are_welcome():
    config = load("\ufeffsources:\n  الرياض: {time_zone: Asia/Riyadh}\n")
    assert config.sources == {"الرياض": SourceRules("Asia/Riyadh")}


def test_aliases_are_allowed():
    config = load("sources:\n  a: &saudi {time_zone: Asia/Riyadh}\n  b: *saudi\n")
    assert config.sources["b"] == SourceRules("Asia/Riyadh")


# Overrides


def test_overrides_win_over_the_file_and_later_ones_over_earlier():
    config = load("dedup: {horizon_days: 3, min_tokens: 5}", "dedup.horizon_days=4", "dedup.horizon_days=6")
    assert (config.dedup.horizon_days, config.dedup.min_tokens) == (6, 5)


def test_an_override_reaches_into_an_entry_and_a_whole_entry_replaces():
    text = "sources: {spa: {time_zone: Asia/Riyadh, priority: 3}}"
    assert load(text, "sources.spa.priority=1").sources["spa"] == SourceRules("Asia/Riyadh", priority=1)
    assert load(text, "sources.spa={priority: 1}").sources["spa"] == SourceRules("UTC", priority=1)
    assert load(text, 'sources."a.b=c".priority=1').sources["a.b=c"] == SourceRules("UTC", priority=1)


def test_an_override_may_hold_a_list_or_be_empty():
    config = load("parse: {crawled: '2016-01-01'}", "scope.languages=[ar, fa]", "parse.crawled=")
    assert config.scope.languages == ("ar", "fa")
    assert config.parse.crawled is None


def test_on_the_command_line_a_date_needs_no_quotes():
    assert load("", "scope.from_date=2015-03-01").scope.from_date == "2015-03-01"
    assert load("", "engine.options.flink_version=1.19").engine.options == {"flink_version": "1.19"}


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("dedup.horizon_days=x", '--set dedup.horizon_days=x: "x" is not a whole number'),
        ("dedup.horizn_days=1", "--set dedup.horizn_days=1: unknown key; did you mean horizon_days?"),
        ("dedup.horizon_days", "--set dedup.horizon_days: not of the form key.path=value"),
        ("=1", "--set =1: not of the form key.path=value"),
        ("dedup..min_tokens=1", "--set dedup..min_tokens=1: not of the form key.path=value"),
        (
            "sources.spa={priority: x}",
            '--set sources.spa={priority: x} sources.spa.priority: "x" is not a whole number',
        ),
        (
            "dedup.horizon_days=",
            "--set dedup.horizon_days=: is empty; give a whole number, or delete the key",
        ),
    ],
)
def test_faults_of_overrides_name_the_override(override, line):
    assert fault("", override) == line


def test_an_override_that_is_no_yaml_is_a_fault():
    assert "not YAML" in fault("", "scope.languages=[ar")


# What is wrong, with its place


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dedup:\n  horizon_days: -3\n", "c.yaml:2:17 dedup.horizon_days: -3 is less than the minimum 1"),
        ("output: {shards: 5000}", "c.yaml:1:18 output.shards: 5000 is more than the maximum 4096"),
        (
            "run: {max_dead_letter_share: 1.5}",
            "c.yaml:1:30 run.max_dead_letter_share: 1.5 is more than the maximum 1",
        ),
        (
            "dedup:\n  horizn_days: 3\n",
            "c.yaml:2:3 dedup.horizn_days: unknown key; did you mean horizon_days?",
        ),
        ("horizon_days: 3", "c.yaml:1:1 horizon_days: unknown key; did you mean dedup.horizon_days?"),
        (
            "dedup:\n  min_tokens: 3\n  min_tokens: 4\n",
            "c.yaml:3:3 dedup.min_tokens: given twice, first at c.yaml:2:3",
        ),
        (
            "output: {codec: zstd}",
            'c.yaml:1:17 output.codec: "zstd" is not one of zstandard, snappy, deflate, null, xz, bzip2; did you mean zstandard?',
        ),
        (
            "scope: {languages: ar}",
            'c.yaml:1:20 scope.languages: "ar" is given where a list is wanted; write [ar]',
        ),
        (
            "dedup: 3",
            'c.yaml:1:8 dedup: "3" is given where a table of keys is wanted; delete the key, or give {}',
        ),
        (
            "dedup:\n",
            "c.yaml:1:7 dedup: nothing is given where a table of keys is wanted; delete the key, or give {}",
        ),
        ("[1]", "c.yaml:1:1: a list is given where a table of keys is wanted"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1: a second document begins here; a configuration is one document"),
        ("<<: {dedup: {}}", "c.yaml:1:1: merge keys (<<) are not supported; write the keys out"),
        ("[1]: 2", "c.yaml:1:1: a list or a table cannot be a key"),
        ("dedup: *x", "c.yaml:1:8: the alias *x has no anchor &x before it"),
        ("dedup: &x [*x]", "c.yaml:1:12: the alias *x lies inside its own anchor"),
        (b"dedup:\n  \xc7: 1", "c.yaml:2:3: byte 0xc7 is not UTF-8; save the file as UTF-8"),
        ("a: \0", "c.yaml:1:4: the character U+0000 is not allowed in YAML"),
        (b"#" * (1 << 20) + b"\n", "c.yaml: larger than 1 MiB, which no configuration is"),
    ],
)
def test_a_fault_is_told_with_its_place(text, line):
    assert fault(text) == line


@pytest.mark.parametrize(
    "value",
    [
        "no",
        "Yes",
        "on",
        "OFF",
        "True",
        "12:30:45",
        "2015-03-01",
        "1_000",
        "010",
        "0o17",
        "0x1F",
        "1.5",
        "7",
        "1e3",
        ".inf",
        "y",
    ],
)
def test_text_that_yaml_readers_disagree_about_must_be_quoted(value):
    assert fault(f"parse: {{default_source: {value}}}").endswith(f'write it in quotes: "{value}"')
    assert load(f"parse: {{default_source: '{value}'}}").parse.default_source == value
    assert "quote it" in fault(f"sources: {{{value}: {{}}}}")


@pytest.mark.parametrize("value", ["yes", "on", "True", "1", "'true'", "no"])
def test_only_true_and_false_are_booleans(value):
    assert "true or false" in fault(f"field_maps: {{m: {{body: b, html: {value}}}}}")


@pytest.mark.parametrize(
    "value", ["1_000", "010", "0x10", "12:30:45", "1e3", "3.0", "'3'", "true", "9" * 5000, "[3]", "{}", ""]
)
def test_only_decimal_whole_numbers_are_whole_numbers(value):
    assert "whole number" in fault(f"dedup: {{horizon_days: {value}}}")


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "1e999", "1_0.5", "yes", "'0.5'"])
def test_floats_are_finite_decimals(value):
    assert "not a number" in fault(f"run: {{max_dead_letter_share: {value}}}")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!str", "!x", "!"])
def test_tags_are_refused_and_the_reading_goes_on(tag):
    lines = faults(f"parse: {{default_source: {tag} echo}}\ndedup: {{x: 1}}\n")
    assert "is not allowed" in lines[0]
    assert lines[0].startswith("c.yaml:1:25: ")
    assert lines[1].startswith("c.yaml:2:9 dedup.x: unknown key")


def test_half_a_surrogate_pair_is_refused():
    assert "surrogate" in fault('parse: {default_source: "\\ud800"}')


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "a: b: c",
        "a:\n\t- b",
        '"\\UFFFFFFFF": 1',
        "%YAML 9.9\n---\na: 1",
        f"%YAML {'9' * 5000}.1\n---\n",
        "@",
    ],
)
def test_what_is_no_yaml_is_a_fault_with_a_place(text):
    assert fault(text).startswith("c.yaml:")
    assert "not YAML" in fault(text)


def test_all_faults_of_file_overrides_and_cross_checks_come_together():
    text = "dedup: {horizon_days: -3, x: 1}\nscope: {from_date: '2015-02-30'}\nengine: {runner: DaskRunner}\n"
    lines = faults(text, "run.on_bug=x", "y=1")
    assert len(lines) == 6
    with pytest.raises(UsageError) as caught:
        load(text, "run.on_bug=x", "y=1")
    assert caught.value.messages == lines
    assert Fault("c.yaml:1:27", "dedup.x", caught.value.faults[1].message) == caught.value.faults[1]


def test_a_file_full_of_tags_is_given_up_after_a_hundred():
    assert len(faults("dedup: [" + "!x 1," * 3000 + "]")) == 101


def test_a_file_full_of_faults_is_given_up_after_a_hundred():
    lines = faults("dedup: {" + ",".join(f"k{number}: 1" for number in range(3000)) + "}")
    assert len(lines) == 101


# Cross-checks


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("scope: {from_date: '20150301'}", "c.yaml:1:20 scope.from_date: ", "YYYY-MM-DD"),
        ("scope: {to_date: '2015-02-30'}", "c.yaml:1:18 scope.to_date: ", "YYYY-MM-DD"),
        (
            "scope: {from_date: '2015-03-02', to_date: '2015-03-01'}",
            "c.yaml:1:43 scope.to_date: 2015-03-01 is before",
            "2015-03-02",
        ),
        (
            "sources: {a: {time_zone: Asia/Riyad}}",
            "c.yaml:1:26 sources.a.time_zone: ",
            "did you mean Asia/Riyadh?",
        ),
        ("sources: {a: {time_zone: Asia}}", "c.yaml:1:26 sources.a.time_zone: ", ""),
        ("sources: {a: {time_zone: ../../etc/passwd}}", "c.yaml:1:26 sources.a.time_zone: ", ""),
        ("sources: {a.b: {time_zone: x}}", 'c.yaml:1:28 sources."a.b".time_zone: ', "Asia/Riyadh"),
        ("parse: {crawled: yesterday}", "c.yaml:1:18 parse.crawled: ", ""),
        ("parse: {crawled: '0015-03-01'}", "c.yaml:1:18 parse.crawled: ", "outside 1900-2199"),
        ("read: {field_map: fed}", "c.yaml:1:19 read.field_map: ", "did you mean feed?"),
        ("field_maps: {m: {title: t}}", "c.yaml:1:17 field_maps.m: has no body", ""),
        ("tag: {gazetteers: [plases]}", "c.yaml:1:19 tag.gazetteers: ", "did you mean places?"),
        ("engine: {runner: FnApiRuner}", "c.yaml:1:18 engine.runner: ", "did you mean FnApiRunner?"),
        ("engine: {runner: DaskRunner}", "c.yaml:1:18 engine.runner: DaskRunner is refused", ""),
    ],
)
def test_values_that_do_not_fit_the_world_are_refused(text, start, end):
    line = fault(text)
    assert line.startswith(start)
    assert line.endswith(end)


def test_a_cross_check_of_an_override_names_the_override():
    assert fault("scope: {from_date: '2015-03-02'}", "scope.to_date=2015-03-01").startswith(
        "--set scope.to_date=2015-03-01: "
    )


# Hostile files


def alias_bomb():
    levels = [f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]" for i in range(9)]
    return "\n".join(["a: &a [x,x,x,x,x,x,x,x,x]", *levels])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (alias_bomb(), "more than 10,000 values"),
        ("a: &a x\nb: [" + "*a," * 1001 + "]", "more than 1,000 aliases"),
        ("[" * 5000, "nested deeper than 20"),
        ("{a: " * 5000, "nested deeper than 20"),
        ("- " * 5000, "nested deeper than 20"),
        ("a: &a [[[[[[[[[[[1]]]]]]]]]]]\nb: [[[[[[[[[[*a]]]]]]]]]]", "nested deeper than 20"),
        ("a: [" + "1," * 10_001 + "]", "more than 10,000 values"),
    ],
    ids=["bomb", "aliases", "lists", "tables", "block", "alias depth", "values"],
)
def test_hostile_files_are_refused_with_a_place_within_a_second(text, why):
    start = time.perf_counter()
    line = fault(text)
    assert time.perf_counter() - start < 1
    assert line.startswith("c.yaml:")
    assert why in line


# Reading


def test_a_local_file_is_read_and_a_missing_one_is_a_fault(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("dedup: {horizon_days: 3}")
    assert load_config(str(path)).dedup.horizon_days == 3
    for wrong in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(str(wrong))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("a\0b")


def test_a_uri_of_no_known_filesystem_is_a_fault():
    with pytest.raises(ConfigError, match=r"nofs://a/b\.yaml: cannot be read"):
        load_config("nofs://a/b.yaml")


def test_no_more_of_a_file_is_read_than_a_configuration_may_have(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (3 << 20))
    assert len(read_config_bytes(str(path))) == (1 << 20) + 1


def test_loading_a_local_configuration_does_not_import_beam():
    code = (
        "import sys; from pipelines.config import load_config; load_config(sys.argv[1]);"
        "sys.exit(any(m.split('.')[0] == 'apache_beam' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(CONFIGS / "batch.yaml")]).returncode == 0


# Writing


def test_the_resolved_configuration_loads_to_an_equal_one():
    config = load(
        "sources: {الرياض: {priority: 2}, 'no': {}}\nparse: {default_source: '1e3', crawled: '2015-03-01'}"
    )
    text = resolved_yaml(config)
    assert load(text) == config
    assert "الرياض" in text
    assert resolved_yaml(load(text)) == text


def test_the_hash_changes_with_every_section_but_the_engine():
    base = config_sha256(Config())
    assert len(base) == 64
    assert config_sha256(load("engine: {runner: PrismRunner, options: {a: 1}}")) == base
    for override in (
        "dedup.horizon_days=3",
        "output.shards=2",
        "sources.a.priority=1",
        "scope.languages=[]",
        "run.on_bug=set_aside",
    ):
        assert config_sha256(load("", override)) != base


def test_the_hash_knows_the_order_of_field_maps_and_forgets_that_of_sources():
    maps = Config().field_maps
    turned = dataclasses.replace(Config(), field_maps=dict(reversed(maps.items())))
    assert config_sha256(turned) != config_sha256(Config())
    assert config_sha256(load("sources: {a: {}, b: {}}")) == config_sha256(load("sources: {b: {}, a: {}}"))


def test_the_schema_is_closed_described_and_bounded():
    schema = json_schema()
    tables = [schema, *schema["$defs"].values()]
    assert all(table["additionalProperties"] is False for table in tables)
    assert all(prop["description"] for table in tables for prop in table["properties"].values())
    dedup = schema["$defs"]["DedupRules"]["properties"]["horizon_days"]
    assert (dedup["type"], dedup["minimum"], dedup["default"]) == ("integer", 1, Config().dedup.horizon_days)
    assert "zstandard" in schema["$defs"]["OutputRules"]["properties"]["codec"]["enum"]
    assert schema["$defs"]["ScopeRules"]["properties"]["from_date"]["type"] == ["string", "null"]
    assert schema["$defs"]["EngineRules"]["properties"]["options"]["additionalProperties"]["type"] == [
        "string",
        "integer",
        "boolean",
    ]


# The files that are shipped


def test_the_shipped_schema_is_current():
    shipped = (CONFIGS / "config.schema.json").read_text(encoding="utf-8")
    assert shipped == json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n", (
        "run `warraq check --schema > configs/config.schema.json`"
    )


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configurations_are_right_and_say_what_they_are_for(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=config.schema.json"
    assert lines[1].startswith("# ")
    config = load_config(str(path))
    assert isinstance(config.engine, EngineRules)
    assert "runner:" in "\n".join(lines), "the engine is named"


def test_there_is_a_configuration_for_each_way_to_run():
    assert {path.stem for path in CONFIGS.glob("*.yaml")} >= {"local", "batch", "streaming", "dataflow"}


# Suggestions


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("ulr", ["url"]),
        ("URL", ["url"]),
        ("bdy", ["body"]),
        ("max-record-bytes", ["max_record_bytes"]),
        ("zzzz", []),
        ("", []),
    ],
)
def test_slips_of_one_letter_find_the_name(word, names):
    assert closest(word, ["url", "body", "max_record_bytes"]) == names
