import pickle
import time
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.rules import read_rules
from schemas.elements import Tag
from transforms.core.tagging.rule_patterns import Pattern, fold_pattern
from transforms.core.tagging.rule_tagger import RuleTagger
from transforms.core.tagging.user_rules import TAGGERS, UserRules
from transforms.core.tagging.words import read_words

DESK = Path(__file__).parents[2] / "configs" / "monitoring-desk"
SEED = Path(__file__).parents[3] / "shared" / "data" / "seed" / "000_995115100bf5ef8e.txt"
KNOWN = {f"medtop:{number:02}000000": f"موضوع {number}" for number in range(1, 18)}
PLACE = {"code": "", "country": "", "lat": None, "lon": None, "entity": 1, "type": ""}


def read(text, **lists):
    """Read rules from memory; the keyword `names_csv` is the list names.csv."""
    files = {"r.yaml": text} | {name.replace("_", "."): content for name, content in lists.items()}

    def read_bytes(path, limit):
        if path not in files:
            raise FileNotFoundError(2, "No such file", path)
        content = files[path]
        return (content if isinstance(content, bytes) else content.encode())[: limit + 1]

    return read_rules("r.yaml", KNOWN, read_bytes=read_bytes)


def faults(text, **lists):
    with pytest.raises(ConfigError) as caught:
        read(text, **lists)
    return str(caught.value).splitlines()


def fault(text, **lists):
    (line,) = faults(text, **lists)
    return line


def rule_fault(body):
    """Return the one fault of a rule whose keys, from column 5 of line 3 on, are `body`."""
    return fault("version: 1\nrules:\n  - " + "\n    ".join(body.splitlines()))


def apply(rules, text, *tags, title=0, lead=0):
    rules = rules if isinstance(rules, UserRules) else read(f"version: 1\n{rules}")
    words = read_words([text])
    result = RuleTagger(rules).apply(words, words.forms(), 0, title, lead, tags)
    for tag in result:
        assert tag.start is None or text[tag.start : tag.end] == tag.value
    return result


def explain(rules, text, *tags, title=0, lead=0):
    rules = rules if isinstance(rules, UserRules) else read(f"version: 1\n{rules}")
    words = read_words([text])
    return RuleTagger(rules).explain(words, words.forms(), 0, title, lead, tags)


def kinds(tags):
    return [(tag.kind, tag.value) for tag in tags]


def old(text, value, kind="place", score=0.6, **changes):
    """A tag that another tagger made, on the first place of `value`."""
    start = text.index(value)
    known = {"canonical": value, "provenance": "model:ner@1", **PLACE, **changes}
    return Tag(kind=kind, value=value, score=score, start=start, end=start + len(value), **known)


def old_topic(code, score):
    known = {**PLACE, "code": code}
    return Tag(
        kind="topic",
        value="x",
        canonical="x",
        score=score,
        start=None,
        end=None,
        provenance="model:t@1",
        **known,
    )


TOPIC_RULE = (
    'rules: [{id: r, add: {kind: topic, code: "medtop:04000000", score: 0.8}, any: [أوبك, خفض الإنتاج]}]'
)


# Conditions


def test_a_topic_is_said_of_the_whole_article_and_has_the_label_of_the_taxonomy():
    (tag,) = apply(TOPIC_RULE, "قررت أوبك خفض الإنتاج")
    assert tag == Tag(
        kind="topic",
        type="",
        value="موضوع 4",
        canonical="موضوع 4",
        code="medtop:04000000",
        country="",
        lat=None,
        lon=None,
        score=0.8,
        start=None,
        end=None,
        provenance="rule:r",
        entity=1,
    )
    assert apply(TOPIC_RULE, "قرر المجلس") == ()


def test_the_kind_may_be_called_type():
    rules = 'rules: [{id: r, add: {type: topic, code: "medtop:04000000"}, any: [أوبك]}]'
    assert apply(rules, "أوبك") == apply(rules.replace("type:", "kind:"), "أوبك")


@pytest.mark.parametrize("text", ["أوبك", "اوبك", "أُوبِك", "وأوبك", "لأوبك", "أوبـــك"])
def test_phrases_are_folded_and_may_follow_a_clitic(text):
    assert len(apply(TOPIC_RULE, text)) == 1


def test_without_clitics_a_phrase_is_whole_words():
    rules = TOPIC_RULE.replace("any:", "clitics: false, any:")
    assert apply(rules, "قالت أوبك")
    assert not apply(rules, "قال لأوبك")


def test_no_phrase_is_found_inside_a_word_or_over_a_line_end():
    assert not apply(TOPIC_RULE, "الأوبكيون")
    assert not apply(TOPIC_RULE, "خفض\nالإنتاج")


def test_a_word_that_may_not_be_there_keeps_a_rule_from_firing():
    rules = TOPIC_RULE.replace("any:", "not: [مباراة], any:")
    assert apply(rules, "أوبك")
    assert apply(rules, "أوبك بعد المباراة")
    assert not apply(rules, "أوبك تشاهد مباراة")


def test_all_wants_every_phrase_and_of_a_list_inside_it_one():
    rules = "rules: [{id: r, add: {kind: theft}, all: [متحف, [سرقة, نهب]]}]"
    assert kinds(apply(rules, "نهب متحف")) == [("theft", "نهب"), ("theft", "متحف")]
    assert kinds(apply(rules, "متحف سرقة")) == [("theft", "متحف"), ("theft", "سرقة")]
    assert not apply(rules, "متحف")
    assert not apply(rules, "نهب سرقة")


def test_evidence_is_any_before_all():
    rules = "rules: [{id: r, add: {kind: theft}, any: [متحف], all: [[سرقة, نهب]]}]"
    assert kinds(apply(rules, "نهب متحف")) == [("theft", "متحف")]


