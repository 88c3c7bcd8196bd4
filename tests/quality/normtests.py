"""Compare our profiles with the normalisation tables of other tools: every difference has a name.

The tables (`operation TAB input TAB expected`, from the tests of CAMeL Tools, Duckling, Maha and pyarabic)
are read from the shared data folder and never copied; Lucene has no table there, so the fifteen features
its filter tests are asked with words of our own. A row ends in one of five ways:

    same        our profile gives what the anchor expects
    absorbed    the anchor's operation is a part of our profile: f(input) == f(expected)
    on purpose  the texts differ by named rules, each checked on the characters themselves
    other job   the anchor does what no profile of ours does (parsing a number, removing links…): a named class
    unexplained none of these: a defect of ours, or a rule that nobody has written down

    python tests/quality/normtests.py [--rows]
"""

import argparse
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pyarabic import araby

from transforms.core.normalize import normalize_text

TABLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "normtests"
ENDINGS = ("same", "absorbed", "on purpose", "other job", "unexplained")


class Row(NamedTuple):
    """One case of an anchor."""

    table: str
    operation: str
    given: str
    expected: str

    @property
    def anchor(self) -> str:
        return self.table.partition("_")[0]


class Result(NamedTuple):
    """How a row ended: the names of the rules, or of the class of work that we do not do."""

    row: Row
    ending: str
    names: tuple[str, ...]
    ours: str


# Reading ------------------------------------------------------------------------------------------------


