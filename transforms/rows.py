"""MakeRows, RowsToRecords: between the elements of warraq and Beam's rows with a schema.

Beam SQL, Beam YAML and data frames want rows. They stand at the borders only: between the stages flow frozen
dataclasses, which a row in another process would not be any more.
"""

import dataclasses
import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.row_type import RowTypeConstraint
from apache_beam.typehints.schemas import named_fields_from_element_type
from apache_beam.utils.timestamp import Timestamp

from schemas.elements import (
    Article,
    ArticleBatch,
    DeadLetter,
    NormalizedArticle,
    RawRecord,
    TaggedArticle,
    TaggedBatch,
)
from transforms.composite import Composite
from transforms.core.flat_rows import VIEWS, Columns, columns_of, element_of, flat_row
from transforms.core.mapping import READY_MAPS, FieldMap
from transforms.core.messages import JSON, Message, open_message, origin_of
from transforms.core.reading import ReadRules
from transforms.metrics import StageCounter

__all__ = [
    "FlattenElements",
    "MakeRows",
    "ReadRows",
    "RowDoors",
    "RowsToElements",
    "columns_there",
    "row_type",
]

#: The column of rows that hold a whole message, as Beam's sources of messages name it.
_PAYLOAD = "payload"
_ROWS = "rows"


def row_type(columns: Columns) -> RowTypeConstraint:
    """Return Beam's type of rows of these columns."""
    return RowTypeConstraint.from_fields(list(columns.items()))


def columns_there(elements: PCollection[Any]) -> tuple[str, ...]:
    """Return the names of the columns of a PCollection, () where its elements are no rows with a schema."""
    try:
        return tuple(name for name, _ in named_fields_from_element_type(elements.element_type))
    except (TypeError, ValueError):
        return ()


@dataclasses.dataclass(eq=False)
class MakeRows(Composite):
    """Make rows of articles: one per article (`articles`), or per `tags`, `dates`, `figures`, `quotes` in them.

    Takes articles at any stage after parsing, alone or in batches. Windows and timestamps stay; order means nothing.
    Columns are those of `transforms.core.flat_rows.VIEWS`. Raises ValueError for another view.
    """

    of: str = "articles"

    def expand(self, articles: PCollection[Any]) -> PCollection[Any]:
        """Return rows with a schema."""
        if self.of not in VIEWS:
            raise ValueError(f"of: {self.of!r} is no view; there are {', '.join(VIEWS)}")
        make = beam.ParDo(_MakeFn(self.of))
        make.label = "Make"
        return articles | make.with_output_types(row_type(VIEWS[self.of].columns))


class _MakeFn(beam.DoFn):
    def __init__(self, of: str) -> None:
        self._of = of

    def process(
        self, element: Article | NormalizedArticle | TaggedArticle | ArticleBatch | TaggedBatch
    ) -> Iterator[Any]:
        articles = element.articles if isinstance(element, ArticleBatch | TaggedBatch) else (element,)
        for article in articles:
            for row in VIEWS[self._of].rows(article):
                yield beam.Row(**row)


@dataclasses.dataclass(eq=False)
class FlattenElements(Composite):
    """Make a row of each element of a plain type: Duplicate, Relation, DeadLetter, Filtered, InputFile. Windows and timestamps stay."""

    element: type

    def expand(self, elements: PCollection[Any]) -> PCollection[Any]:
        """Return rows of the columns of the type (`transforms.core.flat_rows.columns_of`)."""
        flatten = beam.Map(_row)
        flatten.label = "Flatten"
        return elements | flatten.with_output_types(row_type(columns_of(self.element)))


def _row(element: Any) -> Any:
    return beam.Row(**flat_row(element))


@dataclasses.dataclass(eq=False)
class RowsToElements(Composite):
    """Make the elements again that `FlattenElements` made rows of. Raises KeyError in the run where a column lacks."""

    element: type

    def expand(self, rows: PCollection[Any]) -> PCollection[Any]:
        """Return elements of the type."""
        restore = beam.Map(_element, self.element)
        restore.label = "Restore"
        return rows | restore.with_output_types(self.element)


def _element(row: Any, element: type) -> Any:
    return element_of(element, row._asdict())


class RowDoors(NamedTuple):
    """What reading rows gives: records for the parser, and rows that are none."""

    records: PCollection[RawRecord]
    refused: PCollection[DeadLetter]