def test_mentions_are_counted_once_where_phrases_overlap():
    rules = "rules: [{id: r, add: {kind: cut}, any: [خفض الإنتاج, الإنتاج], min_count: 2}]"
    assert not apply(rules, "خفض الإنتاج")
    assert kinds(apply(rules, "خفض الإنتاج، ثم الإنتاج")) == [("cut", "خفض الإنتاج"), ("cut", "الإنتاج")]


@pytest.mark.parametrize(
    ("scope", "found"),
    [("title", "1"), ("lead", "2"), ("body", "23"), ("title, lead", "12"), ("title, body", "123")],
)
def test_scope_is_title_lead_and_body_of_which_the_lead_is_a_part(scope, found):
    text = "نفط1\n\nنفط2\n\nنفط3"
    rules = f"rules: [{{id: r, add: {{kind: oil}}, any: [نفط1, نفط2, نفط3], scope: [{scope}]}}]"
    tags = apply(rules, text, title=4, lead=10)
    assert "".join(tag.value[-1] for tag in tags) == found


def test_scope_holds_for_words_that_may_not_be_there_too():
    rules = "rules: [{id: r, add: {kind: oil}, any: [نفط], not: [مباراة], scope: [title]}]"
    assert apply(rules, "نفط\n\nمباراة", title=3, lead=12)


# Tags that are added


def test_every_mention_is_a_tag_and_all_are_one_thing():
    text = "اجتمعت أوبك. وقالت لأوبك"
    tags = apply(
        "rules: [{id: r, add: {kind: organisation, canonical: OPEC, code: x:1, country: AT}, any: [أوبك]}]",
        text,
    )
    assert [tag.value for tag in tags] == ["أوبك", "أوبك"]
    assert {tag.entity for tag in tags} == {1}
    assert {(tag.canonical, tag.code, tag.country, tag.score) for tag in tags} == {("OPEC", "x:1", "AT", 1.0)}


def test_the_canonical_name_of_a_mention_is_the_phrase_as_the_rule_has_it():
    tags = apply("rules: [{id: r, add: {kind: organisation}, any: [أوبك, أوابك]}]", "اوبك وأُوبك، اوابك")
    assert [(tag.value, tag.canonical, tag.entity) for tag in tags] == [
        ("اوبك", "أوبك", 1), ("أُوبك", "أوبك", 1), ("اوابك", "أوابك", 2),
    ]  # fmt: skip


def test_a_keyphrase_is_tagged_once():
    assert kinds(apply("rules: [{id: r, add: {kind: keyphrase}, any: [أوبك]}]", "أوبك وأوبك")) == [
        ("keyphrase", "أوبك")
    ]


def test_a_new_tag_joins_the_thing_of_the_same_code():
    text = "بغداد وبغداد"
    tags = apply(
        "rules: [{id: r, add: {kind: place, code: g:1}, any: [وبغداد], clitics: false}]",
        text,
        old(text, "بغداد", code="g:1", entity=7),
    )
    assert [tag.entity for tag in tags] == [7, 7]


def test_marks_on_the_last_letter_belong_to_the_tag():
    assert kinds(apply("rules: [{id: r, add: {kind: oil}, any: [نفط]}]", "النِّفْطُ نِفْطٌ!")) == [("oil", "نِفْطٌ")]


@pytest.mark.parametrize(
    ("extra", "score", "kept"),
    [
        ("", 0.6, "بغداد الجديدة"),
        ("", 0.95, "بغداد"),
        ("score: 0.6", 0.6, "بغداد"),
        ("score: 0.6, replace: true", 0.95, "بغداد الجديدة"),
    ],
)
def test_where_tags_of_a_kind_overlap_the_higher_score_stays_and_replace_goes_before(extra, score, kept):
    text = "في بغداد الجديدة"
    extra = extra or "score: 0.9"
    rules = f"rules: [{{id: r, add: {{kind: place, {extra}}}, any: [بغداد الجديدة]}}]"
    assert [tag.value for tag in apply(rules, text, old(text, "بغداد", score=score))] == [kept]


def test_tags_of_different_kinds_may_overlap():
    text = "في بغداد الجديدة"
    tags = apply("rules: [{id: r, add: {kind: quarter}, any: [بغداد الجديدة]}]", text, old(text, "بغداد"))
    assert kinds(tags) == [("quarter", "بغداد الجديدة"), ("place", "بغداد")]


def test_two_sources_of_a_topic_agree_and_both_are_named():
    (tag,) = apply(TOPIC_RULE, "أوبك", old_topic("medtop:04000000", 0.5))
    assert (tag.score, tag.provenance) == (0.9, "model:t@1+rule:r")


@pytest.mark.parametrize(("weight", "score"), [("1", 0.8), ("2", 0.96), ("0.5", 0.5528)])
def test_a_weight_says_how_often_a_score_counts(weight, score):
    (tag,) = apply(TOPIC_RULE.replace("any:", f"weight: {weight}, any:"), "أوبك")
    assert tag.score == score


# Patterns


def test_a_pattern_is_matched_with_folded_text_and_folded_itself():
    rules = "rules: [{id: r, add: {kind: case_number}, pattern: 'قضية رقم (?P<value>\\d+/\\d+)'}]"
    text = "نُظرت القضيّة رقم ١٢/٣٤٥ وقَضِيَّةٌ رقم 12/345؟"
    assert kinds(apply(rules, text)) == [("case_number", "١٢/٣٤٥"), ("case_number", "12/345")]
    assert [(tag.canonical, tag.entity) for tag in apply(rules, text)] == [("12/345", 1), ("12/345", 1)]


def test_the_arabic_question_mark_in_a_pattern_is_a_question_mark():
    assert kinds(apply("rules: [{id: r, add: {kind: question}, pattern: 'لماذا؟'}]", "لماذ؟ لماذا؟")) == [
        ("question", "لماذا؟")
    ]


