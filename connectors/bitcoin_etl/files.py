"""The rows of a table as raw records, whatever file it stands in: JSON items, CSV records, Parquet rows in batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.bitcoin_etl.layout import PARQUET, require_kind, split_header
from trails.connector import RawRecord
from trails.errors import SourceError
from trails.parquet_rows import open_parquet, read_batches
from trails.records import csv_records, json_records, read_head, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from trails.connector import ReadOptions, Source

_BATCH_ROWS = 2_000


def table_records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the rows; raises SourceError for columns that are no Bitcoin table's."""
    if is_csv(source):
        return _csv_records(source, options)
    return _parquet_records(source) if read_head(source).data.startswith(PARQUET) else json_records(source, options)


def is_csv(source: Source) -> bool:
    """Whether a file is neither Parquet nor JSON."""
    head = read_head(source)
    return not head.data.startswith(PARQUET) and head.text.lstrip("\x00 \t\r\n")[:1] not in ("{", "[")


def _csv_records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    first = next(read_lines(source, options, rows=True), "")
    delimiter, names = split_header(first.lstrip("\ufeff").rstrip("\r\n"))
    require_kind(names, source.name)
    return csv_records(source, options, delimiter=delimiter)


def _parquet_records(source: Source) -> Iterator[RawRecord]:
    """Read batch by batch: memory holds one batch and what Parquet packs together, never the file."""
    import pyarrow as pa

    with source.path.open("rb") as file:
        if file.read(4) != PARQUET:
            raise SourceError(
                f"{source.name}: a packed Parquet file cannot be read in parts; unpack it and add it again"
            )
    row = 0
    with open_parquet(source) as table:
        require_kind(table.schema_arrow.names, source.name)
        for batch in read_batches(source, table, rows=_BATCH_ROWS):
            try:
                values = _plain(batch).to_pylist()
            except (pa.ArrowException, ValueError, OverflowError, ArithmeticError) as problem:
                raise SourceError(
                    f"{source.name}: not a readable Parquet file after row {row}: {str(problem)[:200]}; nothing was added"
                ) from None
            for value in values:
                row += 1
                yield RawRecord(row, json.dumps(value, ensure_ascii=False, default=str), value)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Times as Unix seconds where their column is in UTC, else as text, so that one impossible time costs one row."""
    columns: list[Any] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        columns.append(_plain_times(column) if name.endswith("timestamp") else column)
    return _batch(columns, batch.schema.names)


def _batch(columns: list[Any], names: list[str]) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(columns, names=names)


def _plain_times(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(column.type):
        return column
    if column.type.tz is None:
        return pc.cast(column, pa.string())
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    return pc.divide(pc.cast(column, pa.int64()), per_second)
