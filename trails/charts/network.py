"""The flow picture as a plotly figure: the same scene as the SVG, with something to say wherever it is pointed at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from trails.charts.describe import tell_ribbon, tell_shape
from trails.charts.labels import DETAIL_SIZE, NAME_SIZE, RIBBON_SIZE
from trails.charts.legend import LEGEND_SIZE, arrange_items, write_notes
from trails.charts.palette import (
    FONT_STACK,
    GROUND,
    INK,
    MUTED,
    OUTLINE,
    PLOTLY_SYMBOLS,
    ROLES,
    SHARED_OUTLINE,
    blend_with_white,
    get_rail_style,
    trace_outline,
)
from trails.charts.svg import FACT_TINT, INFERENCE_TINT, ROLE_TINT
from trails.charts.wording import escape_label, fit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from trails.charts.records import Label, Point, Scene, Shape, Strand

MAX_TRACES = 400
_HOVER_STEP = 5
_DIMMED = 0.16


def draw_network(scene: Scene) -> go.Figure:
    """The flow as an interactive figure of fixed size; at most 400 traces.

    A click on a rail in the legend hides it. ``layout.meta`` holds which traces belong to which shapes, for the page's
    own script: numbers only.
    """
    import plotly.graph_objects as go

    rail_traces, meta_ribbons = _trace_ribbons(scene)
    shape_traces, meta_shapes = _trace_shapes(scene, len(rail_traces))
    notes = _annotate_frame(scene)
    meta_labels = []
    for shape in scene.shapes:
        meta_labels.append(len(notes))
        notes += _annotate_label(shape.label)
    for number, ribbon in enumerate(scene.ribbons):
        meta_ribbons[number]["label"] = len(notes) if ribbon.label else -1
        notes += [_annotate_ribbon(ribbon.label)] if ribbon.label else []
    traces = [*rail_traces, *shape_traces, *(_trace_role_sample(item.key, item.text) for item in scene.roles)]
    meta = {"ribbons": meta_ribbons, "shapes": meta_shapes, "labels": meta_labels, "dim": _DIMMED}
    samples = [_box_sample(width, x, scene) for x, width, _ in _list_samples(scene)]
    layout = _set_layout(scene, notes, [*samples, *_dash_shapes(scene)])
    layout["meta"] = {"trails": meta}
    return go.Figure({"data": traces, "layout": layout}, skip_invalid=False)


def _set_layout(scene: Scene, notes: list[dict[str, Any]], samples: list[dict[str, Any]]) -> dict[str, Any]:
    axis = {"visible": False, "fixedrange": False}
    roles_top = scene.legend_top + 16
    rails_top = roles_top + arrange_items(scene.roles)[1]
    legend = {
        "orientation": "h", "xanchor": "left", "yanchor": "top", "x": 0.012,
        "font": {"size": LEGEND_SIZE, "color": INK}, "bgcolor": "rgba(0,0,0,0)", "itemclick": False,
        "itemdoubleclick": False, "itemwidth": 30, "traceorder": "normal",
    }
    return {
        "width": scene.width, "height": scene.height, "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "paper_bgcolor": GROUND, "plot_bgcolor": GROUND, "font": {"family": FONT_STACK, "color": INK},
        "xaxis": {**axis, "range": [0, scene.width]}, "yaxis": {**axis, "range": [scene.height, 0]},
        "hovermode": "closest", "dragmode": "pan", "annotations": notes, "shapes": samples,
        "hoverlabel": {"align": "left", "bgcolor": GROUND, "font": {"size": 12, "color": INK, "family": FONT_STACK}},
        "legend": {**legend, "y": 1 - roles_top / scene.height},
        "legend2": {**legend, "y": 1 - rails_top / scene.height, "itemclick": "toggle",
                    "itemdoubleclick": "toggleothers"},
    }


def _trace_ribbons(scene: Scene) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One filled trace per ribbon, rail and basis, then one of hover points per rail and its legend entry.

    Beyond the trace limit the thinnest slices share one trace per rail and basis.
    """
    slices = [(number, strand) for number, ribbon in enumerate(scene.ribbons) for strand in ribbon.strands]
    reserve = 4 * len({strand.rail for _, strand in slices}) + 3 * len(ROLES) + 2
    traces: list[dict[str, Any]] = []
    meta: list[dict[str, Any]] = [{"src": r.src, "dst": r.dst, "traces": []} for r in scene.ribbons]
    joined: dict[tuple[str, str], list[Strand]] = {}
    for place, (number, strand) in enumerate(slices):
        if place < MAX_TRACES - reserve:
            meta[number]["traces"].append(len(traces))
            traces.append(_trace_strands([strand]))
        else:
            joined.setdefault((strand.rail, strand.basis), []).append(strand)
    traces += [_trace_strands(strands) for strands in joined.values()]
    for item in scene.rails:
        traces += [_trace_hover(scene, item.key), _trace_rail_sample(item.key, item.text)]
    return traces, meta


