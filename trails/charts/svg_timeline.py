"""Lanes in time as an SVG document for reports and courts: the same page of lanes as the plotly figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trails.charts.labels import NAME_SIZE
from trails.charts.lanes import MARKS, Align, Mark, PlacedMark, TimelineInput, TimelinePage, lay_out_lanes
from trails.charts.legend import LEGEND_SIZE, ROW, arrange_items
from trails.charts.palette import (
    GRID,
    GROUND,
    MUTED,
    NO_PROOF,
    ON_ROAD,
    OUTLINE,
    PROOF,
    blend_with_white,
    get_rail_style,
)
from trails.charts.svg import put, wrap_document, write_path, write_text
from trails.charts.wording import escape_text, fit_text, wrap_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trails.charts.records import Point

PAGE_WIDTH = 1600.0
LEFT = 230.0
RIGHT = 40.0
BOTTOM = 126.0
ROW_HEIGHT = 26.0
ROAD_NOTE = (
    "grey bar = on the road · dotted red = no proof of delivery · colour = rail, size = value · pale = inferred · "
    "thin bar = the time is uncertain by an hour or more"
)

#: Corners of the marks as unit polygons, y down; circles and the star are made apart.
_CORNERS: dict[str, tuple[Point, ...]] = {
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle-up": ((-1.155, 0.5), (1.155, 0.5), (0, -1)),
    "triangle-right": ((-0.5, -1.155), (-0.5, 1.155), (1, 0)),
    "triangle-left": ((0.5, -1.155), (0.5, 1.155), (-1, 0)),
    "x": ((0, -0.4), (0.6, -1), (1, -0.6), (0.4, 0), (1, 0.6), (0.6, 1), (0, 0.4), (-0.6, 1), (-1, 0.6), (-0.4, 0),
          (-1, -0.6), (-0.6, -1)),
    "star": tuple(
        (math.sin(math.pi * n / 5) * (1.4 if n % 2 == 0 else 0.54),
         -math.cos(math.pi * n / 5) * (1.4 if n % 2 == 0 else 0.54)) for n in range(10)
    ),
}


def pick_colour(mark: Mark) -> str:
    """Colour of a mark: its rail; yellow for a proof, grey for a message."""
    if mark.kind == "proof":
        return PROOF
    return MUTED if mark.kind == "message" else get_rail_style(mark.rail).fill


def find_top(sheet: TimelinePage) -> float:
    """Where the first row begins, px from the top."""
    return 84.0 + 16 * len(wrap_text(sheet.subtitle, NAME_SIZE, PAGE_WIDTH - 48))


def measure_page(sheet: TimelinePage) -> float:
    """Height of the whole page in px."""
    return find_top(sheet) + ROW_HEIGHT * max(4, len(sheet.rows)) + BOTTOM + 15 * len(sheet.footer)


def write_timeline_svg(timeline: TimelineInput, page: int = 1, *, align: Align = "time") -> str:
    """One page of lanes as an SVG document.

    Raises SceneError when there is no such page or a mark names an unlisted lane.
    """
    sheet = lay_out_lanes(timeline, page=page, align=align)
    top, height = find_top(sheet), measure_page(sheet)
    body = [write_text(24, 32, sheet.title, 20, bold=True)]
    lines = wrap_text(sheet.subtitle, NAME_SIZE, PAGE_WIDTH - 48)
    body += [write_text(24, 54 + 16 * n, line, 12, fill=MUTED) for n, line in enumerate(lines)]
    if sheet.empty_reason:
        body.append(write_text(PAGE_WIDTH / 2, top + 52, sheet.empty_reason, 15, anchor="middle"))
    else:
        body += _write_axis(sheet, top)
        body += _write_rows(sheet, top)
        body += [_write_placed(spot, sheet, top) for spot in sheet.marks]
        body += _write_legend(sheet, top + ROW_HEIGHT * max(4, len(sheet.rows)) + 20)
    low = height - 15 * len(sheet.footer) - 2
    body += [write_text(24, low + 15 * n, line, 10, fill=MUTED) for n, line in enumerate(sheet.footer)]
    summary = " · ".join([*sheet.subtitle, sheet.empty_reason]).strip(" ·")
    return wrap_document(PAGE_WIDTH, height, sheet.title, summary, body)


def _find_x(sheet: TimelinePage, day: float) -> float:
    low, high = sheet.span
    return LEFT + (day - low) / (high - low) * (PAGE_WIDTH - LEFT - RIGHT)


def _find_y(top: float, row: float) -> float:
    return top + (row + 0.6) * ROW_HEIGHT


def _write_line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return (f'<line x1="{put(x1)}" y1="{put(y1)}" x2="{put(x2)}" y2="{put(y2)}" stroke="{colour}" '
            f'stroke-width="{put(width)}"/>')


def _write_axis(sheet: TimelinePage, top: float) -> list[str]:
    end = top + ROW_HEIGHT * len(sheet.rows)
    found = []
    for day, text in sheet.ticks:
        x = _find_x(sheet, day)
        zero = sheet.origin is None and day == 0
        found.append(_write_line(x, top, x, end, MUTED if zero else GRID, 1))
        found.append(write_text(x, top - 8, text, 11, anchor="middle"))
    return found


def _write_rows(sheet: TimelinePage, top: float) -> list[str]:
    found = []
    for number, row in enumerate(sheet.rows):
        y = _find_y(top, number)
        found.append(_write_line(LEFT, y, PAGE_WIDTH - RIGHT, y, GRID, 1))
        found.append(write_text(LEFT - 10, y + 4, fit_text(row.label, 11, LEFT - 34), 11, anchor="end"))
        if row.extent:
            found.append(_write_line(_find_x(sheet, row.extent[0]), y, _find_x(sheet, row.extent[1]), y, "#B9C2C8", 1))
        if row.road:
            x1, x2 = (_find_x(sheet, day) for day in row.road)
            look = f'fill="{ON_ROAD}" stroke="#9AA6AD"' if row.proved else (
                f'fill="{blend_with_white(NO_PROOF, 0.12)}" stroke="{NO_PROOF}" stroke-dasharray="2 2"')
            found.append(f'<rect x="{put(min(x1, x2))}" y="{put(y - 8)}" width="{put(abs(x2 - x1))}" height="16" '
                         f"{look}/>")
    return found


def _write_placed(spot: PlacedMark, sheet: TimelinePage, top: float) -> str:
    x, y = _find_x(sheet, spot.day), _find_y(top, spot.row)
    bar = ""
    if spot.error:
        low, high = _find_x(sheet, spot.day - spot.error), _find_x(sheet, spot.day + spot.error)
        bar = "".join([_write_line(low, y, high, y, MUTED, 0.8), _write_line(low, y - 3, low, y + 3, MUTED, 0.8),
                       _write_line(high, y - 3, high, y + 3, MUTED, 0.8)])
    told = escape_text(" · ".join(spot.told))
    colour = pick_colour(spot.mark)
    return f"<g><title>{told}</title>{bar}{_write_mark(spot.mark.kind, x, y, spot.size, colour, spot.mark.basis)}</g>"


def _write_mark(kind: str, x: float, y: float, size: float, colour: str, basis: str) -> str:
    """One mark; an inferred one is pale with an edge in its colour."""
    symbol, radius = MARKS[kind].symbol, size / 2
    edge = OUTLINE if kind == "proof" else GROUND
    fill = colour
    if basis == "inference":
        fill, edge = blend_with_white(colour, 0.35), colour
    if symbol == "circle-open":
        fill, edge = GROUND, MUTED
    style = f'fill="{fill}" stroke="{edge}" stroke-width="1"'
    if symbol.startswith("circle"):
        return f'<circle cx="{put(x)}" cy="{put(y)}" r="{put(radius)}" {style}/>'
    corners: Sequence[Point] = _CORNERS[symbol]
    return write_path([(x + dx * radius, y + dy * radius) for dx, dy in corners], closed=True, style=style)


def _write_legend(sheet: TimelinePage, y: float) -> list[str]:
    found = []
    entries, tall = arrange_items(sheet.kinds)
    for x, down, item in entries:
        colour = PROOF if item.key == "proof" else MUTED
        found.append(_write_mark(item.key, x + 10, y + down, MARKS[item.key].size + 2, colour, "fact"))
        found.append(write_text(x + 26, y + down + 4, item.text, LEGEND_SIZE))
    entries, low = arrange_items(sheet.rails)
    for x, down, item in entries:
        found.append(_write_mark("cashout", x + 10, y + tall + down, 11, get_rail_style(item.key).fill, "fact"))
        found.append(write_text(x + 26, y + tall + down + 4, item.text, LEGEND_SIZE))
    return [*found, write_text(24, y + tall + low + ROW / 3, ROAD_NOTE, 10, fill=MUTED)]
