"""The command line of `warraq`: commands and their options. What they do is in `cli`; nothing here imports Beam."""

import argparse
import sys
from typing import NoReturn

from pipelines.errors import UsageError

__all__ = ["command_line"]

_EXIT_CODES = """exit codes:
  0  done (verify: everything is as the manifest says)
  1  a fault of warraq, of the engine or of the machine
  2  the command line or the configuration is wrong; nothing was started
  3  no input file matched
  4  too many dead letters: everything is written, nothing is published
  5  the records do not add up: everything is written, nothing is published
  6  another run is writing to the same output folder
  7  verify found faults
"""


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of exiting, so that faults are reported in one way."""

    def error(self, message: str) -> NoReturn:
        raise UsageError([f"{message} (see `{self.prog} --help`)"])


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that alone takes 25 ms."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import importlib.metadata

        sys.stdout.write(f"warraq {importlib.metadata.version('warraq')}\n")
        parser.exit()


def command_line() -> _Parser:
    """Return the parser of the whole command line; it raises UsageError for what is wrong."""
    parser = _Parser(
        prog="warraq",
        description="Arabic news, read, normalised, deduplicated, tagged and written as Avro, with nothing lost.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    _add_batch(commands)
    _add_check(commands)
    _add_verify(commands)
    _add_inspect(commands)
    _add_explain(commands)
    _add_index(commands)
    _add_normalize(commands)
    _add_parse(commands)
    _add_tag(commands)
    _add_stream(commands)
    _add_follow(commands)
    _add_poll(commands)
    commands.add_parser(
        "doctor", help="check this machine: versions, name clashes, engine, credentials", allow_abbrev=False
    )
    return parser


def _add(
    commands: "argparse._SubParsersAction[_Parser]", name: str, summary: str, epilog: str = ""
) -> _Parser:
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_config(parser: _Parser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", help="YAML configuration, local or gs:// (default: all defaults)"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one value of the configuration, e.g. --set dedup.horizon_days=30; may be repeated",
    )


def _add_batch(commands: "argparse._SubParsersAction[_Parser]") -> None:
    batch = _add(
        commands,
        "batch",
        "read article files, normalise, deduplicate and tag them, write Avro and a report",
        "Any Beam option may follow, e.g. --runner=DataflowRunner --temp_location=gs://...; unknown ones are refused.\n\n"
        "examples:\n"
        "  warraq batch --config configs/local.yaml --input 'news/**' --output out\n"
        "  warraq batch --input day.jsonl.gz more.csv feed.xml --output out --set output.shards=4\n\n"
        + _EXIT_CODES,
    )
    _add_config(batch)
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
    batch.add_argument("--quiet", action="store_true", help="print errors only")


def _add_check(commands: "argparse._SubParsersAction[_Parser]") -> None:
    check = _add(commands, "check", "check a configuration and print it with all defaults filled in")
    check.add_argument(
        "config", nargs="?", metavar="CONFIG", help="YAML configuration (default: all defaults)"
    )
    check.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="override one value"
    )
    check.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of configurations, for editors"
    )


def _add_verify(commands: "argparse._SubParsersAction[_Parser]") -> None:
    verify = _add(
        commands, "verify", "check an output folder: manifest, checksums, schemas, accounting", _EXIT_CODES
    )
    verify.add_argument("output", metavar="DIR", help="output folder of a run, local or gs://")


def _add_inspect(commands: "argparse._SubParsersAction[_Parser]") -> None:
    inspect = _add(
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


def _add_explain(commands: "argparse._SubParsersAction[_Parser]") -> None:
    explain = _add(
        commands,
        "explain",
        "tell why an article was kept, dropped, filtered or refused, with the two texts side by side",
        "examples:\n  warraq explain out 11186c94\n  warraq explain out day.jsonl.gz#34 --format json | jq .decision\n",
    )
    explain.add_argument("output", metavar="DIR", help="output folder of `warraq batch`")
    explain.add_argument(
        "article", metavar="ARTICLE", help="article id, its first 6 or more digits, or FILE#INDEX"
    )
    explain.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    _add_config(explain)


def _add_index(commands: "argparse._SubParsersAction[_Parser]") -> None:
    index = _add(
        commands,
        "index",
        "look after the index of signatures that `batch --index` keeps between runs",
        "check: every file, checksum and row; repair: finish or forget what a killed run left, take out damaged files;\n"
        "stats: articles per day, size, parameters.\n\n" + _EXIT_CODES,
    )
    index.add_argument("action", choices=("check", "repair", "stats"), help="what to do")
    index.add_argument("folder", metavar="DIR", help="index folder, local or gs://")


def _add_normalize(commands: "argparse._SubParsersAction[_Parser]") -> None:
    normalize = _add(
        commands,
        "normalize",
        "write lines of Arabic text in one spelling: lines in, lines out",
        "One line in is one line out, at once, so it works in a pipe. The input is UTF-8.\n\n"
        "examples:\n  warraq normalize --profile dedup < titles.txt | sort | uniq -d\n"
        "  warraq normalize --offsets news.txt | jq .text\n\n" + _EXIT_CODES,
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


def _add_tag(commands: "argparse._SubParsersAction[_Parser]") -> None:
    tag = _add(
        commands,
        "tag",
        "show the tags of articles: topics, places, persons, organisations, keyphrases, your own",
        'JSON is an object per article, one a line: {"article": ..., "tags": [{kind, type, value, canonical, code, country,\n'
        "lat, lon, score, start, end, source, entity}]}. Each mention is a row; mentions of one thing share `entity`. Places are\n"
        "code points of the original text; a topic is said of the whole article and has none. Tags are guesses of a machine.\n\n"
        "examples:\n  warraq tag story.txt\n  warraq tag day.jsonl.gz --format json | jq '.tags[] | select(.kind == \"place\")'\n"
        "  warraq tag - --rules configs/tagging-rules.yaml --explain < story.txt\n\n" + _EXIT_CODES,
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
    _add_config(tag)


def _add_parse(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parse = _add(
        commands,
        "parse",
        "show what articles say: byline, dates, figures, quotes, sub-heads, boilerplate",
        "Places are code points of the original text. A fragment is a JSON object per line with `text` (and `ref`,\n"
        "the day it was read, `source`; for bylines also `author` and `lead`), and gives one JSON value.\n\n"
        "examples:\n  warraq parse story.txt --crawled 2016-03-28\n"
        "  warraq parse day.jsonl.gz --format json | jq .byline\n"
        "  warraq parse --fragment date --input-format json < dates.jsonl\n\n" + _EXIT_CODES,
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
    _add_config(parse)


def _add_stream(commands: "argparse._SubParsersAction[_Parser]") -> None:
    stream = _add(
        commands,
        "stream",
        "read articles from Pub/Sub until stopped: the same graph and the same decisions as batch",
        "One article per message: JSON, raw text or warraq's own Avro encoding. Files are added to the output folder by\n"
        "commits, a window of time after the other; a decision that changes gets a new revision (`inspect --final`).\n"
        "What a kill loses is the engine's promise, printed at the start; `warraq follow` loses nothing.\n"
        "Any Beam option may follow; unknown ones are refused. PUBSUB_EMULATOR_HOST is honoured.\n\n"
        "examples:\n"
        "  warraq stream --config configs/streaming.yaml --subscription projects/P/subscriptions/S --output out\n"
        "  warraq stream --config configs/dataflow.yaml --subscription projects/P/subscriptions/S --output gs://B/out \\\n"
        "    --runner=DataflowRunner --project=P --region=europe-west1 --temp_location=gs://B/tmp\n\n"
        + _EXIT_CODES,
    )
    _add_config(stream)
    source = stream.add_mutually_exclusive_group(required=True)
    source.add_argument("--subscription", metavar="NAME", help="projects/P/subscriptions/S")
    source.add_argument(
        "--topic", metavar="NAME", help="projects/P/topics/T; Beam makes a subscription for the run"
    )
    stream.add_argument(
        "--output", required=True, metavar="DIR", help="output folder, local or gs://; it grows"
    )
    stream.add_argument(
        "--publish", metavar="TOPIC", help="also send each tagged article to projects/P/topics/T"
    )
    stream.add_argument(
        "--runner", metavar="NAME", help="Beam engine (default: engine.runner of the configuration)"
    )
    stream.add_argument("--quiet", action="store_true", help="print errors only")


def _add_follow(commands: "argparse._SubParsersAction[_Parser]") -> None:
    follow = _add(
        commands,
        "follow",
        "read an inbox or Pub/Sub on one machine, and lose nothing by a kill",
        "The same decisions as batch and stream, in micro-batches without Beam; SQLite holds the index and what is on its way\n"
        "to files. Messages are acknowledged after that is safe. Files are added by commits (stream.window_seconds,\n"
        "stream.window_rows). SIGTERM ends it in good order; after kill -9 the next start goes on.\n\n"
        "examples:\n"
        "  warraq poll --feeds configs/feeds/feeds.yaml --to inbox:inbox & warraq follow --inbox inbox --output out\n"
        "  warraq follow --config configs/streaming.yaml --subscription projects/P/subscriptions/S --output out\n\n"
        + _EXIT_CODES,
    )
    _add_config(follow)
    source = follow.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--inbox", metavar="DIR", help="folder of files in any form that batch reads; nothing in it is moved"
    )
    source.add_argument("--subscription", metavar="NAME", help="projects/P/subscriptions/S (extra gcp)")
    follow.add_argument("--output", required=True, metavar="DIR", help="local output folder; it grows")
    follow.add_argument("--state", metavar="DIR", help="folder of the database (default: OUTPUT/_state)")
    follow.add_argument("--once", action="store_true", help="take what is there, write it, and end")
    follow.add_argument("--quiet", action="store_true", help="print errors only")


def _add_poll(commands: "argparse._SubParsersAction[_Parser]") -> None:
    poll = _add(
        commands,
        "poll",
        "ask RSS and Atom feeds for what is new, and send each item on once",
        "Runs until SIGTERM or SIGINT. An item is remembered as sent only after the sink has confirmed it; after a crash\n"
        "some may be sent again, none is lost. A changed item is sent again as it is then.\n"
        "STATE/health.json tells how each feed is. With --once the exit code is 1 if the sink did not take everything\n"
        "or no feed could be read.\n\n"
        "examples:\n  warraq poll --feeds configs/feeds/feeds.yaml --to inbox:inbox --once && warraq batch --input inbox --output out\n"
        "  warraq poll --feeds feeds.yaml --to pubsub:projects/P/topics/T --state /var/lib/warraq\n\n"
        + _EXIT_CODES,
    )
    poll.add_argument("--feeds", required=True, metavar="FILE", help="YAML list of feeds, local or gs://")
    poll.add_argument(
        "--to",
        required=True,
        metavar="SINK",
        help="pubsub:projects/P/topics/T (extra gcp), inbox:DIR (JSON Lines files that `batch` reads) or stdout",
    )
    poll.add_argument(
        "--state",
        default=".warraq-poll",
        metavar="DIR",
        help="folder of the memory of sent items and of health.json (default: .warraq-poll)",
    )
    poll.add_argument("--once", action="store_true", help="ask every feed once, then end")
    poll.add_argument("--quiet", action="store_true", help="log faults only")
