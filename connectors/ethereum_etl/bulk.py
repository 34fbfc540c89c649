"""token_transfers in bulk (CSV, Parquet): batches of text columns, checked whole columns at a time, handed over as
Arrow tables.

No good row is touched in Python. Rows that fail a check are set aside and read one by one, so that what is refused is
refused by the same words as everywhere. Rows are counted as ``csv`` counts records, also around quoted line breaks.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from connectors.ethereum_etl.columns import Times, join_hashes, read_addresses, read_integers, read_times
from connectors.ethereum_etl.kinds import parquet_batches
from connectors.ethereum_etl.rows import MAX_BLOCK, NO_TIMES, REQUIRED, TIME, read_row, time_note
from connectors.evm import MAX_LOGS, implausible, token_notes
from connectors.evm_logs import lacks_time
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead, Skip, Transfer, TransferTable
from trails.money import Asset, token
from trails.records import csv_records, is_packed, open_bytes, read_lines, require_whole
from trails.said import choose_encoding
from trails.timestamps import Instant
from trails.utf8_stream import DamagedText, Utf8Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import RawRecord, ReadOptions, Source

BLOCK_BYTES = 16 << 20
_MAX_DIGITS = 38
#: Records with a wrong number of fields that may come one after another, before Arrow has a batch of whole ones.
MOST_RAGGED = 100_000


@dataclass
class _Ragged:
    """Records with a wrong number of fields: pyarrow calls this for each, and goes on without it."""

    waiting: list[Any] = field(default_factory=list)

    def __call__(self, row: Any) -> str:
        if len(self.waiting) >= MOST_RAGGED:
            return "error"  # Arrow gives up: the rows are read one by one, where their number has a bound
        self.waiting.append(row)
        return "skip"

    def number(self, count: int, start: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Give the row numbers of the next ``count`` whole records from row ``start`` on."""
        skipped = [row.number for row in self.waiting]
        rows = np.arange(start, start + count + len(skipped), dtype=np.int64)
        return rows[~np.isin(rows, skipped)][:count] if skipped else rows

    def issues(self, before: int | None = None) -> Iterator[Record]:
        """Refuse the records that stand before a row, or all that are left; each once."""
        done = [row for row in self.waiting if before is None or row.number < before]
        self.waiting = self.waiting[len(done) :]
        for row in done:
            message = f"the row has {row.actual_columns} fields, the header {row.expected_columns}: {row.text[:120]!r}"
            yield Issue(row.number, "error", "ragged", message)
        if done:
            yield RowsRead(len(done))


def read_bulk(
    source: Source, options: ReadOptions, rail: str, blocks: Mapping[int, Instant] = NO_TIMES
) -> Iterator[Record]:
    """Give the transfers of a CSV file as tables, memory staying flat; ``blocks`` are times for a file without them.

    Raises SourceError.
    """
    columns = _columns(source, options)
    ragged = _Ragged()
    row, timeless = 2, 0
    try:
        for batch in _batches(source, options, columns, ragged):
            rows = ragged.number(batch.num_rows, row)
            if len(rows):
                row = int(rows[-1]) + 1
            yield from ragged.issues(row)
            part = _Batch(batch, rows, rail, options, read_times(batch, options, blocks), blocks)
            yield from part.records()
            timeless += part.timeless
            yield RowsRead(batch.num_rows)
        yield from ragged.issues()
    except (pa.ArrowInvalid, pa.ArrowKeyError, DamagedText):
        # a byte of another encoding, a quotation without end: row by row it is known which row is wrong
        rest = _Rest(rail, options, blocks)
        yield from rest.read(csv_records(source, options), after=row - 1)
        timeless += rest.timeless
    yield from time_note(timeless)
    yield from _final_line(source)


