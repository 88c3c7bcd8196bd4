"""KnownUrls: which articles a live index knows under each URL, and the number of each one's text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from schemas.comparing import NO_COMPARISON, Link, Member, Signature
from transforms.core.cluster import DedupRules
from transforms.core.packing import pack_id
from transforms.core.versions import Versioned, link_versions

__all__ = ["KnownUrls"]


class KnownUrls:
    """Articles and the digests of their texts, by URL. `versions` holds the numbers that are not 1, by article id."""

    def __init__(self, rules: DedupRules) -> None:
        self._rules = rules
        self._texts: dict[bytes, tuple[tuple[str, bytes], ...]] = {}
        self.versions: dict[str, int] = {}

    def know(self, signature: Signature) -> None:
        """Take in an article; one without a URL is passed over."""
        if signature.url_key:
            pair = (signature.member.article_id, signature.fingerprint.digest)
            self._texts[signature.url_key] = (*self._texts.get(signature.url_key, ()), pair)

    def link(
        self,
        fresh: Mapping[str, Signature],
        member: Callable[[str], Member],
        root_of: Callable[[str], str],
    ) -> list[Link]:
        """Take in new articles (by id); return the links to the earlier texts of their URLs, and number their own.

        `member` and `root_of` tell what is known of an article.
        """
        for signature in fresh.values():
            self.know(signature)
        links: list[Link] = []
        numbers: dict[str, int] = {}
        for key in dict.fromkeys(signature.url_key for signature in fresh.values() if signature.url_key):
            if len(self._texts[key]) == 1:
                continue
            for found in link_versions(self._versioned(key, fresh, member), self._rules):
                later, earlier = found.later.article_id.hex(), found.earlier.article_id.hex()
                numbers[later] = found.version
                child, other = member(later), member(earlier)
                links.append(
                    Link(child, other, "updated_version", NO_COMPARISON, found.version, root_of(earlier))
                )
        self.versions |= {article_id: number for article_id, number in numbers.items() if number > 1}
        return links

    def _versioned(
        self, key: bytes, fresh: Mapping[str, Signature], member: Callable[[str], Member]
    ) -> Iterator[Versioned]:
        for article_id, digest in self._texts[key]:
            known = member(article_id)
            version = 0 if article_id in fresh else self.versions.get(article_id, 1)
            yield Versioned(
                known.event_us is None,
                known.event_us or 0,
                known.priority,
                pack_id(article_id),
                digest,
                version,
            )

    def forget(self, article_ids: AbstractSet[str]) -> None:
        """Drop articles. Walks through all URLs, so ask for many at once."""
        _drop(self.versions, article_ids)
        for key, known in list(self._texts.items()):
            left = tuple(pair for pair in known if pair[0] not in article_ids)
            if not left:
                del self._texts[key]
            elif len(left) < len(known):
                self._texts[key] = left


def _drop(numbers: dict[str, int], article_ids: Iterable[str]) -> None:
    for article_id in article_ids:
        numbers.pop(article_id, None)
