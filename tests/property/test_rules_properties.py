import dataclasses
import itertools
import json
import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.errors import ConfigError
from pipelines.rules import read_rules
from pipelines.rules_build import key_of
from pipelines.rules_tree import (
    AddEntry,
    CodeEntry,
    ColumnNames,
    GazetteerEntry,
    RescoreEntry,
    RuleEntry,
    RulesFile,
    SuppressEntry,
    TaxonomyEntry,
)
from schemas.elements import Tag
from transforms.core.tagging.rule_patterns import Pattern, fold_pattern
from transforms.core.tagging.rule_tagger import RuleTagger
from transforms.core.tagging.user_rules import UserRules, count_letters
from transforms.core.tagging.words import read_words

DESK = Path(__file__).parents[2] / "configs" / "monitoring-desk"
FILES = {path.name: path.read_bytes() for path in sorted(DESK.iterdir())}
EXAMPLE = "tagging-rules.yaml"
KNOWN = {f"medtop:{number:02}000000": "" for number in range(1, 18)}
PLACE = re.compile(r"[\w.-]+\.(?:yaml|tsv|csv):\d+(?::\d+)?(?::| )")


def read(data, **others):
    """Return the rules, or None where they are refused, each fault with file and line."""
    files = FILES | others | {EXAMPLE: data}

    def read_bytes(path, limit):
        if path not in files:
            raise FileNotFoundError(2, "No such file", path)
        return files[path][: limit + 1]

    try:
        rules = read_rules(EXAMPLE, KNOWN, read_bytes=read_bytes)
    except ConfigError as error:
        refusal = error
    else:
        assert isinstance(rules, UserRules)
        RuleTagger(rules)
        return rules
    for line in map(str, refusal.faults):
        assert PLACE.match(line), line
        assert "\n" not in line
    assert refusal.faults
    return None


# Files

TABLES = (
    RulesFile,
    TaxonomyEntry,
    CodeEntry,
    GazetteerEntry,
    ColumnNames,
    RuleEntry,
    AddEntry,
    SuppressEntry,
    RescoreEntry,
)
KEYS = sorted({key_of(field.name) for table in TABLES for field in dataclasses.fields(table)})
VALUES = st.sampled_from(
    ["topic", "place", "oil", "desk:heritage", "medtop:04000000", "topics.tsv", "competitors.csv", "no.csv", "title", "lead",
     "evidence", "topics", "r", "نفط", "و", "", "no", "12:30", "(", "ا*", "\\d+", "قضية", "\ud83d", "…", "نِفْط"]
)  # fmt: skip
LEAVES = VALUES | st.integers(-1, 3) | st.floats(-1, 2) | st.booleans() | st.none() | st.text(max_size=6)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)


def tables(table):
    """Trees that have the form of a table, some of its keys filled with anything."""
    return st.dictionaries(
        st.sampled_from([key_of(field.name) for field in dataclasses.fields(table)]), TREES, max_size=6
    )


RULES = st.fixed_dictionaries(
    {"id": st.sampled_from("abcd")},
    optional={
        "add": tables(AddEntry) | st.just({"kind": "oil"}),
        "suppress": tables(SuppressEntry),
        "rescore": tables(RescoreEntry),
        "any": st.lists(VALUES, max_size=3),
        "all": st.lists(VALUES | st.lists(VALUES, max_size=2), max_size=3),
        "not": st.lists(VALUES, max_size=3),
        "pattern": VALUES,
        "scope": st.lists(st.sampled_from(["title", "lead", "body", "x"]), max_size=3),
        "min_count": st.integers(-1, 3),
        "weight": st.floats(-1, 3),
    },
)
TREE = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        "taxonomies": st.lists(tables(TaxonomyEntry), max_size=2) | TREES,
        "gazetteers": st.lists(tables(GazetteerEntry), max_size=2) | TREES,
        "rules": st.lists(RULES, max_size=4) | TREES,
        "thresholds": st.dictionaries(VALUES, st.floats(-1, 2), max_size=3) | TREES,
        "disable": st.lists(VALUES, max_size=3) | TREES,
    },
)


