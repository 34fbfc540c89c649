"""Labels of shapes and ribbons: where they may stand so that no two overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.charts.records import Anchor, Box, Label, Point
from trails.charts.wording import fit_text, measure_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAME_SIZE = 12.0
DETAIL_SIZE = 10.0
RIBBON_SIZE = 10.0
_LEADING = 14.0
_TRIES = (0.5, 0.44, 0.56, 0.38, 0.62, 0.31, 0.69, 0.25, 0.75, 0.18, 0.82)


def set_lines(name: str, detail: str, width: float, *, bold: bool, wrap: bool) -> tuple[str, ...]:
    """Name on one line (two where ``wrap``) and the amounts below it, each at most ``width`` px wide."""
    lines = [name]
    if wrap and measure_text(name, NAME_SIZE, bold=bold) > width and " " in name:
        words = name.split(" ")
        cut = max(1, next((n for n in range(len(words), 0, -1)
                           if measure_text(" ".join(words[:n]), NAME_SIZE, bold=bold) <= width), 1))
        lines = [" ".join(words[:cut]), " ".join(words[cut:])]
    fitted = [fit_text(line, NAME_SIZE, width, bold=bold) for line in lines if line]
    return (*fitted, fit_text(detail, DETAIL_SIZE, width)) if detail else tuple(fitted)


def measure_lines(lines: Sequence[str], *, bold: bool) -> tuple[float, float]:
    """Width and height of a label in px; the last line is the small one."""
    widths = [measure_text(line, NAME_SIZE, bold=bold) for line in lines[:-1]]
    return max([*widths, measure_text(lines[-1], DETAIL_SIZE if len(lines) > 1 else NAME_SIZE, bold=len(lines) == 1)]
               ), _LEADING * len(lines)


def place_label(lines: tuple[str, ...], x: float, top: float, anchor: Anchor, *, bold: bool) -> Label:
    """A label whose first line starts at ``top``."""
    width, height = measure_lines(lines, bold=bold)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    box = (round(left, 1), round(top, 1), round(left + width, 1), round(top + height, 1))
    return Label(lines, round(x, 1), round(top, 1), anchor, box, bold)


def boxes_overlap(a: Box, b: Box, margin: float = 0.0) -> bool:
    """Whether two boxes share any area, or come nearer than ``margin`` px."""
    return a[0] < b[2] + margin and b[0] < a[2] + margin and a[1] < b[3] + margin and b[1] < a[3] + margin


def place_on_ribbon(text: str, centre: Sequence[Point], taken: Iterable[Box]) -> Label | None:
    """A one-line label on the middle of a ribbon, moved along it to a free spot; None where there is none."""
    width = measure_text(text, RIBBON_SIZE) + 8
    blocked = list(taken)
    for share in _TRIES:
        x, y = centre[round(share * (len(centre) - 1))]
        box = (round(x - width / 2, 1), round(y - 8, 1), round(x + width / 2, 1), round(y + 8, 1))
        if not any(boxes_overlap(box, other, 3.0) for other in blocked):
            return Label((text,), round(x, 1), round(y - 8, 1), "middle", box)
    return None
