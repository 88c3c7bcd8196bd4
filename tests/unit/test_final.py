"""The fold: of each article the last decision, whether a batch run or a stream has decided."""

import io
import itertools
import json
import random

import pytest
from builders import article, duplicate, input_file, output_folder, tagged
from growing import decided, grow, grown

from pipelines.cli import main
from pipelines.errors import ManifestError
from pipelines.final import FIELDS, final_rows, print_final
from pipelines.outcome import ExitCode, RunFailed
from transforms.files import OutputFolder

FIRST = article(0)
COPY = article(3, source="sana")
THIRD = article(6, source="bbc")
OTHER = article(1, "أعلنت الوزارة في دمشق عن خطة للمياه.", "خطة للمياه", source="الوطن")
EQUAL_PARTS = ("article_id", "kept", "relation", "parent_id", "root_id")


def near(of, parent, root=None):
    return duplicate(of, parent, root, relation="near")


def batch(root):
    """Two articles kept, two dropped, one of them through the other, and one read twice."""
    tables = {
        "articles": [tagged(FIRST, "بغداد"), tagged(OTHER)],
        "duplicates": [
            near(COPY, FIRST),
            near(THIRD, COPY, FIRST),
            duplicate(FIRST, FIRST, relation="repeat"),
            duplicate(COPY, COPY, FIRST, relation="repeat"),
        ],
        "inputs": [input_file(6)],
    }
    output_folder(root, tables)
    return OutputFolder(str(root))


def stream(root):
    """The same articles, the last first: so what was kept is dropped later."""
    return grown(
        root,
        (2, {"articles": [tagged(THIRD), tagged(OTHER)], "decisions": [decided(THIRD), decided(OTHER)]}),
        (
            2,
            {
                "articles": [tagged(COPY)],
                "duplicates": [duplicate(COPY, COPY, relation="repeat")],
                "decisions": [decided(COPY), decided(THIRD, COPY, revision=2, similarity=0.9)],
            },
        ),
        (
            2,
            {
                "articles": [tagged(FIRST)],
                "duplicates": [duplicate(FIRST, FIRST, relation="repeat")],
                "decisions": [
                    decided(FIRST),
                    decided(COPY, FIRST, revision=2, similarity=0.8),
                    decided(THIRD, COPY, FIRST, revision=3),
                ],
            },
        ),
    )


def by_id(folder):
    return {row["article_id"]: row for row in final_rows(folder)}


def show(path, *, as_jsonl=True, limit=None, fields=None):
    out = io.StringIO()
    print_final(str(path), as_jsonl=as_jsonl, limit=limit, fields=fields, out=out)
    return out.getvalue()


def test_a_batch_output_folds_to_its_articles_and_duplicates_without_repeats(tmp_path):
    rows = list(final_rows(batch(tmp_path)))
    assert [row["article_id"] for row in rows] == sorted(
        one.article_id for one in (FIRST, OTHER, COPY, THIRD)
    )
    found = {row["article_id"]: row for row in rows}
    kept, dropped = found[FIRST.article_id], found[THIRD.article_id]
    assert tuple(kept) == tuple(dropped) == FIELDS
    assert (kept["kept"], kept["relation"], kept["parent_id"]) == (True, "", "")
    assert kept["root_id"] == kept["canonical_id"] == FIRST.article_id
    assert (kept["revision"], kept["similarity"], kept["source"]) == (1, None, "afp")
    assert (kept["title"], kept["event_us"].isoformat()) == ("زيارة جديدة", "2016-03-27T10:00:00+00:00")
    assert (dropped["kept"], dropped["relation"], dropped["similarity"]) == (False, "near", 1.0)
    assert (dropped["parent_id"], dropped["root_id"]) == (COPY.article_id, FIRST.article_id)
    assert (dropped["source"], dropped["title"], dropped["revision"]) == ("bbc", "زيارة جديدة", 1)


def test_batch_and_stream_agree_in_the_equal_parts(tmp_path):
    read, streamed = (
        [tuple(row[field] for field in EQUAL_PARTS) for row in final_rows(make(tmp_path / make.__name__))]
        for make in (batch, stream)
    )
    assert read == streamed
    assert len(read) == 4


def test_the_highest_revision_counts_and_the_similarity_is_that_of_the_last_that_compared(tmp_path):
    rows = by_id(stream(tmp_path))
    assert [rows[one.article_id]["revision"] for one in (FIRST, COPY, THIRD)] == [1, 2, 3]
    assert [rows[one.article_id]["similarity"] for one in (FIRST, COPY, THIRD)] == [None, 0.8, 0.9]
    assert rows[THIRD.article_id]["title"] == "زيارة جديدة"


