"""The text of a record that a row speaks of, what normalising changed in it, and two of them word by word."""

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any

from pipelines.config_tree import Config, parse_plan
from schemas.elements import Article, DeadLetter, InputFile, RawRecord
from schemas.news import Boilerplate
from transforms.aids import load_aids
from transforms.core.boilerplate import KINDS, body_without
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.normalize import fold
from transforms.core.parse import parse
from transforms.core.profiles import Profile
from transforms.core.reading import read_records
from transforms.core.word_diff import diff_words, folded_words, written_words
from transforms.files import open_raw

__all__ = ["ReadText", "compare_texts", "normalisation", "read_again", "text_of_row"]

_SAMPLE_WORDS = 25
_SHOWN_GONE = 3


@dataclasses.dataclass(frozen=True)
class ReadText:
    """A text as it was read, with what comparing it needs. `known_from` is `articles` or `input`."""

    text: str
    display: str | None
    body_start: int
    boilerplate: tuple[Boilerplate, ...]
    flags: tuple[str, ...]
    source: str
    title: str
    known_from: str

    @property
    def compared(self) -> str:
        """The part of the text that is compared."""
        return body_without(self.text, self.body_start, self.boilerplate)


def text_of_row(row: Mapping[str, Any]) -> ReadText:
    """Return the text that a row of `articles` holds."""
    return ReadText(
        text=row["text"],
        display=row["display"],
        body_start=row["body_start"],
        boilerplate=tuple(Boilerplate(**part) for part in row["boilerplate"]),
        flags=tuple(row["flags"]),
        source=row["source"],
        title=row["title"],
        known_from="articles",
    )


def read_again(origin: Mapping[str, Any], article_id: str, config: Config) -> ReadText | str:
    """Return the text of the record at `origin`, read anew; or why it is not to be had, as a sentence."""
    uri, index = origin["uri"], origin["index"]
    try:
        stream = open_raw(uri)
    except (OSError, ValueError) as error:
        return f"{uri} cannot be read any more: {error}"
    with stream:
        pieces = read_records(stream, uri, -1, config.read)
        piece = next((p for p in pieces if not isinstance(p, InputFile) and p.origin.index == index), None)
    if piece is None:
        return f"{uri} has no record #{index} any more"
    if isinstance(piece, DeadLetter):
        return f"{uri}#{index} is damaged now: {piece.reason}: {piece.detail}"
    try:
        article = _parse(piece, config)
    except ArticleError as error:
        return f"{uri}#{index} is no article any more: {error.reason}: {error.detail}"
    if article.article_id != article_id:
        return (
            f"{uri}#{index} now gives another article, {article.article_id}: the file has changed,"
            " or the run had another configuration (--config)"
        )
    return ReadText(
        text=article.text,
        display=article.display,
        body_start=article.body_start,
        boilerplate=article.news.boilerplate,
        flags=article.flags,
        source=article.source,
        title=article.title_text,
        known_from="input",
    )


def _parse(record: RawRecord, config: Config) -> Article:
    try:
        return parse(record, parse_plan(config), load_aids(config.scope.language_model))
    except OutOfScope as error:
        return error.article


def normalisation(read: ReadText, profile: Profile) -> dict[str, Any]:
    """Return what repairing and folding made of a text, and what was left out of comparison."""
    folded = fold(read.compared, profile).text
    words = folded.split()
    return {
        "repairs": _repairs(read),
        "boilerplate": [
            {
                "kind": part.kind,
                "meaning": KINDS.get(part.kind, ""),
                "text": read.text[part.start : part.end].strip(),
            }
            for part in read.boilerplate
        ],
        "words": len(words),
        "sample": " ".join(words[:_SAMPLE_WORDS]),
    }


def _repairs(read: ReadText) -> list[dict[str, Any]]:
    """Return the runs of words that readers see otherwise than they were written."""
    if read.display is None:
        return []
    repairs = []
    for run in diff_words(written_words(read.text), written_words(read.display)):
        if not run.same:
            text, display = read.text[slice(*run.own)], read.display[slice(*run.other)]
            gone = [
                _name(letter)
                for letter in dict.fromkeys(text)
                if letter not in display and not letter.isspace()
            ]
            repairs.append({"text": text, "display": display, "gone": gone[:_SHOWN_GONE]})
    return repairs


def _name(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()


def compare_texts(earlier: ReadText, later: ReadText, profile: Profile) -> dict[str, Any]:
    """Return the compared parts of two texts as runs of words, as written: shared, or differing between the two."""
    mine, theirs = folded_words(earlier.compared, profile), folded_words(later.compared, profile)
    runs = diff_words(mine, theirs)
    return {
        "shared_words": sum(run.own_words for run in runs if run.same),
        "earlier_words": len(mine.keys),
        "later_words": len(theirs.keys),
        "earlier_from": earlier.known_from,
        "later_from": later.known_from,
        "runs": [
            {
                "same": run.same,
                "earlier": mine.text[slice(*run.own)],
                "later": theirs.text[slice(*run.other)],
                "earlier_words": run.own_words,
                "later_words": run.other_words,
            }
            for run in runs
        ],
    }
