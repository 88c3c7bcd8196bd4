"""DeduplicateArticles: decide by small signatures, then tell each article in its output partition.

Only signatures are shuffled to decide. Whole articles cross one shuffle, to the place where they will be
written; what was decided about them meets them there.
"""

import dataclasses
import functools
import pickle
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.comparing import Edge, Link, Member, Settled, Signature, Verdict
from schemas.elements import ArticleBatch, Duplicate, NormalizedArticle, Relation
from transforms.composite import Composite
from transforms.core.cluster import DedupRules, Rank, order, rank
from transforms.core.evidence import duplicate_row, relation_row, supersession_row
from transforms.core.families import canonical, superseded
from transforms.core.normalize import NormalizeRules
from transforms.core.parse import SourceRules
from transforms.find_duplicates import FindDuplicates
from transforms.follow_parents import FollowParents
from transforms.metrics import StageCounter
from transforms.sign import SignArticles, partition_of, priority_of, sign_all, signable_of

__all__ = ["DeduplicateArticles", "DeduplicateOutputs", "Undecided"]

PartitionKey = tuple[str, int]
_USUAL = NormalizeRules()


class Undecided(NamedTuple):
    """Articles to deduplicate, and the signatures that earlier runs have settled."""

    articles: PCollection[NormalizedArticle]
    known: PCollection[Signature]


class DeduplicateOutputs(NamedTuple):
    """What deduplication gives.

    `ok`: articles that stay, by output file. `duplicates`: records that are dropped. `relations`: what else articles
    have to do with each other. For the index: `signatures` of all articles of this run, settled, and `amended` members
    of earlier runs that were decided anew.
    """

    ok: PCollection[ArticleBatch]
    duplicates: PCollection[Duplicate]
    relations: PCollection[Relation]
    signatures: PCollection[Signature]
    amended: PCollection[Member]


@dataclasses.dataclass(eq=False)
class DeduplicateArticles(Composite):
    """Drop repeats, exact copies and near duplicates, each with its evidence; tell what is related.

    Takes normalised articles in any order (alone, or as `Undecided` with what earlier runs know); gives one
    `ArticleBatch` per output partition and shard that has articles left, sorted by rank, and one `Duplicate` per
    dropped record. Input must be bounded. What is kept depends on the articles alone, never on order, bundles or
    workers. With `indexed` signatures are given out for an index; `redecide` see `FindDuplicates`.
    """

    rules: DedupRules = dataclasses.field(default_factory=DedupRules)
    sources: Mapping[str, SourceRules] = dataclasses.field(default_factory=dict)
    shards: int = 1
    normalize: NormalizeRules = _USUAL
    indexed: bool = False
    redecide: bool = False

    def expand(self, inputs: PCollection[NormalizedArticle] | Undecided) -> DeduplicateOutputs:
        """Return the batches that stay, the duplicates, the relations, and what the index shall keep."""
        articles, known = inputs if isinstance(inputs, Undecided) else (inputs, None)
        signable = functools.partial(signable_of, sources=self.sources, shards=self.shards)
        signatures = articles | "SignArticles" >> SignArticles(signable, self.normalize, self.rules)
        if known is not None:
            signatures = (signatures, known) | "WithKnown" >> beam.Flatten()
        found = signatures | "FindDuplicates" >> FindDuplicates(self.rules, self.redecide)
        roots = (found.edges, found.settled) | "FollowParents" >> FollowParents()
        by_article = (
            found.edges | "KeyEdges" >> beam.Map(_key_edge).with_output_types(tuple[str, Any]),
            found.links | "KeyLinks" >> beam.Map(_key_link).with_output_types(tuple[str, Any]),
            found.settled | "KeyMembers" >> beam.Map(_key_member).with_output_types(tuple[str, Any]),
            roots | "KeyRoots" >> beam.Map(_key_root).with_output_types(tuple[str, Any]),
        ) | "GatherByArticle" >> beam.Flatten()
        rooted = (
            by_article
            | "GroupByArticle" >> beam.GroupByKey()
            | "MeetRoots" >> beam.FlatMapTuple(_meet_root).with_output_types(tuple[str, Any])
            | "GroupFamilies" >> beam.GroupByKey()
        )
        judge = beam.ParDo(_JudgeFn(self.rules))
        judge.label = "Judge"
        judged = rooted | judge.with_output_types(
            tuple[PartitionKey, Any], relations=Relation, amended=Member
        ).with_outputs("relations", "amended", main="messages")
        place = functools.partial(_place, shards=self.shards)
        settle = beam.ParDo(_SettleFn(self))
        settle.label = "Settle"
        doors = (
            (
                articles | "Place" >> beam.Map(place).with_output_types(tuple[PartitionKey, Any]),
                judged.messages,
            )
            | "MeetVerdicts" >> beam.Flatten()
            | "GroupPartition" >> beam.GroupByKey()
            | settle.with_output_types(
                ArticleBatch, duplicates=Duplicate, relations=Relation, signatures=Signature
            ).with_outputs("duplicates", "relations", "signatures", main="ok")
        )
        relations = (doors.relations, judged.relations) | "AllRelations" >> beam.Flatten()
        return DeduplicateOutputs(doors.ok, doors.duplicates, relations, doors.signatures, judged.amended)


