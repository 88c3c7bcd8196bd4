"""Word lists of the package, loaded once per process for the core, which opens no file."""

import functools
import importlib.resources

from transforms.core.byline_parts import BylineLexicon
from transforms.core.normalize import normalize_texts

__all__ = ["load_names"]


@functools.cache
def load_names() -> BylineLexicon:
    """Return the shipped names of persons and cities (scripts/build_lexicons.py)."""
    folder = importlib.resources.files("transforms.core.lexicon")
    names = folder.joinpath("names.tsv").read_text("utf-8").splitlines()[1:]
    rows = [
        line.split("\t", 2)[:2] for line in folder.joinpath("cities.tsv").read_text("utf-8").splitlines()[1:]
    ]
    folded = normalize_texts([name for name, _ in rows], "search")
    cities = {name: country for name, (_, country) in zip(folded, rows, strict=True)}
    return BylineLexicon(frozenset(line.split("\t", 1)[0] for line in names), cities)
