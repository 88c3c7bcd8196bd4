"""The whole tagger, with the shipped models, on invented articles and on sentences that leave no doubt."""

import dataclasses
import itertools
from collections import Counter

import pytest
from builders import article, normalized
from tag_samples import SAMPLES, bare_alefs, stretched, vocalised

from transforms.core.normalize import normalize_text
from transforms.core.tagging.tagger import GAZETTEERS, SPORT, TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.tag_models import load_tagger, load_taxonomy, tag_versions

NAMES = ("place", "person", "organisation")
SHARE = 0.85


def tagger(**rules):
    return load_tagger(TagRules(**rules), UserRules())


def of(sample, rewrite=str):
    return normalized(article(body=rewrite(sample.body), title=rewrite(sample.title)))


ARTICLES = [of(sample) for sample in SAMPLES]
TAGGED = tagger().tag(ARTICLES)
PAIRS = list(zip(SAMPLES, TAGGED, strict=True))


def named(body, title="خبر", source="wire"):
    """Return the tags of names in a sentence."""
    (tagged,) = tagger().tag([normalized(article(body=body, title=title, source=source))])
    return [tag for tag in tagged.tags if tag.kind in NAMES]


def values(body, kind, title="خبر"):
    return [tag.value for tag in named(body, title) if tag.kind == kind]


def by_entity(tags):
    entities = {}
    for tag in tags:
        entities.setdefault(tag.entity, []).append(tag)
    return list(entities.values())


@pytest.mark.parametrize("tagged", TAGGED, ids=[sample.subject for sample in SAMPLES])
def test_what_holds_of_every_tag(tagged):
    text = tagged.article.article.text
    for tag in tagged.tags:
        assert 0 <= tag.score <= 1
        assert tag.value
        assert tag.provenance.split(":")[0] in ("rule", "gaz", "model")
        if tag.kind == "topic":
            assert (tag.start, tag.end) == (None, None)
        else:
            assert text[tag.start : tag.end] == tag.value
            assert tag.value.strip() == tag.value
    for kind in {tag.kind for tag in tagged.tags} - {"topic"}:
        spans = sorted((tag.start, tag.end) for tag in tagged.tags if tag.kind == kind)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


@pytest.mark.parametrize("tagged", TAGGED, ids=[sample.subject for sample in SAMPLES])
def test_topics_come_first_the_best_first_and_then_tags_by_place(tagged):
    kinds = [tag.kind for tag in tagged.tags]
    count = kinds.count("topic")
    assert kinds[:count] == ["topic"] * count
    starts = [tag.start for tag in tagged.tags[count:]]
    assert starts == sorted(starts)
    top = [tag.score for tag in tagged.tags[:count] if tag.provenance.startswith("model:")]
    assert top == sorted(top, reverse=True)


@pytest.mark.parametrize("tagged", TAGGED, ids=[sample.subject for sample in SAMPLES])
def test_mentions_of_one_thing_share_its_number_and_other_things_do_not(tagged):
    for mentions in by_entity(tagged.tags):
        assert len({(tag.kind, tag.code, tag.canonical, tag.country) for tag in mentions}) == 1
    coded = [some[0] for some in by_entity(tagged.tags) if some[0].code]
    assert max(Counter((tag.kind, tag.code) for tag in coded).values()) == 1
    assert sorted({tag.entity for tag in tagged.tags}) == list(range(len(by_entity(tagged.tags))))


@pytest.mark.parametrize(("sample", "tagged"), PAIRS)
def test_an_article_is_about_its_topic(sample, tagged):
    topics = {tag.code: tag for tag in tagged.tags if tag.kind == "topic"}
    assert sample.topic in topics
    taxonomy = load_taxonomy()
    assert all(topics[code].canonical == taxonomy[code].label_en for code in topics)


def test_nearly_all_places_and_persons_of_the_articles_are_found():
    wanted, found = [], set()
    for number, (sample, tagged) in enumerate(PAIRS):
        wanted += [(number, "place", name) for name in sample.places]
        wanted += [(number, "person", name) for name in sample.persons]
        for tag in tagged.tags:
            found |= {(number, tag.kind, name) for name in (tag.value, tag.canonical)}
    missed = [name for name in wanted if name not in found]
    assert len(missed) <= (1 - SHARE) * len(wanted), missed


