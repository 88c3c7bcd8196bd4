"""Proving an output folder that grows: every commit, every file that it names, and that the records of all add up."""

import hashlib
import io
from collections import Counter

from rich.console import Console

from pipelines.errors import ManifestError
from pipelines.final import final_rows
from pipelines.manifest import Accounting
from pipelines.published import read_commits
from pipelines.terminal import plain
from schemas.avro import TABLES, fingerprint, read_rows
from schemas.elements import WrittenFile
from transforms.files import OutputFolder, is_data_file

__all__ = ["GrowingReport", "print_growing", "verify_commits"]


class GrowingReport:
    """What was found: `faults` and `notes` for people, the commits, files and rows, and the accounting over all commits."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.commits = 0
        self.files = 0
        self.rows: Counter[str] = Counter()
        self.records_in = 0

    @property
    def accounting(self) -> Accounting:
        """The records of all commits together."""
        rows = self.rows
        return Accounting(
            self.records_in, rows["articles"], rows["duplicates"], rows["dead_letters"], rows["filtered"]
        )


def verify_commits(folder: OutputFolder) -> GrowingReport:
    """Check a folder with commits. Nothing is changed, and no damage stops the check."""
    report = GrowingReport()
    try:
        commits = read_commits(folder)
    except ManifestError as error:
        report.faults.append(str(error))
        return report
    report.commits = len(commits)
    named: set[str] = set()
    for commit in commits:
        report.records_in += commit.records_in
        for file in commit.files:
            if file.path in named:
                report.faults.append(f"{file.path}: two commits name it")
                continue
            named.add(file.path)
            report.files += 1
            report.faults += _check(folder, file, report.rows)
    litter = [
        file.uri
        for table in TABLES
        for file in folder.files(table)
        if is_data_file(file.uri) and file.uri not in named
    ]
    if litter:
        report.notes.append(f"{len(litter):,} files that no commit names; they do not count")
    if not report.accounting.holds:
        report.faults.append(f"the records do not add up: {report.accounting.equation()}")
    if not report.faults:
        try:
            for _ in final_rows(folder):
                pass
        except ManifestError as error:
            report.faults.append(str(error))
    return report


def _check(folder: OutputFolder, file: WrittenFile, rows: "Counter[str]") -> list[str]:
    try:
        data = folder.read(file.path)
    except OSError as error:
        return [f"{file.path}: {error}"]
    if hashlib.sha256(data).hexdigest() != file.sha256 or len(data) != file.size_bytes:
        return [f"{file.path}: it was changed: its checksum is not the one in the commit"]
    if file.table not in TABLES:
        return [f"{file.path}: there is no table {file.table}"]
    try:
        count = sum(1 for _ in read_rows(io.BytesIO(data), file.table))
    except Exception as error:  # noqa: BLE001 (a decoder raises what it likes on damage)
        return [f"{file.path}: it cannot be read: {type(error).__name__}: {error}"]
    rows[file.table] += count
    faults = []
    if count != file.rows:
        faults.append(f"{file.path}: {count:,} rows, the commit says {file.rows:,}")
    if file.schema_fingerprint != fingerprint(file.table):
        faults.append(f"{file.path}: written with another schema")
    return faults


def print_growing(root: str, report: GrowingReport, console: Console) -> None:
    """Print a report for people: the verdict, the accounting, notes, and one line per fault."""
    sign, style = ("✗", "bold red") if report.faults else ("✓", "bold green")
    console.print(
        f"{sign} {plain(root)}: {report.commits:,} commits", style=style, markup=False, soft_wrap=True
    )
    console.print(f"  {report.files:,} files, {sum(report.rows.values()):,} rows", markup=False)
    console.print(f"  {report.accounting.equation()}", markup=False, soft_wrap=True)
    for note in report.notes:
        console.print(f"  note: {plain(note)}", style="yellow", markup=False, soft_wrap=True)
    for fault in report.faults:
        console.print(f"  fault: {plain(fault)}", style="red", markup=False, soft_wrap=True)
    if not report.faults:
        console.print("  checksums, schemas, rows and accounting are as the commits say", markup=False)
