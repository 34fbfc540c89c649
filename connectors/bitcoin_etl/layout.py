"""Which table a row belongs to, by the names of its columns."""

from __future__ import annotations

import csv
import io
from enum import Enum, auto
from typing import TYPE_CHECKING

from trails.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pyarrow as pa

    from trails.connector import Head

PARQUET = b"PAR1"
DELIMITERS = (",", "\t", ";")


class Kind(Enum):
    """The tables."""

    TRANSACTION = auto()
    SUMMARY = auto()
    INPUT = auto()
    OUTPUT = auto()
    BLOCK = auto()


#: The columns each table must have; the first that fits counts. No other known source names them so.
_NEEDED: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.INPUT, frozenset({"transaction_hash", "spent_transaction_hash", "spent_output_index"})),
    (Kind.TRANSACTION, frozenset({"hash", "inputs", "outputs"})),
    (Kind.SUMMARY, frozenset({"hash", "block_hash", "input_count", "output_count", "fee"})),
    (Kind.BLOCK, frozenset({"hash", "number", "merkle_root", "bits"})),
)
_OUTPUT = frozenset({"transaction_hash", "index", "value"})
_OUTPUT_MARKS = frozenset({"addresses", "required_signatures", "script_asm"})
_NESTED_MARKS = frozenset({"inputs.spent_transaction_hash", "outputs.script_hex"})


def find_kind(columns: Collection[str], nested: Collection[str] | None = None) -> Kind | None:
    """The table that has these columns; ``nested`` are dotted paths, where inner names must tell it from other APIs.

    >>> find_kind(["transaction_hash", "index", "addresses", "value"])
    <Kind.OUTPUT: 4>
    """
    names = set(columns)
    for kind, needed in _NEEDED:
        if needed <= names and (kind is not Kind.TRANSACTION or nested is None or _NESTED_MARKS & set(nested)):
            return kind
    return Kind.OUTPUT if names >= _OUTPUT and names & _OUTPUT_MARKS else None


def find_columns(head: Head) -> list[str] | None:
    """The column names of a table's beginning: a CSV header, or the end of a small Parquet file.

    None for a Parquet file whose end is not in sight.
    """
    if head.data.startswith(PARQUET):
        return None if head.size > len(head.data) else _parquet_columns(head.data)
    first = head.text.replace("\x00", "").partition("\n")[0].rstrip("\r")
    return split_header(first)[1]


def _parquet_columns(data: bytes) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema: pa.Schema = pq.read_schema(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError):
        return []
    return [str(name) for name in schema.names]


def split_header(line: str) -> tuple[str, list[str]]:
    """The delimiter and names of a header line: the delimiter with which it is a known table's, else a comma."""
    found = [(delimiter, _split(line, delimiter)) for delimiter in DELIMITERS]
    return next((each for each in found if find_kind(each[1])), found[0])


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line.replace("\r", " ")], delimiter=delimiter), [])]
    except csv.Error:
        return []


def require_kind(columns: Iterable[str | None], name: str) -> Kind:
    """The table that has these columns; raises SourceError naming them where there is none."""
    names = [each for each in columns if each]
    kind = find_kind(names)
    if kind is None:
        raise SourceError(
            f"{name}: these are no columns of bitcoin-etl's transactions, inputs, outputs or blocks: "
            f"{', '.join(names)[:300] or 'none'}; nothing was added"
        )
    return kind
