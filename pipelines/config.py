"""The checked way from YAML to a configuration, and back to text, hash and JSON Schema.

Nothing else reads YAML but the user's rules (`pipelines.rules`). A configuration is read once, at launch;
all its faults are told together, each with its place.
"""

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from pipelines.config_build import Builder, dotted
from pipelines.config_checks import contradictions
from pipelines.config_schema import plain, schema_of
from pipelines.config_tree import Config
from pipelines.errors import ConfigError, Fault, did_you_mean
from pipelines.text_files import decode_utf8, read_bytes
from pipelines.yaml_nodes import MAX_FAULTS, Event, Node, Scalar, Table, compose, node_of, resolve

__all__ = [
    "Config",
    "ConfigError",
    "Fault",
    "config_sha256",
    "json_schema",
    "load_config",
    "load_sections",
    "read_config_bytes",
    "read_yaml",
    "resolved_yaml",
]


_MAX_BYTES = 1 << 20
#: One step of a `--set` path; a name that holds dots is written in double quotes.
_STEP = re.compile(r'(?:"([^"]+)"|([^.="]+))(\.|=|$)')


def load_config(
    path: str | None, overrides: Sequence[str] = (), *, read_bytes: Callable[[str], bytes] | None = None
) -> Config:
    """Return the defaults, changed by the YAML file at `path`, changed by `overrides` (`key.path=value`, in order).

    `path` is local or a URI of a filesystem that Beam knows; None reads no file. Tables are merged key by key,
    an entry of `field_maps` or `sources` in a file replaces the whole entry of that name; lists are replaced.
    `read_bytes` stands in for `read_config_bytes` in tests. Raises ConfigError with every fault found.
    """
    builder, config = Builder(Config), Config()
    faults: list[Fault] = []  # of the YAML itself
    try:
        node = None if path is None else read_yaml(path, read_bytes or read_config_bytes, faults)
        if node is not None:
            config = builder.build(Config, node, config, (), {})
    except ConfigError as error:
        faults += error.faults
    for override in overrides:
        try:
            config = builder.build(Config, _read_override(override, faults), config, (), {})
        except ConfigError as error:
            faults += error.faults
    return _checked(builder, config, faults, path or "(defaults)")


def _checked(builder: Builder, config: Config, faults: Sequence[Fault], place: str) -> Config:
    """Return a configuration that is sound; what no key was given for is at `place`. Raises ConfigError with all faults."""
    faults = [*faults, *builder.faults]
    faulty = {fault.place for fault in faults}
    for key, message in itertools.islice(contradictions(config), MAX_FAULTS):
        found = builder.place_of(key, place)
        if found not in faulty:
            faults.append(Fault(found, dotted(key), message))
    if faults:
        raise ConfigError(faults)
    return config


def load_sections(sections: Mapping[str, Any], place: str, known: Sequence[str], path: str | None) -> Config:
    """Return the configuration at `path` (None: the defaults), changed by `sections`, which another YAML reader has read.

    `place` names in messages where the sections were given, `known` are the keys that make sense there. Raises
    ConfigError with every fault found.
    """
    config = load_config(path)
    builder = Builder(Config)
    faults = [
        Fault(place, name, f"unknown key{did_you_mean(name, known) or '; known are ' + ', '.join(known)}")
        for name in sections
        if name not in known
    ]
    given = {name: value for name, value in sections.items() if name in known}
    try:
        config = builder.build(Config, node_of(given, place), config, (), {})
    except ConfigError as error:
        faults += error.faults
    return _checked(builder, config, faults, place)


def read_config_bytes(path: str) -> bytes:
    """Return at most one byte more than a configuration may have (see `read_bytes`)."""
    return read_bytes(path, _MAX_BYTES)