@dataclass
class _Rest:
    """The rows that Arrow gave up on, one by one."""

    rail: str
    options: ReadOptions
    blocks: Mapping[int, Instant]
    timeless: int = 0

    def read(self, records: Iterator[RawRecord], *, after: int) -> Iterator[Record]:
        """Give the facts and refusals of the rows behind one."""
        count, last = 0, after
        for record in records:
            if record.row <= after:
                continue
            for blank in range(last + 1, record.row):
                yield Skip(blank, "an empty line")
            count += record.row - last
            last = record.row
            if None in record.value or None in record.value.values():
                yield Issue(record.row, "error", "ragged", "the row does not have the fields of its header; it may be cut")
                continue
            stated = list(read_row(record.row, record.value, self.rail, self.options, self.blocks))
            self.timeless += lacks_time(stated)
            yield from stated
        yield RowsRead(count)


def read_parquet(
    source: Source, options: ReadOptions, rail: str, blocks: Mapping[int, Instant] = NO_TIMES
) -> Iterator[Record]:
    """Give the transfers of a Parquet file as tables; rows are counted from 1. Raises SourceError."""
    done = timeless = 0
    for typed in parquet_batches(source, {*REQUIRED, TIME}):
        batch = pa.RecordBatch.from_arrays([_as_text(column) for column in typed.columns], typed.schema.names)
        rows = np.arange(done + 1, done + batch.num_rows + 1, dtype=np.int64)
        part = _Batch(batch, rows, rail, options, read_times(batch, options, blocks), blocks)
        yield from part.records()
        done += batch.num_rows
        timeless += part.timeless
        yield RowsRead(batch.num_rows)
    yield from time_note(timeless)


