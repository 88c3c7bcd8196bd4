"""When an article of a stream happened: the one time that windows are cut by.

The article's own time is believed within bounds around the time its message was published: older than the horizon
nothing can be compared with it any more, and later than a day ahead no zone of the world explains it. What stands
in the article is never changed; only the element's timestamp is clamped.

What moving a timestamp means on Beam, so that nobody has to find out again:

* Pub/Sub gives each element its publish time, and the watermark follows these (on BundleBasedDirectRunner it is
  simply the wall clock: `runners/direct/transform_evaluator.py`, `_PubSubReadEvaluator.finish_bundle`, Beam 2.77).
  A step holds the watermark for what it has not yet given on, never for the earlier time that it gives it.
* Java refuses an output earlier than its input (`DoFn.getAllowedTimestampSkew`, zero unless overridden, deprecated:
  what it lets through "may be silently dropped", issue apache/beam#18065 asks for a better way). Python has no such
  check and no such setting: `runners/common.py` gives any `TimestampedValue` the windows of its new time. So moving
  back works and costs nothing but this: the element is **late** wherever its window has closed.
* Late is not lost. A GroupByKey drops it, without a word, only if the end of its window plus the allowed lateness
  lies before the watermark (TestStream on BundleBasedDirectRunner: five hours back is dropped with lateness 0 and
  comes as a late pane with lateness 6 h). So the lateness of the graph must be no less than the horizon here, and a
  trigger with late firings must be set. A window of the publish time, before stamping, needs neither.
* Moving ahead is never late, but waits: the pane of an article dated five hours ahead comes five hours later, and
  state with event-time timers is kept that much longer. Where output should not wait set `ahead_us` to 0.
* `ReadFromPubSub(timestamp_attribute=...)` lets the source do it, and a runner that knows how (Dataflow) then holds
  the watermark by that attribute. But the source reads it unguarded: it must be milliseconds or RFC 3339, and a bad
  value fails the read itself, before any dead letter.
"""

from typing import NamedTuple

__all__ = ["AHEAD_US", "DAY_US", "FLAGS", "EventTime", "event_time"]

DAY_US = 86_400_000_000
#: The widest gap between a local clock and UTC is 14 hours; a midnight without a time adds to it.
AHEAD_US = DAY_US

#: How an event time was found. "" is the article's own time.
FLAGS: dict[str, str] = {
    "event_time_missing": "the article has no time; the time its message was published was taken",
    "event_time_too_old": "the article is older than the horizon; the oldest time within was taken",
    "event_time_ahead": "the article is dated ahead of its message; the latest time allowed was taken",
}


class EventTime(NamedTuple):
    """A time in microseconds UTC, and "" or the key of `FLAGS` that tells how it is not the article's own."""

    us: int
    flag: str


def event_time(
    article_us: int | None, message_us: int, horizon_us: int, ahead_us: int = AHEAD_US
) -> EventTime:
    """Return the event time of an article, within `message_us - horizon_us` and `message_us + ahead_us`.

    `article_us` is `Article.event_us`: its publication if known, else its crawl, else None. `message_us` is when the
    message was published. All are microseconds, the bounds are inclusive. Raises ValueError for a negative bound.
    """
    if horizon_us < 0 or ahead_us < 0:
        message = f"the bounds are {horizon_us} back and {ahead_us} ahead; neither can be negative"
        raise ValueError(message)
    if article_us is None:
        return EventTime(message_us, "event_time_missing")
    if article_us < message_us - horizon_us:
        return EventTime(message_us - horizon_us, "event_time_too_old")
    if article_us > message_us + ahead_us:
        return EventTime(message_us + ahead_us, "event_time_ahead")
    return EventTime(article_us, "")