def test_a_pattern_begins_and_ends_with_words_or_after_a_clitic():
    rules = "rules: [{id: r, add: {kind: sum}, pattern: 'عقد'}]"
    assert kinds(apply(rules, "بعقد عقدان معقد")) == [("sum", "عقد")]
    assert not apply(rules.replace("pattern", "clitics: false, pattern"), "بعقد")
    assert len(apply(rules.replace("pattern", "whole_words: false, pattern"), "بعقد عقدان معقد")) == 3


def test_an_exact_pattern_sees_the_original_and_its_letter_case():
    rules = "rules: [{id: r, add: {kind: ticker}, exact: true, pattern: '[A-Z]{3,4}'}]"
    assert kinds(apply(rules, "سهم ABCD و abcd 😀 XYZ")) == [("ticker", "ABCD"), ("ticker", "XYZ")]
    assert len(apply(rules.replace("exact: true, ", ""), "سهم ABCD و abcd")) == 2
    exact = "rules: [{id: r, add: {kind: oil}, exact: true, pattern: 'أثرية'}]"
    assert kinds(apply(exact, "اثرية أثرية")) == [("oil", "أثرية")]


def test_a_pattern_does_not_reach_over_a_line_end():
    assert not apply("rules: [{id: r, add: {kind: sum}, pattern: 'عشرة\\s+دنانير'}]", "عشرة\nدنانير")


def test_blanks_around_a_match_are_no_part_of_the_tag():
    assert kinds(apply("rules: [{id: r, add: {kind: sum}, pattern: '\\s*\\d+\\s*'}]", "في 12 يوما")) == [
        ("sum", "12")
    ]


def test_half_a_surrogate_pair_in_a_text_moves_no_place():
    assert kinds(apply("rules: [{id: r, add: {kind: sum}, pattern: '\\d+'}]", "\ud800 😀 12")) == [
        ("sum", "12")
    ]


def test_a_pattern_is_linear_in_the_text():
    pattern = Pattern(fold_pattern("(ا*)*ب"), exact=False)
    words = read_words(["ا" * 100_000])
    start = time.perf_counter()
    assert list(pattern.find(words, 0)) == []
    assert time.perf_counter() - start < 2


# Rules that change and take away


def test_a_false_friend_is_taken_away_where_it_stands_and_nowhere_else():
    text = "قوس النصر، ثم فاز النصر"
    rules = (
        "rules: [{id: r, suppress: {kind: organisation, value: النصر, where: evidence}, any: [قوس النصر]}]"
    )
    second = old(text, "النصر", kind="organisation", provenance="b")
    moved = Tag(**{**vars(second), "start": text.rindex("النصر"), "end": len(text)})
    assert apply(rules, text, second, moved) == (moved,)
    assert apply(rules.replace("where: evidence", "where: article"), text, second, moved) == ()


def test_what_is_taken_away_is_known_by_value_canonical_name_or_code():
    text = "زار الأسد بغداد"
    assad = old(text, "الأسد", kind="person", canonical="بشار الأسد", code="p:1")
    for what in ("value: بشار الاسد", "value: [س ص, الأسد]", "code: p:1", "code: [p:2, p:1]"):
        assert apply(f"rules: [{{id: r, suppress: {{kind: person, {what}}}}}]", text, assad) == ()
    for what in ("value: أسد", "code: p:2", "value: الأسد, code: p:2"):
        assert apply(f"rules: [{{id: r, suppress: {{kind: person, {what}}}}}]", text, assad) == (assad,)


def test_a_score_is_set_or_multiplied_and_never_above_one():
    text = "بغداد"
    for how, score in (("score: 0.1", 0.1), ("factor: 0.5", 0.3), ("factor: 9", 1.0)):
        (tag,) = apply(
            f"rules: [{{id: r, rescore: {{kind: place, value: بغداد, {how}}}}}]", text, old(text, "بغداد")
        )
        assert (tag.score, tag.provenance) == (score, "model:ner@1+rule:r")


def test_taking_away_goes_before_adding_and_scoring_whatever_the_order():
    rules = [
        "{id: a, suppress: {kind: oil}}",
        "{id: b, add: {kind: oil, score: 0.5}, any: [نفط]}",
        "{id: c, rescore: {kind: oil, score: 0.9}}",
    ]
    assert apply(f"rules: [{', '.join(rules)}]", "نفط") == ()
    (tag,) = apply(f"rules: [{rules[2]}, {rules[1]}]", "نفط")
    assert tag.score == 0.9


def test_thresholds_come_last():
    rules = "thresholds: {oil: 0.5, place: 0.7}\nrules: [{id: b, add: {kind: oil, score: 0.5}, any: [نفط]}, {id: c, rescore: {kind: place, score: 0.69}}]"
    text = "نفط بغداد"
    assert kinds(apply(rules, text, old(text, "بغداد", score=0.9))) == [("oil", "نفط")]


def test_without_rules_tags_stay_as_they_are():
    text = "نفط بغداد"
    tags = (old_topic("medtop:04000000", 0.5), old(text, "نفط"), old(text, "بغداد"))
    assert apply("rules: []", text, *tags) == tags


# Gazetteers

CLUBS = "gazetteers: [{id: clubs, file: names.csv, kind: organisation%s}]"


def clubs(extra="", names="name,code\nالنصر,c:1\nنصر,c:2\nالنصر الجديد,c:3\n"):
    return read("version: 1\n" + CLUBS % extra, names_csv=names)


