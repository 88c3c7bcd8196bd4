r"""What flows between the stages: one frozen dataclass per thing, standard library only.

Conventions that hold for every element here:

* Times are microseconds since 1970-01-01T00:00:00Z (`_us`), never naive, `None` when unknown.
* A `Span` is a half-open range of **code points** of `Article.text`; `text[start:end]` is the surface form.
* `Article.text` is the original decoded text and is never overwritten: for a text file the whole file,
  for structured inputs `title + "\n\n" + body` (the body alone where there is no title).
"""

import dataclasses
import hashlib
from typing import NamedTuple

from schemas.news import NO_NEWS, News

__all__ = [
    "Article",
    "ArticleBatch",
    "DeadLetter",
    "Decision",
    "Duplicate",
    "Filtered",
    "InputFile",
    "NormalizedArticle",
    "Origin",
    "RawRecord",
    "Relation",
    "Span",
    "Tag",
    "TaggedArticle",
    "TaggedBatch",
    "WrittenFile",
    "article_id",
]


class Span(NamedTuple):
    """A half-open range of code points of `Article.text`."""

    start: int
    end: int


class Origin(NamedTuple):
    """Where a record was read: `(uri, index)` names one record of the whole run.

    `index` counts the records of a file from 0 (dead letters of the reader count too); `offset` is the
    byte position of the record in the decompressed file, or the 0-based row where bytes mean nothing
    (CSV rows, feed items, Avro rows). For messages `uri` is `subscription#message-id`.
    """

    uri: str
    index: int  # type: ignore[assignment]  # the number of the record; tuple.index is of no use here
    offset: int


@dataclasses.dataclass(frozen=True)
class RawRecord:
    """One record as it was read, before anybody understood it.

    `form` is `text` (a whole text file) or `json` (one JSON object: a JSON line, an array element, or a
    CSV row, feed item or Avro row rewritten as JSON). `encoding` is the Python codec of `payload`.
    `field_map` names the map to read a `json` record by; "" lets the parser choose by the keys.
    """

    payload: bytes
    form: str
    encoding: str
    field_map: str
    origin: Origin


@dataclasses.dataclass(frozen=True)
class Article:
    """A parsed article. `text` is the original; title, body, paragraphs and sub-heads are places in it.

    `display` is the repaired text for readers (references read, damage undone …), None where it differs from
    `text` in white space only. `news` is what it says as a piece of news. `flags` is a sorted tuple from the closed set `transforms.core.parse.FLAGS`.
    """

    article_id: str
    source: str
    url: str
    text: str
    title: Span
    body_start: int
    paragraphs: tuple[Span, ...]
    subheads: tuple[Span, ...]
    author: str
    published_us: int | None
    crawled_us: int | None
    language: str
    flags: tuple[str, ...]
    origin: Origin
    display: str | None = None
    news: News = NO_NEWS

    @property
    def event_us(self) -> int | None:
        """When it happened to the reader: publication if known, else crawl, else None."""
        return self.crawled_us if self.published_us is None else self.published_us

    @property
    def title_text(self) -> str:
        """The title as it stands in the text ("" where there is none)."""
        return self.text[self.title.start : self.title.end]

    @property
    def body(self) -> str:
        """The text from `body_start` on."""
        return self.text[self.body_start :]


@dataclasses.dataclass(frozen=True)
class NormalizedArticle:
    """An article with what matching needs of its folded text.

    The folded text itself is not carried: recomputing it costs less than shuffling it.
    `digest` is the 128-bit blake2b of the `dedup` text of the body, `tokens` its number of words,
    `rules_version` names the normalisation profile that made both.
    """

    article: Article
    digest: bytes
    tokens: int
    rules_version: str


@dataclasses.dataclass(frozen=True)
class ArticleBatch:
    """Articles that survived deduplication and will lie in the same output file, in file order.

    `partition` is the encoded folder (`date=2016-03-27/source=afp`), `shard` the file within it.
    """

    partition: str
    shard: int
    articles: tuple[NormalizedArticle, ...]


@dataclasses.dataclass(frozen=True)
class Duplicate:
    """A record that was dropped because an earlier one says the same; the evidence stands in it.

    `relation` is `repeat` (the same article read again: parent is its own id), `exact` (another article with the
    same `dedup` text) or `near` (another article with nearly the same shingles; `similarity` is their exact Jaccard).
    `root_id` is reached by following parents; it is the article that is kept. `canonical_id` is chosen among all
    that share the root. `parent_from_index` and `root_from_index` tell that an earlier run has read the article.
    `sample` are a few runs of words that both texts have.
    """

    article_id: str
    parent_id: str
    root_id: str
    canonical_id: str
    relation: str
    similarity: float
    containment: float
    shared_shingles: int
    shingles: int
    parent_shingles: int
    sample: tuple[str, ...]
    parent_from_index: bool
    root_from_index: bool
    source: str
    url: str
    title: str
    event_us: int | None
    parent_us: int | None
    parent_origin: Origin
    threshold: float
    horizon_days: int
    rules_version: str
    origin: Origin


