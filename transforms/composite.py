"""Composites with several doors, in the one way that keeps Beam's type checks where they work."""

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
