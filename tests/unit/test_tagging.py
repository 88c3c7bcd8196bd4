from schemas.elements import Article, NormalizedArticle, Origin, Span
from transforms.core.tagging.gazetteer import parse_gazetteer
from transforms.core.tagging.tagger import Matcher, tag

TABLE = "\n".join(
    "\t".join(row)
    for row in [
        ("name", "kind", "code", "country", "canonical", "name_en", "variants"),
        ("العراق", "country", "IQ", "IQ", "العراق", "Iraq", ""),
        ("سوريا", "country", "SY", "SY", "سوريا", "Syria", "سورية"),
        ("السودان", "country", "SD", "SD", "السودان", "Sudan", ""),
        ("جنوب السودان", "country", "SS", "SS", "جنوب السودان", "South Sudan", ""),
        ("الولايات المتحدة", "country", "US", "US", "الولايات المتحدة", "United States", "أميركا"),
        ("لبنان", "country", "LB", "LB", "لبنان", "Lebanon", ""),
    ]
)
MATCHER = Matcher((parse_gazetteer("places", TABLE),))


def tags(text):
    article = Article("id", "s", "", text, Span(0, 0), 0, (), (), "", None, None, "ar", (), Origin("f", 0, 0))
    found = tag(NormalizedArticle(article, b"", 1, "v"), MATCHER).tags
    assert all(text[one.start : one.end] == one.value for one in found)
    return [(one.value, one.code) for one in found]


def test_names_are_found_with_and_without_clitics():
    assert tags("وصل الى العراق وسوريا فلبنان ثم بسوريا") == [
        ("العراق", "IQ"),
        ("سوريا", "SY"),
        ("لبنان", "LB"),
        ("سوريا", "SY"),
    ]


def test_lam_and_the_article_are_one_word():
    assert tags("دعم للعراق وللسودان") == [("لعراق", "IQ"), ("لسودان", "SD")]


def test_the_longest_name_wins():
    assert tags("في جنوب السودان والسودان") == [("جنوب السودان", "SS"), ("السودان", "SD")]


def test_a_name_inside_a_word_is_no_name():
    assert tags("السوريات يلبننان العراقيون") == []


def test_spelling_and_marks_do_not_matter_and_the_surface_form_keeps_them():
    assert tags("سُورِيَّةُ وأمـيركا") == [("سُورِيَّةُ", "SY"), ("أمـيركا", "US")]


def test_a_name_may_cross_a_line_but_no_punctuation():
    assert tags("الولايات\nالمتحدة، لبنان") == [("الولايات\nالمتحدة", "US"), ("لبنان", "LB")]
    assert tags("بعض الولايات، المتحدة منها") == []
    assert tags("هذه الولايات\n\nالمتحدة") == []


def test_tags_carry_their_evidence():
    article = Article(
        "id", "s", "", "في لبنان", Span(0, 0), 0, (), (), "", None, None, "ar", (), Origin("f", 0, 0)
    )
    (found,) = tag(NormalizedArticle(article, b"", 1, "v"), MATCHER).tags
    assert (found.kind, found.canonical, found.country, found.start, found.end) == (
        "country",
        "لبنان",
        "LB",
        3,
        8,
    )
    assert found.provenance.startswith("gaz:places@")


def test_a_long_name_across_punctuation_does_not_hide_the_short_one_in_it():
    table = TABLE + "\n" + "السودان لبنان\tx\tXX\tXX\tالسودان لبنان\tx\t"
    matcher = Matcher((parse_gazetteer("places", table),))
    text = "زار السودان، لبنان اليوم"
    article = Article("id", "s", "", text, Span(0, 0), 0, (), (), "", None, None, "ar", (), Origin("f", 0, 0))
    found = tag(NormalizedArticle(article, b"", 1, "v"), matcher).tags
    assert [one.code for one in found] == ["SD", "LB"]


def test_every_name_of_the_shipped_list_is_found_as_it_is_written():
    from transforms.tag import load_gazetteers

    (places,) = load_gazetteers(("places",))
    matcher = Matcher((places,))
    for name, entry in places.names.items():
        found = list(matcher.find(f"زار {name} اليوم", lambda start, end: True))
        assert [(start, end) for start, end, _, _ in found] == [(4, 4 + len(name))], name
        assert found[0][2] == entry
