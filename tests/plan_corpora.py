"""Invented corpora with planted duplicates, so that the truth about them is known."""

import json
import random
from pathlib import Path

_LETTERS = "بتجحدرسعفقكلمنوي"
WORDS = 60


def word(number):
    """Return an invented word; different numbers give different words, which no rule of spelling folds together."""
    letters = []
    for _ in range(5):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def write_news(folder, days=20, a_day=40, exact=0.06, near=0.10, back_days=3, empty=0.02, seed=7):
    """Write a file per day and return the numbers of records: {"records", "articles", "duplicates", "filtered"}.

    A share of the records are `exact` copies or `near` ones (three words in sixty changed) of an original of the last
    `back_days`, each original copied once at most; some have an `empty` body.
    """
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    originals, truth = [], {"records": 0, "articles": 0, "duplicates": 0, "filtered": 0}
    for day in range(days):
        lines = []
        originals = [one for one in originals if day - one[0] <= back_days]
        for number in range(a_day):
            drawn, body = chance.random(), [word(chance.randrange(40_000)) for _ in range(WORDS)]
            door = "articles"
            if drawn < empty:
                body, door = [], "filtered"
            elif drawn < empty + exact + near and originals:
                body = list(originals.pop(chance.randrange(len(originals)))[1])
                door = "duplicates"
                if drawn < empty + near:
                    for place in chance.sample(range(WORDS), 3):
                        body[place] = word(chance.randrange(40_000, 80_000))
            else:
                originals.append((day, body))
            truth["records"] += 1
            truth[door] += 1
            record = {
                "source": f"wire{chance.randrange(4)}",
                "url": f"http://example.org/{day}/{number}",
                "published": f"2025-03-{day + 1:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00Z",
                "title": f"خبر {day} {number}",
                "body": " ".join(body),
            }
            lines.append(json.dumps(record, ensure_ascii=False) + "\n")
        Path(folder, f"day{day:02d}.jsonl").write_text("".join(lines))
    return truth
