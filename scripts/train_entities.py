#!/usr/bin/env python3
"""Train the model of names: `transforms/core/models/entities.npz` and `clusters.npz`.

    python scripts/train_entities.py DATA [--out FOLDER] [--iterations N]

`DATA` is the folder of the labelled sets (`ner_clean_dev`, `ner_silver`). Needs the extra `train` (scipy, numba).
The model is a conditional random field (Lafferty, McCallum, Pereira 2001) with one feature set per word type
(`word_features`) and one per gazetteer hit (`hits`), trained by L-BFGS (Byrd et al. 1995) with an L2 penalty.

Learnt from: the first five sixths of CLEANANERCorp (gold), sentences of SANAD, ANT and Wikinews with machine labels
of high confidence (silver, weighted below gold), word clusters of the same texts. The last sixth of CLEANANERCorp is
kept out and measured. The same inputs give the same model on one machine; sums of floats differ in their last
digits between processors.
"""

import argparse
import gzip
import hashlib
import io
import json
import lzma
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import scipy.optimize
import scipy.sparse
from numba import njit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.labelled_names import (  # noqa: E402
    LABELS,
    Corpus,
    Labelled,
    measure,
    read_corpus,
    read_gold,
    show,
    split_gold,
)
from transforms.core.tagging.chain import BOUNDARY, ChainModel, read_arrays  # noqa: E402
from transforms.core.tagging.entity_lexicon import TABLES, EntityLexicon, make_entity_lexicon  # noqa: E402
from transforms.core.tagging.hits import HIT_CODES, hit_codes  # noqa: E402
from transforms.core.tagging.word_features import word_features  # noqa: E402

MODELS = ROOT / "transforms" / "core" / "models"
LEXICON = ROOT / "transforms" / "core" / "lexicon"
SIZE = len(LABELS)
WINDOW = 5
#: Inputs and the first 16 digits of their SHA-256.
INPUTS = {
    "ner_clean_dev/dev.conll": "c37388dd867485dc",
    "ner_silver/silver.conll.xz": "0c9b880f92900050",
    "ner_silver/clusters.tsv.gz": "222b0d38c1acb64f",
}
#: Sentences whose least sure machine label is below this (per cent) are left out.
CONFIDENCE = 55
SILVER_WEIGHT = 0.5
L2 = 0.05
#: A feature is used where its word types stand so often in the training text.
FEWEST = 3
#: Smaller weights are dropped: they decide nothing.
PRUNE = 0.04


def read_silver(path: Path) -> Iterator[Labelled]:
    """Yield the sentences whose machine labels are all sure enough."""
    sentence: Labelled = []
    lowest = 100
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# token"):
                continue
            cells = line.rstrip("\n").split("\t")
            if cells != [""]:
                sentence.append((cells[0], cells[1]))
                lowest = min(lowest, int(cells[2]))
                continue
            if sentence and lowest >= CONFIDENCE:
                yield sentence
            sentence, lowest = [], 100


@njit(cache=True, fastmath=False)
def _forward_backward(  # noqa: C901 (numba compiles loops, not arrays)
    emissions: np.ndarray,
    transitions: np.ndarray,
    labels: np.ndarray,
    bounds: np.ndarray,
    weights: np.ndarray,
    gradient: np.ndarray,
    transition_gradient: np.ndarray,
) -> float:
    """Return the log-likelihood of all sentences; write its gradients."""
    size = emissions.shape[1]
    longest = 0
    for s in range(bounds.shape[0] - 1):
        longest = max(longest, bounds[s + 1] - bounds[s])
    forward = np.empty((longest, size))
    backward = np.empty((longest, size))
    scores = np.empty((longest, size))
    scale = np.empty(longest)
    moves = np.exp(transitions)
    total = 0.0
    for s in range(bounds.shape[0] - 1):
        begin = bounds[s]
        length = bounds[s + 1] - begin
        if length == 0:
            continue
        weight = weights[s]
        likelihood = 0.0
        for t in range(length):
            most = emissions[begin + t].max()
            for y in range(size):
                scores[t, y] = np.exp(emissions[begin + t, y] - most)
            likelihood += emissions[begin + t, labels[begin + t]] - most
            if t > 0:
                likelihood += transitions[labels[begin + t - 1], labels[begin + t]]
            norm = 0.0
            for y in range(size):
                value = 1.0
                if t > 0:
                    value = 0.0
                    for k in range(size):
                        value += forward[t - 1, k] * moves[k, y]
                forward[t, y] = value * scores[t, y]
                norm += forward[t, y]
            scale[t] = norm
            likelihood -= np.log(norm)
            for y in range(size):
                forward[t, y] /= norm
        for y in range(size):
            backward[length - 1, y] = 1.0
        for t in range(length - 2, -1, -1):
            for k in range(size):
                value = 0.0
                for y in range(size):
                    value += moves[k, y] * scores[t + 1, y] * backward[t + 1, y]
                backward[t, k] = value / scale[t + 1]
        for t in range(length):
            norm = 0.0
            for y in range(size):
                norm += forward[t, y] * backward[t, y]
            for y in range(size):
                gradient[begin + t, y] = -weight * forward[t, y] * backward[t, y] / norm
            gradient[begin + t, labels[begin + t]] += weight
            if t > 0:
                for k in range(size):
                    for y in range(size):
                        transition_gradient[k, y] -= (
                            weight
                            * forward[t - 1, k]
                            * moves[k, y]
                            * scores[t, y]
                            * backward[t, y]
                            / scale[t]
                        )
                transition_gradient[labels[begin + t - 1], labels[begin + t]] += weight
        total += weight * likelihood
    return total


