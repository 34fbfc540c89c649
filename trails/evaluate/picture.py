"""The accuracy table as a picture: for each inference its share right and its share found, with their intervals (SVG)."""

from __future__ import annotations

from collections.abc import Sequence

from trails.charts.palette import GRID, MUTED
from trails.charts.svg import put, wrap_document, write_text
from trails.evaluate.scores import Bin, Scored, Share

_LEFT, _WIDTH, _ROW, _TOP = 330, 300, 22, 60
_GAP = 70
_COLOURS = {"precision": "#0b6e99", "recall": "#b35c00"}
#: How near two labels of a curve may not come.
_LABEL = (40, 9)
_NOTHING = "nothing stated, or nothing there"


def draw_scores(rows: Sequence[Scored], title: str, curves: dict[str, list[Bin]]) -> str:
    """One line for each inference with a dot for its figure and a bar for its interval; below, the calibration curves.

    A figure that cannot be given is written as words, never drawn as nought.
    """
    curve_height = 240 if curves else 0
    height = _TOP + _ROW * len(rows) + 50 + curve_height
    width = _LEFT + 2 * _WIDTH + _GAP + 40
    parts = [
        write_text(12, 22, title, 15, bold=True),
        write_text(_LEFT, 46, "right, of what was stated", 12, fill=_COLOURS["precision"]),
        write_text(_LEFT + _WIDTH + _GAP, 46, "found, of what was there", 12, fill=_COLOURS["recall"]),
    ]
    bottom = _TOP + _ROW * len(rows)
    for start in (_LEFT, _LEFT + _WIDTH + _GAP):
        for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
            at = start + tick * _WIDTH
            parts.append(f'<line x1="{put(at)}" y1="{_TOP - 6}" x2="{put(at)}" y2="{bottom}" stroke="{GRID}"/>')
            parts.append(write_text(at, bottom + 16, f"{tick:.2f}", 12, anchor="middle", fill=MUTED))
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + 10
        parts.append(write_text(12, y + 4, f"{row.inference}: {row.what}", 12))
        parts += _draw_share(_LEFT, y, row.precision, _COLOURS["precision"])
        parts += _draw_share(_LEFT + _WIDTH + _GAP, y, row.recall, _COLOURS["recall"])
    parts += _draw_curves(curves, bottom + 50)
    return wrap_document(width, height, title, "Shares with 95 % intervals, and calibration curves", parts)


def _draw_share(left: float, y: float, share: Share, colour: str) -> list[str]:
    if share.value is None:
        return [write_text(left + 4, y + 4, _NOTHING, 10, fill=MUTED)]
    low, value, high = (left + each * _WIDTH for each in (share.low, share.value, share.high))
    return [
        f'<line x1="{put(low)}" y1="{y}" x2="{put(high)}" y2="{y}" stroke="{colour}" stroke-width="3" opacity="0.45"/>',
        f'<circle cx="{put(value)}" cy="{y}" r="4.5" fill="{colour}"/>',
    ]


def _draw_curves(curves: dict[str, list[Bin]], top: float) -> list[str]:
    """A square for each curve: what was said to the right, what was so upwards, the diagonal where both agree."""
    parts, size = [], 150
    for number, (name, bins) in enumerate(curves.items()):
        left = 60 + number * 380
        parts.append(write_text(left - 20, top + 4, name, 12))
        base = top + 24 + size
        parts.append(f'<rect x="{left}" y="{top + 24}" width="{size}" height="{size}" fill="none" stroke="{GRID}"/>')
        parts.append(f'<line x1="{left}" y1="{base}" x2="{left + size}" y2="{top + 24}" stroke="{GRID}" stroke-dasharray="4 3"/>')
        labelled = [(-99.0, -99.0)]
        for each in bins:
            x, y = left + each.said * size, base - each.was * size
            parts.append(f'<circle cx="{put(x)}" cy="{put(y)}" r="4" fill="{_COLOURS["precision"]}"/>')
            if all(abs(x - a) > _LABEL[0] or abs(y - b) > _LABEL[1] for a, b in labelled):
                parts.append(write_text(x, y - 7, f"n={each.count}", 9, anchor="middle", fill=MUTED))
                labelled.append((x, y))
        parts.append(write_text(left, base + 16, "said, 0 to 1", 10, fill=MUTED))
        parts.append(write_text(left - 8, base, "so", 10, anchor="end", fill=MUTED))
    return parts