def test_keyphrases_are_of_the_article_and_not_too_many():
    for tagged in TAGGED:
        phrases = [tag for tag in tagged.tags if tag.kind == "keyphrase"]
        assert 1 <= len(phrases) <= TagRules().most_keyphrases
        assert all(tag.canonical == normalize_text(tag.value, "dedup") for tag in phrases)


def test_tagging_again_gives_the_same_tags():
    assert tagger().tag(ARTICLES) == TAGGED


@pytest.mark.parametrize("size", [1, 3, 7])
def test_an_article_has_the_same_tags_in_any_batch(size):
    found = [one for first in range(0, 8, size) for one in tagger().tag(ARTICLES[first : first + size])]
    assert found == TAGGED
    assert tagger().tag(ARTICLES[::-1]) == TAGGED[::-1]


def test_more_articles_than_are_read_together_have_the_same_tags():
    assert tagger().tag(ARTICLES * 10) == TAGGED * 10


def test_no_articles_have_no_tags_and_what_has_no_words_names_nothing():
    assert tagger().tag([]) == []
    for body in ("", " ", "،", "1", "😀", "\u200f"):
        text = f"{body}\n\n{body}"
        (tagged,) = tagger().tag([normalized(dataclasses.replace(article(body=body, title=body), text=text))])
        assert {tag.kind for tag in tagged.tags} <= {"topic"}


# Spellings


def bare(text):
    """Return a text without marks and tatweel, with bare alefs, and where each of its characters was."""
    kept = [
        (char, place)
        for place, char in enumerate(text)
        if not ("\u064b" <= char <= "\u0652" or char == "\u0640")
    ]
    places = {place: new for new, (_, place) in enumerate(kept)}
    return bare_alefs("".join(char for char, _ in kept)), places


def compared(tagged):
    """Return what all spellings of an article should have in common: each tag, and which letters it covers."""
    text = tagged.article.article.text
    letters, places = bare(text)
    rows = []
    for tag in tagged.tags:
        name = tag.code or normalize_text(tag.canonical, "dedup")
        spot = None
        if tag.start is not None:
            spot = places[tag.start], len(bare(text[: tag.end])[0])
            assert letters[slice(*spot)] == bare(tag.value)[0]
        rows.append((tag.kind, tag.type, name, tag.country, tag.score, tag.entity, spot))
    return letters, rows


SPELLINGS = {
    "bare alefs": bare_alefs,
    "vocalised": vocalised,
    "stretched": stretched,
    "vocalised and stretched": lambda text: vocalised(stretched(text)),
    "bare, stretched and vocalised": lambda text: stretched(vocalised(bare_alefs(text))),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("sample", "tagged"), PAIRS)
def test_an_article_has_the_same_tags_in_every_spelling(sample, tagged, spelling):
    rewritten = of(sample, SPELLINGS[spelling])
    assert rewritten.article.text != tagged.article.article.text
    letters, rows = compared(tagger().tag([rewritten])[0])
    known, expected = compared(tagged)
    assert letters == known
    assert rows == expected


@pytest.mark.parametrize("rewrite", [vocalised, stretched])
def test_other_spellings_have_the_same_letters(rewrite):
    for sample in SAMPLES:
        assert bare(rewrite(sample.body))[0] == bare(sample.body)[0]
        assert len(rewrite(sample.body)) > 1.1 * len(sample.body)


# Persons


def test_titles_are_off_and_a_last_name_is_the_person():
    tags = named("وصل الوزير سمير الحداد إلى بغداد. وقال الحداد إن الوضع صعب.")
    (mentions,) = [some for some in by_entity(tags) if some[0].kind == "person"]
    assert [tag.value for tag in mentions] == ["سمير الحداد", "الحداد"]
    assert {tag.canonical for tag in mentions} == {"سمير الحداد"}


def test_a_chain_of_ibn_is_one_person():
    (prince,) = values("استقبل الأمير فهد بن سالم بن علي الحربي الوفد في الرياض.", "person")
    assert prince.startswith("فهد بن سالم بن علي")


