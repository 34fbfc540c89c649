"""A case's coin transactions and accounts as arrays, read batch by batch so that no table is in memory twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trails.compiled import run_ahead
from trails.errors import AmountError
from trails.ownership.transactions import (
    COIN_RAILS,
    UNKNOWN,
    Accounts,
    Transactions,
    add_forms,
    build_transactions,
    classify_keys,
)

if TYPE_CHECKING:
    import duckdb

Ints = npt.NDArray[np.int64]

_BATCH = 1_000_000
#: Column, type in the array, SQL over a row of transfer_rows.
_COLUMNS = (
    ("transfer", np.int32, "transfer_id"),
    ("junction", np.int32, "{junction}"),
    ("node", np.int32, "{account}"),
    ("amount", np.int64, f"coalesce(amount, {UNKNOWN})"),
    ("tx", np.int32, f"coalesce(tx_id, {UNKNOWN})"),
    ("index", np.int32, f"coalesce(tx_index, {UNKNOWN})"),
)
_TIMES = (
    ("time_us", np.int64, "time"),
    ("seq", np.int64, f"coalesce(seq, {UNKNOWN})"),
)


def read_coin_arrays(con: duckdb.DuckDBPyConnection, among: str = "") -> Transactions:
    """The confirmed coin transactions of a case; ``among`` names a table of junctions to keep to (column ``junction``)."""
    sides = [
        _read_side(con, "input", "dst", "src", _COLUMNS, among),
        _read_side(con, "output", "src", "dst", _COLUMNS + _TIMES, among),
    ]
    made = build_transactions(*sides)
    where = f"AND node_id IN (SELECT junction FROM {among})" if among else ""
    stated = con.sql(
        f"SELECT node_id, text FROM events WHERE kind = 'transaction_form' AND node_id IS NOT NULL {where} ORDER BY event_id"
    ).to_arrow_table()
    if not len(stated):
        return made
    return add_forms(made, stated.column(0).to_numpy(), stated.column(1).to_pandas().to_numpy(object))


def _read_side(
    con: duckdb.DuckDBPyConnection, kind: str, junction: str, account: str, columns: tuple[Any, ...], among: str
) -> dict[str, Any]:
    where = f"kind = '{kind}' AND status = 'ok'"
    where += f" AND {junction} IN (SELECT junction FROM {among})" if among else ""
    count = int(con.execute(f"SELECT count(*) FROM transfer_rows WHERE {where}").fetchall()[0][0])
    made = {name: np.empty(count, dtype) for name, dtype, _ in columns}
    listed = ", ".join(sql.format(junction=junction, account=account) for _, _, sql in columns)
    at = 0
    for batch in con.sql(f"SELECT {listed} FROM transfer_rows WHERE {where}").to_arrow_reader(_BATCH):
        for (name, _, _), column in zip(columns, batch.columns, strict=True):
            made[name][at : at + len(batch)] = _take_numbers(column)
        at += len(batch)
    return made


def _take_numbers(column: pa.Array) -> npt.NDArray[Any]:
    """A column as numbers, without a conversion by the database, which costs more than the reading."""
    if pa.types.is_decimal(column.type):
        return take_low_words(column)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64()).fill_null(UNKNOWN)
    numbers: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return numbers


def take_low_words(column: pa.Array) -> Ints:
    """Whole numbers of a DECIMAL column without empty places as 64 bits; raises AmountError where one does not fit.

    Six times faster than to let the database convert each: the lower half of the 128 bits is the number.
    """
    words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)[column.offset : column.offset + len(column)]
    wide = np.flatnonzero(words[:, 1] != words[:, 0] >> 63)
    if len(wide):
        raise AmountError(f"the amount {column[int(wide[0])]} of a coin is beyond 64 bits, so no coin has it")
    return words[:, 0]


def read_accounts(con: duckdb.DuckDBPyConnection) -> Accounts:
    """What the form of every account's key tells, by node number."""
    size = int(con.execute("SELECT coalesce(max(node_id), 0) + 1 FROM nodes").fetchall()[0][0])
    script, ownable = np.zeros(size, np.uint8), np.zeros(size, bool)
    rails = ", ".join(f"'{rail}'" for rail in COIN_RAILS)
    reader = con.sql(
        f"SELECT node_id, rail IN ({rails}) AS coin, key FROM nodes WHERE kind = 'account'"
    ).to_arrow_reader(_BATCH)
    for ids, scripts, may in run_ahead(_classify_batch, reader):
        script[ids], ownable[ids] = scripts, may
    return Accounts(script, ownable)


def _classify_batch(batch: pa.RecordBatch) -> tuple[Ints, npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    coin = batch.column(1).to_numpy(zero_copy_only=False)
    return batch.column(0).to_numpy(), *classify_keys(batch.column(2).cast(pa.large_string()), coin)


@dataclass(frozen=True, slots=True)
class Places:
    """Where every coin transaction stands: by junction, its time, its place in its block (-1 where not stated), and the
    place of its id among all ids where one instant holds several without a place of their own (else 0)."""

    junction: Ints
    time_us: Ints
    seq: Ints
    name: Ints


def read_places(con: duckdb.DuckDBPyConnection, read: Transactions | None = None) -> Places:
    """Where every coin transaction of a case stands in time; taken from ``read`` where that is all of them."""
    if read is not None:
        junction, time_us, seq = read.junction.astype(np.int64), read.time_us, read.seq
    else:
        table = con.sql(
            "SELECT junction, coalesce(min(time_us), -1) AS time_us, coalesce(min(seq), -1) AS seq FROM ("
            "SELECT CASE kind WHEN 'input' THEN dst ELSE src END AS junction, CASE kind WHEN 'output' THEN epoch_us(time) END "
            "AS time_us, CASE kind WHEN 'output' THEN seq END AS seq FROM transfer_rows WHERE kind IN ('input', 'output') "
            "AND status = 'ok') GROUP BY junction ORDER BY junction"
        ).to_arrow_table()
        junction, time_us, seq = (column.to_numpy().astype(np.int64) for column in table.columns)
    name = np.zeros(len(junction), np.int64)
    order = np.lexsort((seq, time_us))
    same = (np.diff(time_us[order]) == 0) & (np.diff(seq[order]) == 0)
    if same.any():
        tied = np.zeros(len(junction), bool)
        tied[order[1:][same]] = tied[order[:-1][same]] = True
        con.register("tied_in", pa.table({"junction": junction[tied]}))
        named = con.sql(
            "SELECT node_id, row_number() OVER (ORDER BY rail, key) AS place FROM nodes "
            "JOIN tied_in ON junction = node_id ORDER BY node_id"
        ).to_arrow_table()
        con.unregister("tied_in")
        name[np.searchsorted(junction, named.column(0).to_numpy())] = named.column(1).to_numpy()
    return Places(junction, time_us, seq, name)
