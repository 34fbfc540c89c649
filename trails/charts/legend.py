"""Where the entries of the legends stand, the same in every back end. Lengths in px."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.charts.records import LegendItem
from trails.charts.wording import measure_text

if TYPE_CHECKING:
    from collections.abc import Sequence

LEGEND_SIZE = 11.0
ROW = 22.0
_LEFT = 34.0
_RIGHT = 1570.0
_SIGN = 40.0
_SPACE = 26.0

Entry = tuple[float, float, LegendItem]


def arrange_items(items: Sequence[LegendItem]) -> tuple[tuple[Entry, ...], float]:
    """Entries with the left edge and the row height they start at, and the height of all rows."""
    x, row = _LEFT, 0
    found: list[Entry] = []
    for item in items:
        wide = _SIGN + measure_text(item.text, LEGEND_SIZE) + _SPACE
        if found and x + wide > _RIGHT:
            x, row = _LEFT, row + 1
        found.append((x, row * ROW, item))
        x += wide
    return tuple(found), (row + 1) * ROW if items else 0.0


def measure_legend(roles: Sequence[LegendItem], rails: Sequence[LegendItem]) -> float:
    """Height of the whole legend: width scale, roles, rails and the line of notes."""
    return 30.0 + arrange_items(roles)[1] + arrange_items(rails)[1] + 26.0


def write_notes(*, inference: bool, shared: bool, groups: bool, roles: bool = False) -> str:
    """The line that explains outlines; only what the picture holds."""
    notes = ["ribbons run to the arrow head", "money is shown again at each hop, so ribbons do not add up"]
    if groups:
        notes.append("double outline = folded group")
    if shared:
        notes.append("orange outline = paid by two or more organisers")
    if inference:
        notes.append("pale with dashed edge = inferred, not stated by a row")
    if roles:
        notes.append("pale, dashed shape = inferred role, nobody decided, shown by a pseudonym")
    return " · ".join(notes)
