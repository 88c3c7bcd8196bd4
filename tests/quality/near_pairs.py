"""The exact truth about near duplicates, by brute force on the project's own shingles, and what the bands find of it.

All pairs at a similarity are found by prefix filtering (Chaudhuri, Ganti, Kaushik 2006), which loses none: two sets of
Jaccard t share a shingle among the |x| - ceil(t |x|) + 1 rarest of each. Every pair is then counted exactly.

    python tests/quality/near_pairs.py [FOLDER] [--seeds 5]      prints the figures of the quality gate
"""

import argparse
import functools
import gzip
import json
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]

from pipelines.config import Config  # noqa: E402
from pipelines.graph import parse_plan  # noqa: E402
from schemas.elements import Origin, RawRecord  # noqa: E402
from transforms.aids import load_aids  # noqa: E402
from transforms.core.buckets import bucket_pairs, digest_in, entry_of  # noqa: E402
from transforms.core.cluster import DedupRules, is_within, rank  # noqa: E402
from transforms.core.compared import normalize  # noqa: E402
from transforms.core.errors import OutOfScope  # noqa: E402
from transforms.core.index import SignatureIndex, keys_of  # noqa: E402
from transforms.core.parse import parse  # noqa: E402
from transforms.core.similarity import compare, relation_of  # noqa: E402
from transforms.sign import sign_all, signable_of  # noqa: E402

SAUDI = ROOT.parent / "shared" / "data" / "saudinewsnet_dev"


