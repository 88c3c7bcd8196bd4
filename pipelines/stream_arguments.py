"""The options of the commands that run on: `stream`, `follow`, `poll`."""

import argparse

from pipelines.command import EXIT_CODES, Commands, add_command, add_config

__all__ = ["add_stream_commands"]


def add_stream_commands(commands: Commands) -> None:
    """Add `stream`, `follow` and `poll`."""
    _add_stream(commands)
    _add_follow(commands)
    _add_poll(commands)


def _add_stream(commands: Commands) -> None:
    stream = add_command(
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
        + EXIT_CODES,
    )
    add_config(stream)
    source = stream.add_mutually_exclusive_group(required=True)
    source.add_argument("--subscription", metavar="NAME", help="projects/P/subscriptions/S")
    source.add_argument(
        "--topic", metavar="NAME", help="projects/P/topics/T; Beam makes a subscription for the run"
    )
    stream.add_argument(
        "--output", required=True, metavar="DIR", help="output folder, local or gs://; it grows"
    )
    stream.add_argument(
        "--id-label",
        metavar="ATTRIBUTE",
        help="message attribute with an id of the publisher's own: of messages that were published twice within ten minutes"
        " Dataflow reads one, so they are not even repeats. Dataflow only; without it they are counted as repeats",
    )
    stream.add_argument(
        "--publish", metavar="TOPIC", help="also send each tagged article to projects/P/topics/T"
    )
    _add_shared_index(stream)
    stream.add_argument(
        "--runner", metavar="NAME", help="Beam engine (default: engine.runner of the configuration)"
    )
    stream.add_argument("--quiet", action="store_true", help="print errors only")


def _add_follow(commands: Commands) -> None:
    follow = add_command(
        commands,
        "follow",
        "read feeds, an inbox or Pub/Sub on one machine, and lose nothing by a kill",
        "The same decisions as batch and stream, in micro-batches without Beam; SQLite holds the index and what is on its way\n"
        "to files. Messages are acknowledged after that is safe. Files are added by commits (stream.window_seconds,\n"
        "stream.window_rows). SIGTERM ends it in good order; after kill -9 the next start goes on.\n\n"
        "examples:\n"
        "  warraq follow --feeds configs/feeds/feeds.yaml --output out\n"
        "  warraq follow --inbox inbox --output out --once\n"
        "  warraq follow --config configs/streaming.yaml --subscription projects/P/subscriptions/S --output out\n\n"
        + EXIT_CODES,
    )
    add_config(follow)
    source = follow.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--inbox", metavar="DIR", help="folder of files in any form that batch reads; nothing in it is moved"
    )
    source.add_argument("--subscription", metavar="NAME", help="projects/P/subscriptions/S (extra gcp)")
    source.add_argument(
        "--feeds",
        metavar="FILE",
        help="YAML list of feeds, as for `warraq poll`: they are polled beside, by way of STATE/inbox; memory and health.json"
        " are in STATE/poll. With --once every feed is asked once",
    )
    follow.add_argument("--output", required=True, metavar="DIR", help="local output folder; it grows")
    follow.add_argument("--state", metavar="DIR", help="folder of the database (default: OUTPUT/_state)")
    _add_shared_index(follow)
    follow.add_argument("--once", action="store_true", help="take what is there, write it, and end")
    follow.add_argument("--quiet", action="store_true", help="print errors only")


def _add_shared_index(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--index",
        metavar="DIR",
        help="index of `batch --index`: what it knows at the start counts as known, and signatures are left in the output "
        "for `warraq index collect`",
    )


def _add_poll(commands: Commands) -> None:
    poll = add_command(
        commands,
        "poll",
        "ask RSS and Atom feeds for what is new, and send each item on once",
        "Runs until SIGTERM or SIGINT. An item is remembered as sent only after the sink has confirmed it; after a crash\n"
        "some may be sent again, none is lost. A changed item is sent again as it is then.\n"
        "STATE/health.json tells how each feed is. With --once the exit code is 1 if the sink did not take everything\n"
        "or no feed could be read.\n\n"
        "examples:\n  warraq poll --feeds configs/feeds/feeds.yaml --to inbox:inbox --once && warraq batch --input inbox --output out\n"
        "  warraq poll --feeds feeds.yaml --to pubsub:projects/P/topics/T --state /var/lib/warraq\n\n"
        + EXIT_CODES,
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
