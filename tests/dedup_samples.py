"""Invented news for the tests of deduplication: words, bodies, members, signatures, articles; and plain references."""

import functools
import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from schemas.comparing import Fingerprint, Member, Settled, Signature
from schemas.elements import Article, NormalizedArticle, Origin, Span, article_id
from transforms.core.cluster import DedupRules
from transforms.core.compared import normalize
from transforms.core.fingerprint import fingerprint_texts
from transforms.core.normalize import NormalizeRules, dedup_text

DAY = 86_400_000_000
RULES = DedupRules()

#: Ordinary words of news, in the spelling of a newspaper.
_NEWS = """
    أعلنت الوزارة افتتاح مشروع جديد لتحلية المياه في المنطقة الشرقية بحضور عدد من المسؤولين والخبراء وقال المدير إن
    المرحلة الأولى تشمل بناء محطات وخزانات كبيرة تخدم القرى الساحلية وأضاف أن التكلفة بلغت ملايين الدنانير وأكد رئيس
    البلدية أهمية التعاون بين الجهات الحكومية والقطاع الخاص خلال الفترة المقبلة مشيرا إلى خطط لتوسيع الميناء وتطوير
    الطرق السريعة وتحديث شبكات الكهرباء كما شارك وفد من الجامعة في ندوة علمية حول الزراعة الحديثة ومكافحة التصحر ودعا
    المشاركون لجنة البرلمان لمناقشة الميزانية السنوية وإقرار قانون الاستثمار قبل نهاية العام وفاز فريق المدينة ببطولة
    كرة السلة بعد مباراة مثيرة انتهت بفارق نقطتين وسط جمهور كبير واستقبل السفير رجال الأعمال لبحث فرص التجارة وزيادة
    الصادرات من التمور والأسماك وأوضح المتحدث باسم الشرطة ضبط كمية بضائع مهربة عند المعبر الحدودي وتوقعت الأرصاد هطول
    أمطار غزيرة مصحوبة برياح نشطة على المرتفعات الجبلية ونصح الدفاع المدني المواطنين بتجنب الأودية والسدود وافتتح
    معرض الكتاب أبوابه للزوار بمشاركة دور نشر عربية وأجنبية وسيستمر أسبوعين متتاليين وتضمن البرنامج أمسيات شعرية
    وعروضا مسرحية وورشا للأطفال ووقعت الشركة عقدا لتوريد قطارات حديثة تربط العاصمة بالمطار الدولي وارتفع مؤشر البورصة
    مدعوما بأسهم المصارف والاتصالات بينما تراجعت أسعار النفط والذهب عالميا وانطلقت حملة تطعيم تستهدف طلاب المدارس
    الابتدائية ضد الحصبة وأجرى الأطباء عملية نادرة لطفلة مريضة بالقلب داخل المستشفى المركزي ونشرت الصحيفة تقريرا عن
    هجرة الطيور البحرية وحماية الشعاب المرجانية وتنظيف الشواطئ ورحب سكان الحي بقرار إنشاء حديقة عامة وملاعب رياضية
"""
WORDS = tuple(_NEWS.split())
assert len(set(WORDS)) > 200

SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
PREFIXES = ("بال", "كال", "لل", "ال", "ل", "ب", "ك")


@functools.cache
def light_stem(word: str) -> str:
    """Light10 with proclitics in their order, one string at a time (folded letters)."""
    if word[:1] in ("و", "ف") and len(word) >= 4:
        word = word[1:]
    for prefix in PREFIXES:
        least = 3 if len(prefix) == 1 else 2
        if word.startswith(prefix) and len(word) >= len(prefix) + least:
            word = word[len(prefix) :]
            break
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + 2:
            word = word[: -len(suffix)]
    return word


@functools.cache
def shingle_set(text: str) -> frozenset[tuple[str, ...]]:
    """The word triples of a text, as Python strings."""
    words = dedup_text(text).split()
    return frozenset(zip(words, words[1:], words[2:], strict=False))


@functools.cache
def stem_counts(text: str) -> Counter[str]:
    """How often each stem stands in a text; words with digits are no words here."""
    return Counter(
        light_stem(word) for word in dedup_text(text).split() if not set("0123456789").intersection(word)
    )


@functools.cache
def body(seed: object, words: int = 60) -> str:
    """An invented body of so many words, hardly any of them twice; the same for the same seed."""
    chance = random.Random(f"body {seed}")
    text: list[str] = []
    while len(text) < words:
        text += chance.sample(WORDS, min(len(WORDS), words - len(text)))
    return " ".join(text)


@functools.cache
def mutate(text: str, share: float, seed: object) -> str:
    """The text with a share of its words replaced by others, in places that the seed chooses."""
    chance = random.Random(f"mutate {seed}")
    words = text.split()
    for place in chance.sample(range(len(words)), round(share * len(words))):
        words[place] = chance.choice([word for word in WORDS if word != words[place]])
    return " ".join(words)


def hex_id(name: object) -> str:
    """An article id (32 hex digits) for a name."""
    return hashlib.blake2b(str(name).encode(), digest_size=16).hexdigest()


def member(
    name: object,
    day: float | None = 0.0,
    priority: int = 0,
    index: int = 0,
    tokens: int = 60,
    settled: Settled | None = None,
) -> Member:
    event_us = None if day is None else round(day * DAY)
    place = "date=unknown/source=a" if day is None else "date=1970-01-01/source=a"
    return Member(
        hex_id(name),
        event_us,
        priority,
        tokens,
        Origin("/news/a.jsonl", index, index * 10),
        place,
        0,
        settled,
    )


def settled(parent: Member | None = None, root: Member | None = None, relation: str = "", version: int = 1):
    """What an earlier run decided; without a parent, that the article stays (its root is then given, or none)."""
    return Settled(
        "" if parent is None else parent.article_id,
        None if parent is None else parent.event_us,
        0 if parent is None else parent.priority,
        "" if root is None else root.article_id,
        relation,
        version,
    )


@functools.lru_cache(maxsize=4096)
def fingerprint(text: str, min_tokens: int = 30) -> Fingerprint:
    return fingerprint_texts([text], min_tokens=min_tokens)[0]


def signature(of: Member, text: str, rules: DedupRules = RULES, url: str = "") -> Signature:
    """The signature of a member with this body."""
    made = fingerprint(text, rules.near_min_tokens)
    key = hashlib.blake2b(url.encode(), digest_size=8).digest() if url else b""
    whole = Member(
        of.article_id,
        of.event_us,
        of.priority,
        made.tokens,
        of.origin,
        of.partition,
        of.shard,
        of.settled,
    )
    return Signature(whole, key, made)


def normalized(
    text: str,
    day: float | None,
    index: int,
    source: str = "a",
    url: str = "",
    title: str = "عنوان",
) -> NormalizedArticle:
    """A parsed and normalised article with this body."""
    whole = f"{title}\n\n{text}"
    start = len(title) + 2
    return normalize(
        Article(
            article_id=article_id(source, url, whole),
            source=source,
            url=url,
            text=whole,
            title=Span(0, len(title)),
            body_start=start,
            paragraphs=(Span(start, len(whole)),),
            subheads=(),
            author="",
            published_us=None if day is None else round(day * DAY),
            crawled_us=None,
            language="ar",
            flags=(),
            origin=Origin("/news/a.jsonl", index, index * 10),
        ),
        NormalizeRules(),
    )


def drift(versions: int, words: int = 100, changed: int = 2, seed: object = 0) -> list[str]:
    """Versions of one text, each of which changes a few words of the one before, in places not changed yet."""
    chance = random.Random(f"drift {seed}")
    text = body(seed, words).split()
    step = words // changed
    found = [" ".join(text)]
    for number in range(versions - 1):
        for part in range(changed):
            place = part * step + number * 3 % step
            text[place] = chance.choice([word for word in WORDS if word not in text])
        found.append(" ".join(text))
    return found


def jaccard(one: str, other: str) -> float:
    own, theirs = shingle_set(one), shingle_set(other)
    return len(own & theirs) / len(own | theirs) if own and theirs else 0.0


def cable(head: str, country: str) -> str:
    """A cable of congratulation: one template, in which head of state and country stand twice each."""
    return (
        f"بعث خادم الحرمين الشريفين برقية تهنئة إلى فخامة الرئيس {head} رئيس جمهورية {country} بمناسبة ذكرى اليوم الوطني لبلاده"
        " وأعرب الملك باسمه واسم شعب وحكومة المملكة عن أصدق التهاني وأطيب التمنيات بالصحة والسعادة لفخامته ولحكومة وشعب"
        f" {country} الشقيق اطراد التقدم والازدهار وأشاد الملك بتميز العلاقات الأخوية التي تربط بين البلدين والشعبين وبما"
        " تشهده من نمو في المجالات كافة متمنيا أن تستمر وتتوطد خدمة للمصالح المشتركة كما عبر عن تقديره لجهود فخامة"
        f" الرئيس {head} في دعم السلم والتنمية وسأل الله أن يديم على البلدين نعمة الأمن والاستقرار إنه سميع مجيب"
    )


def shuffled(items: Sequence[Any], seed: object) -> list[Any]:
    """The same things in another order."""
    ordered = list(items)
    random.Random(f"shuffle {seed}").shuffle(ordered)
    return ordered
