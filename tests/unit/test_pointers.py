import pytest
from dedup_samples import shuffled
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.pointers import (
    NO_FALLBACK,
    Pointer,
    advance,
    ask,
    finish_chains,
    pack_pointer,
    unpack_pointer,
)

ROUNDS = 3


def key(number):
    return (number + 1).to_bytes(16, "big")


def point(parent, fallback=None):
    return Pointer(key(parent), NO_FALLBACK if fallback is None else key(fallback), done=False)


def one_round(state, seed=0):
    """A round with a dict as the shuffle: messages meet at their articles, in any order."""
    groups = {}
    for article, pointer in shuffled(list(state.items()), seed):
        for target, message in ask(article, pointer):
            groups.setdefault(target, []).append(message)
    found = {}
    for article, messages in groups.items():
        for child, pointer in advance(article, shuffled(messages, seed)):
            assert child not in found, "an article was answered twice"
            found[child] = pointer
    assert found.keys() == state.keys(), "a pointer was lost on the way"
    return found


def roots(pointers, seed=0):
    """What `FollowParents` does: rounds, then the long chains in one place, then a last round."""
    state = {key(child): pointer for child, pointer in pointers.items()}
    for _ in range(ROUNDS):
        state = one_round(state, seed)
    done = {article: pointer for article, pointer in state.items() if pointer.done}
    deep = {article: pointer for article, pointer in state.items() if not pointer.done}
    finished = dict(finish_chains(deep.items()))
    assert finished.keys() == deep.keys()
    state = one_round({**done, **finished}, seed)
    assert all(pointer.done for pointer in state.values())
    return {child: int.from_bytes(state[key(child)].target, "big") - 1 for child in pointers}


def true_root(child, pointers):
    """Follow parents; where one has none, go on from what an earlier run wrote down."""
    while child in pointers:
        parent = int.from_bytes(pointers[child].target, "big") - 1
        if parent not in pointers and pointers[child].fallback != NO_FALLBACK:
            parent = int.from_bytes(pointers[child].fallback, "big") - 1
        child = parent
    return child


#: A forest: each number may point to a lower one.
forests = (
    st.integers(0, 60)
    .flatmap(lambda size: st.tuples(*(st.none() | st.integers(0, max(n - 1, 0)) for n in range(size))))
    .map(lambda parents: {n: p for n, p in enumerate(parents) if p is not None and p < n})
)
chains = st.integers(1, 60).map(lambda size: {n: n - 1 for n in range(1, size)})


@given(
    pointer=st.builds(
        Pointer, st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.booleans()
    )
)
def test_a_pointer_comes_back_as_it_was(pointer):
    assert len(pack_pointer(pointer)) == 33
    assert unpack_pointer(pack_pointer(pointer)) == pointer


@given(forests | chains, st.integers(0, 9))
def test_every_article_finds_its_root(parents, seed):
    pointers = {child: point(parent) for child, parent in parents.items()}
    assert roots(pointers, seed) == {child: true_root(child, pointers) for child in pointers}


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 17, 1000])
def test_a_chain_of_any_length_has_one_root(length):
    pointers = {child: point(child - 1) for child in range(1, length + 1)}
    assert set(roots(pointers).values()) == {0}


def test_three_rounds_reach_the_root_of_eight_and_no_further():
    state = {key(child): point(child - 1) for child in range(1, 11)}
    for _ in range(ROUNDS):
        state = one_round(state)
    undone = [article for article, pointer in state.items() if not pointer.done]
    assert len(undone) <= 3
    assert all(state[key(child)].done for child in range(1, 8))


def test_a_wide_family_has_one_root():
    pointers = {child: point(0) for child in range(1, 500)}
    assert set(roots(pointers).values()) == {0}


def test_no_pointers_need_no_rounds():
    assert roots({}) == {}
    assert list(finish_chains([])) == []


def test_a_forgotten_parent_leads_to_the_root_that_an_earlier_run_wrote_down():
    assert roots({5: point(3, fallback=1)}) == {5: 1}
    assert roots({5: point(3, fallback=1), 6: point(5), 7: point(6)}) == {5: 1, 6: 1, 7: 1}


def test_a_parent_that_is_known_goes_before_what_was_written_down():
    assert roots({5: point(3, fallback=1), 3: point(2)}) == {5: 2, 3: 2}


def test_what_was_written_down_may_have_a_parent_by_now():
    assert roots({5: point(3, fallback=1), 1: point(0)}) == {5: 0, 1: 0}


def test_a_parent_that_is_its_own_root_ends_there():
    assert roots({5: point(3, fallback=3)}) == {5: 3}


def stored(size):
    """Forests, rich in chains, of which each article may hold what an earlier run wrote down: a lower number."""

    def node(number):
        lower = st.integers(0, number - 1)
        return st.none() | st.tuples(st.just(number - 1) | st.just(number - 1) | lower, st.none() | lower)

    return st.tuples(*(node(number) for number in range(1, size)))


@given(st.integers(2, 40).flatmap(stored), st.integers(0, 9))
def test_every_article_finds_its_root_past_forgotten_parents(nodes, seed):
    pointers = {}
    for child, node in enumerate(nodes, 1):
        if node is not None:
            parent, fallback = node
            pointers[child] = point(parent, None if fallback is None else min(parent, fallback))
    assert roots(pointers, seed) == {child: true_root(child, pointers) for child in pointers}


def test_a_long_chain_above_a_forgotten_parent_finds_what_was_written_down_and_its_parent():
    # 20 -> 19 -> ... -> 5 -> 3 (forgotten; written down: 1), and 1 has the parent 0 by now.
    pointers = {child: point(child - 1) for child in range(6, 21)}
    pointers |= {5: point(3, fallback=1), 1: point(0)}
    assert set(roots(pointers).values()) == {0}


def test_parents_in_a_circle_are_a_clear_error_and_no_endless_walk():
    one, two = bytes(15) + b"\x01", bytes(15) + b"\x02"
    circle = [(one, Pointer(two, NO_FALLBACK, done=False)), (two, Pointer(one, NO_FALLBACK, done=False))]
    with pytest.raises(ValueError, match="circle"):
        list(finish_chains(circle))
