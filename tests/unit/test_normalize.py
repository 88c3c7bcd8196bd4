import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from transforms.core.normalize import dedup_text, fold, normalize_text, profile_of


@pytest.mark.parametrize(
    ("wire", "written"),
    [
        ("اكد مسؤول الى ان اعادة البناء تبدا الاحد", "أَكَّدَ مَسْؤولٌ إلى أنَّ إعادةَ البناءِ تبدأ الأحدَ"),
        (
            "واضاف ان اكثر من الفي شخص انتقلوا الى الاحياء الامنة",
            "وأضافَ أنَّ أكثرَ من ألفَيْ شخصٍ انتقلوا إلى الأحياءِ الآمنةِ",
        ),
        (
            "قال رئيس الهيئة ان الانتخابات ستجري في ايلول/سبتمبر",
            "قالَ رئيسُ الهيئةِ إنَّ الانتخاباتِ ستُجرى في أيلول/سبتمبر",
        ),
        (
            "استقبل الامير وفدا من الاطباء والمهندسين الاميركيين",
            "استقبلَ الأميرُ وفداً من الأطبّاءِ والمهندسينَ الأميركيّين",
        ),
    ],
)
def test_hamza_less_and_vocalised_spellings_fold_to_one_text(wire, written):
    for profile in ("search", "dedup"):
        assert normalize_text(wire, profile) == normalize_text(written, profile)
        assert normalize_text(unicodedata.normalize("NFD", written), profile) == normalize_text(wire, profile)


def test_presentation_forms_and_ligatures_become_their_letters():
    assert fold("ﺳﻼﻡ ﷲ").text == "سلام الله"
    assert fold("ﷺ").text == "صلي الله عليه وسلم"


def test_character_references_are_read_before_folding():
    assert fold("قال &quot;نعم&quot; &#65271;").text == 'قال "نعم" لا'


def test_an_unknown_reference_stays_as_it_is():
    assert fold("شركة &nosuchname; والباقي").text == "شركه &nosuchname; والباقي"


@pytest.mark.parametrize("invisible", ["\u200f", "\u202b", "\u200b", "\ufeff", "\u00ad", "\u200c"])
def test_invisible_characters_vanish_inside_words(invisible):
    assert fold(f"مدي{invisible}نة").text == "مدينه"


def test_a_paragraph_mark_of_old_systems_parts_words():
    assert dedup_text("نهاية\u001aبداية") == "نهايه بدايه"


def test_dedup_text_keeps_words_and_digits_only():
    assert dedup_text("«قُتل» ٢٥ شخصاً، و 3 آخرون…") == "قتل 25 شخصا و 3 اخرون"


@pytest.mark.parametrize("empty", ["", " ", "\u064b\u0651", "—", "\n\n", "\u0640"])
def test_text_without_a_word_has_an_empty_dedup_text(empty):
    assert dedup_text(empty) == ""


def test_letters_of_other_scripts_stay_and_lose_their_case():
    assert dedup_text("شركة ÉCOLE Apple и Новости") == "شركه école apple и новости"


def test_offsets_lead_back_across_emoji_references_and_ligatures():
    text = "😀 قال &amp; ﻻ مُهِمّ"
    for profile in ("search", "dedup"):
        folded, offsets = fold(text, profile)
        assert len(folded) == len(offsets)
        assert text[offsets[folded.index("قال")]] == "ق"
        assert text[offsets[folded.index("لا")]] == "ﻻ"
        assert text[offsets[folded.index("مهم") + 2]] == "م"


def test_the_version_names_the_profile_the_data_and_the_rules():
    assert profile_of("search").version.startswith("ar-norm/1+unicode14.0+sha256:")
    assert len({profile_of(name).version for name in ("display", "search", "dedup")}) == 3


def test_a_rule_that_is_off_does_nothing_and_shows_in_the_version():
    kept = profile_of("search", ["teh_marbuta", "alef"])
    assert normalize_text("مدينة أخرى", kept) == "مدينة أخري"
    assert kept.version != profile_of("search").version
    assert normalize_text("ا\u0654خرى", kept) == "أخري"


def test_unknown_profiles_and_rules_are_refused_by_name():
    with pytest.raises(ValueError, match="no profile"):
        normalize_text("نص", "lookup")
    with pytest.raises(ValueError, match="hamza"):
        profile_of("search", ["hamza"])


def test_a_standing_tatweel_is_a_dash_and_one_in_a_word_is_not():
    assert (
        normalize_text("بيروت ـ مراسلنا: لـ«النهضة» و10ـ كتب ــ", "search")
        == 'بيروت - مراسلنا: ل"النهضه" و10- كتب -'
    )


def test_display_keeps_spelling_and_repairs_what_feeds_break():
    damaged = "قالَ\u00a0&quot;مسؤولٌ&quot;\u200f إنّ\u001aالمدينةَ ﻻ تزال…  آمنة\r\n\r\n"
    assert normalize_text(damaged, "display") == 'قالَ "مسؤولٌ" إنّ\nالمدينةَ لا تزال… آمنة'


def test_the_frozen_table_is_what_its_script_makes():
    script = Path(__file__).parents[2] / "scripts" / "build_normalization.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    if done.returncode == 2:
        pytest.skip(done.stderr)
    assert done.returncode == 0


def test_the_versions_of_the_profiles_are_those_that_were_agreed():
    # A change here means that stored digests and indexes no longer fit: raise the profile's number and say so.
    assert [profile_of(name).version for name in ("display", "search", "dedup")] == [
        "ar-norm/1+unicode14.0+sha256:b4bbd064a739857f",
        "ar-norm/1+unicode14.0+sha256:de88e5baf5ece43c",
        "ar-norm/1+unicode14.0+sha256:29334a97b3bb95e2",
    ]
