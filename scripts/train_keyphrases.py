#!/usr/bin/env python3
"""Make `transforms/core/models/keyphrases.npz`: document frequencies of words and phrases of Arabic news.

`python scripts/train_keyphrases.py [--check] DIRECTORY` reads the three files of SOURCES from a directory. Their
SHA-256 is checked; two runs give the same bytes. `--check` writes nothing and exits 1 where the file would change.

Counted are documents, equal texts once; phrases are those of `stopwords.tsv` as it is: a change of the list asks for a
new file. What goes into the file are hashes, counts and three decisions per word, no text:

* which clitics stand before it: waw, feh, beh, lam, kaf (one, or waw/feh and one more) come off where the rest is a
  word of the corpus, more frequent by RATIO, and the whole is never written with the article (a word that takes the
  article begins with a letter of its own: wazir, kitab);
* whether it is a verb: it has a past form, one with teh, and present forms with yeh and teh that are about as
  frequent as each other; or present forms and one of future, plural or first person;
* whether a pronoun or the alef of tanwin is written onto it: the rest is at least as frequent, and the whole is never
  written with the article.
"""

import argparse
import hashlib
import io
import itertools
import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.core.tagging.keyphrases import candidates  # noqa: E402
from transforms.core.tagging.vocabulary import (  # noqa: E402
    BOUND,
    CONTRACTED,
    VERB,
    Vocabulary,
    code_frequencies,
    parse_vocabulary,
    upper_half,
)
from transforms.core.tagging.words import LETTERS, Words, read_words  # noqa: E402

TARGET = ROOT / "transforms" / "core" / "models" / "keyphrases.npz"
STOPWORDS = ROOT / "transforms" / "core" / "lexicon" / "stopwords.tsv"
SOURCES = {
    "topics_sanad_dev.jsonl.xz": "633e728b8816b2835943f9d66ef131c61db2c91438a570fff217b0ba6659759d",
    "topics_ant_dev.jsonl.xz": "b470ccd1212160d50d451e7fe11495ed203b9ca7e4ed9d2037f37511a7f7880c",
    "wikinews/wikinews.jsonl": "3146731b21a0808123f4b88adf8085db4fa53a2156a7e6e23f1c4c941be199ec",
}
BATCH = 64
#: Documents that a word, a phrase must stand in to be in the file.
LEAST_WORD, LEAST_PHRASE = 4, 3
#: How many times more frequent than the whole the word without its clitic must be (waw, feh, beh, lam, kaf).
RATIO = {"\u0648": 0.5, "\u0641": 5, "\u0628": 1, "\u0644": 1, "\u0643": 10}
#: The same for a rest with the article, and after lam + article.
RATIO_DEFINITE = 0.2
LEAST_REST = 20
#: A word seen with the article more often than once in so many times begins with a letter of its own.
SELDOM = 50
ARTICLE = "\u0627\u0644"  # ال
#: Names that look like verbs: in news they are names more often.
NAMES = frozenset(["تدمر", "ينبع", "تشاد", "يحيي", "نجيب", "هاجر", "سيرين", "يامن", "عايش"])
LAM, ALEF, TEH, YEH, NOON, SEEN = "\u0644", "\u0627", "\u062a", "\u064a", "\u0646", "\u0633"  # ل ا ت ي ن س
CONJUNCTIONS, PREPOSITIONS = "\u0648\u0641", "\u0628\u0644\u0643"  # و ف, ب ل ك
HEH = "\u0647"  # ه
#: Pronouns and the alef of tanwin: ها هم هما نا ه ا
ENDINGS = ("\u0647\u0627", "\u0647\u0645", "\u0647\u0645\u0627", "\u0646\u0627", HEH, ALEF)
PLURALS = ("\u0648\u0646", "\u0648\u0627")  # ون وا

Counts = dict[str, int]
Cut = tuple[int, bool]
Counted = tuple[np.ndarray, np.ndarray]


def read_texts(directory: Path) -> list[str]:
    """Return the different texts of the sources, title first where there is one."""
    texts: dict[str, None] = {}
    for name, digest in SOURCES.items():
        data = (directory / name).read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            raise SystemExit(f"{name}: SHA-256 {found} is not the one this script was written for")
        for line in (lzma.decompress(data) if name.endswith(".xz") else data).decode("utf-8").splitlines():
            row = json.loads(line)
            texts[f"{row['title']}\n\n{row['text']}" if row.get("title") else row["text"]] = None
    return list(texts)


