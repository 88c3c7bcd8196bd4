"""From the bytes of an answer to items: encodings, bombs, what names an item and what changes it."""

import time

import pytest

from pipelines.charset import decode_feed, decode_page
from pipelines.feed_items import iso_time, item_row, read_feed
from transforms.core.mapping import READY_MAPS, apply_map, choose_map

ARABIC = "أعلنت الوزارة عن خطة جديدة في المدينة، وقال المتحدث ان العمل بدأ من اليوم على الطريق"


def rss(*items, declared="", title="صحيفة"):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{declaration}<rss version='2.0'><channel><title>{title}</title>{''.join(items)}</channel></rss>"


def item(guid="1", title=ARABIC, text=ARABIC, link="https://feeds.example/1", more=""):
    return f"<item><guid>{guid}</guid><title>{title}</title><link>{link}</link><description>{text}</description>{more}</item>"


def first(text):
    return read_feed(text, "https://feeds.example/rss", 1 << 20).items[0]


#: Name -> codec of the bytes, charset of the header, encoding of the document, codec expected.
WITNESSES = {
    "all say windows-1256": ("cp1256", "windows-1256", "windows-1256", "cp1256"),
    "the document alone": ("cp1256", "", "windows-1256", "cp1256"),
    "the header alone": ("cp1256", "windows-1256", "", "cp1256"),
    "nobody": ("cp1256", "", "", "cp1256"),
    "both wrongly say UTF-8": ("cp1256", "utf-8", "utf-8", "cp1256"),
    "the header wrongly says UTF-8": ("cp1256", "utf-8", "windows-1256", "cp1256"),
    "a server's default against the document": ("cp1256", "ISO-8859-1", "windows-1256", "cp1256"),
    "a server's default against nobody": ("cp1256", "ISO-8859-1", "", "cp1256"),
    "UTF-8, all wrongly say windows-1256": ("utf-8", "windows-1256", "windows-1256", "utf-8"),
    "UTF-8, nobody": ("utf-8", "", "", "utf-8"),
    "UTF-8 with a mark against the header": ("utf-8-sig", "windows-1256", "windows-1256", "utf-8"),
    "UTF-16": ("utf-16", "", "utf-16", "utf-16-le"),
    "UTF-16 without a mark": ("utf-16-be", "", "utf-16", "utf-16-be"),
    "ISO-8859-6": ("iso8859-6", "", "iso-8859-6", "iso8859-6"),
    "an encoding that is none": ("utf-8", "zip", "rot13", "utf-8"),
    "an unknown one": ("cp1256", "x-arabic", "klingon", "cp1256"),
}


@pytest.mark.parametrize("name", WITNESSES)
def test_an_arabic_feed_is_read_whatever_is_said_of_its_bytes(name):
    codec, header, declared, expected = WITNESSES[name]
    body = rss(item() * 3, declared=declared).encode(codec)
    decoded = decode_feed(body, f"text/xml; charset={header}" if header else "text/xml")
    assert (decoded.codec, decoded.broken) == (expected, 0)
    assert first(decoded.text).title == ARABIC


def test_letters_cut_in_the_middle_cost_themselves_and_not_the_feed():
    body = rss(item(text=ARABIC * 20)).encode().replace("الطريق".encode(), "الطري".encode() + b"\xd9", 1)
    decoded = decode_feed(body, "text/xml; charset=windows-1256")
    assert (decoded.codec, decoded.broken) == ("utf-8", 1)
    assert "\ufffd" in first(decoded.text).title


def test_a_page_says_its_encoding_in_a_meta_element():
    page = f'<html><meta http-equiv=content-type content="text/html; charset=windows-1256"><p>{ARABIC}'
    assert decode_page(page.encode("cp1256"), "text/html").text == page


