"""Bulk tables on their way into a case: keys become numbers, whole columns at a time.

A file of millions of transfers names far fewer addresses, so what is staged per row is a handful of integers, and the
transaction's hash. The hash's first 64 bits stand beside it: only transactions that share them are ever compared.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    import pyarrow as pa

    from trails.keys import KeyTable
    from trails.model import TransferTable

_TABLES = {
    "stage_bulk": "place BIGINT, row BIGINT, src INTEGER, dst INTEGER, asset SMALLINT, batch SMALLINT, "
    "amount DECIMAL(38,0), time TIMESTAMP, seq BIGINT, tx BLOB, tx_prefix UBIGINT, tx_index INTEGER",
    "stage_keys": "keys SMALLINT, local INTEGER, rail VARCHAR, key VARCHAR, place BIGINT",
    "stage_assets": "local SMALLINT, asset VARCHAR",
    "stage_batches": "batch SMALLINT, keys SMALLINT, "
    "rail VARCHAR, kind VARCHAR, status VARCHAR, time_basis VARCHAR, time_error_s INTEGER",
}
_CONSTANTS = ("rail", "kind", "status", "time_basis", "time_error_s")
_PREFIX = 16
_SMALL_NUMBER = 18

Numbers = npt.NDArray[np.int32]


class _KnownKeys:
    """A table of keys, with the first place each stands in: -1 for one that no staged row names."""

    def __init__(self, table: int, rail: str, keys: KeyTable) -> None:
        self.table, self.rail = table, rail
        self.keys = keys  # held, so that its identity is not given to another
        self.texts: pa.LargeStringArray = keys.texts()
        self.places = np.full(len(self.texts), -1, np.int64)

    def note(self, texts: pa.LargeStringArray, senders: Numbers, receivers: Numbers, place: int) -> None:
        """Note the places of keys met first in some rows, the first of which has the given place."""
        from trails.keys import note_first

        if len(texts) > len(self.texts):
            self.texts = texts
            self.places = np.concatenate([self.places, np.full(len(texts) - len(self.places), -1, np.int64)])
        note_first(senders, receivers, place, self.places)


class BulkStage:
    """The narrow temporary tables of bulk transfers, and the numbers of their keys."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.own_keys: dict[str, KeyTable] = {}
        self.known: dict[int, _KnownKeys] = {}
        self.tables = 0
        self.assets: dict[str, int] = {}
        self.batches: dict[tuple[Any, ...], int] = {}
        for name, columns in _TABLES.items():
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")

    def insert(self, batches: Sequence[TransferTable], place: int) -> None:
        """Stage tables that share their constants and keys, the first row of which has the given place in the source."""
        import pyarrow as pa

        batch = batches[-1]
        table = pa.concat_tables([_without_keys(each) for each in batches]).combine_chunks()
        rows = table.num_rows
        if not rows:
            return
        keys, src, dst = self._number_keys(batch, table, place)
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
            columns |= _pack_hashes(_chunk(table, "tx"))
        present = {name: f"t.{name}" for name in ("seq", "tx", "tx_prefix", "tx_index") if name in columns}
        self.con.register("batch_in", pa.table(columns))
        self.con.execute(
            f"INSERT INTO stage_bulk SELECT t.place, t.row, t.src, t.dst, t.asset, {self._number_batch(batch, keys)}, "
            f"CAST(t.amount AS DECIMAL(38,0)), make_timestamp(t.time_us), {present.get('seq', 'NULL')}, "
            f"{present.get('tx', 'NULL')}, {present.get('tx_prefix', 'NULL')}, {present.get('tx_index', 'NULL')} "
            f"FROM batch_in t"
        )
        self.con.unregister("batch_in")

    def _number_keys(self, batch: TransferTable, table: pa.Table, place: int) -> tuple[int, Numbers, Numbers]:
        """The table of keys, and the numbers in it of senders and receivers."""
        rail = str(batch.constants["rail"])
        keys = batch.keys
        if keys is None:
            from trails.keys import KeyTable

            keys = self.own_keys.setdefault(rail, KeyTable())
            src, dst = (keys.number(_chunk(table, name))[0] for name in ("src", "dst"))
            texts = keys.texts()
        else:  # its connector may be adding keys meanwhile: the last table says what those of these rows are
            src, dst = (_chunk(table, name).to_numpy() for name in ("src", "dst"))
            texts = _chunk(batch.table, "dst").dictionary
        if id(keys) not in self.known:
            self.tables += 1
            self.known[id(keys)] = _KnownKeys(self.tables, rail, keys)
        known = self.known[id(keys)]
        known.note(texts, src, dst, place)
        return known.table, src, dst

    def finish(self) -> None:
        """Write out the keys: each table's that stand in a row, with the first place they stand in."""
        import pyarrow as pa

        for known in self.known.values():
            used = np.flatnonzero(known.places >= 0).astype(np.int32)
            keys = known.texts if len(used) == len(known.texts) else known.texts.take(pa.array(used))
            self.con.register("keys_in", pa.table({"local": used, "key": keys, "place": known.places[used]}))
            self.con.execute(
                "INSERT INTO stage_keys SELECT $keys, local, $rail, key, place FROM keys_in",
                {"keys": known.table, "rail": known.rail},
            )
            self.con.unregister("keys_in")
        self.known.clear()

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

    def _number_batch(self, batch: TransferTable, keys: int) -> int:
        """The number of a set of constants: rows that share them share one line of ``stage_batches``."""
        said = (keys, *(batch.constants[name] for name in _CONSTANTS))
        if said not in self.batches:
            self.batches[said] = len(self.batches)
            self.con.execute("INSERT INTO stage_batches VALUES (?, ?, ?, ?, ?, ?, ?)", [self.batches[said], *said])
        return self.batches[said]

    def drop_rows(self, refused: str) -> None:
        """Delete the staged rows a query names, and the keys that no row uses any more."""
        self.con.execute(f"DELETE FROM stage_bulk WHERE row IN ({refused})")
        self.con.execute(
            "DELETE FROM stage_keys WHERE (keys, local) NOT IN (SELECT g.keys, unnest([b.src, b.dst]) FROM stage_bulk b "
            "JOIN stage_batches g ON g.batch = b.batch)"
        )