def _around(numbers: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Return for each place in the window the number found there, 0 outside the sentence."""
    around = np.zeros((WINDOW, numbers.size), np.int32)
    sentences = np.repeat(np.arange(bounds.size - 1), np.diff(bounds))
    for place in range(WINDOW):
        at = np.arange(numbers.size) + place - WINDOW // 2
        inside = (at >= 0) & (at < numbers.size)
        at = np.clip(at, 0, numbers.size - 1)
        inside &= sentences[at] == sentences
        around[place] = np.where(inside, numbers[at], 0)
    return around


class Trainer:
    """The objective of the training: penalised log-likelihood and its gradient."""

    def __init__(self, corpus: Corpus, lexicon: EntityLexicon) -> None:
        self._corpus = corpus
        types: dict[str, int] = {BOUNDARY: 0}
        numbers = np.array([types.setdefault(form, len(types)) for form in corpus.forms], np.int64)
        counts = np.bincount(numbers, minlength=len(types))
        counts[0] = FEWEST
        attributes: dict[str, int] = {}
        rows: list[int] = []
        columns: list[int] = []
        levels: list[int] = []
        for form, row in types.items():
            features = [(BOUNDARY, 2)] if row == 0 else word_features(form, lexicon.words)
            for attribute, level in features:
                column = attributes.setdefault(attribute, len(attributes))
                if column == len(levels):
                    levels.append(level)
                rows.append(row)
                columns.append(column)
        often = np.bincount(columns, weights=counts[rows], minlength=len(attributes)) >= FEWEST
        order = np.cumsum(often) - 1
        stay = often[columns]
        self.attributes = [attribute for attribute, column in attributes.items() if often[column]]
        kept = len(self.attributes)
        place = (np.array(rows)[stay], order[np.array(columns)[stay]])
        self._features = scipy.sparse.csr_matrix(
            (np.ones(len(place[0]), np.float32), place), shape=(len(types), kept)
        )
        self._transposed = self._features.T.tocsr()
        level = np.array(levels)[often]
        distance = np.abs(np.arange(WINDOW) - WINDOW // 2)
        self._mask = (level[:, None] >= distance)[:, :, None].astype(np.float32)
        self._types = _around(numbers, corpus.bounds)
        hits = hit_codes(lexicon.index.find(corpus.words, corpus.forms), lexicon.hit_classes, numbers.size)
        self._hits = _around(hits.astype(np.int64) + 1, corpus.bounds)
        self._type_sums = [self._sums(row, len(types)) for row in self._types]
        self._hit_sums = [self._sums(row, HIT_CODES + 1) for row in self._hits]
        self._shapes = ((kept, WINDOW, SIZE), (HIT_CODES + 1, WINDOW, SIZE), (SIZE, SIZE))
        self._cuts = np.cumsum([int(np.prod(shape)) for shape in self._shapes])[:-1]
        print(f"{numbers.size:,} tokens, {len(types):,} word types, {kept:,} attributes", flush=True)

    @staticmethod
    def _sums(numbers: np.ndarray, size: int) -> scipy.sparse.csr_matrix:
        tokens = np.arange(numbers.size)
        return scipy.sparse.csr_matrix(
            (np.ones(numbers.size, np.float32), (numbers, tokens)), shape=(size, numbers.size)
        )

    def unpack(self, weights: np.ndarray) -> list[np.ndarray]:
        """Return weights of attributes, of hits and of transitions."""
        parts = [
            part.reshape(shape)
            for part, shape in zip(np.split(weights, self._cuts), self._shapes, strict=True)
        ]
        parts[0] = parts[0] * self._mask
        return parts

    def __call__(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Return what is to be made small, and its gradient."""
        of_features, of_hits, transitions = self.unpack(weights.astype(np.float32))
        table = (self._features @ of_features.reshape(len(of_features), -1)).reshape(-1, WINDOW, SIZE)
        emissions = np.zeros((self._types.shape[1], SIZE), np.float32)
        for place in range(WINDOW):
            emissions += table[self._types[place], place]
            emissions += of_hits[self._hits[place], place]
        gradient = np.empty_like(emissions)
        moves = np.zeros((SIZE, SIZE))
        corpus = self._corpus
        likelihood = _forward_backward(
            emissions,
            transitions.astype(np.float64),
            corpus.labels,
            corpus.bounds,
            corpus.weights,
            gradient,
            moves,
        )
        by_type = np.stack([sums @ gradient for sums in self._type_sums], 1)
        by_feature = (self._transposed @ by_type.reshape(len(by_type), -1)).reshape(
            self._shapes[0]
        ) * self._mask
        by_hit = np.stack([sums @ gradient for sums in self._hit_sums], 1)
        rising = np.concatenate([part.ravel() for part in (by_feature, by_hit, moves)]).astype(np.float64)
        return L2 / 2 * float(weights @ weights) - likelihood, L2 * weights - rising

    def train(self, iterations: int) -> list[np.ndarray]:
        """Return the best weights found."""
        start = time.monotonic()
        count = 0

        def tell(_: np.ndarray) -> None:
            nonlocal count
            count += 1
            if count % 10 == 0:
                print(f"  {count} iterations, {time.monotonic() - start:.0f} s", flush=True)

        zero = np.zeros(sum(int(np.prod(shape)) for shape in self._shapes))
        options = {"maxiter": iterations, "maxcor": 6, "maxfun": 2 * iterations}
        found = scipy.optimize.minimize(
            self, zero, jac=True, method="L-BFGS-B", callback=tell, options=options
        )
        return self.unpack(found.x.astype(np.float32))


def pack(attributes: list[str], weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays of the model file (see `ChainModel`)."""
    of_features = weights[0].reshape(len(attributes), -1)
    of_features = np.where(np.abs(of_features) < PRUNE, 0, of_features)
    stay = np.flatnonzero(of_features.any(1))
    stay = stay[np.argsort(np.array(attributes, object)[stay], kind="stable")]
    rows, columns = np.nonzero(of_features[stay])
    return {
        "labels": _blob(LABELS),
        "attributes": _blob(attributes[row] for row in stay),
        "pointers": np.searchsorted(rows, np.arange(len(stay) + 1)).astype(np.uint32),
        "columns": columns.astype(np.uint8),
        "values": of_features[stay][rows, columns].astype(np.float16),
        "hits": weights[1].astype(np.float32),
        "transitions": weights[2].astype(np.float32),
    }


def _blob(strings: Iterable[str]) -> np.ndarray:
    return np.frombuffer("\n".join(strings).encode("utf-8"), np.uint8)


def read_clusters(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of the file of word clusters, sorted by word."""
    rows = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                word, coarse, fine, _ = line.rstrip("\n").split("\t")
                rows.append((word, int(coarse), int(fine)))
    rows.sort()
    return {
        "words": _blob(row[0] for row in rows),
        "coarse": np.array([row[1] for row in rows], np.uint8),
        "fine": np.array([row[2] for row in rows], np.uint16),
    }


def write(path: Path, arrays: dict[str, np.ndarray]) -> bytes:
    """Write arrays as a model file; return its bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    path.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def load_lexicon(clusters: dict[str, np.ndarray]) -> EntityLexicon:
    """Return the lexicon of the project's word lists."""
    tables = {name: (LEXICON / f"{name}.tsv").read_text("utf-8") for name in TABLES}
    return make_entity_lexicon(tables, clusters)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=MODELS)
    parser.add_argument("--iterations", type=int, default=120)
    parser.add_argument(
        "--silver", type=int, default=None, help="use only so many silver sentences (to try things)"
    )
    asked = parser.parse_args()
    for name, digest in INPUTS.items():
        seen = hashlib.sha256((asked.data / name).read_bytes()).hexdigest()[:16]
        if seen != digest:
            raise SystemExit(f"{name}: SHA-256 begins {seen}, wanted {digest}")
    clusters = read_clusters(asked.data / "ner_silver/clusters.tsv.gz")
    write(asked.out / "clusters.npz", clusters)
    lexicon = load_lexicon(clusters)
    gold, kept_out = split_gold(read_gold(asked.data / "ner_clean_dev/dev.conll"))
    silver = list(read_silver(asked.data / "ner_silver/silver.conll.xz"))[: asked.silver]
    print(f"{len(gold):,} gold and {len(silver):,} silver sentences; {len(kept_out):,} kept out", flush=True)
    trainer = Trainer(read_corpus(gold + silver, [1.0] * len(gold) + [SILVER_WEIGHT] * len(silver)), lexicon)
    weights = trainer.train(asked.iterations)
    data = write(asked.out / "entities.npz", pack(trainer.attributes, weights))
    model = ChainModel(
        read_arrays(data), lambda word: [name for name, _ in word_features(word, lexicon.words)]
    )
    show("kept out", measure(model, lexicon, kept_out))
    print(json.dumps({"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}))


if __name__ == "__main__":
    main()
