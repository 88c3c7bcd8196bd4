"""Explaining an article of a folder that grows: by its last decision, whatever the rows before said."""

import io
import json

import pytest
from builders import article, dead_letter, duplicate, filtered, relation, tagged
from growing import decided, grown

from pipelines.cli import main
from pipelines.config_tree import Config
from pipelines.errors import UsageError
from pipelines.explain import explain
from pipelines.explain_rows import find_trail, open_generation
from pipelines.explain_view import show
from pipelines.outcome import ExitCode

LONG = " ".join(f"كلمة{number}" for number in range(40))
FIRST = article(0, LONG)
COPY = article(3, f"{LONG} زيادة", source="sana")
THIRD = article(6, f"{LONG} اخرى", source="bbc")


def reversed_order(root):
    """Three copies of one text, the latest first: it is dropped for the second, and then gets the first as its root."""
    return grown(
        root,
        (1, {"articles": [tagged(THIRD, LONG[:5])], "decisions": [decided(THIRD)]}),
        (
            2,
            {
                "articles": [tagged(COPY)],
                "duplicates": [duplicate(COPY, COPY, relation="repeat")],
                "decisions": [decided(COPY), decided(THIRD, COPY, revision=2, similarity=0.93, day=20_001)],
            },
        ),
        (
            1,
            {
                "articles": [tagged(FIRST)],
                "relations": [relation(COPY, FIRST, "contains")],
                "decisions": [
                    decided(FIRST, day=20_002),
                    decided(COPY, FIRST, revision=2, similarity=0.9, day=20_002),
                    decided(THIRD, COPY, FIRST, revision=3, day=20_002),
                ],
            },
        ),
    )


def tell(folder, name):
    generation = open_generation(folder.root)
    told = explain(generation, find_trail(generation, name), Config())
    out = io.StringIO()
    show(told, out)
    return told, " ".join(out.getvalue().split())  # lines are broken where the terminal ends


def test_an_article_that_was_kept_and_is_dropped_now_is_told_by_its_last_decision(tmp_path):
    told, shown = tell(reversed_order(tmp_path), THIRD.article_id)
    decision = told["decision"]
    assert told["outcome"] == "dropped"
    assert (decision["relation"], decision["jaccard"], decision["containment"]) == ("near", 0.93, None)
    assert (decision["parent"]["article_id"], decision["root"]["article_id"]) == (
        COPY.article_id,
        FIRST.article_id,
    )
    assert decision["comparison"]["shared_words"] == 40  # both texts are in articles
    assert [tag["value"] for tag in told["tags"]] == [LONG[:5]]  # it stays there, with its tags
    assert [(one["revision"], one["kept"], one["jaccard"]) for one in told["revisions"]] == [
        (1, True, None),
        (2, False, 0.93),
        (3, False, None),
    ]
    assert (told["written"]["table"], told["written"]["commit"]) == ("articles", "r000000000")
    assert "DROPPED as a near duplicate" in shown
    assert "Jaccard 0.930 (threshold 0.70)" in shown
    assert f"revision 2 2024-10-05 dropped, near to {COPY.article_id} (0.930)" in shown
    assert "commit r000000000 of" in shown


def test_a_kept_article_has_those_that_are_dropped_for_it_now(tmp_path):
    told, shown = tell(reversed_order(tmp_path), FIRST.article_id[:10])
    assert told["outcome"] == "kept"
    children = {one["article_id"]: one for one in told["decision"]["duplicates"]}
    assert {key: one["is_parent"] for key, one in children.items()} == {
        COPY.article_id: True,
        THIRD.article_id: False,
    }
    assert children[THIRD.article_id]["jaccard"] == 0.93
    assert [one["relation"] for one in told["decision"]["relations"]] == ["contains"]
    assert "2 duplicates of it" in shown


def test_where_a_repeat_was_read_is_told_too(tmp_path):
    told, shown = tell(reversed_order(tmp_path), COPY.article_id)
    assert (told["outcome"], told["decision"]["jaccard"]) == ("dropped", 0.9)
    assert [one["relation"] for one in told["read"]["read_again"]] == ["repeat"]
    assert [one["article_id"] for one in told["decision"]["duplicates"]] == [THIRD.article_id]
    assert "#3 (the first is #0)" in shown


