"""One transfer at most for each record and one record at most for each transfer, so that the sum of weights is greatest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trails.graph import BoolArray, IntArray

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which pairs were chosen, and what may have been lost: blocks too large to solve exactly, and by how many bits at most."""

    chosen: BoolArray
    inexact_blocks: int
    may_lose: float


def assign_pairs(
    record: IntArray, place: IntArray, weight: FloatArray, *, least: float, block_cells: int, block_size: int
) -> Assignment:
    """Choose pairs of greatest total weight, each record and each place at most once.

    Pairs that share nothing, directly or through others, are blocks of their own and solved one by one: exactly, or, where
    a block has more records than ``block_size``, best first, with a bound of what that may lose.

    Parameters
    ----------
    record, place
        The two sides of every pair, any whole numbers.
    weight
        Bits; a pair is worth what it weighs above ``least``, and none below it is chosen.
    block_cells
        Blocks of more cells (records x places) are solved on sparse arrays.

    Notes
    -----
    Source: R. Jonker and A. Volgenant, doi:10.1007/BF02278710 (dense and sparse, as in scipy). Cost: cubic in a block.
    """
    chosen = np.zeros(len(record), dtype=bool)
    gain = weight - least
    worth = np.flatnonzero(gain > 0)
    if not len(worth):
        return Assignment(chosen, 0, 0.0)
    _, rows = np.unique(record[worth], return_inverse=True)
    _, columns = np.unique(place[worth], return_inverse=True)
    height = int(rows.max()) + 1
    size = height + int(columns.max()) + 1
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns + height)), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    order = np.lexsort((columns, rows, labels[rows]))
    borders = np.flatnonzero(np.diff(labels[rows][order])) + 1
    inexact, lost = 0, 0.0
    for block in np.split(order, borders):
        if len(block) == 1:
            chosen[worth[block]] = True
            continue
        _, at_row = np.unique(rows[block], return_inverse=True)
        _, at_column = np.unique(columns[block], return_inverse=True)
        worth_of = gain[worth[block]]
        if int(at_row.max()) + 1 > block_size:
            picked, off = _choose_best_first(at_row, at_column, worth_of)
            inexact, lost = inexact + 1, lost + off
        else:
            picked = _solve(at_row, at_column, worth_of, block_cells)
        chosen[worth[block[picked]]] = True
    return Assignment(chosen, inexact, lost)


def _solve(rows: IntArray, columns: IntArray, gain: FloatArray, block_cells: int) -> BoolArray:
    """The best assignment of one block. Every record has a column of its own that means none, worth nothing."""
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    most = float(gain.max())
    own = np.arange(height)
    all_rows, all_columns = np.concatenate([rows, own]), np.concatenate([columns, own + width])
    cost_of = np.concatenate([most + 1 - gain, np.full(height, most + 1)])
    if height * (width + height) <= block_cells:
        cost = np.full((height, width + height), (most + 2) * (height + 1))
        cost[all_rows, all_columns] = cost_of
        found: tuple[Any, Any] = linear_sum_assignment(cost)
    else:
        sparse = coo_array((cost_of, (all_rows, all_columns)), shape=(height, width + height)).tocsr()
        found = min_weight_full_bipartite_matching(sparse)
    taken = np.zeros(height, dtype=np.int64)
    taken[np.asarray(found[0])] = np.asarray(found[1])
    picked: BoolArray = taken[rows] == columns
    return picked


def _choose_best_first(rows: IntArray, columns: IntArray, gain: FloatArray) -> tuple[BoolArray, float]:
    """Pairs by falling gain, each whose ends are still free; and by how much the best choice may exceed it.

    No choice can give a record more than its best pair, nor a place more than its best: the smaller of the two sums bounds
    them all.
    """
    picked = np.zeros(len(rows), dtype=bool)
    free_row, free_column = np.ones(int(rows.max()) + 1, dtype=bool), np.ones(int(columns.max()) + 1, dtype=bool)
    for at in np.lexsort((columns, rows, -gain)).tolist():
        if free_row[rows[at]] and free_column[columns[at]]:
            picked[at], free_row[rows[at]], free_column[columns[at]] = True, False, False
    best_row, best_column = np.zeros(len(free_row)), np.zeros(len(free_column))
    np.maximum.at(best_row, rows, gain)
    np.maximum.at(best_column, columns, gain)
    return picked, min(float(best_row.sum()), float(best_column.sum())) - float(gain[picked].sum())
