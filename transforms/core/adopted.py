"""Adopted articles: those that a stream knows from another index only, and that lie in no partition of its own output."""

import dataclasses

from schemas.comparing import Member, Signature

__all__ = ["id_of", "is_adopted", "without_place"]


def is_adopted(member: Member) -> bool:
    """Tell whether an article is known from another index only."""
    return not member.partition


def without_place(signature: Signature) -> Signature:
    """Return the signature of another index's article as a stream knows it: with no place in its own output."""
    return dataclasses.replace(signature, member=dataclasses.replace(signature.member, partition="", shard=0))


def id_of(known: Signature | Member) -> str:
    """Return the article's id of either."""
    return known.member.article_id if isinstance(known, Signature) else known.article_id
