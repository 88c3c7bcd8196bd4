"""One input file, as bytes, to records: what it is, where its records begin, and what is wrong with it."""

import dataclasses
import re
from collections.abc import Iterator

from schemas.elements import DeadLetter, InputFile, Origin, RawRecord
from transforms.core.avro_container import MAGIC, read_avro
from transforms.core.compression import Source, Stream, strip_suffix
from transforms.core.csv_rows import read_rows, sniff_delimiter
from transforms.core.encoding import SAMPLE_BYTES, Detected, decode, detect
from transforms.core.errors import ArticleError
from transforms.core.feeds import read_items
from transforms.core.forms import describe, extension, recognise
from transforms.core.json_lines import read_lines
from transforms.core.json_values import read_values
from transforms.core.pieces import EXCERPT_BYTES, HEAD_BYTES, Flaw, Found, Piece, flaw, too_large
from transforms.core.settings import setting

__all__ = ["ReadRules", "read_records"]

_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class ReadRules:
    """How files are read. Sizes are bytes of decompressed data unless said otherwise."""

    max_record_bytes: int = setting(
        8 << 20, "Largest record; a longer one becomes a dead letter.", minimum=1024
    )
    max_expansion: int = setting(
        200,
        "A compressed file may grow by this factor (but always to 64 MiB) before it is refused.",
        minimum=2,
    )
    empty_files: str = setting(
        "note", "What a file of zero bytes is: noted in inputs/, or refused.", choices=("note", "refuse")
    )
    encoding: str = setting(
        "auto",
        "Encoding of text, JSON and CSV files.",
        choices=("auto", "utf-8", "utf-16", "windows-1256", "iso-8859-6"),
    )
    field_map: str = setting(
        "auto", "Name of the field map for structured records; auto chooses by the keys."
    )


def read_records(
    stream: Stream, uri: str, size_bytes: int, rules: ReadRules
) -> Iterator[RawRecord | DeadLetter | InputFile]:
    """Yield the records and dead letters of one file in file order, and last its `InputFile`.

    `stream` gives the stored bytes by `read(n)` and may raise OSError; `uri` names the file, and its
    extension helps where the content leaves a choice; `size_bytes` is the size as listed, negative where
    unknown. Compression is recognised by content. Never raises on bad data, whatever the bytes; memory
    stays within a few times `rules.max_record_bytes`.
    """
    name, suffix = strip_suffix(uri)
    source = Source(stream, suffix, size_bytes, rules.max_expansion)
    reading = _Reading(source, uri, extension(name), rules)
    index = blanks = 0
    for found in reading.found():
        if isinstance(found, Piece):
            payload, encoding, field_map, offset = found
            yield RawRecord(payload, reading.record_form, encoding, field_map, Origin(uri, index, offset))
        elif isinstance(found, Flaw):
            reason, detail, payload, payload_bytes, offset = found
            yield DeadLetter("read", reason, detail, payload, payload_bytes, Origin(uri, index, offset))
        else:
            blanks += found.lines
            continue
        index += 1
    stored = size_bytes if size_bytes >= 0 else source.stored
    yield InputFile(
        uri, stored, source.produced, source.compression, reading.form, reading.encoding, index, blanks
    )


