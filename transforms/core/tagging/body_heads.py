"""Words of which names of organisations are made, folded: heads, what completes them, what is no part of them."""

from transforms.core.tagging.matching import with_clitics

__all__ = [
    "ADJECTIVES",
    "APART",
    "DEFINITE_FORMS",
    "DESCRIBED",
    "DISTRICTS",
    "HEAD_FORMS",
    "LED",
    "NATIONAL",
    "NISBA",
    "SIDES",
    "STOPS",
    "STRONG_FORMS",
]

#: Heads that are no part of a body's name: team, side, forces (folded, with and without the article).
APART = with_clitics(("فريق", "قوي", "لاعبو", "لاعبي", "اداره نادي"))
#: Heads of what leads a body, when the body's own head follows: management, presidency, board of.
LED = with_clitics(("اداره", "رئاسه", "رياسه", "قياده", "بعثه", "جماهير", "لاعب", "مدرب", "رئيس", "رييس"))
#: National teams are countries here (the country is tagged as a place).
NATIONAL = with_clitics(("منتخب", "المنتخب", "منتخبا", "منتخبات", "منتخبي"))
#: Heads whose complement makes a name even where the model has seen none (folded).
STRONG = frozenset(
    (
        *("وزاره", "شرطه", "امانه", "بلديه", "اماره", "مديريه", "هيئه", "هييه", "جامعه", "مستشفي", "محكمه"),
        *(
            "نادي",
            "حزب",
            "شركه",
            "بنك",
            "صحيفه",
            "جريده",
            "وكاله",
            "قناه",
            "جمعيه",
            "لجنه",
            "غرفه",
            "مؤسسه",
            "موسسه",
        ),
        *("مجلس", "معهد", "نقابه", "رابطه", "برلمان", "بورصه", "مصرف", "كليه"),
    )
)
#: Definite heads that make a name with an adjective and a purpose: the general authority for ... (folded).
DEFINITE = frozenset(
    (
        *(
            "الهييه",
            "الاداره",
            "القياده",
            "المديريه",
            "الموسسه",
            "اللجنه",
            "الامانه",
            "المجلس",
            "المنظمه",
            "الاتحاد",
        ),
        *(
            "الجمعيه",
            "المركز",
            "الشركه",
            "الرياسه",
            "الوكاله",
            "المفوضيه",
            "الصندوق",
            "المكتب",
            "المرصد",
            "الرابطه",
        ),
    )
)
#: Heads that right before a place mean a district or an emirate, no body: Zabid district, the emirate of Dubai.
DISTRICTS = with_clitics(("مديريه", "اماره"))
#: Heads that with a nationality alone only say which side is meant: the Egyptian team.
SIDES = with_clitics(("الفريق", "النادي", "المنتخب"))
#: The same with clitics.
DEFINITE_FORMS = with_clitics(DEFINITE)
STRONG_FORMS = with_clitics(STRONG)
HEAD_FORMS = with_clitics(STRONG | DEFINITE)
#: Endings of adjectives of relation; and other adjectives that names of bodies have (folded).
NISBA = ("\u064a", "\u064a\u0647")  # ي and ية
ADJECTIVES = frozenset(
    (
        *(
            "العام",
            "العامه",
            "الاعلي",
            "العليا",
            "العالي",
            "المتحد",
            "المتحده",
            "المشترك",
            "المشتركه",
            "الشامل",
        ),
        *("الشامله", "الاحمر", "الموحد", "الموحده", "المستدام", "المستدامه", "الصغيره", "المتوسطه", "الكبري"),
    )
)
#: Heads whose names a nationality only describes: newspapers, channels, companies, clubs (folded).
DESCRIBED = with_clitics(
    ("صحيفه", "جريده", "مجله", "قناه", "شبكه", "شركه", "نادي", "موقع", "اذاعه", "وكاله", "مجموعه", "بنك")
)
#: Words that never continue a name: prepositions, conjunctions, particles (folded).
STOPS = frozenset(
    (
        *(
            "في",
            "من",
            "علي",
            "الي",
            "عن",
            "مع",
            "بين",
            "بعد",
            "قبل",
            "عند",
            "لدي",
            "خلال",
            "حول",
            "ضد",
            "منذ",
            "حتي",
        ),
        *(
            "ان",
            "او",
            "ثم",
            "لكن",
            "قد",
            "لا",
            "لم",
            "لن",
            "ما",
            "كل",
            "هذا",
            "هذه",
            "ذلك",
            "تلك",
            "التي",
            "الذي",
        ),
        *(
            "الذين",
            "هو",
            "هي",
            "كان",
            "كانت",
            "تم",
            "يتم",
            "غير",
            "عبر",
            "امس",
            "اليوم",
            "بان",
            "وان",
            "فان",
            "كما",
        ),
        *(
            "امام",
            "ضمن",
            "تحت",
            "فوق",
            "نحو",
            "جديده",
            "جديد",
            "كبيره",
            "خاصه",
            "عامه",
            "اخري",
            "محليه",
            "واحده",
        ),
    )
)
