"""Rebuild transforms/core/norm_table.py: the frozen character rules of the normalisation profiles.

    python scripts/build_normalization.py [--check]

Letter classes come from pyarabic's constants, the rest from the Unicode charts named beside each rule and,
for presentation forms, compositions and letter case, from this Python's `unicodedata`, which must be
Unicode 14.0 (Python 3.11): the table is frozen, so that no other Python or pyarabic changes a text.
A test rebuilds it where the versions allow and compares.
"""

import argparse
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from pyarabic import araby

TARGET = Path(__file__).parents[1] / "transforms" / "core" / "norm_table.py"
UNICODE = "14.0.0"
BLANK, NEWLINE = 0x20, 0x0A
ALEF, YEH, WAW, HEH, KAF = (
    ord(letter) for letter in (araby.ALEF, araby.YEH, araby.WAW, araby.HEH, araby.KAF)
)
LIGATURE_EXCEPTIONS = {0xFD3E, 0xFD3F}  # ornate parentheses are punctuation
#: Letters whose NFKC is not what Arabic readers mean, or that NFKC leaves alone.
WRITTEN_OUT = {
    0xFDFC: "ريال",  # rial sign: NFKC writes it with a Persian yeh
    0xFDFD: "بسم الله الرحمن الرحيم",  # NFKC leaves the bismillah
}

Rule = dict[int, str]


def spread(*ranges: tuple[int, int]) -> list[int]:
    return [code for first, last in ranges for code in range(first, last + 1)]


def each(codes: Iterable[int], target: str) -> Rule:
    return dict.fromkeys(codes, target)


def letters(target: int, *codes: int) -> Rule:
    return each(codes, chr(target))


def presentation_forms() -> Rule:
    rule: Rule = {}
    for code in [*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)]:
        if code in LIGATURE_EXCEPTIONS or unicodedata.category(chr(code)) == "Cn":
            continue
        # NFKC puts a blank under marks that stand alone (FE70-FE7F, FC5E-FC63): it is no part of the text.
        folded = WRITTEN_OUT.get(code) or unicodedata.normalize("NFKC", chr(code)).strip()
        if folded != chr(code):
            rule[code] = folded
    return rule


def marks() -> list[int]:
    known = {ord(mark) for mark in araby.DIACRITICS}
    newer = spread(
        (0x06E5, 0x06E6), (0x0898, 0x089F), (0x08C9, 0x08E1), (0x08E3, 0x08FF),  # small waw and yeh; Extended-A, B
        (0xFE73, 0xFE73),  # tail fragment
    )  # fmt: skip
    return sorted(known | set(newer))


def lower_case() -> Rule:
    """Return simple lower case: letters whose small form is one code point; and the Turkish İ, whose small form is i."""
    rule: Rule = {0x0130: "i"}
    for code in range(0x10000):
        small = chr(code).lower()
        if len(small) == 1 and small != chr(code):
            rule[code] = small
    return rule


