"""Google's in-memory Pub/Sub fake as a process of its own on a free loopback port, and the few calls tests make.

    @pytest.fixture(scope="module")
    def fake():
        with running_fake() as fake:
            yield fake

`running_fake` builds the fake where it is missing (Go, a minute or two once, then seconds), sets
PUBSUB_EMULATOR_HOST, which every Google client reads when it is made, and skips where Go or the client is missing.
State is in memory, so `pair` makes topics and subscriptions of random names.

It does: publish, pull and streaming pull, acknowledge, negative acknowledge, change of the ack deadline (any from 1 s;
the service asks for 10), attributes, message ids, publish times, filters, ordering keys, dead letter topics,
redelivery 10 ms after a negative acknowledgement or after the deadline. It differs from the service in this
(pstest of cloud.google.com/go/pubsub/v2 2.8.1, read in its source and partly tried):

* Nothing outlives the process, and after a restart ids begin at `m0` again: ids are unique within one process only.
* Messages wait 10 minutes, whatever the retention; older ones that nobody holds are dropped without a word.
* A request may have 4 MiB (gRPC's default), not 10 MB: a larger one is tried again and again until the client's
  time is up. The number and length of attributes are not checked, and a message with nothing in it is taken.
* An empty `pull` waits half a second and looks once more, then answers with nothing.
* Messages come in no order, unless they have ordering keys. Flow control, retry policies (back-off), exactly-once
  delivery, push and export to BigQuery are accepted and not done; there are no snapshots, and a `seek` back to a
  time ends the server by a nil pointer (it keeps no contents of what was acknowledged).
* `delivery_attempt` is counted only where the subscription has a dead letter topic; `deliveries` here always tells.
* An acknowledgement after the deadline still counts until the message has been delivered anew.
* Every message ever published stays in memory, so a soak run grows by what it publishes.
* A client's keep-alive (every 30 s on an idle stream) that meets a stream that has just closed can block the server.
"""

import contextlib
import json
import os
import subprocess
import urllib.request
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from go_program import built

#: Beam refuses project ids of fewer than 6 characters.
PROJECT = "warraq-tests"
_STOP_SECONDS = 10


class Pair(NamedTuple):
    """A topic and its subscription, by full name."""

    topic: str
    subscription: str


class Received(NamedTuple):
    """A message as it was delivered. `publish_us` is in microseconds since 1970."""

    ack_id: str
    data: bytes
    attributes: dict[str, str]
    message_id: str
    publish_us: int


class Counted(NamedTuple):
    """How often a message was delivered and acknowledged, over all subscriptions of its topic."""

    deliveries: int
    acks: int


@contextlib.contextmanager
def running_fake() -> Iterator["PubsubFake"]:
    """Give a running fake with PUBSUB_EMULATOR_HOST set to it; afterwards both are as before."""
    pytest.importorskip("google.cloud.pubsub_v1", reason="the Pub/Sub client is in the extra gcp")
    fake = PubsubFake(built("pubsub"))
    fake.start()
    before = os.environ.get("PUBSUB_EMULATOR_HOST")
    os.environ["PUBSUB_EMULATOR_HOST"] = fake.address
    try:
        yield fake
    finally:
        fake.stop()
        if before is None:
            del os.environ["PUBSUB_EMULATOR_HOST"]
        else:
            os.environ["PUBSUB_EMULATOR_HOST"] = before


