import itertools

from hypothesis import given
from hypothesis import strategies as st

from transforms.core.mojibake import looks_damaged, repair

WORDS = [
    "أعلنت",
    "هيئة",
    "الموانئ",
    "في",
    "بيروت",
    "أن",
    "«الرصيف»",
    "قريبا،",
    "2015",
    "وَقَالَ",
    "Sea",
    "café",
    "و",
    "٢٠١٥",
    "\n",
    "“نعم”…",
]
STORED = ["utf-8", "cp1256", "iso8859-6"]
READ = ["cp1252", "latin-1", "cp1256"]
ODD = "ØÙÃÂâÇáíäæÑطظعغآأ§„±ˆٹ€™¹²\u0081\u009d\u00a0\u00ad\u200c،« \nabé?\ufffd\ud800\U0001f600"


def misread(text, stored, read):
    return "".join(
        chr(byte) if (char := bytes([byte]).decode(read, "replace")) == "\ufffd" else char
        for byte in text.encode(stored, "replace")
    )


sentences = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
damaged = st.builds(misread, sentences, st.sampled_from(STORED), st.sampled_from(READ))
twice = st.builds(misread, damaged, st.just("utf-8"), st.sampled_from(READ))
odd = st.text(ODD, max_size=60)
texts = st.lists(sentences | damaged | twice | odd | st.text(max_size=20), max_size=5).map("".join) | st.text(
    st.characters(exclude_categories=()), max_size=60
)


@given(texts)
def test_repair_never_raises_and_its_offsets_rise_within_the_damaged_text(text):
    result = repair(text)
    if result is not None:
        assert len(result.text) == len(result.offsets)
        assert all(0 <= place < len(text) for place in result.offsets)
        assert all(first < second for first, second in itertools.pairwise(result.offsets))
        assert len(result.path) >= 2


@given(texts)
def test_what_was_repaired_needs_no_second_repair(text):
    result = repair(text)
    assert result is None or repair(result.text) is None


@given(texts)
def test_what_is_repaired_looked_damaged(text):
    assert looks_damaged(text) or repair(text) is None


@given(texts)
def test_ascii_and_what_no_codec_has_come_through_unchanged(text):
    result = repair(text)
    if result is not None:
        for char, place in zip(result.text, result.offsets, strict=True):
            if char < "\x80" or char > "\uffff":
                assert char == text[place]


@given(sentences)
def test_clean_sentences_are_left_alone(text):
    assert repair(text) is None


@given(sentences, st.sampled_from(READ), st.sampled_from(READ))
def test_utf_8_damage_of_sentences_is_undone_once_and_twice(text, first, second):
    text = "أعلنت الهيئة في بيروت " + text
    once = misread(text, "utf-8", first)
    assert repair(once).text == text
    assert repair(misread(once, "utf-8", second)).text == text
