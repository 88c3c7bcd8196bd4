from dedup_samples import DAY, shuffled
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.cluster import DedupRules
from transforms.core.versions import Versioned, link_versions

RULES = DedupRules()


def text(name, day=0.0, version=0, priority=0, digest=None):
    key = name.encode().rjust(16, b"\0")
    return Versioned(
        day is None,
        0 if day is None else round(day * DAY),
        priority,
        key,
        key if digest is None else digest,
        version,
    )


def links(*texts):
    return [
        (
            link.later.article_id.decode().strip("\0"),
            link.earlier.article_id.decode().strip("\0"),
            link.version,
        )
        for link in link_versions(texts, RULES)
    ]


def test_each_text_of_a_url_is_the_next_version_of_the_one_before():
    assert links(text("c", 2), text("a", 0), text("b", 1)) == [("b", "a", 2), ("c", "b", 3)]


def test_a_single_text_has_no_versions():
    assert links(text("a")) == links() == []


def test_the_same_article_read_again_is_no_version():
    assert links(text("a", 0), text("a", 3), text("b", 5)) == [("b", "a", 2)]


def test_two_articles_of_one_text_under_one_url_are_versions():
    same = bytes(16)
    assert links(text("a", 0, digest=same), text("b", 1, digest=same)) == [("b", "a", 2)]


def test_beyond_the_horizon_counting_begins_anew():
    assert links(text("a", 0), text("b", 14)) == [("b", "a", 2)]
    assert links(text("a", 0), text("b", 14.5), text("c", 15)) == [("c", "b", 2)]


def test_a_text_of_unknown_time_is_the_last_version():
    assert links(text("x", None), text("a", 0), text("b", 1)) == [("b", "a", 2), ("x", "b", 3)]


def test_at_one_time_priority_decides_and_then_the_id():
    assert links(text("a", 0, priority=1), text("z", 0)) == [("a", "z", 2)]
    assert links(text("b", 0), text("a", 0)) == [("b", "a", 2)]


def test_counting_goes_on_where_an_earlier_run_ended():
    assert links(text("a", 0, 4), text("b", 1), text("c", 2)) == [("b", "a", 5), ("c", "b", 6)]


def test_what_an_earlier_run_has_counted_is_not_linked_again():
    assert links(text("a", 0, 1), text("b", 1, 2)) == []
    assert links(text("a", 0, 1), text("b", 1, 2), text("b", 1), text("a", 0)) == []


def test_a_record_of_an_earlier_run_stands_for_its_article():
    assert links(text("a", 3, 2), text("a", 0), text("b", 4)) == [("b", "a", 3)]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.none() | st.integers(0, 40), st.integers(0, 3)), max_size=8
    ),
    st.integers(0, 99),
)
def test_order_means_nothing_and_each_article_follows_one_other_at_most(articles, seed):
    texts = [text(name, day, version) for name, day, version in articles]
    found = links(*texts)
    assert sorted(links(*shuffled(texts, seed))) == sorted(found)
    later = [child for child, _, _ in found]
    assert len(later) == len(set(later))
    assert all(child != earlier and version > 1 for child, earlier, version in found)
