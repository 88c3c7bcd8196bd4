import pytest
from dedup_samples import hex_id, member, signature
from hypothesis import given
from hypothesis import strategies as st

from schemas.comparing import Fingerprint, Member, Settled, Signature
from schemas.elements import Origin
from transforms.core.packing import (
    ID_BYTES,
    id_of,
    pack_id,
    pack_member,
    pack_signature,
    unpack_member,
    unpack_signature,
)

ids = st.binary(min_size=16, max_size=16).filter(any).map(bytes.hex)
times = st.none() | st.integers(-(1 << 62), 1 << 62)
small = st.integers(-(1 << 31), (1 << 31) - 1)
names = st.text(st.characters(exclude_categories=("Cs",)), max_size=20) | st.just("/أخبار/يوم الأحد.jsonl#٣")
settleds = st.builds(
    Settled,
    parent_id=ids | st.just(""),
    parent_us=times,
    parent_priority=small,
    root_id=ids | st.just(""),
    relation=st.sampled_from(("", "exact", "near")),
    version=st.integers(0, 1000),
    revision=st.integers(0, 1000),
)
members = st.builds(
    Member,
    article_id=ids,
    event_us=times,
    priority=small,
    tokens=st.integers(0, 1 << 31),
    origin=st.builds(Origin, names, st.integers(0, 1 << 40), st.integers(0, 1 << 50)),
    partition=names,
    shard=st.integers(0, 9999),
    settled=st.none() | settleds,
)
hashes = st.lists(st.integers(0, (1 << 32) - 1), max_size=8).map(
    lambda values: b"".join(value.to_bytes(4, "little") for value in sorted(values))
)
signatures = st.builds(
    Signature,
    member=members,
    url_key=st.just(b"") | st.binary(min_size=8, max_size=8).filter(any),
    fingerprint=st.builds(
        Fingerprint,
        digest=st.binary(min_size=16, max_size=16),
        tokens=st.integers(0, 1 << 31),
        shingles=hashes,
        stems=hashes,
        numbers=st.binary(min_size=8, max_size=8),
    ),
)


@given(members)
def test_a_member_comes_back_as_it_was(member):
    data = pack_member(member)
    assert unpack_member(data) == (member, len(data))


@given(signatures)
def test_a_signature_comes_back_as_it_was(signature):
    data = pack_signature(signature)
    assert unpack_signature(data) == (signature, len(data))


@given(st.lists(members | signatures, max_size=4), st.binary(max_size=5))
def test_several_are_read_one_after_the_other(several, before):
    data = before + b"".join(
        pack_member(one) if isinstance(one, Member) else pack_signature(one) for one in several
    )
    place = len(before)
    for one in several:
        read, place = (unpack_member if isinstance(one, Member) else unpack_signature)(data, place)
        assert read == one
    assert place == len(data)


@given(members, members)
def test_different_members_are_different_bytes(one, other):
    assert (pack_member(one) == pack_member(other)) == (one == other)


def test_a_packed_member_never_changes():
    made = Member(
        "00112233445566778899aabbccddeeff",
        -1,
        -2,
        345,
        Origin("/ن", 7, 1 << 33),
        "p",
        12,
        Settled("ff" * 16, None, 1, "0f" * 16, "near", 3, 2),
    )
    assert (
        pack_member(made).hex()
        == "00112233445566778899aabbccddeeff02fffffffffffffffffeffffff590100000c0007000000000000000000000002000000030001002fd9867001ffffffffffffffffffffffffffffffff0000000000000000010000000f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f020300000002000000"
    )


def test_a_signature_takes_little_more_than_its_hashes():
    made = signature(member("a"), "كلمة " * 40)
    assert len(pack_signature(made)) < len(made.fingerprint.shingles + made.fingerprint.stems) + 150


@given(ids | st.just(""))
def test_an_id_is_sixteen_bytes(article_id):
    assert len(pack_id(article_id)) == ID_BYTES
    assert id_of(pack_id(article_id)) == article_id


def test_what_is_no_id_is_refused():
    with pytest.raises(ValueError, match="hex"):
        pack_id("no id")


def test_a_name_too_long_to_be_kept_is_refused_with_its_length():
    made = member("a")
    long = Member(hex_id("a"), 0, 0, 1, Origin("/" + "ن" * 40_000, 0, 0), made.partition, 0, None)
    with pytest.raises(ValueError, match="80001 bytes"):
        pack_member(long)
