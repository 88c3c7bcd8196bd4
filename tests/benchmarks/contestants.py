"""The contestants of normalize.py: how each is called, and the process in which one runs.

    PYTHON tests/benchmarks/contestants.py NAME TEXTS

TEXTS is a file of (length as 4 bytes, little-endian; UTF-8). The process tells in one line of JSON what it is and what
it gets wrong, then answers each line of its input with the CPU seconds of one pass. Peers run in their own environment:
only the standard library is imported here at the top.
"""

import contextlib
import importlib
import json
import sys
import time
import unicodedata
from importlib import metadata
from pathlib import Path

BATCH = 64
#: Two spellings that a matching form must make equal, but for the last pair, which it must keep apart.
PAIRS = {
    "NFD": (unicodedata.normalize("NFD", "آمن أحمد مسؤول هيئة"), "آمن أحمد مسؤول هيئة"),
    "presentation forms": ("ﻻ ﻷﻥ", "لا لأن"),
    "﷼ ﷽": ("﷼ ﷽", "ريال بسم الله الرحمن الرحيم"),
    "superscript alef 0670": ("الرحم\u0670ن", "الرحمن"),
    "tatweel": ("كتـاب", "كتاب"),
    "tatweel as dash": ("بيروت ـ لندن", "بيروت - لندن"),
    "أ إ آ": ("أب إلى آخر", "اب الى اخر"),
    "ٱ": ("ٱلله", "الله"),
    "ؤ ئ": ("مسؤول قائد", "مسوول قايد"),
    "ة ى": ("فى مدرسة", "في مدرسه"),
    "ی ک": ("\u06a9تاب\u06cc", "كتابي"),
    "digits": ("٢٠١٥ ۱۲", "2015 12"),
    "quotes": ("«نعم» “لا”", '"نعم" "لا"'),
    "bidi controls": ("في\u200f بيت", "في بيت"),
    "NBSP": ("في\u00a0بيت", "في بيت"),
    "001A": ("في\u001aبيت", "في\nبيت"),
    "entities": ("&quot;نعم&quot;", '"نعم"'),
    "marks only": ("\u064b\u0651", ""),
    "علا=على": ("على", "علا"),
}


class MissingError(Exception):
    """What was asked for is not written yet."""


def each(function):
    """Return (the function, a pass that calls it on each text)."""

    def one_pass(texts):
        for text in texts:
            function(text)

    return function, one_pass


def batched(function):
    """Return (the function of one text, a pass that calls it on batches of texts)."""

    def one_pass(texts):
        for start in range(0, len(texts), BATCH):
            function(texts[start : start + BATCH])

    return lambda text: function([text])[0], one_pass


def find(name):
    """Return a function of this project by its name, wherever in the core it lies."""
    for module in ("normalize", "tokens", "tokenize"):
        with contextlib.suppress(ModuleNotFoundError):
            if found := getattr(importlib.import_module(f"transforms.core.{module}"), name, None):
                return found
    raise MissingError(f"no {name} in transforms.core")


def ours(profile):
    """Return our form of one text; before `normalize_text` was written, what came before it."""
    try:
        normalize_text = find("normalize_text")
    except MissingError:
        if profile == "search":
            fold = find("fold")
            return lambda text: fold(text, "search").text
        if profile == "dedup":
            return find("dedup_text")
        raise
    return lambda text: normalize_text(text, profile)


def rules():
    """Return our 1:1 and delete rules for letters inside a word, read off our `search` form."""
    search, found = ours("search"), {}
    for code in (*range(0xD800), *range(0xE000, 0x10000)):
        letters = search(f"ب{chr(code)}ب")[1:-1]
        if letters != chr(code) and len(letters) <= 1:
            found[code] = letters or None
    return found


def translate(dense):
    """Return str.translate with our rules, as a dict or as a list that has an answer for every character."""
    table = rules()
    if dense:
        table = [table.get(code, chr(code)) for code in range(0x10000)]
    return each(lambda text: text.translate(table))


def pyarabic_chain():
    from pyarabic import araby

    def chain(text):
        text = araby.normalize_hamza(araby.strip_tatweel(araby.strip_tashkeel(text)), method="tasheel")
        return araby.normalize_teh(text).replace(araby.ALEF_MAKSURA, araby.YEH)

    return each(chain)


def camel():
    from camel_tools.utils import normalize as n
    from camel_tools.utils.dediac import dediac_ar

    return each(
        lambda text: dediac_ar(
            n.normalize_teh_marbuta_ar(
                n.normalize_alef_maksura_ar(n.normalize_alef_ar(n.normalize_unicode(text)))
            )
        )
    )


