"""Whoever is protected stays protected while earlier steps are made anew, until `trails link` says it again."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pandas as pd

from trails.graph import make_table


def keep_protected(found: pd.DataFrame, entity: pd.Series | npt.NDArray[Any]) -> pd.DataFrame:
    """Table ``roles`` with what it held of protected people alone, for the entities of a new clustering.

    Parameters
    ----------
    found
        Rows of ``roles`` whose ``protected`` is true, one for each node of their entity (``node_id``).
    entity
        The entity that the node of each row belongs to now.

    Returns
    -------
    DataFrame
        Table ``roles``: an entity is protected where any node of it was. No other role is kept: it rested on what is gone.

    Examples
    --------
    >>> row = {"role": "payer", "basis": "inferred", "weight": 1.0, "protected": True, "conditions": "[]", "evidence": "[]"}
    >>> found = pd.DataFrame([{**row, "wording": "pays", "entity_id": 1, "node_id": node} for node in (1, 4)])
    >>> keep_protected(found, pd.Series([1, 3]))[["role_id", "entity_id", "role"]].values.tolist()
    [[1, 1, 'payer'], [2, 3, 'payer']]
    """
    if not len(found):
        return make_table("roles", {})
    now = found.assign(entity_id=entity).sort_values(["entity_id", "role", "node_id"], kind="stable")
    rows = now.drop_duplicates(["entity_id", "role"]).drop(columns=["node_id", "role_id"], errors="ignore")
    columns = {str(name): rows[name].to_list() for name in rows.columns}
    return make_table("roles", {"role_id": range(1, len(rows) + 1), **columns})
