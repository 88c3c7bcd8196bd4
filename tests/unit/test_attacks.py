"""Made-up texts that double their time when they double their length, and no more."""

import resource
import time

import pytest

from transforms.core.markup import html_to_text
from transforms.core.normalize import fold, normalize_text
from transforms.core.tokens import tokenize
from transforms.core.urls import canonical_url

SIZE = 200_000
ATTACKS = {
    "escaped again and again": "&" + "amp;" * (SIZE // 4) + "quot;",
    "escaped, split by an invisible character": "&\u200b" + "amp;" * (SIZE // 4),
    "half references": "&" * SIZE,
    "marks out of order": "ب" + "\u0651\u064e" * (SIZE // 2),
    "marks on a Latin letter": "a" + "\u0301\u0323" * (SIZE // 2),
    "ligatures": "ﷺ" * (SIZE // 20),
    "white space": " \n" * (SIZE // 2),
    "tatweel": "ـ " * (SIZE // 2),
    "damage": "ط§ظ„" * (SIZE // 4),
    "other damage": "ÇáÌíÔ " * (SIZE // 6),
    "lone surrogates": "\ud800" * SIZE,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_text_takes_a_moment_in_every_profile(name):
    text = ATTACKS[name]
    started = time.process_time()
    for profile in ("display", "search", "dedup"):
        folded, offsets = fold(text, profile)
        assert folded == normalize_text(text, profile)
        assert len(folded) == len(offsets)
    tokenize(text)
    html_to_text(text)
    canonical_url(f"http://example.org/{text}")
    assert time.process_time() - started < 30  # quadratic work on any of these takes minutes


def test_ligatures_do_not_take_memory_beyond_measure():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fold("ﷺ" * 200_000, "dedup")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400_000  # kB; 3.6 million characters come out
