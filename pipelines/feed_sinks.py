"""Where polled items go: a folder that `warraq batch` reads, standard output, or a Pub/Sub topic.

A sink says which items it has for certain; only those are remembered as sent.
"""

import contextlib
import hashlib
import importlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TextIO

from pipelines.errors import UsageError
from pipelines.feed_items import iso_time
from pipelines.outcome import ExitCode, RunFailed
from pipelines.pubsub_names import is_name
from pipelines.terminal import escape_unsafe

__all__ = ["Delivery", "InboxSink", "PubSubSink", "Sink", "StdoutSink", "Target", "open_sink", "read_target"]

Row = dict[str, Any]

_FORMS = "pubsub:projects/PROJECT/topics/TOPIC, inbox:DIR or stdout"
#: Pub/Sub allows no longer value of an attribute, in bytes.
_MOST_ATTRIBUTE = 1024
_CONFIRM_S = 60.0


class Target(NamedTuple):
    """A sink by name: `kind` is pubsub, inbox or stdout; `place` the topic or folder."""

    kind: str
    place: str


class Delivery(NamedTuple):
    """What a sink confirmed: indexes into the rows given, and why the others are missing ("" for none)."""

    confirmed: tuple[int, ...]
    fault: str = ""


class Sink(Protocol):
    """Takes rows of one feed, and confirms them."""

    def deliver(self, feed_id: str, rows: Sequence[Row], names: Sequence[bytes]) -> Delivery:
        """Send rows; `names` has for each the key and version of its item. Does not raise for what may pass."""
        ...

    def close(self) -> None:
        """Let go of what the sink holds."""
        ...


def read_target(text: str) -> Target:
    """Return the sink that `--to` names. Raises UsageError."""
    kind, _, place = text.partition(":")
    if kind == "stdout" and not place:
        return Target(kind, "")
    if kind == "inbox" and place.strip() and "://" not in place:
        return Target(kind, place)
    if kind == "pubsub" and is_name("topics", place):
        return Target(kind, place)
    raise UsageError(f"--to {text}: give {_FORMS}")


def open_sink(target: Target, out: TextIO) -> Sink:
    """Return the sink. Raises RunFailed where the extra `gcp` or credentials are missing, OSError for a folder."""
    if target.kind == "stdout":
        return StdoutSink(out)
    if target.kind == "inbox":
        return InboxSink(Path(target.place))
    return PubSubSink(target.place, _publisher())


def _publisher() -> Any:
    try:
        pubsub_v1 = importlib.import_module("google.cloud.pubsub_v1")
    except ImportError as error:
        msg = "--to pubsub: needs the Pub/Sub client; install it with: pip install 'warraq[gcp]'"
        raise RunFailed(ExitCode.USAGE, msg) from error
    try:
        # The client itself honours PUBSUB_EMULATOR_HOST, and needs no credentials then.
        return pubsub_v1.PublisherClient()
    except Exception as error:  # missing credentials have exceptions of their own
        raise RunFailed(ExitCode.USAGE, f"--to pubsub: {type(error).__name__}: {error}") from error


class StdoutSink:
    """JSON Lines on standard output, harmless to a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def deliver(self, feed_id: str, rows: Sequence[Row], names: Sequence[bytes]) -> Delivery:  # noqa: ARG002
        """Write and flush. Raises BrokenPipeError when nobody reads any more."""
        for row in rows:
            self._out.write(escape_unsafe(_json(row)) + "\n")
        self._out.flush()
        return Delivery(tuple(range(len(rows))))

    def close(self) -> None:
        """Do nothing: the stream is the caller's."""


class InboxSink:
    """A folder of JSON Lines files, each there whole or not at all.

    The name of a file follows from the items in it: the same items, sent again after a crash, replace it.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def deliver(self, feed_id: str, rows: Sequence[Row], names: Sequence[bytes]) -> Delivery:
        """Write one file with the rows."""
        digest = hashlib.blake2b(b"".join(sorted(names)), digest_size=8).hexdigest()
        name = f"{feed_id}-{digest}.jsonl"
        # `warraq batch` passes over names that begin with a dot.
        unfinished = self._folder / f".{name}.tmp"
        try:
            with unfinished.open("wb") as file:
                file.writelines(_json(row).encode("utf-8") + b"\n" for row in rows)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._folder / name)
            _sync_folder(self._folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            return Delivery((), f"{self._folder}: {error.strerror or error}")
        return Delivery(tuple(range(len(rows))))

    def close(self) -> None:
        """Do nothing: every file is complete."""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class PubSubSink:
    """A Pub/Sub topic: one message per item, confirmed by its message id."""

    def __init__(self, topic: str, publisher: Any, confirm_s: float = _CONFIRM_S) -> None:
        """Take the topic's full name; `publisher` is a `google.cloud.pubsub_v1.PublisherClient` or what behaves like one."""
        self._topic = topic
        self._publisher = publisher
        self._confirm_s = confirm_s

    def deliver(self, feed_id: str, rows: Sequence[Row], names: Sequence[bytes]) -> Delivery:  # noqa: ARG002
        """Publish all, then wait for each to be confirmed."""
        waiting: list[Callable[..., Any]] = []
        fault = ""
        confirmed: list[int] = []
        try:
            for row in rows:
                future = self._publisher.publish(self._topic, _json(row).encode("utf-8"), **attributes(row))
                waiting.append(future.result)
        except Exception as error:  # noqa: BLE001 (the client's exceptions are many; what was published still counts)
            fault = f"{self._topic}: {type(error).__name__}: {error}"
        for index, result in enumerate(waiting):
            try:
                result(timeout=self._confirm_s)
            except Exception as error:  # noqa: BLE001 (one that fails is sent again, the others are not)
                fault = fault or f"{self._topic}: {type(error).__name__}: {error}"
            else:
                confirmed.append(index)
        return Delivery(tuple(confirmed), fault)

    def close(self) -> None:
        """Let the client finish."""
        self._publisher.stop()


def attributes(row: Row) -> dict[str, str]:
    """Return the attributes of a message: content_type, and source, url and published (ISO 8601, UTC) where known.

    One that is too long for Pub/Sub is left out; the body has it.
    """
    found = {
        "content_type": "application/json",
        "source": row["source"],
        "url": row["url"],
        "published": iso_time(row["published"] or ""),
    }
    return {
        name: value
        for name, value in found.items()
        if value and len(value.encode("utf-8")) <= _MOST_ATTRIBUTE
    }


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)
