"""The rules of names on small sentences: what the model said of each word stands in the sentence, so no model is asked."""

import itertools
import re

import numpy as np
import pytest

from transforms.core.tagging import bodies, people, places
from transforms.core.tagging.chain import Labels
from transforms.core.tagging.entity_lexicon import make_entity_lexicon
from transforms.core.tagging.gazetteer import COLUMNS, Entry
from transforms.core.tagging.mentions import Mention, Reading, hits_by_token, letters_before, spans_of
from transforms.core.tagging.recurrence import found_again
from transforms.core.tagging.words import read_words

PLACES = """
العراق place country IQ IQ العراق - 33 44 0 - -
لبنان place country LB LB لبنان - 34 36 0 - -
مصر place country EG EG مصر - 27 30 0 - -
الأردن place country JO JO الأردن - 31 36 0 - -
بيروت place capital geo:1 LB بيروت - 34 36 0 - -
القاهرة place capital geo:2 EG القاهرة - 30 31 0 - -
المدينة_المنورة place city geo:3 SA المدينة_المنورة - 24 40 0 - -
صور place city geo:4 LB صور - 33 35 0 slot -
تدمر place city geo:5 SY تدمر - 34 38 0 slot -
عين_الحلوة place town geo:6 LB عين_الحلوة - 33 35 0 - -
الحلوة place town geo:7 SD الحلوة - 33 35 0 - -
طرابلس place city geo:8 LB طرابلس - 34 36 200 - -
طرابلس place capital geo:9 LY طرابلس - 33 13 100 - -
النبع place town geo:10 LB النبع - 33 35 0 link -
اللاذقية place city geo:11 SY اللاذقية - 33 35 0 - -
"""
ORGANISATIONS = """
الأمم_المتحدة organisation un_body org:un - الأمم_المتحدة - - - - - -
جامعة_الدول_العربية organisation intl_body org:al - جامعة_الدول_العربية - - - - - -
النصر organisation club org:nasr SA نادي_النصر - - - - sport -
الأفق organisation newspaper org:ufuq LB صحيفة_الأفق - - - - head -
"""
PERSONS = """
سعيد given
سمير given
محمد given
سالم given
علي given
وليد given
كريم given
ريم given
روسيا given
السيد given
الخوري surname
الحداد surname
منصور surname
ريم_منصور full
"""
TRIGGERS = """
الوزير person_title
وزير_الخارجية person_title
الأمير person_title
الدكتور person_title
السيد person_title
المتحدث_باسم person_title
شارع person_blocker
جامعة person_blocker
مدينة place_head
شارع place_head
محافظة place_head
وزارة org_head
مجلس org_head
نادي org_head
جامعة org_head
شركة org_head
لجنة org_head
هيئة org_head
صحيفة org_head
الشرطة generic_org
الحكومة generic_org
قال speech_verb
"""
DEMONYMS = """
لبناني LB
اللبناني LB
لبنانية LB
اللبنانية LB
روسي RU
الروسي RU
اللبنانيون LB
عراقية IQ
العراقية IQ
"""


def table(rows, *header):
    """Return a tab-separated table; in `rows`, blanks part the cells, _ is a blank and - is nothing."""
    lines = [
        [cell.replace("_", " ") if cell != "-" else "" for cell in row.split(" ")]
        for row in rows.strip().split("\n")
    ]
    return "\n".join("\t".join(cells) for cells in [header, *lines]) + "\n"


LEXICON = make_entity_lexicon(
    {
        "places": table(PLACES, *COLUMNS).replace("un body", "un_body"),
        "organisations": table(ORGANISATIONS, *COLUMNS),
        "persons": table(
            "\n".join(f"{row} 1" for row in PERSONS.strip().split("\n")), "name", "role", "count"
        ),
        "demonyms": table(DEMONYMS, "form", "country"),
        "ambiguous_places": "name\tcandidates\trule\nطرابلس\tgeo:9|geo:8\t\n",
        "triggers": "word\tclass\n"
        + "\n".join(
            f"{phrase.replace('_', ' ')}\t{kind}"
            for phrase, kind in (row.split(" ") for row in TRIGGERS.strip().split("\n"))
        )
        + "\n",
    },
    {
        "words": np.frombuffer("كتاب".encode(), np.uint8),
        "fine": np.array([1]),
        "coarse": np.array([1]),
    },
)
RULES = {"PER": people.persons_in, "LOC": places.places_in, "ORG": bodies.bodies_in}