def rules() -> dict[str, Rule]:
    """Return the rules by name: first those of `display`, then those that `search` adds, in order."""
    digits = {base + value: chr(0x30 + value) for base in (0x0660, 0x06F0) for value in range(10)}
    return {
        # display
        "invisible": each(
            spread(
                (0x00, 0x08), (0x0E, 0x19), (0x1B, 0x1F), (0x7F, 0x84), (0x86, 0x9F),  # C0, C1
                (0xAD, 0xAD), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200B), (0x200E, 0x200F),
                (0x202A, 0x202E), (0x2060, 0x2060), (0x2066, 0x2069), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB),
            ),
            "",
        ),
        "spaces": each([0x09, 0x0B, 0x0C, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
        "paragraph_marks": each([0x1A, 0x0D, 0x2028, 0x2029], "\n"),
        "presentation_forms": presentation_forms(),
        # search
        # joiners, variation selectors, fillers and other characters that show nothing (Default_Ignorable_Code_Point)
        "joiners": each(
            spread(
                (0x200C, 0x200D), (0xFE00, 0xFE0F), (0x034F, 0x034F), (0x2061, 0x2065), (0x206A, 0x206F),
                (0x180B, 0x180D), (0x180F, 0x180F), (0x115F, 0x1160), (0x3164, 0x3164), (0xFFA0, 0xFFA0),
                (0x17B4, 0x17B5),
            ),
            "",
        ),
        "marks": each(marks(), ""),
        "alef": letters(ALEF, 0x0622, 0x0623, 0x0625, 0x0671, 0x0672, 0x0673, 0x0675),
        "alef_maqsura": letters(YEH, 0x0649),
        "hamza_seats": letters(WAW, 0x0624, 0x0676, 0x0677) | letters(YEH, 0x0626, 0x0678),
        "teh_marbuta": letters(HEH, 0x0629),
        "persian_letters": letters(YEH, 0x06CC, 0x06CD, 0x06D0, 0x06D2, 0x06D3)
        | letters(HEH, 0x06BE, 0x06C0, 0x06C1, 0x06C2, 0x06C3, 0x06D5)
        | letters(KAF, 0x06A9, 0x06AA, 0x06AB, 0x06AD, 0x06AF, 0x0763)
        | letters(0x0628, 0x067E) | letters(0x062C, 0x0686) | letters(0x0632, 0x0698)  # peh tcheh jeh
        | letters(0x0641, 0x06A4) | letters(0x0642, 0x06A8),  # veh, qaf with three dots
        "digits": digits,
        "quotes": each([0xAB, 0xBB, 0x2039, 0x203A, 0x201C, 0x201D, 0x201E, 0x201F, 0x2033, 0x3003], '"'),
        "apostrophes": each([0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x02BC], "'"),
        "dashes": each([*range(0x2010, 0x2016), 0x2212], "-"),
        "punctuation": {
            0x060C: ",", 0x061B: ";", 0x061F: "?", 0x066A: "%", 0x066B: ".", 0x066C: ",", 0x06D4: ".", 0x2026: "...",
        },
        "case": lower_case(),
    }  # fmt: skip


def ranges_of(codes: Iterable[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return ranges


def word_characters() -> list[int]:
    """Letters and digits of every script in the BMP, as this Unicode version knows them."""
    return [code for code in range(0x10000) if unicodedata.category(chr(code))[0] in "LN"]


def composing() -> list[int]:
    """Code points that NFC may change or move: those that decompose, are marks of order, or compose with what precedes."""
    found = set()
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        decomposed = unicodedata.normalize("NFD", char)
        if unicodedata.combining(char) or unicodedata.normalize("NFC", char) != char:
            found.add(code)
        if len(decomposed) > 1:
            # What follows the first character may compose with it; the first may be changed by what follows.
            found.update(map(ord, decomposed[1:]))
    found.update(spread((0x1161, 0x1175), (0x11A8, 0x11C2)))  # Hangul vowels and finals
    return sorted(found)


def hexes(text: str) -> str:
    return "+".join(f"{ord(char):04X}" for char in text) or "-"


def write_rule(rule: Rule) -> str:
    """One item per run of code points with one target, or with targets that rise with them."""
    items: list[str] = []
    codes = sorted(rule)
    index = 0
    while index < len(codes):
        first = last = codes[index]
        target = rule[first]
        rising = False
        while index + 1 < len(codes) and codes[index + 1] == last + 1:
            following = rule[codes[index + 1]]
            steps = len(target) == len(following) == 1 and ord(following) == ord(target) + last + 1 - first
            same = following == target
            if last == first:
                rising = steps and not same
            if not (steps if rising else same):
                break
            last, index = codes[index + 1], index + 1
        span = f"{first:04X}" if first == last else f"{first:04X}-{last:04X}"
        items.append(f"{span}>{hexes(target)}{'^' if rising else ''}")
        index += 1
    return " ".join(items)


def wrap(text: str) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 104:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    lines.append(line)
    return "\n".join(f'        "{line} "' for line in lines)


def render() -> str:
    parts = [
        '"""The frozen character rules of the normalisation profiles. Generated: edit scripts/build_normalization.py.',
        "",
        "An item `0622>0627` maps a code point, `0660-0669>0030^` a run to a run, `064B-0652>-` deletes, and",
        "`FEF5>0644+0622` writes several letters. Rules apply in the order of their names here.",
        '"""',
        "",
        '__all__ = ["COMPOSING", "RULES", "UNICODE", "WORDS"]',
        "",
        "#: Version of the Unicode data that the rules were made from.",
        f'UNICODE = "{UNICODE.rpartition(".")[0]}"',
        "",
        "RULES: dict[str, str] = {",
    ]
    for name, rule in rules().items():
        parts += [f'    "{name}": (', wrap(write_rule(rule)), "    ),"]
    parts += [
        "}",
        "",
        "#: Letters and digits of the BMP, as ranges.",
        "WORDS = (",
        wrap(spans(word_characters())),
        ")",
    ]
    parts += [
        "",
        "#: Code points that composing (NFC) may change, as ranges.",
        "COMPOSING = (",
        wrap(spans(composing())),
        ")",
        "",
    ]
    return "\n".join(parts)


def spans(codes: Iterable[int]) -> str:
    return " ".join(
        f"{first:04X}" if first == last else f"{first:04X}-{last:04X}" for first, last in ranges_of(codes)
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if the table would change")
    args = parser.parse_args()
    if unicodedata.unidata_version != UNICODE:
        print(
            f"this Python has Unicode {unicodedata.unidata_version}; the table is frozen at {UNICODE}",
            file=sys.stderr,
        )
        return 2
    text = render()
    if args.check:
        return int(not TARGET.exists() or TARGET.read_text("utf-8") != text)
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