def read_table(path: Path) -> Iterator[Row]:
    """Yield the rows of a table with their escapes read."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            operation, given, expected = (re.sub(r"\\[nt\\]", _escape, field) for field in line.split("\t"))
            if operation.endswith("(docstring)"):  # doctests were cut out of their source unread
                given = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), given)
                expected = expected.removeprefix(">>> ")
            if re.search(r" expected(_\w+)?, ?input", operation):  # the anchor's test names the result first
                given, expected = expected, given
            yield Row(path.stem, operation, given, expected)


def _escape(found: re.Match[str]) -> str:
    return {r"\n": "\n", r"\t": "\t", r"\\": "\\"}[found.group()]


#: The fifteen cases of Lucene's test of its ArabicNormalizationFilter, asked with words of our own.
LUCENE = tuple(
    Row("lucene", *case)
    for case in (
        ("alef with madda", "آبار", "ابار"),
        ("alef with hamza above", "أثمر", "اثمر"),
        ("alef with hamza below", "إبحار", "ابحار"),
        ("alef maqsura", "مرسى", "مرسي"),
        ("teh marbuta", "قافلة", "قافله"),
        ("tatweel", "ســفــن", "سفن"),
        ("fatha", "رَصيف", "رصيف"),
        ("kasra", "مِيناء", "ميناء"),
        ("damma", "سُفن", "سفن"),
        ("fathatan", "بحراً", "بحرا"),
        ("kasratan", "بحرٍ", "بحر"),
        ("dammatan", "بحرٌ", "بحر"),
        ("sukun", "بحْر", "بحر"),
        ("shadda", "برّ", "بر"),
        ("empty term", "", ""),
    )
)


# Named differences: ours goes further than theirs ---------------------------------------------------------

#: What `search` still folds in the text that an anchor left: rule -> (their letters, ours).
FOLDED_FURTHER = {
    "alef_forms_to_alef": ("أإآ", "ا"),
    "alef_maqsura_to_yeh": ("ى", "ي"),
    "yeh_hamza_to_yeh": ("ئ", "ي"),
    "waw_hamza_to_waw": ("ؤ", "و"),
    "teh_marbuta_to_heh": ("ة", "ه"),
}


def _folded_further(theirs: str, ours: str) -> tuple[str, ...]:
    """Return the foldings that turn their text into ours, or nothing."""
    used = []
    for name, (letters, target) in FOLDED_FURTHER.items():
        folded = re.sub(f"[{letters}]", target, theirs)
        if folded != theirs:
            used.append(name)
            theirs = folded
    return tuple(used) if theirs == ours else ()


# Named differences: one character (CAMeL arclean) ----------------------------------------------------------

Predicate = Callable[[str, str, str], bool]

#: Yehs and hehs without an Arabic keyboard's code point that `search` folds.
_PERSIAN_YEHS = set("\u06cc\u06cd\u06d0\u06d2")
_EXTENDED_HEHS = set("\u06be\u06c0\u06c1\u06c2\u06d5")
#: U+06DD and the number signs are visible although Unicode calls them formats.
_NUMBER_SIGNS = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd")
#: Not in the frozen table and in no article seen: Kazakh high hamzas, invisible operators, shaping controls
#: that Unicode deprecates, half a letter of an old code page.
_OUTSIDE = {*"\u0676\u0677\u0678\ufe73", *map(chr, (*range(0x2061, 0x2065), *range(0x206A, 0x2070)))}


def _letters(text: str) -> str:
    """Return the nominal letters of presentation forms."""
    return unicodedata.normalize("NFKC", text)


def _is_form(given: str) -> bool:
    return "\ufb50" <= given <= "\ufdff" or "\ufe70" <= given <= "\ufefc"


def _is_foreign(letter: str) -> bool:
    """Tell whether this is an Arabic letter that Arabic itself does not write (Urdu, Kurdish, Sindhi…)."""
    return (
        unicodedata.category(letter) == "Lo"
        and unicodedata.name(letter).startswith("ARABIC LETTER")
        and not "\u0621" <= letter <= "\u063a"
        and not "\u0641" <= letter <= "\u064a"
    )


def _form_read(given: str, theirs: str, ours: str) -> bool:
    return _is_form(given) and theirs == "" and _letters(given) != given and ours == _inside(_letters(given))


def _foreign_letter_kept(given: str, theirs: str, ours: str) -> bool:
    letters = _letters(given)
    return _is_foreign(letters[0]) and ours == letters and len(theirs) <= 1


def _visible_kept(given: str, _theirs: str, ours: str) -> bool:
    return ours == given and unicodedata.category(given)[0] in "PS"


#: Rules for one character: (name, predicate over input, theirs, ours), most special first.
CHARACTER_RULES: tuple[tuple[str, Predicate], ...] = (
    ("decimal_separator_is_a_point", lambda g, t, o: (g, t, o) == ("\u066b", ",", ".")),
    ("thousands_separator_is_a_comma", lambda g, t, o: (g, t, o) == ("\u066c", "'", ",")),
    ("double_prime_is_a_closing_quote", lambda g, t, o: (g, t, o) == ("\u2033", "''", '"')),
    ("angle_quotes_are_quotes", lambda g, t, o: (g, t) in {("‹", "<"), ("›", ">")} and o == '"'),
    ("paragraph_marks_are_newlines", lambda g, t, o: g in "\u2028\u2029" and (t, o) == (" ", "\n")),
    (
        "persian_yeh_to_arabic_yeh",
        lambda g, t, o: bool(_PERSIAN_YEHS & set(_letters(g))) and (t, o) == ("ى", "ي"),
    ),
    ("ae_is_a_letter_not_a_mark", lambda g, t, o: _letters(g) == "\u06d5" and (t, o) == ("", "ه")),
    ("basmala_spelled_out", lambda g, t, o: g == "\ufdfd" and t == "" and o == "بسم الله الرحمن الرحيم"),
    ("rial_with_arabic_yeh", lambda g, t, o: g == "\ufdfc" and t == "" and o == "ريال"),
    ("invisible_deleted_not_blank", lambda g, t, o: unicodedata.category(g) == "Cf" and (t, o) == (" ", "")),
    ("number_sign_kept", lambda g, _, o: g in _NUMBER_SIGNS and o == g),
    ("high_hamza_not_deleted", lambda g, t, o: g == "\u0674" and t == "" and o == g),
    ("letter_of_another_language_kept", _foreign_letter_kept),
    ("presentation_form_read", _form_read),
    ("punctuation_and_symbols_kept", _visible_kept),
    ("outside_the_table", lambda g, _, o: g in _OUTSIDE and o == g),
    ("noncharacter_replaced", lambda g, t, o: "\ufdd0" <= g <= "\ufdef" and (t, o) == ("", "\ufffd")),
    ("unassigned_kept", lambda g, t, o: unicodedata.category(g) == "Cn" and t == "" and o == g),
)


# Named differences: words ---------------------------------------------------------------------------------


def _hamza_folds_to_its_seat(given: str, theirs: str, ours: str) -> bool:
    """pyarabic turns each hamza with its seat into a bare hamza; ours keeps the seat: position by position."""
    bare = [letter for letter in given if unicodedata.category(letter) != "Mn"]
    if not len(bare) == len(theirs) == len(ours):
        return False
    seats = dict.fromkeys("أإآ", "ا") | {"ؤ": "و", "ئ": "ي"}
    differ = [(was, other, own) for was, other, own in zip(bare, theirs, ours, strict=True) if other != own]
    return any(other == "ء" for _, other, _ in differ) and all(
        (other == "ء" and seats.get(was) == own) or _folded_further(other, own) for was, other, own in differ
    )


def _superscript_alef_deleted(given: str, theirs: str, ours: str) -> bool:
    """Maha writes U+0670 as a full alef; ours deletes it with the marks."""
    spelled = given.replace("\u0670", "ا")
    return spelled != given and _search(spelled) == _search(theirs) and ours == _search(given)


def _salam_ligature_keeps_its_letters(given: str, theirs: str, ours: str) -> bool:
    """U+FDF5 is the abbreviation of the formula; Maha writes the formula out."""
    return "\ufdf5" in given and theirs.startswith("صل") and ours == _letters(given) == "صلعم"


def _docstring_of_another_text(given: str, theirs: str, ours: str) -> bool:
    """pyarabic's own function does not give what its docstring says; ours agrees with what it does give."""
    really = araby.normalize_ligature(given)
    return really != theirs and ours == _search(really)


