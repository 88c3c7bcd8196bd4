"""How many duplicates to expect: from a sample whose copies were drawn together, and from there to a larger corpus.

Duplicates are a matter of pairs, so they cannot be counted in records drawn one by one: of a hundredth of the records one
pair in ten thousand is whole. Here all bodies of the scan are compared as they are, which is cheap and nearly right; the
sample, drawn by text, tells by how much that is wrong (boilerplate, times, the horizon, records that are no articles).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipelines.plan_sample import Scan
from pipelines.plan_stages import DUPLICATE, Outcome, SampleRun, share_in
from schemas.comparing import Signature
from schemas.elements import Origin
from transforms.core.cluster import DedupRules
from transforms.core.estimates import Estimate, exactly, grown, growth_exponent, shift_of
from transforms.core.index import SignatureIndex

__all__ = ["Growth", "dropped_share", "grown_share", "growth_of"]

_DAY_US = 86_400_000_000


class Growth(NamedTuple):
    """How the share of duplicates grows from what was scanned to what is planned for.

    `filling` says how many times as many neighbours an article has within the horizon in the whole input as in its window of
    the scan, `more` how many times the input is planned for. `by_time` and `by_source` are the powers of the number of records by
    which the share grows, from halves to the whole: neighbouring halves of the scan, and halves of the sample by source. `apart` is
    the share that what was not read adds if it is like windows to each other (None where there is one window or none missing).
    """

    filling: float
    more: float
    by_time: Estimate
    by_source: Estimate
    apart: float | None


def dropped_share(run: SampleRun, scanned: Scan, drawn: float, rules: DedupRules) -> Estimate:
    """Return the share of readable records that are duplicates within what was scanned; `drawn` is the part that was drawn.

    Double sampling: the share among all bodies as they are, and to it the difference that the stages make in the sample. What
    they make different are pairs about the threshold, and of these a part about as large as the threshold is drawn together.
    """
    if drawn >= 1:
        return share_in(run, drawn, lambda one: one.door == DUPLICATE)
    roughly = len(_dropped(scanned.bodies, rules)) / max(len(scanned.bodies), 1)
    within = _dropped([_body_of(outcome, scanned) for outcome in run.outcomes], rules)
    groups: dict[int, list[int]] = defaultdict(list)
    for outcome in run.outcomes:
        was_dropped = _body_of(outcome, scanned).member.origin in within
        groups[outcome.drawn.key].append((outcome.door == DUPLICATE) - was_dropped)
    sizes = [float(len(group)) for group in groups.values()]
    low, likely, high = shift_of([float(sum(group)) for group in groups.values()], sizes, drawn)
    together = rules.threshold + (1 - rules.threshold) * drawn
    shift = Estimate(min(low, low / together), likely / together, max(high, high / together))
    return shift.plus(roughly).within(0.0, 1.0)


def _body_of(outcome: Outcome, scanned: Scan) -> Signature:
    """Return the signature of a record's body as it was scanned."""
    return scanned.bodies[outcome.drawn.number]


def growth_of(run: SampleRun, scanned: Scan, records: float, planned: float, rules: DedupRules) -> Growth:
    """Return how the share grows from what was scanned to an input of `records`, and from there to `planned` records."""
    by_time, apart = _over_time(scanned, records, rules)
    filling = 1.0 if scanned.whole else max(_neighbours(run, scanned, records, rules.horizon_days), 1.0)
    more = planned / max(records, 1.0)
    if more > 1 and _span_days(run.outcomes) > rules.horizon_days and scanned.whole:
        by_time = exactly(0.0)  # more days lie beyond the horizon
    return Growth(filling, more, by_time, _over_sources(run, rules), apart)


def grown_share(share: Estimate, growth: Growth) -> Estimate:
    """Return a share of duplicates after growth.

    Growth slows down, so a power law through the last doubling is the upper end, and no growth the lower. What was not read
    lies in time between or beside what was; more than the whole input may be more days (likely) or more sources (the upper end).
    """
    by_time = Estimate(0.0, growth.by_time.likely / 2, growth.by_time.high)
    filled = grown(share, by_time, growth.filling)
    if growth.apart is not None:
        # Files in order of time have most pairs within a window and its neighbours, shuffled ones anywhere: between the two.
        likely = math.sqrt(filled.likely * (share.likely + growth.apart))
        filled = filled._replace(likely=min(max(likely, filled.low), filled.high))
    sources = max(growth.by_time.high, growth.by_source.high)
    return grown(filled, Estimate(0.0, growth.by_time.likely / 2, sources), growth.more)


def _over_time(scanned: Scan, records: float, rules: DedupRules) -> tuple[Estimate, float | None]:
    """Return by which power the share grows over time, and what the rest of an input of `records` adds by what windows add to each other."""
    windows: dict[int, list[Signature]] = defaultdict(list)
    for body in scanned.bodies:
        windows[body.member.origin.offset].append(body)
    whole = halves = 0
    for window in windows.values():
        middle = len(window) // 2
        whole += len(_dropped(window, rules))
        halves += len(_dropped(window[:middle], rules)) + len(_dropped(window[middle:], rules))
    apart = None
    if not scanned.whole and len(windows) > 1:
        seen = len(scanned.bodies)
        across = (len(_dropped(scanned.bodies, rules)) - whole) / max(seen, 1)
        apart = across * max(records - seen, 0.0) / (seen - seen / len(windows))
    return growth_exponent(whole, halves), apart


def _over_sources(run: SampleRun, rules: DedupRules) -> Estimate:
    """Return by which power the share grows with the number of sources; 0 where there is but one."""
    signed = run.signatures
    sources = Counter(outcome.source for outcome, _ in signed)
    if len(sources) < 2:
        return exactly(0.0)
    # By size in turn, so that both halves are about as large.
    ordered = sorted(sources, key=lambda name: (-sources[name], name))
    side = {name: place % 2 for place, name in enumerate(ordered)}
    parted = 0
    for number in range(2):
        parted += len(_dropped([one for outcome, one in signed if side[outcome.source] == number], rules))
    return growth_exponent(len(_dropped([one for _, one in signed], rules)), parted)


def _dropped(signatures: Sequence[Signature], rules: DedupRules) -> set[Origin]:
    """Return the places of those that would be dropped if these were all there is."""
    return {edge.child.origin for edge in SignatureIndex(rules).add(signatures).edges}


def _neighbours(run: SampleRun, scanned: Scan, records: float, horizon_days: int) -> float:
    """Return how many times as many articles lie within the horizon of an article as do in its window of the scan.

    If files are in order of time, windows are short stretches of it, and what lies around them fills the horizon; if they are
    not, a window is thin all over, and what was not read lies in between.
    """
    span = _span_days(run.outcomes)
    windows: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in run.outcomes:
        windows[_body_of(outcome, scanned).member.origin.offset].append(outcome)
    spans = [_span_days(window) for window in windows.values()]
    within = sum(horizon_days / max(one, horizon_days) for one in spans) / max(len(spans), 1)
    everywhere = records * horizon_days / max(span, horizon_days)
    here = scanned.readable / max(len(spans), 1) * within
    return everywhere / max(here, 1.0)


def _span_days(outcomes: Iterable[Outcome]) -> float:
    times = [outcome.event_us for outcome in outcomes if outcome.event_us is not None]
    return (max(times) - min(times)) / _DAY_US if times else 0.0
