"""An explanation for eyes: sections of facts, and two texts side by side with what differs marked.

Pieces of foreign text are fenced by U+200E, so that Arabic moves nothing beside it in terminals that reorder.
"""

import itertools
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.side_by_side import LEFT_TO_RIGHT_MARK, gone, new, side_by_side
from pipelines.terminal import plain, shorten

__all__ = ["show"]

Row = Mapping[str, Any]
_PIPE_WIDTH = 120
_INDENT = 3
_SHOWN = 20
_REPAIRS = 8
_LONGEST_REPAIR = 60
#: Categories of characters without a shape of their own: controls, formats, surrogates, unassigned, blanks.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zs", "Zl", "Zp"}
#: Digits of an id that are shown where the id is not the point.
_DIGITS = 12
_ROW_FORMS = {"csv", "feed", "avro"}
_HEADS = {
    "kept": ("KEPT", "bold green"),
    "dropped": ("DROPPED", "bold red"),
    "filtered": ("FILTERED", "bold yellow"),
    "dead_letter": ("DEAD LETTER", "bold red"),
}
_RELATIONS = {"exact": "an exact duplicate", "near": "a near duplicate", "repeat": "a repeat"}
#: How a relation reads from the later article, and from the earlier one.
_KIN = {
    "updated_version": ("is an updated version of", "has the updated version"),
    "similar": ("is similar to", "is similar to the later"),
    "contains": ("contains", "is contained in"),
    "contained_in": ("is contained in", "contains"),
    "superseded_by": ("is superseded by", "supersedes"),
}


def show(explanation: Row, out: TextIO) -> None:
    """Print an explanation as text, as wide as the terminal (or COLUMNS)."""
    width = None if out.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    console = Console(file=out, highlight=False, width=width)
    _head(explanation, console)
    _section(console, "Where it was read", _read(explanation["read"]))
    normalised = explanation["normalised"]
    if normalised is not None:
        _section(console, "What normalising changed", _normalised(normalised))
    _decision(explanation, console)
    if explanation["revisions"]:
        _section(console, "What was decided, and when it arrived", _revisions(explanation["revisions"]))
    if explanation["tags"] is not None:
        _section(console, "Tags", _tags(explanation["tags"]))
    _section(console, "Where it was written", _written(explanation["written"]))


def _said(text: str, limit: int | None = None) -> str:
    """Return text of the data, harmless and fenced, so that it moves nothing beside it."""
    cleaned = plain(text) if limit is None else shorten(text, limit)
    return f"{LEFT_TO_RIGHT_MARK}{cleaned}{LEFT_TO_RIGHT_MARK}" if cleaned else ""


def _head(explanation: Row, console: Console) -> None:
    word, style = _HEADS[explanation["outcome"]]
    decision = explanation["decision"]
    if explanation["outcome"] == "dropped":
        word += f" as {_RELATIONS.get(decision['relation'], decision['relation'])}"
    elif explanation["outcome"] != "kept":
        word += f": {decision['reason']}"
    console.print(Text.assemble((word, style), "  ", explanation["article_id"] or ""), soft_wrap=True)
    if explanation["title"]:
        console.print(Text(_said(explanation["title"]), style="bold"))
    about = [explanation["source"], explanation["event"] or "", explanation["url"]]
    if any(about):
        console.print(Text("  ".join(_said(part) for part in about if part)))
    for note in explanation["notes"]:
        console.print(Text(f"note: {plain(note)}", style="yellow"))


def _section(console: Console, heading: str, *parts: RenderableType) -> None:
    console.print()
    console.print(Text(heading, style="bold underline"))
    for part in parts:
        console.print(Padding(part, (0, 0, 0, _INDENT), expand=False))


