"""Proving an output folder: the marker, the manifest, every file, every row, and that the records add up.

Nothing is changed, and no damage stops the check: what cannot be read is a fault, and the next file follows.
"""

import dataclasses
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import fastavro
from fastavro.read import SchemaResolutionError
from rich.console import Console

from pipelines.manifest import (
    FAILED,
    SUCCESS,
    Accounting,
    Manifest,
    ManifestError,
    manifest_path,
    read_manifest,
    read_marker,
)
from pipelines.published import misfits
from pipelines.row_checks import Faults, RowChecks
from pipelines.terminal import plain
from schemas.avro import TABLES, fingerprint, read_rows
from schemas.elements import WrittenFile
from transforms.files import TEMP_FOLDER, OutputFolder

__all__ = ["VerifyReport", "print_findings", "print_verify", "verify"]

#: Inputs first, then articles: so most references are known to be right when they are met, and need no memory.
_ORDER = {
    table: number
    for number, table in enumerate(
        ("inputs", "articles", "duplicates", "dead_letters", "filtered", "relations")
    )
}


@dataclasses.dataclass(frozen=True)
class VerifyReport:
    """What was found. `generation` and `accounting` (counted in the files) are None where nothing could be read.

    `rows` counts the rows of all tables that decode. The folder is sound if `faults` is empty.
    """

    root: str
    generation: int | None
    state: str
    files: int
    rows: int
    accounting: Accounting | None
    faults: tuple[str, ...]
    notes: tuple[str, ...]


def verify(root: str) -> VerifyReport:
    """Check the output folder `root`, local or on an object store. Raises nothing: every trouble is a fault."""
    check = _Verification(OutputFolder(root))
    try:
        check.run()
    except (OSError, ValueError) as error:  # the folder itself cannot be asked
        check.faults.add("folder", f"{root}: {error}")
    manifest = check.manifest
    return VerifyReport(
        root=root,
        generation=manifest.generation if manifest else None,
        state=manifest.state if manifest else "unknown",
        files=len(manifest.files) if manifest else 0,
        rows=sum(check.rows.values()),
        accounting=check.accounting,
        faults=check.faults.lines(),
        notes=tuple(plain(note) for note in check.notes),
    )


