"""Which of ethereum-etl's tables a file holds, by the names of its columns, and the rows of a table in any format.

Names are those of ethereum-etl's schema documentation; GraphSense writes the same tables with names like ``blockId``
and ``fromAddress``, which mean the same.
"""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.evm_blocks import is_json
from trails.connector import RawRecord
from trails.errors import SourceError
from trails.parquet_rows import PARQUET, open_parquet, read_batches
from trails.records import csv_records, json_paths, json_records, open_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import pyarrow as pa

    from trails.connector import Head, ReadOptions, Source

#: The columns that tell a table, in the order they are tried.
KINDS: dict[str, frozenset[str]] = {
    "token_transfer": frozenset(
        ("token_address", "from_address", "to_address", "value", "transaction_hash", "log_index", "block_number")
    ),
    "trace": frozenset(("trace_type", "from_address", "to_address", "value")),
    "transaction": frozenset(("hash", "from_address", "to_address", "value", "gas_price", "block_number")),
    "log": frozenset(("transaction_hash", "log_index", "address", "topics", "data")),
    "receipt": frozenset(("transaction_hash", "cumulative_gas_used", "gas_used")),
    "block": frozenset(("number", "timestamp", "gas_limit")),
}
_TYPED = re.compile(r'"type"\s*:\s*"(token_transfer|transaction|log|trace|block)"')
#: A row of each type has at least one of these: other exports say ``"type": "transaction"`` too.
_MARKS = ('"token_address"', '"from_address"', '"topics"', '"trace_type"', '"gas_limit"')
_RENAMED = {"tx_hash": "hash", "block_id": "block_number"}
_WORD = re.compile(r"(?<=[a-z0-9])([A-Z])")


def kind_of(names: Iterable[str | None]) -> str | None:
    """Name the table that has these columns; None where it is none of ethereum-etl's.

    >>> kind_of(["txHash", "blockId", "fromAddress", "toAddress", "value", "gasPrice"])
    'transaction'
    """
    present = {plain_name(name) for name in names if name}
    return next((kind for kind, needed in KINDS.items() if needed <= present), None)


def plain_name(name: str) -> str:
    """Give a column's name in ethereum-etl's spelling.

    >>> plain_name("blockTimestamp"), plain_name("txHash")
    ('block_timestamp', 'hash')
    """
    plain = _WORD.sub(r"_\1", name.strip()).lower()
    return _RENAMED.get(plain, plain)


def plain_row(value: Any) -> Any:
    """Give a row with its names in ethereum-etl's spelling."""
    if not isinstance(value, dict) or not any(name and name != name.lower() for name in value):
        return value
    return {plain_name(name): cell for name, cell in value.items() if isinstance(name, str)}


def kind_of_head(head: Head) -> str | None:
    """Name the table that the beginning of a file shows."""
    if head.data.startswith(PARQUET):
        return kind_of(_parquet_names(head))
    text = head.text.lstrip("\x00 \t\r\n")
    if text[:1] in ("{", "["):
        typed = _TYPED.search(text)
        if typed and any(mark in text for mark in _MARKS):
            return typed[1]
        return kind_of(json_paths(text))
    return kind_of(next(csv.reader(text.splitlines()[:1]), []))


def _parquet_names(head: Head) -> list[str]:
    """Give a Parquet file's columns: as the beginning states them, else from a file that is all in the beginning."""
    return list(head.sheet[0]) if head.sheet else []


def is_parquet(source: Source) -> bool:
    """Whether a source is a Parquet file."""
    with open_bytes(source) as stream:
        return stream.read(4) == PARQUET


def table_records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: CSV records from row 2, JSON items and rows of Parquet from row 1."""
    if is_parquet(source):
        return _parquet_records(source)
    return json_records(source, options) if is_json(source) else csv_records(source, options)


def parquet_batches(source: Source, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Give a Parquet file's rows in batches; raises SourceError for a damaged one, and one that is a trap."""
    with open_parquet(source) as file:
        yield from read_batches(source, file, rows=1 << 16, columns=columns)


def _parquet_records(source: Source) -> Iterator[RawRecord]:
    row = 0
    for batch in parquet_batches(source):
        try:
            values = batch.to_pylist()
        except (ValueError, OverflowError) as problem:  # a time beyond the years that can be written
            raise SourceError(f"{source.name}: a damaged Parquet file: {str(problem)[:200]}; nothing was added") from None
        for value in values:
            row += 1
            plain = {name: _plain_cell(cell) for name, cell in value.items()}
            yield RawRecord(row, json.dumps(plain, ensure_ascii=False, default=str), plain)


def _plain_cell(cell: Any) -> Any:
    """Give a typed cell as the text and whole numbers of the other formats."""
    if isinstance(cell, bytes):
        return "0x" + cell.hex()
    if isinstance(cell, datetime):
        return cell.isoformat() if cell.tzinfo is None else cell.astimezone(UTC).isoformat()
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else str(cell)
    return [_plain_cell(each) for each in cell] if isinstance(cell, list) else cell