def test_the_order_of_the_commits_does_not_matter(tmp_path):
    decisions = [
        decided("b", "f"),
        decided("b", "c", revision=2, similarity=0.9),
        decided("b", "a", revision=3, similarity=0.8),
        decided("b", "a", "d", revision=4),
    ]
    for number, order in enumerate(itertools.permutations(decisions)):
        root = tmp_path / str(number)
        steps = [(0, {"decisions": [one]}) for one in order]
        row = by_id(grown(root, *steps))["b" * 32]
        found = (row["kept"], row["revision"], row["similarity"], row["parent_id"][0], row["root_id"][0])
        assert found == (False, 4, 0.8, "a", "d"), order


def test_an_article_that_was_dropped_at_once_has_its_names_from_duplicates(tmp_path):
    tables = {
        "articles": [tagged(FIRST)],
        "duplicates": [near(COPY, FIRST)],
        "decisions": [decided(FIRST), decided(COPY, FIRST, similarity=0.75)],
    }
    row = by_id(grown(tmp_path, (2, tables)))[COPY.article_id]
    assert (row["source"], row["title"], row["similarity"]) == ("sana", "زيارة جديدة", 0.75)


def test_an_article_in_two_rows_is_told_and_nothing_is_printed(tmp_path, capsys):
    folder = stream(tmp_path)
    grow(tmp_path, 7, (1, {"articles": [tagged(FIRST)]}))
    with pytest.raises(ManifestError, match=f"article {FIRST.article_id} lies in articles twice"):
        list(final_rows(folder))
    assert main(["inspect", str(tmp_path), "--final", "--jsonl"]) == ExitCode.DAMAGED
    told = capsys.readouterr()
    assert told.out == ""
    assert "lies in articles twice" in told.err


def test_a_batch_output_with_an_article_in_two_rows_is_told(tmp_path, capsys):
    again = article(0, origin=article(8).origin)
    output_folder(tmp_path, {"articles": [tagged(FIRST), tagged(again)], "inputs": [input_file(2)]})
    assert main(["inspect", str(tmp_path), "--final"]) == ExitCode.DAMAGED
    assert "lies in articles twice" in capsys.readouterr().err


@pytest.mark.parametrize("swapped", [False, True])
def test_an_article_that_is_kept_and_dropped_by_one_batch_run_is_told(tmp_path, swapped):
    tables = {"articles": [tagged(COPY)], "duplicates": [near(COPY, FIRST)]}
    output_folder(tmp_path, dict(reversed(tables.items())) if swapped else tables)
    with pytest.raises(ManifestError, match="lies in articles and in duplicates"):
        list(final_rows(OutputFolder(str(tmp_path))))


def test_a_kept_article_that_is_not_in_articles_is_told(tmp_path):
    with pytest.raises(ManifestError, match="is kept and is not in articles"):
        list(final_rows(grown(tmp_path, (0, {"decisions": [decided("a")]}))))


def test_an_article_that_nobody_decided_is_told(tmp_path):
    with pytest.raises(ManifestError, match="was never decided"):
        list(final_rows(grown(tmp_path, (1, {"articles": [tagged(FIRST)]}))))


def test_a_row_that_is_missing_is_told_though_the_article_was_dropped_later(tmp_path):
    steps = [(0, {"decisions": [one]}) for one in (decided("b"), decided("b", "a", revision=2))]
    with pytest.raises(ManifestError, match="is kept and is not in articles"):
        list(final_rows(grown(tmp_path, *steps)))


def test_an_article_that_was_dropped_at_once_has_no_row_in_articles(tmp_path):
    tables = {"articles": [tagged(COPY)], "decisions": [decided(COPY, "a")]}
    with pytest.raises(ManifestError, match="lies in articles once, and was dropped at once"):
        list(final_rows(grown(tmp_path, (1, tables))))


@pytest.mark.parametrize("later", [20_031, 20_500])
def test_an_article_that_comes_again_after_it_was_forgotten_is_one_article(tmp_path, later):
    steps = [
        (1, {"articles": [tagged(COPY)], "decisions": [decided(COPY)]}),
        (0, {"decisions": [decided(COPY, FIRST, revision=2, similarity=0.9)]}),
        (1, {"articles": [tagged(COPY)], "decisions": [decided(COPY, day=later)]}),
    ]
    for number, order in enumerate(itertools.permutations(steps)):
        (row,) = final_rows(grown(tmp_path / str(number), *order))
        assert (row["article_id"], row["kept"], row["revision"]) == (COPY.article_id, True, 1)
        assert (row["root_id"], row["similarity"]) == (COPY.article_id, None)


