"""Lanes in time as a plotly figure; the same page of lanes is drawn as SVG by ``trails.charts.svg_timeline``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trails.charts.labels import NAME_SIZE
from trails.charts.lanes import (
    MARKS,
    Align,
    Lane,
    Mark,
    PlacedMark,
    TimelineInput,
    TimelinePage,
    lay_out_lanes,
    measure_lag,
)
from trails.charts.legend import LEGEND_SIZE
from trails.charts.palette import (
    FONT_STACK,
    GRID,
    GROUND,
    INK,
    MUTED,
    NO_PROOF,
    ON_ROAD,
    OUTLINE,
    PROOF,
    blend_with_white,
    get_rail_style,
)
from trails.charts.svg_timeline import (
    BOTTOM,
    LEFT,
    PAGE_WIDTH,
    RIGHT,
    ROAD_NOTE,
    ROW_HEIGHT,
    find_top,
    measure_page,
    pick_colour,
    write_timeline_svg,
)
from trails.charts.wording import escape_label, wrap_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

__all__ = ["Lane", "Mark", "TimelineInput", "draw_timeline", "measure_lag", "write_timeline_svg"]


def draw_timeline(timeline: TimelineInput, page: int = 1, *, align: Align = "time") -> go.Figure:
    """One page of lanes: along the calendar, or in days from each lane's proof of delivery.

    Raises SceneError when there is no such page or a mark names an unlisted lane.
    """
    import plotly.graph_objects as go

    sheet = lay_out_lanes(timeline, page=page, align=align)
    height = measure_page(sheet)
    traces = [_trace_kind(item.key, [m for m in sheet.marks if m.mark.kind == item.key]) for item in sheet.kinds]
    traces += [_trace_kind_sample(item.key, item.text) for item in sheet.kinds]
    traces += [_trace_rail_sample(item.key, item.text) for item in sheet.rails]
    return go.Figure({"data": traces, "layout": _set_layout(sheet, height)}, skip_invalid=False)


def _trace_kind(kind: str, spots: Sequence[PlacedMark]) -> dict[str, Any]:
    """All marks of one kind; a thin bar shows an error of an hour or more."""
    colours = [pick_colour(spot.mark) for spot in spots]
    pale = [blend_with_white(colour, 0.35) if spot.mark.basis == "inference" else colour
            for colour, spot in zip(colours, spots, strict=True)]
    found: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "showlegend": False, "legendgroup": kind, "cliponaxis": False,
        "x": [spot.day for spot in spots], "y": [spot.row for spot in spots],
        "marker": {"symbol": MARKS[kind].symbol, "size": [spot.size for spot in spots], "color": pale, "opacity": 1,
                   "line": {"width": 1.0, "color": {"proof": OUTLINE, "message": MUTED}.get(kind, GROUND)}},
        "hovertext": [_join_lines(spot.told) for spot in spots],
        "hoverinfo": "text", "legend": "legend",
    }
    if any(spot.mark.basis == "inference" for spot in spots):
        found["marker"]["line"] = {"width": 1.2, "color": colours}
    if any(spot.error for spot in spots):
        found["error_x"] = {"type": "data", "array": [spot.error for spot in spots], "thickness": 0.8, "width": 3,
                            "color": MUTED}
    return found


def _join_lines(lines: Sequence[str]) -> str:
    safe = [escape_label(line) for line in lines]
    return "<br>".join([f"<b>{safe[0]}</b>", *safe[1:]])


def _trace_kind_sample(kind: str, text: str) -> dict[str, Any]:
    """Legend entry of a kind: grey, because colour tells the rail; a click hides the kind."""
    return {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": escape_label(text),
            "marker": {"symbol": MARKS[kind].symbol, "size": MARKS[kind].size + 2,
                       "color": PROOF if kind == "proof" else MUTED,
                       "line": {"width": 1, "color": OUTLINE if kind == "proof" else MUTED}},
            "hoverinfo": "skip", "legendgroup": kind, "legend": "legend", "showlegend": True}


def _trace_rail_sample(rail: str, text: str) -> dict[str, Any]:
    return {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": escape_label(text),
            "marker": {"symbol": "square", "size": 11, "color": get_rail_style(rail).fill,
                       "line": {"width": 1, "color": get_rail_style(rail).line}},
            "hoverinfo": "skip", "legend": "legend2", "showlegend": True}


def _set_layout(sheet: TimelinePage, height: float) -> dict[str, Any]:
    top = find_top(sheet)
    low = height - top - BOTTOM - 15 * len(sheet.footer)
    legend = {"orientation": "h", "xanchor": "left", "yanchor": "top", "x": -(LEFT - 20) / (PAGE_WIDTH - LEFT - RIGHT),
              "font": {"size": LEGEND_SIZE, "color": INK}, "traceorder": "normal", "itemwidth": 30}
    empty = bool(sheet.empty_reason)
    return {
        "width": PAGE_WIDTH, "height": height, "paper_bgcolor": GROUND, "plot_bgcolor": GROUND,
        "margin": {"l": LEFT, "r": RIGHT, "t": top, "b": BOTTOM + 15 * len(sheet.footer), "pad": 0},
        "font": {"family": FONT_STACK, "color": INK, "size": 11}, "hovermode": "closest", "dragmode": "pan",
        "hoverlabel": {"align": "left", "bgcolor": GROUND, "font": {"size": 12, "color": INK, "family": FONT_STACK}},
        "xaxis": {"range": list(sheet.span), "side": "top", "gridcolor": GRID, "zeroline": sheet.origin is None,
                  "zerolinecolor": MUTED, "zerolinewidth": 1, "tickvals": [day for day, _ in sheet.ticks],
                  "ticktext": [text for _, text in sheet.ticks], "visible": not empty},
        "yaxis": {"range": [len(sheet.rows) - 0.4, -0.6], "gridcolor": GRID, "zeroline": False, "visible": not empty,
                  "tickvals": list(range(len(sheet.rows))), "ticktext": [escape_label(row.label) for row in sheet.rows],
                  "tickfont": {"size": 11}, "fixedrange": True},
        "shapes": _draw_roads(sheet), "annotations": _annotate_page(sheet, top, height),
        "legend": {**legend, "y": -10 / low},
        "legend2": {**legend, "y": -36 / low, "itemclick": False, "itemdoubleclick": False},
    }


def _draw_roads(sheet: TimelinePage) -> list[dict[str, Any]]:
    """Grey bar while on the road, dotted red where no proof of delivery ends it; a thin line joins a lane's marks."""
    found: list[dict[str, Any]] = []
    for number, row in enumerate(sheet.rows):
        if row.extent:
            found.append({"type": "line", "x0": row.extent[0], "x1": row.extent[1], "y0": number, "y1": number,
                          "layer": "below", "line": {"width": 1, "color": "#B9C2C8"}})
        if row.road:
            line = {"width": 1, "color": "#9AA6AD"} if row.proved else {"width": 1.2, "color": NO_PROOF, "dash": "dot"}
            found.append({"type": "rect", "x0": row.road[0], "x1": row.road[1], "y0": number - 0.3, "y1": number + 0.3,
                          "layer": "below", "fillcolor": ON_ROAD if row.proved else blend_with_white(NO_PROOF, 0.12),
                          "line": line})
    return found