def read(sentence):
    """Return the reading of a sentence, and its runs: `<PER: سمير الحداد>` is a run of two words that the model gave one type."""
    text, types = "", []
    for piece in re.split("(<[^>]*>)", sentence):
        if piece.startswith("<"):
            kind, name = piece[1:-1].split(": ")
            types.append((len(read_words([text]).forms()), len(read_words([name]).forms()), kind))
            text += name
        else:
            text += piece
    words = read_words([text])
    forms = words.forms()
    given = [""] * len(forms)
    for first, count, kind in types:
        given[first : first + count] = [kind] * count
    reading = Reading(
        words,
        forms,
        words.breaks.tolist(),
        words.kinds.tolist(),
        given,
        hits_by_token(LEXICON.index.find(words, forms)),
        LEXICON,
        0,
        len(forms),
    )
    return reading, [(first, first + count, kind) for first, count, kind in types]


def mentions(sentence):
    """Return the mentions that the rules make of the runs of a sentence, and their reading."""
    reading, runs = read(sentence)
    found = [
        mention
        for first, last, kind in runs
        for mention in RULES[kind](reading, first, last, 0.9, "model:test")
    ]
    return reading, found


def spelled(reading, mention):
    start = int(reading.words.starts[mention.first]) + mention.cut
    low, high = reading.words.span(0, start, int(reading.words.ends[mention.last - 1]))
    return reading.words.texts[0][low:high]


def named(sentence):
    """Return the kind and the surface form of what a sentence names."""
    reading, found = mentions(sentence)
    return [(mention.kind, spelled(reading, mention)) for mention in found]


def persons(sentence):
    found = named(sentence)
    assert all(kind == "person" for kind, _ in found)
    return [name for _, name in found]


def codes(sentence):
    return [[entry.code for entry in mention.meanings] for mention in mentions(sentence)[1]]


# Persons


@pytest.mark.parametrize(
    "titled",
    [
        "الوزير سمير الحداد",
        "وزير الخارجية سمير الحداد",
        "للوزير الدكتور سمير الحداد",
        "السيد سمير الحداد",
        "والمتحدث باسم وزير الخارجية سمير الحداد",
    ],
)
def test_titles_are_no_part_of_a_name(titled):
    assert persons(f"زار <PER: {titled}> المعرض") == ["سمير الحداد"]


def test_a_title_alone_names_nobody():
    assert persons("قال <PER: الوزير> ثم قال <PER: وزير الخارجية>") == []


def test_a_name_goes_on_over_ibn_and_what_follows():
    assert persons("قال <PER: سالم> بن محمد بن علي الحداد") == ["سالم بن محمد بن علي"]
    assert persons("قال <PER: محمد بن> سالم") == ["محمد بن سالم"]
    assert persons("قال <PER: سعيد> آل منصور") == ["سعيد آل منصور"]


def test_the_second_word_of_a_compound_belongs_to_the_name():
    assert persons("قال <PER: محمد عبد> الرحمن") == ["محمد عبد الرحمن"]
    assert persons("قال <PER: علاء> الدين <PER: سعيد>") == ["علاء الدين", "سعيد"]
    assert persons("قال <PER: سمير أبو> منصور") == ["سمير أبو منصور"]


def test_a_name_does_not_end_open():
    assert persons("قال <PER: محمد بن> ، ثم") == ["محمد"]
    assert persons("قال <PER: محمد عبد>\nالرحمن") == ["محمد"]


def test_waw_before_a_given_name_begins_another_person():
    assert persons("التقى <PER: سعيد الخوري وسمير الحداد> أمس") == ["سعيد الخوري", "سمير الحداد"]
    assert persons("حضر <PER: سعيد وسمير ومحمد الحداد>") == ["سعيد", "سمير", "محمد الحداد"]


def test_a_name_that_begins_with_waw_is_whole():
    assert persons("التقى <PER: سعيد وليد الخوري>") == ["سعيد وليد الخوري"]
    assert persons("قال <PER: وليد الخوري>") == ["وليد الخوري"]


