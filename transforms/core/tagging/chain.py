"""A linear-chain model over word types: tables of scores and a Viterbi search over many sentences at once.

The model is a conditional random field (Lafferty, McCallum, Pereira 2001) whose features each belong to one word
type at a distance of at most two tokens. The score of a label at a token is then a sum of five rows of a table over
word types, and of five rows of a table over gazetteer hits (`hits`). Rows of new word types are computed once and kept.
"""

import io
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ChainModel", "Labels", "decode", "read_arrays"]

#: Places around a token that count: -2 .. 2.
_WINDOW = 5
_REACH = 2
#: Word types kept before the table is begun anew; 45 float32 each.
_MOST_TYPES = 200_000
#: A longer sentence is cut, so that one text without full stops costs no more than others.
_LONGEST_SENTENCE = 400
#: The row of what is outside a sentence.
BOUNDARY = "<bound>"

Features = Callable[[str], Sequence[str]]


class Labels(NamedTuple):
    """The label of each token (its number in `ChainModel.labels`) and how sure it is, 0 to 1."""

    numbers: NDArray[np.uint8]
    scores: NDArray[np.float32]


def read_arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a model file (npz without pickles). Raises ValueError for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:
        raise ValueError(f"no model file: {error}") from error


def words_of(blob: NDArray[np.generic]) -> list[str]:
    """Return the strings of an array of UTF-8 bytes, which stand one a line."""
    return blob.tobytes().decode("utf-8").split("\n")


