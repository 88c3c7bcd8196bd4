"""triggers.tsv from triggers.txt: words that tell what stands beside them."""

from collections.abc import Iterable, Iterator

from entities.lists import lines_of, table

from transforms.core.normalize import dedup_text

CLASSES = frozenset(
    (
        "person_title",
        "org_head",
        "place_head",
        "person_blocker",
        "event_head",
        "speech_verb",
        "generic_org",
    )
)


def read_triggers(faults: list[str]) -> tuple[str, dict[str, frozenset[str]]]:
    """Return the table, and the folded words of each class. Unknown classes go to `faults`."""
    words: dict[tuple[str, str], str] = {}
    kind = ""
    for line in lines_of("triggers.txt"):
        if line.startswith("["):
            kind = line.strip("[]")
            if kind not in CLASSES:
                faults.append(f"unknown class {kind}")
            continue
        verb = kind == "speech_verb" and "|" not in line
        for form in _conjugate(line.split()) if verb else _widen(line.split("|")):
            words.setdefault((kind, dedup_text(form)), form)
    classes = {name: frozenset(word for kind, word in words if kind == name) for name in CLASSES}
    return table(("word", "class"), ((words[key], key[0]) for key in sorted(words))), classes


def _widen(words: Iterable[str]) -> Iterator[str]:
    """Yield each word, with the article for +, and the feminine too for ++."""
    for word in words:
        plain = word.rstrip("+")
        for form in (plain, plain + "ة") if word.endswith("++") else (plain,):
            yield form
            if word.endswith("+"):
                yield "ال" + form


def _conjugate(words: list[str]) -> Iterator[str]:
    """Yield third persons of a verb, past (he, she, they, two) and present, then its other forms as they are."""
    past, *rest = words
    present = rest[0] if rest and rest[0].startswith("ي") else ""
    yield past
    if present and past[-1] not in "ىا":
        yield from (past + ending for ending in ("ت", "وا", "ا", "تا"))
    yield from rest
    if present:
        yield "ت" + present[1:]
        if present[-1] not in "ىيو":
            yield from (present + "ون", present + "وا", present + "ان", "ت" + present[1:] + "ان")