def test_names_of_a_list_are_tagged_with_their_facts_and_the_version_of_the_list():
    rules = read(
        "version: 1\ngazetteers: [{id: cities, file: names.csv, kind: place, columns: {name: الاسم, canonical: en}, score: 0.7}]",
        names_csv="الاسم;variants;en;country;lat;lon;code;type\nتدمر;بالميرا|Palmyra;Palmyra;SY;34.55;38.27;g:1;city\n",
    )
    (one, two) = apply(rules, "استعادة تدمر (palmyra)")
    assert (one.value, one.canonical, one.country, one.lat, one.lon, one.code, one.type, one.score) == (
        "تدمر", "Palmyra", "SY", 34.55, 38.27, "g:1", "city", 0.7,
    )  # fmt: skip
    assert one.provenance.startswith("gaz:cities@")
    assert (two.value, two.entity) == ("palmyra", one.entity)


def test_the_longest_name_of_a_list_is_tagged():
    assert kinds(apply(clubs(), "فاز النصر الجديد على النصر")) == [
        ("organisation", "النصر الجديد"),
        ("organisation", "النصر"),
    ]


def test_clitics_before_names_can_be_switched_off():
    assert [tag.value for tag in apply(clubs(), "فاز للنصر")] == ["لنصر"]
    assert apply(clubs(", clitics: false"), "فاز للنصر") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("نادي النصر", True),
        ("لنادي النصر", True),
        ("نادي «النصر»", True),
        ('نادي ("النصر")', False),
        ("النصر نادي", False),
        ("نادي\nالنصر", False),
        ("نادي والنصر", False),
        ("كرة القدم في نادي النصر", True),
        ("نادي، النصر", False),
        ("النصر", False),
    ],
)
def test_a_trigger_stands_right_before_a_name(text, found):
    assert bool(apply(clubs(", triggers: [نادي, فريق كرة]"), text)) == found


def test_what_blocks_a_name_stands_right_before_it():
    rules = clubs(", block_before: [قوس, عيد]")
    assert apply(rules, "قوس النصر") == ()
    assert apply(rules, "قوس «النصر»") == ()
    assert apply(rules, "قوس والنصر")
    assert apply(rules, "قوس كبير، النصر")


def test_names_may_want_a_topic_which_a_topic_below_or_a_rule_can_give():
    text = "\n".join(
        [
            "version: 1",
            "taxonomies: [{id: desk, codes: [{code: clubs, label_en: clubs, parent: 'medtop:15000000'}]}]",
            CLUBS % ', only_topics: ["medtop:15000000"]',
            'rules: [{id: r, add: {kind: topic, code: "desk:clubs"}, any: [مباراة]}]',
        ]
    )
    rules = read(text, names_csv="name\nالنصر\n")
    assert apply(rules, "النصر") == ()
    assert kinds(apply(rules, "النصر", old_topic("medtop:15000000", 0.5)))[1:] == [("organisation", "النصر")]
    assert kinds(apply(rules, "مباراة النصر")) == [("topic", "clubs"), ("organisation", "النصر")]
    strict = read(text + "\nthresholds: {topic: 0.6}", names_csv="name\nالنصر\n")
    assert apply(strict, "النصر", old_topic("medtop:15000000", 0.5)) == ()


def test_letter_case_counts_where_a_list_says_so():
    names = "name\nWHO\nApple\n"
    assert [tag.value for tag in apply(clubs(names=names), "who WHO apple")] == ["who", "WHO", "apple"]
    assert [tag.value for tag in apply(clubs(", case: true", names), "who WHO apple Apple")] == [
        "WHO",
        "Apple",
    ]


def test_names_that_are_too_short_are_left_out():
    assert [name.names for name in clubs(", min_len: 5").gazetteers[0].names] == [
        ("النصر",),
        ("النصر الجديد",),
    ]


def test_tab_separated_lists_know_no_quotes_and_csv_does():
    tsv = read(
        CLUBS.replace("names.csv", "names.tsv") % "" + "\nversion: 1", names_tsv='name\tcode\nالنصر "ب"\t1\n'
    )
    assert tsv.gazetteers[0].names[0].names == ('النصر "ب"',)
    csv = clubs(names='\ufeffname,code\r\n"النصر, ""الأول""",1\r\n\r\n')
    assert csv.gazetteers[0].names[0].names == ('النصر, "الأول"',)


# Switching off


def test_taggers_lists_and_rules_can_be_switched_off():
    text = "version: 1\ndisable: [topics, r, clubs]\n" + CLUBS % "" + "\n" + TOPIC_RULE
    rules = read(text, names_csv="name\nالنصر\n")
    assert rules.disabled == ("topics",)
    assert rules.switched_off == ("gazetteer clubs", "rule r")
    assert rules.gazetteers == rules.rules == ()
    assert explain(rules, "أوبك")[:2] == [
        "gazetteer clubs: switched off by disable",
        "rule r: switched off by disable",
    ]


# The same whatever the company


def test_a_batch_gives_each_text_what_it_gets_alone():
    rules = read_rules(str(DESK / "tagging-rules.yaml"), KNOWN)
    texts = [
        "عقد بقيمة ٢٠ مليون ريال",
        "",
        "نشر صور الدمار",
        "موبايلي وزين ومجموعة زين",
        "دمر متحف ومعبدا في مدينة الحضر",
    ]
    words = read_words(texts)
    batch = RuleTagger(rules).apply_batch(words, words.forms(), [0] * 5, [9] * 5, [()] * 5)
    assert batch == [apply(rules, text, lead=9) for text in texts]
    assert [len(tags) for tags in batch] == [1, 0, 0, 2, 2]
    again = RuleTagger(pickle.loads(pickle.dumps(rules)))
    assert again.apply_batch(words, words.forms(), [0] * 5, [9] * 5, [()] * 5) == batch
    assert RuleTagger(rules).apply(words, words.forms(), 4, 0, 9, ()) == batch[4]