def test_two_persons_joined_by_waw_are_two():
    assert values("التقى سعيد الخوري ومحمد الهاشمي في بيروت.", "person") == ["سعيد الخوري", "محمد الهاشمي"]


def test_compound_names_are_whole():
    body = "قال عبد الرحمن الراشد إن العمل بدأ. وقال أبو بكر الهاشمي إن العمل انتهى."
    assert values(body, "person") == ["عبد الرحمن الراشد", "أبو بكر الهاشمي"]


def test_a_nationality_is_no_person():
    assert values("قال الجندي الروسي إن الطائرة الفرنسية عادت مع الطيار الأميركي.", "person") == []
    assert values("زار السفير البريطاني والوزير العراقي المعرض.", "person") == []


def test_a_person_of_the_body_is_found_in_the_title():
    body = "أعلن المصنع ذلك. وقال مازن العطار إن المصنع جاهز."
    tags = named(body, title="مازن العطار والمصنع الجديد")
    assert next(tag.start for tag in tags if tag.value == "مازن العطار") == 0
    assert len({tag.entity for tag in tags if tag.value == "مازن العطار"}) == 1


def test_a_street_is_no_person():
    assert values("يسكن في شارع محمد الخامس منذ عام.", "person") == []


def test_an_office_without_a_name_is_no_person():
    assert values("قال وزير الخارجية إن رئيس الوزراء سافر مع رئيس البرلمان.", "person") == []


# Places


def test_a_place_has_its_code_country_and_position():
    (baghdad,) = named("وصل الوفد إلى بغداد صباح اليوم.")
    assert (baghdad.kind, baghdad.value, baghdad.canonical, baghdad.country) == (
        "place",
        "بغداد",
        "بغداد",
        "IQ",
    )
    assert baghdad.code
    assert baghdad.lat == pytest.approx(33.3, abs=0.5)
    assert baghdad.lon == pytest.approx(44.4, abs=0.5)


def test_clitics_are_no_part_of_a_place_and_lam_hides_the_article():
    tags = named("قدمت الدول دعما للعراق وللسودان، ثم سافر الوفد إلى لبنان فالأردن وبالقاهرة اجتمع.")
    assert [(tag.value, tag.country) for tag in tags if tag.kind == "place"] == [
        ("لعراق", "IQ"),
        ("لسودان", "SD"),
        ("لبنان", "LB"),
        ("الأردن", "JO"),
        ("القاهرة", "EG"),
    ]
    assert tags[0].canonical == "العراق"


def test_a_short_place_with_a_clitic_is_linked():
    tags = named("اتفق لبنان ومصر على ذلك في القاهرة.")
    assert ("مصر", "EG") in [(tag.value, tag.code) for tag in tags]


def test_the_city_alone_is_no_place():
    assert values("وصل إلى المدينة وفد من المحافظة، ثم عاد من المدينة إلى القرية.", "place") == []


def test_a_place_is_found_after_in():
    assert values("وقع الانفجار في الموصل وسقط قتلى في البصرة.", "place") == ["الموصل", "البصرة"]


def test_people_of_a_country_are_no_place():
    assert values("قال اليمنيون والسوريون واللبنانيون إن الوزير الروسي وصل.", "place") == []


def test_a_country_that_plays_is_a_place():
    tags = named("فاز العراق على الأردن في مباراة كرة القدم بهدف سجله المهاجم.", title="فوز العراق")
    assert {(tag.kind, tag.code) for tag in tags} == {("place", "IQ"), ("place", "JO")}


def test_two_names_of_a_country_are_one_thing():
    tags = [tag for tag in named("في سوريا حرب. وعادت سورية إلى المفاوضات في سوريا.") if tag.kind == "place"]
    assert {tag.code for tag in tags} == {"SY"}
    assert len({tag.entity for tag in tags}) == 1


def test_amman_in_jordan_is_no_sultanate():
    tags = named("سافر الوفد إلى عمان ثم إربد والزرقاء في الأردن.")
    assert [tag.country for tag in tags if tag.value == "عمان"] == ["JO"]
    assert [tag.country for tag in named("في سلطنة عمان") if tag.kind == "place"] == ["OM"]


# Bodies