def test_clitics_come_off_known_names_only():
    assert persons("التقى <PER: بوليد الخوري> ثم <PER: بسمير>") == ["وليد الخوري", "سمير"]
    assert persons("قال <PER: وسمير الحداد> ثم <PER: لسعيد>") == ["سمير الحداد", "سعيد"]
    assert persons("قال <PER: بدران الزين> ثم <PER: فواز>") == ["بدران الزين", "فواز"]


@pytest.mark.parametrize("written", ["كريم منصور", "وكريم منصور", "فكريم منصور"])
def test_kaf_of_a_known_name_is_no_clitic(written):
    assert persons(f"قال <PER: {written}>") == ["كريم منصور"]


def test_a_nationality_is_nobody():
    assert persons("<PER: لبناني> ثم <PER: الروسي> ثم <PER: الجوي الروسي>، <PER: العراقية>") == []


def test_a_given_name_with_a_nationality_is_somebody():
    assert persons("قال <PER: سمير لبناني>") == ["سمير لبناني"]


def test_a_single_name_after_street_is_nobody():
    assert persons("في شارع <PER: سعيد> القديم") == []
    assert persons("قال سعيد <PER: سعيد>") == ["سعيد"]


def test_a_chain_without_end_is_no_name():
    assert persons("قال <PER: " + " بن ".join(["محمد"] * 20) + ">") == []


def test_a_single_name_stands_for_the_nearest_earlier_full_name_that_ends_with_it():
    full = people.full_names(["سعيد الخوري", "سمير الخوري", "الخوري", "سعيد", "سمير"])
    assert full == {
        "سعيد الخوري": "سعيد الخوري",
        "سمير الخوري": "سمير الخوري",
        "الخوري": "سمير الخوري",
        "سعيد": "سعيد الخوري",
        "سمير": "سمير الخوري",
    }


def test_the_last_name_goes_before_the_first_and_the_earlier_before_the_later():
    assert people.full_names(["سمير منصور", "منصور سعيد", "منصور"])["منصور"] == "سمير منصور"
    assert people.full_names(["منصور", "سمير منصور"])["منصور"] == "سمير منصور"
    assert people.full_names(["سمير منصور", "منصور", "علي منصور"])["منصور"] == "سمير منصور"


def test_a_compound_counts_as_one_word():
    full = people.full_names(["محمد عبد الرحمن", "عبد الرحمن", "نور الدين سعيد", "نور الدين"])
    assert full["عبد الرحمن"] == "محمد عبد الرحمن"
    assert full["نور الدين"] == "نور الدين سعيد"


def test_a_chain_is_the_same_person_as_its_two_ends():
    full = people.full_names(["محمد بن سالم بن علي الحداد", "محمد الحداد", "الحداد", "محمد بن سالم"])
    assert set(full.values()) == {"محمد بن سالم بن علي الحداد"}


def test_a_name_without_a_fuller_one_stands_for_itself():
    assert people.full_names(["سمير الحداد", "الخوري", "علي الخوري منصور"])["الخوري"] == "علي الخوري منصور"
    assert people.full_names(["سمير", "سعيد"]) == {"سمير": "سمير", "سعيد": "سعيد"}
    assert people.full_names([]) == {}


def test_what_a_name_stands_for_stands_for_itself():
    words = ["سمير", "سعيد", "علي", "منصور", "عبد", "الدين"]
    for names in itertools.permutations(["سمير علي", "علي", "علي منصور", "سمير علي منصور", "عبد"], 4):
        full = people.full_names(names)
        assert all(full[longer] == longer for longer in full.values())
    for size in range(1, 4):
        for names in itertools.product(words, repeat=size):
            joined = " ".join(names)
            full = people.full_names([joined, *names])
            assert set(full) == {joined, *names}
            assert all(full[longer] == longer for longer in full.values())


# Places


def test_what_kind_of_place_is_meant_is_no_part_of_its_name():
    assert named("في <LOC: مدينة بيروت> ثم <LOC: محافظة البقاع>") == [("place", "بيروت"), ("place", "البقاع")]


