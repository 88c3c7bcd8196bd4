"""The fold of an output folder: of each article the last decision. It is what batch and stream have in common.

Equal parts: for the same articles `article_id`, `kept`, `relation`, `parent_id` and `root_id` are equal, however they were
read, and in whatever order. The other fields tell of the way there: `revision` counts the decisions that a stream made (1
for a batch run), `similarity` is that of the last decision that compared, `canonical_id` is what was known at the last.

A stream forgets. An article that comes again later than that appears anew: it is decided from revision 1 on, and kept it has
a second row in `articles`. The last appearance counts, and the article is one row here.

Memory: about 0.7 kB per article (measured with Arabic titles of 60 letters), whatever the length of the texts.
"""

import functools
import io
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple, TextIO

import fastavro
from rich.console import Console

from pipelines.errors import ManifestError
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import grows, is_output, published_files
from pipelines.row_checks import Faults
from pipelines.row_view import json_line, row_table
from schemas.avro import parsed_schema
from schemas.elements import WrittenFile
from transforms.files import OutputFolder

__all__ = ["FIELDS", "Fold", "final_rows", "fold", "print_final"]

Row = dict[str, Any]

FIELDS = (
    *("article_id", "kept", "relation", "parent_id", "root_id", "canonical_id", "similarity", "revision"),
    *("source", "title", "event_us"),
)
_DECIDED = ("article_id", "relation", "parent_id", "root_id", "canonical_id", "similarity", "event_us")
#: What is read of each table; the texts and tags are skipped.
_READ = {
    "articles": {"article_id", "source", "title", "published_us", "crawled_us"},
    "duplicates": {*_DECIDED, "source", "title"},
    "decisions": {*_DECIDED, "revision", "kept", "decided_on", "held_days"},
    "dead_letters": {"stage"},
    "filtered": {"stage"},
}
#: Stages after the decision: what they refuse is kept, and has its row elsewhere.
_AFTER = {"tag", "infer"}
#: What a screen has room for where nobody asks for fields; ids are cut to as many digits as `warraq explain` needs and two.
_SHOWN = (
    "article_id",
    "kept",
    "relation",
    "similarity",
    "parent_id",
    "root_id",
    "revision",
    "source",
    "title",
)
_SHOWN_DIGITS = 8
_PIPE_WIDTH = 120


class _Final(NamedTuple):
    kept: bool
    relation: str
    parent_id: str
    root_id: str
    canonical_id: str
    similarity: float | None
    revision: int
    event_us: datetime | None
    #: When it was decided: day and revision. Of two decisions the later one counts.
    at: tuple[int, int]
    #: When the decision was made that `similarity` is of, _NEVER for none.
    compared: tuple[int, int]
    #: Its appearances, by day: what each revision 1 said. What began as dropped has no row in `articles` of that.
    began: tuple["_Began", ...]


class _Began(NamedTuple):
    day: int
    kept: bool


_NEVER = (-1, 0)


