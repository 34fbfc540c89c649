"""Claims of a rule as a table, and accepted claims joined into entities. A cluster is not a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.errors import ContractError
from trails.graph import make_table
from trails.words import count_words

if TYPE_CHECKING:
    from trails.claims import Claims

Ints = npt.NDArray[np.int32]


def held_claims(rule: str, strength: str, pairs: pd.DataFrame, why: list[str], because: str | None) -> pd.DataFrame:
    """Claims of one rule, by the fact they rest on; accepted where there is no reason to hold them.

    ``pairs`` has ``one``, ``other`` and ``transfer_id`` or ``event_id``.
    """
    count = len(pairs)
    nothing: list[Any] = [None] * count
    one, other = pairs["one"].to_numpy(np.int64), pairs["other"].to_numpy(np.int64)
    return make_table("claims", {
        "claim_id": np.arange(1, count + 1),
        "node_a": np.minimum(one, other), "node_b": np.maximum(one, other),
        "rule": [rule] * count, "strength": [strength] * count,
        "state": ["held" if because else "accepted"] * count,
        "transfer_id": pairs["transfer_id"].tolist() if "transfer_id" in pairs else nothing,
        "event_id": pairs["event_id"].tolist() if "event_id" in pairs else nothing,
        "why": why, "held_because": [because] * count,
    })  # fmt: skip


def combine_claims(*frames: pd.DataFrame) -> pd.DataFrame:
    """Claims of several rules as one table, numbered anew from 1 in the order given."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return make_table("claims", {})
    joined = pd.concat(filled, ignore_index=True)
    joined["claim_id"] = np.arange(1, len(joined) + 1)
    return make_table("claims", {str(name): joined[name].to_list() for name in joined.columns})


def join_claims_by_node(claims: Claims, size: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The entity of every node number below ``size`` by the accepted claims, and which claims its tree needs.

    The smallest node number names the entity. The claims marked are a forest: without any of them its entity falls apart
    unless one of the others says the same again. Cost: nearly linear, see ``trails/ownership/union.py``.
    """
    from trails.ownership.union import mark_spanning

    return mark_spanning(claims.node_a, claims.node_b, claims.state == 0, size)


def join_entities(nodes: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Which nodes are consistent with one owner, by the accepted claims and no others.

    Held and rejected claims join nothing. A junction is nobody's and stays by itself.

    Parameters
    ----------
    nodes, claims
        Tables of the contract.

    Returns
    -------
    DataFrame
        Table ``entities``: every node once, by entity and node. The smallest node number names the entity.

    Raises
    ------
    ContractError
        A claim names a node that is not there, or joins a junction.

    Notes
    -----
    Cost: linear in nodes and claims.

    >>> nodes = pd.DataFrame({"node_id": [1, 2, 3], "kind": "account"})
    >>> claims = pd.DataFrame({"claim_id": [1], "node_a": [1], "node_b": [3], "state": ["accepted"]})
    >>> join_entities(nodes, claims).to_numpy().tolist()
    [[1, 1], [1, 3], [2, 2]]
    """
    from trails.ownership.union import union_pairs

    ids = np.sort(nodes["node_id"].to_numpy(dtype=np.int64))
    accepted = claims[claims["state"] == "accepted"]
    a, b = (accepted[name].to_numpy(dtype=np.int32) for name in ("node_a", "node_b"))
    _check_ends(nodes, accepted, np.concatenate([a, b]))
    size = int(ids[-1]) + 1 if len(ids) else 0
    entity = union_pairs(a, b, size)[ids].astype(np.int64)
    order = np.lexsort((ids, entity))
    return make_table("entities", {"entity_id": entity[order], "node_id": ids[order]})


def _check_ends(nodes: pd.DataFrame, accepted: pd.DataFrame, ends: Ints) -> None:
    accounts = nodes.loc[nodes["kind"] == "account", "node_id"]
    wrong = np.setdiff1d(ends, accounts.to_numpy())
    if len(wrong):
        first = accepted[accepted["node_a"].isin(wrong) | accepted["node_b"].isin(wrong)]["claim_id"].min()
        problem = f"{count_words(len(wrong), 'node')} of accepted claims no account of this case: node {wrong[0]}, claim {first}"
        raise ContractError("claims", [problem])