def test_the_city_alone_is_no_place_and_medina_is():
    assert named("وصل إلى <LOC: المدينة> ثم <LOC: بالمدينة>، <LOC: والمحافظة>") == []
    assert named("وصل إلى <LOC: المدينة المنورة>") == [("place", "المدينة المنورة")]


def test_a_name_of_the_list_is_whole_where_the_model_has_found_its_beginning():
    assert named("في <LOC: عين> الحلوة") == [("place", "عين الحلوة")]
    assert codes("في <LOC: عين> الحلوة") == [["geo:6"]]


def test_waw_joins_places_that_are_known():
    sentence = "بين <LOC: بيروت والقاهرة وبالأردن>"
    assert named(sentence) == [("place", "بيروت"), ("place", "القاهرة"), ("place", "الأردن")]
    assert codes(sentence) == [["geo:1"], ["geo:2"], ["JO"]]


def test_a_short_name_after_a_clitic_is_known_too():
    assert named("في <LOC: لبنان> <LOC: ومصر>") == [("place", "لبنان"), ("place", "مصر")]
    assert codes("في <LOC: لبنان> <LOC: ومصر>") == [["LB"], ["EG"]]


def test_people_of_a_country_are_no_place():
    assert named("قال <LOC: اللبنانيون> ثم <LOC: اللبنانية>") == []


def test_an_unknown_place_is_a_place_without_a_meaning():
    assert named("في <LOC: تلة السنديان>") == [("place", "تلة السنديان")]
    assert codes("في <LOC: تلة السنديان>") == [[]]


def test_an_adjective_after_a_known_place_is_no_part_of_it():
    assert named("في <LOC: بيروت القديمة>") == [("place", "بيروت")]


def test_a_body_is_one_where_the_model_takes_it_for_a_place():
    assert named("في <LOC: الأمم المتحدة>") == [("organisation", "الأمم المتحدة")]


@pytest.mark.parametrize(
    ("sentence", "is_one"),
    [
        ("في صور", True),
        ("وفي صور", True),
        ("بتدمر", True),
        ("مدينة صور", True),
        ("نحو صور", True),
        ("عرض صور", False),
        ("و صور", False),
        ("في\nصور", False),
        ("صور", False),
    ],
)
def test_a_name_that_is_a_word_too_is_a_place_where_one_is_expected(sentence, is_one):
    reading, _ = read(f"{sentence} جديدة")
    ((token, (hit,)),) = reading.hits.items()
    assert places.is_named(reading, token, hit, "slot") == is_one
    assert places.is_named(reading, token, hit, "")
    assert not places.is_named(reading, token, hit, "link")


def entry(code, country, type_="city", population=0):
    return Entry("place", type_, code, country, code, "", None, None, population, "", "gaz:test@1")


def chosen(*mentions, ambiguous=(), home=""):
    found = places.choose_entries(mentions, dict(ambiguous), home)
    return [one.code if one else None for one in found]


TRIPOLI = entry("lb", "LB", population=200), entry("ly", "LY", "capital", population=100)


def test_of_several_places_of_a_name_the_one_beside_the_others_is_meant():
    beirut, benghazi = entry("b", "LB"), entry("g", "LY")
    assert chosen(("x", TRIPOLI), ("b", (beirut,))) == ["lb", "b"]
    assert chosen(("x", TRIPOLI), ("g", (benghazi,))) == ["ly", "g"]
    assert chosen(("x", TRIPOLI), ("b", (beirut,)), ("g", (benghazi,)), ("g", (benghazi,)))[0] == "ly"


def test_else_the_one_of_the_outlet_then_of_the_list_then_the_largest():
    assert chosen(("x", TRIPOLI)) == ["lb"]
    assert chosen(("x", TRIPOLI), ambiguous={"x": ("ly", "lb")}.items()) == ["ly"]
    assert chosen(("x", TRIPOLI), ambiguous={"x": ("ly", "lb")}.items(), home="LB") == ["lb"]
    assert chosen(("x", TRIPOLI), home="LY") == ["ly"]


def test_a_country_goes_before_its_capital_of_the_same_name():
    country, capital = entry("TN", "TN", "country"), entry("tunis", "TN", "capital", 10**6)
    assert chosen(("تونس", (capital, country)), ("تونس", (country, capital))) == ["TN", "TN"]


