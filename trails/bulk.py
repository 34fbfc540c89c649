"""Bulk tables on their way into a case: keys become numbers in Python's own hash table, once per distinct key and batch.

A file of millions of transfers names far fewer addresses, so what is staged per row is a handful of integers, and the
transaction's hash. The hash's first 64 bits stand beside it: only transactions that share them are ever compared.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from trails.model import TransferTable

_TABLES = {
    "stage_bulk": "place BIGINT, row BIGINT, src INTEGER, dst INTEGER, asset SMALLINT, batch SMALLINT, "
    "amount DECIMAL(38,0), time TIMESTAMP, seq BIGINT, tx VARCHAR, tx_prefix UBIGINT, tx_index INTEGER",
    "stage_keys": "local INTEGER, rail VARCHAR, key VARCHAR, place BIGINT",
    "stage_assets": "local SMALLINT, asset VARCHAR",
    "stage_batches": "batch SMALLINT, rail VARCHAR, kind VARCHAR, status VARCHAR, time_basis VARCHAR, time_error_s INTEGER",
}
_CONSTANTS = ("rail", "kind", "status", "time_basis", "time_error_s")
_PREFIX = 16
_NIBBLES = np.zeros(256, np.uint8)
_NIBBLES[list(b"0123456789")] = np.arange(10)
_NIBBLES[list(b"abcdef")] = np.arange(10, 16)
_SMALL_NUMBER = 18


class BulkStage:
    """The narrow temporary tables of bulk transfers, and the numbers of their keys."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.keys: dict[str, defaultdict[str, int]] = {}
        self.next_key = count()
        self.assets: dict[str, int] = {}
        self.batches: dict[tuple[Any, ...], int] = {}
        for name, columns in _TABLES.items():
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")

    def insert(self, batch: TransferTable, place: int) -> None:
        """Stage one table whose first row has the given place in the source."""
        import pyarrow as pa

        table = batch.table.combine_chunks()
        rows = table.num_rows
        if not rows:
            return
        src, dst = self._number_keys(str(batch.constants["rail"]), table, place)
        columns: dict[str, Any] = {
            "place": pa.array(np.arange(place, place + rows)),
            "row": table["row"],
            "src": pa.array(src),
            "dst": pa.array(dst),
            "asset": pa.array(self._number_assets(_chunk(table, "asset"))),
            "amount": _narrow_amounts(_chunk(table, "amount")),
            "time_us": table["time_us"],
        }
        columns |= {name: table[name] for name in ("seq", "tx_index") if name in table.schema.names}
        if "tx" in table.schema.names:
            tx = _chunk(table, "tx")
            columns |= {"tx": tx, "tx_prefix": pa.array(_prefixes(tx))}
        present = {name: f"t.{name}" for name in ("seq", "tx", "tx_prefix", "tx_index") if name in columns}
        self.con.register("batch_in", pa.table(columns))
        self.con.execute(
            f"INSERT INTO stage_bulk SELECT t.place, t.row, t.src, t.dst, t.asset, {self._number_batch(batch)}, "
            f"CAST(t.amount AS DECIMAL(38,0)), make_timestamp(t.time_us), {present.get('seq', 'NULL')}, "
            f"{present.get('tx', 'NULL')}, {present.get('tx_prefix', 'NULL')}, {present.get('tx_index', 'NULL')} "
            f"FROM batch_in t"
        )
        self.con.unregister("batch_in")

    def _number_keys(
        self, rail: str, table: pa.Table, place: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The numbers of senders and receivers; new keys are numbered by their first appearance, sender first."""
        known = self.keys.setdefault(rail, defaultdict(self.next_key.__next__))
        before = len(known)
        sides = [_number_side(known, _chunk(table, name)) for name in ("src", "dst")]
        fresh = list(islice(reversed(known), len(known) - before))[::-1]
        if fresh:
            first_number = known[fresh[0]]
            places = np.full(len(fresh), np.iinfo(np.int64).max)
            for order, (_, numbers, firsts) in enumerate(sides):
                new = numbers >= first_number
                np.minimum.at(places, numbers[new] - first_number, 4 * (place + firsts[new]) + order)
            self._keep_keys(rail, first_number, fresh, places)
        src, dst = (numbers.astype(np.int32)[codes] for codes, numbers, _ in sides)
        return src, dst

    def _keep_keys(self, rail: str, first_number: int, fresh: list[str], places: npt.NDArray[np.int64]) -> None:
        import pyarrow as pa

        numbers = np.arange(first_number, first_number + len(fresh), dtype=np.int32)
        keys = pa.table({"local": numbers, "key": pa.array(fresh, pa.string()), "place": places})
        self.con.register("keys_in", keys)
        self.con.execute("INSERT INTO stage_keys SELECT local, $rail, key, place FROM keys_in", {"rail": rail})
        self.con.unregister("keys_in")

    def _number_assets(self, column: pa.Array) -> npt.NDArray[np.int16]:
        import pyarrow.compute as pc

        coded = pc.dictionary_encode(column)
        texts = coded.dictionary.to_pylist()
        for text in texts:
            if text not in self.assets:
                self.assets[text] = len(self.assets)
                self.con.execute("INSERT INTO stage_assets VALUES (?, ?)", [self.assets[text], text])
        numbers = np.array([self.assets[text] for text in texts], np.int16)
        coded_numbers: npt.NDArray[np.int16] = numbers[coded.indices.to_numpy(zero_copy_only=False)]
        return coded_numbers

    def _number_batch(self, batch: TransferTable) -> int:
        """The number of a set of constants: rows that share them share one line of ``stage_batches``."""
        said = tuple(batch.constants[name] for name in _CONSTANTS)
        if said not in self.batches:
            self.batches[said] = len(self.batches)
            self.con.execute("INSERT INTO stage_batches VALUES (?, ?, ?, ?, ?, ?)", [self.batches[said], *said])
        return self.batches[said]

    def drop_rows(self, refused: str) -> None:
        """Delete the staged rows a query names, and the keys that no row uses any more."""
        self.con.execute(f"DELETE FROM stage_bulk WHERE row IN ({refused})")
        self.con.execute(
            "DELETE FROM stage_keys WHERE local NOT IN (SELECT src FROM stage_bulk UNION SELECT dst FROM stage_bulk)"
        )


def _number_side(
    known: defaultdict[str, int], column: pa.Array
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For one column: the code of each row, the number of each code's key, and where each code stands first."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    codes, texts = coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()
    numbers = np.fromiter(map(known.__getitem__, texts), np.int64, len(texts))
    # codes are given in order of first appearance, so a new highest code stands where its key first does
    firsts = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1) > 0)
    return codes, numbers, firsts


def prefix_of(tx: str | None) -> int | None:
    """The first 64 bits of a transaction hash, as :func:`_prefixes` gives them; any number for a text that is none."""
    if tx is None:
        return None
    try:
        return int(tx[:_PREFIX], 16) if len(tx) >= _PREFIX else zlib.crc32(tx.encode())
    except ValueError:
        return zlib.crc32(tx.encode())


def _prefixes(tx: pa.Array) -> npt.NDArray[np.uint64]:
    """The first 64 bits of each hash, all of them texts of 64 hexadecimal digits."""
    _, offsets, data = tx.buffers()
    bounds = np.frombuffer(offsets, np.int32)[tx.offset : tx.offset + len(tx) + 1]
    letters = np.frombuffer(data, np.uint8)
    start = letters[bounds[:-1, None] + np.arange(_PREFIX, dtype=np.int32)]
    nibbles = _NIBBLES[start]
    packed = np.ascontiguousarray((nibbles[:, 0::2] << 4) | nibbles[:, 1::2])
    return packed.view(">u8").reshape(-1).astype(np.uint64)


def _narrow_amounts(amounts: pa.Array) -> pa.Array:
    """Amounts as 64-bit integers where all of them are short enough: those are read far faster than texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(amounts.type):
        return amounts
    longest = pc.max(pc.binary_length(amounts)).as_py()
    return amounts.cast(pa.int64()) if longest is not None and longest <= _SMALL_NUMBER else amounts


def _chunk(table: pa.Table, name: str) -> pa.Array:
    """A column of a table of one chunk."""
    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
