"""Score keyphrases against those that readers ranked: F1 of the first 5 and the first 10 phrases.

The labels are the ten phrases ranked highest. A phrase is right where it is one of them, both folded and without
waw, feh, beh, lam and kaf before an article (readers copied phrases with them; a rule as simple as that favours
nobody). `known` is the share of phrases that some reader proposed at all.
`python tests/quality/keyphrases.py [FILE]` prints the scores, beside those of YAKE (lan="ar", n=3) where it is
installed, documents a second, and with `--all` what was found.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]

from transforms.core.normalize import normalize_texts  # noqa: E402
from transforms.core.tagging.keyphrases import find_keyphrases  # noqa: E402
from transforms.core.tagging.vocabulary import parse_vocabulary  # noqa: E402
from transforms.core.tagging.words import read_words  # noqa: E402

CORE = ROOT / "transforms" / "core"
LABELS = 10
BATCH = 64
_ALEF, _LAM = "\u0627", "\u0644"  # ا ل
#: Waw or feh, then beh or kaf, before alef + lam; waw or feh, then lam, before the article's lam.
_CLITICS = re.compile("[\u0648\u0641]?(?:[\u0628\u0643]?(?=\u0627\u0644..)|\u0644(?=\u0644..))")


class Score(NamedTuple):
    """Counts of phrases: answered, labelled, right, and proposed by some reader."""

    answered: int
    labelled: int
    right: int
    known: int

    @property
    def f1(self):
        return 2 * self.right / (self.answered + self.labelled) if self.answered + self.labelled else 1.0


def fold(phrases):
    """Return the different phrases in their order, folded and without clitics before an article."""
    folded = {}
    for text in normalize_texts(list(phrases), "dedup"):
        found = _CLITICS.match(text)
        if found and found.group():
            text = text[found.end() :] if text[found.end()] == _ALEF else _ALEF + text[found.end() :]
        folded[text] = None
    return list(folded)


def compare(answers, rows, first):
    """Return the score of the first answers to each document."""
    answered = labelled = right = known = 0
    for answer, row in zip(answers, rows, strict=True):
        found, labels = set(fold(answer)[:first]), set(fold(row["keyphrases"][:LABELS]))
        answered += len(found)
        labelled += len(labels)
        right += len(found & labels)
        known += len(found & set(fold(row["keyphrases"])))
    return Score(answered, labelled, right, known)


def load_vocabulary():
    """Return the shipped vocabulary."""
    return parse_vocabulary(
        (CORE / "models" / "keyphrases.npz").read_bytes(),
        (CORE / "lexicon" / "stopwords.tsv").read_text(encoding="utf-8"),
    )


def answer(texts, vocabulary):
    """Return the phrases of texts without titles."""
    found = []
    for first in range(0, len(texts), BATCH):
        words = read_words(texts[first : first + BATCH])
        found += find_keyphrases(words, vocabulary, np.zeros(len(words.texts), np.int64))
    return [[phrase.value for phrase in phrases] for phrases in found]


def answer_by_yake(texts):
    """Return the phrases of YAKE, None where it is not installed."""
    try:
        import yake
    except ImportError:
        return None
    extractor = yake.KeywordExtractor(lan="ar", n=3, top=10)
    return [[phrase for phrase, _ in extractor.extract_keywords(text)] for text in texts]


def main(file, *, with_all):
    rows = [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    vocabulary = load_vocabulary()
    for name, how in (("warraq", lambda: answer(texts, vocabulary)), ("YAKE", lambda: answer_by_yake(texts))):
        how() if name == "warraq" else None  # tables of folding are made once
        start = time.process_time()
        answers = how()
        seconds = time.process_time() - start
        if answers is None:
            print(f"{name}: not installed")
            continue
        five, ten = (compare(answers, rows, first) for first in (5, 10))
        print(
            f"{name}: F1@5 {five.f1:.3f}  F1@10 {ten.f1:.3f}  known@10 {ten.known / ten.answered:.3f}  "
            f"{len(texts) / seconds:,.0f} documents/s ({sum(map(len, map(str.split, texts))) / seconds:,.0f} words/s)"
        )
        if with_all and name == "warraq":
            for row, found in zip(rows, answers, strict=True):
                print(row["id"], "|", "، ".join(found), "|", "، ".join(row["keyphrases"][:LABELS]))


if __name__ == "__main__":
    files = [argument for argument in sys.argv[1:] if argument != "--all"]
    default = ROOT.parent / "shared" / "data" / "keyphrases_dev" / "dev.jsonl"
    main(files[0] if files else default, with_all="--all" in sys.argv)