def test_an_article_that_was_dropped_at_once_keeps_its_evidence_when_only_its_root_changes(tmp_path):
    folder = grown(
        tmp_path,
        (
            2,
            {
                "articles": [tagged(COPY)],
                "duplicates": [duplicate(THIRD, COPY, relation="near")],
                "decisions": [decided(COPY), decided(THIRD, COPY, similarity=0.9)],
            },
        ),
        (
            1,
            {
                "articles": [tagged(FIRST)],
                "decisions": [
                    decided(FIRST),
                    decided(COPY, FIRST, revision=2, similarity=0.9),
                    decided(THIRD, COPY, FIRST, revision=2),
                ],
            },
        ),
    )
    told, shown = tell(folder, THIRD.article_id)
    row = duplicate(THIRD, COPY, relation="near")
    assert told["decision"]["root"]["article_id"] == FIRST.article_id
    assert told["decision"]["shared_shingles"] == row.shared_shingles
    assert told["written"]["table"] == "duplicates"
    assert "read again" not in shown


@pytest.mark.parametrize("later", [20_031, 20_300])
def test_an_article_that_appeared_anew_is_told_by_its_last_appearance(tmp_path, later):
    folder = grown(
        tmp_path,
        (1, {"articles": [tagged(FIRST)], "decisions": [decided(FIRST)]}),
        (1, {"articles": [tagged(COPY)], "decisions": [decided(COPY)]}),
        (0, {"decisions": [decided(COPY, FIRST, revision=2, similarity=0.9)]}),
        (1, {"articles": [tagged(COPY)], "decisions": [decided(COPY, day=later)]}),
    )
    told, _ = tell(folder, COPY.article_id)
    assert told["outcome"] == "kept"
    assert told["written"]["commit"] == "r000000003"
    assert [one["revision"] for one in told["revisions"]] == [1, 2, 1]
    told, _ = tell(folder, FIRST.article_id)
    assert told["decision"]["duplicates"] == []


def test_a_parent_that_was_itself_dropped_at_once_is_named_with_where_it_was_read(tmp_path):
    folder = grown(
        tmp_path,
        (1, {"articles": [tagged(THIRD)], "decisions": [decided(THIRD)]}),
        (1, {"articles": [tagged(FIRST)], "decisions": [decided(FIRST)]}),
        (
            1,
            {
                "duplicates": [duplicate(COPY, FIRST)],
                "decisions": [
                    decided(COPY, FIRST, similarity=0.9),
                    decided(THIRD, COPY, FIRST, revision=2, similarity=0.8),
                ],
            },
        ),
    )
    told, shown = tell(folder, THIRD.article_id)
    assert told["decision"]["parent"]["origin"]["uri"] == "/news/day.jsonl"
    assert told["decision"]["problem"].startswith("the parent's text is not in the output, and /news/day")
    assert "Shared words" not in shown


def test_what_was_never_decided_is_told_as_in_a_batch(tmp_path):
    folder = grown(
        tmp_path,
        (2, {"filtered": [filtered(article(5, body=""))], "dead_letters": [dead_letter(4)]}),
    )
    assert tell(folder, article(5, body="").article_id)[0]["outcome"] == "filtered"
    assert (
        tell(folder, f"{dead_letter(4).origin.uri}#{dead_letter(4).origin.index}")[0]["outcome"]
        == "dead_letter"
    )
    with pytest.raises(UsageError, match="begins with abcdef in the 1 commits"):
        tell(folder, "abcdef")


def test_the_command_prints_json(tmp_path, capsys):
    reversed_order(tmp_path)
    assert main(["explain", str(tmp_path), THIRD.article_id[:8], "--format", "json"]) == ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    assert told["decision"]["root"]["article_id"] == FIRST.article_id
    assert (told["written"]["generation"], told["written"]["state"]) == (None, "committed")
