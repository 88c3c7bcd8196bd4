"""What a newspaper's corpus knows about words: how rare each is, which clitics stand before it, whether it is a verb.

The table holds no words, only the upper 32 bits of their hashes (of `transforms.core.tokens`) beside the document
frequency; an unknown word is taken for a known one once in about 40,000 times. Words with clitics are one group with
the bare word: waw, feh, beh, lam and kaf come off where the rest is a word of its own (`scripts/train_keyphrases.py`
decides for the words of the table, `_cut_unknown` here for the others). The article stays: a definite word and the
same word without it are two groups.
"""

import csv
import dataclasses
import hashlib
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.words import LETTERS, Words, read_words
from transforms.core.tokens import finish

__all__ = [
    "ALONE",
    "BARRIER",
    "BOUND",
    "CONTRACTED",
    "END",
    "PLAIN",
    "START",
    "VERB",
    "Groups",
    "Vocabulary",
    "code_frequencies",
    "group_keys",
    "join_keys",
    "parse_vocabulary",
    "upper_half",
]

#: Bits of `word_forms`: the low two are the code units before the bare word.
CUT, CONTRACTED, VERB, BOUND = 3, 4, 8, 16
#: What a word may do in a phrase: begin it, end it, be all of it; no phrase goes over a barrier.
START, END, ALONE, BARRIER = 1, 2, 4, 8
PLAIN = START | END | ALONE
#: What the classes of `stopwords.tsv` may do.
_ROLES = {
    "function": 0,
    "number": 0,
    "time": 0,
    "cliche": BARRIER,
    "formula": BARRIER,
    "speech": BARRIER,
    "verb": BARRIER,
    "date": END,
    "opener": START,
    "title": START | END,
}
_STEPS = 16  # of the coded document frequency, per doubling
_SHIFT = np.uint64(32)
_DEFINITE = np.uint64(0xA0761D6478BD642F)  # parts "the X" from "to X", which share their letters lam + X
_FOLLOWING = np.uint64(0xE7037ED1A0B428DB)  # odd: the key of a phrase depends on the order of its words
_ALEF, _BEH, _FEH, _KAF, _LAM, _WAW = map(ord, "\u0627\u0628\u0641\u0643\u0644\u0648")  # ا ب ف ك ل و
_LONGEST_FORMULA = 5
_LEAST_DEFINITE = 4  # the article and two letters
#: A word that the table lacks gives up a clitic only for a word of this document frequency.
_LEAST_KNOWN, _LEAST_KNOWN_RARE = 20, 100

Indexes = NDArray[np.int64]


class Groups(NamedTuple):
    """Of each token of `Words`: the key of its group, where the bare word starts, and what it may do.

    `keys` are equal for a word with and without clitics. `bare` is a code unit of the joined text; of a contracted
    word (lam + article, written as two lams) it is the second lam, and `contracted` is set. `frequencies` counts the
    documents of the corpus with a word of the group (0 where the table lacks it). `roles` are `START`, `END`,
    `ALONE` and `BARRIER` bits.
    """

    keys: NDArray[np.uint64]
    bare: Indexes
    contracted: NDArray[np.bool_]
    frequencies: NDArray[np.float64]
    roles: NDArray[np.uint8]


