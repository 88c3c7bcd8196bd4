"""Composites with several doors, in the one way that keeps Beam's type checks where they work."""

from typing import Any

import apache_beam as beam
from apache_beam.typehints.decorators import IOTypeHints

__all__ = ["Composite"]


class Composite(beam.PTransform):
    """A PTransform that takes or gives a named tuple of PCollections.

    Beam checks single PCollections only and warns about any other annotation of `expand`. The types are
    declared on the inner steps, where Beam does check them; here the annotations are for people and mypy.
    """

    def default_type_hints(self) -> IOTypeHints:
        """Return no hints of the composite's own."""
        return IOTypeHints.empty()

    def _extract_input_pvalues(self, pvalueish: Any) -> tuple[Any, dict[str, Any]]:
        """Leave out the members of a named tuple that a graph does not have (None); Beam asks to override this then."""
        value, found = super()._extract_input_pvalues(pvalueish)
        return value, {tag: one for tag, one in found.items() if one is not None}
