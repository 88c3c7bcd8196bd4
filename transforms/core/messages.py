"""Messages of a queue to raw records, and articles to messages.

A message is one article. The attribute `content_type` tells its form; without it the content does:

* `application/json`: one JSON object, read by a field map as a JSON line of a file is.
* `text/plain`, with `charset=` or without: the text, title first, as a text file is.
* `application/vnd.warraq+avro`: an article that warraq wrote, as `core.single_object` has it.

The attributes `source`, `url`, `published` and `title` fill what the body lacks. Where both say something the body
holds, and the contradiction is told. Other attributes mean nothing here.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from schemas.avro import to_record
from schemas.elements import DeadLetter, Origin, RawRecord, TaggedArticle
from transforms.core.encoding import SAMPLE_BYTES, Detected, decode, detect
from transforms.core.errors import ArticleError
from transforms.core.forms import recognise
from transforms.core.mapping import FieldMap, Fields, apply_map, choose_map
from transforms.core.markup import html_to_text
from transforms.core.pieces import HEAD_BYTES, too_large
from transforms.core.reading import ReadRules
from transforms.core.single_object import MARKER, open_single_object, single_object
from transforms.core.structure import lay_out_text
from transforms.core.times import parse_time
from transforms.core.urls import canonical_url

__all__ = [
    "AVRO",
    "JSON",
    "TEXT",
    "Message",
    "ReadMessage",
    "encode_message",
    "open_message",
    "origin_of",
    "read_message",
    "refused_message",
]

JSON = "application/json"
TEXT = "text/plain"
AVRO = "application/vnd.warraq+avro"
#: Attributes that say of the article what a body may leave out; they are also names of `Fields`.
_FILLING = ("source", "url", "published", "title")
#: IANA names of charsets, as `ReadRules.encoding` calls them.
_CHARSETS = {
    "utf-8": "utf-8",
    "us-ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16",
    "utf-16be": "utf-16",
    "windows-1256": "windows-1256",
    "iso-8859-6": "iso-8859-6",
}
_JSON_FORMS = ("lines", "values", "array")
#: A request to Pub/Sub has at most 10 MB, attributes and frame included, and a value 1,024 bytes.
_MAX_DATA_BYTES = 9_900_000
_MAX_VALUE_BYTES = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 16
_KNOWN = f"a message is one article as {JSON}, {TEXT} or {AVRO}"


@dataclasses.dataclass(frozen=True)
class Message:
    """A message as a queue delivers it.

    `subscription` is the full name of where it was read (of the topic where there is no other), `message_id` is ""
    where the queue gives none, `publish_us` is when the queue took it.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    publish_us: int
    subscription: str


class ReadMessage(NamedTuple):
    """The record in a message, and what became of the four filling attributes, by name and sorted.

    `filled` were put in; `contradicted` say something else than the body does and were left out.
    """

    record: RawRecord
    filled: tuple[str, ...]
    contradicted: tuple[str, ...]


class _Body(NamedTuple):
    payload: bytes
    form: str
    encoding: str
    field_map: str
    filled: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()


def read_message(message: Message, rules: ReadRules, maps: Mapping[str, FieldMap]) -> ReadMessage:
    """Return the record in a message, for the parser.

    `rules` are those of files: size, encoding of what names no charset, field map. `maps` are the field maps of the
    parser: a record whose gaps attributes fill is rewritten in the keys of the map `warraq`.
    Raises ArticleError and nothing else: `record_too_large`, `unknown_form` (no data, or of a type that is not
    read), `undecodable`, `bad_avro`. JSON that is none is passed on: the parser refuses it with its reason.
    """
    _check_size(message.data, rules)
    kind, rule = _kind_of(message, rules)
    given = {name: message.attributes.get(name, "").strip() for name in _FILLING}
    given = {name: value for name, value in given.items() if value}
    if kind == AVRO:
        body = _read_avro(message.data, given, rules)
    else:
        detected = _detect(message.data, rule)
        data, codec = message.data[detected.bom_bytes :], detected.codec or "utf-8"
        if kind == TEXT:
            body = _read_text(data, codec, given)
        else:
            body = _read_json(data, codec, "" if rules.field_map == "auto" else rules.field_map, given, maps)
    _check_size(body.payload, rules)
    record = RawRecord(body.payload, body.form, body.encoding, body.field_map, origin_of(message))
    return ReadMessage(record, body.filled, body.contradicted)


