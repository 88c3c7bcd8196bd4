"""Small corpora of invented news for Hypothesis, and who is whose duplicate in them, by looking at all pairs in plain Python."""

import functools
from typing import NamedTuple

from dedup_samples import body, cable, drift, hex_id, member, mutate, shingle_set, signature, stem_counts
from hypothesis import strategies as st

from transforms.core.cluster import DedupRules, is_within, split_repeats
from transforms.core.normalize import dedup_text as dedup_text_of

dedup_text = functools.cache(dedup_text_of)
#: With one row per band and forty bands no pair of the threshold escapes (0.3 ** 40).
ALL_PAIRS = DedupRules(rows=1, bands=40, bucket_limit=1000)


class Story(NamedTuple):
    """An article before it is signed. `who` names its id: two stories of one `who` are one article read twice."""

    who: int
    day: float | None
    priority: int
    text: str
    url: str = ""


# Corpora ---------------------------------------------------------------------------------------------------------

#: A family of texts: (kind, seed, share of words that change). Shares around .03-.06 lie about the threshold.
SHARES = (0.0, 0.0, 0.02, 0.04, 0.05, 0.06, 0.1)
HEADS = (("سالم", "تونسيا"), ("جوزيف", "كينستان"), ("ميخائيل", "بلغاريستان"))


@functools.cache
def text_of(kind, family, variant):
    """The text of a variant of a family; variant 0 is the family's own text."""
    if kind == "story":
        return mutate(body(family), SHARES[variant % len(SHARES)], (family, variant))
    if kind == "drift":
        return drift(12, 60, 2, family)[variant]
    if kind == "template":
        return mutate(cable(*HEADS[variant % len(HEADS)]), SHARES[variant // len(HEADS)], (family, variant))
    if kind == "part":
        return f"{body(family)} {body((family, variant), 5 * variant)}".strip()
    words = 9 + variant  # short: around the least number of words, and around that of near ones
    return body(family, words if variant < 4 else 24 + variant)


texts = st.builds(
    text_of,
    st.sampled_from(("story", "story", "story", "drift", "template", "part", "short")),
    st.integers(0, 1),
    st.integers(0, 9),
)
days = st.none() | st.integers(0, 80).map(lambda half: half / 2)
stories = st.builds(Story, st.just(0), days, st.integers(0, 1), texts)


def named(several):
    return [story._replace(who=number) for number, story in enumerate(several)]


corpora = st.lists(stories, min_size=2, max_size=25).map(named)
#: ... of which some records are read twice, as they were.
with_repeats = st.tuples(corpora, st.lists(st.integers(0, 24), max_size=4)).map(
    lambda both: both[0] + [both[0][number % len(both[0])] for number in both[1]]
)
#: ... or on another day, as feeds without a date are.
with_later_repeats = st.tuples(corpora, st.lists(st.tuples(st.integers(0, 24), days), max_size=4)).map(
    lambda both: both[0] + [both[0][number % len(both[0])]._replace(day=day) for number, day in both[1]]
)


def sign(corpus, rules=ALL_PAIRS, settled=()):
    settled = dict(settled)
    return [
        signature(
            member(story.who, story.day, story.priority, number, settled=settled.get(number)),
            story.text,
            rules,
            story.url,
        )
        for number, story in enumerate(corpus)
    ]


# The three roads -------------------------------------------------------------------------------------------------


def is_near(own, other, rules):
    mine, theirs = shingle_set(own), shingle_set(other)
    if len(mine & theirs) < rules.threshold * len(mine | theirs):
        return False
    own_stems, other_stems = stem_counts(own), stem_counts(other)
    alone = [
        sum(count > 1 and stem not in those for stem, count in these.items())
        for these, those in ((own_stems, other_stems), (other_stems, own_stems))
    ]
    return not (rules.guard and min(alone) >= 2)


def oracle(corpus, rules=ALL_PAIRS):
    """Parents by looking at all pairs: {article id: (parent id, relation)}."""
    text_of_id = {hex_id(story.who): story.text for story in corpus}
    members, _ = split_repeats(s.member for s in sign(corpus, rules))
    parents = {}
    for place, child in enumerate(members):
        own = text_of_id[child.article_id]
        words = len(dedup_text(own).split())
        if words < rules.min_tokens:
            continue
        earlier = [
            other for other in members[:place] if is_within(other.event_us, child.event_us, rules.horizon_us)
        ]
        for other in earlier:
            if dedup_text(text_of_id[other.article_id]) == dedup_text(own):
                parents[child.article_id] = (other.article_id, "exact")
                break
        else:
            for other in earlier:
                theirs = text_of_id[other.article_id]
                long = min(words, len(dedup_text(theirs).split())) >= rules.near_min_tokens
                if long and is_near(own, theirs, rules):
                    parents[child.article_id] = (other.article_id, "near")
                    break
    return parents