WORD_RULES: tuple[tuple[str, Predicate], ...] = (
    ("hamza_folds_to_its_seat", _hamza_folds_to_its_seat),
    ("superscript_alef_deleted", _superscript_alef_deleted),
    ("salam_ligature_keeps_its_letters", _salam_ligature_keeps_its_letters),
    ("edges_stripped", lambda g, t, o: t != o and t.strip(" ") == o and g.strip(" ") != g),
    (
        "runs_of_blanks_to_one",
        lambda g, t, o: "  " in g and "  " in t and re.sub(" +", " ", t).strip(" ") == o,
    ),
)


# The operations -------------------------------------------------------------------------------------------


def _search(text: str) -> str:
    return normalize_text(text, "search")


def _display(text: str) -> str:
    return normalize_text(text, "display")


def _inside(text: str) -> str:
    """Return the `search` form of a character as it stands inside a word (at an edge, blanks would vanish)."""
    return _search(f"س{text}س")[1:-1]


@dataclass(frozen=True)
class Comparison:
    """How an operation of an anchor compares with ours."""

    profile: Callable[[str], str]
    #: The anchor does one step of several: what ours makes of its result must be what ours makes of the input.
    part: bool = False
    rules: tuple[tuple[str, Predicate], ...] = WORD_RULES


_PART = Comparison(_search, part=True)
_WHOLE = Comparison(_search)
_SHOWN = Comparison(_display)

#: Pattern of `table operation` -> comparison, or the name of the class of work that no profile does.
OPERATIONS: tuple[tuple[str, Comparison | str], ...] = (
    (r"lucene ", _WHOLE),
    (r"camel_arclean_map ", Comparison(_inside, rules=CHARACTER_RULES)),
    (r"pyarabic normalize_hamza", _WHOLE),
    (r"pyarabic (strip|reduce)_", _PART),
    (r"pyarabic normalize_teh", _PART),
    (
        r"pyarabic normalize_ligature",
        Comparison(_search, part=True, rules=(("docstring_of_another_text", _docstring_of_another_text),)),
    ),
    (r"maha_test_normalize .*(ligatures=True|normalize_lam_alef\(input\))", _SHOWN),
    (r"maha_test_normalize .*small_alef", _PART),
    (r"maha_test_normalize ", _PART),
    (r"maha_test_remove test_remove_extra_spaces", _SHOWN),
    (r"maha_test_remove test_reduce_repeated", "shortening of repeated letters"),
    (r"maha_test_remove test_remove_arabic_letter_dots", "removal of dots (rasm)"),
    (r"maha_test_remove .*link", "removal of links"),
    (r"maha_test_remove .*email", "removal of addresses"),
    (r"maha_test_remove .*mention", "removal of mentions"),
    (r"maha_test_remove .*hash", "removal of hashtags"),
    (r"\w+_time ", "parsing of times"),
    (r"\w+_duration ", "parsing of durations"),
    (r"\w+_(numeral|ordinal) ", "parsing of numbers"),
    (r"\w+_phonenumber ", "parsing of telephone numbers"),
    (r"\w+_amountofmoney ", "parsing of money"),
    (r"\w+_(distance|quantity|temperature|volume) ", "parsing of measures"),
)

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.[0-9]+)?(%?)")