def _place(article: NormalizedArticle, shards: int) -> tuple[PartitionKey, Any]:
    """Key by partition. The article goes as bytes: the Flatten would else unpickle and pickle it once more."""
    return partition_of(article, shards), pickle.dumps(article, pickle.HIGHEST_PROTOCOL)


def _key_edge(edge: Edge) -> tuple[str, Any]:
    return edge.child.article_id, edge


def _key_link(link: Link) -> tuple[str, Any]:
    return link.other.article_id, link


def _key_member(member: Member) -> tuple[str, Any]:
    return member.article_id, member


def _key_root(pointer: tuple[str, str]) -> tuple[str, Any]:
    return pointer


def _meet_root(article_id: str, known: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Key what is known of an article by its root; an article without parent is its own."""
    found = list(known)
    root = next((item for item in found if isinstance(item, str)), article_id)
    for item in found:
        if not isinstance(item, str):
            yield root, item


class _JudgeFn(beam.DoFn):
    """Judge a family, the articles of one root: choose the canonical one, and tell every member what was decided."""

    def __init__(self, rules: DedupRules) -> None:
        self._rules = rules

    def process(self, family: tuple[str, Iterable[Any]]) -> Iterator[Any]:
        root, known = family
        edges: list[Edge] = []
        members: dict[str, Member] = {}
        for item in known:
            if isinstance(item, Link):
                link = item._replace(other_root_id=root)
                if link.child.settled is None:
                    yield (link.child.partition, link.child.shard), link
                else:
                    yield TaggedOutput("relations", relation_row(link, None, "", self._rules))
            elif isinstance(item, Edge):
                edges.append(item)
                for member in (item.child, item.parent):
                    _keep(members, member)
            else:
                _keep(members, item)
        if not members:
            return
        chosen = canonical(members.values(), self._rules)
        known_root = members.get(root)
        from_index = known_root is None or known_root.settled is not None
        anew = {edge.child.article_id for edge in edges}
        for member in members.values():
            # Who keeps his parent may have another root now; later runs go by what the index says.
            if member.settled and member.settled.root_id != root and member.article_id not in anew:
                settled = member.settled._replace(root_id=root, revision=member.settled.revision + 1)
                yield TaggedOutput("amended", dataclasses.replace(member, settled=settled))
        for edge in edges:
            if edge.child.settled is None:
                verdict = Verdict(edge, root, from_index, chosen.article_id)
                yield (edge.child.partition, edge.child.shard), verdict
            else:
                yield TaggedOutput("amended", amend(edge, root))
        for member in superseded(members.values(), chosen, self._rules):
            yield TaggedOutput("relations", supersession_row(member, chosen, root, self._rules))


def _keep(members: dict[str, Member], member: Member) -> None:
    """Keep one member per id: what an earlier run has settled, else the lowest-ranked record."""
    known = members.get(member.article_id)
    if known is None or (member.settled is None, rank(member)) < (known.settled is None, rank(known)):
        members[member.article_id] = member


def amend(edge: Edge, root: str, version: int | None = None) -> Member:
    """Return the child of an edge with what was decided written into it."""
    before = edge.child.settled
    settled = Settled(
        parent_id=edge.parent.article_id,
        parent_us=edge.parent.event_us,
        parent_priority=edge.parent.priority,
        root_id=root,
        relation=edge.relation,
        version=version or (1 if before is None else before.version),
        revision=1 if before is None else before.revision + 1,
    )
    return dataclasses.replace(edge.child, settled=settled)


class _SettleFn(beam.DoFn):
    """Part a partition's articles by the verdicts on them, and write down the evidence."""

    def __init__(self, plan: DeduplicateArticles) -> None:
        self._rules = plan.rules
        self._sources = plan.sources
        self._shards = plan.shards
        self._normalize = plan.normalize
        self._indexed = plan.indexed
        self._counter = StageCounter("deduplicate")

    def process(self, group: tuple[PartitionKey, Iterable[Any]]) -> Iterator[Any]:
        (partition, shard), messages = group
        verdicts: dict[Any, Verdict] = {}
        links: dict[Any, list[Link]] = {}
        articles: list[NormalizedArticle] = []
        for message in messages:
            if isinstance(message, Verdict):
                verdicts[message.edge.child.origin] = message
            elif isinstance(message, Link):
                links.setdefault(message.child.origin, []).append(message)
            else:
                articles.append(pickle.loads(message))  # noqa: S301 (bytes of this very run, made by _place)
        kept: list[NormalizedArticle] = []
        for article in articles:
            verdict = verdicts.get(article.article.origin)
            if verdict is None:
                kept.append(article)
            else:
                self._counter.add(f"duplicates_{verdict.edge.relation}")
                yield TaggedOutput(
                    "duplicates", duplicate_row(verdict, article, self._rules, self._normalize)
                )
            root = "" if verdict is None else verdict.root_id
            for link in links.get(article.article.origin, ()):
                self._counter.add(f"relations_{link.relation}")
                row = relation_row(link, article, root, self._rules, self._normalize)
                yield TaggedOutput("relations", row)
        self._counter.add("in", len(articles))
        self._counter.add("ok", len(kept))
        self._counter.add("duplicates", len(articles) - len(kept))
        if self._indexed:
            for signature in self._settled(articles, verdicts, links):
                yield TaggedOutput("signatures", signature)
        if kept:
            kept.sort(key=self._rank)
            yield ArticleBatch(partition, shard, tuple(kept))

    def _settled(
        self,
        articles: list[NormalizedArticle],
        verdicts: Mapping[Any, Verdict],
        links: Mapping[Any, list[Link]],
    ) -> Iterator[Signature]:
        """Yield the signatures of articles (repeats left out) with what was decided: signing again is cheaper than a shuffle."""
        signables = [
            signable_of(article, self._sources, self._shards)
            for article in articles
            if (verdict := verdicts.get(article.article.origin)) is None or verdict.edge.relation != "repeat"
        ]
        for signature in sign_all(signables, self._normalize, self._rules):
            origin = signature.member.origin
            version = max((link.version for link in links.get(origin, ())), default=0) or 1
            verdict = verdicts.get(origin)
            if verdict is None:
                settled = Settled("", None, 0, signature.member.article_id, "", version)
                member = dataclasses.replace(signature.member, settled=settled)
            else:
                member = amend(verdict.edge, verdict.root_id, version)
            yield dataclasses.replace(
                signature, member=dataclasses.replace(member, tokens=signature.member.tokens)
            )

    def _rank(self, normalized: NormalizedArticle) -> Rank:
        article = normalized.article
        return order(
            article.event_us, priority_of(article.source, self._sources), article.article_id, article.origin
        )
