"""`warraq tag`: the tags of articles, with the reasons; and the user's rules of tagging for all commands.

Runs without Beam: the same core functions as the pipeline, on the records of the files named.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.config_tree import Config
from pipelines.outcome import ExitCode
from pipelines.parse import show_articles
from pipelines.rules import read_rules
from pipelines.terminal import escape_unsafe, plain
from schemas.elements import Article, NormalizedArticle, Tag
from transforms.core.tagging.tagger import Tagger, TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.core.times import iso_utc
from transforms.tag_models import load_tagger, load_taxonomy

__all__ = ["load_rules", "run_tag", "tag_row"]

Row = dict[str, Any]
_KINDS = ("topic", "place", "person", "organisation", "keyphrase")


def load_rules(rules: TagRules) -> UserRules:
    """Return the user's rules that a configuration names, none where it names none.

    Raises ConfigError with every fault of the rules and their lists.
    """
    if not rules.rules:
        return UserRules()
    labels = {code: topic.label_ar_corrected or topic.label_ar for code, topic in load_taxonomy().items()}
    return read_rules(rules.rules, labels)


def run_tag(
    files: Sequence[str],
    config: Config,
    *,
    as_json: bool,
    explain: bool,
    out: TextIO | None = None,
    errors: Console,
) -> ExitCode:
    """Print the tags of each article of `files` (`-`: standard input): as JSON lines, or as tables.

    Returns DEAD_LETTERS if a record is no article (told on `errors`). Raises RunFailed for a file that cannot be read or
    has no record, ConfigError for faulty rules.
    """
    out = sys.stdout if out is None else out
    tagger = load_tagger(config.tag, load_rules(config.tag))

    def show(article: Article) -> None:
        row = tag_row(article, tagger, explain=explain)
        if as_json:
            out.write(escape_unsafe(json.dumps(row, ensure_ascii=False)) + "\n")
        else:
            _show(row, out)

    return show_articles(files, config, errors, show)


def tag_row(article: Article, tagger: Tagger, *, explain: bool = False) -> Row:
    """Return the tags of an article as a JSON object: a row per mention, mentions of one thing share `entity`.

    With `explain`, each tag has its reason (`why`), and `explanation` tells of rules and of what was not tagged.
    """
    normalized = NormalizedArticle(article, b"", 0, "")
    if explain:
        explained = tagger.explain(normalized)
        tags: Iterable[tuple[Tag, str]] = explained.tags
    else:
        tags = ((tag, "") for tag in tagger.tag([normalized])[0].tags)
    row: Row = {
        "article": {
            "article_id": article.article_id,
            "source": article.source,
            "url": article.url,
            "title": article.title_text,
            "published": None if article.published_us is None else iso_utc(article.published_us),
            "language": article.language,
            "characters": len(article.text),
        },
        "tags": [_tag_row(tag, why) for tag, why in tags],
    }
    if explain:
        row["explanation"] = list(explained.notes)
    return row


def _tag_row(tag: Tag, why: str) -> Row:
    row: Row = {
        "kind": tag.kind,
        "type": tag.type,
        "value": tag.value,
        "canonical": tag.canonical,
        "code": tag.code,
        "country": tag.country,
        "lat": tag.lat,
        "lon": tag.lon,
        "score": tag.score,
        "start": tag.start,
        "end": tag.end,
        "source": tag.provenance,
        "entity": tag.entity,
    }
    return {**row, "why": why} if why else row


def _show(row: Row, out: TextIO) -> None:
    """Print the tags of an article as a table: one line for each thing, with all its mentions."""
    console = Console(file=out, highlight=False)
    head = row["article"]
    name = " ".join(filter(None, (head["source"], head["url"])))
    console.print(Text(plain(head["title"] or "(no title)"), style="bold"), soft_wrap=True)
    console.print(Text(f"{plain(name)}  {head['article_id']}", style="dim"), soft_wrap=True)
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("kind", "as written", "canonical", "code", "country", "score", "places", "source"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "score" else "left")
    things: dict[tuple[str, int], list[Row]] = {}
    for tag in row["tags"]:
        things.setdefault((tag["kind"], tag["entity"]), []).append(tag)
    order = {kind: place for place, kind in enumerate(_KINDS)}
    for some in sorted(things.values(), key=lambda tags: order.get(tags[0]["kind"], len(order))):
        table.add_row(*map(plain, _cells(some)))
    console.print(table if things else Text("no tags", style="dim"))
    for some in things.values():
        for why in dict.fromkeys(tag["why"] for tag in some if tag.get("why")):
            line = f"{some[0]['kind']} {some[0]['value']}: {why}"
            console.print(Text(plain(line)), soft_wrap=True)
    for note in row.get("explanation", ()):
        console.print(Text(plain(note), style="dim"), soft_wrap=True)


def _cells(mentions: Sequence[Row]) -> Iterable[str]:
    first = mentions[0]
    forms = list(dict.fromkeys(tag["value"] for tag in mentions))
    yield f"{first['kind']} ({first['type']})" if first["type"] else first["kind"]
    yield ", ".join(forms)
    yield first["canonical"] if first["canonical"] not in forms and first["kind"] != "keyphrase" else ""
    yield first["code"]
    yield first["country"]
    yield f"{max(tag['score'] for tag in mentions):.2f}"
    yield " ".join(str(tag["start"]) for tag in mentions if tag["start"] is not None)
    yield ", ".join(dict.fromkeys(tag["source"].partition("@")[0] for tag in mentions))
