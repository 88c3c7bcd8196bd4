import time

from schemas.elements import Span
from transforms.core.structure import lay_out_body, lay_out_text

WIRE = "\n  عنوان الخبر \n\nالفقرة الاولى هنا.\n\n\n\n– دير الورد تاليا –\n\nالفقرة الثانية.\r\nوسطر ثالث\n"


def texts(text, spans):
    return [text[start:end] for start, end in spans]


def test_a_text_file_begins_with_its_title():
    layout = lay_out_text(WIRE)
    assert texts(WIRE, [layout.title]) == ["عنوان الخبر"]
    assert WIRE[layout.body_start :].startswith("الفقرة الاولى")


def test_paragraphs_are_lines_and_sub_heads_stand_between_dashes():
    layout = lay_out_text(WIRE)
    assert texts(WIRE, layout.paragraphs) == ["الفقرة الاولى هنا.", "الفقرة الثانية.", "وسطر ثالث"]
    assert texts(WIRE, layout.subheads) == ["دير الورد تاليا"]


def test_a_long_dashed_line_is_a_paragraph():
    line = "– " + "كلمة " * 20 + "–"
    assert lay_out_body(line, 0, 0).subheads == ()


def test_dashes_of_every_kind_frame_a_sub_head():
    for dash in ("-", "--", "–", "—", "ـ"):
        assert lay_out_body(f"{dash} هدنة {dash}", 0, 0).subheads == (Span(len(dash) + 1, len(dash) + 5),)


def test_an_empty_text_has_no_parts():
    assert lay_out_text(" \n\n\u200f\n").paragraphs == ()
    assert lay_out_text("").title == Span(0, 0)


def test_a_title_without_body_leaves_the_body_empty():
    text = "عنوان وحيد\n"
    assert text[lay_out_text(text).body_start :] == ""


def test_attack_lines_take_time_in_proportion():
    def seconds(size):
        text = "- " + "a " * size
        started = time.perf_counter()
        lay_out_text(text + "\n" + "- " * size)
        return time.perf_counter() - started

    assert seconds(200_000) < 2
