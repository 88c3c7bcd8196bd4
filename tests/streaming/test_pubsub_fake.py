"""The fake does what the streaming tests rely on; where it differs from the service stands in `tests/pubsub.py`."""

import os
import time

import pytest
from go_program import built
from pubsub import Counted, PubsubFake, running_fake


@pytest.fixture(scope="module")
def fake():
    with running_fake() as fake:
        yield fake


def pulled(fake, subscription, count=1, seconds=8):
    """Pull until `count` messages came; empty pulls are normal until then."""
    end = time.monotonic() + seconds
    found = []
    while len(found) < count and time.monotonic() < end:
        found += fake.pull(subscription)
        time.sleep(0.02)
    return found


def test_a_message_comes_with_its_attributes_id_and_publish_time(fake):
    topic, subscription = fake.pair()
    before = time.time_ns() // 1000
    number = fake.publish(topic, "خبر عاجل".encode(), {"source": "وكالة"})
    (message,) = pulled(fake, subscription)
    assert (message.data.decode(), message.attributes) == ("خبر عاجل", {"source": "وكالة"})
    assert message.message_id == number
    assert before - 1000 <= message.publish_us <= time.time_ns() // 1000


def test_what_is_acknowledged_does_not_come_again(fake):
    topic, subscription = fake.pair(ack_deadline=1)
    fake.publish(topic, b"once")
    fake.ack(subscription, pulled(fake, subscription))
    assert fake.unacked(topic) == 0
    time.sleep(1.2)
    assert fake.pull(subscription) == []


def test_what_is_given_back_comes_again_at_once(fake):
    topic, subscription = fake.pair()
    number = fake.publish(topic, b"again")
    fake.nack(subscription, pulled(fake, subscription))
    (again,) = pulled(fake, subscription)
    assert again.message_id == number
    assert fake.counted(topic) == {number: Counted(deliveries=2, acks=0)}


def test_what_is_not_acknowledged_comes_again_after_its_deadline(fake):
    topic, subscription = fake.pair(ack_deadline=1)
    fake.publish(topic, b"late")
    pulled(fake, subscription)
    assert fake.pull(subscription) == []
    began = time.monotonic()
    assert len(pulled(fake, subscription)) == 1
    assert 0.5 < time.monotonic() - began < 5
    assert fake.unacked(topic) == 1


def test_a_deadline_can_be_put_off(fake):
    topic, subscription = fake.pair(ack_deadline=1)
    fake.publish(topic, b"slow work")
    held = pulled(fake, subscription)
    fake.extend(subscription, held, 30)
    time.sleep(1.3)
    assert fake.pull(subscription) == []
    fake.ack(subscription, held)
    assert fake.unacked(topic) == 0


def test_a_stream_delivers_acknowledges_and_gives_back(fake):
    topic, subscription = fake.pair()
    ids = fake.publish_all(topic, [(b"%d" % number, {}) for number in range(5)])
    given_back = []

    def take(message):
        if message.data == b"2" and not given_back:
            given_back.append(message.message_id)
            message.nack()
        else:
            message.ack()

    stream = fake.subscriber.subscribe(subscription, take)
    try:
        end = time.monotonic() + 8
        while fake.unacked(topic) and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        stream.cancel()
        stream.result(timeout=10)
    assert given_back == [ids[2]]
    assert fake.counted(topic) == {one: Counted(1 + (one == ids[2]), 1) for one in ids}


def test_two_subscriptions_get_a_message_each_and_a_filter_drops_the_rest(fake):
    topic = fake.create_topic()
    everything = fake.create_subscription(topic)
    arabic = fake.create_subscription(topic, filter='attributes.language = "ar"')
    fake.publish_all(topic, [(b"one", {"language": "ar"}), (b"two", {"language": "en"})])
    assert {message.data for message in pulled(fake, everything, 2)} == {b"one", b"two"}
    assert [message.data for message in pulled(fake, arabic)] == [b"one"]


def test_a_poisonous_message_goes_to_the_dead_letter_topic(fake):
    graveyard = fake.pair()
    topic = fake.create_topic()
    policy = {"dead_letter_topic": graveyard.topic, "max_delivery_attempts": 5}
    subscription = fake.create_subscription(topic, dead_letter_policy=policy)
    fake.publish(topic, b"poison")
    for _ in range(5):
        fake.nack(subscription, pulled(fake, subscription))
    time.sleep(0.1)
    assert fake.pull(subscription) == []
    assert [message.data for message in pulled(fake, graveyard.subscription)] == [b"poison"]


def test_it_is_gone_when_stopped_and_forgets_everything():
    with running_fake() as fake:
        pid, port = fake.pid, int(fake.address.rpartition(":")[2])
        topic, _ = fake.pair()
        fake.publish(topic, b"lost")
        fake.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        fake.start(port)
        assert fake.address.endswith(f":{port}")
        assert fake.counted(topic) == {}


def test_it_ends_when_the_process_that_started_it_is_gone():
    fake = PubsubFake(built("pubsub"))
    fake.start()
    process = fake._process
    process.stdin.close()
    assert process.wait(timeout=5) == 0
    fake.stop()
