"""Print how well damaged Arabic is repaired, that clean Arabic is left alone, and how fast. Needs the shared data.

    python tests/quality/mojibake.py [--count 1000]
    python tests/quality/mojibake.py --letters     (the table of letter pairs in transforms/core/mojibake.py)

Real articles are damaged by encoding them with one codec and reading them with another; characters the first codec
lacks become "?" and so do they in the truth. Repaired means: every character equal.
"""

import argparse
import gzip
import json
import lzma
import math
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import SHARED

from transforms.core.encoding import SAMPLE_BYTES, decode, detect
from transforms.core.mojibake import looks_damaged, repair

SEED = 20250310
ONCE = [
    ("utf-8", "cp1252"),
    ("utf-8", "latin-1"),
    ("utf-8", "cp1256"),
    ("cp1256", "latin-1"),
    ("cp1256", "cp1252"),
    ("iso8859-6", "latin-1"),
]
KINDS = [(kind,) for kind in ONCE] + [
    (("utf-8", first), ("utf-8", second)) for first in ("cp1252", "cp1256") for second in ("cp1252", "cp1256")
]
LETTERS = " ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"


def articles():
    """Return every article of the Saudi newspapers."""
    found = []
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            found += [json.loads(line) for line in lines]
    return found


def topic_texts():
    """Yield the texts and titles of SANAD and ANT."""
    for name in ("topics_sanad_dev", "topics_ant_dev"):
        with lzma.open(SHARED / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield row["text"]
                if row.get("title"):
                    yield row["title"]


def misread(text, stored, read):
    """Return `text` stored in one codec and read in another; bytes the latter lacks keep their value."""
    data = text.encode(stored, "replace")
    table = {
        byte: chr(byte) if (char := bytes([byte]).decode(read, "replace")) == "\ufffd" else char
        for byte in range(256)
    }
    return "".join(map(table.__getitem__, data))


def sample(count):
    """Return articles with a body and a title, drawn by a fixed seed."""
    rows = [row for row in articles() if len(row["content"]) > 100 and row["title"].strip()]
    return random.Random(SEED).sample(rows, count)


def repaired(texts, kind):
    """Return how many texts are repaired exactly, of how many damaged, and the wrong repairs."""
    exact = damaged = 0
    wrong = []
    for text in texts:
        truth = text.encode(kind[0][0], "replace").decode(kind[0][0])
        broken = truth
        for stored, read in kind:
            broken = misread(broken, stored, read)
        if broken == truth:
            continue
        damaged += 1
        result = repair(broken)
        if result is not None and result.text == truth:
            exact += 1
        elif result is not None:
            wrong.append(truth)
    return exact, damaged, wrong


def false_repairs(texts):
    """Return the texts that would be repaired, and how many only look damaged."""
    looking = [text for text in texts if looks_damaged(text)]
    return [text for text in looking if repair(text) is not None], len(looking)


def files_read_right(rows, codec):
    """Return how many one-article files in `codec` come out of detect and decode as they went in."""
    right = 0
    for row in rows:
        data = f"{row['title']}\n{row['content']}".encode(codec, "replace")
        found = detect(data[:SAMPLE_BYTES], complete=len(data) <= SAMPLE_BYTES, rule="auto").codec
        right += bool(found) and decode(data, found) == data.decode(codec)
    return right


def rate(function, texts, rounds=3):
    """Return MB (of UTF-8) a second, the best of some rounds."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    best = math.inf
    for _ in range(rounds):
        start = time.perf_counter()
        for text in texts:
            function(text)
        best = min(best, time.perf_counter() - start)
    return size / best / 1e6


def print_letters():
    """Print the table of letter pairs, counted over every eighth text of SANAD."""
    pairs = Counter()
    with lzma.open(SHARED / "topics_sanad_dev.jsonl.xz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if number % 8 == 0:
                text = re.sub("[\u0640\u064b-\u0652]", "", json.loads(line)["text"])
                text = " ".join(re.findall("[\u0621-\u063a\u0641-\u064a]+", text))
                pairs.update(zip(" " + text, text + " ", strict=True))
    for before in LETTERS:
        total = sum(pairs[before, after] for after in LETTERS)
        shares = [(pairs[before, after] + 0.3) / (total + 10) for after in LETTERS]
        digits = [min(9, max(0, round(math.log2(share * 64)) + 4)) for share in shares]
        print(f'    "{"".join(map(str, digits))}",')


def main():
    """Print all figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--letters", action="store_true")
    options = parser.parse_args()
    if options.letters:
        print_letters()
        return
    rows = sample(options.count)
    print(f"repaired exactly, of {len(rows)} articles (bodies; titles; repaired wrongly)")
    for kind in KINDS:
        (body, bodies, wrong), (title, titles, wrong_titles) = (
            repaired([row[field] for row in rows], kind) for field in ("content", "title")
        )
        name = " then ".join(f"{stored} read as {read}" for stored, read in kind)
        print(f"  {name:50} {body}/{bodies}  {title}/{titles}  {len(wrong)} {len(wrong_titles)}")
    clean = [row.get(field) or "" for row in articles() for field in ("title", "content", "author")]
    for name, texts in (("saudinewsnet", clean), ("sanad and ant", list(topic_texts()))):
        wrong, looking = false_repairs(texts)
        print(f"false repairs, {name}: {len(wrong)} of {len(texts)} texts; {looking} look damaged")
        for text in wrong[:5]:
            print("   ", text[:100])
    for codec in ("cp1256", "iso8859-6"):
        print(f"files in {codec} read right: {files_read_right(rows, codec)} of {len(rows)}")
    bodies = [row["content"] for row in rows]
    print(
        f"looks_damaged on clean bodies {rate(looks_damaged, clean):.0f} MB/s; repair on them {rate(repair, clean):.0f} MB/s"
    )
    for kind in ONCE[0], ONCE[2], ONCE[3]:
        print(
            f"repair of {kind[0]} read as {kind[1]} {rate(repair, [misread(text, *kind) for text in bodies]):.0f} MB/s"
        )


if __name__ == "__main__":
    main()
