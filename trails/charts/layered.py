"""Order and height of the shapes in columns: our own layered layout, deterministic and explainable in court.

Order: sweeps that move each node to the mean place of its neighbours, then swaps of neighbours while they lessen the
crossings (Sugiyama, Tagawa and Toda 1981). Height: each column is moved towards its neighbours' mean height, kept in
order and apart by pooling adjacent violators (isotonic regression). Nodes are numbers; edges join adjacent columns.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

_SWEEPS = 16
_SWAP_PASSES = 12
_HEIGHT_SWEEPS = 12

Columns = list[list[int]]
Edges = Sequence[tuple[int, int]]


def order_columns(columns: Sequence[Sequence[int]], edges: Edges) -> Columns:
    """The columns reordered so that few edges cross; the given order (money, then key) settles ties."""
    near = _list_neighbours(edges)
    best = [list(column) for column in columns]
    fewest = count_crossings(best, edges)
    trial = [list(column) for column in columns]
    for sweep in range(_SWEEPS):
        _sweep_means(trial, near, forward=sweep % 2 == 0)
        crossings = count_crossings(trial, edges)
        if crossings < fewest:
            best, fewest = [list(column) for column in trial], crossings
    _swap_neighbours(best, near)
    return best


def count_crossings(columns: Sequence[Sequence[int]], edges: Edges) -> int:
    """How many pairs of edges cross between adjacent columns."""
    place = {node: (number, spot) for number, column in enumerate(columns) for spot, node in enumerate(column)}
    by_gap: dict[int, list[tuple[int, int]]] = {}
    for a, b in edges:
        (left, spot_a), (_, spot_b) = sorted((place[a], place[b]))
        by_gap.setdefault(left, []).append((spot_a, spot_b))
    total = 0
    for ends in by_gap.values():
        seen: list[int] = []
        for _, spot in sorted(ends):
            total += len(seen) - bisect_right(seen, spot)
            insort(seen, spot)
    return total


def _list_neighbours(edges: Edges) -> dict[int, list[int]]:
    near: dict[int, list[int]] = {}
    for a, b in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    return near


def _sweep_means(columns: Columns, near: Mapping[int, list[int]], *, forward: bool) -> None:
    """Sort every column by the mean place of its neighbours in the column before it (stable)."""
    numbers = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
    for number in numbers:
        fixed = columns[number - 1 if forward else number + 1]
        spot = {node: place / max(1, len(fixed) - 1) for place, node in enumerate(fixed)}
        own = {node: place / max(1, len(columns[number]) - 1) for place, node in enumerate(columns[number])}
        mean = {}
        for node in columns[number]:
            spots = [spot[other] for other in near.get(node, ()) if other in spot]
            mean[node] = sum(spots) / len(spots) if spots else own[node]
        columns[number].sort(key=lambda node: mean[node])


def _swap_neighbours(columns: Columns, near: Mapping[int, list[int]]) -> None:
    """Swap two nodes next to each other as long as that lessens the crossings."""
    place = {node: (number, spot) for number, column in enumerate(columns) for spot, node in enumerate(column)}
    for _ in range(_SWAP_PASSES):
        swapped = False
        for number, column in enumerate(columns):
            for spot in range(len(column) - 1):
                upper, lower = column[spot], column[spot + 1]
                if _gain_by_swap(upper, lower, number, place, near) > 0:
                    column[spot], column[spot + 1] = lower, upper
                    place[lower], place[upper] = (number, spot), (number, spot + 1)
                    swapped = True
        if not swapped:
            return


def _gain_by_swap(
    upper: int, lower: int, number: int, place: Mapping[int, tuple[int, int]], near: Mapping[int, list[int]]
) -> int:
    gain = 0
    for side in (number - 1, number + 1):
        ups = [place[node][1] for node in near.get(upper, ()) if place[node][0] == side]
        lows = [place[node][1] for node in near.get(lower, ()) if place[node][0] == side]
        gain += sum((a > b) - (a < b) for a in ups for b in lows)
    return gain


def place_columns(
    columns: Sequence[Sequence[int]], edges: Edges, above: Sequence[float], below: Sequence[float], gap: float
) -> tuple[list[float], float]:
    """Height of each node from 0 downwards, and the height of the whole.

    ``above`` and ``below`` are the px each node needs over and under its middle, ``gap`` the px between two.
    """
    tallest = max((sum(above[n] + below[n] + gap for n in column) - gap for column in columns if column), default=0.0)
    y = [0.0] * len(above)
    for column in columns:
        spare = (tallest - sum(above[n] + below[n] for n in column)) / max(1, len(column))
        top = spare / 2
        for node in column:
            y[node] = top + above[node]
            top = y[node] + below[node] + spare
    near = _list_neighbours(edges)
    for sweep in range(_HEIGHT_SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = [_mean_height(node, near, y) for node in column]
            for node, height in zip(column, _keep_apart(column, wanted, above, below, gap, tallest), strict=True):
                y[node] = height
    return y, tallest


def _mean_height(node: int, near: Mapping[int, list[int]], y: Sequence[float]) -> float:
    others = near.get(node, ())
    return sum(y[other] for other in others) / len(others) if others else y[node]


def _keep_apart(
    column: Sequence[int], wanted: Sequence[float], above: Sequence[float], below: Sequence[float], gap: float,
    tallest: float,
) -> list[float]:
    """The heights nearest to the wanted ones that keep order, distance and the frame (pool adjacent violators)."""
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + below[upper] + gap + above[lower])
    blocks: list[tuple[float, int]] = []
    for height, offset in zip(wanted, offsets, strict=True):
        mean, size = height - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, count = blocks.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        blocks.append((mean, size))
    lowest = above[column[0]] if column else 0.0
    highest = tallest - offsets[-1] - (below[column[-1]] if column else 0.0)
    flat = [min(max(mean, lowest), max(lowest, highest)) for mean, size in blocks for _ in range(size)]
    return [height + offset for height, offset in zip(flat, offsets, strict=True)]
