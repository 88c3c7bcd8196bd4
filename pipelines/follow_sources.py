"""Where `warraq follow` reads: a folder of files, or a Pub/Sub subscription."""

import dataclasses
import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from pipelines.follow_store import FollowStore, InboxFile
from pipelines.outcome import ExitCode, RunFailed
from schemas.elements import DeadLetter, InputFile, RawRecord
from transforms.core.mapping import FieldMap
from transforms.core.messages import Message, open_message
from transforms.core.reading import ReadRules
from transforms.files import find_files, path_of
from transforms.read import read_file

__all__ = ["Inbox", "Source", "Subscription", "Taken"]

_ACKS = 500
#: Errors that pass. A pull that waits in vain ends in DeadlineExceeded, which is no error at all.
_PASSING = {"ServiceUnavailable", "RetryError", "InternalServerError", "Aborted", "ResourceExhausted"}
#: Errors that do not pass: each acknowledgement would fail, and each message come again for ever.
_LASTING = {"PermissionDenied", "Forbidden", "Unauthenticated", "Unauthorized", "NotFound"}


@dataclasses.dataclass(frozen=True)
class Taken:
    """What was taken at once: items, how far the files are read then, and what to acknowledge once it is safe.

    `arrived` says when each item came, in Unix seconds; `failed` why the service gave no more, "" if it did.
    """

    items: list[RawRecord | DeadLetter]
    inbox: dict[str, InboxFile]
    ack_ids: list[str]
    arrived: list[float]
    failed: str = ""


class Source(Protocol):
    """A place that gives items until nothing more is there for now."""

    def take(self, most: int, seconds: float) -> Taken:
        """Return at most `most` items, waiting `seconds` at most for more; none where nothing is there."""
        ...

    def done(self, taken: Taken) -> None:
        """Acknowledge what is safe now."""
        ...

    def tidy(self) -> None:
        """Let go of what is not needed any more; called now and then."""
        ...


class Inbox:
    """Every file that a folder holds, in any form that `warraq batch` reads, each once; files that change are read anew.

    Nothing is moved or deleted. Names that begin with a dot and unfinished files are passed over.
    """

    def __init__(self, folder: str, store: FollowStore, rules: ReadRules) -> None:
        """Take the folder. Raises RunFailed where it is none."""
        if not Path(folder).is_dir():
            raise RunFailed(ExitCode.NO_INPUT, f"--inbox {folder} is no folder")
        self._folder = folder
        self._store = store
        self._rules = rules
        self._items: Iterator[tuple[str, InboxFile, RawRecord | DeadLetter | None]] = iter(())

    def take(self, most: int, seconds: float) -> Taken:  # noqa: ARG002 (files are there or not)
        """Return the next records; after the last file the folder is looked at again."""
        taken = Taken([], {}, [], [])
        for fresh in (False, True):
            if fresh and not taken.items and not taken.inbox:
                self._items = self._scan()
            elif fresh:
                break
            for uri, state, item in self._items:
                taken.inbox[uri] = state
                if item is not None:
                    taken.items.append(item)
                    taken.arrived.append(time.time())
                if len(taken.items) >= most:
                    return taken
        return taken

    def _scan(self) -> Iterator[tuple[str, InboxFile, RawRecord | DeadLetter | None]]:
        """Yield each unread record with the state of its file after it; at a file's end, its state and no record."""
        try:
            found = sorted(find_files([self._folder]))
        except OSError:
            return  # an empty folder
        for file in found:
            try:
                stat = Path(path_of(file.uri)).stat()
            except OSError:
                continue  # gone again
            known = self._store.inbox_file(file.uri)
            same = known is not None and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
            if known is not None and same and known.finished:
                continue
            skipped = known.done if known is not None and same else 0
            done = 0
            try:
                for piece in self._read(file.uri, stat.st_size):
                    done += 1
                    if done > skipped:
                        yield file.uri, InboxFile(stat.st_size, stat.st_mtime_ns, done, False), piece
            except FileNotFoundError:
                continue  # gone before it could be opened
            yield file.uri, InboxFile(stat.st_size, stat.st_mtime_ns, done, True), None

    def _read(self, uri: str, size: int) -> Iterator[RawRecord | DeadLetter]:
        """Yield what a file holds. Raises FileNotFoundError for one that is gone; that is no dead letter."""
        for piece in read_file(uri, size, self._rules):
            if isinstance(piece, DeadLetter) and piece.reason == "unreadable_file":
                Path(path_of(uri)).stat()
            if not isinstance(piece, InputFile):
                yield piece

    def done(self, taken: Taken) -> None:
        """Do nothing: how far the files are read is in the store."""

    def tidy(self) -> None:
        """Forget the files that are gone, so that the state does not grow for ever."""
        if Path(self._folder).is_dir():
            self._store.forget_inbox(
                [uri for uri in self._store.inbox_uris() if not Path(path_of(uri)).exists()]
            )


