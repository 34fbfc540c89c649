"""Explorer exports in bulk: whole columns checked at a time, handed over as Arrow tables.

No plain row is touched in Python. What is not plain in a batch (a failed transaction, a counterfeit, a damaged address, an
amount with a thousands mark) is set aside and read field by field by :mod:`.rows`, so that the facts and the words are
the same on both roads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.ethereum_etl.columns import join_hashes
from connectors.tronscan.addresses import AddressBook
from connectors.tronscan.layout import KIND
from connectors.tronscan.rows import EMPTY, Fields, plain_asset, ragged, read_fields, read_row, read_time
from connectors.tronscan.stream import read_parts
from trails.errors import ValueProblem
from trails.model import Record, RowsRead, Skip, TransferTable
from trails.records import csv_records
from trails.utf8_stream import DamagedText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.tronscan.layout import Layout
    from connectors.tronscan.stream import Rows
    from trails.connector import ReadOptions, Source
    from trails.money import Asset

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

_CHUNK_ROWS = 50_000
_DECIMALS = 6
_AMOUNT = pa.decimal128(38, _DECIMALS)
_WRITTEN_AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
_LONGEST_AMOUNT = 30
_STAMP_LENGTH = 19
_YEARS = tuple(np.datetime64(f"{year}-01-01", "us").astype(np.int64) for year in (1970, 1900, 2100))
_DAY_US = 86_400 * 10**6
_MOST_KINDS = 100_000
#: Numbers of combinations are kept below this while columns are put together.
_MOST_BOUND = 1 << 40


@dataclass
class _State:
    """What is remembered from batch to batch, all of it bounded."""

    layout: Layout
    book: AddressBook = field(default_factory=AddressBook)
    kinds: dict[tuple[str, ...], Asset | None] = field(default_factory=dict)

    def asset_of(self, values: tuple[str, ...], names: list[str]) -> Asset | None:
        """Give the asset of rows of one kind, None where they need the careful road."""
        if values not in self.kinds:
            if len(self.kinds) >= _MOST_KINDS:
                self.kinds.clear()
            self.kinds[values] = plain_asset(Fields(0, dict(zip(names, values, strict=True)), self.layout))
        return self.kinds[values]


def read_bulk(source: Source, options: ReadOptions, layout: Layout) -> Iterator[Record]:
    """Give the transfers of a CSV file, as tables where rows are plain. Raises SourceError."""
    state, done = _State(layout), 1
    try:
        for part in read_parts(source, options, layout):
            yield from _refused(part.ragged)
            if part.batch is not None:
                done = int(part.rows[-1]) if len(part.rows) else done
                yield from _Batch(part.batch, part.rows, state).records()
                yield RowsRead(part.batch.num_rows)
    except (pa.ArrowInvalid, pa.ArrowKeyError, DamagedText):
        yield from read_by_rows(source, options, layout, after=done)


def _refused(rows: dict[int, str]) -> Iterator[Record]:
    yield from (ragged(row, said) for row, said in rows.items())
    if rows:
        yield RowsRead(len(rows))


def read_by_rows(source: Source, options: ReadOptions, layout: Layout, *, after: int = 1) -> Iterator[Record]:
    """Give the same as :func:`read_bulk`, record by record, from the row after ``after`` on."""
    last, count = after, 0
    for record in csv_records(source, options, delimiter=layout.delimiter):
        if record.row <= after:
            continue
        for blank in range(last + 1, record.row):
            yield Skip(blank, EMPTY)
        count += record.row - last
        last = record.row
        yield from read_row(record.row, record.value, layout)
        if count >= _CHUNK_ROWS:
            yield RowsRead(count)
            count = 0
    if count:
        yield RowsRead(count)


@dataclass
class _Batch:
    """One batch of whole records with their row numbers."""

    batch: pa.RecordBatch
    rows: Rows
    state: _State

    def records(self) -> Iterator[Record]:
        """Give the plain rows as a table, and the others one by one."""
        assets, codes = self._kinds()
        good = codes >= 0
        self.state.book.forget()
        src, good_src = self.state.book.read(self.batch["src"])
        dst, good_dst = self.state.book.read(self.batch["dst"])
        tx, good_tx = join_hashes(self.batch["tx"])
        units, good_amount = self._amounts()
        time_us, good_time, basis = self._times()
        good = good & good_src & good_dst & good_tx & good_amount & good_time
        if good.any():
            names = pa.array([asset.asset for asset in assets], pa.string())
            table = pa.table(
                {
                    "row": pa.array(self.rows),
                    "src": src,
                    "dst": dst,
                    "asset": names.take(pa.array(np.where(good, codes, 0))),
                    "amount": pa.array(units).cast(pa.string()),
                    "time_us": pa.array(time_us),
                    "tx": tx,
                }
            )
            constants = {"rail": "tron", "kind": "transfer", "status": "ok", "time_basis": basis, "time_error_s": 0}
            table = table if good.all() else table.filter(pa.array(good))
            yield TransferTable(table, tuple(assets), constants, keys=self.state.book.keys)
        for index in np.flatnonzero(~good):
            yield from self._set_aside(int(index))

    def _set_aside(self, index: int) -> Iterator[Record]:
        values = {name: self.batch[name][index].as_py() for name in self.batch.schema.names}
        row = int(self.rows[index])
        if any(values.values()):
            yield from read_fields(Fields(row, values, self.state.layout))
        else:
            yield Skip(row, EMPTY)

    def _kinds(self) -> tuple[list[Asset], Any]:
        """Give the assets of the batch's plain rows, and for each row which it is in; -1 for the careful road."""
        names = [name for name in KIND if name in self.batch.schema.names]
        assets: list[Asset] = []
        first, inverse = self._combinations(names)
        places = np.full(len(first), -1, np.int64)
        for place, index in enumerate(first):
            values = tuple(self.batch[name][int(index)].as_py() for name in names)
            asset = self.state.asset_of(values, names)
            if asset:
                if asset not in assets:
                    assets.append(asset)
                places[place] = assets.index(asset)
        return assets, places[inverse]

    def _combinations(self, names: list[str]) -> tuple[Any, Any]:
        """Find the different combinations of some columns: the first row of each, and for each row its combination."""
        key = np.zeros(self.batch.num_rows, np.int64)
        bound = 1
        for name in names:
            column = self.batch[name]
            if len(column) and pc.all(pc.equal(column, column[0])).as_py():
                continue
            coded = pc.dictionary_encode(column)
            distinct = max(1, len(coded.dictionary))
            if bound * distinct > _MOST_BOUND:
                found, key = np.unique(key, return_inverse=True)
                bound = len(found)
            if distinct > 1:
                key = key * distinct + coded.indices.to_numpy()
                bound *= distinct
        if bound == 1:
            return np.zeros(min(1, len(key)), np.int64), key
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        return first, inverse

    def _amounts(self) -> tuple[Any, Mask]:
        """Give amounts in base units of six decimals, and which are plain: digits with a point, neither empty nor zero."""
        layout = self.state.layout
        size = self.batch.num_rows
        if "value" not in layout.columns:
            return np.zeros(size, np.int64), np.zeros(size, bool)
        texts = self.batch["value"]
        if _may_be_plain(texts):
            try:
                return _units(texts)
            except pa.ArrowInvalid:
                pass
        plain = pc.match_substring_regex(texts, _WRITTEN_AMOUNT)
        units, some = _units(pc.if_else(plain, texts, "0"))
        return units, plain.to_numpy(zero_copy_only=False) & some

    def _times(self) -> tuple[Any, Mask, str]:
        """Give times in microseconds, which are plain, and their basis: those of the commonest shape in UTC."""
        layout, texts = self.state.layout, self.batch["time"]
        size = len(texts)
        if layout.offset == "+00:00" and pc.all(pc.equal(pc.binary_length(texts), _STAMP_LENGTH), min_count=0).as_py():
            try:
                times = texts.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)
            except pa.ArrowInvalid:
                pass
            else:
                zero, low, high = _YEARS
                return times, (times >= low) & (times < high) & ~((times >= zero) & (times < zero + _DAY_US)), "stated"
        return self._distinct_times(size)

    def _distinct_times(self, size: int) -> tuple[Any, Mask, str]:
        """Read each distinct time once, as :mod:`.rows` does; the commonest basis of exact times is plain."""
        coded = pc.dictionary_encode(self.batch["time"])
        texts = coded.dictionary.to_pylist()
        micro, bases = np.zeros(len(texts), np.int64), [""] * len(texts)
        for place, text in enumerate(texts):
            try:
                instant, doubts = read_time(0, text.strip(), self.state.layout)
            except ValueProblem:
                continue
            if instant.time is not None and instant.error_s == 0 and not doubts:
                micro[place], bases[place] = round(instant.time.timestamp() * 10**6), instant.basis
        said = [basis for basis in bases if basis]
        chosen = max(sorted(set(said)), key=said.count) if said else ""
        index = coded.indices.to_numpy()
        good = np.array([bool(basis) and basis == chosen for basis in bases], bool)
        return micro[index] if size else micro, good[index] if size else np.zeros(0, bool), chosen


def _may_be_plain(texts: pa.Array) -> bool:
    """Tell quickly whether all amounts are short and made of digits and points, none of these at an end."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    flat = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]] if len(ends) else np.zeros(0, np.uint8)
    lengths = np.diff(ends)
    if not len(lengths) or lengths.min() < 1 or lengths.max() > _LONGEST_AMOUNT:
        return False
    points = flat == ord(".")
    first, last = ends[:-1] - ends[0], ends[1:] - ends[0] - 1
    return bool((points | (flat - ord("0") <= 9)).all() and not points[first].any() and not points[last].any())


def _units(texts: pa.Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Mask]:
    """Give plain amounts in base units of six decimals, and which are above zero and fit 63 bits.

    Raises pa.ArrowInvalid where one has more places.
    """
    halves = np.frombuffer(texts.cast(_AMOUNT).buffers()[1], np.int64).reshape(-1, 2)[: len(texts)]
    units = halves[:, 0].copy()
    return units, (units > 0) & (halves[:, 1] == 0)
