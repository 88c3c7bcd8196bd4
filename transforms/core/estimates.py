"""Figures that were not counted: ranges from samples, and how far a share may grow with the corpus.

A sample is drawn in groups (all copies of a text are drawn together), so records of one group say less than as many
drawn apart. Every range here is made from the differences between groups, at 95 %, and shrinks to a point where the
sample is the whole.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "Estimate",
    "exactly",
    "grown",
    "growth_exponent",
    "mean_of",
    "share_of",
    "shift_of",
    "unseen_kinds",
]

_Z = 1.96


class Estimate(NamedTuple):
    """A figure with its range: `low` <= `likely` <= `high`; all three are equal where it was counted."""

    low: float
    likely: float
    high: float

    @property
    def is_exact(self) -> bool:
        """Tell whether the range is a point."""
        return self.low == self.high

    def times(self, other: "Estimate | float") -> "Estimate":
        """Return the product with a factor or another range (of figures that are not negative)."""
        factor = other if isinstance(other, Estimate) else exactly(other)
        return Estimate(self.low * factor.low, self.likely * factor.likely, self.high * factor.high)

    def plus(self, other: "Estimate | float") -> "Estimate":
        """Return the sum with a figure or another range; ends are added, as if both erred the same way."""
        term = other if isinstance(other, Estimate) else exactly(other)
        return Estimate(self.low + term.low, self.likely + term.likely, self.high + term.high)

    def within(self, low: float, high: float) -> "Estimate":
        """Return the range cut to what is possible."""
        return Estimate(*(min(max(value, low), high) for value in self))


def exactly(value: float) -> Estimate:
    """Return the range of a figure that was counted."""
    return Estimate(value, value, value)


def share_of(hits: Sequence[float], sizes: Sequence[float], drawn: float) -> Estimate:
    """Return the share of records that something is true of: Wilson's range at the effective size of the sample.

    `hits` and `sizes` count, per group, the records it is true of and all records; `drawn` (0 to 1) is the part of the
    whole that the sample holds. No record gives 0 to 1.
    """
    total = math.fsum(sizes)
    if not total:
        return Estimate(0.0, 0.0, 1.0)
    share = min(math.fsum(hits) / total, 1.0)
    if drawn >= 1:
        return exactly(share)
    variance = _variance(hits, sizes, share) * (1 - drawn)
    # With no hit at all groups cannot differ; then each record counts as one draw.
    effective = share * (1 - share) / variance if variance else total / (1 - drawn)
    effective = max(effective, 1.0)
    turned = _Z * _Z / effective
    centre = (share + turned / 2) / (1 + turned)
    half = _Z / (1 + turned) * math.sqrt(share * (1 - share) / effective + turned / (4 * effective))
    return Estimate(min(max(centre - half, 0.0), share), share, max(min(centre + half, 1.0), share))


def mean_of(values: Sequence[float], sizes: Sequence[float], drawn: float) -> Estimate:
    """Return values per unit of size (a ratio of sums) with its range by Student's t; arguments as in `share_of`.

    One group alone says nothing of its range: half to double is taken.
    """
    total = math.fsum(sizes)
    if not total:
        return exactly(0.0)
    mean = math.fsum(values) / total
    if drawn >= 1:
        return exactly(mean)
    if len(sizes) < 2:
        return Estimate(mean / 2, mean, mean * 2)
    half = _student(len(sizes) - 1) * math.sqrt(_variance(values, sizes, mean) * (1 - drawn))
    return Estimate(max(mean - half, 0.0), mean, mean + half)


def shift_of(shifts: Sequence[float], sizes: Sequence[float], drawn: float) -> Estimate:
    """Return by how much one share of the whole differs from another, which was counted: shifts per record, of either sign.

    `shifts` are, per group, records that count in the first and not in the second, less those the other way. They are rare,
    so two more are added to the variance (as Agresti and Coull do for shares): seeing no difference proves none.
    """
    total = math.fsum(sizes)
    if not total:
        return Estimate(-1.0, 0.0, 1.0)
    mean = math.fsum(shifts) / total
    if drawn >= 1:
        return exactly(mean)
    variance = _variance(shifts, sizes, mean) + 2 / len(sizes) ** 2
    half = math.sqrt(variance * (1 - drawn)) * _student(max(len(sizes) - 1, 1))
    return Estimate(mean - half, mean, mean + half)


def _variance(values: Sequence[float], sizes: Sequence[float], ratio: float) -> float:
    """Return the variance of a ratio of sums over groups (linearised)."""
    groups = len(sizes)
    if groups < 2:
        return 0.0
    squares = math.fsum((value - ratio * size) ** 2 for value, size in zip(values, sizes, strict=True))
    return groups / (groups - 1) * squares / math.fsum(sizes) ** 2


def _student(freedom: int) -> float:
    """Return the 97.5 % point of Student's t, within 6 % from one degree of freedom on."""
    return _Z + 2.37 / freedom + 2.8 / freedom**2 + 5.57 / freedom**3


def growth_exponent(whole: int, half: int) -> Estimate:
    """Return by which power of the size a share grows: `whole` cases in a corpus, of which `half` are still there in its halves.

    A share of pairs within everything grows in proportion (1), one of pairs within a day not at all (0). The range is that of the
    part that is left after halving, by Wilson; no case at all gives 0 to 1.
    """
    left = share_of([1.0] * min(half, whole) + [0.0] * max(whole - half, 0), [1.0] * whole, 0.0)
    low, likely, high = (1.0 if part <= 0.5 else -math.log2(part) for part in reversed(left))
    return Estimate(abs(low), abs(likely) if whole else 0.0, high)


def grown(share: Estimate, exponent: Estimate, factor: float, most: float = 0.95) -> Estimate:
    """Return a share on a corpus `factor` times as large, if it grows by powers of the size as `exponent` says.

    A factor below 1 gives the share on a smaller corpus. The range holds both "the share stays" and "it grows".
    """
    ends = [share.low * factor**power for power in exponent]
    tops = [share.high * factor**power for power in exponent]
    likely = share.likely * factor**exponent.likely
    return Estimate(min(ends), likely, max(tops)).within(0.0, max(most, share.high))


def unseen_kinds(counts: Iterable[int], drawn: float) -> Estimate:
    """Return how many kinds there are, by how often each was seen in a sample (Chao's estimate).

    `drawn` is the part of the whole that the sample holds. The number seen is the lower end.
    """
    seen = list(counts)
    once, twice = seen.count(1), seen.count(2)
    if drawn >= 1 or not once:
        return exactly(len(seen))
    # Bias-corrected; each unseen kind needs a record that was not drawn.
    missing = (1 - drawn) * once * (once - 1) / (2 * (twice + 1))
    return Estimate(len(seen), len(seen) + missing, len(seen) + 2 * missing + 2)
