"""`warraq explain`: the whole path of one article, from the record it was read from to the row it became.

What the output holds is told as it stands. The text of a record that was dropped is not in the output: it is read
again from where it lay, by the same functions as in a run, and believed only if it gives the same article id.
"""

import datetime as dt
import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from pipelines.config import config_sha256
from pipelines.config_tree import Config
from pipelines.explain_revisions import latest, revisions
from pipelines.explain_rows import Found, Generation, Trail, find_trail, open_generation
from pipelines.explain_texts import ReadText, compare_texts, normalisation, read_again, text_of_row
from pipelines.explain_view import show
from pipelines.outcome import ExitCode
from pipelines.terminal import escape_unsafe
from transforms.core.errors import DEAD_LETTER_REASONS, FILTER_REASONS
from transforms.core.normalize import profile_of
from transforms.core.parse import FLAGS
from transforms.core.similarity import GUARD_WORDS

__all__ = ["explain", "run_explain"]

Row = dict[str, Any]
_DAY = dt.timedelta(days=1)
_OUTCOMES = {
    "articles": "kept",
    "duplicates": "dropped",
    "filtered": "filtered",
    "dead_letters": "dead_letter",
}
#: Characters of a text shown on either side of a tag; of a payload that was refused.
_CONTEXT = 30
_PAYLOAD = 300


def run_explain(
    output: str, name: str, config: Config, *, as_json: bool, out: TextIO | None = None
) -> ExitCode:
    """Print what became of an article, and why, as text or as one JSON object.

    `name` is an article id, the beginning of one, or `FILE#INDEX`. `config` is that of the run: records that are
    read again are read by it. Raises UsageError for an article that is not there.
    """
    out = sys.stdout if out is None else out
    generation = open_generation(output)
    explanation = explain(generation, find_trail(generation, name), config)
    if as_json:
        out.write(escape_unsafe(json.dumps(explanation, ensure_ascii=False)) + "\n")
    else:
        show(explanation, out)
    return ExitCode.OK


def explain(generation: Generation, trail: Trail, config: Config) -> Row:
    """Return what a generation says of an article as a JSON object: read, normalised, decided, tagged, written."""
    trail, outcome = latest(trail, config.dedup)
    main = trail.records[0]
    row = main.row
    outcome = outcome or _OUTCOMES[main.table]
    text, problem = _text(main, config)
    explanation: Row = {
        "article_id": row.get("article_id"),
        "outcome": outcome,
        "source": row.get("source", ""),
        "url": row.get("url", ""),
        "title": row.get("title", ""),
        "event": _iso(_event(row)),
        "notes": _notes(generation, main, config, problem),
        "read": _read(trail, text),
        "normalised": None if text is None else _normalised(row, text, config),
        "decision": None,
        "revisions": revisions(trail),
        "tags": [_tag(tag, row["text"]) for tag in row["tags"]] if main.table == "articles" else None,
        "written": _written(generation, main),
    }
    if outcome == "kept":
        explanation["decision"] = _why_kept(trail, explanation["normalised"]["words"], config)
    elif outcome == "dropped":
        explanation["decision"] = _why_dropped(trail, text, config)
    else:
        explanation["decision"] = _why_refused(main)
    return explanation


def _text(main: Found, config: Config) -> tuple[ReadText | None, str]:
    """Return the text of a record, or None and why it is not to be had."""
    if main.table == "articles":
        return text_of_row(main.row), ""
    if main.table == "dead_letters":
        return None, ""
    text = read_again(main.row["origin"], main.row["article_id"], config)
    return (None, text) if isinstance(text, str) else (text, "")


def _notes(generation: Generation, main: Found, config: Config, problem: str) -> list[str]:
    """Return what a reader should know before he believes the rest."""
    notes = []
    manifest = generation.manifest
    if manifest is not None and manifest.failure:
        notes.append(f"generation {manifest.generation} failed and is not published: {manifest.failure}")
    made_with = main.row["config_sha256"] if manifest is None else manifest.config_sha256
    if made_with != config_sha256(config):
        notes.append(
            "the run had another configuration (or was made by another version of warraq): give it by --config and --set,"
            " or what is read and folded again may differ from what the run saw"
        )
    if problem:
        notes.append(f"{problem}; the text of this record is not in the output, so only its row is shown")
    return notes


def _read(trail: Trail, text: ReadText | None) -> Row:
    main, *others = trail.records
    origin = main.row["origin"]
    file = trail.inputs.get(origin["uri"], {})
    return {
        **origin,
        **{name: file.get(name, "") for name in ("form", "compression", "encoding")},
        "flags": [{"flag": flag, "meaning": FLAGS.get(flag, "")} for flag in (text.flags if text else ())],
        "read_again": [
            {**other.row["origin"], "relation": other.row.get("relation", other.table), **_place(other)}
            for other in others
        ],
    }