class _Verification:
    """One verification on its way: what is known so far."""

    def __init__(self, folder: OutputFolder) -> None:
        self.folder = folder
        self.faults = Faults()
        self.notes: list[str] = []
        self.manifest: Manifest | None = None
        self.accounting: Accounting | None = None
        self.rows: Counter[str] = Counter()
        self._unread = 0
        self._older: Counter[str] = Counter()

    def run(self) -> None:
        chosen = self._choose()
        if chosen is None:
            return
        name, marker = chosen
        self.manifest = manifest = self._open_manifest(name, marker)
        if manifest is None:
            return
        if name == FAILED:
            self.notes.append(
                f"generation {manifest.generation} is not published: {manifest.failure or 'no reason given'}"
            )
        rows = RowChecks(self.faults, manifest.config_sha256)
        for path, times in Counter(file.path for file in manifest.files).items():
            if times > 1:
                self.faults.add("manifest", f"{path}: the manifest names this file {times} times")
        for file in sorted(manifest.files, key=lambda file: (_ORDER.get(file.table, 9), file.path)):
            self._check_file(file, rows)
        self._judge(manifest, rows)
        for table, files in sorted(self._older.items()):
            self.notes.append(f"{files:,} files of {table}/ have an older schema, which this version reads")
        self._find_litter(manifest)

    def _choose(self) -> tuple[str, dict[str, Any]] | None:
        """Return the marker to follow, with its name."""
        markers: dict[str, dict[str, Any]] = {}
        for name in (SUCCESS, FAILED):
            try:
                marker = read_marker(self.folder, name)
            except (ManifestError, RecursionError) as error:
                self.faults.add("marker", str(error))
                continue
            if marker is None:
                continue
            if type(marker.get("generation")) is int and marker.get("manifest") == manifest_path(
                marker["generation"]
            ):
                markers[name] = marker
            else:
                self.faults.add(
                    "marker", f"{name} is damaged: it does not name a generation and its manifest"
                )
        if SUCCESS in markers:
            if FAILED in markers:
                self.notes.append(
                    f"a newer generation, {markers[FAILED]['generation']}, failed and is not published"
                )
            return SUCCESS, markers[SUCCESS]
        if self.faults:
            return None
        if FAILED in markers:
            return FAILED, markers[FAILED]
        self.faults.add(
            "marker",
            f"{self.folder.root}: neither _SUCCESS nor _FAILED is there: no run has finished in this folder",
        )
        return None

    def _open_manifest(self, name: str, marker: dict[str, Any]) -> Manifest | None:
        generation: int = marker["generation"]
        path = manifest_path(generation)
        try:
            checksum = hashlib.sha256(self.folder.read(path)).hexdigest()
            manifest = read_manifest(self.folder, generation)
        except FileNotFoundError:
            self.faults.add("manifest", f"{path} is missing, but {name} names it")
            return None
        except (ManifestError, RecursionError) as error:
            self.faults.add("manifest", str(error))
            return None
        if checksum != marker.get("sha256"):
            self.faults.add("manifest", f"{path} was changed: its checksum is not the one in {name}")
        wrong = {*misfits(manifest), *misfits(manifest.accounting)}
        wrong |= {name for file in manifest.files for name in misfits(file)}
        if wrong:
            self.faults.add("manifest", f"{path} is damaged: wrong type of {', '.join(sorted(wrong))}")
            return None
        expected = "committed" if name == SUCCESS else "failed"
        if (manifest.generation, manifest.state) != (generation, expected):
            self.faults.add(
                "manifest",
                f"{path} says generation {manifest.generation}, {manifest.state}; {name} means generation {generation}, {expected}",
            )
        return manifest

    def _check_file(self, file: WrittenFile, rows: RowChecks) -> None:
        """Check one file; rows of a file that is not as it was written are not looked at."""
        self._unread += 1  # taken back at the end
        path = file.path
        try:
            data = self.folder.read(path)
        except FileNotFoundError:
            self.faults.add("file", f"{path}: the file is missing")
            return
        except (OSError, ValueError) as error:
            self.faults.add("file", f"{path}: the file cannot be read: {error}")
            return
        if file.table not in TABLES or not path.startswith(f"{file.table}/"):
            self.faults.add("file", f"{path}: the manifest files it under table {file.table!r}")
            return
        if len(data) != file.size_bytes:
            self.faults.add("file", f"{path}: {len(data):,} bytes, the manifest says {file.size_bytes:,}")
            return
        if hashlib.sha256(data).hexdigest() != file.sha256:
            self.faults.add("file", f"{path}: damaged: the checksum is not that of the manifest")
            return
        try:
            counted = self._check_rows(file, data, rows)
        except SchemaResolutionError as error:
            self.faults.add("schema", f"{path}: this version of warraq cannot read its schema: {error}")
            return
        except Exception as error:  # noqa: BLE001 (whatever a damaged file makes the decoder raise)
            self.faults.add("file", f"{path}: does not decode: {type(error).__name__}: {error}")
            return
        if counted != file.rows:
            self.faults.add("file", f"{path}: {counted:,} rows, the manifest says {file.rows:,}")
        self._unread -= 1

    def _check_rows(self, file: WrittenFile, data: bytes, rows: RowChecks) -> int:
        header: Any = fastavro.reader(io.BytesIO(data))
        canonical = fastavro.schema.to_parsing_canonical_form(json.loads(header.metadata["avro.schema"]))
        written = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
        if written != file.schema_fingerprint:
            self.faults.add("schema", f"{file.path}: its schema is not the one that the manifest says")
        number = 0
        for number, row in enumerate(read_rows(io.BytesIO(data), file.table), 1):
            rows.check(file.table, file.path, number, row)
        self.rows[file.table] += number
        if written != fingerprint(file.table):
            self._older[file.table] += 1
        return number

    def _judge(self, manifest: Manifest, rows: RowChecks) -> None:
        """Compare the accounting: of the manifest, of its own list of files, and of the rows."""
        said = manifest.accounting
        if not said.holds:
            self.faults.add("accounting", f"the records do not add up: {said.equation()}")
        listed = Counter[str]()
        for file in manifest.files:
            listed[file.table] += file.rows
        for table in ("articles", "duplicates", "dead_letters", "filtered"):
            if listed[table] != getattr(said, table):
                self.faults.add(
                    "accounting",
                    f"the manifest counts {getattr(said, table):,} {table}, but {listed[table]:,} in its files",
                )
        self.accounting = Accounting(
            records_in=rows.records_in,
            articles=self.rows["articles"],
            duplicates=self.rows["duplicates"],
            dead_letters=self.rows["dead_letters"],
            filtered=self.rows["filtered"],
        )
        if self._unread:
            self.notes.append(
                f"{self._unread:,} files could not be read: whether the records add up and all references are there was not judged"
            )
            return
        if self.accounting != said:
            self.faults.add(
                "accounting",
                f"the files hold {self.accounting.equation()}; the manifest says {said.equation()}",
            )
        rows.close()

    def _find_litter(self, manifest: Manifest) -> None:
        named = {file.path for file in manifest.files}
        try:  # a failed generation beside the live one is kept on purpose
            other = read_marker(self.folder, FAILED)
            if other is not None and other["generation"] != manifest.generation:
                named |= {file.path for file in read_manifest(self.folder, other["generation"]).files}
        except (ManifestError, LookupError, TypeError, ValueError):
            self.notes.append("the failed generation beside the live one cannot be read")
        litter = foreign = 0
        for path in self._lying_about():
            name = path.rpartition("/")[2]
            if path.startswith(f"{TEMP_FOLDER}/") or (name.startswith("part-") and name.endswith(".avro")):
                litter += path not in named
            else:
                foreign += path not in named
        if litter:
            self.notes.append(
                f"litter of {litter:,} files that no manifest names; the next run removes it (or a run is writing just now)"
            )
        if foreign:
            self.notes.append(
                f"{foreign:,} files in the table folders are not warraq's; readers and runs leave them alone"
            )

    def _lying_about(self) -> Iterator[str]:
        for folder in (*TABLES, TEMP_FOLDER):
            yield from (file.uri for file in self.folder.files(folder))


