"""Bulk tables on their way into a case: keys become numbers in a hash table of numpy arrays, whole columns at a time.

A file of millions of transfers names far fewer addresses, so what is staged per row is a handful of integers, and the
transaction's hash. The hash's first 64 bits stand beside it: only transactions that share them are ever compared.
"""

from __future__ import annotations

import secrets
import zlib
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
_WORD = 8
# drawn anew by each process, so that nobody can make a file whose keys all ask for one place; no result depends on them
_MIXERS = tuple(np.uint64(secrets.randbits(64) | 1) for _ in range(8))
_FIRST_PLACES = 1 << 12
#: Keys placed anew at once when a table grows.
_REHASH_ROWS = 1 << 18

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]


class KeyTable:
    """Numbers of keys of one length, given in the order in which keys come; compared byte for byte.

    Open addressing: a key stands at the place its hash names, or at the next free one. All keys of a column look at
    their place at once; those that found another key there look at the next, until none is left.
    """

    def __init__(self, length: int) -> None:
        self.count = 0
        self._words = -(-length // _WORD)
        self._keys = np.zeros((_FIRST_PLACES, self._words), np.uint64)
        self._places = np.full(_FIRST_PLACES, -1, np.int32)

    def number(self, keys: Words) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """The number of each key, and of each new one the first row it stands in."""
        self._reserve(self.count + len(keys))
        numbers = np.empty(len(keys), np.int32)
        firsts: list[npt.NDArray[np.int64]] = []
        waiting, at = np.arange(len(keys)), self._home(keys)
        while len(waiting):
            asked = keys if len(waiting) == len(keys) else keys[waiting]
            held = np.take(self._places, at)
            free = np.flatnonzero(held < 0)
            if len(free):
                firsts.append(self._take(waiting[free], at[free], asked[free]))
                held = np.take(self._places, at)
            same = self._equal(held, asked)
            numbers[waiting[same]] = held[same]
            other = ~same
            waiting, at = waiting[other], (at[other] + 1) & (len(self._places) - 1)
        return numbers, np.concatenate(firsts) if firsts else np.zeros(0, np.int64)

    def _take(self, rows: npt.NDArray[np.int64], at: npt.NDArray[np.int64], keys: Words) -> npt.NDArray[np.int64]:
        """Give free places to the first of the rows that ask for each; these rows."""
        # of equal indices the last assignment stays, so in reverse the first row does
        self._places[at[::-1]] = np.arange(len(at), dtype=np.int32)[::-1]
        won = np.take(self._places, at) == np.arange(len(at), dtype=np.int32)
        new = int(won.sum())
        self._places[at[won]] = np.arange(self.count, self.count + new, dtype=np.int32)
        self._keys[self.count : self.count + new] = keys[won]
        self.count += new
        taken: npt.NDArray[np.int64] = rows[won]
        return taken

    def _equal(self, held: Numbers, keys: Words) -> npt.NDArray[np.bool_]:
        known = np.take(self._keys, held, axis=0)
        same: npt.NDArray[np.bool_] = known[:, 0] == keys[:, 0]
        for word in range(1, self._words):
            same &= known[:, word] == keys[:, word]
        return same

    def _home(self, keys: Words) -> npt.NDArray[np.int64]:
        mixed = np.zeros(len(keys), np.uint64)
        for word in range(self._words):
            mixed = (mixed ^ keys[:, word]) * _MIXERS[word % len(_MIXERS)]
            mixed ^= mixed >> np.uint64(32)
        return (mixed & np.uint64(len(self._places) - 1)).astype(np.int64)

    def _reserve(self, most: int) -> None:
        """Make room: never more than half of the places are taken."""
        if len(self._keys) < most:
            grown = np.zeros((max(most, 3 * len(self._keys) // 2), self._words), np.uint64)
            grown[: self.count] = self._keys[: self.count]
            self._keys = grown
        size = len(self._places)
        while size < 2 * most:
            size *= 2
        if size > len(self._places):
            self._places = np.full(size, -1, np.int32)
            kept, self.count = self._keys[: self.count], 0
            for start in range(0, len(kept), _REHASH_ROWS):
                self._place_again(kept[start : start + _REHASH_ROWS])

    def _place_again(self, keys: Words) -> None:
        """Give different keys, in their order, the numbers they had."""
        numbers = np.arange(self.count, self.count + len(keys), dtype=np.int32)
        at = self._home(keys)
        while len(numbers):
            free = np.take(self._places, at) < 0
            self._places[at[free]] = numbers[free]
            left = np.take(self._places, at) != numbers
            numbers, at = numbers[left], (at[left] + 1) & (len(self._places) - 1)
        self.count += len(keys)


class BulkStage:
    """The narrow temporary tables of bulk transfers, and the numbers of their keys."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.tables: dict[tuple[str, int], tuple[KeyTable, Numbers]] = {}
        self.next_key = 0
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

    def _number_keys(self, rail: str, table: pa.Table, place: int) -> tuple[Numbers, Numbers]:
        """The numbers of senders and receivers; sender and receiver of a row stand one after the other."""
        import pyarrow as pa

        sides = [_plain_texts(_chunk(table, name)) for name in ("src", "dst")]
        lengths = np.empty(2 * table.num_rows, np.int32)
        for order, (bounds, _) in enumerate(sides):
            lengths[order::2] = np.diff(bounds)
        numbers = np.empty(len(lengths), np.int32)
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            letters = np.zeros((len(rows), _WORD * -(-max(length, 1) // _WORD)), np.uint8)
            for order, (bounds, data) in enumerate(sides):
                mine = np.flatnonzero(rows % 2 == order)
                letters[mine, :length] = _letters(bounds, data, rows[mine] // 2, length)
            known, local = self.tables.get((rail, length)) or (KeyTable(max(length, 1)), np.zeros(0, np.int32))
            found, firsts = known.number(letters.view(np.uint64))
            if len(firsts):
                fresh = np.arange(self.next_key, self.next_key + len(firsts), dtype=np.int32)
                self.next_key += len(firsts)
                local = np.concatenate([local, fresh])
                size = pa.py_buffer(length * np.arange(len(firsts) + 1, dtype=np.int32))
                texts = pa.StringArray.from_buffers(len(firsts), size, pa.py_buffer(letters[firsts, :length].tobytes()))
                self._keep_keys(rail, fresh, texts, 4 * (place + rows[firsts] // 2) + rows[firsts] % 2)
            self.tables[rail, length] = known, local
            numbers[rows] = local[found]
        return numbers[0::2], numbers[1::2]

    def _keep_keys(self, rail: str, numbers: Numbers, keys: pa.Array, places: npt.NDArray[np.int64]) -> None:
        import pyarrow as pa

        self.con.register("keys_in", pa.table({"local": numbers, "key": keys, "place": places}))
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


def _plain_texts(column: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The bounds of each text of a column without gaps, and the bytes of all."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    _, offsets, data = column.cast(pa.string()).buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return bounds, np.frombuffer(data or b"", np.uint8)


def _letters(
    bounds: npt.NDArray[np.int32], data: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64], length: int
) -> npt.NDArray[np.uint8]:
    """The bytes of texts of one length, a row each."""
    if len(rows) == len(bounds) - 1:
        return data[bounds[0] : bounds[-1]].reshape(len(rows), length)
    letters: npt.NDArray[np.uint8] = data[bounds[rows].astype(np.int64)[:, None] + np.arange(length)]
    return letters


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