@dataclasses.dataclass(frozen=True, eq=False)
class Vocabulary:
    """Document frequencies of words and phrases; load it once, it is never changed.

    `words` and `phrases` are sorted upper halves of hashes; `provenance` is `model:keyphrases@` and 12 hex digits.
    """

    provenance: str
    documents: int
    words: NDArray[np.uint32]
    word_counts: NDArray[np.float64]
    word_forms: NDArray[np.uint8]
    word_roles: NDArray[np.uint8]
    phrases: NDArray[np.uint32]
    phrase_counts: NDArray[np.float64]
    stop_keys: NDArray[np.uint64]
    stop_roles: NDArray[np.uint8]
    formula_words: NDArray[np.uint64]
    formulas: NDArray[np.uint64]

    def groups(self, words: Words) -> Groups:
        """Return the groups of the tokens of texts."""
        places, known = _find(self.words, words.hashes)
        forms = np.where(known, self.word_forms.take(places), 0).astype(np.uint8)
        frequencies = np.where(known, self.word_counts.take(places), 0.0)
        roles = np.where(known, self.word_roles.take(places), PLAIN).astype(np.uint8)
        letters = words.kinds == LETTERS
        self._cut_unknown(words, np.flatnonzero(letters & ~known), forms, frequencies)
        bare = words.starts + (forms & CUT)
        contracted = (forms & CONTRACTED) != 0
        keys = group_keys(words, bare, contracted)
        changed = np.flatnonzero((forms & (CUT | CONTRACTED) != 0) | ~known)
        stops, stopped = _find(self.stop_keys, keys[changed])
        roles[changed] = _both(
            roles[changed], np.where(stopped, self.stop_roles.take(stops), np.uint8(PLAIN))
        )
        roles[~letters] = 0
        self._bar_formulas(words, roles)
        return Groups(keys, bare, contracted, frequencies, roles)

    def phrase_frequencies(self, keys: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Return in how many documents each phrase (by `join_keys`) was found, 0 for those the table lacks."""
        places, known = _find(self.phrases, keys)
        return np.where(known, self.phrase_counts.take(places), 0.0)

    def _cut_unknown(
        self, words: Words, rare: Indexes, forms: NDArray[np.uint8], frequencies: NDArray[np.float64]
    ) -> None:
        """Take clitics off words that the table lacks, where the rest is a frequent word of it."""
        first = words.units[words.starts[rare]]
        rare = rare[np.isin(first, (_WAW, _FEH, _BEH, _LAM, _KAF))]
        lengths = words.ends[rare] - words.starts[rare]
        rare = rare[lengths >= 4]  # three letters stay
        starts, ends = words.starts[rare], words.ends[rare]
        first, second, third = (words.units[starts + place] for place in range(3))
        conjunction = (first == _WAW) | (first == _FEH)
        inner = (second == _BEH) | (second == _LAM) | (second == _KAF)
        seldom = (first == _FEH) | (first == _KAF)
        found = np.zeros(rare.size, np.uint8)
        counts = np.zeros(rare.size)
        # The article's lam after lam is tried first, then one clitic, then two.
        for cut, applies, form in (
            (2, (first == _LAM) & (second == _LAM), 1 | CONTRACTED),
            (3, conjunction & (second == _LAM) & (third == _LAM), 2 | CONTRACTED),
            (1, np.ones(rare.size, bool), 1),
            (2, conjunction & inner, 2),
        ):
            try_at = np.flatnonzero(applies & (found == 0) & (ends - starts - cut >= 3))
            if not try_at.size:
                continue
            places, known = _find(self.words, words.hash_spans(starts[try_at] + cut, ends[try_at]))
            rest = np.where(known, self.word_counts.take(places), 0.0)
            enough = rest >= np.where(seldom[try_at], _LEAST_KNOWN_RARE, _LEAST_KNOWN)
            # Behind a conjunction the rest may have a clitic of its own; behind another it is a bare word.
            more = self.word_forms.take(places) & (CUT | CONTRACTED)
            enough &= (more == 0) | ((form == 1) & conjunction[try_at])
            found[try_at[enough]] = form + more[enough]
            counts[try_at[enough]] = rest[enough]
        forms[rare] = found
        frequencies[rare] = counts

    def _bar_formulas(self, words: Words, roles: NDArray[np.uint8]) -> None:
        """Let no phrase run into a formula of several words."""
        begins = np.flatnonzero(_find(self.formula_words, words.hashes)[1])
        keys = words.hashes[begins]
        for length in range(2, _LONGEST_FORMULA + 1):
            inside = begins + length <= words.hashes.size
            begins = begins[inside]
            keys = join_keys(keys[inside], words.hashes[begins + length - 1])
            found = begins[_find(self.formulas, keys)[1]]
            for place in range(length):
                roles[found + place] = BARRIER


def parse_vocabulary(data: bytes, stopwords: str) -> Vocabulary:
    """Return the vocabulary in the bytes of `keyphrases.npz` and the text of `stopwords.tsv` (columns word, class).

    Raises ValueError for an array that is missing or out of order, and for a class that is unknown.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        missing = {"documents", "words", "word_counts", "word_forms", "phrases", "phrase_counts"}.difference(
            arrays.files
        )
        if missing:
            raise ValueError(f"the vocabulary lacks {', '.join(sorted(missing))}")
        table = {name: arrays[name] for name in arrays.files}
    for name in ("words", "phrases"):
        if (np.diff(table[name].astype(np.int64)) <= 0).any():
            raise ValueError(f"the hashes of {name} are not in rising order")
    stops, stop_roles, formulas = _parse_stopwords(stopwords)
    # What has a pronoun or tanwin written onto it may end a phrase.
    word_roles = np.where(table["word_forms"] & BOUND, END, PLAIN).astype(np.uint8)
    word_roles[(table["word_forms"] & VERB) != 0] = BARRIER
    places, known = _find(table["words"], stops.hashes)
    word_roles[places[known]] = stop_roles[known]
    keys = group_keys(stops, stops.starts, np.zeros(stops.starts.size, bool))
    order = np.argsort(keys)
    begins = formulas.borders[:-1]
    return Vocabulary(
        provenance=f"model:keyphrases@{hashlib.sha256(data).hexdigest()[:12]}",
        documents=int(table["documents"]),
        words=table["words"],
        word_counts=_decode(table["word_counts"]),
        word_forms=table["word_forms"],
        word_roles=word_roles,
        phrases=table["phrases"],
        phrase_counts=_decode(table["phrase_counts"]),
        stop_keys=keys[order],
        stop_roles=stop_roles[order],
        formula_words=np.unique(formulas.hashes[begins]),
        formulas=_hash_formulas(formulas),
    )


def group_keys(words: Words, bare: Indexes, contracted: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the key of each token's group, given where its bare word starts and whether the article's alef is missing."""
    written = (
        (words.units.take(bare) == _ALEF)
        & (words.units.take(bare + 1, mode="clip") == _LAM)
        & (words.ends - bare >= _LEAST_DEFINITE)
    )
    keys = words.hash_spans(bare + written, words.ends)
    return np.where(written | contracted, keys ^ _DEFINITE, keys)


def join_keys(before: NDArray[np.uint64], following: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys of phrases, given the keys of all but their last words, and the hashes of those."""
    return finish(before * _FOLLOWING + following)


def code_frequencies(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return document frequencies (1 or more) in steps of a sixteenth of a doubling."""
    coded: NDArray[np.uint8] = np.rint(np.log2(counts) * _STEPS).astype(np.uint8)
    return coded


def upper_half(hashes: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Return what the table keeps of hashes."""
    return (hashes >> _SHIFT).astype(np.uint32)


def _decode(coded: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.exp2(coded / _STEPS)


def _find(
    table: NDArray[np.uint32] | NDArray[np.uint64], hashes: NDArray[np.uint64]
) -> tuple[Indexes, NDArray[np.bool_]]:
    """Return the place of each hash in a sorted table (some place where it lacks it), and whether it has it."""
    if not table.size:
        return np.zeros(hashes.size, np.int64), np.zeros(hashes.size, bool)
    wanted = upper_half(hashes) if table.dtype == np.uint32 else hashes
    places = np.minimum(np.searchsorted(table, wanted), table.size - 1)
    return places, table.take(places) == wanted


def _both(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what two roles of a word allow together."""
    both: NDArray[np.uint8] = np.bitwise_or(one & other & PLAIN, (one | other) & BARRIER, dtype=np.uint8)
    return both


def _parse_stopwords(table: str) -> tuple[Words, NDArray[np.uint8], Words]:
    """Return the words of the list, their roles, and its formulas of several words."""
    reader = csv.DictReader(io.StringIO(table), delimiter="\t")
    if reader.fieldnames != ["word", "class"]:
        raise ValueError(f"the columns of a list of stop words are word and class, not {reader.fieldnames}")
    roles: dict[str, int] = {}
    formulas: list[str] = []
    for row in reader:
        if row["class"] not in _ROLES:
            raise ValueError(f"{row['word']}: {row['class']!r} is no class; there are {', '.join(_ROLES)}")
        if " " in row["word"]:
            formulas.append(row["word"])
        else:
            roles[row["word"]] = _ROLES[row["class"]]
    return read_words(list(roles)), np.array(list(roles.values()), np.uint8), read_words(formulas)


def _hash_formulas(formulas: Words) -> NDArray[np.uint64]:
    keys: list[NDArray[np.uint64]] = []
    for low, high in zip(formulas.borders[:-1].tolist(), formulas.borders[1:].tolist(), strict=True):
        key = formulas.hashes[low : low + 1]
        for place in range(low + 1, high):
            key = join_keys(key, formulas.hashes[place : place + 1])
        keys.append(key)
    return np.unique(np.concatenate(keys)) if keys else formulas.hashes
