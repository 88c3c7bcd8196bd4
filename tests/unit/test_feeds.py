import json
import sys
import time

import pytest
from reading_samples import SENTENCES, read

from transforms.core.feeds import FEED_KEYS, MAX_DEPTH

RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>صحيفة النخيل</title><link>http://example.org/</link>
<image><title>ليس العنوان</title></image>
<item><title>المطر يملأ السدود</title><link>http://example.org/1</link><guid>g-1</guid>
<description>&lt;p&gt;قال المدير &amp;amp; أكد&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>{body}</p>]]></content:encoded>
<dc:creator>سالم</dc:creator><pubDate>Tue, 21 Jul 2015 10:00:00 +0300</pubDate>
<category>محليات</category><category>طقس</category><media:title xmlns:media="m">x</media:title></item>
<item><title>ثان</title><guid>http://example.org/2</guid></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>المرصد</title>
<entry><title>أ &lt; ب</title><id>urn:1</id><link rel="self" href="http://x/self"/><link href="http://x/1"/>
<author><name>ليلى</name><uri>http://x/</uri></author><published>2020-01-02T03:04:05Z</published>
<updated>2020-01-03T00:00:00Z</updated><category term="news" label="أخبار"/>
<summary type="html">&lt;b&gt;موجز&lt;/b&gt;</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p class="a">أول &amp; ثان</p><p>ثالث<br/></p></div></content>
</entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>قديم</title></channel>
<item rdf:about="http://x/1"><title>خبر</title><link>http://x/1</link><dc:date>2004-05-06</dc:date></item></rdf:RDF>"""


def items(result):
    return [json.loads(record.payload) for record in result.records]


def rss(body, items_before=""):
    return f"<rss><channel><title>ق</title>{items_before}<item><title>ع</title>{body}</item></channel></rss>".encode()


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [("utf-8", "utf-8"), ("windows-1256", "cp1256"), ("utf-16", "utf-16"), ("iso-8859-6", "iso8859_6")],
)
@pytest.mark.parametrize("name", ["feed.xml", "feed"])
def test_rss_items_become_objects_in_every_encoding(encoding, codec, name):
    body = SENTENCES[0].replace("،", "")
    result = read(RSS.format(encoding=encoding, body=body).encode(codec), name)
    assert result.reasons == []
    first, second = items(result)
    assert first == {
        "feed": "صحيفة النخيل",
        "title": "المطر يملأ السدود",
        "link": "http://example.org/1",
        "id": "g-1",
        "summary": "<p>قال المدير &amp; أكد</p>",
        "content": f"<p>{body}</p>",
        "author": "سالم",
        "published": "Tue, 21 Jul 2015 10:00:00 +0300",
        "updated": "",
        "categories": ["محليات", "طقس"],
    }
    assert (second["link"], second["title"]) == ("http://example.org/2", "ثان")
    record = result.records[1]
    assert (record.field_map, record.form, record.encoding, record.origin.offset) == (
        "feed",
        "json",
        "utf-8",
        1,
    )
    assert result.file.form == "feed"


def test_atom_entries_keep_their_xhtml():
    (entry,) = items(read(ATOM.encode(), "a.atom"))
    assert tuple(entry) == FEED_KEYS
    assert entry == {
        "feed": "المرصد",
        "title": "أ &lt; ب",
        "link": "http://x/1",
        "id": "urn:1",
        "summary": "<b>موجز</b>",
        "content": '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a">أول &amp; ثان</p><p>ثالث<br></br></p></div>',
        "author": "ليلى",
        "published": "2020-01-02T03:04:05Z",
        "updated": "2020-01-03T00:00:00Z",
        "categories": ["أخبار"],
    }


def test_atom_with_a_prefix_is_read():
    data = '<a:feed xmlns:a="x"><a:title>ق</a:title><a:entry><a:title>خبر</a:title></a:entry></a:feed>'
    assert [(i["feed"], i["title"]) for i in items(read(data.encode(), "a.xml"))] == [("ق", "خبر")]


def test_rss_1_0_is_read():
    (item,) = items(read(RDF.encode(), "a.rss"))
    assert (item["feed"], item["id"], item["published"]) == ("قديم", "http://x/1", "2004-05-06")


