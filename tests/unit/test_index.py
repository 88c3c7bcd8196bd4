"""What hostile corpora do to the index: work stays bounded, and nothing unlike is merged."""

import random

from dedup_samples import hex_id

from schemas.comparing import Member, Signature
from schemas.elements import Origin
from transforms.core.cluster import DedupRules
from transforms.core.fingerprint import fingerprint_texts
from transforms.core.index import SignatureIndex

RULES = DedupRules()
LETTERS = "بتجحدرسعفقكلمنوي"


def word(chance):
    return "".join(chance.choice(LETTERS) for _ in range(5))


def index_of(texts):
    index = SignatureIndex(RULES)
    fingerprints = [
        one for first in range(0, len(texts), 64) for one in fingerprint_texts(texts[first : first + 64])
    ]
    index.add(
        Signature(
            Member(hex_id(number), number * 1_000_000, 0, text.tokens, Origin("f", number, 0), "", 0, None),
            b"",
            text,
        )
        for number, text in enumerate(fingerprints)
    )
    return index


def near_copies(count):
    chance = random.Random(1)
    text = [word(chance) for _ in range(120)]
    return [" ".join(w if chance.random() > 0.02 else word(chance) for w in text) for _ in range(count)]


def test_the_more_near_copies_there_are_the_less_each_is_compared():
    few, many = index_of(near_copies(1_000)), index_of(near_copies(4_000))
    # In a small corpus an article meets up to 64 others in each of 13 bands; in a large one only the earliest.
    assert few.pairs <= 64 * 13 * 1_000
    assert many.pairs / 4_000 < few.pairs / 1_000
    assert len(many.parents) > 3_500
    for edge in many.parents.values():
        assert edge.relation == "exact" or edge.comparison.jaccard >= RULES.threshold


def test_different_articles_with_one_paragraph_in_common_are_never_merged():
    chance = random.Random(2)
    shared = [word(chance) for _ in range(60)]
    index = index_of([" ".join([word(chance) for _ in range(120)] + shared) for _ in range(1_000)])
    assert index.parents == {}
    assert index.compared <= 20 * 1_000


def test_a_chain_of_a_thousand_drifting_versions_hangs_on_its_first():
    # Each version is near the few before it only; parents are true, and the root is found however far it is.
    chance = random.Random(3)
    text, versions = [word(chance) for _ in range(120)], []
    for _ in range(1_000):
        versions.append(" ".join(text))
        for place in chance.sample(range(120), 3):
            text[place] = word(chance)
    index = index_of(versions)
    assert len(index.parents) == 999
    assert {index.root_of(hex_id(number)) for number in range(1_000)} == {hex_id(0)}
    assert all(edge.comparison.jaccard >= RULES.threshold for edge in index.parents.values())
    depth, article = 0, hex_id(999)
    while article in index.parents:
        depth, article = depth + 1, index.parents[article].parent.article_id
    assert depth > 100
