"""Looking at rows: an Avro file, a table folder or the live generation of an output folder, for eyes or for `jq`.

Rows go to `out`; notes (what is left out, and why) go to standard error.
"""

import dataclasses
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import fastavro
from rich.console import Console

from pipelines.manifest import FAILED, SUCCESS, Manifest, ManifestError, read_manifest, read_marker
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import grows, is_output, published_files
from pipelines.row_view import COLUMNS, json_line, row_table
from schemas.avro import TABLES, parsed_schema, read_rows
from schemas.elements import WrittenFile
from transforms.files import OutputFolder, find_files, is_remote

__all__ = ["inspect"]

Row = dict[str, Any]
#: `TABLE/date=…/source=…/part-….avro`: the output folder is at most this far up.
_DEPTH = 4
_PIPE_WIDTH = 120


class _Place(NamedTuple):
    """Where a path lies: the output folder, and the path relative to it ("" for the folder itself)."""

    folder: OutputFolder
    inner: str


@dataclasses.dataclass(frozen=True)
class _Source:
    """A file to show, with its table where a manifest names it."""

    uri: str
    rows: int | None = None


def inspect(
    path: str,
    *,
    as_jsonl: bool,
    limit: int | None,
    fields: list[str] | None,
    out: TextIO,
    table: str | None = None,
) -> None:
    """Print rows of what lies at `path` to `out`, at most `limit`, as JSON Lines or as a table.

    `path` is an Avro file of warraq, a folder of such, or an output folder: then the rows of `table`
    (default: articles) in the live generation. Inside an output folder only files that the manifest
    names are shown, but for a file named in full. `fields` may name parts: `origin.uri`.
    Raises RunFailed with a message for anything else: no such file, a foreign schema, an unknown field, damage.
    """
    notes = Console(stderr=True, highlight=False)
    if table is not None and table not in TABLES:
        raise RunFailed(
            ExitCode.USAGE, f"--table {table}: there is no such table; the tables are {', '.join(TABLES)}"
        )
    sources = _choose(path, table, notes)
    opened = _open(sources, notes, single=len(sources) == 1)
    first = next(opened, None)
    if first is None:
        notes.print(f"no rows in {path}", markup=False, soft_wrap=True)
        return
    found_table, keys, _ = first
    _check_fields(fields, keys, found_table)
    rows = itertools.chain.from_iterable(
        _same_table(item, found_table, path) for item in itertools.chain([first], opened)
    )
    if as_jsonl:
        out.writelines(json_line(row, fields) + "\n" for row in itertools.islice(rows, limit))
        return
    chosen = list(itertools.islice(rows, limit))
    width = None if out.isatty() else _PIPE_WIDTH
    Console(file=out, highlight=False, width=width).print(row_table(chosen, fields or COLUMNS[found_table]))
    total = sum(source.rows or 0 for source in sources)
    of_all = f" of {total:,}" if all(source.rows is not None for source in sources) else ""
    hint = "" if fields else "; --fields A,B or --jsonl show the other fields"
    notes.print(
        f"{len(chosen):,}{of_all} rows of {found_table}{hint}", style="dim", markup=False, soft_wrap=True
    )


def _choose(path: str, table: str | None, notes: Console) -> list[_Source]:
    """Return the files that `path` means."""
    try:
        place = _find_output(path)
        if place is None:
            if table is not None:
                raise RunFailed(
                    ExitCode.USAGE,
                    f"--table: {path} is no output folder (there is no _SUCCESS, _FAILED or _commits)",
                )
            found = [
                file.uri for file in find_files([path]) if file.uri == path or file.uri.endswith(".avro")
            ]
            if not found:
                raise RunFailed(ExitCode.USAGE, f"{path}: no such file or folder, or no Avro file in it")
            return [_Source(uri) for uri in found]
        return _committed(place, path, table, notes)
    except (OSError, ValueError) as error:
        raise RunFailed(ExitCode.USAGE, f"{path}: {error}") from error


def _committed(place: _Place, path: str, table: str | None, notes: Console) -> list[_Source]:
    """Return the files of the live generation at a place in an output folder."""
    published, unnamed = _published(place.folder, notes)
    inner = place.inner or table or "articles"
    if place.inner and table and inner.split("/")[0] != table:
        raise RunFailed(ExitCode.USAGE, f"--table {table}: {path} lies in another table")
    named = {file.path: file for file in published}
    full = place.folder.full
    if inner in named:
        return [_Source(full(inner), named[inner].rows)]
    files = [
        _Source(full(name), file.rows) for name, file in sorted(named.items()) if name.startswith(f"{inner}/")
    ]
    if not files and place.folder.exists(inner) and inner.endswith(".avro"):
        notes.print(
            f"note: {unnamed} {inner}: it is not part of the output",
            markup=False,
            soft_wrap=True,
        )
        return [_Source(full(inner))]
    if inner.split("/")[0] not in TABLES:
        raise RunFailed(
            ExitCode.USAGE,
            f"{path}: no table of the output folder {place.folder.root}; the tables are {', '.join(TABLES)}",
        )
    left_out = sum(file.uri.endswith(".avro") and file.uri not in named for file in place.folder.files(inner))
    if left_out:
        notes.print(
            f"note: {left_out:,} files are left out: {unnamed} them",
            markup=False,
        )
    return files