def test_the_digest_changes_with_every_file():
    text = "version: 1\n" + CLUBS % ""
    digest = read(text, names_csv="name\nالنصر\n").digest
    assert len(digest) == 12
    assert read(text, names_csv="name\nالنصر\n").digest == digest
    assert read(text, names_csv="name\nالهلال\n").digest != digest
    assert read(text + " ", names_csv="name\nالنصر\n").digest != digest


# Explanations


def test_an_explanation_says_of_every_rule_why_it_did_or_did_not_fire():
    rules = """
thresholds: {place: 0.7}
rules:
  - {id: fired, add: {kind: oil}, any: [نفط, غاز]}
  - {id: not, add: {kind: oil}, any: [نفط], not: [مباراة]}
  - {id: any, add: {kind: oil}, any: [فحم], scope: [title]}
  - {id: all, add: {kind: oil}, all: [[نفط], [فحم, خشب]]}
  - {id: count, add: {kind: oil}, any: [غاز], min_count: 2}
  - {id: pattern, add: {kind: oil}, pattern: '\\d+'}
  - {id: always, suppress: {kind: person}}
"""
    text = "نفط غاز قبل مباراة في بغداد"
    assert explain(rules, text, old(text, "بغداد")) == [
        "rule fired: fired on 'نفط' at 0-3 (body), 'غاز' at 4-7 (body)",
        "rule not: did not fire: 'مباراة' (not) is there: 'مباراة' at 12-18 (body)",
        "rule any: did not fire: none of 'فحم' (any) is in title",
        "rule all: did not fire: none of 'فحم', 'خشب' (all) is in title or body",
        "rule count: did not fire: 1 of 2 mentions that min_count asks for: 'غاز' at 4-7 (body)",
        "rule pattern: did not fire: the pattern matches nothing in title or body",
        "rule always: fired: it has no condition that fails",
        "added oil 'نفط' at 0-3 (1.00, rule:fired)",
        "added oil 'غاز' at 4-7 (1.00, rule:fired)",
        "below the threshold 0.70: place 'بغداد' at 22-27 (0.60, model:ner@1)",
    ]


def test_an_explanation_says_why_a_name_is_not_tagged():
    lines = explain(clubs(", triggers: [نادي], block_before: [قوس]"), "قوس النصر والنصر ونادي النصر")
    assert [line.partition(": ")[2].partition(": ")[2] for line in lines[:2]] == [
        "قوس of block_before stands right before it",
        "none of triggers stands right before it",
    ]
    assert lines[2].startswith("added organisation 'النصر' c:1 at 23-28")


def test_an_explanation_says_what_lost_to_what_and_what_was_taken_away():
    text = "في بغداد الجديدة"
    rules = "rules: [{id: r, add: {kind: place, score: 0.5}, any: [بغداد الجديدة]}, {id: s, suppress: {kind: place}}]"
    lines = explain(rules, text, old(text, "بغداد"))
    assert lines[2].startswith(
        "not added: place 'بغداد الجديدة' at 3-16 (0.50, rule:r) overlaps place 'بغداد' at 3-8"
    )
    assert lines[3].startswith("rule s: took away place 'بغداد' at 3-8")


# The example


def test_the_example_is_right():
    rules = read_rules(str(DESK / "tagging-rules.yaml"), KNOWN)
    assert rules.disabled == ("keyphrases",)
    assert {rule.id for rule in rules.rules} >= {
        "antiquities-under-threat",
        "telecom-contracts",
        "contract-value",
    }


@pytest.mark.data
@pytest.mark.skipif(not SEED.exists(), reason="needs the shared data")
def test_the_example_tags_the_seed_article_as_antiquities_under_threat():
    text = SEED.read_text("utf-8")
    title = text.index("\n")
    tags = apply(
        read_rules(str(DESK / "tagging-rules.yaml"), KNOWN),
        text,
        title=title,
        lead=text.index("\n", title + 3),
    )
    assert [(tag.code, tag.score) for tag in tags if tag.kind == "topic"] == [
        ("desk:antiquities-under-threat", 0.9)
    ]
    assert [tag.canonical for tag in tags if tag.kind == "heritage_site"] == ["موقع تدمر", "متحف تدمر"]


# Faults