def _facts(facts: Sequence[tuple[str, str | Text]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        if value:
            grid.add_row(Text(name, style="dim"), value if isinstance(value, Text) else Text(value))
    return grid


def _record(origin: Row | None) -> str:
    return "" if origin is None else f"{_said(origin['uri'])}#{origin['index']}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _read(read: Row) -> Table:
    place = (
        f"row {read['offset']:,}"
        if read["form"] in _ROW_FORMS
        else f"byte {read['offset']:,} of the decompressed file"
    )
    facts: list[tuple[str, str | Text]] = [
        ("file", _said(read["uri"])),
        ("record", f"#{read['index']} (the first is #0)" + (f", at {place}" if read["form"] else "")),
        ("form", ", ".join(filter(None, (read["form"], read["compression"], read["encoding"])))),
    ]
    facts += [("flag", f"{item['flag']}: {item['meaning']}") for item in read["flags"]]
    again = read["read_again"]
    if again:
        facts.append(("read again", f"{_count(len(again), 'further record')} gave the same id:"))
        facts += [("", f"{_record(item)} ({item['relation']})") for item in again[:_SHOWN]]
        facts += _more(again)
    return _facts(facts)


def _more(items: Sequence[Any]) -> list[tuple[str, str | Text]]:
    return [("", f"and {len(items) - _SHOWN:,} more")] if len(items) > _SHOWN else []


def _visible(text: str) -> str:
    """Return a text in which even characters that nobody sees can be seen."""
    shown = (
        f"⟨U+{ord(letter):04X}⟩" if letter != " " and unicodedata.category(letter) in _UNSEEN else letter
        for letter in text[:_LONGEST_REPAIR]
    )
    return plain("".join(shown)) + ("…" if len(text) > _LONGEST_REPAIR else "")


def _times(count: int) -> str:
    return f" ×{count:,}" if count > 1 else ""


def _normalised(normalised: Row) -> Table:
    repairs = normalised["repairs"]
    told = (
        f"{_count(len(repairs), 'run')} of words repaired for readers"
        if repairs
        else "none: readers see it as written"
    )
    facts: list[tuple[str, str | Text]] = [("profile", normalised["profile_version"]), ("repairs", told)]
    kinds = Counter((item["text"], item["display"], tuple(item["gone"])) for item in repairs)
    for (text, display, names), times in itertools.islice(kinds.items(), _REPAIRS):
        line = Text.assemble(gone(_visible(text)), " ", new(_visible(display)), LEFT_TO_RIGHT_MARK)
        facts.append(("", line.append(f"  {', '.join(names)}{_times(times)}", "dim")))
    if len(kinds) > _REPAIRS:
        facts.append(("", f"and {len(kinds) - _REPAIRS:,} more kinds"))
    parts = normalised["boilerplate"]
    facts.append(("left out", "" if parts else "nothing: the whole body is compared"))
    facts += [
        ("left out", f"{part['kind']} ({part['meaning']}): {_said(part['text'], 90)}") for part in parts
    ]
    facts.append(("compared", _count(normalised["words"], "word")))
    facts.append(("folded", f"{_said(normalised['sample'])} …" if normalised["sample"] else ""))
    return _facts(facts)


def _decision(explanation: Row, console: Console) -> None:
    decision, outcome = explanation["decision"], explanation["outcome"]
    if outcome in ("filtered", "dead_letter"):
        _section(
            console,
            f"Why it is {'filtered' if outcome == 'filtered' else 'a dead letter'}",
            _refused(decision),
        )
        return
    parts: list[RenderableType] = [Text(_capital(decision["because"]))]
    if outcome == "dropped":
        parts.append(_facts(_dropped(decision, explanation["article_id"])))
    if decision["duplicates"]:
        parts += [Text(" "), _children(decision["duplicates"])]
    elif outcome == "kept":
        parts.append(Text("No duplicate has it as parent or root."))
    if decision["relations"]:
        parts += [Text(" "), _relations(decision["relations"])]
    elif outcome == "kept":
        parts.append(Text("No relation to another article."))
    heading = "Why it is kept" if outcome == "kept" else "Why it is dropped"
    _section(console, heading, *parts)
    if decision.get("problem"):
        console.print(Padding(Text(_capital(decision["problem"]), style="yellow"), (1, 0, 0, _INDENT)))
        if decision["shared_words"]:
            told = f"Shared words: {_said(' / '.join(decision['shared_words']))}"
            console.print(Padding(Text(told), (0, 0, 0, _INDENT)))
    if decision.get("comparison") is not None:
        _section(console, "The two texts, word by word", *_comparison(decision["comparison"], console))


def _comparison(comparison: Row, console: Console) -> Iterator[RenderableType]:
    shared, earlier, later = (comparison[f"{name}_words"] for name in ("shared", "earlier", "later"))
    if shared == earlier == later:
        yield Text(
            f"All {_count(shared, 'word')} are shared, as they are compared; spelling and marks may differ."
        )
    else:
        yield Text(
            f"{shared:,} shared of {earlier:,} in the earlier and {later:,} in this one;"
            " [-only in the earlier-] {+only in this one+}"
        )
    yield side_by_side(comparison, console, console.width - _INDENT)


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{plain(sentence[1:])}."


def _refused(decision: Row) -> Table:
    return _facts(
        [
            ("stage", decision["stage"]),
            ("reason", f"{decision['reason']}: {decision['meaning']}"),
            ("detail", _said(decision["detail"])),
            ("language", decision.get("language", "")),
            (
                "payload",
                f"{_said(decision['payload'])} ({decision['payload_bytes']:,} bytes)"
                if "payload" in decision
                else "",
            ),
        ]
    )


def _party(party: Row, own: str) -> str:
    """Return an article that is named, in a line: id, source, title, where it lies or was read."""
    if party["article_id"] == own:
        return "this very article"
    parts = [party["article_id"], _said(party["source"]), _said(party["title"], 70)]
    if party.get("from_index"):
        parts.append("(read by an earlier run: from the index)")
    elif not party["kept_in"]:
        parts.append(
            "(read in this run, and itself dropped)" if "from_index" in party else "(not kept in this output)"
        )
    return "  ".join(filter(None, parts))


def _dropped(decision: Row, own: str) -> list[tuple[str, str | Text]]:
    parent, root, canonical = decision["parent"], decision["root"], decision["canonical"]
    facts: list[tuple[str, str | Text]] = [
        ("parent", _party(parent, own)),
        ("", f"read from {_record(parent['origin'])}" if parent["origin"] else ""),
    ]
    same = "the same article as the parent"
    facts.append(("root", same if root["article_id"] == parent["article_id"] else _party(root, own)))
    if canonical["article_id"]:
        chosen = "the root" if canonical["article_id"] == root["article_id"] else _party(canonical, own)
        facts.append(("canonical", chosen))
    if decision["relation"] == "repeat":
        return facts
    days = decision["days_apart"]
    jaccard, containment = decision["jaccard"], decision["containment"]
    told = "" if jaccard is None else f"{jaccard:.3f} (threshold {decision['threshold']:.2f})"
    return [
        *facts,
        ("Jaccard", told if containment is None else f"{told}, containment {containment:.3f}"),
        (
            "shingles",
            ""
            if decision["shingles"] is None
            else f"{decision['shared_shingles']:,} shared, {decision['shingles']:,} in this article, {decision['parent_shingles']:,} in the parent",
        ),
        (
            "apart",
            "unknown" if days is None else f"{days:.2f} days (horizon {decision['horizon_days']} days)",
        ),
    ]


def _list(heading: str, items: Sequence[Row], lines: Iterator[Text]) -> Group:
    shown: list[RenderableType] = [Text(heading)]
    shown += [Padding(line, (0, 0, 0, 2)) for line in itertools.islice(lines, _SHOWN)]
    if len(items) > _SHOWN:
        shown.append(Text(f"  and {len(items) - _SHOWN:,} more"))
    return Group(*shown)


def _children(duplicates: Sequence[Row]) -> Group:
    def lines() -> Iterator[Text]:
        for child in duplicates:
            line = Text(
                f"{child['article_id'][:_DIGITS]}  {child['relation']:5}  {_figure(child['jaccard'])}  {child['event'] or 'undated'}"
                f"  {_said(child['source'])}  {_said(child['title'], 60)}"
            )
            yield line if child["is_parent"] else line.append("  (by way of another duplicate)", "dim")

    return _list(f"{_count(len(duplicates), 'duplicate')} of it:", duplicates, lines())


def _figure(jaccard: float | None) -> str:
    return "    -" if jaccard is None else f"{jaccard:.3f}"


def _revisions(revisions: Sequence[Row]) -> Table:
    """Return the decisions about an article, one a line, the last one last."""
    facts: list[tuple[str, str | Text]] = []
    for one in revisions:
        what = "kept" if one["kept"] else f"dropped, {one['relation']} to {one['parent_id']}"
        figure = "" if one["jaccard"] is None else f" ({one['jaccard']:.3f})"
        late = "; some that it could be a copy of were forgotten by then" if one["unchecked"] else ""
        facts.append(
            (f"revision {one['revision']}", f"{one['decided_on'] or ''}  {what}{figure}{late}".strip())
        )
    return _facts(facts)


def _relations(relations: Sequence[Row]) -> Group:
    def lines() -> Iterator[Text]:
        for kin in relations:
            other = kin["other"]
            says = _KIN.get(kin["relation"], (kin["relation"],) * 2)[kin["role"] == "earlier"]
            version = f" (version {kin['version']})" if kin["version"] else ""
            figures = (
                f"  Jaccard {kin['jaccard']:.3f}, containment {kin['containment']:.3f}"
                if kin["jaccard"]
                else ""
            )
            line = Text(
                f"it {says}{version} {other['article_id'][:_DIGITS]}  {_said(other['source'])}  {_said(other['title'], 60)}{figures}"
            )
            if kin["blocked"]:
                line.append(f"\n  kept apart by {kin['blocked_by']}", "yellow")
            yield line

    return _list(f"{_count(len(relations), 'relation')}:", relations, lines())


def _tags(tags: Sequence[Row]) -> Table | Text:
    """Return tags as a table, one line for a name that comes again, with the words around its first place."""
    if not tags:
        return Text("none")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("as written", "canonical", "kind", "provenance", "where"):
        table.add_column(heading, overflow="fold")
    kinds = Counter(
        (tag["value"], tag["canonical"], tag["code"], tag["kind"], tag["provenance"]) for tag in tags
    )
    firsts: dict[Any, Row] = {}
    for tag in tags:
        firsts.setdefault(
            tuple(tag[name] for name in ("value", "canonical", "code", "kind", "provenance")), tag
        )
    for (value, canonical, code, kind, provenance), times in itertools.islice(kinds.items(), 2 * _SHOWN):
        tag = firsts[value, canonical, code, kind, provenance]
        where = Text(LEFT_TO_RIGHT_MARK).append(plain(tag["before"]), "dim")
        where.append(f"[{plain(value)}]").append(plain(tag["after"]), "dim").append(LEFT_TO_RIGHT_MARK)
        told = (
            _said(value) + _times(times),
            f"{_said(canonical)} {plain(code)}".rstrip(),
            plain(kind),
            plain(provenance),
        )
        table.add_row(*map(Text, told), where)
    if len(kinds) > 2 * _SHOWN:
        table.add_row(f"and {len(kinds) - 2 * _SHOWN:,} more")
    return table


def _written(written: Row) -> Table:
    failed = "" if written["state"] == "committed" else f" ({written['state']})"
    return _facts(
        [
            ("table", written["table"]),
            ("file", _said(written["path"])),
            ("row", f"{written['row']:,} of {written['rows']:,}"),
            ("commit", f"{written['commit']} of {_said(written['output'])}" if written["commit"] else ""),
            (
                "generation",
                "" if written["commit"] else f"{written['generation']}{failed} of {_said(written['output'])}",
            ),
            ("config", written["config_sha256"]),
        ]
    )