def origin_of(message: Message) -> Origin:
    """Return where a message was read: `subscription#message-id`.

    A message without an id is named by the 128-bit blake2b of its data and attributes.
    """
    name = message.message_id
    if not name:
        attributes = json.dumps(sorted(message.attributes.items()))
        name = hashlib.blake2b(message.data + attributes.encode("ascii"), digest_size=16).hexdigest()
    return Origin(f"{message.subscription}#{name}", 0, 0)


def refused_message(message: Message, error: ArticleError) -> DeadLetter:
    """Return the dead letter of a message that `read_message` refused: its data, with its attributes in the detail.

    The payload is cut (to 64 KiB) only for `record_too_large`.
    """
    known = [name for name in ("content_type", *_FILLING) if name in message.attributes]
    shown = ", ".join(f"{name}={message.attributes[name][:80]!r}" for name in known)
    detail = ArticleError(error.reason, f"{error.detail[:300]}; attributes: {shown or 'none'}").detail
    payload = message.data[:HEAD_BYTES] if error.reason == "record_too_large" else message.data
    return DeadLetter("read", error.reason, detail, payload, len(message.data), origin_of(message))


def open_message(
    message: Message, rules: ReadRules, maps: Mapping[str, FieldMap], on_bug: str
) -> ReadMessage | DeadLetter:
    """Return the record in a message, or the dead letter of a message that has none (see `read_message`).

    A bug of warraq's own is raised, or with `on_bug="set_aside"` becomes a dead letter too.
    """
    try:
        return read_message(message, rules, maps)
    except ArticleError as error:
        return refused_message(message, error)
    except Exception as error:
        if on_bug == "fail":
            raise
        return refused_message(message, ArticleError("bug", f"{type(error).__name__}: {error}"))


def _check_size(data: bytes, rules: ReadRules) -> None:
    if len(data) > rules.max_record_bytes:
        found = too_large(b"", len(data), rules.max_record_bytes, 0)
        raise ArticleError(found.reason, found.detail)


def _detect(data: bytes, rule: str) -> Detected:
    sample = data[:SAMPLE_BYTES]
    return detect(sample, complete=len(sample) == len(data), rule=rule)


def _kind_of(message: Message, rules: ReadRules) -> tuple[str, str]:
    """Return the content type of a message and the rule for its encoding."""
    if not message.data:
        raise ArticleError("unknown_form", "the message has no data")
    kind, _, parameters = message.attributes.get("content_type", "").lower().partition(";")
    kind = kind.strip()
    if kind not in ("", JSON, TEXT, AVRO):
        raise ArticleError("unknown_form", f"content_type {kind[:80]!r}; {_KNOWN}")
    rule = rules.encoding
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            charset = value.strip().strip("\"'")
            if charset not in _CHARSETS:
                detail = f"charset {charset[:40]!r} is not read; it may be {', '.join(_CHARSETS)}"
                raise ArticleError("undecodable", detail)
            rule = _CHARSETS[charset]
    return kind or _kind_by_content(message.data, rule), rule


def _kind_by_content(data: bytes, rule: str) -> str:
    if data.startswith(MARKER):
        return AVRO
    sample = data[:SAMPLE_BYTES]
    detected = _detect(data, rule)
    form = recognise("", sample, sample[detected.bom_bytes :].decode(detected.codec or "ascii", "replace"))
    if form in _JSON_FORMS:
        return JSON
    if form == "text":
        return TEXT
    looks = "are no text" if form == "unknown" else f"look like {form}, which is read from files only"
    raise ArticleError("unknown_form", f"the first bytes {data[:_SHOWN].hex(' ')} {looks}; {_KNOWN}")