def batches(texts: list[str]) -> Iterator[list[str]]:
    """Yield the texts, some at a time."""
    for first in range(0, len(texts), BATCH):
        yield texts[first : first + BATCH]


def count_documents(keys: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the different keys and in how many documents each stands; `keys` holds each document's different ones."""
    return np.unique(np.concatenate(keys), return_counts=True)


def count_words(texts: list[str]) -> Counts:
    """Return in how many documents each word of letters stands."""
    written: dict[int, str] = {}
    found = []
    for batch in batches(texts):
        words = read_words(batch)
        forms = words.forms()
        letters = words.kinds == LETTERS
        for low, high in itertools.pairwise(words.borders.tolist()):
            keys, places = np.unique(words.hashes[low:high][letters[low:high]], return_index=True)
            found.append(keys)
            places = np.flatnonzero(letters[low:high])[places] + low
            for key, place in zip(keys.tolist(), places.tolist(), strict=True):
                written.setdefault(key, forms[place])
    keys, counts = count_documents(found)
    return {
        written[key]: count
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
        if count >= LEAST_WORD
    }


def cut_one(word: str, counts: Counts) -> Cut:
    """Return how many letters one clitic of a word takes, and whether lam + article are written as two lams."""
    count, rest = counts.get(word, 0), word[1:]
    if len(word) < 4 or word[0] not in RATIO:
        return 0, False
    if word.startswith(LAM * 2) and counts.get(ARTICLE + word[2:], 0) > RATIO_DEFINITE * count:
        return 1, True
    if rest.startswith(ARTICLE) and len(rest) >= 4 and counts.get(rest, 0) > RATIO_DEFINITE * count:
        return 1, False
    if len(rest) < 3 or counts.get(ARTICLE + word, 0) * SELDOM >= max(count, 1):
        return 0, False
    return int(counts.get(rest, 0) >= max(RATIO[word[0]] * count, LEAST_REST)), False


def cut_clitics(word: str, counts: Counts) -> Cut:
    """Return the same for all clitics of a word."""
    first = cut_one(word, counts)
    if word[0] not in CONJUNCTIONS or (not first[0] and len(word) < 6):
        return first
    second = cut_one(word[1:], counts)
    if second[0] and word[1] in PREPOSITIONS:
        return 1 + second[0], second[1]
    return first


def find_verbs(counts: Counts) -> set[str]:
    """Return the words that are forms of a verb, of those whose forms betray it."""

    def has_no_article(word: str) -> bool:
        return counts.get(ARTICLE + word, 0) * SELDOM < counts[word]

    def alike(one: int, other: int, times: int) -> bool:
        return one > 0 and other > 0 and one <= times * other and other <= times * one

    verbs: set[str] = set()
    for past, count in counts.items():
        if len(past) < 3 or past.startswith(ARTICLE) or past.endswith(ALEF):
            continue
        is_long = len(past) >= 4
        if is_long and not has_no_article(past):
            continue
        stem = past[1:] if past[0] == ALEF and is_long else past
        if not alike(count, counts.get(past + TEH, 0), 20):
            continue
        if not alike(counts.get(YEH + stem, 0), counts.get(TEH + stem, 0), 10):
            continue
        forms = [YEH + stem, SEEN + YEH + stem, *(YEH + stem + plural for plural in PLURALS)]
        if is_long:
            # Past forms of three letters, and what begins with teh before them, are nouns as often.
            forms += [past, past + TEH, past + PLURALS[1], TEH + stem, SEEN + TEH + stem, NOON + stem]
        verbs.update(form for form in forms if form in counts and has_no_article(form))
    for present, count in counts.items():
        # A present form without a past one of this kind needs two witnesses: yunis, tunis have one.
        if len(present) < 4 or present[0] != YEH:
            continue
        stem = present[1:]
        plurals = {YEH + stem.removesuffix(YEH) + plural for plural in PLURALS}
        witnesses = {SEEN + present, SEEN + TEH + stem, NOON + stem, *plurals}
        if alike(count, counts.get(TEH + stem, 0), 20) and witnesses & counts.keys():
            forms = [present, TEH + stem, *witnesses]
            verbs.update(form for form in forms if form in counts and has_no_article(form))
    return verbs - NAMES


def is_bound(word: str, counts: Counts) -> bool:
    """Tell whether a pronoun or the alef of tanwin seems to be written onto a word (its teh marbuta is teh before a pronoun)."""
    if word.startswith(ARTICLE) or counts.get(ARTICLE + word, 0) * SELDOM >= counts[word]:
        return False  # what has or takes the article has no pronoun
    for ending in ENDINGS:
        rest = word.removesuffix(ending)
        if rest == word or len(rest) < 3 or (ending == ALEF and rest.endswith(YEH)):
            continue
        if rest.endswith(TEH) and ending != ALEF:
            rest = rest[:-1] + HEH
        if counts.get(rest, 0) >= counts[word]:
            return True
    return False


def decide(counts: Counts) -> tuple[Words, np.ndarray]:
    """Return the words in order and their forms: bits of the vocabulary module."""
    verbs = find_verbs(counts)
    listed = sorted(counts)
    forms = []
    for word in listed:
        cut, contracted = cut_clitics(word, counts)
        bare = word if contracted or word[cut:] not in counts else word[cut:]
        bound = not contracted and is_bound(bare, counts)
        forms.append(cut + CONTRACTED * contracted + VERB * (bare in verbs) + BOUND * bound)
    return read_words(listed), np.array(forms, np.uint8)


def count_groups(texts: list[str], vocabulary: Vocabulary) -> tuple[Counted, Counted]:
    """Return document frequencies of groups of words, and of phrases of two words and more."""
    groups, phrases = [], []
    for batch in batches(texts):
        words = read_words(batch)
        grouped = vocabulary.groups(words)
        found = candidates(words, grouped)
        several = found.lengths > 1
        numbers = np.searchsorted(words.borders, found.starts[several], side="right")
        keys = found.keys[several]
        for number, (low, high) in enumerate(itertools.pairwise(words.borders.tolist()), 1):
            groups.append(np.unique(grouped.keys[low:high]))
            phrases.append(np.unique(keys[numbers == number]))
    return count_documents(groups), count_documents(phrases)


def halve(keys: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sorted upper halves of keys and the place of each; of keys that share one (a pair or two) the most frequent."""
    order = np.lexsort((keys, -counts, upper_half(keys)))
    halves, places = np.unique(upper_half(keys)[order], return_index=True)
    return halves, order[places]


def build(texts: list[str]) -> bytes:
    """Return the bytes of the file."""
    counts = count_words(texts)
    words, forms = decide(counts)
    frequencies = np.array([counts[form] for form in words.forms()])
    halves, places = halve(words.hashes, frequencies)
    arrays = {
        "documents": np.array(len(texts)),
        "words": halves,
        "word_forms": forms[places],
        "word_counts": code_frequencies(frequencies[places]),
        "phrases": np.empty(0, np.uint32),
        "phrase_counts": np.empty(0, np.uint8),
    }
    # Groups and phrases are counted with the table as far as it goes, as taggers will see them.
    vocabulary = parse_vocabulary(pack(arrays), STOPWORDS.read_text(encoding="utf-8"))
    (keys, counted), (phrases, phrase_counts) = count_groups(texts, vocabulary)
    own = vocabulary.groups(words).keys[places]
    arrays["word_counts"] = code_frequencies(counted[np.searchsorted(keys, own)])
    often = phrase_counts >= LEAST_PHRASE
    halves, places = halve(phrases[often], phrase_counts[often])
    arrays["phrases"] = halves
    arrays["phrase_counts"] = code_frequencies(phrase_counts[often][places])
    return pack(arrays)


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """Return arrays as the bytes of an `.npz` (compressed, dates fixed by numpy)."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def main() -> int:
    """Build the file. Exits 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description="Make keyphrases.npz.")
    parser.add_argument("--check", action="store_true", help="write nothing; a difference is a fault")
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    args = parser.parse_args()
    data = build(read_texts(args.directory))
    if args.check:
        same = TARGET.exists() and TARGET.read_bytes() == data
        print(f"{TARGET.name}: {'the same' if same else 'DIFFERENT'}")
        return 0 if same else 1
    TARGET.write_bytes(data)
    with np.load(io.BytesIO(data)) as arrays:
        sizes = {name: arrays[name].size for name in arrays.files}
    print(f"{TARGET.name}: {len(data):,} bytes, {sizes}, sha256 {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
