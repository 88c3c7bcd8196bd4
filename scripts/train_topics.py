#!/usr/bin/env python3
"""Train `topics.npz` of `transforms/core/models/`: the linear part of the topic model.

`python scripts/train_topics.py DATA` reads the texts of SOURCES in the folder DATA (SHA-256 checked) and writes the
model; `--check` writes nothing and exits 1 where it would change. Nothing is drawn at random: two runs on the same
numpy give the same bytes.

The texts carry section labels of newspapers, not topics. So each article, and each piece of a long one, gets the
topic that the keywords are sure of (see `topic_seeds`), where the section allows it (SECTIONS). The scores are then
fitted on LABELS, articles of the same sources labelled by hand, which are not learnt from.

`python scripts/train_topics.py --own FILE.jsonl --output MODEL` learns from your own articles instead: one JSON object
a line with `title` (may be missing), `text` and `topics`, a list of top-level codes such as `medtop:15000000`.
"""

import argparse
import hashlib
import json
import lzma
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.core.tagging.topic_keywords import parse_keywords  # noqa: E402
from transforms.core.tagging.topic_scores import KeywordScorer  # noqa: E402
from transforms.core.tagging.topic_seeds import Piece, cut_articles, sure_topics  # noqa: E402
from transforms.core.tagging.topic_taxonomy import parse_taxonomy  # noqa: E402
from transforms.core.tagging.topic_training import (  # noqa: E402
    calibrate,
    fit,
    pack,
    read_features,
    targets_of,
    train_topics,
)
from transforms.core.tagging.topics import load_topics  # noqa: E402

CORE = ROOT / "transforms" / "core"
MODEL = CORE / "models" / "topics.npz"
LABELS = ROOT / "scripts" / "sources" / "topic_labels.tsv"
#: Data manifest: file -> SHA-256.
SOURCES = {
    "topics_sanad_dev.jsonl.xz": "633e728b8816b2835943f9d66ef131c61db2c91438a570fff217b0ba6659759d",
    "topics_ant_dev.jsonl.xz": "b470ccd1212160d50d451e7fe11495ed203b9ca7e4ed9d2037f37511a7f7880c",
    "wikinews/wikinews.jsonl": "3146731b21a0808123f4b88adf8085db4fa53a2156a7e6e23f1c4c941be199ec",
}
#: Topics (first two digits of the code) that a section's articles may have; a section that is not here tells nothing.
SECTIONS = {
    "Culture": (1, 5, 8, 10, 12, 14),
    "Finance": (4, 5, 6, 9, 11, 13),
    "Medical": (5, 6, 7, 9, 10, 13, 14),
    "Politics": (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 16, 17),
    "Religion": (1, 2, 5, 7, 10, 12, 14),
    "Sports": (15,),
    "Technology": (1, 4, 5, 9, 13),
    "sport": (15,),
    "economy": (4, 6, 9, 10),
    "culture": (1, 8, 12),
    "technology": (4, 7, 8, 13),
    "politic": (2, 4, 9, 11, 12, 16),
}


def read_tables() -> tuple[str, str]:
    lexicon = CORE / "lexicon"
    return (lexicon / "topics.tsv").read_text("utf-8"), (lexicon / "topic_keywords.tsv").read_text("utf-8")


def read_sources(folder: Path) -> list[dict[str, Any]]:
    """Return the articles of all sources, in the order of the manifest."""
    articles: list[dict[str, Any]] = []
    for name, digest in SOURCES.items():
        data = (folder / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise SystemExit(f"{name}: this is not the file of SHA-256 {digest}")
        text = (lzma.decompress(data) if name.endswith(".xz") else data).decode()
        articles += [json.loads(line) for line in text.splitlines()]
    return articles


def allowed_topics() -> dict[str, list[str]]:
    """Return the codes of topics that articles of a section may have."""
    return {name: [f"medtop:{top:02d}000000" for top in allowed] for name, allowed in SECTIONS.items()}


def read_labels() -> dict[str, list[str]]:
    """Return the labels of articles by id: the topics and those that may be named beside them."""
    lines = LABELS.read_text("utf-8").splitlines()[1:]
    return {cells[0]: f"{cells[1]} {cells[2]}".split() for cells in (line.split("\t") for line in lines)}


def train(folder: Path) -> bytes:
    """Return the model file that is shipped."""
    taxonomy, keywords = read_tables()
    articles = read_sources(folder)
    labels = read_labels()
    pieces = cut_articles(
        Piece(row.get("title") or "", row["text"], row["label"])
        for row in articles
        if row["id"] not in labels
    )
    known = parse_taxonomy(taxonomy)
    tops = [code for code, topic in known.items() if topic.level == 1]
    topics = sure_topics(pieces, KeywordScorer(parse_keywords(keywords), known, tops), tops, allowed_topics())
    rows = [row for row, topic in enumerate(topics) if topic]
    print(", ".join(f"{code}: {count}" for code, count in sorted(Counter(topics).items()) if code))
    codes = sorted({topics[row] for row in rows})
    features = read_features([(pieces[row].title, pieces[row].body) for row in rows])
    linear = fit(features, targets_of([[topics[row]] for row in rows], codes))
    model = load_topics(pack(linear, codes, (1.0, 0.0)), taxonomy, keywords)
    labelled = [row for row in articles if row["id"] in labels]
    texts = [(row.get("title") or "", row["text"]) for row in labelled]
    calibration = calibrate(model, texts, [labels[row["id"]] for row in labelled])
    print(f"{len(rows)} of {len(pieces)} pieces; calibration {calibration} on {len(labelled)} articles")
    return pack(linear, codes, calibration)


def train_own(path: Path) -> bytes:
    """Return a model learnt from a file of labelled articles."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    texts = [(row.get("title") or "", row["text"]) for row in rows]
    return train_topics(texts, [row["topics"] for row in rows], *read_tables())


def main() -> int:
    parser = argparse.ArgumentParser(description="Train the topic model.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with the texts of SOURCES")
    parser.add_argument(
        "--own", type=Path, metavar="FILE.jsonl", help="learn from your own labelled articles instead"
    )
    parser.add_argument("--output", type=Path, default=MODEL, help="the model file to write")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where the file would change"
    )
    options = parser.parse_args()
    if (options.data is None) == (options.own is None):
        parser.error("give a folder of texts, or --own FILE.jsonl")
    if options.own is not None and options.output == MODEL:
        parser.error("--own needs --output, so that the shipped model stays what its card says")
    model = train(options.data) if options.own is None else train_own(options.own)
    same = options.output.exists() and options.output.read_bytes() == model
    digest = hashlib.sha256(model).hexdigest()
    print(f"{options.output.name}: {len(model):,} bytes, sha256 {digest}{', as it was' if same else ''}")
    if not options.check:
        options.output.write_bytes(model)
    return 1 if options.check and not same else 0


if __name__ == "__main__":
    sys.exit(main())
