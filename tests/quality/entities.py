"""Print how well places, persons and organisations are found, beside labelled sets.

    python tests/quality/entities.py [--errors]

Needs the shared data. `ner_clean_dev`: the last sixth, which no training saw, exact spans in the set's own tokens.
`ner_aqmar_dev`: Wikipedia, another guideline, nothing learnt from it; by article. Silver labels were made by encoders that
had seen labels of both sets, so both figures are flattered. `tags_gold_dev`: sets of names per article (its own scorer).
`seed`: the typical article.
"""

import argparse
import gzip
import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from corpus import SHARED  # noqa: E402

from schemas.elements import Article, NormalizedArticle, Origin, Span  # noqa: E402
from scripts.labelled_names import Figures, measure, read_gold, show, split_gold  # noqa: E402
from transforms.core.tagging.tagger import Tagger, TagRules  # noqa: E402
from transforms.core.tagging.user_rules import UserRules  # noqa: E402
from transforms.tag_models import load_tagger  # noqa: E402

KINDS = {"place": "places", "person": "persons", "organisation": "organisations"}
#: The first sentence of each article of `ner_aqmar_dev`, which has no marks, found by reading.
AQMAR = {
    "atom": 1,
    "crusades": 120,
    "Damascus": 247,
    "Fermi": 328,
    "football": 395,
    "Ibn Tulun mosque": 491,
    "Hussein shrine": 548,
    "internet": 605,
    "history of Islam": 696,
    "light": 759,
    "physics": 921,
    "World Cup": 1037,
    "Olympics 2004": 1103,
    "Umayyad mosque": 1166,
}


class Tagged(NamedTuple):
    """Scores of article tags by kind (precision, recall, F1), and how many places got their country right."""

    strict: dict[str, tuple[float, float, float]]
    lenient: dict[str, tuple[float, float, float]]
    places_found: int
    countries_right: int
    errors: list[str]


def article(text: str, title_end: int, source: str = "") -> NormalizedArticle:
    """Return an article of which only the text and the title matter."""
    title = Span(0, title_end)
    read = Article("", source, "", text, title, title_end, (), (), "", None, None, "ar", (), Origin("", 0, 0))
    return NormalizedArticle(read, b"", 0, "")


def tagger() -> Tagger:
    """Return the shipped tagger."""
    return load_tagger(TagRules(), UserRules())


def measure_clean() -> Figures:
    """Return the figures on the sentences kept out of training."""
    _, kept_out = split_gold(read_gold(SHARED / "ner_clean_dev" / "dev.conll"))
    model = tagger().entities
    return measure(model.model, model.lexicon, kept_out)


def measure_aqmar() -> dict[str, Figures]:
    """Return the figures by article, and of all of them together."""
    sentences = read_gold(SHARED / "ner_aqmar_dev" / "dev.conll")
    model = tagger().entities
    borders = [*(first - 1 for first in AQMAR.values()), len(sentences)]
    parts = {
        name: sentences[low:high] for name, low, high in zip(AQMAR, borders[:-1], borders[1:], strict=True)
    }
    return {
        name: measure(model.model, model.lexicon, part)
        for name, part in {**parts, "all 14": sentences}.items()
    }


def names_of(tags) -> dict[str, list[tuple[str, str]]]:
    """Return (name, country) of each thing by kind: its fullest form in the text (of a place, its usual form)."""
    things: dict[tuple[str, int], list] = {}
    for tag in tags:
        if tag.kind in KINDS:
            things.setdefault((tag.kind, tag.entity), []).append(tag)
    names: dict[str, list[tuple[str, str]]] = {name: [] for name in KINDS.values()}
    for (kind, _), mentions in things.items():
        forms = [whole(tag) for tag in mentions]
        times = Counter(forms) if kind == "place" else Counter()
        name = max(forms, key=lambda form: (times[form], len(form)))
        names[KINDS[kind]].append((name, mentions[0].country))
    return names