def _published(folder: OutputFolder, notes: Console) -> tuple[tuple[WrittenFile, ...], str]:
    """Return the files that count, and how to say of another that it does not."""
    try:
        if grows(folder):
            return published_files(folder), "no commit names"
    except ManifestError as error:
        raise RunFailed(ExitCode.DAMAGED, str(error)) from error
    manifest = _manifest(folder, notes)
    return manifest.files, f"generation {manifest.generation} does not name"


def _manifest(folder: OutputFolder, notes: Console) -> Manifest:
    try:
        for name in (SUCCESS, FAILED):
            marker = read_marker(folder, name)
            if marker is not None:
                manifest = read_manifest(folder, int(marker["generation"]))
                if name == FAILED:
                    notes.print(
                        f"note: generation {manifest.generation} failed and is not published: {manifest.failure}",
                        markup=False,
                        soft_wrap=True,
                    )
                return manifest
    except (ManifestError, LookupError, TypeError) as error:
        raise RunFailed(ExitCode.DAMAGED, f"{error}; `warraq verify {folder.root}` tells more") from error
    raise RunFailed(
        ExitCode.DAMAGED, f"{folder.root}: nothing is published in it: there is neither _SUCCESS nor a commit"
    )


def _find_output(path: str) -> _Place | None:
    """Return the output folder that a path lies in, None where it lies in none."""
    if not is_remote(path):
        path = str(Path(path).absolute())
    path = path.rstrip("/") or "/"
    root, inner = path, ""
    for _ in range(_DEPTH + 1):
        folder = OutputFolder(root)
        if is_output(folder):
            return _Place(folder, inner)
        parent, _, name = root.rpartition("/")
        if not name or not parent or parent.endswith(("/", ":")):
            return None
        root, inner = parent, f"{name}/{inner}" if inner else name
    return None


def _open(
    sources: list[_Source], notes: Console, *, single: bool
) -> Iterator[tuple[str, frozenset[str], Iterator[Row]]]:
    """Yield table, field names and rows of each file; foreign files are skipped, or refused where only one was named."""
    for source in sources:
        parent, _, name = source.uri.rpartition("/")
        try:
            # Warraq's files are written whole from memory, so they fit there again.
            data = OutputFolder(parent or ("/" if source.uri.startswith("/") else ".")).read(name)
        except OSError as error:
            raise RunFailed(ExitCode.DAMAGED, f"{source.uri} cannot be read: {error}") from error
        try:
            table, keys = _recognise(data)
        except ValueError as error:
            if single:
                raise RunFailed(ExitCode.USAGE, f"{source.uri}: {error}") from error
            notes.print(f"note: {source.uri} is left out: {error}", markup=False, soft_wrap=True)
            continue
        yield table, keys, _rows(source.uri, data)


def _recognise(data: bytes) -> tuple[str, frozenset[str]]:
    """Return table and field names of an Avro file of ours. Raises ValueError for any other file."""
    try:
        header: Any = fastavro.reader(io.BytesIO(data))
        schema = json.loads(header.metadata["avro.schema"])
        name = fastavro.parse_schema(schema)["name"]
        safe = not _is_recursive(schema, ())
        keys = frozenset(field["name"] for field in schema["fields"])
    except Exception as error:
        message = f"it is no Avro container file that can be read ({type(error).__name__})"
        raise ValueError(message) from error
    for table in TABLES:
        if parsed_schema(table)["name"] == name and safe:
            return table, keys
    message = f"its schema, {name}, is none of warraq's"
    raise ValueError(message)


def _is_recursive(schema: Any, above: tuple[str, ...]) -> bool:
    """Tell whether a record contains itself: such a forged schema makes a decoder recurse until it dies."""
    if isinstance(schema, str):
        return schema.rpartition(".")[2] in above
    if isinstance(schema, list):
        return any(_is_recursive(branch, above) for branch in schema)
    if "fields" in schema:
        inside = (*above, schema["name"].rpartition(".")[2])
        return any(_is_recursive(field["type"], inside) for field in schema["fields"])
    return any(_is_recursive(schema[key], above) for key in ("type", "items", "values") if key in schema)


def _rows(uri: str, data: bytes) -> Iterator[Row]:
    number = 0
    try:
        for row in read_rows(io.BytesIO(data)):
            number += 1
            yield row
    except Exception as error:
        message = f"{uri}: damaged after row {number}: {type(error).__name__}: {error}"
        raise RunFailed(ExitCode.DAMAGED, message) from error


def _same_table(item: tuple[str, frozenset[str], Iterator[Row]], table: str, path: str) -> Iterator[Row]:
    if item[0] != table:
        raise RunFailed(
            ExitCode.USAGE, f"{path} holds files of {table} and of {item[0]}; name the folder of one table"
        )
    return item[2]


def _check_fields(fields: list[str] | None, keys: frozenset[str], table: str) -> None:
    unknown = [field for field in fields or () if field.split(".")[0] not in keys]
    if unknown:
        message = f"--fields: {table} has no field {', '.join(repr(field) for field in unknown)}; it has {', '.join(sorted(keys))}"
        raise RunFailed(ExitCode.USAGE, message)