def _trace_strands(strands: Sequence[Strand]) -> dict[str, Any]:
    """Slices of one rail and basis as one filled path; hawala hatched, inference paler with a dashed edge."""
    style = get_rail_style(strands[0].rail)
    inferred = strands[0].basis == "inference"
    outline: list[tuple[float | None, float | None]] = []
    for strand in strands:
        outline += [*strand.outline, strand.outline[0], (None, None)]
    return {
        "type": "scatter", "mode": "lines", "x": [x for x, _ in outline[:-1]], "y": [y for _, y in outline[:-1]],
        "fill": "toself", "line": {"width": 0.9 if inferred else 0.5, "color": style.line,
                                   "dash": "3px,2.4px" if inferred else "solid"},
        **_fill_strand(strands[0].rail, inferred=inferred), "hoverinfo": "skip", "showlegend": False,
        "legendgroup": f"rail:{strands[0].rail}", "legend": "legend2",
    }


def _fill_strand(rail: str, *, inferred: bool) -> dict[str, Any]:
    style = get_rail_style(rail)
    tint = INFERENCE_TINT if inferred else FACT_TINT
    if not style.hatched:
        return {"fillcolor": blend_with_white(style.fill, tint)}
    return {"fillcolor": blend_with_white(style.fill, tint * 0.28), "fillpattern": {
        "shape": "/", "size": 5, "solidity": 0.32, "fillmode": "overlay",
        "bgcolor": blend_with_white(style.fill, tint * 0.28),
        "fgcolor": blend_with_white(style.line, 0.45 if inferred else 0.85),
    }}


def _trace_hover(scene: Scene, rail: str) -> dict[str, Any]:
    """Invisible points along the slices of one rail that carry what a ribbon says."""
    points: list[Point] = []
    texts: list[str] = []
    for ribbon in scene.ribbons:
        told = _join_lines(tell_ribbon(ribbon, scene.shapes, scene.reference_currency))
        for strand in ribbon.strands:
            if strand.rail == rail:
                spots = strand.centre[2 : -1 : _HOVER_STEP]
                points += spots
                texts += [told] * len(spots)
    return {
        "type": "scatter", "mode": "markers", "x": [x for x, _ in points], "y": [y for _, y in points],
        "marker": {"size": 14, "opacity": 0, "color": get_rail_style(rail).line}, "hovertext": texts,
        "hoverinfo": "text", "showlegend": False, "legendgroup": f"rail:{rail}", "legend": "legend2",
    }


def _trace_rail_sample(rail: str, text: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": escape_label(text),
        "marker": {"symbol": "square", "size": 13, "color": blend_with_white(get_rail_style(rail).fill, 0.75),
                   "line": {"width": 1.2, "color": get_rail_style(rail).line}},
        "hoverinfo": "skip", "legendgroup": f"rail:{rail}", "legend": "legend2", "showlegend": True,
    }


