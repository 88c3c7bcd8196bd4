"""How many duplicates to expect: from a sample whose copies were drawn together, and from there to a larger corpus.

Duplicates are a matter of pairs, so they cannot be counted in records drawn one by one: of a hundredth of the records one
pair in ten thousand is whole. The sample is therefore drawn by text (`plan_sample`), and what is missing all the same is a
matter of likeness, which is known.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipelines.plan_sample import Scan
from pipelines.plan_stages import DUPLICATE, Outcome, SampleRun, share_in
from schemas.comparing import Signature
from transforms.core.cluster import DedupRules
from transforms.core.estimates import Estimate, grown, growth_exponent
from transforms.core.index import SignatureIndex

__all__ = ["Growth", "dropped_share", "grown_share", "growth_of"]

_DAY_US = 86_400_000_000
_Signed = tuple[Outcome, Signature]


class Growth(NamedTuple):
    """How the share of duplicates grows from what was scanned to what is planned for.

    `filling` says how many times as many neighbours an article has within the horizon in the whole input as in its window of
    the scan, `more` how many times the input is planned for. `by_time` and `by_source` are the powers of the number of records by
    which the share grew from halves of the sample to the whole: neighbouring halves, and halves by source.
    """

    filling: float
    more: float
    by_time: float
    by_source: float


def dropped_share(run: SampleRun, drawn: float) -> Estimate:
    """Return the share of readable records that are duplicates within what was scanned; `drawn` is the part that was drawn.

    A near copy is drawn with its parent by the chance of their likeness, so it stands for one over that. Where it has several
    parents the chance is higher: the weighted share is the upper end, the plain share the lower.
    """
    plain = share_in(run, drawn, lambda one: one.door == DUPLICATE)
    weighted = share_in(run, drawn, lambda one: 1 / one.retained if one.door == DUPLICATE else 0.0)
    return Estimate(plain.low, (plain.likely + weighted.likely) / 2, weighted.high)


def growth_of(run: SampleRun, scanned: Scan, records: float, planned: float, rules: DedupRules) -> Growth:
    """Return how the share grows from what was scanned to an input of `records`, and from there to `planned` records."""
    by_time, by_source = _exponents(run.signatures, rules)
    filling = 1.0 if scanned.whole else max(_neighbours(run, scanned, records, rules.horizon_days), 1.0)
    more = planned / max(records, 1.0)
    if more > 1 and _span_days(run.outcomes) > rules.horizon_days and scanned.whole:
        by_time = 0.0  # more days lie beyond the horizon
    return Growth(filling, more, by_time, by_source)


def grown_share(share: Estimate, growth: Growth) -> Estimate:
    """Return a share of duplicates after growth.

    Growth slows down, so a power law through the last doubling is the upper end, and no growth the lower. What was not read
    lies in time between or beside what was; more than the whole input may be more days (likely) or more sources (the upper end).
    """
    by_time = Estimate(0.0, growth.by_time / 2, growth.by_time)
    filled = grown(share, by_time, growth.filling)
    beyond = Estimate(0.0, growth.by_time / 2, max(growth.by_time, growth.by_source))
    return grown(filled, beyond, growth.more)


def _exponents(signed: Sequence[_Signed], rules: DedupRules) -> tuple[float, float]:
    """Return by which powers the share grew from halves to the whole: over time, and over sources."""
    by_window: dict[int, list[_Signed]] = defaultdict(list)
    for one in signed:
        by_window[one[0].drawn.window].append(one)
    whole = halves = 0
    for window in by_window.values():
        window.sort(key=lambda one: one[0].drawn.number)
        middle = len(window) // 2
        whole += _dropped_of(window, rules)
        halves += _dropped_of(window[:middle], rules) + _dropped_of(window[middle:], rules)
    sources = Counter(outcome.source for outcome, _ in signed)
    if len(sources) < 2:
        return growth_exponent(whole, halves), 0.0
    # By size in turn, so that both halves are about as large.
    ordered = sorted(sources, key=lambda name: (-sources[name], name))
    side = {name: place % 2 for place, name in enumerate(ordered)}
    parted = sum(
        _dropped_of([one for one in signed if side[one[0].source] == number], rules) for number in range(2)
    )
    return growth_exponent(whole, halves), growth_exponent(_dropped_of(signed, rules), parted)


def _dropped_of(signed: Iterable[_Signed], rules: DedupRules) -> int:
    """Return how many of some articles would be dropped if they were all there is."""
    edges = SignatureIndex(rules).add(signature for _, signature in signed).edges
    return len({edge.child.origin for edge in edges})


def _neighbours(run: SampleRun, scanned: Scan, records: float, horizon_days: int) -> float:
    """Return how many times as many articles lie within the horizon of an article as do in its window of the scan.

    If files are in order of time, windows are short stretches of it, and what lies around them fills the horizon; if they are
    not, a window is thin all over, and what was not read lies in between.
    """
    span = _span_days(run.outcomes)
    windows: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in run.outcomes:
        windows[outcome.drawn.window].append(outcome)
    spans = [_span_days(window) for window in windows.values()]
    within = sum(horizon_days / max(one, horizon_days) for one in spans) / max(len(spans), 1)
    everywhere = records * horizon_days / max(span, horizon_days)
    here = scanned.readable / max(len(spans), 1) * within
    return everywhere / max(here, 1.0)


def _span_days(outcomes: Iterable[Outcome]) -> float:
    times = [outcome.event_us for outcome in outcomes if outcome.event_us is not None]
    return (max(times) - min(times)) / _DAY_US if times else 0.0
