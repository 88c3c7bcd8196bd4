"""Dates, figures and bylines of labelled fragments, and of the project's own, in one notation."""

import pytest
from quality.gates import SHARED, digest_of, needs
from quality.newsparse import CASES, FILES, is_right, rows_of, wrong

FOLDER = SHARED / "newsparse_dev"
#: Share of fragments fully right that must not sink, and the data it was measured on.
FLOORS = {"dates": 0.95, "figures": 0.95, "bylines": 0.95}
DIGEST = "bd00b42851b5"


@pytest.mark.parametrize("kind", FILES)
def test_every_one_of_our_own_fragments_is_right(kind):
    rows, faults = wrong(CASES, kind)
    assert faults == []
    assert rows >= 150


class TestLabelled:
    pytestmark = needs("newsparse_dev")

    def test_the_labels_are_those_that_the_floors_were_measured_on(self):
        assert digest_of("newsparse_dev") == DIGEST

    @pytest.mark.parametrize("kind", FILES)
    def test_the_share_of_fragments_fully_right_stays_above_its_floor(self, kind):
        rows, faults = wrong(FOLDER, kind)
        assert (rows - len(faults)) / rows >= FLOORS[kind], faults


@pytest.mark.parametrize(
    ("kind", "expected", "found", "right"),
    [
        ("dates", ["2015-08-06"], ["2015-08-06"], True),
        ("dates", ["2015-08-06"], ["2015-08-06", "h1436"], False),
        ("dates", ["none trap:name"], [], True),
        ("dates", ["none trap:name"], ["-05-22"], False),
        ("figures", ["26e3 injured"], ["26000 injured"], True),
        ("figures", ["60e9 EGP?"], ["6e10 EGP"], True),
        ("figures", ["60e9 EGP"], ["6e10 SAR"], False),
        ("figures", ["60e9 EGP?"], ["6e9 EGP"], False),
        ("bylines", {"agency": "AFP"}, {"agency": "afp"}, True),
        ("bylines", {"city": "أبها"}, {"city": "ابها"}, True),
        ("bylines", {"city": "أبها"}, {"city": "أبها", "outlet": "سبق"}, False),
    ],
)
def test_a_fragment_is_right_only_if_all_of_it_is(kind, expected, found, right):
    assert is_right(kind, expected, found) is right


def test_the_labelled_rows_are_read():
    assert rows_of(CASES, "dates")