def _annotate_page(sheet: TimelinePage, top: float, height: float) -> list[dict[str, Any]]:
    """Title, subtitle and footer, placed in px from the upper left corner."""
    base = {"showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xshift": -(LEFT - 24),
            "xanchor": "left", "yanchor": "middle", "align": "left"}
    lines = wrap_text(sheet.subtitle, NAME_SIZE, PAGE_WIDTH - 48)
    notes: list[dict[str, Any]] = [
        {**base, "text": f"<b>{escape_label(sheet.title)}</b>", "yshift": top - 25, "font": {"size": 20, "color": INK}}]
    notes += [{**base, "text": escape_label(line), "yshift": top - 50 - 16 * n, "font": {"size": 12, "color": MUTED}}
              for n, line in enumerate(lines)]
    start = height - 15 * len(sheet.footer) - 5
    notes += [{**base, "text": escape_label(line), "yshift": top - start - 15 * n, "font": {"size": 10, "color": MUTED}}
              for n, line in enumerate(sheet.footer)]
    if not sheet.empty_reason:
        low = start - 18
        font = {"size": 10, "color": MUTED}
        notes.append({**base, "text": escape_label(ROAD_NOTE), "yshift": top - low, "font": font})
    else:
        notes.append({**base, "text": escape_label(sheet.empty_reason), "x": 0.45, "xshift": 0, "xanchor": "center",
                      "yshift": -ROW_HEIGHT * 2, "font": {"size": 15, "color": INK}})
    return notes
