"""Curves of the ribbons: level at both ends, split lengthwise in true shares, an arrow head at the receiver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trails.charts.records import Point

MIN_WIDTH = 1.2
MAX_WIDTH = 20.0
_STEPS = 28
_HATCH_STEP = 6.0


@dataclass(frozen=True, slots=True)
class Centre:
    """The middle line of a ribbon up to the base of its arrow head, and the head's tip."""

    points: tuple[Point, ...]
    normals: tuple[Point, ...]
    tip: Point


def scale_width(value: float, largest: float) -> float:
    """Ribbon width in px: the square root of the value, 1.2 to 20 px."""
    if largest <= 0 or value <= 0:
        return MIN_WIDTH
    return max(MIN_WIDTH, MAX_WIDTH * math.sqrt(value / largest))


def measure_head(width: float) -> float:
    """Length of the arrow head of a ribbon of this width, px."""
    return 6.0 + 0.3 * width


def trace_route(stops: Sequence[Point], width: float) -> Centre:
    """A curve through the stops that is level at every one of them; the last stop is the tip of the arrow."""
    (before_x, _), (end_x, end_y) = stops[-2], stops[-1]
    way = 1.0 if end_x >= before_x else -1.0
    base = (end_x - way * measure_head(width), end_y)
    points: list[Point] = [stops[0]]
    legs = [*stops[:-1], base]
    for start, end in pairwise(legs):
        half = (end[0] - start[0]) / 2
        points += _sample_bezier(start, (start[0] + half, start[1]), (end[0] - half, end[1]), end)
    return _finish_centre(points, stops[-1])


def trace_arc(start: Point, end: Point, bulge: float, width: float) -> Centre:
    """A side arc between two shapes of one column: out to the right and back, px."""
    base = (end[0] + measure_head(width), end[1])
    far = max(start[0], end[0]) + bulge
    return _finish_centre([start, *_sample_bezier(start, (far, start[1]), (far, end[1]), base)], end)


def _sample_bezier(start: Point, first: Point, second: Point, end: Point) -> list[Point]:
    points = []
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        points.append((
            a * start[0] + b * first[0] + c * second[0] + d * end[0],
            a * start[1] + b * first[1] + c * second[1] + d * end[1],
        ))
    return points


def _finish_centre(points: Sequence[Point], tip: Point) -> Centre:
    """Add the direction across the ribbon at each point; it is upright where the ribbon starts and ends."""
    normals = []
    last = len(points) - 1
    for place in range(len(points)):
        (ax, ay), (bx, by) = points[max(0, place - 1)], points[min(last, place + 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        normals.append((-(by - ay) / length, (bx - ax) / length))
    normals[0] = (0.0, 1.0 if normals[0][1] >= 0 else -1.0)
    normals[-1] = (0.0, 1.0 if tip[0] >= points[-1][0] else -1.0)
    return Centre(tuple(points), tuple(normals), tip)


def trace_side(centre: Centre, offset: float) -> list[Point]:
    """The line that runs beside the middle line at ``offset`` px."""
    return [
        (x + nx * offset, y + ny * offset) for (x, y), (nx, ny) in zip(centre.points, centre.normals, strict=True)
    ]


def trace_strand(centre: Centre, low: float, high: float, width: float) -> tuple[Point, ...]:
    """Closed outline of the slice between two offsets of a ribbon ``width`` px wide, with its part of the head."""
    flare = max(width / 2 + 2.6, 4.2) / (width / 2)
    (x, y), (_, ny) = centre.points[-1], centre.normals[-1]
    head = [(x, y + ny * low * flare), centre.tip, (x, y + ny * high * flare)]
    return _round_points([*trace_side(centre, low), *head, *reversed(trace_side(centre, high))])


def trace_middle(centre: Centre, low: float, high: float) -> tuple[Point, ...]:
    """The middle line of a slice."""
    return _round_points(trace_side(centre, (low + high) / 2))


def trace_hatch(centre: Centre, low: float, high: float) -> tuple[tuple[Point, Point], ...]:
    """Slanted strokes across a slice, one every 6 px of length."""
    lower, upper = trace_side(centre, low), trace_side(centre, high)
    lean = min(6.0, (high - low) * 0.6)
    strokes = []
    walked, due = 0.0, _HATCH_STEP
    for place in range(len(lower) - 1):
        length = math.dist(centre.points[place], centre.points[place + 1])
        while length > 0 and walked + length >= due:
            t = (due - walked) / length
            ahead = min(1.0, t + lean / length)
            strokes.append((_mix(lower, place, t), _mix(upper, place, ahead)))
            due += _HATCH_STEP
        walked += length
    return tuple((_round_point(a), _round_point(b)) for a, b in strokes)


def _mix(line: Sequence[Point], place: int, t: float) -> Point:
    (ax, ay), (bx, by) = line[place], line[place + 1]
    return ax + (bx - ax) * t, ay + (by - ay) * t


def _round_point(point: Point) -> Point:
    return round(point[0], 1) + 0.0, round(point[1], 1) + 0.0


def _round_points(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple(_round_point(point) for point in points)
