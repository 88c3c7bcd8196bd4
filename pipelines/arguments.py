"""The command line of `warraq`: commands and their options. What they do is in `cli`; nothing here imports Beam."""

import argparse
import sys
from typing import NoReturn

from pipelines.command import EXIT_CODES, Commands, Parser, add_command, add_config
from pipelines.stream_arguments import add_stream_commands

__all__ = ["command_line"]


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that alone takes 25 ms."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import importlib.metadata

        sys.stdout.write(f"warraq {importlib.metadata.version('warraq')}\n")
        parser.exit()


def command_line() -> Parser:
    """Return the parser of the whole command line; it raises UsageError for what is wrong."""
    parser = Parser(
        prog="warraq",
        description="Arabic news, read, normalised, deduplicated, tagged and written as Avro, with nothing lost.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    _add_batch(commands)
    _add_plan(commands)
    _add_check(commands)
    _add_verify(commands)
    _add_inspect(commands)
    _add_explain(commands)
    _add_index(commands)
    _add_normalize(commands)
    _add_parse(commands)
    _add_tag(commands)
    add_stream_commands(commands)
    commands.add_parser(
        "doctor", help="check this machine: versions, name clashes, engine, credentials", allow_abbrev=False
    )
    return parser


def _add_batch(commands: Commands) -> None:
    batch = add_command(
        commands,
        "batch",
        "read article files, normalise, deduplicate and tag them, write Avro and a report",
        "Any Beam option may follow, e.g. --runner=DataflowRunner --temp_location=gs://...; unknown ones are refused.\n\n"
        "examples:\n"
        "  warraq batch --config configs/local.yaml --input 'news/**' --output out\n"
        "  warraq batch --input day.jsonl.gz more.csv feed.xml --output out --set output.shards=4\n\n"
        + EXIT_CODES,
    )
    add_config(batch)
    batch.add_argument(
        "--input",
        nargs="+",
        action="extend",
        required=True,
        metavar="GLOB",
        help="files, folders or globs (** crosses folders), local or gs://; .txt, JSON (lines), CSV, Avro, RSS, Atom, "
        "plain or .gz .bz2 .xz .zst, mixed freely",
    )
    batch.add_argument(
        "--output",
        required=True,
        metavar="DIR",
        help="output folder, local or gs://; a re-run replaces its content",
    )
    batch.add_argument(
        "--index",
        metavar="DIR",
        help="folder of signatures that lives between runs: articles are also compared with those of earlier runs",
    )
    batch.add_argument(
        "--runner", metavar="NAME", help="Beam engine (default: engine.runner of the configuration)"
    )
    batch.add_argument("--allow-empty", action="store_true", help="no error where no input file matches")
    batch.add_argument(
        "--take-over",
        action="store_true",
        help="take the output (and index) from a run on a service that has not published; it then publishes nothing",
    )
    batch.add_argument("--quiet", action="store_true", help="print errors only")


def _add_plan(commands: Commands) -> None:
    plan = add_command(
        commands,
        "plan",
        "tell from a sample what `batch` would read, drop, write, take and cost; runs and writes nothing",
        "The input is read up to --scan, and of what was read --sample records run through the stages, copies of a text\n"
        "together. Figures are ranges (95 %); where everything was counted they are points. Prices are list prices that\n"
        "warraq was told, not asked for.\n\n"
        "examples:\n  warraq plan --input 'news/**'\n"
        "  warraq plan --config configs/dataflow.yaml --input 'gs://bucket/news/**' --workers 8 --json | jq .cost\n"
        "  warraq plan --input one-week/ --articles 1000000 --runner DataflowRunner\n\n" + EXIT_CODES,
    )
    add_config(plan)
    plan.add_argument(
        "--input",
        nargs="+",
        action="extend",
        required=True,
        metavar="GLOB",
        help="files, folders or globs, as `batch` takes them",
    )
    plan.add_argument(
        "--runner", metavar="NAME", help="Beam engine (default: engine.runner of the configuration)"
    )
    plan.add_argument(
        "--sample", type=_at_least_one, default=2_000, metavar="N", help="records to run (default: 2000)"
    )
    plan.add_argument(
        "--scan",
        type=_megabytes,
        default=64,
        metavar="MB",
        help="how much of the input to read; 0: all (default: 64)",
    )
    plan.add_argument(
        "--articles",
        type=_at_least_one,
        metavar="N",
        help="plan for N records like these, not for the input as it is",
    )
    plan.add_argument(
        "--workers",
        type=_at_least_one,
        metavar="N",
        help="workers (default: of engine.options, else 1, on services 4)",
    )
    plan.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def _add_check(commands: Commands) -> None:
    check = add_command(commands, "check", "check a configuration and print it with all defaults filled in")
    check.add_argument(
        "config", nargs="?", metavar="CONFIG", help="YAML configuration (default: all defaults)"
    )
    check.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="override one value"
    )
    check.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of configurations, for editors"
    )


def _add_verify(commands: Commands) -> None:
    verify = add_command(
        commands, "verify", "check an output folder: manifest, checksums, schemas, accounting", EXIT_CODES
    )
    verify.add_argument("output", metavar="DIR", help="output folder of a run, local or gs://")


