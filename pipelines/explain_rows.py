"""The rows of an output folder that have to do with one article: of its live generation, or of all its commits."""

import dataclasses
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pipelines.errors import UsageError
from pipelines.manifest import FAILED, SUCCESS, Manifest, read_manifest, read_marker
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import grows, read_commits
from pipelines.terminal import shorten
from schemas.avro import read_rows
from schemas.elements import WrittenFile
from transforms.files import OutputFolder

__all__ = ["Found", "Generation", "Trail", "decided_at", "find_trail", "is_place", "open_generation"]

Row = dict[str, Any]
_FEWEST_DIGITS = 6
_ID_DIGITS = 32
_PREFIX = re.compile(r"[0-9a-fA-F]{6,32}")
_PLACE = re.compile(r"(?s)(.+)#(\d+)")
_CANDIDATES = 10
#: Tables in which a record can end, the best answer first.
_ENDS = ("articles", "duplicates", "filtered", "dead_letters")


class Generation(NamedTuple):
    """An output folder and the files in it that count.

    `manifest` is the live one, None for a folder that grows; for that `commits` tells which commit names a file, in their order.
    """

    folder: OutputFolder
    files: tuple[WrittenFile, ...]
    manifest: Manifest | None
    commits: Mapping[str, str]

    @property
    def name(self) -> str:
        """How to speak of it: `generation 3`."""
        commits = f"the {len(set(self.commits.values())):,} commits"
        return f"generation {self.manifest.generation}" if self.manifest else commits


class Found(NamedTuple):
    """A row and where it lies: the path relative to the output folder, its number in that file from 1, of how many."""

    table: str
    path: str
    number: int
    rows: int
    row: Row


@dataclasses.dataclass
class Trail:
    """Everything that a generation says of one article.

    `decisions` are those of a stream about it, in their order; a batch run has none. `records` are the rows of the article itself, one per record that was read with its id, the main one first.
    `children` are duplicates that have it as parent or root, `relations` the rows in which it takes part. `named` are
    the articles of the output that these rows name, by id; `origins` where those that decisions name were read, kept or not;
    `inputs` the rows of input files, by uri.
    """

    records: list[Found] = dataclasses.field(default_factory=list)
    decisions: list[Found] = dataclasses.field(default_factory=list)
    children: list[Found] = dataclasses.field(default_factory=list)
    relations: list[Found] = dataclasses.field(default_factory=list)
    named: dict[str, Found] = dataclasses.field(default_factory=dict)
    origins: dict[str, Row] = dataclasses.field(default_factory=dict)
    inputs: dict[str, Row] = dataclasses.field(default_factory=dict)


def open_generation(output: str) -> Generation:
    """Return the live generation of an output folder, or the failed one where none was ever published, or the commits.

    Raises RunFailed where there is no output of warraq, ManifestError where it is damaged.
    """
    folder = OutputFolder(output)
    if grows(folder):
        files = [(file, commit.name) for commit in read_commits(folder) for file in commit.files]
        return Generation(
            folder, tuple(file for file, _ in files), None, {file.path: name for file, name in files}
        )
    for name in (SUCCESS, FAILED):
        try:
            marker = read_marker(folder, name)
        except (OSError, ValueError) as error:
            raise RunFailed(ExitCode.USAGE, f"{output}: {error}") from error
        if marker is not None:
            manifest = read_manifest(folder, int(marker["generation"]))
            return Generation(folder, manifest.files, manifest, {})
    raise RunFailed(
        ExitCode.USAGE, f"{output} is no output folder (there is no {SUCCESS}, {FAILED} or commit)"
    )


def is_place(name: str) -> bool:
    """Tell whether a name is `FILE#INDEX`, the place of a record, and no article id."""
    return _PLACE.fullmatch(name) is not None


def find_trail(generation: Generation, name: str) -> Trail:
    """Return what a generation says of an article, named by its id, the beginning of its id, or `FILE#INDEX`.

    Raises UsageError for a name that is none of these, fits nothing, or fits several articles.
    """
    found = _settle(generation, name)
    if found is not None and found.table == "dead_letters":
        return Trail(records=[found], inputs=_inputs(generation))
    article_id = name.lower() if found is None else found.row["article_id"]
    trail = _trail(generation, article_id)
    if not trail.records:
        raise UsageError(_unknown(article_id, trail))
    return trail


def _settle(generation: Generation, name: str) -> Found | None:
    """Return a row of the article that a name means; None for a whole id, which needs no search."""
    fits = _fitting(name)
    if len(name) == _ID_DIGITS and not is_place(name):
        return None
    several: dict[str, Found] = {}
    for table in _ENDS:
        for found in _rows(generation, table):
            if fits(found.row):
                several.setdefault(found.row.get("article_id") or f"{found.path}#{found.number}", found)
    if len(several) > 1:
        raise UsageError(_ambiguous(name, list(several.values())))
    if not several:
        what = "record was read at" if is_place(name) else "article has an id that begins with"
        raise UsageError(f"no {what} {name} in {generation.name}")
    return next(iter(several.values()))


def _fitting(name: str) -> Callable[[Row], bool]:
    place = _PLACE.fullmatch(name)
    if place:
        file, index = place[1], int(place[2])

        def is_there(row: Row) -> bool:
            origin = row["origin"]
            return origin["index"] == index and f"/{origin['uri']}".endswith(f"/{file}")

        return is_there
    if not _PREFIX.fullmatch(name):
        raise UsageError(
            f"{name!r} is no article id: wanted its {_ID_DIGITS} hexadecimal digits, the first {_FEWEST_DIGITS} or more of them,"
            " or FILE#INDEX"
        )
    prefix = name.lower()
    return lambda row: row.get("article_id", "").startswith(prefix)


