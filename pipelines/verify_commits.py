"""Proving an output folder that grows: every commit, every file that it names, every row, and that all records add up.

Each file is read and decoded once.
Nothing is changed, and no damage stops the check: what cannot be read is a fault, and the next file follows.
"""

import hashlib
import io
import json
from collections import Counter
from typing import Any

import fastavro
from fastavro.read import SchemaResolutionError
from rich.console import Console

from pipelines.errors import ManifestError
from pipelines.final import Fold
from pipelines.manifest import Accounting
from pipelines.published import commit_files, read_commit
from pipelines.row_checks import Faults, GrowingRowChecks
from pipelines.terminal import plain
from pipelines.verify import print_findings
from schemas.avro import INDEX_TABLES, TABLES, fingerprint, read_rows
from schemas.elements import WrittenFile
from transforms.core.commits import Commit
from transforms.files import TEMP_FOLDER, OutputFolder, is_data_file

__all__ = ["GrowingReport", "print_growing", "verify_commits"]

#: A stream that shares an index has the tables of one too.
_TABLES = (*TABLES, *INDEX_TABLES)


class GrowingReport:
    """What was found: `faults` and `notes` for people, the commits and files, and the rows of each table.

    `rows` are counted in the files; of a file that cannot be read they are what its commit says. The folder is sound if
    `faults` is empty.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.commits = 0
        self.files = 0
        self.rows: Counter[str] = Counter()
        self.records_in = 0

    @property
    def accounting(self) -> Accounting:
        """The records of all commits together: a single one may count a record whose row is in another."""
        rows = self.rows
        return Accounting(
            self.records_in, rows["articles"], rows["duplicates"], rows["dead_letters"], rows["filtered"]
        )


def verify_commits(folder: OutputFolder) -> GrowingReport:
    """Check a folder with commits, local or on an object store. Raises OSError where the folder itself cannot be asked."""
    check = _Verification(folder)
    check.run()
    check.report.faults = list(check.faults.lines())
    return check.report


class _Verification:
    """One verification on its way: what is known so far."""

    def __init__(self, folder: OutputFolder) -> None:
        self.folder = folder
        self.faults = Faults()
        self.report = GrowingReport()
        self._older: Counter[str] = Counter()
        self._unread = 0
        self._fold = Fold(streamed=True)
        self._checks = GrowingRowChecks(self.faults, self._fold)

    def run(self) -> None:
        commits = self._commits()
        damaged = bool(self.faults)
        by_path: dict[str, str] = {}
        for commit in commits:
            self.report.records_in += commit.records_in
            for file in sorted(commit.files, key=lambda file: file.table != "decisions"):
                if file.path in by_path:
                    both = f"{by_path[file.path]} and {commit.name}"
                    self.faults.add("named twice", f"{file.path}: two commits name it, {both}")
                    continue
                by_path[file.path] = commit.name
                self.report.files += 1
                self._check_file(file)
        for table, files in sorted(self._older.items()):
            self.report.notes.append(
                f"{files:,} files of {table}/ have an older schema, which this version reads"
            )
        self._find_litter(set(by_path))
        if damaged:
            self.report.notes.append(
                "without the damaged commits it was not judged whether the records add up"
            )
        elif not self.report.accounting.holds:
            self.faults.add("accounting", f"the records do not add up: {self.report.accounting.equation()}")
        if damaged or self._unread:
            self.report.notes.append(
                "without what cannot be read the decisions were not compared with the articles"
            )
        else:
            self._checks.close()
            self._fold.close()
            for fault in self._fold.faults:
                self.faults.add("fold", fault)

    def _commits(self) -> list[Commit]:
        found: list[Commit] = []
        for path in commit_files(self.folder):
            try:
                found.append(read_commit(self.folder, path))
            except ManifestError as error:
                self.faults.add("commit", str(error))
        self.report.commits = len(found)
        return found

    def _check_file(self, file: WrittenFile) -> None:
        """Check one file; what it holds is looked at only where it is as it was written."""
        counted = self._count_rows(file)
        if counted is None:
            self._unread += 1
        elif counted != file.rows:
            self.faults.add("file", f"{file.path}: {counted:,} rows, its commit says {file.rows:,}")
        self.report.rows[file.table] += file.rows if counted is None else counted

    def _count_rows(self, file: WrittenFile) -> int | None:
        """Return the number of rows, None for a file that cannot be read."""
        path = file.path
        try:
            data = self.folder.read(path)
        except FileNotFoundError:
            self.faults.add("file", f"{path}: the file is missing")
            return None
        except (OSError, ValueError) as error:
            self.faults.add("file", f"{path}: the file cannot be read: {error}")
            return None
        if file.table not in _TABLES or not path.startswith(f"{file.table}/"):
            self.faults.add("file", f"{path}: its commit files it under table {file.table!r}")
            return None
        if len(data) != file.size_bytes:
            self.faults.add("file", f"{path}: {len(data):,} bytes, its commit says {file.size_bytes:,}")
            return None
        if hashlib.sha256(data).hexdigest() != file.sha256:
            self.faults.add("file", f"{path}: damaged: the checksum is not that of its commit")
            return None
        try:
            self._check_schema(file, data)
            return self._take_in(file, data)
        except SchemaResolutionError as error:
            self.faults.add("schema", f"{path}: this version of warraq cannot read its schema: {error}")
        except Exception as error:  # noqa: BLE001 (whatever a damaged file makes the decoder raise)
            self.faults.add("file", f"{path}: does not decode: {type(error).__name__}: {error}")
        return None

    def _take_in(self, file: WrittenFile, data: bytes) -> int:
        """Check the rows of a file and give them to the fold; return how many they are."""
        number = 0
        for number, row in enumerate(read_rows(io.BytesIO(data), file.table), 1):
            self._checks.check(file.table, file.path, number, row)
            self._fold.take_in(file.table, (row,))
        return number

    def _check_schema(self, file: WrittenFile, data: bytes) -> None:
        header: Any = fastavro.reader(io.BytesIO(data))
        canonical = fastavro.schema.to_parsing_canonical_form(json.loads(header.metadata["avro.schema"]))
        written = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
        if written != file.schema_fingerprint:
            self.faults.add("schema", f"{file.path}: its schema is not the one that its commit says")
        # A folder that grows outlives versions of warraq.
        if written != fingerprint(file.table):
            self._older[file.table] += 1

    def _find_litter(self, named: set[str]) -> None:
        litter = foreign = 0
        for table in (*_TABLES, TEMP_FOLDER):
            for file in self.folder.files(table):
                if file.uri in named:
                    continue
                ours = table == TEMP_FOLDER or is_data_file(file.uri)
                litter += ours
                foreign += not ours
        if litter:
            self.report.notes.append(
                f"litter of {litter:,} files that no commit names: they do not count (or a stream is writing just now)"
            )
        if foreign:
            self.report.notes.append(
                f"{foreign:,} files in the table folders are not warraq's; readers leave them alone"
            )


def print_growing(root: str, report: GrowingReport, console: Console) -> None:
    """Print a report for people: the verdict, the accounting, notes, and one line per fault."""
    sign, style = ("✗", "bold red") if report.faults else ("✓", "bold green")
    console.print(
        f"{sign} {plain(root)}: {report.commits:,} commits", style=style, markup=False, soft_wrap=True
    )
    console.print(f"  {report.files:,} files, {sum(report.rows.values()):,} rows", markup=False)
    console.print(f"  {report.accounting.equation()}", markup=False, soft_wrap=True)
    notes, faults = list(map(plain, report.notes)), list(map(plain, report.faults))
    print_findings(notes, faults, "references, decisions and accounting are as the commits say", console)