def _trace_shapes(scene: Scene, first: int) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """Per role: the outer outline of folded groups, then the shapes with letters; and where each shape is drawn."""
    traces: list[dict[str, Any]] = []
    where: list[list[int]] = [[] for _ in scene.shapes]
    for item in scene.roles:
        members = [shape for shape in scene.shapes if shape.role == item.key]
        groups = [shape for shape in members if shape.folded]
        for outer, shapes in ((True, groups), (False, members)):
            for place, shape in enumerate(shapes):
                where[shape.index] += [first + len(traces), place]
            if shapes:
                traces.append(_trace_role(scene, item.key, shapes, outer=outer))
    return traces, where


def _trace_role(scene: Scene, role: str, shapes: Sequence[Shape], *, outer: bool) -> dict[str, Any]:
    style = ROLES[role]
    found: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": [s.x for s in shapes], "y": [s.y for s in shapes],
        "marker": {
            "symbol": PLOTLY_SYMBOLS[style.shape], "size": [2 * (s.radius + (3.2 if outer else 0)) for s in shapes],
            "color": GROUND if outer else [_fill_shape(s) for s in shapes], "opacity": 1,
            "line": {"width": 1.1 if outer else [_edge_shape(s) for s in shapes],
                     "color": OUTLINE if outer else [SHARED_OUTLINE if s.shared else OUTLINE for s in shapes]},
        },
        "unselected": {"marker": {"opacity": _DIMMED}}, "hoverinfo": "skip", "showlegend": False,
    }
    if outer:
        return found
    told = [_join_lines(tell_shape(shape, scene.reference_currency)) for shape in shapes]
    return found | {
        "mode": "markers+text", "text": [style.letter] * len(shapes), "textposition": "middle center",
        "textfont": {
            "color": [INK if s.inferred else style.text for s in shapes], "size": [max(9.5, s.radius * 0.75) for s in shapes],
            "weight": "bold",
        },
        "unselected": {"marker": {"opacity": _DIMMED}, "textfont": {"color": "rgba(90,100,108,0.3)"}},
        "hovertext": told, "hoverinfo": "text", "customdata": [s.index for s in shapes],
    }


def _fill_shape(shape: Shape) -> str:
    """The colour of its role, pale where nobody decided on it."""
    fill = ROLES[shape.role].fill
    return blend_with_white(fill, ROLE_TINT) if shape.inferred else fill


def _edge_shape(shape: Shape) -> float:
    """The width of the outline; where nobody decided on the role a dashed one is drawn over it instead."""
    if shape.inferred:
        return 0
    return 3 if shape.shared else 1.2


def _dash_shapes(scene: Scene) -> list[dict[str, Any]]:
    """The dashed outlines of inferred roles: markers cannot have them."""
    found = []
    for shape in scene.shapes:
        if shape.inferred:
            corners = trace_outline(ROLES[shape.role].shape, shape.radius) or tuple(
                (shape.radius * math.cos(n * math.pi / 24), shape.radius * math.sin(n * math.pi / 24)) for n in range(48)
            )
            path = "M" + "L".join(f"{shape.x + dx:.1f},{shape.y + dy:.1f}" for dx, dy in corners) + "Z"
            width, colour = (3, SHARED_OUTLINE) if shape.shared else (1.4, OUTLINE)
            line = {"width": width, "color": colour, "dash": "3px,2.4px"}
            found.append({"type": "path", "path": path, "line": line, "fillcolor": "rgba(0,0,0,0)", "layer": "above"})
    return found


def _trace_role_sample(role: str, text: str) -> dict[str, Any]:
    style = ROLES[role]
    return {
        "type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": escape_label(text),
        "marker": {"symbol": PLOTLY_SYMBOLS[style.shape], "size": 14, "color": style.fill,
                   "line": {"width": 1.2, "color": OUTLINE}},
        "hoverinfo": "skip", "legend": "legend", "showlegend": True,
    }


