"""What a run left: generations of manifests, and the marker that says which one is live.

Layout of an output folder::

    articles/ duplicates/ filtered/ dead_letters/ inputs/    data files; only those a manifest names count
    _manifests/000001.json           one per generation: files, checksums, accounting
    _manifests/000001.report.json    the report of that generation
    _SUCCESS                         names the live generation; written last, in one step
    _FAILED                          names a newer generation that was written but not published
    _RUNNING                         the lease of a run on a service, until it has published (see `pipelines.lease`)
    report.json report.html          the report of the newest generation, for people
"""

import dataclasses
import json
import re
from typing import Any

from pipelines.errors import ManifestError
from schemas.elements import WrittenFile
from transforms.files import OutputFolder

__all__ = [
    "FAILED",
    "SUCCESS",
    "Accounting",
    "Manifest",
    "ManifestError",
    "generations",
    "is_manifest_file",
    "manifest_path",
    "read_manifest",
    "read_marker",
]

SUCCESS = "_SUCCESS"
FAILED = "_FAILED"
_MANIFEST_FILE = re.compile(r"_manifests/(\d{6,})(\.report)?\.json")
_FORMAT = "warraq-manifest/1"
_MARKER_FORMAT = "warraq-success/1"


@dataclasses.dataclass(frozen=True)
class Accounting:
    """Where the records of a run went, counted in the committed files."""

    records_in: int
    articles: int
    duplicates: int
    dead_letters: int
    filtered: int

    @property
    def records_out(self) -> int:
        """All records that ended somewhere."""
        return self.articles + self.duplicates + self.dead_letters + self.filtered

    @property
    def holds(self) -> bool:
        """Whether `in = articles + duplicates + dead_letters + filtered`."""
        return self.records_in == self.records_out

    @property
    def dead_letter_share(self) -> float:
        """Dead letters per record read, 0 to 1."""
        return self.dead_letters / self.records_in if self.records_in else 0.0

    def equation(self) -> str:
        """Return the accounting as a line for people, true or not."""
        sign = "=" if self.holds else "≠"
        return (
            f"in {self.records_in:,} {sign} articles {self.articles:,} + duplicates {self.duplicates:,}"
            f" + dead letters {self.dead_letters:,} + filtered {self.filtered:,}"
        )


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One generation. `state` is `committed`, or `failed` with the reason in `failure`.

    `index` names the generation of the index that was published with it (`FOLDER#NUMBER`), "" for none. `run` is the id of
    the run that wrote it, by which a second try of the same publication knows that it is done.
    """

    generation: int
    state: str
    failure: str
    config_sha256: str
    versions: dict[str, str]
    inputs: tuple[str, ...]
    accounting: Accounting
    files: tuple[WrittenFile, ...]
    index: str = ""
    run: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as a JSON object."""
        record = {"format": _FORMAT, **dataclasses.asdict(self)}
        record["files"] = [
            {name: value for name, value in file.items() if name != "tallies"} for file in record["files"]
        ]
        return record


def manifest_path(generation: int) -> str:
    """Return where the manifest of a generation lies, relative to the output folder."""
    return f"_manifests/{generation:06d}.json"


def marker(generation: int, sha256: str) -> dict[str, Any]:
    """Return the content of `_SUCCESS` or `_FAILED`: the generation, its manifest and that one's checksum."""
    return {
        "format": _MARKER_FORMAT,
        "generation": generation,
        "manifest": manifest_path(generation),
        "sha256": sha256,
    }


def read_marker(folder: OutputFolder, name: str = SUCCESS) -> dict[str, Any] | None:
    """Return the marker `_SUCCESS` (or `_FAILED`), None where there is none. Raises ManifestError if damaged."""
    try:
        data = folder.read(name)
    except FileNotFoundError:
        return None
    value = _loads(data, folder.full(name))
    if not isinstance(value, dict) or value.get("format") != _MARKER_FORMAT:
        msg = f"{folder.full(name)} is not a marker that this version of warraq reads"
        raise ManifestError(msg)
    _generation(value)
    if name == FAILED:
        live = read_marker(folder, SUCCESS)
        if live is not None and _generation(live) >= _generation(value):
            return None  # left by a run that was killed between publishing and clearing away
    return value


def _generation(named: dict[str, Any]) -> int:
    number = named.get("generation")
    if not isinstance(number, int):
        msg = f"a marker names the generation {number!r}"
        raise ManifestError(msg)
    return number


def read_manifest(folder: OutputFolder, generation: int) -> Manifest:
    """Return the manifest of a generation. Raises ManifestError where it is missing or damaged."""
    path = manifest_path(generation)
    try:
        data = folder.read(path)
    except FileNotFoundError:
        msg = f"{path} is missing"
        raise ManifestError(msg) from None
    record = _loads(data, path)
    try:
        if record.pop("format") != _FORMAT:
            msg = f"{path} has a format that this version of warraq does not read"
            raise ManifestError(msg)
        return Manifest(
            **{
                **record,
                "inputs": tuple(record["inputs"]),
                "accounting": Accounting(**record["accounting"]),
                "files": tuple(WrittenFile(**file, tallies=()) for file in record["files"]),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"{path} is damaged: {error}"
        raise ManifestError(msg) from error


def _loads(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"{name} is damaged ({error}); remove it to begin anew"
        raise ManifestError(msg) from error


def generations(folder: OutputFolder) -> list[int]:
    """Return the numbers of the manifests that lie there, rising."""
    found = (_MANIFEST_FILE.fullmatch(file.uri) for file in folder.files("_manifests"))
    return sorted(int(match[1]) for match in found if match and not match[2])


def is_manifest_file(path: str) -> bool:
    """Tell whether a path is one of warraq's own in `_manifests/`."""
    return _MANIFEST_FILE.fullmatch(path) is not None
