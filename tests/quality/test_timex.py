"""The extents of time expressions against TIMEX3 labels."""

from quality.gates import SHARED, digest_of, needs
from quality.timex import Score, compare, score

pytestmark = needs("timex_dev")
DIGEST = "fe4ddd685303"
#: F1 over extents; by overlap the gate, the same extent for the record. The labels themselves are not consistent
#: about prepositions, ordinals and times of day.
FLOOR_RELAXED, FLOOR_STRICT = 0.84, 0.77


def test_the_labels_are_those_that_the_floors_were_measured_on():
    assert digest_of("timex_dev") == DIGEST


def test_the_extents_of_time_expressions_stay_above_their_floors():
    total, notes = score(SHARED / "timex_dev" / "dev.jsonl")
    assert total.labelled == 214
    assert total.f1(total.relaxed) >= FLOOR_RELAXED, notes
    assert total.f1(total.strict) >= FLOOR_STRICT, notes


def test_an_answer_meets_one_label_only():
    result, missed, extra = compare([(0, 4), (5, 9)], [(0, 9), (20, 25)])
    assert result == Score(2, 2, 0, 1)
    assert (missed, extra) == ([(5, 9)], [(20, 25)])
    assert result.f1(result.relaxed) == 0.5
