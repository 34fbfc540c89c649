"""Where shapes and their labels stand: columns, order, heights. Lengths in px, y runs down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trails.charts.describe import tell_amounts
from trails.charts.labels import measure_lines, place_label, set_lines
from trails.charts.layered import order_columns, place_columns
from trails.charts.palette import ROLES, measure_reach

if TYPE_CHECKING:
    from trails.charts.records import Anchor, Point, Shape

Pair = tuple[str, str]
Ends = Mapping[Pair, tuple[int, int]]

PORT_GAP = 3.0
_WIDTH = 1600.0
_ROW_GAP = 9.0
_PASS_HALF = 6.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Shapes with their places, the columns used, and the points where long ribbons pass a column."""

    shapes: tuple[Shape, ...]
    columns: tuple[int, ...]
    xs: tuple[float, ...]
    gap: float
    bottom: float
    passes: Mapping[Pair, tuple[Point, ...]]


@dataclass(frozen=True, slots=True)
class _Text:
    lines: tuple[str, ...]
    side: Anchor
    width: float
    height: float
    bold: bool


def set_places(shapes: Sequence[Shape], ends: Ends, widths: Mapping[Pair, float], top: float) -> Frame:
    """Give every shape its column, height and label; a long ribbon reserves a place in each column it passes."""
    columns = tuple(sorted({shape.column for shape in shapes}))
    rough_gap = (_WIDTH - 340) / max(1, len(columns) - 1)
    texts = _write_labels(shapes, ends, columns, rough_gap)
    left = _choose_margin(shapes, texts, columns[0], "end")
    right = _choose_margin(shapes, texts, columns[-1], "start")
    gap = (_WIDTH - left - right) / max(1, len(columns) - 1)
    xs = tuple(round(left + number * gap, 1) for number in range(len(columns))) if len(columns) > 1 else (_WIDTH / 2,)
    stacks = measure_stacks(shapes, ends, widths)
    heights, passes, tallest = _set_heights(shapes, ends, widths, columns, texts, stacks)
    placed = []
    for shape, text in zip(shapes, texts, strict=True):
        x, y = xs[columns.index(shape.column)], round(top + heights[shape.index], 1)
        placed.append(_attach_label(replace(shape, x=x, y=y), text, stacks[shape.index]))
    points = {
        pair: tuple((xs[column], round(top + heights[node], 1)) for column, node in nodes)
        for pair, nodes in passes.items()
    }
    return Frame(tuple(placed), columns, xs, gap, top + tallest, points)


def find_sides(shapes: Sequence[Shape], src: int, dst: int) -> tuple[str, str]:
    """The side a ribbon leaves from and the side it arrives at; a backward one runs right to left."""
    if shapes[src].column == shapes[dst].column:
        return "right", "right"
    return ("right", "left") if shapes[src].column < shapes[dst].column else ("left", "right")


def measure_stacks(shapes: Sequence[Shape], ends: Ends, widths: Mapping[Pair, float]) -> list[dict[str, float]]:
    """Height in px of the ribbons stacked at the left and right side of each shape."""
    stacks = [{"left": 0.0, "right": 0.0} for _ in shapes]
    for pair, (src, dst) in ends.items():
        for node, side in zip((src, dst), find_sides(shapes, src, dst), strict=True):
            stacks[node][side] += widths[pair] + PORT_GAP
    return stacks


def _write_labels(shapes: Sequence[Shape], ends: Ends, columns: Sequence[int], gap: float) -> list[_Text]:
    """Lines of each label and the side of the shape they stand on: outside where no ribbon runs, else above."""
    used: set[tuple[int, str]] = set()
    for src, dst in ends.values():
        used.update(zip((src, dst), find_sides(shapes, src, dst), strict=True))
    texts = []
    for shape in shapes:
        side: Anchor = "middle"
        if shape.column == columns[0] and (shape.index, "left") not in used:
            side = "end"
        elif (shape.index, "right") not in used:
            side = "start"
        outer = shape.column in {columns[0], columns[-1]}
        width = 0.58 * gap if side == "middle" else 170.0 if outer else 0.62 * gap - 30
        bold = shape.radius >= 10 and not (shape.folded and shape.role == "driver")
        lines = set_lines(shape.name if shape.folded else _cut_name(shape.name), tell_amounts(shape), min(width, 210.0),
                          bold=bold, wrap=side != "middle")
        texts.append(_Text(lines, side, *measure_lines(lines, bold=bold), bold))
    return texts


def _cut_name(name: str) -> str:
    return name if len(name) <= 24 else name[:23].rstrip() + "…"


def _choose_margin(shapes: Sequence[Shape], texts: Sequence[_Text], column: int, side: Anchor) -> float:
    widest = max((text.width for shape, text in zip(shapes, texts, strict=True)
                  if shape.column == column and text.side == side), default=0.0)
    return min(250.0, max(130.0, widest + 62))


def _set_heights(
    shapes: Sequence[Shape],
    ends: Ends,
    widths: Mapping[Pair, float],
    columns: Sequence[int],
    texts: Sequence[_Text],
    stacks: Sequence[Mapping[str, float]],
) -> tuple[list[float], dict[Pair, list[tuple[int, int]]], float]:
    """Height of every node, the pass-by nodes of each long ribbon as (column place, node), and the whole height."""
    spans = [_measure_span(shape, text, stack) for shape, text, stack in zip(shapes, texts, stacks, strict=True)]
    above, below = [up for up, _ in spans], [down for _, down in spans]
    ranked = sorted(shapes, key=lambda s: (-(s.money_in + s.money_out), s.index))
    nodes: list[list[int]] = [[s.index for s in ranked if s.column == column] for column in columns]
    passes: dict[Pair, list[tuple[int, int]]] = {}
    edges: list[tuple[int, int]] = []
    for pair, (src, dst) in sorted(ends.items()):
        start, end = columns.index(shapes[src].column), columns.index(shapes[dst].column)
        step = 1 if end >= start else -1
        chain = [src]
        for place in range(start + step, end, step):
            nodes[place].append(len(above))
            passes.setdefault(pair, []).append((place, len(above)))
            chain.append(len(above))
            above.append(widths[pair] / 2 + _PASS_HALF)
            below.append(widths[pair] / 2 + _PASS_HALF)
        if start != end:
            edges += zip(chain, [*chain[1:], dst], strict=True)
    order = order_columns(nodes, edges)
    heights, tallest = place_columns(order, edges, above, below, _ROW_GAP)
    return heights, passes, tallest


def _measure_span(shape: Shape, text: _Text, stack: Mapping[str, float]) -> tuple[float, float]:
    """Px needed over and under the middle of a shape for its outline, its ribbons and its label."""
    _, _, up, down = measure_reach(ROLES[shape.role].shape, shape.radius)
    half = max(max(stack.values()) / 2, 0.0)
    up, down = max(up + 4, half), max(down + 4, half)
    if text.side == "middle":
        return up + text.height + 6, down
    return max(up, text.height / 2), max(down, text.height / 2)


def _attach_label(shape: Shape, text: _Text, stack: Mapping[str, float]) -> Shape:
    left, right, up, _ = measure_reach(ROLES[shape.role].shape, shape.radius)
    if text.side == "middle":
        top = shape.y - max(up + 4, max(stack.values()) / 2) - text.height - 3
        return replace(shape, label=place_label(text.lines, shape.x, top, "middle", bold=text.bold))
    x = shape.x - left - 10 if text.side == "end" else shape.x + right + 10
    return replace(shape, label=place_label(text.lines, x, shape.y - text.height / 2, text.side, bold=text.bold))