def test_what_no_list_knows_stands_for_nothing():
    assert chosen(("x", ()), ("y", ())) == [None, None]


# Bodies


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("أعلنت <ORG: وزارة الصحة> اللبنانية أمس", "وزارة الصحة اللبنانية"),
        ("قرر <ORG: مجلس الشعب> أمس", "مجلس الشعب"),
        ("قرر مجلس <ORG: الشعب> أمس", "مجلس الشعب"),
        ("قالت <ORG: جامعة> الدول العربية", "جامعة الدول العربية"),
        ("قالت <ORG: إدارة شركة السهل>", "شركة السهل"),
        ("قال <ORG: فريق الأمل>", "الأمل"),
        ("قالت <ORG: « شركة السهل »>", "شركة السهل"),
        ("قدم <ORG: لوزارة الصحة>", "وزارة الصحة"),
        ("قدم <ORG: للأمم المتحدة>", "لأمم المتحدة"),
    ],
)
def test_a_body_is_named_by_its_head_and_what_completes_it(sentence, name):
    assert named(sentence) == [("organisation", name)]


def test_a_kind_of_body_alone_is_no_name():
    assert named("قالت <ORG: الحكومة> ثم <ORG: الشرطة> ثم <ORG: وزارة>، وقالت") == []


def test_a_kind_of_body_that_is_completed_is_one():
    assert named("قالت <ORG: وزارة> الصحة") == [("organisation", "وزارة الصحة")]


def test_a_country_that_plays_is_a_place():
    assert named("فاز <ORG: العراق> على <ORG: لبنان>") == [("place", "العراق"), ("place", "لبنان")]
    assert named("فاز <ORG: منتخب العراق>") == [("place", "العراق")]
    assert codes("فاز <ORG: منتخب العراق>") == [["IQ"]]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("وزارة الصحة في بيروت", 2),
        ("وزارة الصحة اللبنانية أمس", 3),
        ("وزارة الصحة والإسكان أمس", 3),
        ("مجلس الشعب، الجديد", 2),
        ("شركة السهل\nالجديد", 2),
        ("محكمة بيروت الجزائية", 3),
        ("جامعة مدينة بيروت", 3),
        ("مجلس إدارة الشركة", 3),
        ("وزارة جديدة للصحة", 1),
        ("مجلس ثم الشعب", 1),
        ("وزارة", 1),
        ("الهيئة العامة للإحصاء", 3),
        ("الهيئة العامة", 1),
        ("الهيئة للإحصاء", 1),
    ],
)
def test_a_strong_head_reaches_over_what_completes_it(words, count):
    reading, _ = read(words)
    assert bodies.headed_at(reading, 0) == count


@pytest.mark.parametrize(
    ("sentence", "rule", "sport", "is_one"),
    [
        ("فاز النصر", "sport", True, True),
        ("فاز النصر", "sport", False, False),
        ("فاز نادي النصر", "sport", False, True),
        ("قالت صحيفة الأفق", "head", False, True),
        ("عند الأفق", "head", True, False),
        ("قالت صحيفة\nالأفق", "head", False, False),
        ("عند الأفق", "", False, True),
        ("عند الأفق", "link", True, False),
    ],
)
def test_a_body_of_the_list_is_one_by_its_rule(sentence, rule, sport, is_one):
    reading, _ = read(sentence)
    ((token, _),) = reading.hits.items()
    assert bodies.is_named(reading, token, rule, sport=sport) == is_one


# The same name elsewhere in the article


def again(sentence):
    reading, found = mentions(sentence)
    return [(mention.kind, spelled(reading, mention)) for mention in found_again(reading, found)]


def test_a_name_found_once_is_found_again_with_clitics_and_in_the_title():
    assert (
        again("تلة السنديان\n\nفي <LOC: تلة السنديان> وبتلة السنديان. وتلة السنديان")
        == [("place", "تلة السنديان")] * 3
    )


def test_a_full_name_is_found_again_and_a_first_name_is_not():
    assert again("قال <PER: سمير الحداد>. سمير وسمير الحداد. سمير") == [("person", "سمير الحداد")]
    assert again("قال <PER: سمير>. سمير") == []