def name_of(module, function):
    return getattr(importlib.import_module(module), function)


def icu():
    return each(name_of("icu", "Normalizer2").getNFKCCasefoldInstance().normalize)


def batch_ours():
    function = find("normalize_texts")
    return batched(lambda texts: function(texts, "search"))


def rust_norm(batch):
    if batch:
        function = name_of("arabic_norm", "normalize_batch")
        return batched(lambda texts: function(texts, ta_marbuta=True))
    function = name_of("arabic_norm", "normalize")
    return each(lambda text: function(text, ta_marbuta=True))


def call(module, function):
    return each(name_of(module, function))


#: name -> (environment, distribution, maker of (function of one text, pass), is it a matching form of a text?)
ENTRIES = {
    "ours search": ("ours", "", lambda: each(ours("search")), True),
    "ours display": ("ours", "", lambda: each(ours("display")), False),
    "ours dedup": ("ours", "", lambda: each(ours("dedup")), False),
    "ours search, batches": ("ours", "", batch_ours, True),
    "ours tokens+hashes": ("ours", "", lambda: each(find("tokenize")), False),
    "ours tokens+hashes, batches": ("ours", "", lambda: batched(find("tokenize_texts")), False),
    "str.translate, dict": ("ours", "", lambda: translate(False), True),
    "str.translate, list": ("ours", "", lambda: translate(True), True),
    "pyarabic chain": ("peer", "pyarabic", pyarabic_chain, True),
    "pyarabic searchtext": (
        "peer",
        "pyarabic",
        lambda: call("pyarabic.normalize", "normalize_searchtext"),
        True,
    ),
    "CAMeL Tools": ("peer", "camel-tools", camel, True),
    "PyICU nfkc_cf": ("peer", "pyicu", icu, True),
    "arabic-norm": ("peer", "arabic-norm", lambda: rust_norm(False), True),
    "arabic-norm, batches": ("peer", "arabic-norm", lambda: rust_norm(True), True),
    "arabic-norm, word lists": ("peer", "arabic-norm", lambda: call("arabic_norm", "tokenize"), False),
    "arabic-normalize": (
        "peer",
        "arabic-normalize",
        lambda: call("arabic_normalize", "normalize_for_search"),
        True,
    ),
    "arabic-normalize, no Python": ("rust", "", None, False),
}
#: What arabic-text.md (section 2 and 7) saw on real texts, beside the pairs that are tried here.
NOTES = {
    "str.translate": "our own rules without the rest: entities, ligatures, composing, whitespace, mojibake",
    "pyarabic chain": "strip_tashkeel, strip_tatweel, normalize_hamza(tasheel), normalize_teh, replace ى by ي (normalize_alef is left out: it makes علا of على); f(NFD)≠f(NFC) on nearly every text",
    "pyarabic searchtext": "its own normalize_searchtext; ؤ ئ become ء",
    "CAMeL Tools": "normalize_unicode, _alef_ar, _alef_maksura_ar, _teh_marbuta_ar, dediac_ar; not idempotent on آ+0653",
    "PyICU": "compatibility and case only: no Arabic folding",
    "arabic-norm": "ta_marbuta=True, one thread; f(NFD)≠f(NFC) in 3,529 of 4,000 texts",
    "arabic-normalize": "search preset; f(NFD)≠f(NFC) in 2 of 4,000 texts; also as a crate, UTF-8 to UTF-8",
}


def wrong(function):
    """Return the names of the pairs that a matching form gets wrong."""
    found = [name for name, (a, b) in PAIRS.items() if (function(a) == function(b)) == (name == "علا=على")]
    sample = " ".join(a for a, _ in PAIRS.values()) + " آ\u0653"
    return found + ["idempotence"] * (function(function(sample)) != function(sample))


def work(name, path):
    """Be the process of one contestant: tell what it is, then answer each line with the CPU seconds of a pass."""
    _, package, make, matching = ENTRIES[name]
    try:
        function, one_pass = make()
        what = f"{package} {metadata.version(package)}" if package else ""
        print(json.dumps({"what": what, "wrong": wrong(function) if matching else None}), flush=True)
    except (MissingError, ImportError, AttributeError) as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    data, encoded, at = Path(path).read_bytes(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        encoded.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    for _ in sys.stdin:
        texts = [text.decode() for text in encoded]
        started = time.process_time()
        one_pass(texts)
        print(time.process_time() - started, flush=True)


if __name__ == "__main__":
    work(*sys.argv[1:])