@given(TREE | TREES)
@settings(max_examples=400, deadline=None)
def test_any_tree_is_taken_or_refused_with_places(tree):
    # JSON is YAML; what stands in it between quotes is text.
    read(json.dumps(tree, ensure_ascii=True).encode())


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_the_example_with_any_change_is_taken_or_refused_with_places(data):
    name = data.draw(st.sampled_from(sorted(FILES)))
    content = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 8)))
        other = data.draw(st.integers(0, len(content)))
        piece = data.draw(
            st.binary(max_size=4)
            | st.just(bytes(content[other : other + 40]))
            | st.sampled_from([b"\n", b"\t", b",", b": ", b"[", b"*a ", b'"'])
        )
        content[start:end] = piece
    read(bytes(content)) if name == EXAMPLE else read(FILES[EXAMPLE], **{name: bytes(content)})


@given(st.binary(max_size=120) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=400, deadline=None)
@example(b"name\n\xff")
@example(b'name,code\n"\n')
@example("name\n\u2028ab\n".encode())
@example(b"name\r\rab")
def test_any_bytes_as_a_list_are_taken_or_refused_with_places(content):
    for file in ("x.csv", "x.tsv"):
        text = f"version: 1\ngazetteers: [{{id: g, file: {file}, kind: place}}]\ntaxonomies: [{{id: t, file: {file}}}]"
        read(text.encode(), **{file: content})
        read(
            text.encode(),
            **{file: b"name,code,label_en\n".replace(b",", b"\t" if file == "x.tsv" else b",") + content},
        )


# Tags

LETTERS = "ابتنفطلوفكهةىيأإءَُّـ 0123٤٥٦.،؟«»\"'-\n\tAbc😀\ufdfa\u200f"
PIECES = ["نفط", "ونفط", "للنفط", "النفط", "بنفط", "خفض", "نِفْط", "abc", "12", "\n", "،", "«"]
TEXTS = (
    st.lists(st.sampled_from(PIECES), min_size=3, max_size=25).map(" ".join)
    | st.text(LETTERS, max_size=80)
    | st.text(max_size=40)
)
KNOWN_PHRASES = st.sampled_from(["نفط", "النفط", "نفط خفض", "ABC", "خفض النفط", "خفض", "12"])
PHRASES = st.lists(
    KNOWN_PHRASES | KNOWN_PHRASES | st.text(LETTERS, min_size=2, max_size=10), min_size=1, max_size=3
).filter(lambda phrases: all(letters > 1 for _, letters in count_letters(phrases)))
PATTERNS = st.sampled_from(
    [r"\d+", "نفط", r"\pL+", r"(?P<value>نفط)?\s*خفض", "[اأ]", r"\S+", "؟", r".{1,3}$", "^."]
)


@st.composite
def rule_sets(draw):
    """Rules files that are right, as trees."""
    rules = []
    for number in range(draw(st.integers(1, 4))):
        rule = {"id": f"r{number}"}
        conditions = draw(
            st.lists(st.sampled_from(["any", "all", "pattern"]), min_size=1, max_size=2, unique=True)
        )
        for key in conditions:
            rule[key] = draw(PATTERNS if key == "pattern" else PHRASES)
        kind = draw(st.sampled_from(["oil", "place", "keyphrase", "topic"]))
        deed = draw(st.sampled_from(["add", "add", "suppress", "rescore"]))
        rule[deed] = {"kind": kind}
        if deed == "add":
            rule["add"]["score"] = draw(st.sampled_from([0.2, 0.5, 1.0]))
            rule["weight"] = draw(st.sampled_from([0.5, 1.0, 3.0]))
            if kind == "topic":
                rule["add"]["code"] = draw(st.sampled_from(sorted(KNOWN)))
            else:
                rule["add"]["replace"] = draw(st.booleans())
        else:
            rule[deed]["where"] = (
                "article" if kind == "topic" else draw(st.sampled_from(["article", "evidence"]))
            )
        if deed == "rescore":
            rule[deed][draw(st.sampled_from(["score", "factor"]))] = draw(st.sampled_from([0.0, 0.5, 1.0]))
        rule["scope"] = draw(
            st.lists(st.sampled_from(["title", "lead", "body"]), min_size=1, max_size=3, unique=True)
        )
        rule["clitics"] = draw(st.booleans())
        if "pattern" in rule:
            rule["exact"], rule["whole_words"] = draw(st.booleans()), draw(st.booleans())
        rules.append(rule)
    return {"version": 1, "rules": rules, "thresholds": draw(st.sampled_from([{}, {"place": 0.4}]))}