def _add_inspect(commands: Commands) -> None:
    inspect = add_command(
        commands,
        "inspect",
        "print rows of warraq's Avro files as a table or as JSON Lines",
        "examples:\n  warraq inspect out\n  warraq inspect out/dead_letters --jsonl | jq .reason\n"
        "  warraq inspect out --final --jsonl\n",
    )
    inspect.add_argument("path", metavar="PATH", help="an Avro file, a table folder or an output folder")
    inspect.add_argument("--table", help="table to show of an output folder (default: articles)")
    inspect.add_argument(
        "--final",
        action="store_true",
        help="one row per article of an output folder, its last decision: what batch and stream have in common",
    )
    inspect.add_argument("--jsonl", action="store_true", help="JSON Lines instead of a table")
    inspect.add_argument(
        "--limit", type=_count, metavar="N", help="at most N rows (default: 20 as a table, all as JSON Lines)"
    )
    inspect.add_argument("--fields", metavar="A,B", help="only these fields")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        message = f"{text!r} is no number of rows"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _megabytes(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        message = f"{text!r} is no whole number of MB"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _at_least_one(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        message = f"{text!r} is no whole number from 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _add_explain(commands: Commands) -> None:
    explain = add_command(
        commands,
        "explain",
        "tell why an article was kept, dropped, filtered or refused, with the two texts side by side",
        "examples:\n  warraq explain out 11186c94\n  warraq explain out day.jsonl.gz#34 --format json | jq .decision\n",
    )
    explain.add_argument(
        "output", metavar="DIR", help="output folder of `warraq batch`, `stream` or `follow`"
    )
    explain.add_argument(
        "article", metavar="ARTICLE", help="article id, its first 6 or more digits, or FILE#INDEX"
    )
    explain.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    add_config(explain)


def _add_index(commands: Commands) -> None:
    index = add_command(
        commands,
        "index",
        "look after the index of signatures that `batch --index` keeps between runs",
        "check: every file, checksum and row; repair: finish or forget what a killed run left, take out damaged files;\n"
        "stats: articles per day, size, parameters; collect: take in what a stream with --index has left in its output.\n\n"
        + EXIT_CODES,
    )
    index.add_argument("action", choices=("check", "repair", "stats", "collect"), help="what to do")
    index.add_argument("folder", metavar="DIR", help="index folder, local or gs://")
    index.add_argument("--output", metavar="OUT", help="collect: output folder of `follow` or `stream`")


def _add_normalize(commands: Commands) -> None:
    normalize = add_command(
        commands,
        "normalize",
        "write lines of Arabic text in one spelling: lines in, lines out",
        "One line in is one line out, at once, so it works in a pipe. The input is UTF-8.\n\n"
        "examples:\n  warraq normalize --profile dedup < titles.txt | sort | uniq -d\n"
        "  warraq normalize --offsets news.txt | jq .text\n\n" + EXIT_CODES,
    )
    normalize.add_argument("files", nargs="*", metavar="FILE", help="text files; - or none is standard input")
    normalize.add_argument(
        "--profile",
        choices=("search", "dedup", "display"),
        default="search",
        help="display: repaired, for eyes; search: one spelling, for matching; dedup: its words alone "
        "(default: search)",
    )
    normalize.add_argument(
        "--offsets",
        action="store_true",
        help='JSON Lines {"text":…, "offsets":[…]}: the code point of the input line behind each of the text',
    )


def _add_tag(commands: Commands) -> None:
    tag = add_command(
        commands,
        "tag",
        "show the tags of articles: topics, places, persons, organisations, keyphrases, your own",
        'JSON is an object per article, one a line: {"article": ..., "tags": [{kind, type, value, canonical, code, country,\n'
        "lat, lon, score, start, end, source, entity}]}. Each mention is a row; mentions of one thing share `entity`. Places are\n"
        "code points of the original text; a topic is said of the whole article and has none. Tags are guesses of a machine.\n\n"
        "examples:\n  warraq tag story.txt\n  warraq tag day.jsonl.gz --format json | jq '.tags[] | select(.kind == \"place\")'\n"
        "  warraq tag - --rules configs/tagging-rules.yaml --explain < story.txt\n\n" + EXIT_CODES,
    )
    tag.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="article files of any form that `batch` reads; - or none is standard input",
    )
    tag.add_argument(
        "--format", choices=("table", "json"), default="table", help="tables, or JSON Lines (default: table)"
    )
    tag.add_argument(
        "--explain", action="store_true", help="tell why each tag is there, and what was not tagged and why"
    )
    tag.add_argument("--rules", metavar="FILE", help="YAML file with tagging rules of your own")
    tag.add_argument("--source", metavar="NAME", help="source of texts that name none")
    add_config(tag)


def _add_parse(commands: Commands) -> None:
    parse = add_command(
        commands,
        "parse",
        "show what articles say: byline, dates, figures, quotes, sub-heads, boilerplate",
        "Places are code points of the original text. A fragment is a JSON object per line with `text` (and `ref`,\n"
        "the day it was read, `source`; for bylines also `author` and `lead`), and gives one JSON value.\n\n"
        "examples:\n  warraq parse story.txt --crawled 2016-03-28\n"
        "  warraq parse day.jsonl.gz --format json | jq .byline\n"
        "  warraq parse --fragment date --input-format json < dates.jsonl\n\n" + EXIT_CODES,
    )
    parse.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="article files of any form that `batch` reads; - or none is standard input",
    )
    parse.add_argument(
        "--format", choices=("table", "json"), default="table", help="tables, or JSON Lines (default: table)"
    )
    parse.add_argument(
        "--crawled",
        metavar="DAY",
        help="day (ISO 8601) of texts that carry none: relative dates are resolved by it",
    )
    parse.add_argument("--source", metavar="NAME", help="source of texts that name none")
    parse.add_argument(
        "--fragment",
        choices=("date", "figure", "byline"),
        help="read fragments, one a line, instead of articles",
    )
    parse.add_argument(
        "--input-format",
        choices=("json",),
        default="json",
        help="what a fragment is written in (default: json)",
    )
    add_config(parse)