def _ambiguous(name: str, several: list[Found]) -> list[str]:
    lines = [f"{name} may be any of {len(several):,}; name one of them in full:"]
    for found in several[:_CANDIDATES]:
        row = found.row
        place = f"{row['origin']['uri']}#{row['origin']['index']}"
        told = shorten(f"{row.get('source') or ''}  {row.get('title') or ''}".strip(), 60)
        lines.append(f"  {row.get('article_id') or place}  {found.table}  {told}")
    if len(several) > _CANDIDATES:
        lines.append(f"  and {len(several) - _CANDIDATES:,} more")
    return lines


def _unknown(article_id: str, trail: Trail) -> str:
    if trail.children:
        row = trail.children[0].row
        return (
            f"{article_id} was read by an earlier run: this output has no record of it, but of its duplicates"
            f" ({len(trail.children):,}, such as {row['article_id']})"
        )
    if trail.relations:
        return (
            f"{article_id} was read by an earlier run: this output has no record of it, but relations to it"
        )
    return f"no record of this output has the article id {article_id}"


def _inputs(generation: Generation) -> dict[str, Row]:
    return {found.row["uri"]: found.row for found in _rows(generation, "inputs")}


def _trail(generation: Generation, article_id: str) -> Trail:
    """Return every row that has to do with an article, in one pass over the tables (over `decisions` in two)."""
    grown = generation.manifest is None
    trail = Trail(inputs=_inputs(generation))
    main: list[Found] = []
    wanted: set[str] = set()
    last = _follow_decisions(generation, trail, article_id, wanted) if grown else {}
    for found in _rows(generation, "duplicates"):
        row = found.row
        if row["article_id"] == article_id:
            (trail.records if row["relation"] == "repeat" else main).append(found)
            wanted.update((row["parent_id"], row["root_id"], row["canonical_id"]))
        elif row["article_id"] in last:
            if row["relation"] != "repeat":
                trail.children.append(_decided(found, last.pop(row["article_id"])))
        elif not grown and article_id in (row["parent_id"], row["root_id"]):
            trail.children.append(found)
    for found in _rows(generation, "relations"):
        if article_id in (found.row["article_id"], found.row["other_id"]):
            trail.relations.append(found)
            wanted.update((found.row["article_id"], found.row["other_id"]))
    trail.records += [
        found for found in _rows(generation, "filtered") if found.row["article_id"] == article_id
    ]
    for found in _rows(generation, "articles"):
        if found.row["article_id"] == article_id:
            main.append(found)
        elif found.row["article_id"] in wanted:
            trail.named[found.row["article_id"]] = found
        if found.row["article_id"] in last:
            trail.children.append(_decided(found, last.pop(found.row["article_id"])))
    trail.records = main + trail.records
    return trail


def _follow_decisions(
    generation: Generation, trail: Trail, article_id: str, wanted: set[str]
) -> dict[str, Row]:
    """Find the decisions about an article, and the last ones about those that are dropped for it now, by id."""
    kin: set[str] = set()
    for found in _rows(generation, "decisions"):
        row = found.row
        if row["article_id"] == article_id:
            trail.decisions.append(found)
            wanted.update((row["parent_id"], row["root_id"], row["canonical_id"]))
        elif article_id in (row["parent_id"], row["root_id"]):
            kin.add(row["article_id"])
    trail.decisions.sort(key=lambda found: decided_at(found.row))
    last: dict[str, Row] = {}
    for found in _rows(generation, "decisions"):
        row = found.row
        if row["article_id"] in wanted:
            trail.origins[row["article_id"]] = row["origin"]
        if row["article_id"] in kin:
            earlier = last.get(row["article_id"])
            if earlier is not None and decided_at(earlier) > decided_at(row):
                earlier, row = row, earlier
            if row["similarity"] is None and earlier is not None:
                row = {**row, "similarity": earlier["similarity"]}
            last[row["article_id"]] = row
    return {
        key: row
        for key, row in last.items()
        if not row["kept"] and article_id in (row["parent_id"], row["root_id"])
    }


def decided_at(row: Row) -> tuple[bool, Any, int]:
    """Return what orders the decisions about an article."""
    return row["decided_on"] is not None, row["decided_on"] or 0, row["revision"]


def _decided(found: Found, decision: Row) -> Found:
    """Return a row of an article with what was decided about it last."""
    names = ("relation", "parent_id", "root_id", "canonical_id", "similarity", "event_us")
    return found._replace(row={**found.row, **{name: decision[name] for name in names}})


def _rows(generation: Generation, table: str) -> Iterator[Found]:
    """Yield the rows of a table, in the order of the commits or else of the files' names.

    Raises RunFailed for a file that is damaged or gone.
    """
    files = [(file.path, file.rows) for file in generation.files if file.table == table]
    for path, rows in files if generation.commits else sorted(files):
        try:
            stream = io.BytesIO(generation.folder.read(path))
            for number, row in enumerate(read_rows(stream, table), 1):
                yield Found(table, path, number, rows, row)
        except Exception as error:  # whatever a damaged container makes a decoder raise
            message = f"{path}: cannot be read ({type(error).__name__}: {error}); `warraq verify {generation.folder.root}` tells more"
            raise RunFailed(ExitCode.DAMAGED, message) from error
