import pytest

from schemas.elements import Origin, RawRecord
from transforms.aids import load_aids
from transforms.core.errors import ArticleError
from transforms.core.mapping import READY_MAPS
from transforms.core.pages import (
    choose_published,
    clean_author,
    clean_title,
    drop_disclaimers,
    drop_title,
    published_in_json_ld,
)
from transforms.core.parse import Aids, ParsePlan, parse
from transforms.core.reading import ReadRules, read_records

PARAGRAPHS = (
    "أعلنت هيئة الموانئ في المدينة الساحلية أن الرصيف الجديد سيستقبل السفن الكبيرة مع بداية الشهر المقبل بعد سنتين من العمل.",
    'وقال مدير الهيئة سالم الحارثي إن "الرصيف يتسع لأربع سفن في وقت واحد، وكلفته بلغت عشرين مليون دولار" خلال مؤتمر صحافي.',
    "وأضاف أن العمل في المرحلة الثانية يبدأ في أيلول/سبتمبر، وأن عدد العاملين فيه سيصل إلى نحو ثلاثمئة شخص من أبناء المنطقة.",
)
PAGE = """<!DOCTYPE html>
<html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>رصيف جديد في الميناء الكبير - صحيفة الساحل</title>
<link rel="canonical" href="https://www.alsahel.example/economy/2021/03/27/port">
<meta property="og:site_name" content="صحيفة الساحل"><meta name="author" content="ليلى منصور">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "datePublished": "2001-01-01"},
{"@type": ["NewsArticle"], "datePublished": "2021-03-28T01:30:00+03:00"}]}</script></head>
<body><nav><a href="/">الرئيسية</a> <a href="/sport">رياضة</a> <a href="/contact">اتصل بنا</a></nav>
<article><h1>رصيف جديد في الميناء الكبير</h1>BODY</article>
<div class="share">شارك على فيسبوك تويتر واتساب</div><aside><h3>الأكثر قراءة</h3><a href="/x">خبر آخر عن الطقس</a></aside>
<footer>جميع الحقوق محفوظة</footer></body></html>""".replace(
    "BODY", "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
)


def record(page):
    return RawRecord(page.encode(), "html", "utf-8", "", Origin("page.html", 0, 0))


def read(page):
    return parse(record(page), ParsePlan(READY_MAPS, {}), load_aids("off"))


def test_a_page_becomes_an_article_without_its_controls():
    article = read(PAGE)
    assert article.title_text == "رصيف جديد في الميناء الكبير"
    assert article.body.split("\n\n") == list(PARAGRAPHS)
    assert (article.author, article.source) == ("ليلى منصور", "alsahel.example")
    assert article.url == "https://www.alsahel.example/economy/2021/03/27/port"


def test_the_time_of_a_page_keeps_its_zone_for_the_day_that_relative_dates_mean():
    article = read(PAGE)
    assert article.published_us == 1_616_884_200_000_000  # 2021-03-27T22:30:00Z
    assert (article.news.published_day, article.news.published_by) == ("2021-03-28", "record")


def test_without_the_extra_a_page_is_refused_and_says_how_to_read_it():
    with pytest.raises(ArticleError, match=r"no_page_reader.*html"):
        parse(record(PAGE), ParsePlan(READY_MAPS, {}), Aids())


@pytest.mark.parametrize(
    "page", ["<html></html>", "<html><body></body></html>", "<!doctype html>\n<html>" + "<div>" * 70_000]
)
def test_a_page_without_an_article_is_a_dead_letter(page):
    with pytest.raises(ArticleError) as caught:
        read(page)
    assert caught.value.reason == "no_article_in_page"


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml", "a", "a.xml"])
def test_a_page_is_known_by_its_name_or_its_beginning(name, tmp_path):
    path = tmp_path / name
    path.write_text(PAGE, "utf-8")
    with path.open("rb") as stream:
        first, last = read_records(stream, str(path), path.stat().st_size, ReadRules())
    assert (first.form, last.form, last.records) == ("html", "html", 1)


def test_a_page_in_windows_1256_is_decoded(tmp_path):
    path = tmp_path / "old.html"
    path.write_bytes(PAGE.replace('charset="utf-8"', 'charset="windows-1256"').encode("cp1256"))
    with path.open("rb") as stream:
        found = next(read_records(stream, str(path), path.stat().st_size, ReadRules()))
    assert (
        parse(found, ParsePlan(READY_MAPS, {}), load_aids("off")).title_text == "رصيف جديد في الميناء الكبير"
    )


@pytest.mark.parametrize(
    ("arguments", "published"),
    [
        (("2020-01-02T03:04:05Z", {"date": "2019-01-01"}, [], "", ""), "2020-01-02T03:04:05Z"),
        (("", {"date": "2019-01-01", "article:published_time": "2020-05-06"}, [], "", ""), "2020-05-06"),
        (("", {"date": "يوم الأحد"}, ["2018-07-08T10:00"], "", ""), "2018-07-08T10:00"),
        (("", {}, [], "http://x.example/2013/middle_east/8/3/story", "2013-01-01"), "2013-08-03"),
        (("", {}, [], "http://x.example/news/202003171044893040-title", ""), "2020-03-17"),
        (("", {}, [], "http://x.example/2020-06-03-1.3874341", "2020-06-02"), "2020-06-03"),
        (("", {}, [], "http://x.example/2020/11/2338761/", "2020-11-09"), "2020-11-09"),
        (("", {}, [], "", ""), ""),
    ],
)
def test_structured_data_is_believed_before_the_url_and_guesses_last(arguments, published):
    assert choose_published(*arguments) == published


@pytest.mark.parametrize(
    "script", ["", "{", "[1, 2]", '{"@type": "Person", "datePublished": "2020-01-01"}', "[" * 100_000]
)
def test_json_ld_without_an_article_says_nothing(script):
    assert published_in_json_ld([script]) == ""


@pytest.mark.parametrize(
    ("title", "headings", "clean"),
    [
        ("رصيف جديد في الميناء - الساحل", [], "رصيف جديد في الميناء"),
        ("الساحل | رصيف جديد في الميناء", ["رصيف جديد في الميناء"], "رصيف جديد في الميناء"),
        ("الكبير - الصغير", [], "الكبير - الصغير"),
        ("  رصيف\n جديد ", [], "رصيف جديد"),
    ],
)
def test_a_title_loses_the_name_of_the_site(title, headings, clean):
    assert clean_title(title, headings) == clean


@pytest.mark.parametrize(
    ("author", "clean"),
    [(None, ""), ("http://x/a.png", ""), ("  ليلى   منصور ", "ليلى منصور"), ("x" * 90, "")],
)
def test_an_author_is_a_name(author, clean):
    assert clean_author(author) == clean


def test_a_title_repeated_as_first_paragraph_goes_and_so_do_disclaimers_at_the_end():
    assert drop_title("رصيف جديد.\n\nأعلنت", "رصيف جديد") == "أعلنت"
    assert drop_title("رصيف جديد", "رصيف جديد") == "رصيف جديد"
    body = "أعلنت الهيئة.\n\nالآراء الواردة هنا لا تعبر بالضرورة عن رأي الصحيفة"
    assert drop_disclaimers(body) == "أعلنت الهيئة."
