import pytest

from transforms.core.normalize import dedup_text, fold, profile_version


def test_hamza_less_and_vocalised_spellings_fold_to_one_text():
    plain = "اكد مسؤول الى ان اعادة البناء تبدا الاحد"
    vocalised = "أَكَّدَ مَسْؤولٌ إلى أنَّ إعادةَ البناءِ تبدأ الأحدَ"
    assert fold(plain).text == fold(vocalised).text


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


def test_the_version_names_the_profile_and_its_tables():
    assert profile_version().startswith("ar-norm/0+sha256:")
