"""Why a record leaves the road: the closed sets of reasons, and the two exceptions that carry them."""

from schemas.elements import Article

__all__ = ["DEAD_LETTER_REASONS", "FILTER_REASONS", "ArticleError", "OutOfScope"]

_LONGEST_DETAIL = 500

#: Records that cannot be processed. Reason -> what it means, in words for the report.
DEAD_LETTER_REASONS: dict[str, str] = {
    # read: the file
    "unreadable_file": "the file could not be opened or read",
    "empty_file": "the file has no bytes and the config refuses empty files",
    "unknown_form": "the content is no form that warraq reads",
    "truncated_file": "the file ends in the middle of a record or of its compression",
    "corrupt_file": "the compressed or container data is damaged",
    "file_changed": "the file was written to while it was read",
    "decompression_bomb": "the file grows beyond the allowed expansion",
    "unsafe_avro": "the Avro file could harm the reader (recursive schema, huge counts, unknown codec)",
    "unsafe_xml": "the XML declares a DOCTYPE or is nested too deeply",
    # read or parse: the record
    "record_too_large": "the record is larger than read.max_record_bytes",
    "undecodable": "the bytes are not valid in the encoding of the file",
    "bad_json": "the record is no valid JSON",
    "bad_csv": "the row does not fit the header or its quotes do not close",
    "bad_avro": "the Avro row does not decode",
    "bad_xml": "the XML is not well-formed",
    "not_an_object": "the JSON value is not an object",
    "unmapped_record": "no field map fits the keys of the record",
    "bad_field": "a field has a value of the wrong type",
    "lone_surrogate": "the text holds half of a surrogate pair",
    "no_article_in_page": "no article could be found in the web page",
    "no_page_reader": "web pages are read with the extra html (pip install warraq[html])",
    # any stage
    "bug": "warraq itself failed on this record",
}

#: Well-formed records that are out of scope. Reason -> what it means.
FILTER_REASONS: dict[str, str] = {
    "empty_body": "the article has no body",
    "not_arabic": "the article is not in a wanted language",
    "outside_dates": "the article's day is outside the wanted range",
}


def _check(reason: str, known: dict[str, str]) -> None:
    if reason not in known:
        raise ValueError(f"{reason!r} is no reason of the closed set {', '.join(known)}")


def _printable(detail: str) -> str:
    """Return a detail that can be written: no half surrogate pairs, and short, for the payload is beside it."""
    return detail[:_LONGEST_DETAIL].encode("utf-8", "backslashreplace").decode("utf-8")


class ArticleError(Exception):
    """Bad data: the record becomes a dead letter. `reason` is a key of `DEAD_LETTER_REASONS`."""

    def __init__(self, reason: str, detail: str) -> None:
        _check(reason, DEAD_LETTER_REASONS)
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = _printable(detail)


class OutOfScope(Exception):  # noqa: N818 (not an error: the record is well-formed)
    """A well-formed article that nobody asked for. `reason` is a key of `FILTER_REASONS`."""

    def __init__(self, reason: str, detail: str, article: Article) -> None:
        _check(reason, FILTER_REASONS)
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = _printable(detail)
        self.article = article