class PubsubFake:
    """One process of the fake. All calls but `start` need it to run."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._clients: tuple[Any, Any] | None = None
        self._status = ""
        self.address = ""

    @property
    def pid(self) -> int:
        assert self._process is not None, "the fake does not run"
        return self._process.pid

    def start(self, port: int = 0) -> None:
        """Start it on `port` of 127.0.0.1 (0: a free one); return when it listens. It ends with this process."""
        assert self._process is None, "the fake runs already"
        self._process = subprocess.Popen(
            [str(self._program), "-with-parent", f"-port={port}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the fake ended at once with {self._process.wait(_STOP_SECONDS)}"
        addresses = json.loads(line)
        self.address, self._status = addresses["pubsub"], addresses["status"]

    def stop(self) -> None:
        """End it, and with it all its messages; nothing where it does not run."""
        if self._process is None:
            return
        if self._clients is not None:
            publisher, subscriber = self._clients
            publisher.stop()
            subscriber.close()
            self._clients = None
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process = None

    @property
    def publisher(self) -> Any:
        return self._made()[0]

    @property
    def subscriber(self) -> Any:
        return self._made()[1]

    def _made(self) -> tuple[Any, Any]:
        if self._clients is None:
            from google.cloud import pubsub_v1

            assert os.environ.get("PUBSUB_EMULATOR_HOST") == self.address, "the client would go elsewhere"
            self._clients = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        return self._clients

    def create_topic(self, name: str = "") -> str:
        """Return the full name of a new topic."""
        path = f"projects/{PROJECT}/topics/{name or f't-{uuid.uuid4().hex}'}"
        self.publisher.create_topic(name=path)
        return path

    def create_subscription(self, topic: str, name: str = "", ack_deadline: int = 10, **options: Any) -> str:
        """Return the full name of a new subscription; `options` are fields of the request, such as `filter`."""
        path = f"projects/{PROJECT}/subscriptions/{name or f's-{uuid.uuid4().hex}'}"
        self.subscriber.create_subscription(
            request={"name": path, "topic": topic, "ack_deadline_seconds": ack_deadline, **options}
        )
        return path

    def pair(self, ack_deadline: int = 10, **options: Any) -> Pair:
        """Return a new topic with one subscription; a short `ack_deadline` (seconds) brings messages back soon."""
        topic = self.create_topic()
        return Pair(topic, self.create_subscription(topic, ack_deadline=ack_deadline, **options))

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None) -> str:
        """Publish one message; return its id."""
        return self.publish_all(topic, [(data, attributes or {})])[0]

    def publish_all(self, topic: str, messages: Iterable[tuple[bytes, Mapping[str, str]]]) -> list[str]:
        """Publish (data, attributes) pairs; return their ids when all have arrived."""
        futures = [self.publisher.publish(topic, data, **attributes) for data, attributes in messages]
        return [future.result(timeout=30) for future in futures]

    def pull(self, subscription: str, limit: int = 1000) -> list[Received]:
        """Return up to `limit` waiting messages, which are then held for the ack deadline."""
        request = {"subscription": subscription, "max_messages": limit, "return_immediately": True}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the service advises to wait; tests do not
            response = self.subscriber.pull(request=request, timeout=30)
        return [
            Received(
                one.ack_id,
                one.message.data,
                dict(one.message.attributes),
                one.message.message_id,
                round(one.message.publish_time.timestamp() * 1_000_000),
            )
            for one in response.received_messages
        ]

    def ack(self, subscription: str, received: Iterable[Received]) -> None:
        """Acknowledge messages: they are done."""
        ids = [one.ack_id for one in received]
        self.subscriber.acknowledge(request={"subscription": subscription, "ack_ids": ids})

    def extend(self, subscription: str, received: Iterable[Received], seconds: int) -> None:
        """Hold messages for so many seconds from now."""
        ids = [one.ack_id for one in received]
        self.subscriber.modify_ack_deadline(
            request={"subscription": subscription, "ack_ids": ids, "ack_deadline_seconds": seconds}
        )

    def nack(self, subscription: str, received: Iterable[Received]) -> None:
        """Give messages back: they come again at once."""
        self.extend(subscription, received, 0)

    def counted(self, topic: str) -> dict[str, Counted]:
        """Return what became of each message of a topic, by id, in the order of publishing."""
        with urllib.request.urlopen(f"http://{self._status}/messages", timeout=10) as response:
            rows = json.load(response)
        return {row["id"]: Counted(row["deliveries"], row["acks"]) for row in rows if row["topic"] == topic}

    def unacked(self, topic: str) -> int:
        """Return how many messages of a topic with one subscription are not acknowledged."""
        return sum(not counted.acks for counted in self.counted(topic).values())
