"""Measure the topic model: across sources, in one domain, against hand labels; speed and time to load.

`python tests/quality/topics.py` prints all figures and what differs. Across sources: made from the texts of two sources
by the recipe of the shipped model, tested on the section labels of the third. In domain: trained on the section labels
of four fifths of SANAD and ANT, tested on the rest. Both over the topics that the tested sections name. Top-1 acceptable: the first topic is a required or an
optional one; where no topic is required, nothing or an optional one is named.
"""

import gzip
import json
import lzma
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = [
    "CASES",
    "SHARED",
    "TextTopics",
    "TopicScore",
    "across_sources",
    "compare",
    "in_domain",
    "score_permitted",
    "score_rows",
]

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)] if str(ROOT) not in sys.path else []

from scripts.train_topics import allowed_topics  # noqa: E402
from transforms.core.tagging.topic_keywords import parse_keywords  # noqa: E402
from transforms.core.tagging.topic_scores import KeywordScorer  # noqa: E402
from transforms.core.tagging.topic_seeds import Piece, cut_articles, sure_topics  # noqa: E402
from transforms.core.tagging.topic_taxonomy import parse_taxonomy  # noqa: E402
from transforms.core.tagging.topic_training import (  # noqa: E402
    Settings,
    fit,
    pack,
    read_features,
    targets_of,
    topic_words,
)
from transforms.core.tagging.topics import TextTopics, TopicScore, load_topics  # noqa: E402

SHARED = ROOT.parent / "shared" / "data"
CASES = ROOT / "tests" / "quality" / "cases"
CORE = ROOT / "transforms" / "core"
SOURCES = ("sanad", "ant", "asnd")
POLITICS, CONFLICT = "medtop:11000000", "medtop:16000000"
#: Section labels that name a topic; desks (local, international, diverse, others) are left out. Conflict is politics here.
SECTIONS = {
    "Culture": "medtop:01000000",
    "Finance": "medtop:04000000",
    "Medical": "medtop:07000000",
    "Politics": POLITICS,
    "Religion": "medtop:12000000",
    "Sports": "medtop:15000000",
    "Technology": "medtop:13000000",
    "culture": "medtop:01000000",
    "economy": "medtop:04000000",
    "politic": POLITICS,
    "sport": "medtop:15000000",
    "technology": "medtop:13000000",
    "art-and-entertainment": "medtop:01000000",
    "business-and-economy": "medtop:04000000",
    "health": "medtop:07000000",
    "politics": POLITICS,
    "crime-war-conflict": POLITICS,
    "spiritual": "medtop:12000000",
    "sports": "medtop:15000000",
    "science-and-technology": "medtop:13000000",
}
#: Every fourth article of the largest source is enough to learn from and to test on.
EVERY = {"sanad": 4}
SETTINGS = Settings(epochs=5)


class Corpus(NamedTuple):
    """Texts of one source with the topic of their section."""

    texts: list
    topics: list


class Accuracy(NamedTuple):
    """Hand labels against answers: precision, recall and F1 over topics, top-1 acceptable, what differs."""

    precision: float
    recall: float
    f1: float
    top1: float
    count: int
    notes: list


def read_tables():
    lexicon = CORE / "lexicon"
    return (lexicon / "topics.tsv").read_text("utf-8"), (lexicon / "topic_keywords.tsv").read_text("utf-8")


def read_model():
    return load_topics((CORE / "models" / "topics.npz").read_bytes(), *read_tables())


def read_corpus(name):
    """Return the articles of a source whose section names a topic."""
    pieces = [piece for piece in read_pieces(name) if piece.section in SECTIONS]
    texts = [(piece.title, piece.body) for piece in pieces]
    return Corpus(texts, [SECTIONS[piece.section] for piece in pieces])


