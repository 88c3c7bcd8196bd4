"""`warraq explain` as a user calls it: what became of an article, and why."""

import contextlib
import io
import json
import re

import pytest
from corpus import warraq

from pipelines.cli import main
from pipelines.outcome import ExitCode

SAME_AS_RUN = ("--set", "run.max_dead_letter_share=1")

LEAD = "اعلنت بلدية المرفأ الاحد افتتاح سوق السمك الجديد على الواجهة البحرية بعد اعمال استمرت عامين كاملين"
MIDDLE = (
    "وقال رئيس البلدية ان السوق يضم ستين محلا ومختبرا لفحص الجودة ومواقف للشاحنات المبردة وانه سيوفر فرص عمل لابناء الحي القديم"
    " واضاف ان الصيادين شاركوا في وضع المخطط منذ بدايته وطالبوا بتوسعة الرصيف الشرقي وتزويده بالكهرباء والمياه العذبة"
)
CLOSE = "ومن المقرر ان تبدأ الحركة التجارية في السوق مطلع الاسبوع المقبل وسط توقعات باقبال كبير من سكان المدن المجاورة والمطاعم"
STORY = f"{LEAD}.\n{MIDDLE}.\n{CLOSE}."
NEAR = STORY.replace("ستين محلا", "سبعين متجرا").replace("وسط توقعات باقبال كبير", "بحضور المحافظ")
OTHER = (
    "رابح نادي الساحل مباراته الودية امام ضيفه فريق الجبل بهدفين نظيفين سجلهما المهاجم الشاب في الشوط الثاني من اللقاء الذي"
    " اقيم على ملعب الجامعة في بغداد وحضره جمهور قليل بسبب الامطار الغزيرة التي هطلت قبل صفارة البداية بساعة\u200b واحدة"
)


def record(hour, body, **changes):
    value = {
        "source": "wire",
        "url": f"http://example.org/{hour}",
        "published": f"2025-03-02T{hour:02d}:00:00Z",
        "title": f"خبر الساعة {hour}",
        "body": body,
    }
    return json.dumps({**value, **changes}, ensure_ascii=False)


LINES = {
    "story": record(1, STORY),
    "exact": record(2, STORY.replace("الاحد", "الأحد"), source="copier"),
    "near": record(5, NEAR, source="rewriter"),
    "repeat": record(1, STORY),
    "other": record(7, OTHER),
    "english": record(
        8, "The harbour market opened on Sunday after two years of work on the quay and the roads."
    ),
    "broken": '{"title": ',
}
PLACES = {name: f"day.jsonl#{index}" for index, name in enumerate(LINES)}


def explain(*arguments, code=0):
    """What the command prints, in this process: starting Beam anew for each article takes seconds."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        found = main(["explain", *map(str, arguments)])
    assert found == code, err.getvalue()
    return out.getvalue() if code == 0 else err.getvalue()


def explained(*arguments):
    return json.loads(explain(*arguments, "--format", "json", *SAME_AS_RUN))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    (folder / "in").mkdir()
    (folder / "in" / "day.jsonl").write_text("\n".join(LINES.values()) + "\n", "utf-8")
    warraq("batch", "--quiet", "--input", folder / "in", "--output", folder / "out", *SAME_AS_RUN)
    return folder


@pytest.fixture(scope="module")
def told(run):
    """Every record's explanation, by its name in LINES."""
    return {name: explained(run / "out", place) for name, place in PLACES.items()}


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


def text_of(run, name):
    return explain(run / "out", PLACES[name], *SAME_AS_RUN).replace("\u200e", "")


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def test_a_kept_article_tells_where_it_was_read_and_written(told, run):
    story = told["story"]
    assert story["outcome"] == "kept"
    read, written = story["read"], story["written"]
    assert (read["uri"], read["index"], read["offset"]) == (str(run / "in" / "day.jsonl"), 0, 0)
    assert (read["form"], read["compression"], read["encoding"]) == ("json_lines", "none", "utf-8")
    assert (run / "out" / written["path"]).is_file()
    assert (written["table"], written["row"], written["generation"]) == ("articles", 1, 1)
    assert story["notes"] == []


def test_a_kept_article_tells_its_duplicates_and_that_none_came_before(told):
    decision = told["story"]["decision"]
    assert "no earlier article within 14 days was found" in decision["because"]
    children = {child["relation"]: child for child in decision["duplicates"]}
    assert set(children) == {"exact", "near"}
    assert all(child["is_root"] for child in children.values())
    assert children["near"]["article_id"] == told["near"]["article_id"]


def test_the_record_read_again_is_told_with_its_article(told):
    assert told["repeat"]["article_id"] == told["story"]["article_id"]
    again = told["story"]["read"]["read_again"]
    assert [(item["index"], item["relation"]) for item in again] == [(3, "repeat")]


def test_an_exact_copy_has_every_compared_word_of_its_parent(told):
    exact = told["exact"]
    assert (exact["outcome"], exact["decision"]["relation"]) == ("dropped", "exact")
    assert exact["decision"]["parent"]["article_id"] == told["story"]["article_id"]
    assert [run["same"] for run in exact["decision"]["comparison"]["runs"]] == [True]
    assert "1.0 hours apart" in exact["decision"]["because"]


