"""NormalizeArticles: fold each article's spelling for matching."""

import dataclasses
import functools

from apache_beam.pvalue import PCollection

from schemas.elements import Article, NormalizedArticle
from transforms.composite import Composite
from transforms.core.compared import normalize
from transforms.core.normalize import NormalizeRules
from transforms.dead_letters import Doors, Guard

__all__ = ["NormalizeArticles"]


@dataclasses.dataclass(eq=False)
class NormalizeArticles(Composite):
    """Fold each article by `rules` and keep its digest. Keeps windows and timestamps as they came."""

    rules: NormalizeRules = dataclasses.field(default_factory=NormalizeRules)
    on_bug: str = "fail"

    def expand(self, articles: PCollection[Article]) -> Doors:
        """Return normalised articles and, where warraq failed, dead letters."""
        fold = functools.partial(normalize, rules=self.rules)
        return articles | "Normalize" >> Guard("normalize", fold, NormalizedArticle, self.on_bug)
