"""The fold of an output folder: of each article the last decision. It is what batch and stream have in common.

Of the rows `article_id`, `kept`, `relation`, `parent_id` and `root_id` are equal for the same articles, however they were
read; `revision` counts the decisions that a stream made (1 for a batch run), `similarity` is that of the last that compared.
"""

import io
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from rich.console import Console

from pipelines.errors import ManifestError
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import grows, published_files
from pipelines.row_view import json_line, row_table
from schemas.avro import read_rows
from transforms.files import OutputFolder

__all__ = ["FIELDS", "final_rows", "print_final"]

FIELDS = (
    *("article_id", "kept", "relation", "parent_id", "root_id", "canonical_id", "similarity", "revision"),
    *("source", "title"),
)


class _Final(NamedTuple):
    kept: bool
    relation: str
    parent_id: str
    root_id: str
    canonical_id: str
    similarity: float | None
    revision: int


def final_rows(folder: OutputFolder) -> Iterator[dict[str, Any]]:
    """Yield one row per article that was decided, by id, with the `FIELDS`.

    Raises ManifestError where nothing is published, and where the rows contradict each other: an article that lies in
    `articles` twice, or one that is kept and is not there.
    """
    last: dict[str, _Final] = {}
    names: dict[str, tuple[str, str]] = {}
    written: set[str] = set()
    streamed = grows(folder)
    for file in published_files(folder):
        if file.table not in ("articles", "duplicates", "decisions"):
            continue
        for row in read_rows(io.BytesIO(folder.read(file.path)), file.table):
            article_id = row["article_id"]
            if file.table == "decisions":
                known = last.get(article_id)
                if known is None or row["revision"] > known.revision:
                    last[article_id] = _decided(row, known)
                elif known.similarity is None:
                    last[article_id] = known._replace(similarity=row["similarity"])
                continue
            if file.table == "articles":
                if article_id in written:
                    raise ManifestError(f"{folder.root}: article {article_id} lies in articles twice")
                written.add(article_id)
            elif row["relation"] == "repeat":
                continue
            names[article_id] = (row["source"], row["title"])
            if not streamed:
                last[article_id] = _of_batch(file.table, row)
    for article_id, final in sorted(last.items()):
        if final.kept and article_id not in written:
            raise ManifestError(f"{folder.root}: article {article_id} is kept and is not in articles")
        source, title = names.get(article_id, ("", ""))
        yield {"article_id": article_id, **final._asdict(), "source": source, "title": title}


def _decided(row: dict[str, Any], known: _Final | None) -> _Final:
    similarity = row["similarity"]
    if similarity is None and known is not None and not row["kept"]:
        similarity = known.similarity  # only the root has changed
    values = {name: row[name] for name in _Final._fields}
    return _Final(**{**values, "similarity": similarity})


def _of_batch(table: str, row: dict[str, Any]) -> _Final:
    if table == "articles":
        return _Final(True, "", "", row["article_id"], row["article_id"], None, 1)
    return _Final(
        False,
        row["relation"],
        row["parent_id"],
        row["root_id"],
        row["canonical_id"] or row["root_id"],
        row["similarity"],
        1,
    )


def print_final(
    path: str, *, as_jsonl: bool, limit: int | None, fields: list[str] | None, out: TextIO
) -> None:
    """Print the fold of the output folder at `path`, as JSON Lines or as a table. Raises RunFailed, ManifestError."""
    unknown = [field for field in fields or () if field not in FIELDS]
    if unknown:
        raise RunFailed(
            ExitCode.USAGE, f"--fields: there is no {', '.join(unknown)}; there are {', '.join(FIELDS)}"
        )
    rows = list(final_rows(OutputFolder(path)))
    shown = rows[:limit]
    if as_jsonl:
        out.writelines(json_line(row, fields) + "\n" for row in shown)
        return
    width = None if out.isatty() else 160
    Console(file=out, highlight=False, width=width).print(row_table(shown, fields or list(FIELDS)))
    kept = sum(row["kept"] for row in rows)
    Console(stderr=True, highlight=False).print(
        f"{len(shown):,} of {len(rows):,} articles: {kept:,} kept, {len(rows) - kept:,} dropped", style="dim"
    )