def test_what_is_no_rules_file_is_told():
    assert fault("") == "r.yaml:1:1: says nothing; a rules file begins with `version: 1`"
    assert fault("rules: []").endswith("version: is missing; write `version: 1`")
    assert "more than the maximum 1" in fault("version: 2")
    assert "a table of keys is wanted" in fault("[1]")
    assert "not YAML" in fault("version: [")
    assert fault(b"version: 1\nrules: [\xe9]") == "r.yaml:2:9: byte 0xe9 is not UTF-8; save the file as UTF-8"
    assert "UTF-16" in fault("version: 1".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        read_rules("nowhere.yaml")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{id: r, add: {kind: oil}, anny: [نفط], any: [نفط]}", "r.yaml:3:31 rules.r.anny: unknown key; did you mean any?"),
        ("{id: r, add: {kind: oil}, any: [نفط], none: [x]}", "r.yaml:3:43 rules.r.none: unknown key; did you mean not?"),
        ("{id: r, add: {kind: oil}, any: [نفط], factor: 1}", "r.yaml:3:43 rules.r.factor: unknown key; did you mean rescore.factor?"),
        ("{id: r, add: {kind: oil, type: oil}, any: [نفط]}", "means the same as kind, which is given too; delete one"),
        ("{id: r, id: r, add: {kind: oil}, any: [نفط]}", "r.yaml:3:13 rules.r.id: given twice, first at r.yaml:3:6"),
        ("{add: {kind: oil}, any: [نفط]}", "r.yaml:3:5 rules.1.id: is missing; give a name, for the provenance of its tags"),
        ("{id: 'a b', add: {kind: oil}, any: [نفط]}", "is no id; use letters"),
        ("{id: topics, add: {kind: oil}, any: [نفط]}", "is the name of something that warraq ships"),
        ("{id: r, any: [نفط]}", "r.yaml:3:5 rules.r: does nothing; give one of add, suppress, rescore"),
        ("{id: r, add: {kind: oil}, suppress: {kind: place}, any: [نفط]}", "has add and suppress; a rule does one thing"),
        ("{id: r, add: {kind: oil}}", "would add its tag to every article; give any, all or pattern"),
        ("{id: r, add: {kind: oil}, any: []}", "rules.r.any: is empty; give a phrase, or delete the key"),
        ("{id: r, add: {kind: oil}, all: []}", "rules.r.all: is empty"),
        ("{id: r, add: {kind: oil}, all: [[]]}", "rules.r.all.1: is empty"),
        ("{id: r, add: {kind: oil}, any: [نفط, '']}", "r.yaml:3:42 rules.r.any.2: is empty; give a phrase, or delete it"),
        ("{id: r, add: {kind: oil}, any: [نفط, '  ']}", "rules.r.any.2: is empty"),
        ("{id: r, add: {kind: oil}, any: [نفط, و]}", "rules.r.any.2: \"و\" is a single letter or digit"),
        ("{id: r, add: {kind: oil}, any: ['«و»!']}", "is a single letter or digit"),
        ("{id: r, add: {kind: oil}, any: ['…']}", "has no letter and no digit to look for"),
        ("{id: r, add: {kind: oil}, any: ['🙂']}", "has no letter and no digit to look for"),
        ("{id: r, add: {kind: oil}, any: نفط}", "where a list is wanted; write [نفط]"),
        ("{id: r, add: {kind: oil}, any: [no]}", 'write it in quotes: "no"'),
        ("{id: r, add: {kind: oil}, any: [12:30]}", 'write it in quotes: "12:30"'),
        ("{id: r, add: {kind: oil}, any: [2015]}", 'write it in quotes: "2015"'),
        ("{id: r, add: {kind: oil}, any: [نفط], not: [النفط, نِفط]}", "is wanted and forbidden in one rule"),
        ("{id: r, add: {kind: oil}, all: [نفط], not: [نفط]}", "is wanted and forbidden in one rule"),
        ("{id: r, add: {kind: oil}, any: [نفط], scope: [titel]}", "\"titel\" is not one of title, lead, body; did you mean title?"),
        ("{id: r, add: {kind: oil}, any: [نفط], scope: []}", "rules.r.scope: is empty"),
        ("{id: r, add: {kind: oil}, any: [نفط], min_count: 0}", "less than the minimum 1"),
        ("{id: r, suppress: {kind: place}, min_count: 2}", "there is nothing to count"),
        ("{id: r, add: {kind: oil}, any: [نفط], weight: 0}", "less than the minimum 0.01"),
        ("{id: r, add: {kind: oil, score: 1.1}, any: [نفط]}", "r.yaml:3:37 rules.r.add.score: 1.1 is more than the maximum 1"),
        ("{id: r, add: {kind: oil, score: 0}, any: [نفط]}", "rules.r.add.score: must be above 0"),
        ("{id: r, add: {code: x}, any: [نفط]}", "rules.r.add.kind: is missing; give one of topic, place"),
        ("{id: r, add: {kind: Oil}, any: [نفط]}", "is no kind; use small Latin letters and _"),
        ("{id: r, add: {kind: plase}, any: [نفط]}", "is too near to a kind that warraq has; did you mean place?"),
        ("{id: r, add: {kind: oil, label: x}, any: [نفط]}", "is for topics; give canonical"),
        ("{id: r, add: {kind: oil, country: Syria}, any: [نفط]}", "is no ISO 3166-1 alpha-2 code such as SY"),
        ("{id: r, add: {kind: topic}, any: [نفط]}", "rules.r.add.code: is missing; give the code of the topic"),
        ("{id: r, add: {kind: topic, code: 'medtop:0400000'}, any: [نفط]}", "r.yaml:3:38 rules.r.add.code: \"medtop:0400000\" is no known topic; did you mean medtop:04000000"),
        ("{id: r, add: {kind: topic, code: '04000000'}, any: [نفط]}", "did you mean medtop:04000000?"),
        ("{id: r, add: {kind: topic, code: 'desk:x'}, any: [نفط]}", "is no known topic"),
        ("{id: r, add: {kind: topic, code: 'medtop:04000000', replace: true}, any: [نفط]}", "is not for topics"),
        ("{id: r, suppress: {kind: plce, value: xy}}", "nothing makes tags of the kind \"plce\"; did you mean place?"),
        ("{id: r, suppress: {value: xy}}", "rules.r.suppress.kind: is missing"),
        ("{id: r, suppress: {kind: place, value: []}}", "rules.r.suppress.value: is empty"),
        ("{id: r, suppress: {kind: place, value: ''}}", "is empty"),
        ("{id: r, suppress: {kind: place, where: evidence}}", "there is no evidence; give any, all or pattern"),
        ("{id: r, suppress: {kind: topic, where: evidence}, any: [نفط]}", "topics are said of the whole article"),
        ("{id: r, suppress: {kind: topic, code: 'medtop:99'}}", "rules.r.suppress.code.1: \"medtop:99\" is no known topic"),
        ("{id: r, suppress: {kind: place}, weight: 2}", "is for rules that add a tag"),
        ("{id: r, rescore: {kind: place}}", "give either score or factor"),
        ("{id: r, rescore: {kind: place, score: 0.1, factor: 2}}", "give either score or factor"),
        ("{id: r, rescore: {kind: place, factor: -1}}", "less than the minimum 0"),
        ("{id: r, add: {kind: oil}, pattern: '(نفط'}", "r.yaml:3:40 rules.r.pattern: \"(نفط\": missing ): (نفط"),
        ("{id: r, add: {kind: oil}, pattern: '(?=نفط)'}", "invalid perl operator: (?="),
        ("{id: r, add: {kind: oil}, pattern: '(نفط)\\1'}", "invalid escape sequence: \\1"),
        ("{id: r, add: {kind: oil}, pattern: '((ا{100}){100}){100}'}", "invalid repetition size"),
        ("{id: r, add: {kind: oil}, pattern: 'ا*'}", "matches the empty text, so it would match everywhere"),
        ("{id: r, add: {kind: oil}, pattern: 'نِفط'}", "U+0650 is not in the folded text"),
        ("{id: r, add: {kind: oil}, pattern: 'نـفط'}", "U+0640 is not in the folded text"),
        ("{id: r, add: {kind: oil}, pattern: '\\x{0623}'}", "write the letter itself"),
        ("{id: r, add: {kind: oil}, pattern: ''}", "rules.r.pattern: is empty"),
        ("{id: r, add: {kind: oil}, any: [نفط], exact: true}", "says how a pattern matches, and there is none"),
        ("{id: r, add: [], any: [نفط]}", "a list is given where a table of keys is wanted"),
        ("{id: r, add: , any: [نفط]}", "nothing is given where a table of keys is wanted"),
        ("نفط", "rules.1: \"نفط\" is given where a table of keys is wanted"),
    ],
)  # fmt: skip
def test_a_faulty_rule_is_told_once_with_its_place(body, expected):
    line = rule_fault(body)
    assert line.startswith("r.yaml:3:")
    assert expected in line


