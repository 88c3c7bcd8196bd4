"""What a text says as a piece of news: one pass over its lexemes by each grammar, each knowing what the others found."""

import dataclasses
import datetime

from schemas.news import News
from transforms.core.boilerplate import find_boilerplate
from transforms.core.briefs import find_briefs, is_truncated
from transforms.core.byline_parts import BylineLexicon
from transforms.core.bylines import read_byline
from transforms.core.dates import dated_spans, find_dates
from transforms.core.figures import find_figures
from transforms.core.lexemes import read_lexemes
from transforms.core.outlets import country_of
from transforms.core.publication import estimate_day
from transforms.core.quotes import claimants, find_quotes, speaker_at
from transforms.core.structure import Layout
from transforms.core.takes import read_heading, story_key

__all__ = ["NO_NAMES", "Printed", "read_news"]

#: Who counts is told of these; distances and prices have nobody.
_CLAIMED = frozenset(("casualty", "count", "unquantified", "percent", "money"))
NO_NAMES = BylineLexicon()


@dataclasses.dataclass(frozen=True)
class Printed:
    """A text with what its record says about it; days are those where it was told, `country` is the source's (alpha-2)."""

    text: str
    layout: Layout
    author: str
    source: str
    url: str
    country: str
    published: datetime.date | None
    crawled: datetime.date | None


def read_news(printed: Printed, names: BylineLexicon = NO_NAMES) -> News:
    """Return what a text says; `names` are persons and cities to know. Never raises; linear in the text's length."""
    text, layout = printed.text, printed.layout
    lexemes = read_lexemes(text)
    byline, dateline = read_byline(printed.author, lexemes, layout.body_start, printed.source, names)
    heading = read_heading(text, layout.title)
    reference = estimate_day(
        lexemes,
        printed.published,
        printed.crawled,
        (dateline.start, dateline.end),
        printed.url,
    )
    dates = find_dates(lexemes, reference)
    figures = find_figures(lexemes, printed.country or country_of(printed.source), dated_spans(dates))
    quotes = find_quotes(lexemes, names.names)
    if any(figure.kind in _CLAIMED for figure in figures):
        statements = claimants(lexemes, quotes, names.names)
        starts = [statement.start for statement in statements]
        figures = tuple(
            figure._replace(claimant=speaker_at(statements, starts, figure.start))
            if figure.kind in _CLAIMED
            else figure
            for figure in figures
        )
    return News(
        byline=byline,
        section=heading.section,
        published_day="" if reference.day is None else reference.day.isoformat(),
        published_by=reference.provenance,
        dates=dates,
        figures=figures,
        quotes=quotes,
        boilerplate=find_boilerplate(lexemes, layout.body_start, layout.paragraphs, dateline),
        briefs=find_briefs(lexemes, layout.title, layout.body_start, layout.paragraphs),
        take=heading.take,
        story_id=story_key(printed.source, heading.stem) if heading.section or heading.take else "",
        truncated=is_truncated(text),
    )
