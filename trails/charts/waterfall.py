"""How the weight of one match comes about, sign by sign: a waterfall in bits (SVG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trails.charts.palette import GRID, INK, MUTED
from trails.charts.svg import put, wrap_document, write_text
from trails.charts.wording import fit_text

_LEFT, _WIDTH, _NOTES, _ROW, _TOP = 120, 380, 420, 34, 96
_FOR, _AGAINST, _START = "#0b6e99", "#b35c00", "#777777"
_BAR = 20


def draw_waterfall(explanation: Sequence[Mapping[str, Any]], *, title: str, verdict: str, footer: Sequence[str] = ()) -> str:
    """One bar for each sign, from the sum of those before it to the sum with it; below, the sum.

    Parameters
    ----------
    explanation
        ``sign``, ``bits`` and ``observed`` of each sign, in order; the first says where the weighing starts.
    title, verdict, footer
        Texts above and below the bars.

    Returns
    -------
    str
        An SVG document. One bit doubles the odds; nought is where both readings are as likely, rivals aside.
    """
    levels = [0.0]
    for each in explanation:
        levels.append(levels[-1] + float(each["bits"]))
    low, high = min(*levels, -1.0), max(*levels, 1.0)
    scale = _WIDTH / (high - low)

    def at(bits: float) -> float:
        return _LEFT + (bits - low) * scale

    bottom = _TOP + _ROW * (len(explanation) + 1)
    parts = [
        write_text(12, 24, title, 15, bold=True),
        write_text(12, 46, fit_text(verdict, 12, 880), 12),
        write_text(_LEFT, 76, "less likely the same money", 10, fill=_AGAINST),
        write_text(_LEFT + _WIDTH, 76, "more likely: one bit doubles the odds", 10, anchor="end", fill=_FOR),
        f'<line x1="{put(at(0))}" y1="{_TOP - 8}" x2="{put(at(0))}" y2="{bottom}" stroke="{INK}" stroke-width="1"/>',
    ]
    for tick in _ticks(low, high):
        parts.append(f'<line x1="{put(at(tick))}" y1="{_TOP - 4}" x2="{put(at(tick))}" y2="{bottom}" stroke="{GRID}"/>')
        parts.append(write_text(at(tick), bottom + 16, f"{tick:+d}" if tick else "0", 10, anchor="middle", fill=MUTED))
    for number, each in enumerate(explanation):
        before, after = levels[number], levels[number + 1]
        colour = _START if number == 0 else _FOR if after >= before else _AGAINST
        parts += _draw_bar(at(before), at(after), _TOP + _ROW * number, colour)
        parts += _name_bar(str(each["sign"]), float(each["bits"]), str(each["observed"]), _TOP + _ROW * number)
    y = _TOP + _ROW * len(explanation)
    parts += _draw_bar(at(0), at(levels[-1]), y, INK)
    parts += _name_bar("sum", levels[-1], "before rivals are weighed", y)
    parts += [write_text(12, bottom + 40 + 15 * line, text, 10, fill=MUTED) for line, text in enumerate(footer)]
    width = _LEFT + _WIDTH + _NOTES
    return wrap_document(width, bottom + 52 + 15 * len(footer), title, "The weight of one match in bits, sign by sign", parts)


def _ticks(low: float, high: float) -> list[int]:
    step = 5 if high - low > 12 else 2
    return [tick for tick in range(int(low) // step * step, int(high) + 1, step) if low <= tick <= high]


def _draw_bar(left: float, right: float, y: float, colour: str) -> list[str]:
    first, wide = min(left, right), max(abs(right - left), 1.5)
    return [f'<rect x="{put(first)}" y="{put(y)}" width="{put(wide)}" height="{_BAR}" fill="{colour}"/>']


def _name_bar(sign: str, bits: float, observed: str, y: float) -> list[str]:
    """The sign to the left of its bar; its bits and what was observed to the right of all."""
    right = _LEFT + _WIDTH + 14
    return [
        write_text(12, y + 15, sign, 12, bold=sign == "sum"),
        write_text(right + 34, y + 15, f"{bits:+.1f}", 12, anchor="end"),
        write_text(right + 46, y + 15, fit_text(observed, 10, _NOTES - 70), 10, fill=MUTED),
    ]
