"""What the user asked for cannot be done: the two exceptions that say so, and the "did you mean" they share."""

import dataclasses
import difflib
from collections.abc import Iterable, Sequence

__all__ = ["ConfigError", "Fault", "ManifestError", "UsageError", "closest", "did_you_mean"]

_LONGEST_WORD = 100  # difflib is quadratic; nobody mistypes a longer name


class UsageError(Exception):
    """A wrong command line or configuration. `messages` holds every fault found, one line each."""

    def __init__(self, messages: str | Sequence[str]) -> None:
        self.messages: list[str] = [messages] if isinstance(messages, str) else list(messages)
        super().__init__("\n".join(self.messages))


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault of a configuration: where (`file:line:column` or the `--set`), which key, and what is wrong."""

    place: str
    path: str
    message: str

    def __str__(self) -> str:
        """Return the fault as one line; a `--set` already names its key."""
        if not self.path or self.place.startswith(f"--set {self.path}="):
            return f"{self.place}: {self.message}"
        return f"{self.place} {self.path}: {self.message}"


class ConfigError(UsageError):
    """A configuration with faults, all of them in `faults`; `str()` prints one per line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: list[Fault] = list(faults)
        super().__init__([str(fault) for fault in self.faults])


def _shared(word: str, other: str) -> int:
    """Return how many letters two words have in common at their beginnings."""
    pairs = zip(word, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(word), len(other)))


def _one_edit_apart(word: str, other: str) -> bool:
    """Tell whether one letter added, left out, changed or swapped with its neighbour makes `other` of `word`."""
    head = _shared(word, other)
    word, other = word[head:], other[head:]
    tail = _shared(word[::-1], other[::-1])
    word, other = word[: len(word) - tail], other[: len(other) - tail]
    return max(len(word), len(other)) <= 1 or (len(word) == 2 and word == other[::-1])


def closest(word: str, known: Iterable[str]) -> list[str]:
    """Return the names that `word` most likely stands for, best first; [] if none is near.

    A slip of one letter (or of case, or `-` for `_`) comes before difflib's general likeness, which misses
    slips in short names.
    """
    word = word[:_LONGEST_WORD]
    names = list(dict.fromkeys(known))
    plain = word.lower().replace("-", "_")
    near = [name for name in names if _one_edit_apart(plain, name.lower().replace("-", "_"))]
    near.sort(key=lambda name: (-difflib.SequenceMatcher(None, word, name).ratio(), name))
    return near[:3] or difflib.get_close_matches(word, names, n=1)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the end of a message, or "" if no known name is near."""
    near = closest(word, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""


class ManifestError(Exception):
    """A manifest or marker that is not there, does not parse or does not fit the other."""