@functools.cache
def signatures_of(folder):
    """Return {row: signature} of the articles in the daily files of a folder; rows count lines over all of them."""
    config = Config()
    plan, aids = parse_plan(config), load_aids("off")
    rows, signables, row = [], [], 0
    for path in sorted(Path(folder).glob("*.jsonl.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            record = RawRecord(line, "json", "utf-8", "", Origin(path.name, row, 0))
            try:
                article = normalize(parse(record, plan, aids), config.normalize)
            except OutOfScope:
                pass
            else:
                rows.append(row)
                signables.append(signable_of(article, config.sources, 1))
            row += 1
    signed = []
    for first in range(0, len(signables), 64):
        signed += sign_all(signables[first : first + 64], config.normalize, config.dedup)
    return dict(zip(rows, signed, strict=True))


def similar_pairs(sets, least):
    """Return {(a, b): jaccard} of all pairs of sorted arrays with an exact Jaccard of at least `least`, a < b."""
    sizes = np.array([len(s) for s in sets])
    owner = np.repeat(np.arange(len(sets)), sizes)
    tokens = np.concatenate(sets)
    _, inverse, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    order = np.lexsort((inverse, counts[inverse], owner))
    owner, inverse = owner[order], inverse[order]
    place = np.arange(owner.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    prefix = np.array([size - math.ceil(least * size) + 1 for size in sizes.tolist()])
    keep = (place < prefix[owner]) & (counts[inverse] > 1)
    owner, inverse = owner[keep], inverse[keep]
    order = np.lexsort((owner, inverse))
    owner, inverse = owner[order], inverse[order]
    found = np.zeros(0, np.int64)
    waiting = []
    for shift in range(1, owner.size):
        same = inverse[shift:] == inverse[:-shift]
        if not same.any():
            break
        a, b = owner[:-shift][same], owner[shift:][same]
        short, long = np.minimum(sizes[a], sizes[b]), np.maximum(sizes[a], sizes[b])
        fits = short >= least * long  # no other pair can be that similar
        waiting.append(np.unique(a[fits] * len(sets) + b[fits]))
        if sum(map(len, waiting)) > 5_000_000:
            found, waiting = np.unique(np.concatenate([found, *waiting])), []
    found = np.unique(np.concatenate([found, *waiting]))
    pairs = {}
    for number in found.tolist():
        a, b = divmod(number, len(sets))
        both = np.concatenate((sets[a], sets[b]))
        both.sort()
        shared = int(np.count_nonzero(both[1:] == both[:-1]))
        jaccard = shared / (len(both) - shared)
        if jaccard >= least:
            pairs[a, b] = jaccard
    return pairs


class Truth(NamedTuple):
    """Distinct texts, their similar pairs (indexes into `texts`), and who is whose parent (ids) by the rule."""

    texts: list
    pairs: dict
    parents: dict


def truth_of(signatures, rules, least=0.5):
    """Return the truth about signatures by the rule about pairs, every pair of texts looked at."""
    members, texts = {}, {}
    for signature in signatures:
        if signature.fingerprint.tokens >= rules.min_tokens:
            members.setdefault(signature.fingerprint.digest, {}).setdefault(
                signature.member.article_id, signature.member
            )
            if signature.fingerprint.shingles:
                texts.setdefault(signature.fingerprint.digest, signature.fingerprint)
    digests = list(texts)
    pairs = similar_pairs([np.frombuffer(texts[d].shingles, "<u4") for d in digests], least)
    near = {}
    for (a, b), jaccard in pairs.items():
        if jaccard >= rules.threshold:
            comparison = compare(texts[digests[a]], texts[digests[b]], rules)
            if relation_of(comparison, rules) == "near":
                near.setdefault(digests[a], []).append(digests[b])
                near.setdefault(digests[b], []).append(digests[a])
    parents = {}
    for digest, group in members.items():
        own = list(group.values())
        others = [member for other in near.get(digest, ()) for member in members[other].values()]
        for child in own:
            for relation, candidates in (("exact", own), ("near", others)):
                earlier = [
                    m for m in candidates
                    if rank(m) < rank(child) and is_within(m.event_us, child.event_us, rules.horizon_us)
                ]  # fmt: skip
                if earlier:
                    parents[child.article_id] = (relation, min(earlier, key=rank).article_id)
                    break
    return Truth(
        [texts[d] for d in digests],
        {tuple(sorted((digests[a], digests[b]))): j for (a, b), j in pairs.items()},
        parents,
    )


def proposed(signatures, rules):
    """Return the pairs of texts (digests) that the buckets propose."""
    buckets = {}
    for signature, keys in zip(signatures, keys_of(signatures, rules), strict=True):
        entry = entry_of(signature.member, signature.fingerprint.digest, settled=False)
        for key in keys:
            buckets.setdefault(key, []).append(entry)
    return {
        tuple(sorted((digest_in(a), digest_in(b))))
        for entries in buckets.values()
        if len(entries) > 1
        for a, b in bucket_pairs(entries, rules)
    }


class Figures(NamedTuple):
    """What one seed finds: shares of the true pairs and parents; and edges that are none."""

    seed: int
    pair_recall: float
    parent_recall: float
    wrong: int
    proposed: int


def figures_of(signatures, truth, rules):
    """Return the figures of one seed (`rules.seed`)."""
    found = proposed(signatures, rules)
    wanted = [pair for pair, jaccard in truth.pairs.items() if jaccard >= rules.threshold]
    index = SignatureIndex(rules)
    index.add(signatures)
    parents = {child: (edge.relation, edge.parent.article_id) for child, edge in index.parents.items()}
    right = sum(parents.get(child) == parent for child, parent in truth.parents.items())
    wrong = sum(
        edge.comparison.jaccard < rules.threshold or edge.comparison.blocked
        for edge in index.parents.values()
    ) + len(parents.keys() - truth.parents.keys())
    return Figures(
        rules.seed,
        sum(pair in found for pair in wanted) / len(wanted),
        right / len(truth.parents),
        wrong,
        len(found),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=str(SAUDI))
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    signatures = list(signatures_of(args.folder).values())
    rules = DedupRules()
    truth = truth_of(signatures, rules)
    above = sum(j >= rules.threshold for j in truth.pairs.values())
    print(
        json.dumps(
            {
                "articles": len(signatures),
                "texts": len(truth.texts),
                "pairs >= .5": len(truth.pairs),
                "pairs >= threshold": above,
                "dropped": len(truth.parents),
            }
        )
    )
    for seed in range(1, args.seeds + 1):
        print(figures_of(signatures, truth, DedupRules(seed=seed)))


if __name__ == "__main__":
    main()