class Fold:
    """The articles of an output folder and the last decision about each; made by `fold`.

    `faults` are the contradictions between the rows, in words; [] for a sound folder.
    """

    def __init__(self, *, streamed: bool) -> None:
        self._streamed = streamed
        self._last: dict[str, _Final] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._written: set[str] = set()
        #: How many rows an article has in `articles` beyond the first.
        self._more: Counter[str] = Counter()
        #: How long the stream remembers at least, in days.
        self._held_days: int | None = None
        self._began: dict[tuple[_Began, ...], tuple[_Began, ...]] = {}
        self._refused = 0
        self._missing: list[str] = []
        self._faults = Faults()

    def __contains__(self, article_id: object) -> bool:
        """Tell whether an article was decided in what was taken in."""
        return article_id in self._last

    @property
    def faults(self) -> list[str]:
        """At most 50 of a kind, the others counted."""
        return list(self._faults.lines())

    def rows(self) -> Iterator[Row]:
        """Yield one row per article, by id, with the `FIELDS`; `event_us` is a datetime (UTC) or None."""
        for article_id in sorted(self._last):
            final = self._last[article_id]
            source, title = self._names.get(article_id, ("", ""))
            yield {
                "article_id": article_id,
                "kept": final.kept,
                "relation": final.relation,
                "parent_id": final.parent_id,
                "root_id": final.root_id,
                "canonical_id": final.canonical_id,
                "similarity": final.similarity,
                "revision": final.revision,
                "source": source,
                "title": title,
                "event_us": final.event_us,
            }

    def take_in(self, table: str, rows: Iterable[Row]) -> None:
        """Take in rows of a table, all or a few of their fields; files may come in any order of the tables."""
        if table not in _READ:
            return
        if table in ("dead_letters", "filtered"):
            self._refused += sum(row["stage"] in _AFTER for row in rows)
            return
        take = {"articles": self._article, "duplicates": self._duplicate, "decisions": self._decision}[table]
        for row in rows:
            # One object per id and outlet, not one per row: that is most of the memory.
            for name in ("article_id", "parent_id", "root_id", "canonical_id", "relation", "source"):
                if name in row:
                    row[name] = sys.intern(row[name])
            take(row["article_id"], row)

    def close(self) -> None:
        """Find what contradicts each other, when all rows are there."""
        if not self._streamed:
            return
        for article_id, final in self._last.items():
            self._compare(article_id, final)
        if len(self._missing) > self._refused:
            for line in self._missing:
                self._faults.add("kept", line)
        for article_id in self._written - self._last.keys():
            self._faults.add("undecided", f"article {article_id} lies in articles and was never decided")

    def _compare(self, article_id: str, final: _Final) -> None:
        """Compare what was decided about an article with its rows in `articles`."""
        rows = (article_id in self._written) + self._more[article_id]
        began = final.began
        wanted = sum(one.kept for one in began)
        if rows < wanted or (final.kept and not began and not rows):
            what = (
                "is not in articles" if not rows else f"lies in articles {_times(rows)}, not {_times(wanted)}"
            )
            self._missing.append(f"article {article_id} is kept and {what}")
        elif rows > max(wanted, not began):
            what = "" if wanted or not began else ", and was dropped at once"
            self._faults.add("twice", f"article {article_id} lies in articles {_times(rows)}{what}")
        for earlier, later in itertools.pairwise(began):
            if later.day - earlier.day <= (self._held_days or 0):
                self._faults.add(
                    "anew", f"article {article_id} was decided as a new one twice {_between(earlier, later)}"
                )

    def _article(self, article_id: str, row: Row) -> None:
        if article_id in self._written:
            self._more[article_id] += 1
        self._written.add(article_id)
        self._names[article_id] = (row["source"], row["title"])
        if self._streamed:
            return
        if article_id in self._more:
            self._faults.add("twice", f"article {article_id} lies in articles twice")
        if article_id in self._last and not self._last[article_id].kept:
            self._faults.add("both", f"article {article_id} lies in articles and in duplicates")
        event_us = row["crawled_us"] if row["published_us"] is None else row["published_us"]
        self._last[article_id] = _Final(
            True, "", "", article_id, article_id, None, 1, event_us, _NEVER, _NEVER, ()
        )

    def _duplicate(self, article_id: str, row: Row) -> None:
        if row["relation"] == "repeat":
            return
        self._names.setdefault(article_id, (row["source"], row["title"]))
        if not self._streamed:
            if article_id in self._written:
                self._faults.add("both", f"article {article_id} lies in articles and in duplicates")
            self._last[article_id] = _final(row, kept=False, revision=1, day=None)

    def _decision(self, article_id: str, row: Row) -> None:
        if not self._streamed:
            return
        held_days = row["held_days"]
        if held_days is not None:
            self._held_days = held_days if self._held_days is None else min(self._held_days, held_days)
        new = _final(row, kept=row["kept"], revision=row["revision"], day=row["decided_on"])
        known = self._last.get(article_id)
        if known is None:
            last, began = new, new.began
        else:
            last = new if new.at >= known.at else known
            compared = max(new, known, key=lambda final: final.compared)
            began = tuple(sorted(known.began + new.began))
            last = last._replace(
                similarity=None if last.kept else compared.similarity, compared=compared.compared
            )
        # One object for all articles that began alike: most began once, on one of a few days.
        self._last[article_id] = last._replace(began=self._began.setdefault(began, began))


def _final(row: Row, *, kept: bool, revision: int, day: date | None) -> _Final:
    similarity = row["similarity"]
    at = (-1 if day is None else day.toordinal(), revision)
    return _Final(
        kept,
        row["relation"],
        row["parent_id"],
        row["root_id"],
        row["canonical_id"] or row["root_id"],
        similarity,
        revision,
        row["event_us"],
        at,
        _NEVER if similarity is None else at,
        (_Began(at[0], kept),) if revision == 1 else (),
    )


