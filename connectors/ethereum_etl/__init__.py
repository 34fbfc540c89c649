"""Token transfers as ethereum-etl exports them: CSV, read in bulk as Arrow tables, or JSON lines, read row by row.

Raw CSV (``block_timestamp`` and ``block_hash`` stand in some versions only)::

    token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp
    0xdac17f..,0x6b75d8..,0x7054b0..,680000000,0xeb107a..,17,17173049,1683029999

Raw JSON line::

    {"type": "token_transfer", "token_address": "0xdac17f..", "from_address": "0x6b75d8..", "to_address": "0x7054b0..",
     "value": 680000000, "transaction_hash": "0xeb107a..", "log_index": 17, "block_number": 17173049,
     "block_timestamp": 1683029999, "block_hash": "0xaa5a..", "item_id": "token_transfer_0xeb107a.._17"}

Specification: "token_transfers.csv" in the schema documentation of blockchain-etl/ethereum-etl.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.ethereum_etl.rows import REQUIRED, read_row, time_note
from connectors.evm import rails_by_pace, stated_rail
from trails.model import Issue, Record, RowsRead, Skip, Transfer, TransferTable
from trails.records import csv_records, json_paths, json_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_TYPED = re.compile(r'"type"\s*:\s*"token_transfer"')
_POSITIONS = 10**6


def recognise(head: Head) -> str | None:
    """Say why a file is ours: the columns of token_transfers.csv, or JSON items of that type."""
    text = head.text
    if text.lstrip()[:1] in ("{", "["):
        if set(REQUIRED) <= json_paths(text) or (_TYPED.search(text) and '"token_address"' in text):
            return "JSON items are token transfers as ethereum-etl writes them"
        return None
    columns = {name.strip().strip('"') for name in text.partition("\n")[0].split(",")}
    return "the CSV header is that of ethereum-etl's token_transfers" if set(REQUIRED) <= columns else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: CSV records from row 2, or JSON items from row 1."""
    return json_records(source, options) if _is_json(source) else csv_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of the file, as tables from CSV.

    Raises SourceError for a file without the needed columns, and UsageError for a rail that is no EVM chain.
    """
    rail = stated_rail(options)
    if _is_json(source):
        found = _read_json(source, options, rail or "ethereum")
    else:
        from connectors.ethereum_etl.bulk import read_bulk

        found = read_bulk(source, options, rail or "ethereum")
    doubt: Issue | None = None
    for record in found:
        yield record
        if rail is None and doubt is None:
            doubt = _pace_doubt(record)
    if doubt:
        yield doubt


def _is_json(source: Source) -> bool:
    with source.path.open("rb") as file:
        start = file.read(4_096).decode("utf-8-sig", errors="replace")
    return start.lstrip("\x00 \t\r\n")[:1] in ("{", "[")


def _read_json(source: Source, options: ReadOptions, rail: str) -> Iterator[Record]:
    rows = timeless = 0
    for record in json_records(source, options):
        rows += 1
        kind = record.value.get("type", "token_transfer") if isinstance(record.value, dict) else "token_transfer"
        if kind != "token_transfer":
            yield Skip(record.row, f"type {str(kind)[:40]}: not a token transfer")
            continue
        for fact in read_row(record.row, record.value, rail, options):
            timeless += isinstance(fact, Transfer) and record.value.get("block_timestamp") in (None, "")
            yield fact
    yield from time_note(timeless)
    yield RowsRead(rows)


def _pace_doubt(record: Record) -> Issue | None:
    """Warn where a block's number and time do not fit Ethereum, judged by the first transfer of a batch."""
    pair = None
    if isinstance(record, Transfer) and record.seq is not None and record.time.time is not None:
        pair = (record.seq // _POSITIONS, int(record.time.time.timestamp()))
    if isinstance(record, TransferTable) and record.constants["time_basis"] == "chain":
        seq, time_us = record.table["seq"][0].as_py(), record.table["time_us"][0].as_py()
        pair = (seq // _POSITIONS, time_us // _POSITIONS)
    if pair is None or "ethereum" in rails_by_pace([pair]):
        return None
    message = (
        f"block {pair[0]} at Unix time {pair[1]} does not fit Ethereum; the file names no chain: say it with --rail"
    )
    return Issue(None, "warning", "chain_doubtful", message)