def test_lam_and_article_are_found_again():
    assert again("في <LOC: السنديانة>. للسنديانة وبالسنديانة") == [
        ("place", "لسنديانة"),
        ("place", "السنديانة"),
    ]


def test_a_name_is_not_found_again_where_something_is_named_or_a_line_ends():
    assert again("في <LOC: تلة السنديان>. <PER: تلة> السنديان. تلة\nالسنديان") == []


def test_after_that_a_name_may_be_a_verb():
    assert again("في <LOC: تدمر>. قبل أن تدمر المباني") == []


def test_a_word_that_is_a_name_by_its_place_only_is_not_found_again():
    for sentence in ("في <LOC: صور>. عرضت صور كثيرة", "في <LOC: تدمر>. القذائف تدمر المباني"):
        reading, (mention,) = mentions(sentence)
        assert list(found_again(reading, [mention._replace(score=0.6, source="gaz:places@1")])) == []


def test_what_is_unsure_is_not_looked_for():
    reading, (mention,) = mentions("في <LOC: السنديانة>. السنديانة")
    assert list(found_again(reading, [mention._replace(score=0.5)])) == []
    assert [one.score for one in found_again(reading, [mention])] == [0.7]


# Clitics, runs


@pytest.mark.parametrize(
    ("form", "cut"),
    [
        ("العراق", 0),
        ("والعراق", 1),
        ("للعراق", 1),
        ("وللعراق", 2),
        ("وبالعراق", 2),
        ("لبنان", 0),
        ("بلبنان", 1),
        ("وبلبنان", 2),
        ("مصر", 0),
        ("بالسنديان", 1),
        ("وزكرتيش", 1),
        ("بزكرتيش", 0),
        ("بن", 0),
    ],
)
def test_letters_before_a_name(form, cut):
    reading, _ = read(form)
    assert letters_before(reading, 0, "place", "place?") == cut


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("للعراق كله", "العراق كله"),
        ("وللأمم المتحدة", "الامم المتحده"),
        ("بالعراق كله", "العراق كله"),
        pytest.param("للبنان كله", "لبنان كله"),
        pytest.param("للاذقية القديمة", "اللاذقيه القديمه"),
    ],
)
def test_the_article_that_lam_hides_is_restored(text, name):
    reading, _ = read(text)
    assert reading.name(0, 2, 2 if text.startswith("و") else 1) == name


def test_to_a_committee_is_not_to_paradise():
    reading, _ = read("للجنة الشعبية")
    assert reading.name(0, 2, 1).split(" ")[0] in ("لجنه", "اللجنه")


def runs(labels, starts=()):
    names = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
    numbers = np.array([names.index(label) for label in labels], np.uint8)
    begins = np.zeros(len(labels), bool)
    begins[[0, *starts]] = True
    scores = np.linspace(0.9, 0.5, len(labels), dtype=np.float32)
    scores[numbers == 0] = 1
    found = spans_of(Labels(numbers, scores), names, begins)
    assert all(
        score == pytest.approx(min(scores[first:last])) for first, last, _, score in zip(*found, strict=True)
    )
    return list(zip(found.firsts, found.lasts, found.types, strict=True))


def test_runs_begin_at_b_where_the_type_changes_and_with_a_sentence():
    assert runs(["O", "B-PER", "I-PER", "O"]) == [(1, 3, "PER")]
    assert runs(["B-PER", "B-PER", "I-PER"]) == [(0, 1, "PER"), (1, 3, "PER")]
    assert runs(["B-PER", "I-LOC", "I-LOC"]) == [(0, 1, "PER"), (1, 3, "LOC")]
    assert runs(["I-PER", "I-PER", "I-PER"], starts=[2]) == [(0, 2, "PER"), (2, 3, "PER")]
    assert runs(["O", "O"]) == []


def test_a_mention_keeps_what_is_known_of_it():
    _, (mention,) = mentions("في <LOC: بيروت>")
    assert isinstance(mention, Mention)
    assert (mention.score, mention.source, mention.meanings[0].provenance[:11]) == (
        0.9,
        "model:test",
        "gaz:places@",
    )
