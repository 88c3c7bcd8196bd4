"""Time without a date: how often, which part of a day, which season or decade, now and then."""

from transforms.core.date_mentions import Read, mention
from transforms.core.date_words import AFTER, BEFORE, CURRENT, TRIGGERS, UNITS
from transforms.core.durations import iso_length
from transforms.core.lexemes import Lexemes
from transforms.core.months import WEEKDAYS
from transforms.core.numerals import read_number
from transforms.core.publication import Reference
from transforms.core.weekdays import DAY_NUMBERS, NAMES

__all__ = ["READERS"]


def _every(lexemes: Lexemes, index: int, _: Reference) -> Read | None:
    """Read كل يوم, كل عامين, كل يوم سبت, كل احد."""
    words, size = lexemes.words, len(lexemes.words)
    clitic = TRIGGERS[words[index]].clitic
    if index + 1 >= size:
        return None
    word = words[index + 1]
    after = words[index + 2] if index + 2 < size else ""
    day = WEEKDAYS.get("ال" + after) or WEEKDAYS.get(after) if word == "يوم" else WEEKDAYS.get("ال" + word)
    if day:
        last = index + (2 if word == "يوم" else 1)
        return [
            mention(lexemes, index, last, f"every {NAMES[day]}", f"XXXX-WXX-{day}", clitic=clitic, kind="set")
        ], last + 1
    unit = UNITS.get(word)
    if unit is None or unit.definite or unit.count is None:
        return None
    length = iso_length(unit.count, unit.letter)
    return [
        mention(lexemes, index, index + 1, f"every {length}", length, clitic=clitic, kind="set")
    ], index + 2


_SET_LETTERS = {"يوم": "P1D", "اسب": "P1W", "شهر": "P1M", "سنو": "P1Y"}


def _set(lexemes: Lexemes, index: int, _: Reference) -> Read:
    """Read يوميا, السنوية: how often."""
    words = lexemes.words
    length = _SET_LETTERS[words[index].removeprefix("ال")[:3]]
    # The fourth annual …: TIMEX3 takes the edition in.
    last = index + (
        index + 1 < len(words) and words[index].startswith("ال") and words[index + 1] in DAY_NUMBERS
    )
    return [mention(lexemes, index, last, f"every {length}", length, kind="set")], last + 1


_NOW_VALUES = {
    "الان": "PRESENT_REF",
    "حاليا": "PRESENT_REF",
    "موخرا": "PAST_REF",
    "سابقا": "PAST_REF",
    "قريبا": "FUTURE_REF",
    "لاحقا": "FUTURE_REF",
}


def _now(lexemes: Lexemes, index: int, _: Reference) -> Read | None:
    """Read الان, موخرا, قريبا: a time without a date (TIMEX3's references)."""
    written = _NOW_VALUES.get(lexemes.words[index], "PAST_REF")
    return [mention(lexemes, index, index, written, "", relative=True)], index + 1


def _meanwhile(lexemes: Lexemes, index: int, _: Reference) -> Read | None:
    """Read نفس الوقت, ذات الوقت."""
    words = lexemes.words
    if index + 1 < len(words) and words[index + 1] in ("الوقت", "اليوم"):
        return [mention(lexemes, index, index + 1, "PRESENT_REF", "", relative=True)], index + 2
    return None


_TENS = {"عشر": 2, "ثلا": 3, "ارب": 4, "خمس": 5, "ستي": 6, "سبع": 7, "ثما": 8, "تسع": 9}


def _decade(lexemes: Lexemes, index: int, _: Reference) -> Read:
    """Read الستينيات: a decade of the last century."""
    trigger = TRIGGERS[lexemes.words[index]]
    tens = _TENS[trigger.bare[2:5]]
    return [mention(lexemes, index, index, f"19{tens}X", f"19{tens}X", clitic=trigger.clitic)], index + 1


_SEASONS = {"صيف": "SU", "شتاء": "WI", "خريف": "FA", "ربيع": "SP"}


def _season(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read الصيف الماضي, صيف 2014."""
    words, size = lexemes.words, len(lexemes.words)
    season = _SEASONS[words[index].removeprefix("ال")]
    after = words[index + 1] if index + 1 < size else ""
    if after.isdecimal() and len(after) == 4 and 1900 <= int(after) <= 2100:
        return [mention(lexemes, index, index + 1, f"{after}-{season}", f"{after}-{season}")], index + 2
    if after in BEFORE or after in AFTER or after in CURRENT:
        offset = -1 if after in BEFORE else 1 if after in AFTER else 0
        year = str(reference.day.year + offset) if reference.day else "XXXX"
        return [
            mention(lexemes, index, index + 1, f"rel{offset} {season}", f"{year}-{season}", relative=True)
        ], index + 2
    if words[index].startswith("ال") and words[index] != "الربيع":
        return [mention(lexemes, index, index, season, f"XXXX-{season}")], index + 1
    return None


def _clock(lexemes: Lexemes, index: int, _: Reference) -> Read | None:
    """Read الساعة الثامنة والنصف مساء, الساعة 7.30."""
    words, size = lexemes.words, len(lexemes.words)
    clitic = TRIGGERS[words[index]].clitic
    place = index + 1
    if place >= size:
        return None
    hour, minute, last = None, 0, index
    if words[place].isdecimal() and len(words[place]) <= 2:
        hour, last = int(words[place]), place
        if (
            place + 2 < size
            and words[place + 1] in (":", ".", ",")
            and words[place + 2].isdecimal()
            and len(words[place + 2]) == 2
        ):
            minute, last = int(words[place + 2]), place + 2
    else:
        trigger = TRIGGERS.get(words[place])
        number = read_number(lexemes, place) if trigger is not None and trigger.kind == "number" else None
        if number is not None and number.ordinal and 1 <= number.value <= 12:
            hour, last = int(number.value), number.last
        elif words[place] == "الواحده":
            hour, last = 1, place
    if hour is None or hour > 24 or minute > 59:
        return None
    after = words[last + 1] if last + 1 < size else ""
    if after in ("والنصف", "والربع", "والثلث"):
        minute, last = {"والنصف": 30, "والربع": 15, "والثلث": 20}[after], last + 1
        after = words[last + 1] if last + 1 < size else ""
    if after in ("مساء", "ظهرا", "عصرا", "ليلا", "م") and hour < 12:
        hour += 12
    if after in ("صباحا", "مساء", "ظهرا", "عصرا", "ليلا", "فجرا"):
        last += 1
    written = f"T{hour:02d}:{minute:02d}"
    return [mention(lexemes, index, last, written, written, clitic=clitic, kind="time")], last + 1


#: Kind of trigger -> its reader.
READERS = {
    "clock": _clock,
    "decade": _decade,
    "every": _every,
    "meanwhile": _meanwhile,
    "now": _now,
    "season": _season,
    "set": _set,
}