def test_an_article_that_is_decided_as_a_new_one_while_it_is_remembered_is_told(tmp_path):
    tables = [{"articles": [tagged(COPY)], "decisions": [decided(COPY, day=day)]} for day in (20_000, 20_030)]
    with pytest.raises(ManifestError, match=r"as a new one twice .*, on 2024-10-04 and on 2024-11-03"):
        list(final_rows(grown(tmp_path, *((1, one) for one in tables))))


def test_what_its_first_revision_dropped_needs_no_row_in_articles(tmp_path):
    steps = [(0, {"decisions": [one]}) for one in (decided("b", "a"), decided("b", revision=2))]
    assert by_id(grown(tmp_path, *steps))["b" * 32]["kept"]


def test_a_file_that_is_gone_or_damaged_is_told_with_the_way_out(tmp_path, capsys):
    stream(tmp_path)
    path = next((tmp_path / "articles").rglob("*.avro"))
    data = path.read_bytes()
    for damage in (data[: len(data) // 2], b"", b"no avro"):
        path.write_bytes(damage)
        assert main(["inspect", str(tmp_path), "--final"]) == ExitCode.DAMAGED
        told = capsys.readouterr().err
        assert "cannot be read" in told
        assert "`warraq verify" in told
    path.unlink()
    assert main(["inspect", str(tmp_path), "--final"]) == ExitCode.DAMAGED
    assert path.name in capsys.readouterr().err


def test_json_lines_hold_every_field_and_whole_ids(tmp_path):
    stream(tmp_path)
    rows = [json.loads(line) for line in show(tmp_path).splitlines()]
    assert [tuple(row) for row in rows] == [FIELDS] * 4
    assert {row["article_id"] for row in rows} == {one.article_id for one in (FIRST, OTHER, COPY, THIRD)}
    assert [json.loads(line) for line in show(tmp_path, limit=1, fields=["kept", "title"]).splitlines()] == [
        {"kept": rows[0]["kept"], "title": rows[0]["title"]}
    ]


def test_the_table_fits_a_line_and_counts_all(tmp_path, capsys):
    stream(tmp_path)
    shown = show(tmp_path, as_jsonl=False, limit=3)
    assert len([line for line in shown.splitlines() if "زيارة جديدة" in line or "خطة" in line]) == 3
    assert FIRST.article_id[:8] in shown or OTHER.article_id[:8] in shown
    assert FIRST.article_id not in shown
    assert "3 of 4 articles: 2 kept, 2 dropped; --fields A,B or --jsonl" in capsys.readouterr().err
    assert FIRST.article_id in show(tmp_path, as_jsonl=False, fields=["article_id"])


def test_escapes_in_a_title_cannot_reach_the_terminal(tmp_path):
    hostile = article(0, title="\x1b[31mخبر\u202eright[red]end[/red]")
    output_folder(tmp_path, {"articles": [tagged(hostile)], "inputs": [input_file(1)]})
    for as_jsonl in (True, False):
        shown = show(tmp_path, as_jsonl=as_jsonl)
        assert not {"\x1b", "\u202e"} & set(shown)
        assert "[red]end[/red]" in shown.replace("\n", "")


def test_what_is_no_output_folder_and_unknown_fields_are_refused_in_words(tmp_path):
    with pytest.raises(RunFailed, match="is no output folder"):
        show(tmp_path / "missing")
    batch(tmp_path)
    with pytest.raises(RunFailed, match=r"no field 'titel'; it has article_id, .*title"):
        show(tmp_path, fields=["titel"])
    assert main(["inspect", str(tmp_path), "--final", "--table", "articles"]) == ExitCode.USAGE
    for wrong in ("-1", "x", "1.5", "٣"):
        assert main(["inspect", str(tmp_path), "--final", f"--limit={wrong}"]) == ExitCode.USAGE


def test_any_order_of_decisions_folds_alike(tmp_path):
    dice = random.Random(5)
    articles = [article(number, f"خبر رقم {number}") for number in range(30)]
    decisions = [decided(one) for one in articles]
    for revision in (2, 3, 4):
        for one in dice.sample(articles[10:], 8):
            parent = dice.choice(articles[:10])
            decisions.append(decided(one, parent, revision=revision, similarity=0.7 + revision / 100))
    written = (30, {"articles": [tagged(one) for one in articles]})
    found = []
    for number in range(5):
        dice.shuffle(decisions)
        steps = [(0, {"decisions": decisions[part::3]}) for part in range(3)]
        dice.shuffle(steps := [*steps, written])
        found.append(list(final_rows(grown(tmp_path / str(number), *steps))))
    assert len(found[0]) == 30
    assert all(rows == found[0] for rows in found)
