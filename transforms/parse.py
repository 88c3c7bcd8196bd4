"""ParseArticles: raw records to articles."""

import dataclasses
import functools

from apache_beam.pvalue import PCollection

from schemas.elements import Article, RawRecord
from transforms.aids import load_aids
from transforms.composite import Composite
from transforms.core.parse import ParsePlan, parse
from transforms.dead_letters import Doors, Guard

__all__ = ["ParseArticles"]


def _parse(record: RawRecord, plan: ParsePlan) -> Article:
    return parse(record, plan, load_aids(plan.scope.language_model))


@dataclasses.dataclass(eq=False)
class ParseArticles(Composite):
    """Decode, map and lay out each raw record. Keeps windows and timestamps as they came."""

    plan: ParsePlan = dataclasses.field(default_factory=ParsePlan)
    on_bug: str = "fail"

    def expand(self, records: PCollection[RawRecord]) -> Doors:
        """Return articles, dead letters and articles out of scope."""
        return records | "Parse" >> Guard(
            "parse", functools.partial(_parse, plan=self.plan), Article, self.on_bug
        )