LAUGHS = (
    "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{i} '{'&a;' * 10}'>" for i in range(9)) + "]>"
)
BOMBS = {
    "laughs": LAUGHS + rss(item(text="&a8;")),
    "quadratic": f"<!DOCTYPE rss [<!ENTITY a '{'x' * 50_000}'>]>" + rss(item(text="&a;" * 50_000)),
    "a file": "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + rss(item(text="&x;")),
    "another server": "<!DOCTYPE rss SYSTEM 'http://10.0.0.1/evil.dtd'>" + rss(item()),
    "parameters": "<!DOCTYPE rss [<!ENTITY % x SYSTEM 'http://10.0.0.1/'> %x;]>" + rss(item()),
    "nesting": "<rss><channel>" + "<a>" * 400_000,
    "names": "<rss><channel>" + "".join(f"<a{i}/>" for i in range(200_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_xml_bomb_is_refused_at_once(name):
    began = time.perf_counter()
    content = read_feed(BOMBS[name], "https://feeds.example/rss", 1 << 20)
    assert not content.complete
    assert content.items == []
    assert content.faults[0][0] == "unsafe_xml"
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "text", ["", "not found", "<!DOCTYPE html><title>x", "<html>", '{"items": []}', "BZh91AY&SY"]
)
def test_what_is_no_feed_says_so(text):
    content = read_feed(text, "https://feeds.example/rss", 1 << 20)
    assert [reason for reason, _ in content.faults] == ["not_a_feed"]


def test_a_document_that_is_cut_gives_the_items_before_the_cut():
    text = rss(item("1"), item("2"), item("3"))
    content = read_feed(text[:-60], "https://feeds.example/rss", 1 << 20)
    assert len(content.items) == 2
    assert not content.complete
    assert content.faults[0][0] == "truncated_file"


def test_an_item_that_is_too_large_leaves_the_others():
    content = read_feed(rss(item("1"), item("2", text="x" * 5000), item("3")), "u", 4096)
    assert [found.guid for found in content.items] == ["1", "3"]
    assert content.complete
    assert content.faults[0][0] == "record_too_large"


def test_a_new_text_is_a_new_version_of_the_same_item():
    old, new = first(rss(item())), first(rss(item(text=f"{ARABIC} تحديث")))
    assert old.key == new.key
    assert old.version != new.version


def test_new_times_counters_and_pictures_are_no_new_version():
    more = "<pubDate>{}</pubDate><media:content url='{}'/>"
    old = first(
        rss(item(text="&lt;p&gt;خبر&lt;img src='/p?1'&gt;", more=more.format("Mon, 01 Jan 2024", "a")))
    )
    new = first(
        rss(item(text="&lt;p&gt;خبر&lt;img src='/p?2'&gt;", more=more.format("Tue, 02 Jan 2024", "b")))
    )
    assert old.version == new.version


def test_an_item_without_guid_is_named_by_its_link_then_by_its_title():
    assert first(rss(item(guid=""))).key == first(rss(item(guid="", title="أخرى"))).key
    assert first(rss(item(guid="", link=""))).key != first(rss(item(guid="", link="", title="أخرى"))).key


def test_a_row_has_the_keys_that_batch_reads_and_plain_text():
    feed = rss(
        item(
            text="&lt;p&gt;أ&lt;/p&gt;&lt;p&gt;ب &amp;amp; ج",
            link="/news/7",
            more="<pubDate>Tue, 02 Jan 2024 03:04:05 +0300</pubDate>",
        )
    )
    row = item_row(first(feed), "f", "", "2024-01-02T00:00:00Z")
    assert choose_map(row, READY_MAPS) == "warraq"
    fields = apply_map(row, READY_MAPS["warraq"])
    assert fields.body == "أ\n\nب & ج"
    assert fields.url == "https://feeds.example/news/7"
    assert fields.source == "صحيفة"
    assert fields.published == "Tue, 02 Jan 2024 03:04:05 +0300"
    assert iso_time(fields.published) == "2024-01-02T00:04:05Z"


def test_a_time_without_a_zone_is_left_to_the_pipeline():
    assert iso_time("2024-01-02 03:04:05") == ""
    assert iso_time("yesterday") == ""
    assert iso_time("") == ""


def test_atom_and_rdf_are_read_too():
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>ص</title><entry><id>urn:1</id><title type='html'>&lt;b&gt;خبر</title>"
        "<link href='https://feeds.example/1'/><updated>2024-01-02T03:04:05Z</updated><content>نص &amp; نص</content></entry></feed>"
    )
    found = first(atom)
    assert (found.guid, found.title, found.body, found.published) == (
        "urn:1",
        "خبر",
        "نص & نص",
        "2024-01-02T03:04:05Z",
    )