def _figures(row: Row) -> tuple[str, str] | None:
    """Return (theirs, ours) where a parser was given figures alone: our digits and separators must read the same."""
    folded = _search(row.given)
    if row.table == "duckling_phonenumber" and re.fullmatch(r"[-+\d ().]+", row.given):
        return re.sub(r"\D", "", row.expected), re.sub("[-+ ().]", "", folded)
    if "numeral" not in row.table or not re.fullmatch(r"[-+]?[\d.,٫٬]+%?", row.given):
        return None
    theirs = float(row.expected.removeprefix("NumeralValue ").strip("()"))
    if not (number := _NUMBER.fullmatch(folded)):
        return f"{theirs:.10g}", folded
    ours = float(folded.rstrip("%").replace(",", "")) / (100 if number[1] else 1)
    return f"{theirs:.10g}", f"{ours:.10g}"


def compare(row: Row) -> Result:
    """Return how one row ends."""
    name = f"{row.table} {row.operation}"
    comparison = next((what for pattern, what in OPERATIONS if re.match(pattern, name)), None)
    if comparison is None:
        return Result(row, "unexplained", ("an operation nobody has classed",), "")
    if isinstance(comparison, str):
        if figures := _figures(row):
            theirs, ours = figures
            return Result(row, "same" if theirs == ours else "unexplained", (), ours)
        if not (row.table == "maha_test_remove" and row.given == row.expected):
            return Result(row, "other job", (comparison,), "")
        comparison = _SHOWN  # nothing was there to be removed: readers must see the text as it was
    return _compare_texts(row, comparison)


def _compare_texts(row: Row, comparison: Comparison) -> Result:
    theirs = re.sub(r"\|(True|False|\d)", "", row.expected) if "keep" in row.operation else row.expected
    ours = comparison.profile(row.given)
    if ours == theirs:
        return Result(row, "same", (), ours)
    if comparison.part and ours == comparison.profile(theirs):
        return Result(row, "absorbed", _folded_further(theirs, ours), ours)
    names = tuple(name for name, holds in comparison.rules if holds(row.given, theirs, ours))[:1]
    names = names or _folded_further(theirs, ours)
    return Result(row, "on purpose" if names else "unexplained", names, ours)


# The report -----------------------------------------------------------------------------------------------


def tables() -> list[str]:
    """Return the names of the tables: Lucene's cases and the files of the shared folder."""
    return ["lucene", *sorted(path.stem for path in TABLES.glob("*.tsv"))]


def compare_table(table: str) -> list[Result]:
    """Return how every row of a table ends."""
    rows = LUCENE if table == "lucene" else read_table(TABLES / f"{table}.tsv")
    return [compare(row) for row in rows]


def endings(results: Iterable[Result]) -> Counter[str]:
    """Return how many rows end in which way."""
    return Counter(result.ending for result in results)


def _report(title: str, results: list[Result]) -> None:
    counts = endings(results)
    print(f"{title:24} {len(results):5}" + "".join(f"{counts[ending]:12}" for ending in ENDINGS))
    for ending in ("on purpose", "other job"):
        names = Counter(" + ".join(result.names) for result in results if result.ending == ending)
        for name, count in names.most_common():
            print(f"    {ending:12}{count:5}  {name}")
    for result in results:
        if result.ending == "unexplained":
            row = result.row
            print(f"    UNEXPLAINED {row.operation}: {row.given!a} ours {result.ours!a}", end="")
            print(f" theirs {row.expected!a} {' '.join(result.names)}")


def main() -> int:
    """Print the comparison per table and per anchor; fail where a difference has no name."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", action="store_true", help="print every row that differs, with its rules")
    arguments = parser.parse_args()
    by_table = {table: compare_table(table) for table in tables()}
    print(f"{'table':24} {'rows':>5}" + "".join(f"{ending:>12}" for ending in ENDINGS))
    for table, results in by_table.items():
        _report(table, results)
    print()
    every = [result for results in by_table.values() for result in results]
    for anchor in sorted({result.row.anchor for result in every}):
        counts = endings(result for result in every if result.row.anchor == anchor)
        total = sum(counts.values())
        print(f"{anchor:24} {total:5}" + "".join(f"{counts[ending]:12}" for ending in ENDINGS))
    if arguments.rows:
        for row, ending, names, ours in every:
            if ending == "on purpose":
                print(
                    f"{row.table} {row.operation}: {row.given!r} ours {ours!r} theirs {row.expected!r} ({', '.join(names)})"
                )
    return 1 if endings(every)["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
