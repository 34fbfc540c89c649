"""A second, independent reason to read a payout and a transfer as the same money, besides amount and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trails.graph import CaseTables, node_entities, order_transfers

#: Above this many matches expected by luck, amount and time alone say nothing (domain: safeguard 1).
CHANCE_LIMIT = 0.1


def find_ties(tables: CaseTables, pairs: pd.DataFrame) -> list[str]:
    """What, besides amount and time, ties each pair of a payout and a transfer together; empty where nothing does.

    Two kinds count: the payee and a party of the transfer are one entity by accepted claims; or one row of a source
    names the code or the payee together with an address or transaction of the transfer.

    Parameters
    ----------
    tables
        The case; ``entities`` may be None.
    pairs
        ``transfer_a`` (payout) and ``transfer_b``.

    Returns
    -------
    list of str
        One text per pair, in the order given. Cost: one pass over the events, then a look-up per pair.
    """
    transfers = order_transfers(tables.transfers).set_index("transfer_id")
    ends = transfers[["src", "dst"]]
    kinds = transfers["kind"]
    inputs = transfers.loc[kinds == "input"].groupby("dst")["src"].agg(list).to_dict() if len(pairs) else {}
    entity = node_entities(tables.nodes, tables.entities) if tables.entities is not None else {}
    both = np.unique(pairs[["transfer_a", "transfer_b"]].to_numpy(dtype=np.int64))
    named = _named_together(tables.events, np.unique(ends.loc[both].to_numpy(dtype=np.int64)))
    ties = []
    for a, b in zip(pairs["transfer_a"].tolist(), pairs["transfer_b"].tolist(), strict=True):
        code, payee = (int(node) for node in ends.loc[a])
        sides = {int(node) for node in ends.loc[b]}
        owners = sides | {int(node) for node in inputs.get(ends.loc[b, "src"], [])}
        shared = _find_shared_row(named, {code, payee}, sides)
        if entity and entity.get(payee) in {entity.get(node) for node in owners}:
            shared = f"the payee (node {payee}) and a party of the transfer are one entity by accepted claims"
        ties.append(shared)
    return ties


def _named_together(events: pd.DataFrame, wanted: np.ndarray) -> dict[int, dict[tuple[int, int], int]]:
    """For every wanted node, the source rows that name it, each with its first event."""
    named: dict[int, dict[tuple[int, int], int]] = {}
    columns = ["event_id", "node_id", "other_node_id", "source_id", "row"]
    about = events[events["node_id"].isin(wanted) | events["other_node_id"].isin(wanted)].sort_values("event_id")
    for event, first, second, source, row in about[columns].itertuples(index=False, name=None):
        for node in (first, second):
            if not pd.isna(node):
                named.setdefault(int(node), {}).setdefault((int(source), int(row)), int(event))
    return named


def _find_shared_row(named: dict[int, dict[tuple[int, int], int]], mine: set[int], sides: set[int]) -> str:
    """A row that names a node of either side, in words; empty where there is none."""
    rows_a = {place: event for node in sorted(mine) for place, event in named.get(node, {}).items()}
    rows_b = {place for node in sides for place in named.get(node, {})}
    shared = sorted(set(rows_a) & rows_b)
    if not shared:
        return ""
    source, row = shared[0]
    return f"one row names both (event {rows_a[source, row]}, source {source}, row {row})"


def supported_matches(tables: CaseTables, matches: pd.DataFrame) -> np.ndarray:
    """Whether each match may be read as the same money: chance at most 0.1, or a second, independent tie."""
    tied = np.array([bool(tie) for tie in find_ties(tables, matches)], dtype=bool)
    supported: np.ndarray = (matches["chance"].to_numpy(dtype=np.float64) <= CHANCE_LIMIT) | tied
    return supported