def _times(count: int) -> str:
    return ("", "once", "twice")[count] if count < 3 else f"{count} times"


def _between(earlier: _Began, later: _Began) -> str:
    """Name the days of two appearances."""
    if earlier.day < 0:
        return "(in files that do not say when)"
    days = " and on ".join(date.fromordinal(one.day).isoformat() for one in (earlier, later))
    return f"within the days for which it is remembered, on {days}"


def fold(folder: OutputFolder) -> Fold:
    """Return the fold of what is published in a folder.

    Raises ManifestError where nothing is published or a file cannot be read. Contradictions are in its `faults`.
    """
    found = Fold(streamed=grows(folder))
    for file in published_files(folder):
        if file.table in _READ:
            found.take_in(file.table, _rows(folder, file))
    found.close()
    return found


def final_rows(folder: OutputFolder) -> Iterator[Row]:
    """Yield one row per article that was decided, by id, with the `FIELDS`; `event_us` is a datetime (UTC) or None.

    In a folder with commits the last decision counts, by day and revision. In a batch output the rows of `articles` are
    kept (revision 1, their own root), those of `duplicates` are dropped, and repeats are no articles of their own.
    Raises ManifestError before the first row where nothing is published, where a file cannot be read, and where rows
    contradict each other: an article that lies in `articles` more often than it was kept anew, or one that is kept and not there.
    """
    found = fold(folder)
    if found.faults:
        more = len(found.faults) - 1
        others = f" (and {more} more)" if more else ""
        message = f"{folder.root}: {found.faults[0]}{others}; `warraq verify {folder.root}` tells more"
        raise ManifestError(message)
    yield from found.rows()


def _rows(folder: OutputFolder, file: WrittenFile) -> Iterator[Row]:
    try:
        reader: Iterable[Any] = fastavro.reader(
            io.BytesIO(folder.read(file.path)), _reader_schema(file.table)
        )
        yield from reader
    except Exception as error:  # a decoder raises what it likes on damage
        message = (
            f"{folder.root}: {file.path} cannot be read ({type(error).__name__}: {error}); "
            f"`warraq verify {folder.root}` tells more"
        )
        raise ManifestError(message) from error


@functools.cache
def _reader_schema(table: str) -> Any:
    schema = parsed_schema(table)
    fields = [field for field in schema["fields"] if field["name"] in _READ[table]]
    return fastavro.parse_schema({"type": "record", "name": schema["name"], "fields": fields})


def print_final(
    path: str, *, as_jsonl: bool, limit: int | None, fields: list[str] | None, out: TextIO
) -> None:
    """Print the fold of the output folder at `path` to `out`, at most `limit` rows, as JSON Lines or as a table.

    Raises RunFailed for a path that is no output folder and for an unknown field, ManifestError as `final_rows` does.
    """
    unknown = [field for field in fields or () if field not in FIELDS]
    if unknown:
        named = ", ".join(repr(field) for field in unknown)
        raise RunFailed(ExitCode.USAGE, f"--fields: --final has no field {named}; it has {', '.join(FIELDS)}")
    folder = OutputFolder(path)
    if not is_output(folder):
        message = f"--final: {path} is no output folder (there is no _SUCCESS, _FAILED or _commits)"
        raise RunFailed(ExitCode.USAGE, message)
    rows = final_rows(folder)
    if as_jsonl:
        out.writelines(json_line(row, fields) + "\n" for row in itertools.islice(rows, limit))
        return
    shown: list[Row] = []
    counts = {True: 0, False: 0}
    for row in rows:
        counts[row["kept"]] += 1
        if limit is None or len(shown) < limit:
            shown.append(row if fields else _cut(row))
    width = None if out.isatty() else _PIPE_WIDTH
    Console(file=out, highlight=False, width=width).print(row_table(shown, fields or _SHOWN))
    hint = "" if fields else "; --fields A,B or --jsonl show whole ids and the other fields"
    Console(stderr=True, highlight=False).print(
        f"{len(shown):,} of {sum(counts.values()):,} articles: {counts[True]:,} kept, {counts[False]:,} dropped{hint}",
        style="dim",
        markup=False,
        soft_wrap=True,
    )


def _cut(row: Row) -> Row:
    """Return a row with short ids, so that a line holds it; a kept article is its own root, which says nothing."""
    cut = {name: value[:_SHOWN_DIGITS] if name.endswith("_id") else value for name, value in row.items()}
    return {**cut, "root_id": ""} if row["kept"] else cut