def _place(found: Found) -> Row:
    return {"table": found.table, "path": found.path, "row": found.number, "rows": found.rows}


def _written(generation: Generation, main: Found) -> Row:
    manifest = generation.manifest
    return {
        "output": generation.folder.root,
        **_place(main),
        "generation": None if manifest is None else manifest.generation,
        "state": "committed" if manifest is None else manifest.state,
        "commit": generation.commits.get(main.path),
        "config_sha256": main.row["config_sha256"],
    }


def _normalised(row: Mapping[str, Any], text: ReadText, config: Config) -> Row:
    profile = profile_of("dedup", config.normalize.without)
    return {"profile_version": row.get("profile_version") or profile.version, **normalisation(text, profile)}


def _tag(tag: Mapping[str, Any], text: str) -> Row:
    start, end = tag["start"], tag["end"]
    if start is None:  # a topic is said of the whole article
        return {**tag, "before": "", "after": ""}
    before = " ".join(text[max(0, start - _CONTEXT) : start].split(" ")[1 if start > _CONTEXT else 0 :])
    after = text[end : end + _CONTEXT]
    after = after.rpartition(" ")[0] if end + _CONTEXT < len(text) and " " in after else after
    return {**tag, "before": before, "after": after}


def _why_refused(main: Found) -> Row:
    row = main.row
    meanings = FILTER_REASONS if main.table == "filtered" else DEAD_LETTER_REASONS
    why: Row = {
        "stage": row["stage"],
        "reason": row["reason"],
        "meaning": meanings.get(row["reason"], ""),
        "detail": row["detail"],
    }
    if main.table == "filtered":
        return {**why, "language": row["language"]}
    payload = row["payload"][:_PAYLOAD].decode("utf-8", "replace")
    return {**why, "payload_bytes": row["payload_bytes"], "payload": payload}


def _why_kept(trail: Trail, words: int, config: Config) -> Row:
    """Return why an article is no duplicate, and what is a duplicate of it."""
    article_id = trail.records[0].row["article_id"]
    rules = config.dedup
    told = (found.row for found in (*trail.children, *trail.relations))
    known = next((row for row in told if "threshold" in row), None)
    threshold = known["threshold"] if known else rules.threshold
    horizon = known["horizon_days"] if known else rules.horizon_days
    relations = [_relation(found.row, article_id, trail) for found in trail.relations]
    blocked = sum(kin["blocked"] and kin["role"] == "later" for kin in relations)
    if words < rules.min_tokens:
        because = f"its compared body has {words} words, and texts of fewer than {rules.min_tokens} are never duplicates"
    elif words < rules.near_min_tokens:
        because = (
            f"no earlier article within {horizon} days has the same words (its compared body has {words}; with fewer than"
            f" {rules.near_min_tokens} only exact copies are duplicates)"
        )
    else:
        because = f"no earlier article within {horizon} days was found whose Jaccard similarity reaches {threshold:.2f}"
        if blocked:
            because += f", but for {blocked} that the guard keeps apart"
    return {
        "relation": "",
        "because": because,
        "threshold": threshold,
        "horizon_days": horizon,
        "duplicates": _children(trail, article_id),
        "relations": relations,
    }


def _why_dropped(trail: Trail, text: ReadText | None, config: Config) -> Row:
    """Return of what a record is a duplicate, with the figures and, where both are to be had, the two texts."""
    row = trail.records[0].row
    repeat = row["relation"] == "repeat"
    parent = _party(row["parent_id"], trail, row["parent_us"], row["parent_origin"])
    decision: Row = {
        "relation": row["relation"],
        "because": _because(row),
        "parent": {**parent, "from_index": row["parent_from_index"]},
        "root": {**_party(row["root_id"], trail), "from_index": row["root_from_index"]},
        "canonical": _party(row["canonical_id"], trail),
        "jaccard": row["similarity"],
        "containment": row["containment"],
        "shared_shingles": row["shared_shingles"],
        "shingles": row["shingles"],
        "parent_shingles": row["parent_shingles"],
        "shared_words": row["sample"],
        "days_apart": _days(row["parent_us"], row["event_us"]),
        "threshold": row["threshold"],
        "horizon_days": row["horizon_days"],
        "comparison": None,
        "problem": "",
        "duplicates": _children(trail, row["article_id"]),
        "relations": [_relation(found.row, row["article_id"], trail) for found in trail.relations],
    }
    if repeat:
        return decision
    known = trail.named.get(row["parent_id"])
    earlier: ReadText | str = "nobody has written down where it was read"
    if known is not None:
        earlier = text_of_row(known.row)
    elif row["parent_origin"] is not None:
        earlier = read_again(row["parent_origin"], row["parent_id"], config)
    if isinstance(earlier, str):
        decision["problem"] = f"the parent's text is not in the output, and {earlier}"
        return decision
    parent_told = decision["parent"]
    parent_told["source"], parent_told["title"] = earlier.source, earlier.title
    if text is not None:
        decision["comparison"] = compare_texts(earlier, text, profile_of("dedup", config.normalize.without))
    return decision