@pytest.mark.parametrize(
    ("entry", "names", "expected"),
    [
        ("id: g, kind: place", "", "gazetteers.g.file: is missing; give a TSV or CSV file"),
        ("file: names.csv, kind: place", "name\nabc\n", "gazetteers.1.id: is missing"),
        ("id: g, file: names.csv", "name\nabc\n", "gazetteers.g.kind: is missing"),
        ("id: g, file: names.csv, kind: topic", "name\nabc\n", "topics come from rules"),
        ("id: places, file: names.csv, kind: place", "name\nabc\n", "something that warraq ships"),
        ("id: g, file: other.csv, kind: place", "", 'r.yaml:2:28 gazetteers.g.file: "other.csv" cannot be read: No such file'),
        ("id: g, file: names.csv, kind: place, triggers: [و]", "name\nabc\n", "gazetteers.g.triggers.1: \"و\" is a single letter"),
        ("id: g, file: names.csv, kind: place, triggers: [نادي], block_before: [نادى]", "name\nabc\n", "is among triggers too"),
        ("id: g, file: names.csv, kind: place, only_topics: ['medtop:1']", "name\nabc\n", "gazetteers.g.only_topics.1: \"medtop:1\" is no known topic"),
        ("id: g, file: names.csv, kind: place, score: 0", "name\nabc\n", "must be above 0"),
        ("id: g, file: names.csv, kind: place, min_len: 1", "name\nabc\n", "less than the minimum 2"),
        ("id: g, file: names.csv, kind: place", "", "names.csv:1 gazetteers.g.file: is empty: the first line names the columns"),
        ("id: g, file: names.csv, kind: place", "nam,code\nabc,1\n", 'names.csv:1 gazetteers.g.file: has no column "name"; did you mean nam?'),
        ("id: g, file: names.csv, kind: place, columns: {code: id}", "name,code\nabc,1\n", 'names.csv:1 gazetteers.g.file: has no column "id"'),
        ("id: g, file: names.csv, kind: place", "name,name\nabc,abd\n", 'the column "name" comes twice'),
        ("id: g, file: names.csv, kind: place", "name,code\nabc,1\nabd\n", "names.csv:3 gazetteers.g.file: 1 columns, the header has 2"),
        ("id: g, file: names.csv, kind: place", "name,code\nabc,1\n ,2\n", "names.csv:3 gazetteers.g.file: is empty; give a phrase"),
        ("id: g, file: names.csv, kind: place", "name,code\nabc,1\nx,2\n", "names.csv:3 gazetteers.g.file: \"x\" is a single letter"),
        ("id: g, file: names.csv, kind: place", "name\nأحمد\nابن\nاحمد\n", 'names.csv:4 gazetteers.g.file: "احمد" is given twice, first in line 2'),
        ("id: g, file: names.csv, kind: place", "name,code\nأحمد,1\nاحمد,2\n", 'names.csv:3 gazetteers.g.file: "احمد" means "أحمد" too, first in line 2'),
        ("id: g, file: names.csv, kind: place", 'name\n"a\nb"\nabc\n"abd\n', "names.csv:5 gazetteers.g.file: not CSV: unexpected end of data"),
        ("id: g, file: names.csv, kind: place", b"name\nabc\n\xe9\n", "names.csv:3:1 gazetteers.g.file: byte 0xe9 is not UTF-8"),
        ("id: g, file: names.csv, kind: place", "name\nabc\n".encode("utf-16"), "names.csv:1:1 gazetteers.g.file: is UTF-16"),
        ("id: g, file: names.csv, kind: place", "name\nab\0c\n", "names.csv:2 gazetteers.g.file: holds the character U+0000"),
        ("id: g, file: names.csv, kind: place", "name,country\nabc,Syria\n", 'names.csv:2 gazetteers.g.file: country: "Syria" is no ISO 3166-1'),
        ("id: g, file: names.csv, kind: place", "name,lat,lon\nabc,91,1\n", 'lat: "91" is no number of degrees from -90 to 90'),
        ("id: g, file: names.csv, kind: place", "name,lat,lon\nabc,nan,1\n", 'lat: "nan" is no number of degrees'),
        ("id: g, file: names.csv, kind: place", "name,lat,lon\nabc,1,\n", "lat and lon belong together"),
    ],
)  # fmt: skip
def test_a_faulty_list_is_told_with_its_line(entry, names, expected):
    assert expected in fault(f"version: 1\ngazetteers: [{{{entry}}}]", names_csv=names)