def _without_keys(batch: TransferTable) -> pa.Table:
    """The table with numbers for its keys where its connector has numbered them."""
    table = batch.table.combine_chunks()
    for name in ("src", "dst") if batch.keys is not None else ():
        table = table.set_column(table.schema.get_field_index(name), name, _chunk(table, name).indices)
    return table


def prefix_of(tx: str | None) -> int | None:
    """The first 64 bits of a transaction hash, as :func:`_pack_hashes` gives them; any number for a text that is none."""
    if tx is None:
        return None
    try:
        return int(tx[:_PREFIX], 16) if len(tx) >= _PREFIX else zlib.crc32(tx.encode())
    except ValueError:
        return zlib.crc32(tx.encode())


def _pack_hashes(tx: pa.Array) -> dict[str, pa.Array]:
    """The hashes as bytes, and their first 64 bits; all of them are texts of 64 hexadecimal digits."""
    import pyarrow as pa

    from trails.keys import pack_hashes

    packed = pack_hashes(tx)
    prefixes = packed[:, :8].copy().view(">u8").reshape(-1).astype(np.uint64)
    hashes = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(packed), [None, pa.py_buffer(packed)])
    return {"tx": hashes, "tx_prefix": pa.array(prefixes)}


def _narrow_amounts(amounts: pa.Array) -> pa.Array:
    """Amounts as 64-bit integers where all of them are short enough: those are read far faster than texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(amounts.type):
        return amounts
    longest = pc.max(pc.binary_length(amounts)).as_py()
    return amounts.cast(pa.int64()) if longest is not None and longest <= _SMALL_NUMBER else amounts


def _chunk(table: pa.Table, name: str) -> pa.Array:
    """A column of a table as one array."""
    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
