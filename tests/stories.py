"""Invented stories with near copies, later versions and repeats, for end-to-end tests."""

import json
import random

from corpus import record

WORDS = [
    "الموانئ",
    "الري",
    "التدريب",
    "السلامة",
    "المعرض",
    "الرصيف",
    "الخطة",
    "البرنامج",
    "الحملة",
    "الكتاب",
    "الوزير",
    "المدير",
    "المجلس",
    "اللجنة",
    "الطريق",
    "الجسر",
    "المدرسة",
    "المستشفى",
    "السوق",
    "المصنع",
    "الميناء",
    "المطار",
    "القطار",
    "الماء",
    "الكهرباء",
    "الزراعة",
    "التجارة",
    "الصناعة",
    "السياحة",
    "الثقافة",
    "الرياضة",
    "البيئة",
]


def story(number, changed=()):
    """An invented body of 80 words; `changed` names words that are another's."""
    chance = random.Random(number)
    words = [f"{chance.choice(WORDS)}{chance.choice('ابتثجحخد')}" for _ in range(80)]
    for place in changed:
        words[place] = f"تعديل{number}{place}"
    return " ".join(words)


def articles(count=40):
    """Stories over eight days: some with a near copy later on, some changed at the same URL, some read again."""
    records = []
    for number in range(count):
        day = number % 6 + 1
        records.append(record(number, body=story(number), published=f"2025-03-{day:02d}T08:{number:02d}:00Z"))
        if number % 3 == 0:
            records.append(
                record(
                    number,
                    source="copier",
                    url=f"http://copier.example/{number}",
                    body=story(number, (5, 40)),
                    published=f"2025-03-{day + 1:02d}T09:{number:02d}:00Z",
                )
            )
        if number % 5 == 0:
            changed = story(number, range(0, 60, 4))
            records.append(
                record(number, body=changed, published=f"2025-03-{day + 2:02d}T09:{number:02d}:00Z")
            )
        if number % 7 == 0:
            records.append(records[-1])
    return records


def write(folder, records, files):
    folder.mkdir(parents=True)
    for number in range(files):
        lines = [json.dumps(r, ensure_ascii=False) for r in records[number::files]]
        (folder / f"part{number:02d}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder
