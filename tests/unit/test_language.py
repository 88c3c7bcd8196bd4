import pytest

from transforms.core.language import identify


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("أعلنت الوزارة اليوم عن خطة جديدة لتطوير الموانئ في المنطقة الشرقية", "ar"),
        ("اعلنت الوزارة ان شركة Apple ستفتتح مقرا في دبي", "ar"),
        ("وزارت نیرو اعلام کرد که برنامه‌ی تازه‌ای برای گسترش بندرها دارد و کار آن آغاز می‌گردد", "fa"),
        ("وزارت توانائی نے کہا ہے کہ بندرگاہوں کی ترقی کے لیے ایک نیا منصوبہ شروع کیا جائے گا", "ur"),
        ("وەزارەتی وزە ڕایگەیاند کە پلانێکی نوێ بۆ گەشەپێدانی بەندەرەکان دەست پێدەکات", "ckb"),
        ("The ministry announced a new plan today", "other"),
        ("2015 - 12", "und"),
        ("", "und"),
    ],
)
def test_the_letters_tell_the_language(text, language):
    assert identify(text) == language
