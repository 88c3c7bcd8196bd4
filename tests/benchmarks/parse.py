"""Print what news parsing costs: CPU per article by grammar, and what hostile texts cost when they double.

    python tests/benchmarks/parse.py [--rounds 5] [--articles 3000] [--attacks] [--input FOLDER]

Rounds interleave the grammars; the best of the rounds counts. `--attacks` gives each text of attacks.py at 125,000,
250,000 and 1,000,000 code points: linear work doubles within 2.3. Not a test: a person reads the figures.
"""

import argparse
import gzip
import itertools
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from attacks import UNITS, attack  # noqa: E402

from schemas.elements import Origin, RawRecord  # noqa: E402
from transforms.aids import load_aids  # noqa: E402
from transforms.core.boilerplate import find_boilerplate  # noqa: E402
from transforms.core.bylines import read_byline  # noqa: E402
from transforms.core.dates import find_dates  # noqa: E402
from transforms.core.figures import find_figures  # noqa: E402
from transforms.core.lexemes import read_lexemes  # noqa: E402
from transforms.core.mapping import READY_MAPS  # noqa: E402
from transforms.core.news import Printed, read_news  # noqa: E402
from transforms.core.parse import ParsePlan, ScopeRules, parse  # noqa: E402
from transforms.core.publication import Reference  # noqa: E402
from transforms.core.quotes import claimants, find_quotes  # noqa: E402
from transforms.core.structure import lay_out_text  # noqa: E402

SHARED = ROOT.parent / "shared" / "data" / "saudinewsnet_dev"


def printed(title, body, **fields):
    text = f"{title}\n\n{body}"
    facts = {"author": "", "source": "", "url": "", "country": "", "published": None, "crawled": None}
    return Printed(text=text, layout=lay_out_text(text), **{**facts, **fields})


def articles_of(folder, count):
    rows = []
    for path in sorted(Path(folder).glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines]
    return rows[:: max(1, len(rows) // count)][:count]


def cost(rounds, rows):
    names = load_aids("off").names
    texts = [
        printed(row["title"], row["content"], author=row["author"], source=row["source"], url=row["url"])
        for row in rows
    ]
    plan = ParsePlan(READY_MAPS, {}, scope=ScopeRules(languages=()))
    records = [
        RawRecord(json.dumps(row).encode(), "json", "utf-8", "saudinewsnet", Origin("x", number, 0))
        for number, row in enumerate(rows)
    ]
    read = [(text, read_lexemes(text.text)) for text in texts]
    unknown = Reference(None, "")
    spoken = [(lexemes, find_quotes(lexemes, names.names)) for _, lexemes in read]
    runs = {
        "  find_dates": lambda: [find_dates(lexemes, unknown) for _, lexemes in read],
        "  find_figures": lambda: [find_figures(lexemes) for _, lexemes in read],
        "  find_quotes": lambda: [find_quotes(lexemes, names.names) for _, lexemes in read],
        "  claimants": lambda: [claimants(lexemes, quotes) for lexemes, quotes in spoken],
        "  read_byline": lambda: [
            read_byline(text.author, lexemes, text.layout.body_start, text.source, names)
            for text, lexemes in read
        ],
        "  find_boilerplate": lambda: [
            find_boilerplate(lexemes, text.layout.body_start, text.layout.paragraphs, (-1, -1))
            for text, lexemes in read
        ],
        "read_lexemes": lambda: [read_lexemes(text.text) for text in texts],
        "read_news, all of it": lambda: [read_news(text, names) for text in texts],
        "parse, record to article": lambda: [_parsed(record, plan) for record in records],
    }
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - started)
    print(f"{len(rows):,} articles, best of {rounds}, CPU per article:")
    for name, seconds in best.items():
        print(f"  {name:<28}{1e6 * seconds / len(rows):8.0f} µs")


def _parsed(record, plan):
    try:
        return parse(record, plan, load_aids("off"))
    except Exception as error:  # out of scope: an empty body
        return error


def attacks(lengths=(125_000, 250_000, 1_000_000)):
    names = load_aids("off").names
    worst = 0.0
    print(f"{'attack':<24}" + "".join(f"{length:>12,}" for length in lengths) + "   first doubling")
    for name in UNITS:
        times = []
        for length in lengths:
            text = printed("عنوان", attack(name, length))
            started = time.process_time()
            read_news(text, names)
            times.append(time.process_time() - started)
        ratio = times[1] / times[0]
        worst = max(worst, times[-1])
        print(f"{name:<24}" + "".join(f"{seconds:>11.2f}s" for seconds in times) + f"{ratio:>10.2f}")
    print(f"slowest: {worst:.2f} s")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--articles", type=int, default=3000)
    options.add_argument("--attacks", action="store_true")
    options.add_argument("--input", default=SHARED)
    args = options.parse_args()
    if args.attacks:
        attacks()
    else:
        cost(args.rounds, list(itertools.islice(articles_of(args.input, args.articles), args.articles)))


if __name__ == "__main__":
    main()