def read_yaml(
    path: str,
    read: Callable[[str], bytes],
    faults: list[Fault],
    *,
    kind: str = "configuration",
    limit: int = _MAX_BYTES,
) -> Node | None:
    """Return what a YAML file says, None where it says nothing; faults of the YAML itself go to `faults`.

    `kind` is what the file should be. Raises ConfigError for a file that cannot be read (`read` raises OSError), that
    has more bytes than `limit`, or that is not UTF-8.
    """

    def place_of(line: int, column: int) -> str:
        return f"{path}:{line}:{column}"

    try:
        data = read(path)
    except OSError as error:
        raise ConfigError([Fault(path, "", f"cannot be read: {error.strerror or error}")]) from error
    if len(data) > limit:
        raise ConfigError([Fault(path, "", f"larger than {limit >> 20} MiB, which no {kind} is")])
    text, line, column, wrong = decode_utf8(data)
    if wrong:
        raise ConfigError([Fault(place_of(line, column), "", wrong)])
    node = compose(yaml_events(text, place_of), place_of, faults)
    # A file of comments alone says nothing.
    return None if isinstance(node, Scalar) and resolve(node) is None else node


def _read_override(override: str, faults: list[Fault]) -> Node:
    """Return the tables that lead to the value of one `--set`, and the value."""
    place = f"--set {override if len(override) <= 100 else override[:99] + '…'}"
    keys: list[str] = []
    position, closing = 0, "."
    while closing == "." and (step := _STEP.match(override, position)):
        keys.append(step.group(1) or step.group(2))
        position, closing = step.end(), step.group(3)
    if closing != "=":
        raise ConfigError([Fault(place, "", "not of the form key.path=value")])

    def place_of(_line: int, _column: int) -> str:
        return place

    node = compose(yaml_events(override[position:], place_of), place_of, faults, literal=True) or Scalar(
        place, "", literal=True
    )
    for key in reversed(keys):
        node = Table(place, ((Scalar(place, key, quoted=True), node),), merge=True)
    return node


def yaml_events(text: str, place_of: Callable[[int, int], str]) -> Iterator[Event]:
    """Yield the events of a YAML text. Raises ConfigError where it is no YAML."""
    line, column = 1, 1
    try:
        loader = yaml.SafeLoader(text)
        while loader.check_event():
            event = loader.get_event()
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            kind = _KINDS.get(type(event))
            if kind is None:
                continue
            anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
            if kind == "scalar":
                yaml11 = loader.resolve(yaml.ScalarNode, event.value, (True, False)).rpartition(":")[2]
                yield Event(kind, line, column, anchor, tag, event.value, event.style is not None, yaml11)
            else:
                yield Event(kind, line, column, anchor, tag)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            line, column = mark.line + 1, mark.column + 1
        message = ", ".join(filter(None, (error.context, error.problem)))
        raise ConfigError([Fault(place_of(line, column), "", f"not YAML: {message}")]) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        raise ConfigError([Fault(place_of(line, column), "", message)]) from error
    except (ValueError, OverflowError) as error:  # escapes and directives with numbers beyond all bounds
        raise ConfigError(
            [Fault(place_of(line, column), "", f"not YAML, after this place: {error}")]
        ) from error


_KINDS: dict[type, str] = {
    yaml.DocumentStartEvent: "document",
    yaml.ScalarEvent: "scalar",
    yaml.AliasEvent: "alias",
    yaml.SequenceStartEvent: "list",
    yaml.MappingStartEvent: "table",
    yaml.SequenceEndEvent: "end",
    yaml.MappingEndEvent: "end",
}


class _Dumper(yaml.SafeDumper):
    """Writes YAML that `load_config` reads back to the same value: every disputed text is quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True


def _quoted_if_needed(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    yaml11 = dumper.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    is_text = isinstance(resolve(Scalar("", text, yaml11=yaml11)), str)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_text else '"')


_Dumper.add_representer(str, _quoted_if_needed)


def resolved_yaml(config: Config) -> str:
    """Return the whole configuration, defaults included, as YAML that loads to an equal one."""
    return yaml.dump(plain(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def config_sha256(config: Config) -> str:
    """Return the hash by which the manifest names a configuration, as hex.

    `engine` and `stream` are left out: every engine must write the same rows, however they are cut into files. The output
    folder is no part of Config.
    """
    tree = plain(config)
    del tree["engine"], tree["stream"]
    tree["field_maps"] = list(tree["field_maps"].items())  # their order decides between maps that fit equally
    canonical = json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration file; `configs/config.schema.json` holds it for editors."""
    return schema_of(Config(), "warraq configuration")
