"""SignArticles: what an article is compared by, and the bands in which it may meet others."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from schemas.comparing import Signature
from transforms.composite import Composite
from transforms.core.cluster import DedupRules
from transforms.core.normalize import NormalizeRules
from transforms.core.signing import BATCH, Signable, partition_of, priority_of, sign_all, signable_of

__all__ = [
    "BATCH",
    "SignArticles",
    "Signable",
    "in_global_window",
    "partition_of",
    "priority_of",
    "sign_all",
    "signable_of",
]


@dataclasses.dataclass(eq=False)
class SignArticles(Composite):
    """Sign each element, several at a time. `signable` makes a `Signable` of it and must be picklable.

    Input must be in the global window; order means nothing. The number of words in the member is filled in here.
    """

    signable: Callable[[Any], Signable]
    normalize: NormalizeRules
    rules: DedupRules

    def expand(self, elements: PCollection[Any]) -> PCollection[Signature]:
        """Return one signature per element."""
        sign = beam.ParDo(_SignFn(self.signable, self.normalize, self.rules))
        sign.label = "Sign"
        signatures: PCollection[Signature] = elements | sign.with_output_types(Signature)
        return signatures


class _SignFn(beam.DoFn):
    def __init__(
        self, signable: Callable[[Any], Signable], normalize: NormalizeRules, rules: DedupRules
    ) -> None:
        self._signable = signable
        self._normalize = normalize
        self._rules = rules

    def start_bundle(self) -> None:
        self._waiting: list[Signable] = []

    def process(self, element: Any) -> Iterator[Signature]:
        self._waiting.append(self._signable(element))
        if len(self._waiting) >= BATCH:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for signature in self._flush():
            yield in_global_window(signature)

    def _flush(self) -> list[Signature]:
        waiting, self._waiting = self._waiting, []
        return sign_all(waiting, self._normalize, self._rules)


def in_global_window(element: Any) -> WindowedValue:
    """Return an element as what a bundle's end may give out."""
    return WindowedValue(element, GlobalWindow().max_timestamp(), (GlobalWindow(),))