@pytest.mark.parametrize(
    ("uri", "name"),
    [("https://news.example.org/feed.xml", "news.example.org"), ("gs://b/alnakhil.xml.gz", "alnakhil")],
)
def test_a_feed_without_title_is_named_by_its_address(uri, name):
    data = b"<rss><channel><item><title>x</title></item></channel></rss>"
    assert items(read(data, uri))[0]["feed"] == name


def test_the_config_can_overrule_a_wrong_declaration():
    data = RSS.format(encoding="utf-8", body="نص").encode("cp1256")
    assert read(data, "a.xml").reasons == ["bad_xml"]
    assert items(read(data, "a.xml", encoding="windows-1256"))[0]["title"] == "المطر يملأ السدود"


def test_a_blank_line_before_the_declaration_is_forgiven():
    assert len(read(b"\n \n" + RSS.format(encoding="utf-8", body="x").encode(), "a.xml").records) == 2


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>'


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>',
        '<!DOCTYPE rss SYSTEM "http://example.org/x.dtd"><rss/>',
        "<!DOCTYPE html><rss/>",
    ],
)
def test_a_document_type_is_refused_and_nothing_is_opened(data):
    opened = []
    hook = {"on": True}
    sys.addaudithook(
        lambda event, _: opened.append(event) if hook["on"] and event in {"open", "socket.connect"} else None
    )
    result = read(data.encode(), "a.xml")
    hook["on"] = False
    assert (result.records, result.reasons, opened) == ([], ["unsafe_xml"], [])


def test_nesting_has_a_limit():
    fine, deep = MAX_DEPTH - 5, 400_000
    assert (
        read(rss("<description>" + "<b>" * fine + "x" + "</b>" * fine + "</description>"), "a.xml").reasons
        == []
    )
    began = time.process_time()
    assert read(b"<rss>" + b"<b>" * deep, "a.xml").reasons == ["unsafe_xml"]
    assert time.process_time() - began < 1


def test_countless_different_names_are_no_feed():
    many = "".join(f"<t{i}/>" for i in range(60_000)).encode()
    assert read(b"<rss>" + many + b"</rss>", "a.xml").reasons == ["unsafe_xml"]


def test_an_item_over_the_limit_is_refused_and_the_next_is_read():
    big = f"<item><title>x</title><description>{'y' * 700_000}</description></item>"
    result = read(rss("", big), "a.xml", max_record_bytes=100_000)
    letter = result.refused[0]
    assert (letter.reason, letter.payload_bytes, letter.payload) == (
        "record_too_large",
        len(big),
        big.encode()[: 64 << 10],
    )
    assert [(i["title"], i["feed"]) for i in items(result)] == [("ع", "ق")]
    assert result.records[0].origin == ("a.xml", 1, 1)


def test_one_endless_tag_takes_no_memory():
    result = read(b'<rss><channel x="' + b"y" * 3_000_000, "a.xml", max_record_bytes=100_000)
    assert result.reasons == ["bad_xml"]
    assert result.file.read_bytes < 1_000_000


def test_broken_xml_keeps_the_items_before_and_says_where():
    result = read(rss("<b>", "<item><title>x</title></item>"), "a.xml")
    assert [i["title"] for i in items(result)] == ["x"]
    assert result.reasons == ["bad_xml"]
    assert "line 1, column" in result.refused[0].detail
    assert b"<b></item>" in result.refused[0].payload


@pytest.mark.parametrize(
    "data", [b"<rss><channel>&nbsp;</channel></rss>", b"<?xml version='1.0' encoding='x-no'?><rss/>"]
)
def test_what_is_not_well_formed_is_bad_xml(data):
    assert read(data, "a.xml").reasons == ["bad_xml"]


def test_a_cut_feed_is_truncated():
    data = RSS.format(encoding="utf-8", body="x").encode()
    result = read(data[:-30], "a.xml")
    assert (len(result.records), result.reasons) == (1, ["truncated_file"])
    assert read(data[:-30], "a.xml", size=len(data)).reasons == ["file_changed"]


def test_other_xml_is_an_unknown_form():
    result = read(b"<?xml version='1.0'?><svg></svg>", "a.xml")
    assert result.reasons == ["unknown_form"]
    assert "<svg>" in result.refused[0].detail