class Subscription:
    """A Pub/Sub subscription, pulled message by message. What is not acknowledged comes again."""

    def __init__(self, name: str, rules: ReadRules, maps: dict[str, FieldMap], on_bug: str) -> None:
        """Take the full name. Raises RunFailed where the extra gcp or credentials are missing."""
        try:
            pubsub_v1 = importlib.import_module("google.cloud.pubsub_v1")
        except ImportError as error:
            message = "--subscription needs the Pub/Sub client; install it with: pip install 'warraq[gcp]'"
            raise RunFailed(ExitCode.USAGE, message) from error
        try:
            self._client: Any = pubsub_v1.SubscriberClient()
        except Exception as error:  # missing credentials have exceptions of their own
            raise RunFailed(ExitCode.USAGE, f"--subscription: {type(error).__name__}: {error}") from error
        self._name = name
        self._rules = rules
        self._maps = maps
        self._on_bug = on_bug

    def take(self, most: int, seconds: float) -> Taken:
        """Pull until there are `most` messages or `seconds` are over. Raises RunFailed where the service refuses."""
        end = time.monotonic() + seconds
        taken = Taken([], {}, [], [])
        while len(taken.items) < most:
            try:
                pulled = self._pull(most - len(taken.items))
            except ConnectionError as error:
                return dataclasses.replace(taken, failed=str(error))
            for received in pulled:
                taken.items.append(self._open(received.message))
                taken.ack_ids.append(received.ack_id)
                taken.arrived.append(received.message.publish_time.timestamp())
            if time.monotonic() >= end:
                break
        return taken

    def _pull(self, most: int) -> list[Any]:
        request = {"subscription": self._name, "max_messages": most}
        try:
            # The client's own tries take a minute, in which no signal is heard; the next pull is the next try.
            return list(self._client.pull(request=request, timeout=5, retry=None).received_messages)
        except Exception as error:  # the client's exceptions are many
            name = type(error).__name__
            if name == "DeadlineExceeded":
                return []
            if name == "ResourceExhausted" and most > 1:
                # An emulator's answer may have 4 MiB; what this one held comes again after the ack deadline.
                return self._pull(most // 2)
            message = f"{self._name}: {name}: {error}"
            if name in _PASSING:
                raise ConnectionError(message) from error
            raise RunFailed(ExitCode.FAILED, message) from error

    def _open(self, one: Any) -> RawRecord | DeadLetter:
        published = int(one.publish_time.timestamp() * 1_000_000)
        message = Message(one.data, dict(one.attributes), one.message_id, published, self._name)
        opened = open_message(message, self._rules, self._maps, self._on_bug)
        return opened if isinstance(opened, DeadLetter) else opened.record

    def done(self, taken: Taken) -> None:
        """Acknowledge. One that fails comes again and is a repeat then. Raises RunFailed where none can succeed."""
        for first in range(0, len(taken.ack_ids), _ACKS):
            request = {"subscription": self._name, "ack_ids": taken.ack_ids[first : first + _ACKS]}
            try:
                self._client.acknowledge(request=request, timeout=30)
            except Exception as error:  # the client's exceptions are many
                if type(error).__name__ in _LASTING:
                    message = f"{self._name}: acknowledging: {type(error).__name__}: {error}"
                    raise RunFailed(ExitCode.FAILED, message) from error

    def tidy(self) -> None:
        """Do nothing: the service remembers."""
