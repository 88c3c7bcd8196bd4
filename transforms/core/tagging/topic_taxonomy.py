"""The taxonomy of topics: codes of IPTC Media Topics with their labels, as a table."""

from typing import NamedTuple

__all__ = ["COLUMNS", "Topic", "parse_taxonomy"]

COLUMNS = ("code", "parent", "level", "label_ar", "label_ar_corrected", "label_en")


class Topic(NamedTuple):
    """A topic. `label_ar` is IPTC's label as published, `label_ar_corrected` the same with its spelling corrected; both may be ""."""

    code: str
    parent: str
    level: int
    label_ar: str
    label_ar_corrected: str
    label_en: str


def parse_taxonomy(table: str) -> dict[str, Topic]:
    """Return the topics of a table (UTF-8, tabs, with a header) by code, in its order.

    Raises ValueError with the line's number for a bad line, a code given twice, or a parent that is not there.
    """
    lines = table.splitlines()
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise ValueError(f"topics: the first line must be {' '.join(COLUMNS)}, tabs between")
    topics: dict[str, Topic] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS) or not cells[2].isdigit():
            raise ValueError(f"topics, line {number}: {line!r} is no topic")
        code, parent, level, *labels = cells
        if code in topics:
            raise ValueError(f"topics, line {number}: {code} is there twice")
        topics[code] = Topic(code, parent, int(level), *labels)
    for topic in topics.values():
        if topic.parent and topic.parent not in topics:
            raise ValueError(f"topics: {topic.code} lies below {topic.parent}, which is not there")
    return topics
