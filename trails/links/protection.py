"""Whoever is protected stays protected while earlier steps are made anew, until `trails link` says it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from trails.graph import make_table


def keep_protected(found: pd.DataFrame, entity_of: Callable[[pd.Series], Any]) -> pd.DataFrame:
    """Table ``roles`` with what it held of protected people alone, for the entities of a new clustering.

    Parameters
    ----------
    found
        Rows of ``roles`` whose ``protected`` is true, one for each node of their entity (``node_id``).
    entity_of
        Gives the entity that each of a column of nodes belongs to now.

    Returns
    -------
    DataFrame
        Table ``roles``: an entity is protected where any node of it was. No other role is kept: it rested on what is gone.

    Examples
    --------
    >>> row = {"role": "payer", "basis": "inferred", "weight": 1.0, "protected": True, "conditions": "[]", "evidence": "[]"}
    >>> found = pd.DataFrame([{**row, "wording": "pays", "entity_id": 1, "node_id": node} for node in (1, 4)])
    >>> keep_protected(found, lambda nodes: nodes.map({1: 1, 4: 3}))[["role_id", "entity_id", "role"]].values.tolist()
    [[1, 1, 'payer'], [2, 3, 'payer']]
    """
    if not len(found):
        return make_table("roles", {})
    now = found.assign(entity_id=entity_of(found["node_id"])).sort_values(["entity_id", "role", "node_id"], kind="stable")
    rows = now.drop_duplicates(["entity_id", "role"]).drop(columns=["node_id", "role_id"], errors="ignore")
    columns = {str(name): rows[name].to_list() for name in rows.columns}
    return make_table("roles", {"role_id": range(1, len(rows) + 1), **columns})
