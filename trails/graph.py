"""The tables of a case in memory, and the arrays every analysis reads them through.

Tables keep the columns of ``trails.tables``. Analysis never depends on the order of their rows: each function sorts by
the table's own numbers first. Times become intervals of whole microseconds, because order is only claimed where two
intervals do not overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trails.errors import ContractError
from trails.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

_DTYPES = {"INTEGER": "int64", "BIGINT": "int64", "DOUBLE": "float64", "BOOLEAN": "bool", "TIMESTAMP": "datetime64[us]"}
_NULLABLE = {"int64": "Int64", "bool": "boolean"}


@dataclass(frozen=True, slots=True)
class CaseTables:
    """The facts and judgements of a case as DataFrames, and the inferences where they are already known.

    ``transfers.amount`` is an object column of exact ``int`` or None: an 18-decimal token exceeds 64 bits. Times are
    naive and mean UTC. Inference frames are None until their step has run.
    """

    nodes: pd.DataFrame
    assets: pd.DataFrame
    transfers: pd.DataFrame
    events: pd.DataFrame
    tags: pd.DataFrame
    prices: pd.DataFrame
    judgements: pd.DataFrame
    claims: pd.DataFrame | None = None
    screens: pd.DataFrame | None = None
    entities: pd.DataFrame | None = None
    debts: pd.DataFrame | None = None
    codes: pd.DataFrame | None = None
    states: pd.DataFrame | None = None
    matches: pd.DataFrame | None = None
    nettings: pd.DataFrame | None = None
    roles: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    hops: pd.DataFrame | None = None
    proceeds: pd.DataFrame | None = None
    findings: pd.DataFrame | None = None


def list_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column name; for small frames, or where each row is read anyway."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def make_table(name: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A frame with exactly the columns of table ``name`` of the contract, in their order and types.

    A column left out is empty if the contract lets it be. Raises ContractError for a column the contract does not
    know, or for one left out that may not be empty.

    >>> list(make_table("entities", {"node_id": [1, 2], "entity_id": [1, 1]}).columns)
    ['entity_id', 'node_id']
    """
    table = TABLES[name]
    problems = [f"column `{column}` is not in the contract" for column in columns if column not in table.names]
    lengths = {len(values) for values in columns.values()}
    length = max(lengths, default=0)
    problems += [f"columns of different lengths: {sorted(lengths)}"] if len(lengths) > 1 else []
    made: dict[str, Any] = {}
    for column in table.columns:
        if column.name not in columns and length and not column.null:
            problems.append(f"column `{column.name}` is missing")
            continue
        dtype = _DTYPES.get(column.type, "object")
        values = columns.get(column.name, [None] * length)
        made[column.name] = _typed(values, _NULLABLE.get(dtype, dtype) if column.null else dtype)
    if problems:
        raise ContractError(name, problems)
    return pd.DataFrame(made, columns=list(table.names))


def _typed(values: Any, dtype: str) -> pd.Series:
    if dtype == "object":
        array = np.empty(len(values), dtype=object)
        array[:] = [None if value is None or value is pd.NA or value != value else value for value in values]
        return pd.Series(array, dtype=object)
    return pd.Series(values if isinstance(values, np.ndarray) else list(values), dtype=dtype)


def time_bounds(frame: pd.DataFrame) -> tuple[IntArray, IntArray, BoolArray]:
    """The earliest and latest instant of each row in microseconds since 1970, and whether its time is known.

    Bounds of rows without a time are 0 and must not be used.
    """
    known: BoolArray = frame["time"].notna().to_numpy(dtype=bool)
    times = pd.to_datetime(frame["time"]).to_numpy(dtype="datetime64[us]").astype(np.int64)
    error = pd.to_numeric(frame["time_error_s"], errors="coerce").fillna(0).to_numpy(dtype=np.int64) * 1_000_000
    middle = np.where(known, times, 0)
    error = np.where(known, error, 0)
    return middle - error, middle + error, known


def order_transfers(transfers: pd.DataFrame) -> pd.DataFrame:
    """Transfers by their number, so that no result depends on the order they came in."""
    return transfers.sort_values("transfer_id", ignore_index=True)


def node_column(nodes: pd.DataFrame, column: str, wanted: pd.Series) -> NDArray[np.object_]:
    """A column of ``nodes`` looked up for each node number in ``wanted``; None where there is no such node."""
    found = nodes.set_index("node_id")[column].reindex(pd.to_numeric(wanted))
    values: NDArray[np.object_] = found.astype(object).where(found.notna(), None).to_numpy(dtype=object)
    return values


def node_entities(nodes: pd.DataFrame, entities: pd.DataFrame) -> dict[int, int]:
    """The entity of every node; a node that no entity names is its own.

    >>> node_entities(pd.DataFrame({"node_id": [1, 2]}), pd.DataFrame({"entity_id": [1], "node_id": [1]}))
    {1: 1, 2: 2}
    """
    ids = nodes["node_id"].to_numpy(dtype=np.int64)
    named = dict(zip(entities["node_id"].tolist(), entities["entity_id"].tolist(), strict=True))
    return {int(node): int(named.get(int(node), node)) for node in np.sort(ids)}


#: Statuses of transfers that moved nothing, or that nobody says moved anything; a ledger's own words are not among them.
NOT_MONEY = ("failed", "unconfirmed", "unstated", "stale")


def moved(transfers: pd.DataFrame) -> pd.Series:
    """Whether each transfer moved value: its status is ok and its amount is not zero (unknown amounts count)."""
    amount = transfers["amount"]
    return (transfers["status"] == "ok") & (amount.isna() | (amount.fillna(0) != 0))


@dataclass(frozen=True, slots=True)
class Groups:
    """Row numbers grouped by a code, in compressed sparse row form: ``rows[start[c]:start[c + 1]]`` are code c's."""

    start: IntArray
    rows: IntArray

    def of(self, code: int) -> IntArray:
        """The rows of one code, in the order they were grouped in."""
        return self.rows[self.start[code] : self.start[code + 1]]


def group_rows(codes: IntArray, order: IntArray, size: int) -> Groups:
    """Rows grouped by code (0 <= code < size; negative codes are left out), each group sorted by ``order``.

    Cost: one sort of the rows.

    >>> group_rows(np.array([1, 0, 1]), np.array([5, 1, 2]), 2).of(1).tolist()
    [2, 0]
    """
    rows = np.lexsort((np.arange(len(codes)), order, codes))
    rows = rows[codes[rows] >= 0]
    start = np.searchsorted(codes[rows], np.arange(size + 1))
    return Groups(start.astype(np.int64), rows.astype(np.int64))