def print_verify(report: VerifyReport, console: Console) -> None:
    """Print a report for people: the verdict, the accounting, notes, and one line per fault."""
    sign, style = ("✗", "bold red") if report.faults else ("✓", "bold green")
    generation = (
        "no generation" if report.generation is None else f"generation {report.generation}, {report.state}"
    )
    console.print(f"{sign} {plain(report.root)}: {generation}", style=style, markup=False, soft_wrap=True)
    if report.generation is not None:
        console.print(f"  {report.files:,} files, {report.rows:,} rows", markup=False)
    if report.accounting is not None:
        console.print(f"  {report.accounting.equation()}", markup=False, soft_wrap=True)
    print_findings(report.notes, report.faults, "references and accounting are as the manifest says", console)


def print_findings(notes: Sequence[str], faults: Sequence[str], sound: str, console: Console) -> None:
    """Print a line per note and per fault; where there is no fault, that checksums, schemas, rows and `sound`."""
    for note in notes:
        console.print(f"  note: {note}", style="yellow", markup=False, soft_wrap=True)
    for fault in faults:
        console.print(f"  fault: {fault}", style="red", markup=False, soft_wrap=True)
    if not faults:
        console.print(f"  checksums, schemas, rows, {sound}", markup=False, soft_wrap=True)
