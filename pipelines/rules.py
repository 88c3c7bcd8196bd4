"""The user's tagging rules: a YAML file and its lists -> checked rules, or every fault with its place."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path as LocalPath

from pipelines.config import read_yaml
from pipelines.errors import ConfigError, Fault
from pipelines.rules_build import RulesBuilder
from pipelines.rules_checks import RulesChecker
from pipelines.rules_tree import RulesFile
from pipelines.text_files import read_bytes as read_file
from pipelines.yaml_nodes import Node
from transforms.core.tagging.user_rules import UserRules

__all__ = ["read_rules"]

_MAX_BYTES = 4 << 20
_MAX_LIST_BYTES = 64 << 20

ReadBytes = Callable[[str, int], bytes]


def read_rules(
    path: str, known_codes: Mapping[str, str] | Iterable[str] = (), *, read_bytes: ReadBytes | None = None
) -> UserRules:
    """Return the rules in the YAML file at `path`, with the lists it names.

    `path` is local or a URI of a filesystem that Beam knows; so are those of the lists, which start at the folder
    of `path` where they are relative. `known_codes` are the topic codes of the shipped taxonomy (`medtop:…`), with
    their labels where it is a mapping. `read_bytes(path, limit)` stands in for the reading of files in tests.
    Raises ConfigError with every fault found, in the YAML and in the lists.
    """
    labels = dict(known_codes) if isinstance(known_codes, Mapping) else dict.fromkeys(known_codes, "")
    files = _Files(path, read_bytes or read_file)
    faults: list[Fault] = []
    builder = RulesBuilder(RulesFile)
    rules = UserRules()
    try:
        node = _read_yaml(path, files, faults)
        written = builder.build(RulesFile, node, RulesFile(), (), {})
        rules = RulesChecker(path, builder, labels, files.read_list).check(written)
    except ConfigError as error:
        faults += error.faults
    faults += builder.faults
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    return dataclasses.replace(rules, digest=files.digest)


class _Files:
    """Reads the files of the rules, each once, and hashes them in the order in which they are named."""

    def __init__(self, path: str, read_bytes: ReadBytes) -> None:
        self._path = path
        self._read_bytes = read_bytes
        self._hash = hashlib.sha256()
        self._known: dict[str, bytes] = {}

    @property
    def digest(self) -> str:
        """The beginning of a hash over all files read."""
        return self._hash.hexdigest()[:12]

    def read(self, path: str, limit: int) -> bytes:
        """Return the bytes of a file, at most one more than `limit`. Raises OSError."""
        if path not in self._known:
            data = self._read_bytes(path, limit)
            self._known[path] = data
            self._hash.update(len(data).to_bytes(8, "big"))
            self._hash.update(data)
        return self._known[path]

    def read_list(self, name: str) -> tuple[str, bytes]:
        """Return the path of a list and its bytes. Raises OSError, ValueError for one that is too large."""
        path = _beside(self._path, name)
        data = self.read(path, _MAX_LIST_BYTES)
        if len(data) > _MAX_LIST_BYTES:
            raise ValueError(f"larger than {_MAX_LIST_BYTES >> 20} MiB")
        return path, data


def _beside(path: str, name: str) -> str:
    """Return the path of a file that is named in the file at `path`."""
    if "://" in name or LocalPath(name).is_absolute():
        return name
    if "://" in path:
        return f"{path.rpartition('/')[0]}/{name}"
    return str(LocalPath(path).parent / name)


def _read_yaml(path: str, files: _Files, faults: list[Fault]) -> Node:
    def read(name: str) -> bytes:
        return files.read(name, _MAX_BYTES)

    node = read_yaml(path, read, faults, kind="rules file", limit=_MAX_BYTES)
    if node is None:
        raise ConfigError([Fault(f"{path}:1:1", "", "says nothing; a rules file begins with `version: 1`")])
    return node
