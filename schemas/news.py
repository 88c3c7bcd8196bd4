"""What a text says as a piece of news: dates, figures, quotes, byline. Part of `schemas.elements.Article`.

Places are half-open ranges of code points of `Article.text`, as everywhere; -1 stands for "nowhere".
"""

import dataclasses
from typing import NamedTuple

__all__ = ["NO_BYLINE", "NO_NEWS", "Boilerplate", "Byline", "DateMention", "Figure", "News", "Quote"]


class DateMention(NamedTuple):
    """A time expression of a text.

    `kind` is `date`, `duration`, `set` (every Sunday) or `time` (of day). `written` is what the words say by
    themselves, in the notation of `transforms.core.dates` (`-08-26`, `h1436-10-08`, `rel-1 TUE`). `value` is
    ISO 8601 in the Gregorian calendar, resolved against the publication day where that is needed and known:
    a day, a month, a year, `start/end`, or a duration (`P3W`); as partial as `written` where it is not, "" where
    nothing can be said. `calendar` is `gregorian`, `hijri` or "" (no calendar named: today, Sunday, three weeks).
    `conflict` tells that two dates given as the same are not.
    """

    start: int
    end: int
    kind: str
    value: str
    written: str
    calendar: str
    relative: bool
    approximate: bool
    conflict: bool


class Figure(NamedTuple):
    """A number of a text with what it counts or measures.

    `value` is the number, or the lower end of a range whose upper end is `high` (None: no range). `kind` is
    `casualty`, `money`, `percent`, `measure`, `duration`, `count` or `unquantified` (tens, hundreds: `value` is
    the least that the word can mean). `unit` is `killed`, `injured`, `arrested`, `displaced`, `missing`; an ISO 4217
    code (two with `|` where the country is open); `%`; a unit code (km, ha, t, year); or `person`, `items` ...
    `bound` is "" (exact), `about`, `at_least` or `at_most`. `noun` is what is counted, as written ("" where
    nothing is named). `claimant` is who says so, as written, "" where nobody is named.
    """

    start: int
    end: int
    kind: str
    value: float
    high: float | None
    unit: str
    bound: str
    noun: str
    claimant: str


class Quote(NamedTuple):
    """Words in quotation marks that somebody says; the span lies within the marks.

    `speaker` is the person or role with the fullest name that the text gives him ("" where nobody is found),
    `speaker_start` and `speaker_end` the place where he is named for this quote (-1, -1 if nowhere). `verb` is the
    speech verb in search form, "" where there is none. `confidence` is 0 to 1.
    """

    start: int
    end: int
    speaker: str
    speaker_start: int
    speaker_end: int
    verb: str
    confidence: float


class Boilerplate(NamedTuple):
    """A part of the text that is not the article's own: it stays in `text`, and is left out of `dedup` text.

    `kind` is from the closed set `transforms.core.boilerplate.KINDS`.
    """

    start: int
    end: int
    kind: str


class Byline(NamedTuple):
    """Who wrote an article, where, for whom.

    `cities` and `authors` are as written; `agencies` are codes (`AFP`, `SPA`; `agencies` where the text names
    none), in the order credited; `outlet` is as written; `role` is what the byline says of its author (`writer`,
    `opinion`, `photographer`, `translator`, `editorial` ...), "" where it says nothing. `evidence` tells where it
    was read: `author` (the field), `lead`, `dateline`, `credit_line`, `self_reference`, in this order, with `+` between.
    `start` and `end` are the place of a byline that is printed in the text, (-1, -1) where there is none.
    """

    authors: tuple[str, ...]
    cities: tuple[str, ...]
    agencies: tuple[str, ...]
    outlet: str
    role: str
    evidence: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class News:
    """What a text says as a piece of news. All mentions are in order of their place in the text.

    `published_day` (YYYY-MM-DD or "") is the day that relative dates are resolved against, `published_by` where it
    is known from: `record`, `dateline`, `weekday`, `url`, `crawl`, "". `section` is the printed section («رياضي /»).
    `take` is 1 for the first of several takes of one story, 2 for the next; 0 where the text is no take; takes
    of one story share `story_id` ("" for others). `briefs` are the places of the stories of a round-up, `truncated`
    tells that the text ends in the middle.
    """

    byline: Byline
    section: str
    published_day: str
    published_by: str
    dates: tuple[DateMention, ...]
    figures: tuple[Figure, ...]
    quotes: tuple[Quote, ...]
    boilerplate: tuple[Boilerplate, ...]
    briefs: tuple[tuple[int, int], ...]
    take: int
    story_id: str
    truncated: bool


NO_BYLINE = Byline((), (), (), "", "", "", -1, -1)
#: A text that says nothing as news: what an article has before it is read.
NO_NEWS = News(NO_BYLINE, "", "", "", (), (), (), (), (), 0, "", truncated=False)
