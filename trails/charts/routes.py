"""Ribbons between placed shapes: ports stacked in the order of the far ends, slices by rail and basis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from trails.charts.fold import sum_values
from trails.charts.palette import ROLES, get_rail_style, measure_reach, rank_rail
from trails.charts.places import PORT_GAP, Ends, Frame, Pair, find_sides
from trails.charts.records import Payment, Point, Ribbon, Shape, Strand
from trails.charts.ribbons import (
    MIN_WIDTH,
    Centre,
    scale_width,
    trace_arc,
    trace_hatch,
    trace_middle,
    trace_route,
    trace_strand,
)
from trails.charts.wording import clean_text

_LEVEL = 16.0

Drawn = Mapping[Pair, Sequence[Payment]]


def draw_ribbons(frame: Frame, ends: Ends, drawn: Drawn, largest: float) -> tuple[Ribbon, ...]:
    """One ribbon per pair of shapes that has payments to draw, thickest first so that thin ones stay on top."""
    widths = {pair: _measure_slices(payments, largest) for pair, payments in drawn.items()}
    totals = {pair: sum(slices.values()) for pair, slices in widths.items()}
    ports = _stack_ports(frame, ends, totals)
    ribbons = []
    for pair in sorted(drawn, key=lambda pair: (-totals[pair], ends[pair])):
        src, dst = ends[pair]
        centre = _trace_centre(frame, src, dst, ports[pair], frame.passes.get(pair, ()), totals[pair])
        ribbons.append(_assemble_ribbon(src, dst, drawn[pair], widths[pair], centre))
    return tuple(ribbons)


def _measure_slices(payments: Sequence[Payment], largest: float) -> dict[tuple[str, str], float]:
    """Width in px of each (rail, basis): true shares of the value; slices without any rate get the smallest width."""
    value: dict[tuple[str, str], Decimal] = {}
    for payment in payments:
        key = (payment.rail, payment.basis)
        value[key] = value.get(key, Decimal(0)) + (payment.value or Decimal(0))
    total = float(sum(value.values()))
    whole = scale_width(total, largest)
    order = sorted(value, key=lambda key: (rank_rail(key[0]), key[1]))
    return {key: whole * float(value[key]) / total if value[key] > 0 else MIN_WIDTH for key in order}


def _find_next_height(frame: Frame, ends: Ends, pair: Pair, *, at_source: bool) -> float:
    """Height of the point a ribbon runs to next from one of its ends."""
    passes = frame.passes.get(pair, ())
    if passes:
        return passes[0 if at_source else -1][1]
    src, dst = ends[pair]
    return frame.shapes[dst if at_source else src].y


def _stack_ports(frame: Frame, ends: Ends, totals: Mapping[Pair, float]) -> dict[Pair, tuple[float, float]]:
    """Height of both ends of each ribbon."""
    sides: dict[tuple[int, str], list[tuple[float, Pair, bool]]] = {}
    for pair in totals:
        src, dst = ends[pair]
        out, into = find_sides(frame.shapes, src, dst)
        sides.setdefault((src, out), []).append((_find_next_height(frame, ends, pair, at_source=True), pair, True))
        sides.setdefault((dst, into), []).append((_find_next_height(frame, ends, pair, at_source=False), pair, False))
    found: dict[tuple[Pair, bool], float] = {}
    for (node, _), stack in sides.items():
        y = frame.shapes[node].y - sum(totals[pair] + PORT_GAP for _, pair, _ in stack) / 2
        for _, pair, at_source in sorted(stack):
            slot = totals[pair] + PORT_GAP
            found[pair, at_source] = y + slot / 2
            y += slot
    return {pair: (found[pair, True], found[pair, False]) for pair in totals}


def _trace_centre(
    frame: Frame, src: int, dst: int, heights: tuple[float, float], passes: Sequence[Point], width: float
) -> Centre:
    start_shape, end_shape = frame.shapes[src], frame.shapes[dst]
    out, into = find_sides(frame.shapes, src, dst)
    start = (_find_edge(start_shape, out, outside=False), heights[0])
    end = (_find_edge(end_shape, into, outside=True), heights[1])
    if out == into:
        return trace_arc(start, end, min(0.3 * frame.gap, 30 + 0.25 * abs(end[1] - start[1])), width)
    way = 1.0 if out == "right" else -1.0
    stops = [start]
    for x, y in passes:
        stops += [(x - way * _LEVEL, y), (x + way * _LEVEL, y)]
    return trace_route([*stops, end], width)


def _find_edge(shape: Shape, side: str, *, outside: bool) -> float:
    """Where a ribbon begins (under the shape's rim) or its arrow tip ends (just outside it)."""
    left, right, _, _ = measure_reach(ROLES[shape.role].shape, shape.radius)
    reach = (right if side == "right" else left) + ((5.0 if shape.folded else 2.0) if outside else 0.0)
    reach *= 1.0 if outside else 0.4
    return shape.x + reach if side == "right" else shape.x - reach


def _assemble_ribbon(
    src: int, dst: int, payments: Sequence[Payment], slices: Mapping[tuple[str, str], float], centre: Centre
) -> Ribbon:
    width = sum(slices.values())
    low = -width / 2
    strands = []
    for (rail, basis), part in slices.items():
        own = [p for p in payments if (p.rail, p.basis) == (rail, basis)]
        high = low + part
        hatch = trace_hatch(centre, low, high) if get_rail_style(rail).hatched else ()
        strands.append(Strand(rail, own[0].basis, len(own), sum_values(own), part,
                              trace_strand(centre, low, high, width), trace_middle(centre, low, high), hatch))
        low = high
    times = [p.time for p in payments if p.time is not None]
    kinds = Counter(p.kind for p in payments)
    return Ribbon(
        src=src, dst=dst, value=sum_values(payments), count=len(payments),
        unrated=sum(p.value is None for p in payments), width=width, strands=tuple(strands),
        centre=trace_middle(centre, -width / 2, width / 2), first=min(times, default=None),
        last=max(times, default=None), kinds=tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
        facts=sum(p.basis == "fact" for p in payments), inferences=sum(p.basis == "inference" for p in payments),
        amounts=tuple(clean_text(p.amount_text) for p in payments), citations=tuple(p.citation for p in payments),
        transfers=tuple(p.transfer for p in payments if p.transfer is not None),
        references=tuple(dict.fromkeys(p.reference for p in payments if p.reference)),
    )
