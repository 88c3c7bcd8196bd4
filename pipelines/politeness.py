"""How a poller behaves towards the servers that it asks: robots.txt, turns per host, back-off, Retry-After.

All of it is arithmetic: times are seconds that the caller passes in, chance too.
"""

import email.utils
import re
from typing import Self

from protego import Protego

__all__ = ["AGENT", "MAX_DELAY_S", "MAX_RETRY_AFTER_S", "Robots", "Turns", "back_off", "read_retry_after"]

#: The product token that robots.txt may name (RFC 9309 2.2.1).
AGENT = "warraq"
#: A longer Crawl-delay counts as this.
MAX_DELAY_S = 60.0
#: A longer Retry-After counts as this: a day.
MAX_RETRY_AFTER_S = 86_400.0

_AGENT_LINE = re.compile(r"\s*user[ -]?agent\s*[:\s]\s*([^#]*)", re.IGNORECASE)
#: Hosts that are remembered although nothing is asked of them.
_MOST_IDLE = 10_000


class Robots:
    """What the robots.txt of one origin says to us."""

    def __init__(self, rules: Protego | None, *, may: bool) -> None:
        self._rules = rules
        self._may = may

    @classmethod
    def open_to_all(cls) -> Self:
        """Return the rules of an origin without a robots.txt (RFC 9309 2.3.1.3): everything may be read."""
        return cls(None, may=True)

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Return the rules in a robots.txt. Broken bytes and lines are passed over, as RFC 9309 wants it."""
        # The parser multiplies agents by rules; a hostile file of thousands of each would take all memory.
        lines = (_for_us(line) for line in body.decode("utf-8-sig", "replace").splitlines())
        return cls(Protego.parse("\n".join(lines)), may=True)

    def may_read(self, url: str) -> bool:
        """Tell whether a URL may be read: the longest rule that matches decides."""
        return self._may if self._rules is None else self._rules.can_fetch(url, AGENT)

    @property
    def delay_s(self) -> float:
        """Seconds between two requests that the site asks for, at most `MAX_DELAY_S`; 0 where it asks for none."""
        delay = None if self._rules is None else self._rules.crawl_delay(AGENT)
        return min(delay or 0.0, MAX_DELAY_S)


def _for_us(line: str) -> str:
    agent = _AGENT_LINE.match(line)
    if agent is None:
        return line
    name = agent[1].strip().lower()
    # Of a whole User-Agent header (`warraq/1.0`) the token counts.
    ours = name == "*" or re.split(r"[/\s]", name)[0] == AGENT
    return f"User-agent: {(AGENT if name != '*' else '*') if ours else 'another'}"


class Turns:
    """Whose turn it is, per host: one request at a time, and a pause between the end of one and the next."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._free_at: dict[str, float] = {}

    def take(self, host: str, now: float) -> float:
        """Take the turn and return 0.0; else return the seconds after which to ask again (inf: once it is freed)."""
        if host in self._busy:
            return float("inf")
        wait = self._free_at.get(host, now) - now
        if wait > 0:
            return wait
        self._busy.add(host)
        return 0.0

    def give_back(self, host: str, now: float, pause_s: float) -> None:
        """Free a host, for the next request after the pause."""
        self._busy.discard(host)
        self.hold(host, now + pause_s)
        if len(self._free_at) > _MOST_IDLE:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}

    def hold(self, host: str, until: float) -> None:
        """Let no request begin before `until`; an earlier hold is never shortened."""
        self._free_at[host] = max(until, self._free_at.get(host, until))


def back_off(failures: int, base_s: float, longest_s: float, chance: float) -> float:
    """Return the seconds to wait after so many failures in a row (from 1): doubled each time, then spread.

    `chance` in [0, 1) puts the wait between half of it and all of it, so that feeds that failed together
    do not return together.
    """
    doubled = base_s * 2.0 ** min(failures, 30)
    return min(doubled, max(longest_s, base_s)) * (0.5 + chance / 2)


def read_retry_after(value: str, now_s: float) -> float:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110 10.2.3: seconds, or a date).

    `now_s` is Unix time. 0 for what is unreadable or past; at most `MAX_RETRY_AFTER_S`.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), MAX_RETRY_AFTER_S)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0
    return min(max(at - now_s, 0.0), MAX_RETRY_AFTER_S)
