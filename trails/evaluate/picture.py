"""The accuracy table as a picture: for each inference its share right and its share found, with their intervals (SVG)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from trails.evaluate.scores import Bin, Scored, Share

_LEFT, _WIDTH, _ROW, _TOP = 330, 300, 22, 60
_GAP = 70
_INK, _SOFT, _LINE = "#1f2933", "#52606d", "#cbd2d9"
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
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        "<style>text { font-family: sans-serif }</style>",
        f"<title>{escape(title)}</title>", f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(12, 22, title, size=15, fill=_INK),
        _text(_LEFT, 46, "right, of what was stated", fill=_COLOURS["precision"]),
        _text(_LEFT + _WIDTH + _GAP, 46, "found, of what was there", fill=_COLOURS["recall"]),
    ]  # fmt: skip
    bottom = _TOP + _ROW * len(rows)
    for start in (_LEFT, _LEFT + _WIDTH + _GAP):
        for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
            at = start + tick * _WIDTH
            parts.append(f'<line x1="{at:.1f}" y1="{_TOP - 6}" x2="{at:.1f}" y2="{bottom}" stroke="{_LINE}"/>')
            parts.append(_text(at, bottom + 16, f"{tick:.2f}", anchor="middle", fill=_SOFT))
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + 10
        parts.append(_text(12, y + 4, f"{row.inference}: {row.what}", fill=_INK))
        parts += _draw_share(_LEFT, y, row.precision, _COLOURS["precision"])
        parts += _draw_share(_LEFT + _WIDTH + _GAP, y, row.recall, _COLOURS["recall"])
    parts += _draw_curves(curves, bottom + 50)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _draw_share(left: float, y: float, share: Share, colour: str) -> list[str]:
    if share.value is None:
        return [_text(left + 4, y + 4, _NOTHING, fill=_SOFT, size=10)]
    low, value, high = (left + each * _WIDTH for each in (share.low, share.value, share.high))
    return [
        f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" stroke-width="3" opacity="0.45"/>',
        f'<circle cx="{value:.1f}" cy="{y}" r="4.5" fill="{colour}"/>',
    ]


def _draw_curves(curves: dict[str, list[Bin]], top: float) -> list[str]:
    """A square for each curve: what was said to the right, what was so upwards, the diagonal where both agree."""
    parts, size = [], 150
    for number, (name, bins) in enumerate(curves.items()):
        left = 60 + number * 380
        parts.append(_text(left - 20, top + 4, name, fill=_INK))
        base = top + 24 + size
        parts.append(f'<rect x="{left}" y="{top + 24}" width="{size}" height="{size}" fill="none" stroke="{_LINE}"/>')
        parts.append(f'<line x1="{left}" y1="{base}" x2="{left + size}" y2="{top + 24}" stroke="{_LINE}" stroke-dasharray="4 3"/>')
        labelled = [(-99.0, -99.0)]
        for each in bins:
            x, y = left + each.said * size, base - each.was * size
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_COLOURS["precision"]}"/>')
            if all(abs(x - a) > _LABEL[0] or abs(y - b) > _LABEL[1] for a, b in labelled):
                parts.append(_text(x, y - 7, f"n={each.count}", size=9, anchor="middle", fill=_SOFT))
                labelled.append((x, y))
        parts.append(_text(left, base + 16, "said, 0 to 1", fill=_SOFT, size=10))
        parts.append(_text(left - 8, base, "so", anchor="end", fill=_SOFT, size=10))
    return parts


def _text(x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", fill: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'