@dataclasses.dataclass(frozen=True)
class Relation:
    """Two articles that have to do with each other; neither is dropped by it. Read it as a sentence: article, relation, other.

    `updated_version`: the same canonical URL with an earlier text; `version` counts the texts. `similar`: near, but not
    near enough, or kept apart by the template guard (`blocked`). `contains`, `contained_in`: most of the one text
    stands in the other. `superseded_by`: what was canonical of its cluster in an earlier run no longer is.
    `own_words` and `other_words` count repeated words (stems) that the other text lacks.
    """

    article_id: str
    other_id: str
    relation: str
    version: int
    root_id: str
    other_root_id: str
    jaccard: float
    containment: float
    shared_shingles: int
    shingles: int
    other_shingles: int
    own_words: int
    other_words: int
    blocked: bool
    sample: tuple[str, ...]
    source: str
    url: str
    title: str
    event_us: int | None
    other_us: int | None
    other_origin: Origin
    threshold: float
    horizon_days: int
    rules_version: str
    origin: Origin


@dataclasses.dataclass(frozen=True)
class Decision:
    """What a stream has decided about one article; of several the last counts: by `decided_on`, then by `revision`.

    `decided_on` is the day of arrival (days since 1970-01-01 UTC). `revision` rises from 1 per article; for one that comes
    again after it was forgotten, which is more than `held_days` after it was last seen, it begins anew. An article whose
    earlier copy arrives later is decided anew: what was kept may be dropped, and a parent or root may become an earlier
    one; nothing that was dropped is ever kept again while it is remembered. `relation` is "" (kept), `exact` or `near`; a
    kept article is its own root and has no parent. `similarity` is the exact Jaccard similarity to the parent, None where
    this revision compared nothing (kept, or only the root has changed). `version` counts the texts of its URL.
    `unchecked` tells that the article came so late that the index had forgotten some of those it could be a copy of.
    """

    article_id: str
    revision: int
    kept: bool
    relation: str
    parent_id: str
    root_id: str
    canonical_id: str
    similarity: float | None
    version: int
    unchecked: bool
    event_us: int | None
    parent_us: int | None
    origin: Origin
    decided_on: int
    held_days: int


@dataclasses.dataclass(frozen=True)
class Tag:
    """One tag with its evidence. `value` is the surface form `text[start:end]`, clitics left out.

    `kind` is `place`, `person`, `organisation`, `event`, `topic`, `keyphrase` or what a user's rule says; `type` says
    more of it (`city`, `ministry`), or is "". Mentions of one thing in an article are tags of their own with
    the same `entity` number. A topic is said of the whole article: its `start` and `end` are None and its
    `value` is the label. `lat` and `lon` are degrees (WGS 84), None where unknown. `score` is 0 to 1.
    `provenance` is `gaz:<name>@<version>`, `rule:<id>` or `model:<name>@<sha>`.
    """

    kind: str
    type: str
    value: str
    canonical: str
    code: str
    country: str
    lat: float | None
    lon: float | None
    score: float
    start: int | None
    end: int | None
    provenance: str
    entity: int


@dataclasses.dataclass(frozen=True)
class TaggedArticle:
    """A normalised article and its tags, sorted by place in the text."""

    article: NormalizedArticle
    tags: tuple[Tag, ...]


@dataclasses.dataclass(frozen=True)
class TaggedBatch:
    """An `ArticleBatch` after tagging, in the same order."""

    partition: str
    shard: int
    articles: tuple[TaggedArticle, ...]


@dataclasses.dataclass(frozen=True)
class DeadLetter:
    """A record that cannot be processed: the whole payload goes with it, so that it can be replayed.

    `payload_bytes` is the full size; `payload` is shorter only where the record broke the size limit.
    """

    stage: str
    reason: str
    detail: str
    payload: bytes
    payload_bytes: int
    origin: Origin


@dataclasses.dataclass(frozen=True)
class Filtered:
    """A well-formed record that is out of scope, with the reason (empty body, not Arabic, outside the dates)."""

    stage: str
    reason: str
    detail: str
    article_id: str
    source: str
    url: str
    title: str
    event_us: int | None
    language: str
    origin: Origin


@dataclasses.dataclass(frozen=True)
class InputFile:
    """What was read of one input file: the left side of the accounting.

    `records` counts everything that came out of it: records and dead letters of the reader.
    `size_bytes` is the stored size, `read_bytes` the decompressed size.
    """

    uri: str
    size_bytes: int
    read_bytes: int
    compression: str
    form: str
    encoding: str
    records: int
    blank_lines: int


@dataclasses.dataclass(frozen=True)
class WrittenFile:
    """One finished data file. `path` is relative to the output folder, `sha256` over its bytes (hex).

    `tallies` are (field, value, rows) for the report: how often each source, reason, tag … stands in it.
    """

    path: str
    table: str
    rows: int
    size_bytes: int
    sha256: str
    schema_fingerprint: str
    tallies: tuple[tuple[str, str, int], ...]


def article_id(source: str, canonical_url: str, text: str) -> str:
    """Return the id of an article: 128-bit blake2b of source, canonical URL (or "") and text, as hex.

    The fields are length-prefixed, so that no two different triples share an input.
    Lone surrogates are refused by the parser; here they are hashed as they stand, so it never raises.
    """
    digest = hashlib.blake2b(digest_size=16)
    for field in (source, canonical_url, text):
        data = field.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
