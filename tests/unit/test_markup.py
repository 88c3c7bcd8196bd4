import time

import pytest
from reading_samples import SENTENCES

from transforms.core.markup import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("نص بلا وسوم", "نص بلا وسوم"),
        (f"<p>{SENTENCES[0]}</p>\n<p>{SENTENCES[1]}</p>", f"{SENTENCES[0]}\n\n{SENTENCES[1]}"),
        ("أول<br>ثان<BR/>ثالث", "أول\n\nثان\n\nثالث"),
        ("<div>أول<b> غليظ </b>\n  وبقية</div>", "أول غليظ وبقية"),
        ("كلمة<b>متصلة</b>", "كلمةمتصلة"),
        ("أ<script>if (a<b) x('</p>')</script>ب<style>p{}</STYLE>ج", "أبج"),
        ("أ<!-- تعليق <p> -->ب", "أب"),
        ("&laquo;قول&raquo; &amp; &#1571;&#x628;&nbsp;ج", "«قول» & أب ج"),
        ("&amp;lt;b&gt;", "&lt;b>"),
        ("<a title=\"a>b\" href='x>y'>نص</a>", "نص"),
        ("5 < 6 و 7 > 3", "5 < 6 و 7 > 3"),
        ("نص <b", "نص <b"),
        ("<![CDATA[نص]]> <?php x ?> <!DOCTYPE html>", "نص"),
        ("أ<![oops", "أ<![oops"),
        ("<ul><li>أ</li><li>ب</li></ul>", "أ\n\nب"),
        ("أ\x1eب", "أ ب"),
        ("أ<script>لا ينتهي", "أ"),
        ('<a title="x>نص</a> ثم <p>فقرة</p>', "نص ثم\n\nفقرة"),
        ("&#" + "9" * 6000 + ";", "\ufffd"),
        ("&#xD800;&#0;", "\ufffd\ufffd"),
    ],
)
def test_markup_becomes_text(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<!",
        '<a "',
        "<a '\"",
        "<!--",
        "<![",
        "<![CDATA[",
        "</",
        "<a ",
        "&#",
        "&",
        "<script>",
        "<p>",
        "<script></style>",
        "\n ",
        "<b>x",
    ],
)
def test_hostile_repetition_takes_linear_time(unit):
    began = time.process_time()
    html_to_text(unit * (400_000 // len(unit)))
    assert time.process_time() - began < 2


def test_deep_nesting_is_no_problem():
    assert html_to_text("<div>" * 100_000 + "نص" + "</div>" * 100_000) == "نص"
