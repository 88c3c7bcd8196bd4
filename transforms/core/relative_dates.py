"""Days, weeks and years told from the day of publication: weekdays, today and yesterday, last month, a year ago."""

from schemas.news import DateMention
from transforms.core.date_mentions import Read, mention
from transforms.core.date_words import AFTER, APPROXIMATE, BEFORE, CURRENT, TRIGGERS, UNITS, Unit
from transforms.core.durations import (
    HALVES,
    YEARS_OF,
    approximation_before,
    duration_mention,
    iso_length,
    read_duration,
)
from transforms.core.lexemes import Lexemes
from transforms.core.months import WEEKDAYS
from transforms.core.numerals import read_number
from transforms.core.partial_dates import shift
from transforms.core.publication import Reference
from transforms.core.recurring_dates import READERS
from transforms.core.weekdays import NAMES, resolve_weekday

__all__ = ["read_relative"]

#: Words after اليوم that make it a day of a story, not today.
_NOT_TODAY = frozenset({"الاخير", "الذي", "نفسه", "ذاته", "الوطني", "العالمي"})
#: Before اليوم: newspapers and a city of that name, and days of remembrance.
_PAPERS = frozenset(
    {"صحيفه", "جريده", "عين", "دار", "هذا", "ذلك", "نفس", "بهذا", "لهذا", "قناه", "المصري", "موقع", "اخبار"}
)


