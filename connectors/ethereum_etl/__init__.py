"""The tables of ethereum-etl, of BigQuery's public Ethereum data and of GraphSense: CSV, JSON lines, Parquet.

Read are ``token_transfers`` (CSV and Parquet in bulk as Arrow tables), ``transactions`` and ``traces`` (coins and fees)
and ``logs`` (tokens, and what the issuer of USDT did). ``blocks`` and ``receipts`` hold no transfer of their own: given
beside another table with ``--with`` they say when its blocks were made and which of its transactions failed.

Raw CSV (``block_timestamp`` and ``block_hash`` stand in some versions only)::

    token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp
    0xdac17f..,0x6b75d8..,0x7054b0..,680000000,0xeb107a..,17,17173049,1683029999

Raw JSON line (a stream mixes types)::

    {"type": "token_transfer", "token_address": "0xdac17f..", "from_address": "0x6b75d8..", "to_address": "0x7054b0..",
     "value": 680000000, "transaction_hash": "0xeb107a..", "log_index": 17, "block_number": 17173049,
     "block_timestamp": 1683029999, "block_hash": "0xaa5a..", "item_id": "token_transfer_0xeb107a.._17"}

Specification: the schema documentation of blockchain-etl/ethereum-etl (docs/schema.md); the tables of
``bigquery-public-data.crypto_ethereum``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.ethereum_etl.kinds import is_parquet, kind_of, kind_of_head, plain_row, table_records
from connectors.ethereum_etl.rows import read_row, time_note
from connectors.ethereum_etl.transactions import Beside, is_unstated, read_beside, read_trace, read_transaction
from connectors.evm_blocks import is_json
from connectors.evm_chains import check_pace, rails_by_pace, stated_rail
from connectors.evm_coins import fee_note, unstated_note
from connectors.evm_logs import lacks_time, read_place, state_log
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead, Skip, TransferTable
from trails.records import read_head, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_POSITIONS = 10**6
#: So many places of rows are compared with the pace of the chain.
_PROBE = 50
_BESIDE = {
    "block": "a block: holds no transfer; give the file with --with beside another, to date its rows",
    "receipt": "a receipt: holds no transfer; give the file with --with beside the transactions",
}
_NAMES = {
    "token_transfer": "token transfers",
    "transaction": "transactions",
    "trace": "traces",
    "log": "logs",
    "block": "blocks",
    "receipt": "receipts",
}


def recognise(head: Head) -> str | None:
    """Say why a file is ours: the columns of one of ethereum-etl's tables, or JSON items of its types."""
    kind = kind_of_head(head)
    return f"the columns are those of {_NAMES[kind]} as ethereum-etl exports them" if kind else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: CSV records from row 2, JSON items and rows of Parquet from row 1."""
    return table_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of the file, those of tokens in CSV and Parquet as tables.

    Raises SourceError for a file without the needed columns, and UsageError for a rail that is no EVM chain.
    """
    rail = stated_rail(options) or "ethereum"
    beside = read_beside(source, options)
    kind = kind_of_head(read_head(source))
    if is_parquet(source):
        kind = kind or _parquet_kind(source, options)
    if is_json(source) or kind not in (None, "token_transfer"):
        found = _read_rows(source, options, rail, beside, kind)
    else:
        from connectors.ethereum_etl.bulk import read_bulk, read_parquet

        # what is no table of ethereum-etl comes here too: the bulk reader says which columns are missing
        read_tables = read_parquet if is_parquet(source) else read_bulk
        found = read_tables(source, options, rail, beside.times)
    places: list[tuple[int, int]] = []
    for record in found:
        yield record
        if isinstance(record, TransferTable) and len(places) < _PROBE:
            places += _table_places(record)
    doubt = _doubt(places, options, source.name)
    if doubt:
        yield doubt


def _parquet_kind(source: Source, options: ReadOptions) -> str:
    """Name the table of a Parquet file whose beginning does not show it; raises SourceError where it is none."""
    first = next(table_records(source, options), None)
    kind = kind_of(first.value) if first else None
    if kind is None:
        names = ", ".join(first.value)[:200] if first else "no rows"
        raise SourceError(f"{source.name}: no table of ethereum-etl: its columns are {names}")
    return kind