def _as_text(column: pa.Array) -> pa.Array:
    """Give a typed column as the texts a CSV file has: whole numbers, Unix seconds, addresses."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz:
        column = pc.cast(column, pa.timestamp("s", kind.tz), safe=False).cast(pa.int64())
    elif pa.types.is_timestamp(kind):
        column = pc.strftime(pc.cast(column, pa.timestamp("s"), safe=False), "%Y-%m-%d %H:%M:%S")
    elif not pa.types.is_integer(kind) and not pa.types.is_string(kind):
        column = pa.array([None if cell is None else _cell_text(cell) for cell in column.to_pylist()], pa.string())
    return pc.fill_null(column.cast(pa.string()), "")


def _cell_text(cell: object) -> str:
    if isinstance(cell, bytes):
        return "0x" + cell.hex()
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        return str(int(cell))
    return str(cell)


def _columns(source: Source, options: ReadOptions) -> dict[str, str]:
    """Map the names we read to the names as the header writes them."""
    line = require_whole(next(read_lines(source, options, rows=True), ""), source.name)
    try:
        header = next(csv.reader([line]), [])
    except csv.Error as problem:
        raise SourceError(f"{source.name}: row 1: {problem}; nothing was added") from None
    names = [name.strip() for name in header]
    double = sorted(name for name, times in Counter(names).items() if name and times > 1)
    missing = [name for name in REQUIRED if name not in names]
    if not any(names):
        raise SourceError(f"{source.name}: the file is empty, or its first line is")
    if double or missing:
        what = f"{', '.join(double)} stands twice" if double else f"missing in the header: {', '.join(missing)}"
        raise SourceError(f"{source.name}: row 1: {what}; this is no token_transfers export of ethereum-etl")
    return {name: raw for name, raw in zip(names, header, strict=True) if name in (*REQUIRED, TIME)}


def _encoding(source: Source, options: ReadOptions) -> str:
    with open_bytes(source) as stream:
        return choose_encoding(stream.peek(4), options.encoding, source.name)


def _batches(
    source: Source, options: ReadOptions, columns: dict[str, str], ragged: _Ragged
) -> Iterator[pa.RecordBatch]:
    """Read the columns as text, batch by batch; one thread, since only then pyarrow knows a bad record's number.

    Raises pa.ArrowInvalid and pa.ArrowKeyError where Arrow gives up, DamagedText for bytes that are no text.
    """
    with open_bytes(source) as stream:
        text = Utf8Stream(stream, _encoding(source, options))
        yield from _text_batches(io.BufferedReader(text, buffer_size=1 << 20), columns, ragged)


def _text_batches(file: Any, columns: dict[str, str], ragged: _Ragged) -> Iterator[pa.RecordBatch]:
    reader = arrow_csv.open_csv(
        file,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=ragged
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(columns.values()),
            column_types=dict.fromkeys(columns.values(), pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    for batch in reader:
        yield batch.rename_columns(list(columns))


def _final_line(source: Source) -> Iterator[Issue]:
    if is_packed(source):
        return
    with source.path.open("rb") as file:
        file.seek(-1, 2)
        last = file.read(1)
    if last not in b"\r\n\x00":
        message = (
            "the last line is not ended: ethereum-etl ends every line, so the file may be cut inside its last field"
        )
        yield Issue(None, "warning", "possibly_truncated", message)


@dataclass
class _Batch:
    """One batch of whole records with their row numbers, and its times."""

    batch: pa.RecordBatch
    rows: np.ndarray[Any, np.dtype[np.int64]]
    rail: str
    options: ReadOptions
    times: Times
    blocks: Mapping[int, Instant]
    timeless: int = 0

    def records(self) -> Iterator[Record]:
        """Give the batch's good rows as tables by time basis, and the others one by one."""
        table, assets, good = self._checked()
        for index in np.flatnonzero(good & self.times.implausible):
            yield implausible(
                int(self.rows[index]), f"time {self.batch[TIME][int(index)]} is a missing value, not a date"
            )
        zero = pc.equal(pc.ascii_ltrim(self.batch["value"], "0"), "").to_numpy(zero_copy_only=False)
        for index in np.flatnonzero(good & zero):
            yield from token_notes(int(self.rows[index]), assets[0], "", "", 0)
        for group, (basis, error_s) in enumerate(self.times.groups):
            mask = good & (self.times.group == group)
            if mask.any():
                part = table if mask.all() else table.filter(pa.array(mask))
                constants = {"rail": self.rail, "kind": "transfer", "status": "ok"}
                yield TransferTable(part, assets, {**constants, "time_basis": basis, "time_error_s": error_s})
        self.timeless += int((good & self.times.missing).sum())
        for index in np.flatnonzero(~good):
            yield from self._set_aside(int(index))

    def _set_aside(self, index: int) -> Iterator[Record]:
        fields = {name: self.batch[name][index].as_py() for name in self.batch.schema.names}
        for record in read_row(int(self.rows[index]), fields, self.rail, self.options, self.blocks):
            yield record
            self.timeless += isinstance(record, Transfer) and record.time.time is None and not fields.get(TIME)

    def _checked(self) -> tuple[pa.Table, tuple[Asset, ...], np.ndarray[Any, np.dtype[np.bool_]]]:
        """Check every column; give the table, the assets it names, and which rows are good."""
        src, good = read_addresses(self.batch["from_address"], self.rail)
        dst, good_dst = read_addresses(self.batch["to_address"], self.rail)
        tokens, good_token = read_addresses(self.batch["token_address"], self.rail)
        tx, good_tx = join_hashes(self.batch["transaction_hash"])
        amount = self.batch["value"]
        log, good_log = read_integers(self.batch["log_index"], MAX_LOGS)
        block, good_block = read_integers(self.batch["block_number"], MAX_BLOCK)
        sized = pc.and_(pc.ascii_is_decimal(amount), pc.less_equal(pc.binary_length(amount), _MAX_DIGITS))
        good = good & good_dst & good_token & good_tx & good_log & good_block & ~self.times.bad & sized.to_numpy(False)
        coded = pc.dictionary_encode(tokens)
        assets = [token(self.rail, key) if key else None for key in coded.dictionary.to_pylist()]
        names = pa.array([asset and asset.asset for asset in assets], pa.string())
        columns = {
            "row": pa.array(self.rows),
            "src": src,
            "dst": dst,
            "asset": names.take(coded.indices),
            "amount": amount,
            "time_us": pa.array(self.times.time_us, mask=self.times.group == 0),
            "tx": tx,
            "tx_index": pa.array(log),
            "seq": pa.array(block * MAX_LOGS + log),
        }
        return pa.table(columns), tuple(asset for asset in assets if asset), good