@pytest.mark.parametrize(
    ("entry", "codes", "expected"),
    [
        ("codes: [{code: a, label_en: x}]", "", "taxonomies.1.id: is missing"),
        ("id: medtop, codes: [{code: a, label_en: x}]", "", "is the taxonomy that warraq ships"),
        ("id: d", "", "taxonomies.d: has no codes; give file or codes"),
        ("id: d, file: codes.tsv, codes: [{code: a, label_en: x}]", "code\na\n", "give either file or codes"),
        ("id: d, codes: []", "", "taxonomies.d.codes: is empty; give a code at least"),
        ("id: d, codes: [{code: a b, label_en: x}]", "", 'r.yaml:2:30 taxonomies.d.codes.1: "a b" is no code'),
        ("id: d, codes: [{label_en: x}]", "", "taxonomies.d.codes.1: has no code"),
        ("id: d, codes: [{code: a}]", "", 'the code "a" has no label'),
        ("id: d, codes: [{code: a, label_en: x}, {code: a, label_en: x}]", "", 'the code "a" is given twice, first at r.yaml:2:30'),
        ("id: d, codes: [{code: a, label_en: x, parent: b}]", "", 'the parent "d:b" of "d:a" is no known topic; did you mean d:a?'),
        ("id: d, codes: [{code: a, label_en: x, parent: a}]", "", '"d:a" lies below itself'),
        ("id: d, file: codes.tsv", "code\tlabel_en\tparent\na\tx\t\nb\tx\tc\n", 'codes.tsv:3 taxonomies.d.file: the parent "d:c" of "d:b" is no known topic'),
        ("id: d, file: codes.tsv", "label_en\nx\n", 'codes.tsv:1 taxonomies.d.file: has no column "code"'),
    ],
)  # fmt: skip
def test_a_faulty_taxonomy_is_told_with_its_place(entry, codes, expected):
    assert expected in fault(f"version: 1\ntaxonomies: [{{{entry}}}]", codes_tsv=codes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thresholds: {plce: 0.5}", 'nothing makes tags of the kind "plce"; did you mean place?'),
        ("thresholds: {place: 2}", "r.yaml:2:21 thresholds.place: 2 is more than the maximum 1"),
        ("disable: [topic]", 'r.yaml:2:11 disable.1: "topic" is no tagger and no id of a gazetteer or rule; did you mean topics?'),
        ("ruels: []", "r.yaml:2:1 ruels: unknown key; did you mean rules?"),
        ("rules: {}", "a table of keys is given where a list is wanted"),
    ],
)  # fmt: skip
def test_other_faults_are_told_with_their_place(text, expected):
    assert expected in fault(f"version: 1\n{text}")


def test_ids_are_unique_over_rules_and_lists():
    text = f"version: 1\n{CLUBS % ''}\nrules: [{{id: clubs, add: {{kind: oil}}, any: [نفط]}}]"
    line = fault(text, names_csv="name\nabc\n")
    assert line == 'r.yaml:3:14 rules.clubs.id: "clubs" is given twice, first at r.yaml:2:19'


def test_all_faults_of_file_and_lists_come_together():
    text = """version: 1
gazetteers:
  - {id: g, file: names.csv, kind: place, min_ln: 3}
  - {id: h, file: other.csv, kind: place}
rules:
  - {id: a, add: {kind: oil}, any: [و, نفط], pattern: '('}
  - {add: {kind: topic, code: x}}
disable: [gazeteers]
"""
    lines = faults(text, names_csv="name\nabc\nx\nabc\n")
    assert [line.partition(" ")[0] for line in sorted(lines)] == [
        "names.csv:3", "names.csv:4", "r.yaml:3:43", "r.yaml:4:19", "r.yaml:6:37", "r.yaml:6:55",
        "r.yaml:7:31", "r.yaml:7:5", "r.yaml:7:5", "r.yaml:8:11",
    ]  # fmt: skip


def bomb():
    levels = [f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]" for i in range(9)]
    return "\n".join(["a: &a [x,x,x,x,x,x,x,x,x]", *levels])


@pytest.mark.parametrize(
    "text", [bomb(), "[" * 5000, "rules: " + "{any: " * 5000, "rules: [" + "{}," * 5000 + "]"]
)
def test_hostile_files_are_refused_within_a_second(text):
    start = time.perf_counter()
    assert all(line.startswith("r.yaml:") for line in faults(text))
    assert time.perf_counter() - start < 1.5


def test_a_list_full_of_faults_is_given_up_after_a_hundred():
    assert len(faults("version: 1\n" + CLUBS % "", names_csv="name\n" + "x\n" * 5000)) == 101


def test_lists_lie_beside_the_rules(tmp_path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "n.csv").write_text("name\nabc\n")
    (tmp_path / "r.yaml").write_text("version: 1\ngazetteers: [{id: g, file: lists/n.csv, kind: place}]")
    assert read_rules(str(tmp_path / "r.yaml")).gazetteers[0].names[0].names == ("abc",)
    (tmp_path / "lists" / "n.csv").unlink()
    with pytest.raises(ConfigError, match=r"r.yaml:2:28 gazetteers.g.file: \"lists/n.csv\" cannot be read"):
        read_rules(str(tmp_path / "r.yaml"))


def test_the_taggers_that_can_be_switched_off_are_named():
    assert TAGGERS == ("topics", "keyphrases", "entities", "gazetteers")