class _Reading:
    """One file being read: what it was found to be, and the reader that fits."""

    def __init__(self, source: Source, uri: str, ending: str, rules: ReadRules) -> None:
        self._source = source
        self._uri = uri
        self._ending = ending
        self._rules = rules
        self.form = "unknown"
        self.record_form = "json"
        self.encoding = ""

    def found(self) -> Iterator[Found]:
        """Yield what the file holds."""
        source, rules = self._source, self._rules
        sample = source.peek(SAMPLE_BYTES)
        if not sample and source.fault is None:
            self.form = "empty"
            if rules.empty_files == "refuse":
                yield Flaw(
                    "empty_file", "the file holds no bytes; set read.empty_files to note it only", b"", 0, 0
                )
            return
        complete = len(sample) < SAMPLE_BYTES
        detected = detect(sample, complete=complete, rule=rules.encoding)
        if not detected.codec and (charset := _CHARSET.search(sample[:4096])):
            # A page of markup may have too few Arabic words to tell by; then it is believed.
            named = charset[1].decode("ascii").lower()
            if named in ("utf-8", "windows-1256", "iso-8859-6"):
                detected = detect(sample, complete=complete, rule=named)
        text = sample[detected.bom_bytes :].decode(detected.codec or "ascii", "replace")
        kind = recognise(self._ending, sample, text)
        if kind == "feed":
            yield from self._feed(sample, detected)
        elif kind == "avro":
            yield from self._avro(sample)
        elif kind == "unknown":
            yield from self._unknown(sample)
        else:
            yield from self._in_text(kind, detected, text)

    def _in_text(self, kind: str, detected: Detected, text: str) -> Iterator[Found]:
        source, limit = self._source, self._rules.max_record_bytes
        source.skip(detected.bom_bytes)
        # Where no encoding fits the whole, single records may still be good UTF-8.
        codec = detected.codec or "utf-8"
        self.encoding = detected.codec
        field_map = "" if self._rules.field_map == "auto" else self._rules.field_map
        found: Iterator[Found]
        if kind in ("text", "html"):
            self.form = self.record_form = kind
            found = _whole_text(source, codec, limit)
        elif kind == "lines":
            self.form = "json_lines"
            found = read_lines(source, codec, field_map, limit)
        elif kind == "csv":
            self.form = "csv"
            delimiter = "\t" if self._ending == "tsv" else sniff_delimiter(text.lstrip().partition("\n")[0])
            found = read_rows(source, codec, delimiter, field_map, limit)
        else:
            self.form = "json"
            found = read_values(source, codec, field_map, limit, array=kind == "array")
        return found if detected.codec else map(_decodable, found)

    def _feed(self, sample: bytes, detected: Detected) -> Iterator[Found]:
        self.form = "feed"
        declared = _DECLARED.match(sample)
        self.encoding = "utf-8" if declared is None else declared[1].decode("ascii").lower()
        if detected.bom_bytes or detected.codec.startswith("utf-16"):
            self.encoding = detected.codec
        override = None
        if self._rules.encoding != "auto" and not detected.bom_bytes:
            override = self._rules.encoding
            self.encoding = detected.codec
        return read_items(self._source, self._uri, override, self._rules.max_record_bytes)

    def _avro(self, sample: bytes) -> Iterator[Found]:
        if not sample.startswith(MAGIC) and not MAGIC.startswith(sample):
            return self._unknown(sample)
        self.form = "avro"
        rules = self._rules
        field_map = "" if rules.field_map == "auto" else rules.field_map
        return read_avro(self._source, field_map, rules.max_record_bytes, rules.max_expansion)

    def _unknown(self, sample: bytes) -> Iterator[Found]:
        if self._source.fault is not None:
            return self._source.flaws(sample[:EXCERPT_BYTES], len(sample), 0)
        return iter(
            [flaw(ArticleError("unknown_form", describe(sample, self._ending)), sample[:EXCERPT_BYTES], 0)]
        )


def _whole_text(source: Source, codec: str, limit: int) -> Iterator[Found]:
    parts: list[bytes] = []
    size = 0
    for chunk in source.chunks():
        if size <= limit:
            parts.append(chunk)
        size += len(chunk)
    payload = b"".join(parts)
    if size > limit:
        payload = payload[:HEAD_BYTES]
    if source.fault is not None:
        yield from source.flaws(payload, size, 0)
    elif size > limit:
        yield too_large(payload, size, limit, 0)
    else:
        yield Piece(payload, codec, "", 0)


def _decodable(found: Found) -> Found:
    if isinstance(found, Piece):
        try:
            decode(found.payload, found.encoding)
        except ArticleError as error:
            return flaw(error, found.payload, found.offset)
    return found
