"""Print how long tagging takes on texts made to make it slow, at two lengths: twice the text should cost twice.

python tests/benchmarks/tagging_attacks.py
"""

import os
import random
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

from attacks import UNITS, attack  # noqa: E402
from quality.entities import article, tagger  # noqa: E402

GIVEN = ["محمد", "احمد", "علي", "خالد", "سعد", "فهد", "ناصر", "سلمان", "عبدالله", "يوسف"]
SURNAMES = ["العتيبي", "الحربي", "القحطاني", "الغامدي", "الزهراني", "الدوسري", "الشهري", "المطيري"]
PLACES = ("في دمشق", "الرياض", "مدينة تدمر", "السعودية", "لبنان")
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


def lists(length: int):
    """Yield a name and a text of about so many code points: lists of names, places, heads, words never seen."""
    draw = random.Random(1)

    def text(make, glue=" "):
        parts, size = [], 0
        while size < length:
            parts.append(make())
            size += len(parts[-1]) + len(glue)
        return glue.join(parts)

    yield (
        "full names",
        text(lambda: f"{draw.choice(GIVEN)} بن {draw.choice(GIVEN)} {draw.choice(SURNAMES)}", "، "),
    )
    yield "names and names", text(lambda: f"{draw.choice(GIVEN)} {draw.choice(SURNAMES)}", " و")
    yield "given names", text(lambda: draw.choice(GIVEN))
    yield "places", text(lambda: draw.choice(PLACES))
    yield "lines of a place", text(lambda: "دمشق", "\n")
    yield "heads", text(lambda: "وزارة")
    yield "new words", text(lambda: "".join(draw.choices(LETTERS, k=7)))
    yield "new numbers", text(lambda: str(draw.randrange(10**9)))


def main() -> None:
    tag = tagger().tag
    tag([article("عنوان\n\nزار دمشق", 5)])
    lengths = (100_000, 200_000)
    texts = [dict(lists(length)) | {name: attack(name, length) for name in UNITS} for length in lengths]
    print(f"{'text':<24}" + "".join(f"{length:>12,}" for length in lengths) + "   twice the text costs")
    for name in texts[0]:
        times = []
        for some in texts:
            start = time.process_time()
            tag([article(f"عنوان\n\n{some[name]}", 5)])
            times.append(time.process_time() - start)
        print(
            f"{name:<24}"
            + "".join(f"{seconds:>11.2f}s" for seconds in times)
            + f"   {times[1] / times[0]:.1f}"
        )


if __name__ == "__main__":
    main()