@pytest.mark.parametrize(
    "name", ["وزارة الصحة", "وزارة الداخلية اللبنانية", "مجلس النواب العراقي", "جامعة القاهرة", "محكمة بيروت"]
)
def test_a_body_is_named_by_its_head_and_what_completes_it(name):
    assert name in values(f"أعلنت {name} ذلك في بيان يوم الأحد.", "organisation")


def test_a_known_body_has_its_code():
    (nations,) = [tag for tag in named("دعت الأمم المتحدة إلى وقف القتال.") if tag.kind == "organisation"]
    assert nations.value == "الأمم المتحدة"
    assert nations.code
    assert nations.type


def test_a_kind_of_body_alone_is_no_body():
    assert values("قالت الحكومة إن الشرطة والجيش في المدينة.", "organisation") == []


def test_a_club_is_one_in_sport_only():
    sport = (
        "سجل المهاجم هدفين في مباراة الدوري لكرة القدم، وتصدر الهلال الترتيب بعد فوزه على النصر في الرياض."
    )
    assert {"الهلال", "النصر"} <= set(values(sport, "organisation", title="الهلال يهزم النصر"))
    assert values("رأى الناس الهلال في السماء، وكان النصر قريبا.", "organisation") == []


# Switches


def kinds(**rules):
    return {tag.kind for tagged in tagger(**rules).tag(ARTICLES) for tag in tagged.tags}


def test_each_kind_of_tag_can_be_switched_off():
    every = {"topic", "place", "person", "organisation", "keyphrase"}
    assert kinds() == every
    assert kinds(topics=False) == every - {"topic"}
    assert kinds(keyphrases=False) == every - {"keyphrase"}
    assert kinds(entities=False) == {"topic", "keyphrase"}
    assert kinds(topics=False, entities=False, keyphrases=False) == set()


def test_what_is_switched_off_changes_nothing_else():
    for tagged, some in zip(TAGGED, tagger(keyphrases=False).tag(ARTICLES), strict=True):
        assert list(some.tags) == [tag for tag in tagged.tags if tag.kind != "keyphrase"]


@pytest.mark.parametrize("used", [(), ("places",), ("organisations", "persons"), GAZETTEERS[::-1]])
def test_codes_come_from_the_gazetteers_that_are_used(used):
    tags = [tag for one in tagger(gazetteers=used, topics=False).tag(ARTICLES) for tag in one.tags]
    assert any(tag.code for tag in tags if tag.kind == "place") == ("places" in used)
    assert any(tag.code for tag in tags if tag.kind == "organisation") == ("organisations" in used)
    named_by = {tag.provenance.split("@")[0] for tag in tags if tag.provenance.startswith("gaz:")}
    assert named_by <= {f"gaz:{name}" for name in used}
    if set(used) == set(GAZETTEERS):
        assert tags == [tag for one in tagger(topics=False).tag(ARTICLES) for tag in one.tags]


def test_as_many_keyphrases_as_are_wanted():
    for tagged in tagger(most_keyphrases=2).tag(ARTICLES):
        assert [tag.kind for tag in tagged.tags].count("keyphrase") <= 2


def test_the_users_switches_count_too():
    off = load_tagger(TagRules(), UserRules(disabled=("topics", "keyphrases")))
    assert {tag.kind for one in off.tag(ARTICLES) for tag in one.tags} == {"place", "person", "organisation"}


def test_sport_is_a_topic_of_the_list():
    assert load_taxonomy()[SPORT].label_en == "sport"


def test_versions_name_what_the_tags_depend_on():
    versions = tag_versions(TagRules(), UserRules())
    assert {"model:topics", "model:entities", "model:keyphrases"} <= set(versions)
    assert {"gaz:places", "gaz:organisations", "gaz:persons"} <= set(versions)
    assert all(len(version) == 12 for version in versions.values())
    assert not any("model:entities" in name for name in tag_versions(TagRules(entities=False), UserRules()))
    stated = {
        part.split("@")[0]: part.split("@")[1]
        for tagged in TAGGED
        for tag in tagged.tags
        for part in tag.provenance.split("+")
        if "@" in part
    }
    assert all(versions[name] == version for name, version in stated.items())