def _join_lines(lines: Sequence[str]) -> str:
    safe = [escape_label(line) for line in lines]
    return "<br>".join([f"<b>{safe[0]}</b>", *safe[1:]])


def _annotate(x: float, y: float, text: str, size: float, *, color: str = INK, **more: object) -> dict[str, Any]:
    """Text at a place of the picture; ``text`` must be escaped already."""
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": size, "color": color},
            "xanchor": "left", "yanchor": "middle", "align": "left", "borderpad": 0, **more}


def _annotate_frame(scene: Scene) -> list[dict[str, Any]]:
    """Title, subtitle, column heads, the line of notes, footer, or the sentence why nothing is drawn."""
    notes = [_annotate(24, 25, f"<b>{escape_label(scene.title)}</b>", 20)]
    notes += [_annotate(24, 50 + 16 * n, escape_label(line), 12, color=MUTED) for n, line in enumerate(scene.subtitle)]
    head = scene.head_top - 4
    for column in scene.columns:
        notes.append(_annotate(column.x, head, f"<b>{column.title}</b>", 12, xanchor="center"))
        notes.append(_annotate(column.x, head + 15, column.detail, DETAIL_SIZE, xanchor="center", color=MUTED))
    if scene.empty_reason:
        notes.append(_annotate(scene.width / 2, 200, escape_label(scene.empty_reason), 15, xanchor="center"))
    else:
        low = scene.legend_top + 32 + arrange_items(scene.roles)[1] + arrange_items(scene.rails)[1]
        words = write_notes(inference=scene.has_inference, shared=scene.has_shared, groups=scene.has_groups,
                            roles=scene.has_inferred_role)
        notes.append(_annotate(24, low, fit_text(words, 10, scene.width - 48), 10, color=MUTED))
    start = scene.height - 15 * len(scene.footer) - 5
    notes += [_annotate(24, start + 15 * n, escape_label(line), 10, color=MUTED) for n, line in enumerate(scene.footer)]
    for x, _, text in _list_samples(scene):
        notes.append(_annotate(x + 40, scene.legend_top, escape_label(text), 10, color=MUTED))
    if scene.width_scale:
        notes.append(_annotate(scene.width - 484, scene.legend_top, "ribbon width (square root):", 10, xanchor="right",
                               color=MUTED))
    return notes


def _list_samples(scene: Scene) -> list[tuple[float, float, str]]:
    return [(scene.width - 470 + 150 * n, width, text) for n, (width, text) in enumerate(scene.width_scale)]


def _box_sample(width: float, x: float, scene: Scene) -> dict[str, Any]:
    return {"type": "rect", "x0": x, "x1": x + 34, "y0": scene.legend_top - width / 2,
            "y1": scene.legend_top + width / 2, "fillcolor": "#9AA4AA", "line": {"width": 0}}


def _annotate_label(label: Label) -> list[dict[str, Any]]:
    """A shape's label as one annotation of several lines on a white plate."""
    last = len(label.lines) - 1
    texts = []
    for number, line in enumerate(label.lines):
        safe = escape_label(line)
        if number == last and last > 0:
            texts.append(f'<span style="font-size:{DETAIL_SIZE:g}px;color:{MUTED}">{safe}</span>')
        else:
            texts.append(f"<b>{safe}</b>" if label.bold else safe)
    anchor = {"start": "left", "middle": "center", "end": "right"}[label.anchor]
    return [_annotate(label.x, (label.box[1] + label.box[3]) / 2, "<br>".join(texts), NAME_SIZE, xanchor=anchor,
                      align=anchor, bgcolor=GROUND)]


def _annotate_ribbon(label: Label) -> dict[str, Any]:
    return _annotate(label.x, (label.box[1] + label.box[3]) / 2, escape_label(label.lines[0]), RIBBON_SIZE,
                     xanchor="center", bgcolor=GROUND, bordercolor=blend_with_white(MUTED, 0.5), borderwidth=0.7,
                     borderpad=1)