def _read_rows(
    source: Source, options: ReadOptions, rail: str, beside: Beside, file_kind: str | None
) -> Iterator[Record]:
    rows = timeless = unstated = 0
    kinds, places = set(), set[tuple[int, int]]()
    is_csv = not is_json(source) and not is_parquet(source)
    for record in table_records(source, options):
        rows += 1
        kind = _row_kind(record.value, file_kind)
        kinds.add(kind)
        if len(places) < _PROBE and (place := read_place(plain_row(record.value), options, beside.times)):
            places.add(place)
        shape = _check_shape(record, is_csv=is_csv)
        stated = [shape] if shape else list(_row_records(record.row, record.value, kind, rail, options, beside))
        timeless += lacks_time(stated)
        unstated += any(is_unstated(each) for each in stated)
        yield from stated
    yield from time_note(timeless)
    yield from unstated_note(unstated)
    yield from fee_note(rail, rows if "transaction" in kinds else 0)
    doubt = _doubt(list(places), options, source.name)
    if doubt:
        yield doubt
    yield RowsRead(rows)


def _check_shape(record: RawRecord, *, is_csv: bool) -> Issue | Skip | None:
    """Refuse a row that is no object, or a cut CSV record; skip an empty one."""
    row, value = record.row, record.value
    if not isinstance(value, dict):
        return Issue(row, "error", "malformed", say_broken(value, "this is no row of a table: an object with its columns"))
    if is_csv and (None in value or None in value.values()):
        return Issue(row, "error", "ragged", "the row does not have the fields of its header; it may be cut")
    return None if any(value.values()) else Skip(row, "an empty line")


def _row_kind(value: Any, file_kind: str | None) -> str:
    """Name the table of one row: by its own type, else by its columns, else by those of the file."""
    if not isinstance(value, dict):
        return file_kind or "token_transfer"
    if isinstance(value.get("type"), str) and "trace_type" not in value:
        return str(value["type"])
    return kind_of(value) or file_kind or "token_transfer"


def _row_records(row: int, value: Any, kind: str, rail: str, options: ReadOptions, beside: Beside) -> Iterator[Record]:
    if kind == "token_transfer":
        yield from read_row(row, plain_row(value), rail, options, beside.times)
    elif kind == "transaction":
        yield from read_transaction(row, value, rail, options, beside)
    elif kind == "trace":
        yield from read_trace(row, value, rail, options, beside)
    elif kind == "log":
        yield from state_log(row, value, rail, options, beside.times)
    else:
        yield Skip(row, _BESIDE.get(kind, f"type {kind[:40]}: not a transfer"))


def _table_places(record: TransferTable) -> list[tuple[int, int]]:
    """Blocks and times of a table, from its beginning to its end; none where its times are not those of blocks."""
    if record.constants["time_basis"] != "chain":
        return []
    at = range(0, record.table.num_rows, max(1, record.table.num_rows // _PROBE))
    rows = [(record.table["seq"][row].as_py(), record.table["time_us"][row].as_py()) for row in at]
    return [(seq // _POSITIONS, time_us // _POSITIONS) for seq, time_us in rows if seq is not None and time_us is not None]


def _doubt(places: list[tuple[int, int]], options: ReadOptions, name: str) -> Issue | None:
    """Warn where blocks and times do not fit Ethereum, which such tables are of where nothing else is said.

    Raises SourceError where they prove that another chain was said.
    """
    if options.rail is not None or not places:
        return check_pace(options.rail or "evm", places, name)
    if "ethereum" in rails_by_pace(places[:1]):
        return None
    block, seconds = places[0]
    other = rails_by_pace(places)
    guess = f"they fit {other[0]}" if len(other) == 1 else "they fit no chain whose pace is known"
    message = f"block {block} at Unix time {seconds} does not fit Ethereum; the file names no chain, {guess}: say it with --rail"
    return Issue(None, "warning", "chain_doubtful", message)