@dataclasses.dataclass(eq=False)
class ReadRows(Composite):
    """Make a record of each row.

    A row with the column `payload` is a message: that is the article (JSON, text, or warraq's Avro encoding, see
    `transforms.core.messages`), and its other columns of text are the message's attributes. Any other row is a record
    whose columns are the keys: a field map tells which is the body. A record's origin is `rows#ID`, with the value of
    `id_column` or, without one, a digest of the row; its `index` counts rows of the same. For that bounded rows are grouped by it;
    unbounded ones are not, and those of one id share an origin. Raises KeyError in the run where that column is not there.
    """

    rules: ReadRules = dataclasses.field(default_factory=ReadRules)
    field_maps: Mapping[str, FieldMap] = dataclasses.field(default_factory=lambda: READY_MAPS)
    on_bug: str = "fail"
    id_column: str = ""

    def expand(self, rows: PCollection[Any]) -> RowDoors:
        """Return records and dead letters."""
        read = beam.ParDo(_ReadFn(self.rules, self.field_maps, self.on_bug))
        read.label = "Read"
        messages = rows | "ToMessages" >> beam.Map(_message, self.id_column).with_output_types(Message)
        if rows.is_bounded:
            # Equal rows are two records (and one a repeat of the other), so they need two names.
            numbered = (
                messages
                | "KeyByOrigin" >> beam.Map(_keyed).with_output_types(tuple[str, Message])
                | "GroupSame" >> beam.GroupByKey()
                | "Number" >> beam.FlatMapTuple(_numbered).with_output_types(tuple[int, Message])
            )
        else:
            numbered = messages | "NumberNone" >> beam.Map(_unnumbered).with_output_types(tuple[int, Message])
        doors = numbered | read.with_output_types(RawRecord, refused=DeadLetter).with_outputs(
            "refused", main="records"
        )
        return RowDoors(doors.records, doors.refused)


def _message(row: Any, id_column: str) -> Message:
    """Return a row as the message that it holds, or as one that holds its columns as JSON."""
    columns = row._asdict()
    name = str(columns[id_column]) if id_column else ""
    if _PAYLOAD in columns:
        data = columns.pop(_PAYLOAD)
        data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data or b"")
        return Message(data, dict(_attributes(columns)), name, 0, _ROWS)
    text = json.dumps(_json_value(columns), ensure_ascii=False)
    return Message(text.encode("utf-8", "surrogatepass"), {"content_type": JSON}, name, 0, _ROWS)


def _attributes(columns: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the columns of text; a source of messages may also give all attributes in one column, as a map."""
    for name, value in columns.items():
        if isinstance(value, str) and value:
            yield name, value
        elif isinstance(value, Mapping):
            yield from _attributes(value)


def _json_value(value: Any) -> Any:
    """Return a value of a row as JSON has it: rows within it as objects, times as ISO 8601, bytes as text, NaN as null."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(name): _json_value(inner) for name, inner in value.items()}
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, Timestamp):
        return value.to_rfc3339()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or isinstance(value, str | int | float | bool):
        return None if value != value else value  # NaN: what data frames have in an empty cell
    return [_json_value(inner) for inner in value] if isinstance(value, Iterable) else str(value)


def _keyed(message: Message) -> tuple[str, Message]:
    return origin_of(message).uri, message


def _numbered(_: str, messages: Iterable[Message]) -> Iterator[tuple[int, Message]]:
    """Yield messages of one origin with a number each, in an order that no engine can change."""
    yield from enumerate(sorted(messages, key=lambda one: (one.data, sorted(one.attributes.items()))))


def _unnumbered(message: Message) -> tuple[int, Message]:
    return 0, message


class _ReadFn(beam.DoFn):
    def __init__(self, rules: ReadRules, field_maps: Mapping[str, FieldMap], on_bug: str) -> None:
        self._rules = rules
        self._field_maps = field_maps
        self._on_bug = on_bug
        self._counter = StageCounter("read")

    def process(self, numbered: tuple[int, Message]) -> Iterator[Any]:
        number, message = numbered
        self._counter.add("in")
        read = open_message(message, self._rules, self._field_maps, self._on_bug)
        row = read if isinstance(read, DeadLetter) else read.record
        row = dataclasses.replace(row, origin=row.origin._replace(index=number))
        if isinstance(row, DeadLetter):
            self._counter.add(f"refused_{row.reason}")
            yield TaggedOutput("refused", row)
            return
        self._counter.add("ok")
        yield row