def _read_text(data: bytes, codec: str, given: Mapping[str, str]) -> _Body:
    as_it_is = _Body(data, "text", codec, "")
    if not given:
        return as_it_is
    text = decode(data, codec)
    layout = lay_out_text(text)
    title, body = text[layout.title.start : layout.title.end], text[layout.body_start :]
    # The first line of a text is its title by custom only: where another is told, that line belongs to the body.
    if given.get("title", title) != title:
        title, body = "", text
    return _fill(as_it_is, {"title": title, "body": body}, given)


def _read_json(
    data: bytes, codec: str, field_map: str, given: Mapping[str, str], maps: Mapping[str, FieldMap]
) -> _Body:
    as_it_is = _Body(data, "json", codec, field_map)
    if not given:
        return as_it_is
    try:
        fields = _fields(decode(data, codec), field_map, maps)
    except (ArticleError, ValueError, RecursionError):
        return as_it_is  # the parser refuses it for the same cause, and says so
    return _fill(as_it_is, fields._asdict(), given)


def _fields(text: str, name: str, maps: Mapping[str, FieldMap]) -> Fields:
    """Return the fields of a JSON object as the parser reads them. Raises ArticleError, ValueError, RecursionError."""
    value: Any = json.loads(text)
    if not isinstance(value, dict):
        raise ArticleError("not_an_object", f"the message is a JSON {type(value).__name__}, not an object")
    field_map = maps[name or choose_map(value, maps)]
    fields = apply_map(value, field_map)
    if field_map.html:
        fields = fields._replace(body=html_to_text(fields.body), title=html_to_text(fields.title))
    return fields


def _read_avro(data: bytes, given: Mapping[str, str], rules: ReadRules) -> _Body:
    as_it_is = _Body(open_single_object(data, rules.max_record_bytes), "json", "utf-8", "warraq")
    return _fill(as_it_is, json.loads(as_it_is.payload), given) if given else as_it_is


def _fill(body: _Body, record: Mapping[str, Any], given: Mapping[str, str]) -> _Body:
    """Return the body as it is where nothing is lacking, else as `record` with what it lacks of `given`.

    `record` has the keys of the map `warraq`, which are the names of `Fields`.
    """
    lacking = [name for name in sorted(given) if _is_blank(record.get(name))]
    against = [
        name for name in sorted(given) if name not in lacking and not _same(name, record[name], given[name])
    ]
    if not lacking:
        return body._replace(contradicted=tuple(against))
    filled = {**record, **{name: given[name] for name in lacking}}
    payload = json.dumps(filled, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return _Body(payload, "json", "utf-8", "warraq", tuple(lacking), tuple(against))


def _is_blank(value: Any) -> bool:
    return value is None or str(value).strip() == ""


def _same(name: str, said: Any, given: str) -> bool:
    """Tell whether a field of the body and an attribute mean the same."""
    if str(said).strip() == given:
        return True
    if name == "url":
        return canonical_url(str(said).strip()) == canonical_url(given)
    if name != "published":
        return False
    try:
        return parse_time(said, "UTC").us == parse_time(given, "UTC").us
    except ValueError:
        return False


def encode_message(tagged: TaggedArticle, config_sha256: str) -> tuple[bytes, dict[str, str]]:
    """Return a tagged article as the data and attributes of a message that `read_message` reads again.

    Attributes, for filters of subscriptions: `content_type`, `article_id`, `source`, `language` and `published`
    (RFC 3339, UTC); what is empty or longer than 1,024 bytes is left out, since the body has it all.
    Raises ArticleError `record_too_large` for more than the 9.9 MB that go into a message.
    """
    article = tagged.article.article
    data = single_object(to_record("articles", tagged, config_sha256))
    if len(data) > _MAX_DATA_BYTES:
        detail = f"{len(data)} bytes as a message, {_MAX_DATA_BYTES} are allowed"
        raise ArticleError("record_too_large", detail)
    attributes = {
        "content_type": AVRO,
        "article_id": article.article_id,
        "source": article.source,
        "language": article.language,
        "published": _rfc3339(article.published_us),
    }
    return data, {name: value for name, value in attributes.items() if 0 < _size(value) <= _MAX_VALUE_BYTES}


def _size(value: str) -> int:
    return len(value.encode("utf-8", "surrogatepass"))


def _rfc3339(us: int | None) -> str:
    if us is None:
        return ""
    return (_EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
