"""Figures of a fragment in the notation that they are scored in: `20e9 SAR`, `42 %`, `10e3..20e3 SAR`, `tens injured`."""

from schemas.news import Figure
from transforms.core.dates import fragment_spans
from transforms.core.figures import find_figures, is_clock
from transforms.core.lexemes import read_lexemes
from transforms.core.outlets import country_of

__all__ = ["fragment_figures"]


def fragment_figures(text: str, source: str = "", country: str = "") -> list[str]:
    """Return the figures of a fragment as `20e9 SAR`, `42 %`, `10e3..20e3 SAR`, `tens injured`, `time :50`."""
    lexemes = read_lexemes(text)
    figures = find_figures(lexemes, country or country_of(source), fragment_spans(text))
    clock = [
        f"time :{word}"
        for index, word in enumerate(lexemes.words)
        if word.isdecimal() and is_clock(lexemes, index)
    ]
    return [_notation(figure) for figure in figures] + clock


def _notation(figure: Figure) -> str:
    if figure.kind == "unquantified":
        return f"{figure.bound} {figure.unit}"
    value = _short(figure.value)
    if figure.high is not None:
        value += f"..{_short(figure.high)}"
    return f"{value} {figure.unit}"


def _short(value: float) -> str:
    """Return a number as 20e9, 350e3, 3.2."""
    for power in (12, 9, 6, 3):
        scaled = value / 10**power
        if value >= 10**power * 10 ** (power == 3) and f"{scaled:.10g}".count(".") == 0:
            return f"{scaled:.10g}e{power}"
    return f"{value:.12g}"
