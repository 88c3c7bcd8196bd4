import dataclasses

from dedup_samples import body, cable, fingerprint, mutate, shingle_set
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.cluster import DedupRules
from transforms.core.similarity import compare, relation_of

RULES = DedupRules()
ALL = DedupRules(similar=0.1, containment=0.1)


def of(text):
    return fingerprint(text, 3)


def relation(own, other, rules=RULES):
    found = compare(of(own), of(other), rules)
    return found and relation_of(found, rules)


@given(
    seed=st.integers(0, 50),
    share=st.sampled_from((0.0, 0.02, 0.05, 0.1, 0.2, 0.4)),
    start=st.integers(0, 30),
    words=st.integers(5, 80),
)
def test_similarity_and_containment_are_those_of_python_sets(seed, share, start, words):
    whole = body(seed, 80)
    part = mutate(" ".join(whole.split()[start : start + words]), share, seed)
    own, other = shingle_set(whole), shingle_set(part)
    shared = len(own & other)
    found = compare(of(whole), of(part), ALL)
    if found is None:
        assert shared / len(own | other) < 0.1
        assert shared / min(len(own), len(other)) < 0.1
        return
    assert (found.shared, found.own, found.other) == (shared, len(own), len(other))
    assert found.jaccard == shared / len(own | other)
    assert found.containment == shared / min(len(own), len(other))
    mirrored = compare(of(part), of(whole), ALL)
    assert mirrored == dataclasses.replace(
        found,
        own=found.other,
        other=found.own,
        own_words=found.other_words,
        other_words=found.own_words,
    )


def test_unlike_texts_are_not_related():
    assert compare(of(body(1)), of(body(2)), RULES) is None


def test_a_text_is_near_itself():
    found = compare(of(body(1)), of(body(1)), RULES)
    assert (found.jaccard, found.containment, found.blocked) == (1.0, 1.0, False)
    assert relation_of(found, RULES) == "near"


def test_a_copy_with_a_few_other_words_is_near_one_with_more_is_similar():
    assert relation(body(1, 100), mutate(body(1, 100), 0.03, 1)) == "near"
    assert relation(body(1, 100), mutate(body(1, 100), 0.09, 1)) == "similar"


def test_the_threshold_is_inclusive():
    own, other = body(1, 12), f"{body(1, 12)} {body(2, 4)}"  # 10 shingles, all of them in the 14 of the other
    assert compare(of(own), of(other), ALL).jaccard == 10 / 14
    assert relation(own, other, DedupRules(threshold=10 / 14)) == "near"
    assert relation(own, other, DedupRules(threshold=10 / 14 + 1e-9)) == "contained_in"


def test_a_story_inside_a_longer_one_is_contained():
    short, long = body(1, 50), f"{body(2, 60)} {body(1, 50)} {body(3, 60)}"
    assert relation(long, short) == "contains"
    assert relation(short, long) == "contained_in"


def test_below_all_three_bounds_there_is_nothing_and_at_the_similar_bound_there_is():
    own, other = body(1, 100), mutate(body(1, 100), 0.09, 1)
    found = compare(of(own), of(other), RULES)
    assert RULES.similar <= found.jaccard < RULES.threshold
    assert relation(own, other, DedupRules(similar=found.jaccard)) == "similar"
    strict = DedupRules(similar=found.jaccard + 1e-9, containment=1)
    assert compare(of(own), of(other), strict) is None
    assert relation(own, other, DedupRules(similar=0.9, threshold=0.5)) == "near"


TUNIS = cable("منصور", "تونسيا")
KENYA = cable("كاريوكي", "كينستان")


def test_the_guard_keeps_cables_to_two_heads_of_state_apart():
    found = compare(of(TUNIS), of(KENYA), RULES)
    assert found.jaccard >= 0.7
    assert (found.own_words, found.other_words, found.blocked) == (2, 2, True)
    assert relation_of(found, RULES) == "similar"


def test_without_the_guard_the_cables_are_near():
    assert relation(TUNIS, KENYA, DedupRules(guard=False)) == "near"


def test_one_name_that_differs_is_no_template():
    assert relation(TUNIS, cable("منصور", "كينستان")) == "near"


def test_the_guard_does_not_block_a_copy_with_a_typo():
    typo = TUNIS.replace("منصور", "منصوور", 1)
    assert relation(TUNIS, typo) == "near"
    assert relation(typo, TUNIS) == "near"
    assert compare(of(TUNIS), of(typo), RULES).own_words == 0


def test_the_guard_does_not_block_a_copy_that_spells_one_name_otherwise_everywhere():
    assert relation(TUNIS, TUNIS.replace("تونسيا", "تونيسيا")) == "near"


def test_the_guard_needs_two_words_on_both_sides():
    extra = f"{TUNIS} سفارة قنصلية سفارة قنصلية ملحق"
    found = compare(of(extra), of(TUNIS), RULES)
    assert (found.own_words, found.other_words, found.blocked) == (2, 0, False)


def test_the_guard_is_asked_only_above_the_threshold():
    found = compare(of(TUNIS), of(KENYA), DedupRules(threshold=0.9, similar=0.3))
    assert (found.own_words, found.other_words, found.blocked) == (0, 0, False)


def test_the_guard_on_numbers_blocks_tables_only_where_it_is_asked():
    prices = f"{body(1)} سعر الأوقية 1250 دولارا"
    later = f"{body(1)} سعر الأوقية 1275 دولارا"
    numbers = DedupRules(guard_numbers=True)
    assert relation(prices, later) == "near"
    assert relation(prices, later, numbers) == "similar"
    assert relation(prices, prices.replace("1250", "١٢٥٠").replace("سعر", "السعر"), numbers) == "near"


def test_the_sample_is_of_shared_shingles_and_the_same_from_both_sides():
    own, other = of(body(1, 100)), of(mutate(body(1, 100), 0.03, 1))
    found = compare(own, other, RULES)
    assert len(found.sample) == 3
    for value in found.sample:
        assert value.to_bytes(4, "little") in {
            own.shingles[p : p + 4] for p in range(0, len(own.shingles), 4)
        }
        assert value.to_bytes(4, "little") in {
            other.shingles[p : p + 4] for p in range(0, len(other.shingles), 4)
        }
    assert compare(other, own, RULES).sample == found.sample
