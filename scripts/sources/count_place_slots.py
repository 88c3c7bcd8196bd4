#!/usr/bin/env python3
"""Count how often the names of `places.tsv` stand in a place slot in newspapers, for `place_slots.tsv` beside this script.

`python scripts/sources/count_place_slots.py PACKAGES CORPUS...` takes the packages of `build_places.py` and corpora as
`.jsonl.xz` with `text` and perhaps `title`: the Al-Khaleej part of SANAD and ANT, nothing else may be counted. Columns: name
(folded), count, bare (without a clitic), slot (after a word of SLOTS, or behind the clitic ب). Names seen fewer than five times
are left out.
"""

import argparse
import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from build_places import LEAST_SEEN, LEXICON
from build_places import SLOTS as TABLE
from sources.place_packages import fold, load_sources
from sources.place_tables import ALIAS_COLUMNS, read_rows

from transforms.core.normalize import normalize_texts

#: Words before a place, folded; each also behind and, for, in, so.
HEADS = [
    "في",
    "الي",
    "مدينه",
    "محافظه",
    "منطقه",
    "ولايه",
    "بلده",
    "قريه",
    "قرب",
    "شمال",
    "جنوب",
    "شرق",
    "غرب",
    "العاصمه",
    "مطار",
    "دوله",
    "جمهوريه",
    "وسط",
]
SLOT_WORDS = frozenset(clitic + head for head in HEADS for clitic in ("", "و", "ب", "ل", "ف"))
CLITICS = ("و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل")
LONGEST = 5


def candidates(packages: Path) -> frozenset[str]:
    """Return every name, folded, that a package or the alias table has for a place."""
    sources = load_sources(packages)
    names = {name for city in sources.cities if city.is_wanted for name in city.spellings}
    names.update(name for spellings, _ in sources.territories.values() for name in spellings)
    for arabic, _ in sources.regions.values():
        words = arabic.split()
        names.update(" ".join(words[first:]) for first in range(len(words)))
    for row in read_rows(LEXICON / "place_aliases.tsv", ALIAS_COLUMNS):
        names.update(row["names"].split("|"))
    return frozenset(map(fold, names))


def read_texts(paths: list[Path]) -> Iterator[str]:
    """Yield the texts of the corpora, titles before them."""
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield f"{row.get('title') or ''}\n{row['text']}"


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Count place slots.")
    parser.add_argument("packages", type=Path)
    parser.add_argument("corpora", nargs="+", type=Path)
    options = parser.parse_args()
    names = candidates(options.packages)
    starts = {name.split(" ")[0] for name in names if " " in name}
    known: dict[str, tuple[str, str]] = {}
    total: Counter[str] = Counter()
    bare: Counter[str] = Counter()
    slot: Counter[str] = Counter()

    def split_word(word: str, of: set[str] | frozenset[str]) -> tuple[str, str]:
        """Return clitic and rest of a word whose rest is in `of`, else nothing."""
        if word in of:
            return "", word
        if word.startswith("\u0644\u0644") and "\u0627" + word[1:] in of:  # لل: lam and the article
            return "\u0644", "\u0627" + word[1:]
        for clitic in CLITICS:
            rest = word.removeprefix(clitic)
            if rest != word and len(rest) > 2 and rest in of:
                return clitic, rest
        return "", ""

    opening = {}
    texts = list(read_texts(options.corpora))
    for first in range(0, len(texts), 1000):
        for text in normalize_texts(texts[first : first + 1000], "dedup"):
            words = text.split()
            before = ""
            for place, word in enumerate(words):
                if word not in known:
                    known[word] = split_word(word, names)
                    opening[word] = split_word(word, starts)
                found = [known[word]] if known[word][1] else []
                clitic, rest = opening[word]
                if rest:
                    for size in range(2, LONGEST + 1):
                        name = " ".join([rest, *words[place + 1 : place + size]])
                        if name in names:
                            found.append((clitic, name))
                for clitic, name in found:
                    total[name] += 1
                    bare[name] += not clitic
                    slot[name] += before in SLOT_WORDS or clitic.endswith("ب")
                before = word
    rows = [
        f"{name}\t{count}\t{bare[name]}\t{slot[name]}\n"
        for name, count in sorted(total.items())
        if count >= LEAST_SEEN
    ]
    TABLE.write_text("name\tcount\tbare\tslot\n" + "".join(rows), encoding="utf-8", newline="\n")
    print(f"{len(rows):,} of {len(names):,} names")


if __name__ == "__main__":
    main()
