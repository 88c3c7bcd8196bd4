import csv
import importlib.resources
import re
from collections import Counter

import pytest

from transforms.core.normalize import dedup_text, normalize_text
from transforms.core.tagging.gazetteer import COLUMNS

TYPES = {
    *("agency", "newspaper", "channel", "ministry", "party", "armed_group", "army", "security", "un_body"),
    *(
        "intl_body",
        "company",
        "bank",
        "club",
        "university",
        "league",
        "ngo",
        "religious",
        "government",
        "court",
    ),
}
CLASSES = {
    "person_title": 150,
    "org_head": 120,
    "place_head": 60,
    "person_blocker": 60,
    "event_head": 40,
    "speech_verb": 60,
    "generic_org": 60,
}


def read(name):
    text = (importlib.resources.files("transforms.core.lexicon") / name).read_text("utf-8")
    lines = text.splitlines()
    assert text.endswith("\n")
    assert not [line for line in lines if line.count("\t") != lines[0].count("\t")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def organisations():
    return read("organisations.tsv")


@pytest.fixture(scope="module")
def by_name(organisations):
    return {dedup_text(name): row for row in organisations for name in written(row)}


@pytest.fixture(scope="module")
def persons():
    return read("persons.tsv")


@pytest.fixture(scope="module")
def triggers():
    return read("triggers.tsv")


@pytest.fixture(scope="module")
def demonyms():
    return {dedup_text(row["form"]): row["country"] for row in read("demonyms.tsv")}


def written(row):
    return [row["name"], *filter(None, row["variants"].split("|"))]


def words_of(triggers, kind):
    return {dedup_text(row["word"]) for row in triggers if row["class"] == kind}


def test_organisations_have_the_columns_and_the_closed_sets_that_were_agreed(organisations):
    assert tuple(organisations[0]) == COLUMNS
    assert {row["kind"] for row in organisations} == {"organisation"}
    assert {row["type"] for row in organisations} <= TYPES
    assert {row["rule"] for row in organisations} == {"", "head", "sport", "link"}
    assert all(re.fullmatch(r"org:\S+", row["code"]) for row in organisations)
    assert all(re.fullmatch(r"([A-Z]{2})?", row["country"]) for row in organisations)
    assert not any(row["lat"] or row["lon"] or row["population"] for row in organisations)


def test_no_folded_form_stands_for_two_organisations(organisations):
    forms = Counter(dedup_text(name) for row in organisations for name in written(row))
    assert "" not in forms
    assert [form for form, times in forms.items() if times > 1] == []


def test_rows_of_one_code_say_the_same_of_the_organisation(organisations):
    said = {
        (row["code"], row["type"], row["country"], row["canonical"], row["name_en"]) for row in organisations
    }
    assert len(said) == len({row["code"] for row in organisations})


@pytest.mark.parametrize(
    ("name", "code", "rule"),
    [
        ("الامم المتحده", "org:united-nations", ""),
        ("تنظيم الدولة الإسلامية", "org:islamic-state", ""),
        ("داعش", "org:islamic-state", ""),
        ("حلف شمال الأطلسي", "org:nato", ""),
        ("د ب أ", "org:dpa", ""),
        ("جوجل", "org:google", ""),
        ("بايرن ميونخ", "org:bayern-munich", ""),
        ("صحيفة الحياة", "org:al-hayat", ""),
        ("الحياة", "org:al-hayat", "head"),
        ("صحيفة الاتحاد", "org:al-ittihad", ""),
        ("نادي الاتحاد", "org:al-ittihad-club", ""),
        ("برشلونة", "org:barcelona", "sport"),
    ],
)
def test_a_known_organisation_has_its_code_and_the_evidence_it_needs(by_name, name, code, rule):
    row = by_name[dedup_text(name)]
    assert (row["code"], row["rule"]) == (code, rule)


@pytest.mark.parametrize(
    "name",
    ["النصر", "الهلال", "الاتحاد", "الأهلي", "الشباب", "الحياة", "الشرق الأوسط", "اليوم", "عكاظ", "الخليج"],
)
def test_a_name_that_is_a_word_or_a_place_never_counts_alone(by_name, name):
    assert by_name[dedup_text(name)]["rule"] in ("head", "sport")


@pytest.mark.parametrize(
    "name", ["المدينة", "القدس", "فلسطين", "الكويت", "العين", "تشرين", "الرياضية العربية"]
)
def test_a_name_that_belongs_to_something_else_stands_with_its_head_word_only(by_name, name):
    assert dedup_text(name) not in by_name or by_name[dedup_text(name)]["rule"] != ""


def test_no_organisation_that_counts_alone_is_a_country_or_a_capital(by_name):
    places = [row for row in read("places.tsv") if {"country", "capital"} & {row["kind"], row.get("type")}]
    names = {dedup_text(name) for row in places for name in written(row)}
    assert [name for name in names if name in by_name and by_name[name]["rule"] == ""] == []


def test_persons_have_the_three_roles_and_stand_once_in_each(persons):
    assert list(persons[0]) == ["name", "role", "count"]
    assert {row["role"] for row in persons} == {"given", "surname", "full"}
    times = Counter((dedup_text(row["name"]), row["role"]) for row in persons)
    assert [key for key, count in times.items() if count > 1] == []
    assert all(int(row["count"]) > 0 for row in persons)


def test_given_names_and_surnames_are_single_words_in_search_form(persons):
    parts = [row["name"] for row in persons if row["role"] != "full"]
    assert [name for name in parts if " " in name or normalize_text(name, "search") != name] == []


def test_whole_names_of_one_word_are_those_that_the_press_prints_alone(persons):
    alone = {row["name"]: row["count"] for row in persons if row["role"] == "full" and " " not in row["name"]}
    assert set(alone.values()) == {"50"}
    assert {"أوباما", "بوتين", "ميسي"} <= alone.keys()


def test_public_figures_stand_with_their_usual_spellings(persons):
    known = {dedup_text(row["name"]) for row in persons if row["role"] == "full" and row["count"] == "100"}
    wanted = [
        "بشار الأسد",
        "دونالد ترمب",
        "دونالد ترامب",
        "محمود عباس",
        "عبد الفتاح السيسي",
        "كريستيانو رونالدو",
    ]
    assert {dedup_text(name) for name in wanted} <= known
    assert len(known) > 1_000


def test_words_of_news_are_no_names(persons, demonyms):
    parts = {row["name"] for row in persons if row["role"] != "full"}
    assert not {"كان", "جديد", "العالم", "السعودي", "تونس", "مدينه", "وزاره", "الوزير"} & parts
    assert not parts & demonyms.keys()


def test_no_whole_name_out_of_a_list_holds_the_head_of_an_institution(persons, triggers):
    heads = words_of(triggers, "org_head") | words_of(triggers, "place_head")
    listed = [row["name"] for row in persons if row["role"] == "full" and int(row["count"]) < 50]
    assert [name for name in listed if heads & set(dedup_text(name).split())] == []


@pytest.mark.parametrize(
    ("form", "country"),
    [
        ("أميركي", "US"),
        ("الأمريكيين", "US"),
        ("السعوديون", "SA"),
        ("بريطانية", "GB"),
        ("الفلسطينيات", "PS"),
        ("أتراك", "TR"),
        ("الروس", "RU"),
        ("الكوري الشمالي", "KP"),
        ("كردي", ""),
    ],
)
def test_every_form_of_a_demonym_links_to_its_country(demonyms, form, country):
    assert demonyms[dedup_text(form)] == country


@pytest.mark.parametrize("form", ["سورية", "السعودية", "مالي", "المالية", "قمرية", "حوثي", "زيمبابوي"])
def test_a_form_that_is_a_country_or_another_word_is_no_demonym(demonyms, form):
    assert dedup_text(form) not in demonyms


def test_folded_demonyms_are_unique():
    forms = Counter(dedup_text(row["form"]) for row in read("demonyms.tsv"))
    assert [form for form, times in forms.items() if times > 1] == []


def test_each_class_of_triggers_has_its_words_once(triggers):
    assert list(triggers[0]) == ["word", "class"]
    times = Counter((dedup_text(row["word"]), row["class"]) for row in triggers)
    assert [key for key, count in times.items() if count > 1] == []
    sizes = Counter(row["class"] for row in triggers)
    assert sizes.keys() == CLASSES.keys()
    assert all(sizes[kind] >= least for kind, least in CLASSES.items())


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("الرئيس", "person_title"),
        ("رئيسة", "person_title"),
        ("ولي العهد", "person_title"),
        ("د", "person_title"),
        ("وزارة", "org_head"),
        ("محافظة", "place_head"),
        ("شارع", "person_blocker"),
        ("معارك", "event_head"),
        ("قالت", "speech_verb"),
        ("يؤكدون", "speech_verb"),
        ("التحالف", "generic_org"),
    ],
)
def test_a_trigger_stands_in_its_class(triggers, word, kind):
    assert dedup_text(word) in words_of(triggers, kind)


@pytest.mark.parametrize("word", ["رأي", "بين", "عبر", "طالب"])
def test_a_word_that_is_mostly_no_verb_is_no_speech_verb(triggers, word):
    assert dedup_text(word) not in words_of(triggers, "speech_verb")


def test_names_keep_their_hamza(organisations, triggers):
    assert {"الأمم المتحدة", "الأهلي"} <= {row["canonical"] for row in organisations}
    assert {"أمين", "قائد"} <= {row["word"] for row in triggers}


def test_the_lists_stay_small():
    folder = importlib.resources.files("transforms.core.lexicon")
    assert len((folder / "persons.tsv").read_bytes()) <= 1_500_000
    assert len((folder / "organisations.tsv").read_bytes()) <= 700_000
