"""Every item of four real feeds comes out with all its fields."""

import datetime
import email.utils
import json
from collections import Counter

from quality.gates import SHARED, digest_of, needs

from schemas.elements import RawRecord
from transforms.core.mapping import READY_MAPS
from transforms.core.parse import ParsePlan, ScopeRules, parse
from transforms.core.reading import ReadRules, read_records

pytestmark = needs("feeds")
FOLDER = SHARED / "feeds"
DIGEST = "c0a4ecc033c1"
FEEDS = {"bbc": 30, "cnn": 20, "rt": 100, "skynewsarabia": 72}


def articles_of(name):
    path = FOLDER / f"{name}.reconstructed.xml"
    plan = ParsePlan(READY_MAPS, {}, scope=ScopeRules(languages=()))
    with path.open("rb") as stream:
        return [
            parse(found, plan)
            for found in read_records(stream, path.name, path.stat().st_size, ReadRules())
            if isinstance(found, RawRecord)
        ]


def test_the_feeds_are_those_that_were_looked_at():
    assert digest_of("feeds") == DIGEST


def test_every_item_of_every_feed_comes_out_complete():
    items = [json.loads(line) for line in (FOLDER / "items.jsonl").read_text("utf-8").splitlines()]
    assert Counter(item["source"] for item in items) == FEEDS
    found = {}
    for name, count in FEEDS.items():
        articles = articles_of(name)
        assert len(articles) == count
        found |= {article.url: article for article in articles}
    for item in items:
        article = found[item["url"]]
        published = email.utils.parsedate_to_datetime(item["published"])
        assert (
            article.published_us
            == int((published - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)).total_seconds()) * 10**6
        )
        assert " ".join(article.title_text.split()) == " ".join(item["title"].split())
        assert " ".join(article.body.split()) == " ".join(item["text"].split())
