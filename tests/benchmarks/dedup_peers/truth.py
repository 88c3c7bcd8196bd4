"""The exact truth: all pairs of articles whose word-n shingle sets have a Jaccard similarity of at least T.

Bodies are folded by warraq's own `dedup` profile and split at blanks; articles of fewer than 10 different
shingles take no part. Shingles are compared by exact numbers, not by hashes. All pairs are found by prefixes:
two sets of similarity T share one of the n - ceil(T n) + 1 rarest shingles of each.

    python tests/benchmarks/dedup_peers/truth.py CACHE FILE...

prints the number of pairs, and how they compare with the lists of the shared data where those are (word-3: the
same pairs; word-5: that list was made with titles, so about a fifth of it is different).
"""

import gzip
import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import protocol

ROOT = Path(__file__).parents[3]
LISTS = ROOT.parent / "shared" / "data" / "dedup_dev"
MIN_SHINGLES = 10
#: (words in a shingle, least similarity): what the peers aim at, what warraq aims at.
KINDS = ((5, 0.8), (3, 0.7))


class Truth(NamedTuple):
    """Similar pairs (n x 2 rows, first below second), their similarity; of each row, its shingles and whether it is empty."""

    pairs: np.ndarray
    jaccard: np.ndarray
    sizes: np.ndarray
    empty: np.ndarray

    @property
    def short(self) -> np.ndarray:
        """Which rows are too short to be judged, but not empty."""
        return (self.sizes < MIN_SHINGLES) & ~self.empty


def load(files: list[str], words: int, threshold: float, cache: Path) -> Truth:
    """Return the truth of the files, from the cache if neither they nor the normaliser have changed."""
    digest = hashlib.sha256()
    for source in [*sorted((ROOT / "transforms" / "core").glob("*.py")), Path(__file__), *map(Path, files)]:
        digest.update(source.read_bytes())
    path = cache / f"truth-word{words}-{threshold:.2f}-{digest.hexdigest()[:16]}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        found = compute(list(protocol.contents(files)), words, threshold)
        np.savez_compressed(path.with_suffix(".part.npz"), **found._asdict())
        path.with_suffix(".part.npz").rename(path)
    with np.load(path) as stored:
        return Truth(**{name: stored[name] for name in Truth._fields})


def compute(texts: list[str], words: int, threshold: float) -> Truth:
    """Return the pairs of texts with similarity of at least `threshold`."""
    sys.path.insert(0, str(ROOT))
    from transforms.core.normalize import normalize_texts

    folded = normalize_texts(texts, "dedup")
    shingles, starts = _shingle_sets(folded, words)
    sizes = np.diff(starts)
    empty = np.array([not text.strip() for text in folded], dtype=bool)
    pairs = _candidates(shingles, starts, threshold)
    jaccard = np.array([_similarity(shingles, starts, a, b) for a, b in pairs], dtype=np.float64)
    kept = jaccard >= threshold
    return Truth(pairs[kept], jaccard[kept], sizes, empty)


def _shingle_sets(texts: list[str], words: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the sets one after the other, each ascending (a rarer shingle has a lower number), and where they start."""
    ids: dict[str, int] = {}
    flat, owner = [], []
    for row, text in enumerate(texts):
        split = text.split()
        flat.extend(ids.setdefault(word, len(ids)) for word in split)
        owner.extend([row] * len(split))
    tokens, rows = np.array(flat, dtype=np.int64), np.array(owner, dtype=np.int64)
    grams = tokens
    for length in range(1, words):  # a shingle is numbered by its first words' number and its last word
        _, grams = np.unique(grams[:-1] * len(ids) + tokens[length:], return_inverse=True)
    inside = rows[: len(grams)] == rows[words - 1 :]  # no shingle spans two articles
    keys = np.unique(rows[: len(grams)][inside] * len(grams) + grams[inside])
    rows, grams = np.divmod(keys, len(grams))
    _, grams, uses = np.unique(grams, return_inverse=True, return_counts=True)
    rarity = np.empty(len(uses), dtype=np.int64)
    rarity[np.argsort(uses, kind="stable")] = np.arange(len(uses))
    grams = rarity[grams]
    order = np.lexsort((grams, rows))
    starts = np.searchsorted(rows, np.arange(len(texts) + 1))
    return grams[order], starts


def _candidates(shingles: np.ndarray, starts: np.ndarray, threshold: float) -> np.ndarray:
    """Return all pairs of long enough rows that can be similar: none that is gets lost."""
    sizes = np.diff(starts)
    prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    prefix[sizes < MIN_SHINGLES] = 0
    rows = np.repeat(np.arange(len(sizes)), prefix)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(prefix) - prefix, prefix)
    keys = shingles[starts[rows] + places]
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    edges = np.flatnonzero(np.diff(keys)) + 1
    found: set[int] = set()
    for first, last in zip([0, *edges], [*edges, len(keys)], strict=True):
        if last - first > 1:
            members = rows[first:last]  # ascending: the sort is stable
            for place, row in enumerate(members[:-1].tolist()):
                others = members[place + 1 :]
                fits = (
                    np.minimum(sizes[others], sizes[row])
                    >= threshold * np.maximum(sizes[others], sizes[row]) - 1e-9
                )
                found.update((row * len(sizes) + others[fits]).tolist())
    codes = np.array(sorted(found), dtype=np.int64)
    return np.stack(np.divmod(codes, len(sizes)), axis=1)


def _similarity(shingles: np.ndarray, starts: np.ndarray, a: int, b: int) -> float:
    first, second = shingles[starts[a] : starts[a + 1]], shingles[starts[b] : starts[b + 1]]
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)


def _compare(truth: Truth, name: str, threshold: float) -> None:
    """Print how the truth agrees with a list made with another normaliser."""
    with gzip.open(LISTS / name, "rt") as stream:
        listed = np.loadtxt(stream, skiprows=1, usecols=(0, 1, 2))
    ours = {(int(a), int(b)): j for (a, b), j in zip(truth.pairs, truth.jaccard, strict=True)}
    theirs = {(int(a), int(b)): j for a, b, j in listed if j >= threshold}
    both = ours.keys() & theirs.keys()
    apart = float(np.mean([abs(ours[pair] - theirs[pair]) for pair in both])) if both else 0.0
    print(f"  {name}: {len(theirs)} pairs, {len(both)} of them here, mean difference {apart:.4f}")


def main() -> None:
    cache, *files = sys.argv[1:]
    for words, threshold in KINDS:
        truth = load(files, words, threshold, Path(cache))
        print(f"word-{words} J>={threshold}: {len(truth.pairs)} pairs of {len(truth.sizes)} articles")
        name = {5: "pairs_word5_pairs_j05_dev.tsv.gz", 3: "pairs_word3.tsv.gz"}[words]
        if (LISTS / name).exists():
            _compare(truth, name, threshold)


if __name__ == "__main__":
    main()
