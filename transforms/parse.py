"""ParseArticles: raw records to articles."""

import dataclasses
import functools

from apache_beam.pvalue import PCollection

from schemas.elements import Article, RawRecord
from transforms.composite import Composite
from transforms.core.parse import ParsePlan, parse
from transforms.dead_letters import Doors, Guard

__all__ = ["ParseArticles"]


@dataclasses.dataclass(eq=False)
class ParseArticles(Composite):
    """Decode, map and lay out each raw record. Keeps windows and timestamps as they came."""

    plan: ParsePlan
    on_bug: str = "fail"

    def expand(self, records: PCollection[RawRecord]) -> Doors:
        """Return articles, dead letters and articles out of scope."""
        return records | "Parse" >> Guard(
            "parse", functools.partial(parse, plan=self.plan), Article, self.on_bug
        )
