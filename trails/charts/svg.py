"""Court and report pictures: an own SVG writer, plain shapes without transparency or patterns, equal bytes each time.

Hatching is drawn as strokes and every text is at least 9.5 px, so no route to PDF or paper loses anything.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from trails.charts.describe import tell_ribbon, tell_shape
from trails.charts.labels import DETAIL_SIZE, NAME_SIZE, RIBBON_SIZE
from trails.charts.legend import LEGEND_SIZE, arrange_items, write_notes
from trails.charts.palette import (
    FONT_STACK,
    GROUND,
    INK,
    MUTED,
    OUTLINE,
    ROLES,
    SHARED_OUTLINE,
    ShapeName,
    blend_with_white,
    get_rail_style,
    trace_outline,
)
from trails.charts.records import Anchor, Label, Point, Ribbon, Scene, Shape, Strand
from trails.charts.wording import escape_text, fit_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FACT_TINT = 0.62
INFERENCE_TINT = 0.22
#: How much of its colour a role keeps that nobody decided on.
ROLE_TINT = 0.25
_DASH = "3 2.4"
_ZERO = Decimal(0)
_CENTRE_DASH = {"solid": "", "dots": "0.1 4", "dashes": "6 4"}


def write_flow_svg(scene: Scene) -> str:
    """The flow picture as an SVG document."""
    body = [write_text(24, 32, scene.title, 20, bold=True)]
    body += [write_text(24, 54 + 16 * n, line, 12, fill=MUTED) for n, line in enumerate(scene.subtitle)]
    if scene.empty_reason:
        body.append(write_text(scene.width / 2, 200, scene.empty_reason, 15, anchor="middle"))
    for column in scene.columns:
        body.append(write_text(column.x, scene.head_top, column.title, 12, bold=True, anchor="middle"))
        body.append(write_text(column.x, scene.head_top + 15, column.detail, DETAIL_SIZE, fill=MUTED, anchor="middle"))
    for ribbon in scene.ribbons:
        body += _write_ribbon(ribbon, scene)
    body += [line for shape in scene.shapes for line in _write_label(shape.label)]
    for shape in scene.shapes:
        body += _write_shape(shape, scene.reference_currency)
    body += [line for ribbon in scene.ribbons if ribbon.label for line in _write_ribbon_label(ribbon.label)]
    if scene.shapes:
        body += _write_legend(scene)
    low = scene.height - 15 * len(scene.footer) - 2
    body += [write_text(24, low + 15 * n, line, 10, fill=MUTED) for n, line in enumerate(scene.footer)]
    summary = " · ".join([*scene.subtitle, scene.empty_reason]).strip(" ·")
    return wrap_document(scene.width, scene.height, scene.title, summary, body)


def wrap_document(width: float, height: float, title: str, summary: str, body: Iterable[str]) -> str:
    """A whole SVG document with its title and description for screen readers."""
    size = f'width="{put(width)}" height="{put(height)}" viewBox="0 0 {put(width)} {put(height)}"'
    return "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT_STACK}" fill="{INK}">',
        f"<title>{escape_text(title)}</title>",
        f"<desc>{escape_text(summary)}</desc>",
        f'<rect width="{put(width)}" height="{put(height)}" fill="{GROUND}"/>',
        *body,
        "</svg>",
        "",
    ])


def put(number: float) -> str:
    """A length with at most one decimal, never ``-0``."""
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def write_text(
    x: float, y: float, text: str, size: float, *, bold: bool = False, fill: str = INK, anchor: Anchor = "start"
) -> str:
    """One line of text on its base line."""
    weight = ' font-weight="bold"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    colour = "" if fill == INK else f' fill="{fill}"'
    return f'<text x="{put(x)}" y="{put(y)}" font-size="{put(size)}"{weight}{place}{colour}>{escape_text(text)}</text>'


def write_path(points: Sequence[Point], *, closed: bool, style: str) -> str:
    """A polygon or an open line."""
    path = "M" + "L".join(f"{put(x)} {put(y)}" for x, y in points) + ("Z" if closed else "")
    return f'<path d="{path}" {style}/>'


def write_outline(shape: ShapeName, x: float, y: float, radius: float, style: str) -> str:
    """One outline of the palette around a point."""
    corners = trace_outline(shape, radius)
    if not corners:
        return f'<circle cx="{put(x)}" cy="{put(y)}" r="{put(radius)}" {style}/>'
    return write_path([(x + dx, y + dy) for dx, dy in corners], closed=True, style=style)


def _write_ribbon(ribbon: Ribbon, scene: Scene) -> list[str]:
    told = escape_text(" · ".join(tell_ribbon(ribbon, scene.shapes, scene.reference_currency)))
    slices = [line for strand in ribbon.strands for line in _write_strand(strand)]
    return [f"<g><title>{told}</title>", *slices, "</g>"]


def _write_strand(strand: Strand) -> list[str]:
    """A slice: opaque tint and edge; hatch for hawala, a white centre line for rails alike in grey."""
    style = get_rail_style(strand.rail)
    inferred = strand.basis == "inference"
    tint = INFERENCE_TINT if inferred else FACT_TINT
    fill = blend_with_white(style.fill, tint * (0.28 if style.hatched else 1.0))
    dash = f' stroke-dasharray="{_DASH}"' if inferred else ""
    edge = f'fill="{fill}" stroke="{style.line}" stroke-width="{"0.9" if inferred else "0.5"}"{dash}'
    found = [write_path(strand.outline, closed=True, style=edge)]
    if strand.hatch:
        path = "".join(f"M{put(a[0])} {put(a[1])}L{put(b[0])} {put(b[1])}" for a, b in strand.hatch)
        ink = blend_with_white(style.line, 0.45 if inferred else 0.85)
        found.append(f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="1.3"/>')
    if style.centre != "none" and strand.width >= 3 and not inferred:
        dash = _CENTRE_DASH[style.centre]
        cap = f'stroke-dasharray="{dash}" stroke-linecap="round"' if dash else ""
        line = f'fill="none" stroke="{GROUND}" stroke-width="1.2" {cap}'.rstrip()
        found.append(write_path(strand.centre, closed=False, style=line))
    return found


def _write_shape(shape: Shape, currency: str) -> list[str]:
    style = ROLES[shape.role]
    told = escape_text(" · ".join(tell_shape(shape, currency)))
    found = [f"<g><title>{told}</title>"]
    if shape.folded:
        found.append(write_outline(style.shape, shape.x, shape.y, shape.radius + 3.2,
                                   f'fill="{GROUND}" stroke="{OUTLINE}" stroke-width="1.1"'))
    edge = (SHARED_OUTLINE, "3") if shape.shared else (OUTLINE, "1.2")
    fill = blend_with_white(style.fill, ROLE_TINT) if shape.inferred else style.fill
    dash = f' stroke-dasharray="{_DASH}"' if shape.inferred else ""
    found.append(write_outline(style.shape, shape.x, shape.y, shape.radius,
                               f'fill="{fill}" stroke="{edge[0]}" stroke-width="{edge[1]}"{dash}'))
    size = max(9.5, shape.radius * 0.75)
    found.append(write_text(shape.x, shape.y + size * 0.36, style.letter, size, bold=True,
                            fill=INK if shape.inferred else style.text, anchor="middle"))
    return [*found, "</g>"]


def _write_label(label: Label) -> list[str]:
    """Name and amounts on a white plate."""
    found = [_write_plate(label, f'fill="{GROUND}"')]
    last = len(label.lines) - 1
    for number, line in enumerate(label.lines):
        small = number == last and last > 0
        found.append(write_text(label.x, label.y + 14 * number + 11, line, DETAIL_SIZE if small else NAME_SIZE,
                                bold=label.bold and not small, fill=MUTED if small else INK, anchor=label.anchor))
    return found


def _write_plate(label: Label, style: str) -> str:
    left, top, right, bottom = label.box
    return (f'<rect x="{put(left)}" y="{put(top)}" width="{put(right - left)}" height="{put(bottom - top)}" '
            f"{style}/>")


def _write_ribbon_label(label: Label) -> list[str]:
    plate = _write_plate(label, f'fill="{GROUND}" stroke="{blend_with_white(MUTED, 0.5)}" stroke-width="0.7"')
    return [plate, write_text(label.x, label.y + 11.6, label.lines[0], RIBBON_SIZE, anchor="middle")]


def _write_legend(scene: Scene) -> list[str]:
    """Width scale, roles with counts, rails with totals, the meaning of the outlines."""
    y = scene.legend_top
    found = _write_scale(scene, y)
    y += 30
    entries, tall = arrange_items(scene.roles)
    for x, down, item in entries:
        style = ROLES[item.key]
        found.append(write_outline(style.shape, x + 10, y + down, 7,
                                   f'fill="{style.fill}" stroke="{OUTLINE}" stroke-width="1.2"'))
        found.append(write_text(x + 26, y + down + 4, item.text, LEGEND_SIZE))
    y += tall
    entries, tall = arrange_items(scene.rails)
    for x, down, item in entries:
        found += write_rail_sample(item.key, x, y + down)
        found.append(write_text(x + 36, y + down + 4, item.text, LEGEND_SIZE))
    notes = write_notes(inference=scene.has_inference, shared=scene.has_shared, groups=scene.has_groups,
                        roles=scene.has_inferred_role)
    return [*found, write_text(24, y + tall + 6, fit_text(notes, 10, scene.width - 48), 10, fill=MUTED)]


def write_rail_sample(rail: str, x: float, y: float) -> list[str]:
    """A short piece of a rail's ribbon, 28 by 9 px, as drawn in the picture."""
    box = ((x, y - 4.5), (x + 28, y - 4.5), (x + 28, y + 4.5), (x, y + 4.5))
    hatch = tuple(((x + n, y + 4.5), (x + n + 5, y - 4.5)) for n in (2, 8, 14, 20))
    middle = ((x + 2, y), (x + 26, y))
    return _write_strand(Strand(rail, "fact", 0, _ZERO, 9, box, middle, hatch if get_rail_style(rail).hatched else ()))


def _write_scale(scene: Scene, y: float) -> list[str]:
    x = scene.width - 470.0
    found = [write_text(x - 14, y + 4, "ribbon width (square root):", 10, fill=MUTED, anchor="end")]
    for width, text in scene.width_scale:
        found.append(f'<rect x="{put(x)}" y="{put(y - width / 2)}" width="34" height="{put(width)}" fill="#9AA4AA"/>')
        found.append(write_text(x + 40, y + 4, text, 10, fill=MUTED))
        x += 150
    return found if scene.width_scale else []

