"""Why two nodes are in one entity: the shortest chain of accepted claims between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

COLUMNS = ["step", "from_node", "to_node", "claim_id", "rule", "strength", "transfer_id", "event_id", "why"]


def explain_join(claims: pd.DataFrame, node_a: int, node_b: int) -> pd.DataFrame:
    """Which claims, one after the other, join two nodes: what to read, and what to reject to take them apart.

    Parameters
    ----------
    claims
        Table ``claims``; only accepted ones are followed.
    node_a, node_b
        Numbers of the two nodes.

    Returns
    -------
    DataFrame
        One row per claim of a shortest chain: ``step`` from 1, ``from_node``, ``to_node``, ``claim_id``, ``rule``,
        ``strength``, ``transfer_id``, ``event_id``, ``why``. Empty, with ``attrs["reason"]``, where none joins them.

    Notes
    -----
    Cost: one breadth-first search over the accepted claims. Where several claims join a pair, the smallest number is
    shown; where several chains are as short, the one through smaller node numbers.
    """
    accepted = claims[claims["state"] == "accepted"].sort_values("claim_id")
    path = _find_path(accepted, node_a, node_b)
    rows = [_pick_claim(accepted, step, a, b) for step, (a, b) in enumerate(pairwise(path), start=1)]
    found = pd.DataFrame(rows, columns=COLUMNS)
    if not rows:
        found.attrs["reason"] = (
            f"node {node_a} is one node, joined to itself"
            if node_a == node_b
            else f"no chain of accepted claims joins node {node_a} and node {node_b}"
        )
    return found


def _find_path(accepted: pd.DataFrame, node_a: int, node_b: int) -> list[int]:
    ends = accepted[["node_a", "node_b"]].to_numpy(dtype=np.int64)
    ids = np.unique(ends)
    if node_a == node_b or not {node_a, node_b} <= set(ids.tolist()):
        return []
    at = np.searchsorted(ids, ends)
    both = np.concatenate([at, at[:, ::-1]])
    graph = coo_array((np.ones(len(both), dtype=np.int8), (both[:, 0], both[:, 1])), shape=(len(ids), len(ids))).tocsr()
    graph.sum_duplicates()
    start, here = int(np.searchsorted(ids, node_a)), int(np.searchsorted(ids, node_b))
    _, before = breadth_first_order(graph, start, directed=True, return_predecessors=True)
    path = [here]
    while path[-1] != start:
        previous = int(before[path[-1]])
        if previous < 0:
            return []
        path.append(previous)
    return [int(ids[node]) for node in reversed(path)]


def _pick_claim(accepted: pd.DataFrame, step: int, a: int, b: int) -> dict[str, object]:
    low, high = min(a, b), max(a, b)
    ends = accepted[["node_a", "node_b"]]
    claim = accepted[(ends.min(axis=1) == low) & (ends.max(axis=1) == high)].iloc[0]
    return {"step": step, "from_node": a, "to_node": b} | {name: claim[name] for name in COLUMNS[3:]}