def own_tags(text):
    """A place at every third word, as another tagger might have it."""
    spans = [match.span() for match in re.finditer(r"\S+", text)][::3]
    return tuple(
        Tag(
            "place",
            "",
            text[start:end],
            text[start:end],
            "",
            "",
            None,
            None,
            0.5,
            start,
            end,
            "model:m@1",
            number,
        )
        for number, (start, end) in enumerate(spans, 1)
    )


@given(rule_sets(), st.lists(TEXTS, min_size=1, max_size=4), st.integers(0, 20), st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_tags_are_exact_apart_and_the_same_whatever_the_company(tree, texts, title, lead):
    rules = read(json.dumps(tree).encode())
    if rules is None:  # e.g. a pattern that wants the empty text once it is folded
        return
    tagger = RuleTagger(rules)
    words = read_words(texts)
    tags = [own_tags(text) for text in texts]
    ends = [title] * len(texts), [title + lead] * len(texts)
    results = tagger.apply_batch(words, words.forms(), *ends, tags)
    for number, (text, before, result) in enumerate(zip(texts, tags, results, strict=True)):
        alone = read_words([text])
        assert RuleTagger(rules).apply(alone, alone.forms(), 0, title, title + lead, before) == result
        assert tagger.apply(words, words.forms(), number, title, title + lead, before) == result
        assert all(
            isinstance(line, str)
            for line in tagger.explain(words, words.forms(), number, title, title + lead, before)
        )
        for tag in result:
            assert 0 <= tag.score <= 1
            if tag.kind == "topic":
                assert (tag.start, tag.end) == (None, None)
            else:
                assert 0 <= tag.start < tag.end <= len(text)
                assert text[tag.start : tag.end] == tag.value
        for kind in {tag.kind for tag in result} - {"topic"}:
            spans = sorted((tag.start, tag.end) for tag in result if tag.kind == kind)
            assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))
        codes = [tag.code for tag in result if tag.kind == "topic"]
        assert len(set(codes)) == len(codes)


@given(PHRASES, st.booleans(), PHRASES, TEXTS)
@settings(max_examples=300, deadline=None)
def test_names_of_a_list_are_exact_and_apart(names, clitics, triggers, text):
    tree = {"id": "g", "file": "x.tsv", "kind": "thing", "clitics": clitics, "triggers": triggers}
    table = "name\n" + "\n".join(re.sub(r"\s+", " ", name) for name in names)
    rules = read(json.dumps({"version": 1, "gazetteers": [tree]}).encode(), **{"x.tsv": table.encode()})
    if rules is None:  # names that fold alike
        return
    words = read_words([text])
    (result,) = RuleTagger(rules).apply_batch(words, words.forms(), [0], [0], [()])
    last = 0
    for tag in result:
        assert last <= tag.start < tag.end
        assert text[tag.start : tag.end] == tag.value
        last = tag.end


@given(st.text(max_size=30) | st.text("اأةنفط()[]{}|*+?\\d^$.,؟0-9", max_size=20), TEXTS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_pattern_is_refused_or_matches_exactly(pattern, text, exact):
    try:
        compiled = Pattern(pattern if exact else fold_pattern(pattern), exact=exact)
    except ValueError:
        return
    words = read_words(["نص", text])
    last = 0
    for found in compiled.find(words, 1):
        start, end = found.original
        assert last <= start < end <= len(text)
        assert words.firsts[1] <= found.start <= found.end <= len(words.joined)
        last = end