class ChainModel:
    """The model with its table of word types. One per process; not picklable by intent: the file is what travels.

    `arrays` are those of the model file: `labels` and `attributes` (strings), `pointers`, `columns`, `values` (the
    weights of attribute i are `values[pointers[i]:pointers[i + 1]]`, at `columns` = place in the window * labels +
    label), `hits` (hit codes, window, labels) and `transitions` (labels, labels). `features` gives the attributes
    of a word type.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], features: Features) -> None:
        self.labels: tuple[str, ...] = tuple(words_of(arrays["labels"]))
        size = len(self.labels)
        attributes = words_of(arrays["attributes"])
        self._rows = {attribute: row for row, attribute in enumerate(attributes)}
        pointers = arrays["pointers"].astype(np.int64)
        weights = np.zeros((len(attributes) + 1, _WINDOW * size), np.float32)
        rows = np.repeat(np.arange(len(attributes)), np.diff(pointers))
        weights[rows, arrays["columns"].astype(np.int64)] = arrays["values"].astype(np.float32)
        self._weights = weights
        self._features = features
        self._lock = threading.Lock()
        self._hits: NDArray[np.float32] = arrays["hits"].astype(np.float32)
        self._transitions: NDArray[np.float32] = arrays["transitions"].astype(np.float32)
        self._begin()

    def _begin(self) -> None:
        self._types: dict[str, int] = {BOUNDARY: 0}
        self._table = np.zeros((4096, _WINDOW, len(self.labels)), np.float32)
        self._table[0] = self._row(BOUNDARY).reshape(_WINDOW, -1)

    def _row(self, word: str) -> NDArray[np.float32]:
        rows = self._rows
        attributes = [word] if word is BOUNDARY else self._features(word)
        chosen = [rows[attribute] for attribute in attributes if attribute in rows]
        total: NDArray[np.float32] = self._weights[chosen].sum(0)
        return total

    def _numbers(self, forms: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each word type in the table; new ones are added."""
        known = self._types.get
        numbers = list(map(known, forms))
        if None in numbers:
            new = dict.fromkeys(form for form, number in zip(forms, numbers, strict=True) if number is None)
            if len(self._types) + len(new) > _MOST_TYPES and len(self._types) > 1:
                self._begin()
                return self._numbers(forms)
            first = len(self._types)
            while first + len(new) > len(self._table):
                self._table = np.concatenate((self._table, np.zeros_like(self._table)))
            for place, form in enumerate(new, first):
                self._table[place] = self._row(form).reshape(_WINDOW, -1)
                self._types[form] = place
            known = self._types.get
            numbers = list(map(known, forms))
        return np.array(numbers, np.int64)

    def label(
        self, forms: Sequence[str], sentence_ends: NDArray[np.bool_], hits: NDArray[np.uint8]
    ) -> Labels:
        """Return the labels of tokens. `hits` are the codes of gazetteer hits; both arrays have an item per token.

        The labels of a sentence depend on nothing outside it.
        """
        if not forms:
            return Labels(np.zeros(0, np.uint8), np.zeros(0, np.float32))
        starts, lengths = _sentences(sentence_ends)
        with self._lock:  # threads of one process share the table
            types = self._numbers(forms)
            table = self._table
        emissions = self._emissions(table, types, hits.astype(np.int64) + 1, starts)
        numbers = decode(emissions, starts, lengths, self._transitions)
        return Labels(numbers, self._sureness(emissions, numbers, starts))

    def _emissions(
        self,
        table: NDArray[np.float32],
        types: NDArray[np.int64],
        hits: NDArray[np.int64],
        starts: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """Return the score of each label at each token. Row 0 of both tables is what lies outside a sentence."""
        size = types.size
        sentences = np.zeros(size, np.int64)
        sentences[starts[1:]] = 1
        # Two boundary rows between sentences: a window never reaches from one into the next.
        places = np.arange(size) + _REACH * (np.cumsum(sentences) + 1)
        padded_types = np.zeros(places[-1] + 1 + _REACH, np.int64)
        padded_hits = np.zeros_like(padded_types)
        padded_types[places] = types
        padded_hits[places] = hits
        total = np.zeros((size, len(self.labels)), np.float32)
        for offset in range(_WINDOW):
            around = places + (offset - _REACH)
            total += table[padded_types[around], offset]
            total += self._hits[padded_hits[around], offset]
        return total

    def _sureness(
        self, emissions: NDArray[np.float32], numbers: NDArray[np.uint8], starts: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the probability of each label given its neighbours' labels (1 where the label is the first, "outside")."""
        scores = np.ones(numbers.size, np.float32)
        named = np.flatnonzero(numbers)
        if not named.size:
            return scores
        local = emissions[named].copy()
        first = np.zeros(numbers.size, bool)
        first[starts] = True
        last = np.roll(first, -1)
        before, after = named[~first[named]], named[~last[named]]
        local[~first[named]] += self._transitions[numbers[before - 1]]
        local[~last[named]] += self._transitions[:, numbers[after + 1]].T
        local -= local.max(1, keepdims=True)
        np.exp(local, out=local)
        scores[named] = local[np.arange(named.size), numbers[named]] / local.sum(1)
        return scores


def _sentences(sentence_ends: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where sentences start and their lengths in tokens; longer ones than the longest are cut."""
    ends = np.flatnonzero(sentence_ends) + 1
    if not ends.size or ends[-1] != sentence_ends.size:
        ends = np.append(ends, sentence_ends.size)
    starts = np.concatenate(([0], ends[:-1]))
    lengths = ends - starts
    if (lengths > _LONGEST_SENTENCE).any():
        starts = np.concatenate(
            [
                np.arange(start, end, _LONGEST_SENTENCE)
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            ]
        )
        lengths = np.diff(np.append(starts, sentence_ends.size))
    return starts, lengths


def decode(
    emissions: NDArray[np.float32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    transitions: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Return the best label of each token (Viterbi 1967), all sentences in step.

    `emissions` (tokens, labels) hold the sentences one after another; of equal scores the label of lower number wins.
    """
    size, labels = emissions.shape
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    longest = int(lengths[0])
    # How many sentences (the longest first) still run at each step.
    running = np.searchsorted(-lengths, -np.arange(longest), "left")
    best = emissions[starts].copy()
    back = np.zeros((size, labels), np.uint8)
    into = np.ascontiguousarray(transitions.T)
    for step in range(1, longest):
        count = int(running[step])
        places = starts[:count] + step
        paths = best[:count, None, :] + into  # (sentence, label, label before)
        before = paths.argmax(2)
        back[places] = before
        best[:count] = np.take_along_axis(paths, before[:, :, None], 2)[:, :, 0] + emissions[places]
    found = np.zeros(size, np.uint8)
    now = best.argmax(1)
    for step in range(longest - 1, -1, -1):
        count = int(running[step])
        places = starts[:count] + step
        found[places] = now[:count]
        if step:
            now[:count] = back[places, now[:count]]
    return found
