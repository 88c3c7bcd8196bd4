import dataclasses
import io

import pytest
from builders import article, duplicate, filtered, input_file, output_folder, relation, tagged

from pipelines.config_tree import Config
from pipelines.errors import UsageError
from pipelines.explain import explain
from pipelines.explain_rows import find_trail, open_generation
from pipelines.explain_view import show

LONG = " ".join(f"كلمة{number}" for number in range(40))
KEPT = article(0, LONG)


def tell(root, name, tables):
    output_folder(root, {"inputs": [input_file(99)], **tables})
    generation = open_generation(str(root))
    return explain(generation, find_trail(generation, name), Config())


def shown(explanation):
    out = io.StringIO()
    show(explanation, out)
    return " ".join(out.getvalue().split())  # lines are broken where the terminal ends


def test_an_ambiguous_beginning_of_an_id_lists_the_candidates(tmp_path):
    twins = [article(n, article_id=f"abcdef{n:026x}", title=f"عنوان {n}") for n in range(12)]
    with pytest.raises(UsageError) as raised:
        tell(tmp_path, "ABCDEF", {"articles": [tagged(twin) for twin in twins]})
    first, *candidates, last = raised.value.messages
    assert first == "ABCDEF may be any of 12; name one of them in full:"
    assert len(candidates) == 10
    assert any("abcdef" in line and "عنوان" in line for line in candidates)
    assert last == "  and 2 more"


def test_an_article_that_only_the_index_knows_is_told_from_one_that_nobody_knows(tmp_path):
    copy = article(3, LONG, source="sana")
    with pytest.raises(
        UsageError, match="was read by an earlier run: this output has no record of it, but of its duplicates"
    ):
        tell(tmp_path, KEPT.article_id, {"duplicates": [duplicate(copy, KEPT)]})


def test_a_parent_from_the_index_is_said_to_be_from_there(tmp_path):
    copy = article(3, LONG, source="sana")
    row = dataclasses.replace(duplicate(copy, KEPT), parent_from_index=True, root_from_index=True)
    told = tell(tmp_path, copy.article_id, {"duplicates": [row]})
    assert told["decision"]["parent"]["from_index"]
    assert told["decision"]["problem"].startswith(
        "the parent's text is not in the output, and /news/day.jsonl cannot"
    )
    assert "from the index" in shown(told)


def test_a_root_that_is_not_the_parent_is_told_apart(tmp_path):
    middle, last = article(1, LONG, source="sana"), article(2, LONG, source="spa")
    told = tell(
        tmp_path,
        last.article_id,
        {"articles": [tagged(KEPT)], "duplicates": [duplicate(middle, KEPT), duplicate(last, middle, KEPT)]},
    )
    text = shown(told)
    assert "read in this run, and itself dropped" in text
    assert told["decision"]["root"]["title"] == KEPT.title_text
    assert told["decision"]["duplicates"] == []


def test_a_kept_article_tells_which_duplicates_reach_it_by_way_of_another(tmp_path):
    middle, last = article(1, LONG, source="sana"), article(2, LONG, source="spa")
    told = tell(
        tmp_path,
        KEPT.article_id,
        {"articles": [tagged(KEPT)], "duplicates": [duplicate(middle, KEPT), duplicate(last, middle, KEPT)]},
    )
    assert [child["is_parent"] for child in told["decision"]["duplicates"]] == [True, False]
    assert "by way of another duplicate" in shown(told)


def test_at_most_twenty_duplicates_are_shown_and_the_others_counted(tmp_path):
    copies = [duplicate(article(n, LONG, source="sana"), KEPT) for n in range(1, 26)]
    told = tell(tmp_path, KEPT.article_id, {"articles": [tagged(KEPT)], "duplicates": copies})
    assert len(told["decision"]["duplicates"]) == 25
    text = shown(told)
    assert "25 duplicates of it" in text
    assert text.count("exact 1.000") == 20
    assert "and 5 more" in text


@pytest.mark.parametrize(
    ("own_words", "other_words", "reason"),
    [(3, 2, "repeats 3 words that the other lacks, the other 2"), (0, 0, "do not hold the same numbers")],
)
def test_a_pair_that_the_guard_keeps_apart_says_why(tmp_path, own_words, other_words, reason):
    later = article(1, LONG, title="الثاني")
    row = relation(later, KEPT, jaccard=0.8, blocked=True, own_words=own_words, other_words=other_words)
    told = tell(tmp_path, later.article_id, {"articles": [tagged(KEPT), tagged(later)], "relations": [row]})
    assert "but for 1 that the guard keeps apart" in told["decision"]["because"]
    (kin,) = told["decision"]["relations"]
    assert kin["role"] == "later"
    assert reason in kin["blocked_by"]
    assert "kept apart by" in shown(told)


def test_a_relation_is_told_from_either_side(tmp_path):
    later = article(1, LONG, title="الثاني")
    tables = {
        "articles": [tagged(KEPT), tagged(later)],
        "relations": [relation(later, KEPT, "contains", own_words=5, other_words=1)],
    }
    told = tell(tmp_path, KEPT.article_id, tables)
    (kin,) = told["decision"]["relations"]
    assert (kin["role"], kin["other"]["article_id"]) == ("earlier", later.article_id)
    assert (kin["own_words"], kin["other_words"]) == (1, 5)
    assert "it is contained in" in shown(told)


def test_a_text_too_short_to_be_a_duplicate_says_so(tmp_path):
    short = article(0, "وصل الوفد اليوم.")
    told = tell(tmp_path, short.article_id, {"articles": [tagged(short)]})
    assert told["decision"]["because"].startswith("its compared body has 3 words, and texts of fewer than 10")


def test_a_text_too_short_to_be_a_near_duplicate_says_so(tmp_path):
    short = article(0, " ".join(LONG.split()[:15]))
    told = tell(tmp_path, short.article_id, {"articles": [tagged(short)]})
    assert "only exact copies are duplicates" in told["decision"]["because"]


def test_a_repeat_of_what_an_earlier_run_published_is_a_dropped_record(tmp_path):
    row = dataclasses.replace(
        duplicate(KEPT, KEPT, relation="repeat"), parent_from_index=True, root_from_index=True
    )
    told = tell(tmp_path, KEPT.article_id, {"duplicates": [row]})
    assert (told["outcome"], told["decision"]["relation"]) == ("dropped", "repeat")
    assert "this very article" in shown(told)


def test_nothing_in_the_data_can_steer_the_terminal(tmp_path):
    evil = article(0, LONG, title="خبر \x1b[2J\u202e", url="http://x/\x1b]0;t\x07", source="s\x1b[1m")
    told = tell(
        tmp_path,
        evil.article_id,
        {"articles": [tagged(evil)], "filtered": [filtered(article(5, body=""))]},
    )
    assert not set(shown(told)) & {"\x1b", "\x07", "\u202e"}