def read_pieces(name):
    """Return the articles of a source, of all sections."""
    with lzma.open(SHARED / f"topics_{name}_dev.jsonl.xz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:: EVERY.get(name, 1)]
    return [Piece(row.get("title") or "", row["text"], row["label"]) for row in rows]


def accuracy(features, topics, tested, expected):
    """Return the accuracy, over the topics that `expected` has, of a model learnt from features and topics."""
    codes = sorted(set(topics))
    linear = fit(features, targets_of([[topic] for topic in topics], codes), SETTINGS)
    model = load_topics(pack(linear, codes, (1.0, 0.0)), *read_tables())
    known = sorted(set(expected))
    columns = [model.tops.index(code) for code in known]
    right = 0
    for low in range(0, len(tested), 256):
        shares = model.shares_of(topic_words(tested[low : low + 256]))
        politics, conflict = model.tops.index(POLITICS), model.tops.index(CONFLICT)
        shares[:, politics] += shares[:, conflict]
        best = shares[:, columns].argmax(1).tolist()
        right += sum(
            known[place] == topic for place, topic in zip(best, expected[low : low + 256], strict=True)
        )
    return right / len(tested)


def across_sources():
    """Return the accuracy on each source of a model made, by the recipe of the shipped one, from the two others."""
    taxonomy, keywords = read_tables()
    topics = parse_taxonomy(taxonomy)
    tops = [code for code, topic in topics.items() if topic.level == 1]
    scorer = KeywordScorer(parse_keywords(keywords), topics, tops)
    pieces = {name: cut_articles(read_pieces(name)) for name in SOURCES}
    results = {}
    for name in SOURCES:
        others = [piece for other in SOURCES if other != name for piece in pieces[other]]
        seeds = sure_topics(others, scorer, tops, allowed_topics())
        rows = [row for row, topic in enumerate(seeds) if topic]
        features = read_features([(others[row].title, others[row].body) for row in rows])
        tested = read_corpus(name)
        results[name] = accuracy(features, [seeds[row] for row in rows], tested.texts, tested.topics)
    return results


def in_domain():
    """Return the accuracy of a model learnt from four fifths of SANAD and ANT, on the rest."""
    corpora = [read_corpus(name) for name in SOURCES[:2]]
    texts = [text for corpus in corpora for text in corpus.texts]
    topics = [topic for corpus in corpora for topic in corpus.topics]
    apart = np.arange(len(texts)) % 5 == 0
    learnt, tested = np.flatnonzero(~apart).tolist(), np.flatnonzero(apart).tolist()
    features = read_features([texts[row] for row in learnt])
    return accuracy(
        features,
        [topics[row] for row in learnt],
        [texts[row] for row in tested],
        [topics[row] for row in tested],
    )


def read_articles(indexes):
    """Return (title, content) of the articles of the Saudi newspapers by number, over the daily files by date."""
    wanted, found, number = set(indexes), {}, 0
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                if number in wanted:
                    row = json.loads(line)
                    found[number] = row["title"] or "", row["content"] or ""
                number += 1
    return [found[index] for index in indexes]


def tag(model, texts):
    found = []
    for low in range(0, len(texts), 64):
        found += model.tag_batch(topic_words(texts[low : low + 64]))
    return found


def compare(found, labels, names):
    """Return the accuracy of answers against labels, pairs of required and optional codes."""
    right = extra = missed = acceptable = 0
    notes = []
    for answer, (required, optional), name in zip(found, labels, names, strict=True):
        codes = [topic.code for topic in answer.topics if topic.code.endswith("000000")]
        right += len(set(codes) & set(required))
        missed += len(set(required) - set(codes))
        extra += len(set(codes) - set(required) - set(optional))
        good = codes[0] in required or codes[0] in optional if codes else not required
        acceptable += good
        if not good:
            notes.append(f"{name}: {' '.join(codes) or 'nothing'} for {' '.join(required) or 'nothing'}")
    precision, recall = right / max(1, right + extra), right / max(1, right + missed)
    return Accuracy(
        precision,
        recall,
        2 * precision * recall / max(1e-9, precision + recall),
        acceptable / len(labels),
        len(labels),
        notes,
    )


def score_rows(path):
    """Return the accuracy on a file of labels by number of the article."""
    rows = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
    labels = [(row["topics"], row["topics_optional"]) for row in rows]
    texts = read_articles([row["index"] for row in rows])
    return compare(tag(read_model(), texts), labels, [row["index"] for row in rows])


def score_permitted():
    """Return the accuracy on the labelled articles that the scores were fitted on (the weights were not)."""
    lines = (ROOT / "scripts" / "sources" / "topic_labels.tsv").read_text("utf-8").splitlines()[1:]
    labels = {
        cells[0]: (cells[1].split(), cells[2].split()) for cells in (line.split("\t") for line in lines)
    }
    texts = {}
    for name in SOURCES[:2]:
        with lzma.open(SHARED / f"topics_{name}_dev.jsonl.xz", "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                if row["id"] in labels:
                    texts[row["id"]] = row.get("title") or "", row["text"]
    names = sorted(texts)
    return compare(
        tag(read_model(), [texts[name] for name in names]), [labels[name] for name in names], names
    )


def speed():
    """Return tokens a second of tagging alone, and seconds to load the model."""
    start = time.perf_counter()
    model = read_model()
    loaded = time.perf_counter() - start
    with lzma.open(SHARED / "topics_ant_dev.jsonl.xz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(4096), strict=False)]
    batches = [
        topic_words([(row["title"], row["text"]) for row in rows[low : low + 64]])
        for low in range(0, len(rows), 64)
    ]
    model.tag_batch(batches[0])
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        for batch in batches:
            model.tag_batch(batch)
        best = min(best, time.perf_counter() - start)
    return sum(batch.hashes.size for batch in batches) / best, loaded


def show(name, result):
    print(
        f"{name}: F1 {result.f1:.3f} (precision {result.precision:.3f}, recall {result.recall:.3f}), "
        f"top-1 acceptable {result.top1:.3f}"
    )
    print("\n".join(f"  {note}" for note in result.notes))


def main():
    rate, loaded = speed()
    print(f"{rate / 1e6:.2f} million tokens/s, loaded in {loaded:.2f} s")
    results = across_sources()
    print("across sources:", ", ".join(f"{name} {value:.3f}" for name, value in results.items()))
    print(f"mean {sum(results.values()) / len(results):.3f}; in domain {in_domain():.3f}")
    show("permitted, by hand", score_permitted())
    show("tags_gold_dev", score_rows(SHARED / "tags_gold_dev" / "dev.jsonl"))
    fresh = CASES / "topics_fresh.jsonl"
    if fresh.exists():
        result = score_rows(fresh)
        show("fresh", result)
        print(Counter(note.partition(": ")[2].partition(" for ")[2] for note in result.notes))


if __name__ == "__main__":
    main()
