"""What a stream has decided about an article, one revision after the other, and the rows that the last one is told by."""

import datetime as dt
from typing import Any

from pipelines.explain_rows import Found, Trail
from transforms.core.cluster import DedupRules

__all__ = ["latest", "revisions"]

Row = dict[str, Any]
#: Evidence that only rows of `duplicates` hold.
_FIGURES = ("containment", "shared_shingles", "shingles", "parent_shingles")


def latest(trail: Trail, rules: DedupRules) -> tuple[Trail, str]:
    """Return the trail of an article with the row first that fits the last decision, and its outcome then, "" for that of the row.

    A row of `articles` whose article was dropped later, and one of `duplicates` whose parent or root is another one now, say so
    in their fields; what nobody has written down (the shingles of a later comparison) is None.
    """
    if not trail.decisions:
        return trail, ""
    last = trail.decisions[-1].row
    kept = [found for found in trail.records if found.table == "articles"]
    dropped = [found for found in trail.records if _is_drop(found)]
    same = [found for found in dropped if found.row["parent_id"] == last["parent_id"]]
    if last["kept"]:
        main = kept[-1] if kept else trail.records[0]
        outcome = "kept" if kept else ""
    elif same:
        main = same[-1]
        changed = {name: last[name] for name in ("root_id", "canonical_id")}
        main, outcome = main._replace(row={**main.row, **changed}), ""
    else:
        main = (kept or dropped or trail.records)[-1]
        main, outcome = main._replace(row=_revised(main.row, trail, rules)), "dropped"
    place = (main.path, main.number)
    others = [found for found in trail.records if (found.path, found.number) != place]
    trail.records = [main, *others]
    return trail, outcome


def _is_drop(found: Found) -> bool:
    return found.table == "duplicates" and found.row["relation"] != "repeat"


def _revised(row: Row, trail: Trail, rules: DedupRules) -> Row:
    """Return a row as one of `duplicates` would tell the last decision."""
    last = trail.decisions[-1].row
    # Where only the root has changed the comparison was that of an earlier revision.
    compared = [found.row for found in trail.decisions if found.row["parent_id"] == last["parent_id"]]
    similarity = next(
        (one["similarity"] for one in reversed(compared) if one["similarity"] is not None), None
    )
    return {
        **row,
        **{name: last[name] for name in ("relation", "parent_id", "root_id", "canonical_id")},
        **dict.fromkeys(_FIGURES),
        "similarity": similarity,
        "sample": [],
        "parent_from_index": False,
        "root_from_index": False,
        "event_us": last["event_us"],
        "parent_us": last["parent_us"],
        "parent_origin": trail.origins.get(last["parent_id"]),
        "threshold": rules.threshold,
        "horizon_days": rules.horizon_days,
    }


def revisions(trail: Trail) -> list[Row]:
    """Return the decisions about an article in their order, each with the place of its row."""
    return [
        {
            "revision": row["revision"],
            "decided_on": _day(row["decided_on"]),
            "kept": row["kept"],
            "relation": row["relation"],
            "parent_id": row["parent_id"],
            "root_id": row["root_id"],
            "jaccard": row["similarity"],
            "unchecked": row["unchecked"],
            "path": found.path,
            "row": found.number,
        }
        for found in trail.decisions
        for row in (found.row,)
    ]


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