def read_relative(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read what begins at lexeme `index` by the kind of its trigger."""
    trigger = TRIGGERS[lexemes.words[index]]
    reader = _READERS.get(trigger.kind)
    return None if reader is None else reader(lexemes, index, reference)


def _weekday(lexemes: Lexemes, index: int, reference: Reference, start: int | None = None) -> Read | None:
    """Read a weekday, alone or last or next; `start` is a lexeme before it that belongs to it (يوم)."""
    words, size = lexemes.words, len(lexemes.words)
    trigger = TRIGGERS[words[index]]
    day = WEEKDAYS[trigger.bare]
    if index and words[index - 1] in ("صلاه", "خطبه", "سوره", "جبل", "وادي", "جامع", "مسجد", "بن"):
        return None
    last, direction = index, 0
    if index + 1 < size:
        after = words[index + 1]
        if after == "قبل" and index + 2 < size and words[index + 2] in BEFORE:
            last, direction = index + 2, -2
        elif after == "بعد" and index + 2 < size and words[index + 2] in AFTER:
            last, direction = index + 2, 2
        elif after in BEFORE:
            last, direction = index + 1, -1
        elif after in AFTER and after not in ("التالي", "اللاحق"):
            last, direction = index + 1, 1
    name = NAMES[day]
    written = name if not direction else f"{'last' if direction < 0 else 'next'} {name}"
    value = resolve_weekday(day, direction, reference)
    first = index if start is None else start
    clitic = TRIGGERS[words[first]].clitic if words[first] in TRIGGERS else 0
    return [mention(lexemes, first, last, written, value, clitic=clitic, relative=True)], last + 1


def _relative(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read اليوم, امس, امس الاول, غدا, with the weekday that may follow."""
    words, size = lexemes.words, len(lexemes.words)
    trigger = TRIGGERS[words[index]]
    before, after = words[index - 1] if index else "", words[index + 1] if index + 1 < size else ""
    last, offset, first, clitic = (
        index,
        {"اليوم": 0, "امس": -1, "الامس": -1}.get(trigger.bare, 1),
        index,
        trigger.clitic,
    )
    if trigger.bare == "اليوم":
        if after in _NOT_TODAY or before in _PAPERS or (after == "/" and not lexemes.spaced[index + 1]):
            return None
        if after == "التالي":
            return [mention(lexemes, index, index + 1, "next day", "", relative=True)], index + 2
        if after == "السابق":
            return [mention(lexemes, index, index + 1, "previous day", "", relative=True)], index + 2
        if after in CURRENT or after in BEFORE or after in AFTER:
            return None
    elif trigger.bare in ("غد", "غدا", "الغد"):
        if before == "بعد" or before == "وبعد":
            offset, first, clitic = 2, index - 1, len(before) - 3
        elif trigger.bare == "غد" and before not in ("يوم", "مساء", "صباح", "من"):
            return None
    elif after in ("الاول", "الاولي"):
        last, offset = index + 1, -2
    elif before == "اول":
        offset, first, clitic = -2, index - 1, 0
    elif before == "من" and index > 1 and words[index - 2] == "اول":
        offset, first, clitic = -2, index - 2, 0
    last, name = _weekday_after(lexemes, last)
    value = shift(reference.day, offset, "D") if reference.day else ""
    if name and offset < 0 and reference.day:
        # The weekday is printed, the day of publication may be estimated: the weekday decides.
        day = NAMES.index(name.strip())
        value = resolve_weekday(day, -1 if reference.day.isoweekday() == day else 0, reference)
    written = f"rel{offset}{name}"
    return [mention(lexemes, first, last, written, value, clitic=clitic, relative=True)], last + 1


def _weekday_after(lexemes: Lexemes, last: int) -> tuple[int, str]:
    """Return where the weekday after today or yesterday ends, امس (الاحد), and its short name with a blank before."""
    words, size = lexemes.words, len(lexemes.words)
    place = last + 1
    enclosed = place < size and words[place] == "("
    place += enclosed
    if place < size and words[place] == "يوم":
        place += 1
    day = WEEKDAYS.get(words[place]) if place < size else None
    if day is None:
        return last, ""
    closed = enclosed and place + 1 < size and words[place + 1] == ")"
    return place + closed, f" {NAMES[day]}"


def _is_today(lexemes: Lexemes, index: int, before: str, after: str) -> bool:
    """Whether اليوم is today: no newspaper, no first day, no day of something."""
    if after in _NOT_TODAY or before in _PAPERS or (after == "/" and not lexemes.spaced[index + 1]):
        return False
    return not (after in CURRENT or after in BEFORE or after in AFTER)


def _part(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read a part of a day with its day: مساء امس, صباح اليوم, مساء الاحد."""
    words, size = lexemes.words, len(lexemes.words)
    if index + 1 >= size:
        return None
    trigger = TRIGGERS.get(words[index + 1])
    if trigger is None or trigger.clitic or trigger.kind not in ("relative", "weekday"):
        return None
    read = _READERS[trigger.kind](lexemes, index + 1, reference)
    if read is None or not read[0]:
        return None
    found = read[0][0]
    start = lexemes.place(index, TRIGGERS[words[index]].clitic)
    return [found._replace(start=start, kind="time")], read[1]


def _night(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read الليلة الماضية, الليلة قبل الماضية, الليلة."""
    words, size = lexemes.words, len(lexemes.words)
    last, offset = index, 0
    if index + 1 < size and words[index + 1] in BEFORE:
        last, offset = index + 1, -1
    elif index + 2 < size and words[index + 1] == "قبل" and words[index + 2] in BEFORE:
        last, offset = index + 2, -2
    value = shift(reference.day, offset, "D") if reference.day else ""
    clitic = TRIGGERS[words[index]].clitic
    return [
        mention(lexemes, index, last, f"rel{offset}", value, clitic=clitic, kind="time", relative=True)
    ], last + 1


def _unit(lexemes: Lexemes, index: int, reference: Reference, start: int | None = None) -> Read | None:
    """Read a unit of time: last week, the five last years, two days, a year and a half, يوم before a weekday."""
    words, size = lexemes.words, len(lexemes.words)
    trigger = TRIGGERS[words[index]]
    unit = UNITS[trigger.bare]
    first, clitic = (index, trigger.clitic) if start is None else (start, 0)
    after = words[index + 1] if index + 1 < size else ""
    if trigger.bare == "يوم" and after in WEEKDAYS:
        return _weekday(lexemes, index + 1, reference, index)
    if unit.definite:
        return _definite(lexemes, index, unit, (first, clitic), reference)
    if after in HALVES and unit.count == 1:
        return duration_mention(lexemes, (index, index + 1), 1 + HALVES[after], unit, clitic)
    if unit.count == 2 and after not in HALVES:
        if after.isdecimal() or trigger.bare.endswith("ي"):
            return None
        return duration_mention(lexemes, (index, index), 2, unit, clitic)
    if unit.count == 1 and approximation_before(lexemes, index) < index and not clitic:
        return duration_mention(lexemes, (index, index), 1, unit, 0)
    return None


def _definite(
    lexemes: Lexemes, index: int, unit: Unit, head: tuple[int, int], reference: Reference
) -> Read | None:
    """Read الشهر الماضي, العام المقبل, السنوات الخمس الماضية, القرن التاسع عشر."""
    words, size = lexemes.words, len(lexemes.words)
    first, clitic = head
    last, count = index, unit.count or 0.0
    plural = unit.count is None
    if index + 1 < size and (trigger := TRIGGERS.get(words[index + 1])) and trigger.kind == "number":
        number = read_number(lexemes, index + 1)
        if number is not None and not number.ordinal and plural:
            last, count = number.last, number.value
        elif number is not None and number.ordinal and unit.letter == "C":
            century = int(number.value)
            return [
                mention(lexemes, first, number.last, f"C{century}", f"{century - 1:02d}XX", clitic=clitic)
            ], number.last + 1
    elif plural and index + 1 < size and words[index + 1] in ("القليله", "العشر", "القليلين", "العديده"):
        last = index + 1
    if last + 1 >= size:
        return None
    word = words[last + 1]
    direction = (
        -1 if word in BEFORE else 1 if word in AFTER else 0 if word in CURRENT and word != "هذا" else None
    )
    if direction is None or unit.letter in "HN":
        return None
    last += 1
    if plural or unit.count == 2:
        length = iso_length(count, unit.letter) if count else f"PX{unit.letter}"
        return [
            mention(
                lexemes,
                first,
                last,
                length,
                length if count else "",
                clitic=clitic,
                kind="duration",
                relative=True,
            )
        ], last + 1
    written = f"rel{direction}{unit.letter}"
    value = _shifted(reference, direction, unit.letter)
    return [mention(lexemes, first, last, written, value, clitic=clitic, relative=True)], last + 1


def _shifted(reference: Reference, count: float, letter: str) -> str:
    if reference.day is None:
        return ""
    if letter in YEARS_OF:
        year = reference.day.year + round(count * YEARS_OF[letter])
        return f"{year // YEARS_OF[letter]:d}{'X' if letter == 'X' else 'XX'}" if 1000 <= year <= 9999 else ""
    return shift(reference.day, count, letter) if letter in "DWMY" else ""


def _ago(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read قبل or بعد and a length: قبل نحو عام ونصف, بعد 40 عاما."""
    words, size = lexemes.words, len(lexemes.words)
    trigger = TRIGGERS[words[index]]
    if index + 1 < size and words[index + 1] in ("غد", "الغد") and trigger.bare == "بعد":
        return _relative(lexemes, index + 1, reference)
    place = index + 1
    for phrase in APPROXIMATE:
        if tuple(words[place : place + len(phrase)]) == phrase:
            place += len(phrase)
            break
    if place >= size:
        return None
    read = None
    word = words[place]
    after = TRIGGERS.get(word)
    if word.isdecimal() or (after is not None and after.kind == "number" and not after.clitic):
        read = read_duration(lexemes, place)
    elif after is not None and after.kind == "unit" and not after.clitic and not UNITS[after.bare].definite:
        unit = UNITS[after.bare]
        half = HALVES.get(words[place + 1], 0.0) if place + 1 < size else 0.0
        if unit.count is not None and not (
            after.bare == "يوم" and place + 1 < size and words[place + 1] in WEEKDAYS
        ):
            follow = words[place + 1] if place + 1 < size else ""
            if follow in WEEKDAYS or (follow.isdecimal() and len(follow) == 4):
                return None
            read = duration_mention(lexemes, (place, place + (half > 0)), unit.count + half, unit, 0)
    if read is None:
        return None
    length = read[0][0]
    sign = -1 if trigger.bare == "قبل" else 1
    start = lexemes.place(index, trigger.clitic)
    value = length.value
    found: DateMention = length._replace(
        start=start,
        kind="date",
        written=f"{'-' if sign < 0 else '+'}{length.written}",
        value=value,
        relative=True,
        approximate=length.approximate or place > index + 1,
    )
    return [found], read[1]


def _this(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read هذا العام, هذه الايام; ذلك اليوم is the day of the story."""
    words, size = lexemes.words, len(lexemes.words)
    trigger = TRIGGERS[words[index]]
    unit = UNITS.get(words[index + 1]) if index + 1 < size else None
    if unit is None or not unit.definite or unit.letter in "HN":
        return None
    if trigger.bare in ("ذلك", "تلك"):
        return [mention(lexemes, index + 1, index + 1, "PAST_REF", "", relative=True)], index + 2
    if unit.count is None:
        return [
            mention(lexemes, index, index + 1, "PRESENT_REF", "", clitic=trigger.clitic, relative=True)
        ], index + 2
    if unit.letter == "D":
        return [
            mention(lexemes, index + 1, index + 1, "rel0", _shifted(reference, 0, "D"), relative=True)
        ], index + 2
    value = _shifted(reference, 0, unit.letter)
    written = f"rel0{unit.letter}"
    return [
        mention(lexemes, index, index + 1, written, value, clitic=trigger.clitic, relative=True)
    ], index + 2


def _first(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read اول امس, اول من امس."""
    words, size = lexemes.words, len(lexemes.words)
    place = index + 1
    if place < size and words[place] == "من":
        place += 1
    if place < size and words[place] in ("امس", "الامس"):
        return _relative(lexemes, place, reference)
    return None


def _edge(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read نهاية with a decade, a century or a last or next unit: one expression."""
    words, size = lexemes.words, len(lexemes.words)
    if index + 1 >= size:
        return None
    trigger = TRIGGERS.get(words[index + 1])
    if trigger is None or trigger.clitic or trigger.kind not in ("unit", "decade"):
        return None
    read = _READERS[trigger.kind](lexemes, index + 1, reference)
    if read is None or read[0][0].kind != "date":
        return None
    return [
        read[0][0]._replace(start=lexemes.place(index, TRIGGERS[words[index]].clitic), approximate=True)
    ], read[1]


_READERS = {
    **READERS,
    "ago": _ago,
    "edge": _edge,
    "first": _first,
    "night": _night,
    "part": _part,
    "relative": _relative,
    "this": _this,
    "unit": _unit,
    "weekday": _weekday,
}