def test_a_near_copy_tells_its_figures_and_just_the_words_that_differ(told):
    decision = told["near"]["decision"]
    assert decision["relation"] == "near"
    assert decision["jaccard"] >= decision["threshold"] == 0.7
    assert decision["shared_shingles"] < min(decision["shingles"], decision["parent_shingles"])
    assert decision["days_apart"] == pytest.approx(4 / 24, abs=1e-3)
    runs = decision["comparison"]["runs"]
    assert [(run["earlier"], run["later"]) for run in runs if not run["same"]] == [
        ("ستين محلا", "سبعين متجرا"),
        ("وسط توقعات باقبال كبير", "بحضور المحافظ"),
    ]
    assert (decision["comparison"]["earlier_from"], decision["comparison"]["later_from"]) == (
        "articles",
        "input",
    )


def test_text_shows_both_texts_side_by_side_with_brackets_around_what_differs(run):
    text = text_of(run, "near")
    assert "DROPPED as a near duplicate" in text
    (line,) = [line for line in text.splitlines() if "[-ستين محلا-]" in line]
    left, right = line.split("│")
    assert "{+سبعين متجرا+}" in right
    assert "{+" not in left
    assert "[-" not in right
    assert re.search(r"… \(\d+ words\) …", text)
    assert "\x1b" not in text


def test_columns_are_fenced_against_terminals_that_reorder(run):
    raw = warraq("explain", run / "out", PLACES["near"], *SAME_AS_RUN, COLUMNS="90").stdout
    rows = [line for line in raw.splitlines() if " │ " in line]
    assert rows
    assert all("\u200e │ \u200e" in line and line.strip().startswith("\u200e") for line in rows)


def test_invisible_characters_that_were_repaired_are_named(told, run):
    (repair,) = told["other"]["normalised"]["repairs"]
    assert repair["text"] == "بساعة\u200b"
    assert repair["display"] == "بساعة"
    assert "⟨U+200B⟩" in text_of(run, "other")


def test_tags_stand_with_the_words_around_them(told, run):
    (tag,) = [tag for tag in told["other"]["tags"] if tag["value"] == "بغداد" and tag["kind"] == "place"]
    assert tag["before"].endswith("الجامعة في ")
    assert tag["after"].startswith(" وحضره")
    assert tag["provenance"].startswith(("gaz:", "model:"))
    assert "الجامعة في [بغداد] وحضره" in squeezed(text_of(run, "other"))
    assert told["near"]["tags"] is None


def test_a_filtered_record_tells_the_reason_and_what_it_means(told, run):
    english = told["english"]
    assert (english["outcome"], english["decision"]["reason"]) == ("filtered", "not_arabic")
    assert english["decision"]["meaning"] == "the article is not in a wanted language"
    assert "FILTERED: not_arabic" in text_of(run, "english")


def test_a_dead_letter_is_found_by_its_place(told, run):
    broken = told["broken"]
    assert (broken["outcome"], broken["decision"]["reason"]) == ("dead_letter", "bad_json")
    assert broken["article_id"] is None
    text = text_of(run, "broken")
    assert "the record is no valid JSON" in text
    assert '{"title":' in text


def test_the_beginning_of_an_id_is_enough(told, run):
    whole = told["near"]["article_id"]
    for name in (whole, whole.upper(), whole[:10]):
        assert explained(run / "out", name) == told["near"]


def test_another_configuration_than_the_run_had_is_noted(run):
    assert "note: the run had another configuration" in explain(run / "out", PLACES["near"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("0" * 32, "no record of this output has the article id"),
        ("000000", "no article has an id that begins with 000000 in generation 1"),
        ("12345", "'12345' is no article id: wanted its 32 hexadecimal digits"),
        ("day.jsonl#99", "no record was read at day.jsonl#99"),
    ],
)
def test_an_article_that_is_not_there_is_a_usage_error(run, name, message):
    assert message in explain(run / "out", name, code=ExitCode.USAGE)


def test_a_folder_that_is_no_output_is_a_usage_error(run):
    assert "is no output folder" in explain(run / "in", "0" * 32, code=ExitCode.USAGE)


def test_a_file_that_is_gone_or_changed_is_told_and_the_row_still_shown(run, told):
    file = run / "in" / "day.jsonl"
    content = file.read_text("utf-8")
    try:
        file.write_text("\n".join(reversed(content.splitlines())) + "\n", "utf-8")
        changed = explained(run / "out", PLACES["exact"])
        assert "now gives another article" in " ".join(changed["notes"])
        file.unlink()
        gone = explained(run / "out", PLACES["near"])
        text = squeezed(text_of(run, "near"))
    finally:
        file.write_text(content, "utf-8")
    assert "cannot be read any more" in " ".join(gone["notes"])
    assert gone["decision"]["comparison"] is None
    assert gone["decision"]["jaccard"] == told["near"]["decision"]["jaccard"]
    assert "only its row is shown" in text


def test_a_damaged_file_has_an_exit_code_of_its_own(run, told):
    file = run / "out" / told["near"]["written"]["path"]
    data = file.read_bytes()
    try:
        file.write_bytes(data[: len(data) // 2])
        message = explain(run / "out", told["near"]["article_id"], code=ExitCode.DAMAGED)
    finally:
        file.write_bytes(data)
    assert "warraq verify" in message
