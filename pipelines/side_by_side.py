"""Two texts in two columns of a terminal, aligned by words, with what differs in brackets and in colour.

U+200E around each cell of each line keeps the columns where they are in terminals that reorder Arabic, and is
invisible in those that do not.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group
from rich.text import Text

from pipelines.terminal import plain

__all__ = ["LEFT_TO_RIGHT_MARK", "gone", "new", "side_by_side"]

LEFT_TO_RIGHT_MARK = "\u200e"
#: A shared run of more words is cut to so many at each end; a differing one likewise.
_SHARED, _SHARED_ENDS = 14, 5
_DIFFERING, _DIFFERING_ENDS = 80, 30
_GUTTER = f"{LEFT_TO_RIGHT_MARK} │ {LEFT_TO_RIGHT_MARK}"
_NARROWEST = 16


def gone(text: str) -> Text:
    """Return words that only the earlier text has: `[-…-]`; nothing for none."""
    return Text(f"[-{text}-]", style="red") if text else Text()


def new(text: str) -> Text:
    """Return words that only the later text has: `{+…+}`; nothing for none."""
    return Text(f"{{+{text}+}}", style="green") if text else Text()


def side_by_side(comparison: Mapping[str, Any], console: Console, width: int) -> Group:
    """Return the runs of `explain_texts.compare_texts` in two columns that take `width` together.

    A row is a run that both texts have and the difference that follows it.
    """
    column = max(_NARROWEST, (width - 3) // 2)
    lines = [
        *_beside(
            Text("the parent, earlier", style="bold"),
            Text("this article, later", style="bold"),
            console,
            column,
        ),
        Text(f"{'─' * (column + 1)}┼{'─' * (column + 1)}", style="dim"),
    ]
    runs = list(comparison["runs"])
    while runs:
        left, right = Text(), Text()
        if runs[0]["same"]:
            run = runs.pop(0)
            left.append(_cut(run["earlier"], _SHARED, _SHARED_ENDS), "dim")
            right.append(_cut(run["later"], _SHARED, _SHARED_ENDS), "dim")
        if runs:
            run = runs.pop(0)
            for side, mark, text in ((left, gone, run["earlier"]), (right, new, run["later"])):
                side.append(" " if side and text else "")
                side.append_text(mark(_cut(text, _DIFFERING, _DIFFERING_ENDS)))
        lines += _beside(left, right, console, column)
    return Group(*lines)


def _cut(text: str, longest: int, ends: int) -> str:
    """Return a run of words; of a long one the first and the last words, and how many are left out."""
    words = plain(text).split()
    if len(words) <= longest:
        return " ".join(words)
    left_out = len(words) - 2 * ends
    return f"{' '.join(words[:ends])} … ({left_out:,} words) … {' '.join(words[-ends:])}"


def _beside(left: Text, right: Text, console: Console, column: int) -> Iterator[Text]:
    """Yield the lines of two cells beside each other, wrapped here: each line needs its marks of direction."""
    cells = [cell.wrap(console, column, overflow="fold") for cell in (left, right)]
    for one, two in itertools.zip_longest(*cells, fillvalue=Text()):
        first, second = one.copy(), two.copy()
        first.rstrip()
        first.truncate(column, pad=True)
        second.rstrip()
        line = Text(LEFT_TO_RIGHT_MARK, no_wrap=True)
        yield line.append_text(first).append(_GUTTER, "dim").append_text(second).append(LEFT_TO_RIGHT_MARK)
