"""Sentences with labelled names: reading them, our tokens of them, and the exact-span measure (conlleval's)."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from transforms.core.tagging.chain import ChainModel
from transforms.core.tagging.entity_lexicon import EntityLexicon
from transforms.core.tagging.hits import hit_codes
from transforms.core.tagging.words import Words, read_words

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")
NUMBERS = {label: number for number, label in enumerate(LABELS)}

Labelled = list[tuple[str, str]]
#: Precision, recall and F1 by type, "all" over all of them.
Figures = dict[str, tuple[float, float, float]]


class Corpus(NamedTuple):
    """Sentences as tokens of ours: their words, labels, sentence starts (with the end), weights; owners of tokens."""

    words: Words
    forms: list[str]
    labels: np.ndarray
    bounds: np.ndarray
    weights: np.ndarray
    #: Of each token: the number of the given token that it is a part of, counted over all sentences.
    owners: np.ndarray


def read_gold(path: Path) -> list[Labelled]:
    """Return the sentences of a two-column file."""
    sentences: list[Labelled] = []
    sentence: Labelled = []
    for line in path.read_text("utf-8").split("\n"):
        if line.strip():
            token, _, label = line.replace("\t", " ").rpartition(" ")
            sentence.append((token, label.replace("PERS", "PER")))
        elif sentence:
            sentences.append(sentence)
            sentence = []
    return [*sentences, sentence] if sentence else sentences


def split_gold(sentences: list[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Return the first five sixths and the last sixth, which no training sees."""
    kept = len(sentences) - len(sentences) // 6
    return sentences[:kept], sentences[kept:]


def read_corpus(sentences: list[Labelled], weights: list[float]) -> Corpus:
    """Return sentences in our tokens: a given token may be several of ours; the first of them begins the name."""
    types = sorted({token for sentence in sentences for token, _ in sentence})
    pieces: dict[str, list[str]] = {}
    for first in range(0, len(types), 20_000):
        block = types[first : first + 20_000]
        words = read_words(block)
        forms = words.forms()
        for place, token in enumerate(block):
            pieces[token] = forms[words.borders[place] : words.borders[place + 1]]
    texts: list[str] = []
    labels: list[list[int]] = []
    owners: list[list[int]] = []
    owner = 0
    for sentence in sentences:
        tokens: list[str] = []
        numbers: list[int] = []
        parts: list[int] = []
        for token, label in sentence:
            for place, piece in enumerate(pieces[token]):
                tokens.append(piece)
                numbers.append(NUMBERS[label if place == 0 or label == "O" else "I-" + label[2:]])
                parts.append(owner)
            owner += 1
        texts.append(" ".join(tokens))
        labels.append(numbers)
        owners.append(parts)
    words = read_words(texts)
    lengths = np.diff(words.borders)
    wanted = np.array([len(numbers) for numbers in labels])
    if (lengths != wanted).any():
        place = int(np.flatnonzero(lengths != wanted)[0])
        raise SystemExit(f"sentence {place} reads otherwise once joined: {texts[place]}")
    flat = np.array([number for numbers in labels for number in numbers], np.int64)
    parts = np.array([part for sentence in owners for part in sentence], np.int64)
    return Corpus(words, words.forms(), flat, words.borders.copy(), np.array(weights), parts)


def spans(labels: list[str]) -> set[tuple[int, int, str]]:
    """Return the spans (start, end, type) of labels, as conlleval reads them."""
    found = set()
    start, kind = -1, ""
    for place, label in enumerate([*labels, "O"]):
        if start >= 0 and (label == "O" or label[0] == "B" or label[2:] != kind):
            found.add((start, place, kind))
            start = -1
        if label != "O" and start < 0:
            start, kind = place, label[2:]
    return found


def measure(model: ChainModel, lexicon: EntityLexicon, sentences: list[Labelled]) -> Figures:
    """Return precision, recall and F1 of exact spans by type and over all, in the tokens of the labelled set."""
    corpus = read_corpus(sentences, [1.0] * len(sentences))
    ends = np.zeros(len(corpus.forms), bool)
    ends[corpus.bounds[1:] - 1] = True
    hits = hit_codes(lexicon.index.find(corpus.words, corpus.forms), lexicon.hit_classes, len(corpus.forms))
    numbers = model.label(corpus.forms, ends, hits).numbers.tolist()
    said: dict[int, str] = {}
    for owner, number in zip(corpus.owners.tolist(), numbers, strict=True):
        said.setdefault(owner, model.labels[number])
    right: dict[str, int] = {}
    found: dict[str, int] = {}
    wanted: dict[str, int] = {}
    owner = 0
    for sentence in sentences:
        gold = spans([label for _, label in sentence])
        ours = spans([said.get(owner + place, "O") for place in range(len(sentence))])
        owner += len(sentence)
        for counts, some in ((right, gold & ours), (found, ours), (wanted, gold)):
            for *_, kind in some:
                for name in (kind, "all"):
                    counts[name] = counts.get(name, 0) + 1
    table = {}
    for kind in sorted(wanted):
        precision = right.get(kind, 0) / max(1, found.get(kind, 0))
        recall = right.get(kind, 0) / wanted[kind]
        table[kind] = (precision, recall, 2 * precision * recall / max(1e-9, precision + recall))
    return table


def show(name: str, table: Figures) -> None:
    for kind, figures in table.items():
        print(name, kind, "P {:.3f} R {:.3f} F1 {:.3f}".format(*figures), flush=True)
