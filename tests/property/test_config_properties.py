import contextlib
import dataclasses
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.config import Config, ConfigError, load_config, resolved_yaml
from pipelines.errors import UsageError
from pipelines.options import check_beam_flags
from transforms.core.mapping import FieldMap
from transforms.core.parse import SourceRules

LETTERS = string.ascii_lowercase + "_"


def load(data, *overrides):
    return load_config("c.yaml", overrides, read_bytes=lambda _path: data)


def keys_of(table, before=()):
    """Yield every key path of the configuration, entries of tables under an example name."""
    for field in dataclasses.fields(table):
        value = getattr(table, field.name)
        yield (*before, field.name)
        if dataclasses.is_dataclass(value):
            yield from keys_of(value, (*before, field.name))
    if isinstance(table, Config):
        yield from keys_of(FieldMap(), ("field_maps", "example"))
        yield from keys_of(SourceRules(), ("sources", "example"))


KEYS = list(keys_of(Config()))
SIBLINGS = {path: {other[-1] for other in KEYS if other[:-1] == path[:-1]} for path in KEYS}
OPTIONS = [
    "--runner",
    "--project",
    "--region",
    "--temp_location",
    "--num_workers",
    "--direct_num_workers",
    "--direct_running_mode",
    "--experiments",
    "--machine_type",
    "--sdk_container_image",
    "--prism_location",
    "--no_auth",
    "--job_name",
    "--setup_file",
    "--config",
    "--input",
    "--output",
    "--set",
]


def misspellings(word, letters):
    """Return every word one edit from `word`: a letter left out, swapped, changed or added."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in cuts if tail}
    found |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    found |= {head + letter + tail[1:] for head, tail in cuts if tail for letter in letters}
    found |= {head + letter + tail for head, tail in cuts for letter in letters}
    return sorted(found - {word, ""})


def assert_refused_at_its_place(path, wrong):
    parents, key = path[:-1], path[-1]
    lines = [f"{'  ' * depth}{name}:" for depth, name in enumerate(parents)]
    text = "\n".join([*lines, f"{'  ' * len(parents)}{wrong}: {{}}"])
    with pytest.raises(ConfigError) as caught:
        load(text.encode())
    fault = caught.value.faults[0]
    assert fault.place == f"c.yaml:{len(parents) + 1}:{2 * len(parents) + 1}"
    assert fault.path == ".".join([*parents, wrong])
    suggested = fault.message.partition("did you mean ")[2].rstrip("?").split(" or ")
    assert key in suggested, fault.message


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_every_key_misspelt_by_one_edit_is_refused_with_the_right_suggestion_and_place(path):
    for wrong in misspellings(path[-1], "xe"):
        if wrong not in SIBLINGS[path]:
            assert_refused_at_its_place(path, wrong)


@given(st.sampled_from(KEYS), st.data())
@settings(max_examples=300, deadline=None)
def test_a_key_misspelt_with_any_letter_is_refused_too(path, data):
    wrong = data.draw(st.sampled_from(misspellings(path[-1], LETTERS)))
    if wrong not in SIBLINGS[path]:
        assert_refused_at_its_place(path, wrong)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_misspelt_by_one_edit_is_refused_with_the_right_suggestion(option):
    wrong_flags = [f"--{wrong}" for wrong in misspellings(option[2:], "xe") if not wrong.startswith("-")]
    unknown = [flag for flag in wrong_flags if flag not in {"--experiment", "--label", "--help"}]
    with pytest.raises(UsageError) as caught:
        check_beam_flags([f"{flag}=1" for flag in unknown], "FnApiRunner")
    assert len(caught.value.messages) == len(unknown)
    for message in caught.value.messages:
        suggested = message.partition("did you mean ")[2].rstrip("?").split(" or ")
        assert option in suggested or f"{option}s" in suggested or option.removesuffix("s") in suggested, (
            message
        )


PIECES = [
    "dedup", "horizon_days", "sources", "field_maps", "read", "parse", "crawled", "scope", "languages", "engine", "options",
    ":", ": ", "\n", "\n  ", "\n    ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "!!python/name:os.system ", "!x ", "<<",
    "|\n", ">\n", "'", '"', "\\ud800", "\\U99999999", "%YAML 1.1\n", "%TAG ! x\n", "---\n", "...\n", "? ", "# ", "\t", "no", "1_0",
    "12:30:45", "2015-03-01", "3", "-1", "1e9", ".inf", "~", "null", "true", "é", "الرياض", "\ufeff", "\u2028", "\x00", "\x85",
]  # fmt: skip


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from(PIECES), max_size=40).map(lambda p: "".join(p).encode()),
    )
)
@settings(max_examples=1500, deadline=None)
@example(b'a: "\\UFFFFFFFF"')
@example(b"%YAML 1." + b"9" * 5000 + b"\n---\n")
def test_any_bytes_give_a_configuration_or_a_config_error(data):
    with contextlib.suppress(ConfigError):
        assert isinstance(load(data), Config)


@given(
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from([*PIECES, "=", "."]), max_size=12).map("".join))
)
@settings(max_examples=500, deadline=None)
def test_any_override_gives_a_configuration_or_a_config_error(override):
    with contextlib.suppress(ConfigError):
        assert isinstance(load_config(None, [override]), Config)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=12)
NASTY = st.sampled_from(
    [
        "no",
        "1e3",
        "010",
        "0o7",
        "null",
        "~",
        "",
        "<<",
        "=",
        "2015-03-01",
        "1:2",
        " a ",
        "a: b",
        "#",
        "\u2028",
        "- x",
    ]
)


@given(
    st.dictionaries(
        st.one_of(TEXT, NASTY),
        st.one_of(TEXT, NASTY, st.booleans(), st.integers(-(10**9), 10**9)),
        max_size=6,
    )
)
@settings(max_examples=300, deadline=None)
def test_a_resolved_configuration_loads_to_an_equal_one(options):
    base = Config()
    config = dataclasses.replace(base, engine=dataclasses.replace(base.engine, options=options))
    assert load(resolved_yaml(config).encode()) == config


@given(st.lists(st.text(max_size=20), max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_flags_are_taken_or_refused_as_usage(flags):
    with contextlib.suppress(UsageError):
        check_beam_flags(flags, "FnApiRunner")
