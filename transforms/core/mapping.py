"""Field maps: which key of a structured record is the title, the body, the date."""

import dataclasses

from transforms.core.settings import setting

__all__ = ["READY_MAPS", "FieldMap"]


@dataclasses.dataclass(frozen=True)
class FieldMap:
    """Keys of a record, by what they mean. "" means the form has no such field; `body` is required.

    A key may be a path with dots (`author.name`). Several alternatives are parted by `|`, first non-empty wins.
    """

    body: str = setting("", "Key of the body text.")
    title: str = setting("", "Key of the title.")
    source: str = setting("", "Key of the source (the outlet's short name).")
    url: str = setting("", "Key of the article's URL.")
    author: str = setting("", "Key of the author line as printed.")
    published: str = setting("", "Key of the publication time.")
    crawled: str = setting("", "Key of the crawl time.")
    html: bool = setting(False, "The body (and title) hold HTML that is turned into text.")


READY_MAPS: dict[str, FieldMap] = {
    "warraq": FieldMap(
        body="body", title="title", source="source", url="url", author="author", published="published", crawled="crawled"
    ),
    "saudinewsnet": FieldMap(
        body="content", title="title", source="source", url="url", author="author", crawled="date_extracted"
    ),
    "feed": FieldMap(
        body="content|summary", title="title", source="feed", url="link", author="author", published="published", html=True
    ),
}