def whole(tag) -> str:
    """Return the surface form; where lam swallowed the alef of the article, with it."""
    hidden = tag.value.startswith("ل") and tag.canonical[:2] == "ال" and not tag.canonical.startswith("لل")
    return "ا" + tag.value if hidden and tag.value[1:2] == tag.canonical[2:3] else tag.value


def load_scorer():
    """Return the module of the set's own scorer."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "tags_gold_dev" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def saudinewsnet():
    """Yield the articles of the corpus in the order that indexes count."""
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def gold_articles() -> list[tuple[dict, NormalizedArticle]]:
    """Return the labelled articles with their labels."""
    rows = [
        json.loads(line) for line in (SHARED / "tags_gold_dev" / "dev.jsonl").read_text("utf-8").splitlines()
    ]
    wanted = {row["index"] for row in rows}
    found = {}
    for index, record in enumerate(saudinewsnet()):
        if index in wanted:
            title = record["title"] or ""
            found[index] = article(f"{title}\n\n{record['content']}", len(title), record["source"])
    return [(row, found[row["index"]]) for row in rows]


def score_tags(labelled: list[tuple[dict, NormalizedArticle]]) -> Tagged:
    """Return the scores of the shipped tagger on labelled articles."""
    scorer = load_scorer()
    rows = [row for row, _ in labelled]
    tagged = tagger().tag([one for _, one in labelled])
    predicted = {}
    found = right = 0
    errors = []
    for row, one in zip(rows, tagged, strict=True):
        names = names_of(one.tags)
        predicted[row["index"]] = {kind: [name for name, _ in some] for kind, some in names.items()}
        for name, country in names["places"]:
            for label in row["places"]:
                if label["country"] and scorer.hit(name, label, False):
                    found += 1
                    right += country == label["country"]
                    if country != label["country"]:
                        errors.append(f"{row['index']} country of {name}: {country or 'none'}")
        for kind in KINDS.values():
            said = predicted[row["index"]][kind]
            missed = [
                label["name"]
                for label in row[kind]
                if not label.get("optional") and not any(scorer.hit(name, label, False) for name in said)
            ]
            extra = [name for name in said if not any(scorer.hit(name, label, False) for label in row[kind])]
            if missed or extra:
                errors.append(f"{row['index']} {kind}: missed {missed}, extra {extra}")
    strict, lenient = scorer.score(rows, predicted), scorer.score(rows, predicted, True)
    kinds = KINDS.values()
    return Tagged(
        {kind: strict[kind] for kind in kinds}, {kind: lenient[kind] for kind in kinds}, found, right, errors
    )


def seed() -> list[tuple[dict, NormalizedArticle]]:
    """Return the typical article with its labels."""
    folder = SHARED / "seed"
    expected = json.loads((folder / "seed_expected.json").read_text("utf-8"))
    text = next(folder.glob("*.txt")).read_text("utf-8")
    labels = {
        "index": 0,
        "topics": [],
        "topics_optional": [],
        **{kind: expected[kind] for kind in KINDS.values()},
    }
    return [(labels, article(text, text.index("\n"), "afp"))]


def _print(name: str, scores: Tagged) -> None:
    for kind in KINDS.values():
        strict = "P {:.3f} R {:.3f} F1 {:.3f}".format(*scores.strict[kind])
        print(f"{name} {kind}: strict {strict}, lenient F1 {scores.lenient[kind][2]:.3f}")
    print(f"{name} country right: {scores.countries_right} of {scores.places_found} places found")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--errors", action="store_true", help="list what was missed and what was too much")
    asked = parser.parse_args()
    show("ner_clean_dev, last sixth:", measure_clean())
    for name, figures in measure_aqmar().items():
        precision, recall, f1 = figures["all"]
        print(f"ner_aqmar_dev, {name}: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")
    show("ner_aqmar_dev, all 14:", measure_aqmar()["all 14"])
    for name, labelled in (("tags_gold_dev", gold_articles()), ("seed", seed())):
        scores = score_tags(labelled)
        _print(name, scores)
        if asked.errors:
            print("\n".join(scores.errors))


if __name__ == "__main__":
    main()