def _because(row: Mapping[str, Any]) -> str:
    days = _days(row["parent_us"], row["event_us"])
    apart = "at unknown times" if days is None else f"{_span(days)} apart"
    within = f"{apart} (horizon: {row['horizon_days']} days)"
    if row["relation"] == "repeat":
        origin = row["parent_origin"]
        return (
            f"the same article (source, URL and text) was read before, from {origin['uri']}#{origin['index']}"
        )
    if row["similarity"] is None:
        return f"an earlier article that it is like came later; the comparison is in no row of this folder, {within}"
    if row["relation"] == "exact":
        return f"the words of its compared body are exactly those of an earlier article, {within}"
    return (
        f"its Jaccard similarity with an earlier article is {row['similarity']:.3f}, at or above the threshold"
        f" {row['threshold']:.2f}, {within}"
    )


def _span(days: float) -> str:
    hours = days * 24
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.1f} hours" if days < 2 else f"{days:.1f} days"


def _party(
    article_id: str, trail: Trail, time: dt.datetime | None = None, origin: Mapping[str, Any] | None = None
) -> Row:
    """Return what is known of another article that a row names."""
    found = trail.named.get(article_id)
    if found is not None:
        row = found.row
        return {
            "article_id": article_id,
            "source": row["source"],
            "title": row["title"],
            "event": _iso(_event(row)),
            "origin": row["origin"],
            "kept_in": found.path,
        }
    return {
        "article_id": article_id,
        "source": "",
        "title": "",
        "event": _iso(time),
        "origin": origin,
        "kept_in": "",
    }


def _children(trail: Trail, article_id: str) -> list[Row]:
    """Return the duplicates that have an article as parent or root, by time."""
    children = [
        {
            "article_id": row["article_id"],
            "relation": row["relation"],
            "is_parent": row["parent_id"] == article_id,
            "is_root": row["root_id"] == article_id,
            "jaccard": row["similarity"],
            "source": row["source"],
            "title": row["title"],
            "event": _iso(row["event_us"]),
            "origin": row["origin"],
        }
        for row in (found.row for found in trail.children)
    ]
    return sorted(children, key=_by_time)


def _by_time(told: Mapping[str, Any]) -> tuple[bool, str, str]:
    return told["event"] is None, told["event"] or "", told["article_id"]


def _relation(row: Mapping[str, Any], article_id: str, trail: Trail) -> Row:
    """Return a row of relations as seen from an article: its role, the other side, the figures, and why it is blocked."""
    is_later = row["article_id"] == article_id
    if is_later:
        other = _party(row["other_id"], trail, row["other_us"], row["other_origin"])
        own_words, other_words = row["own_words"], row["other_words"]
    else:
        other = _party(row["article_id"], trail, row["event_us"], row["origin"])
        other["source"], other["title"] = row["source"], row["title"]
        own_words, other_words = row["other_words"], row["own_words"]
    blocked_by = ""
    if row["blocked"]:
        blocked_by = (
            f"the template guard: this text repeats {own_words} words that the other lacks, the other {other_words} that this"
            " one lacks"
            if min(own_words, other_words) >= GUARD_WORDS
            else "the guard of numbers: the two texts do not hold the same numbers"
        )
    return {
        "relation": row["relation"],
        "role": "later" if is_later else "earlier",
        "other": other,
        "version": row["version"],
        "jaccard": row["jaccard"],
        "containment": row["containment"],
        "shared_shingles": row["shared_shingles"],
        "days_apart": _days(row["other_us"], row["event_us"]),
        "blocked": row["blocked"],
        "blocked_by": blocked_by,
        "own_words": own_words,
        "other_words": other_words,
        "shared_words": row["sample"],
    }


def _event(row: Mapping[str, Any]) -> dt.datetime | None:
    """Return the event time of a row of any table: publication, else crawl, for articles."""
    time: dt.datetime | None = row.get("event_us") or row.get("published_us") or row.get("crawled_us")
    return time


def _iso(time: dt.datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def _days(earlier: dt.datetime | None, later: dt.datetime | None) -> float | None:
    """Return how many days two times are apart, None where one is unknown."""
    return None if earlier is None or later is None else round((later - earlier) / _DAY, 4)
