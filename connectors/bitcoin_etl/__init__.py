"""Bitcoin as blockchain-etl's bitcoin-etl exports it, and as public data sets built with it give it.

Known: bitcoin-etl's JSON lines; BigQuery's ``crypto_bitcoin`` tables ``transactions``, ``inputs`` and ``outputs``, exported
as JSON lines, CSV or Parquet; the Parquet files of the AWS public blockchain data (one ``address``, values in BTC as
doubles). Raw JSON line, shortened::

    {"type": "transaction", "hash": "7940..", "version": 1, "lock_time": 0, "block_number": 50001,
     "block_timestamp": 1270917100, "is_coinbase": false, "index": 1, "inputs": [{"index": 0,
     "spent_transaction_hash": "76a8..", "spent_output_index": 0, "script_hex": "4930..", "sequence": 4294967295,
     "type": "pubkey", "addresses": ["1DoQ.."], "value": 5000000000}], "outputs": [{"index": 0, "script_hex": "76a9..",
     "type": "pubkeyhash", "addresses": ["1HaH.."], "value": 10000000000}], "input_count": 2, "fee": 0}

Raw CSV row of the ``inputs`` table, shortened::

    transaction_hash,block_number,block_timestamp,index,spent_transaction_hash,spent_output_index,type,addresses,value
    7940..,50001,2010-04-10 16:31:40 UTC,0,76a8..,0,pubkey,"[""1DoQ..""]",5000000000

Facts are named by outpoint, so ``inputs`` and ``outputs`` added one after the other meet in the case.
Specifications: "Schema" in the README of blockchain-etl/bitcoin-etl; the table schemas in blockchain-etl/
bitcoin-etl-airflow.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.bitcoin_etl.files import is_csv, table_records
from connectors.bitcoin_etl.layout import Kind, find_columns, find_kind
from connectors.bitcoin_etl.rows import Table, stated_addresses
from trails.model import Record, RowsRead
from trails.records import json_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

#: So many rows are looked at before the first is read, to learn the network from their addresses.
_LOOK_AHEAD = 1_000
_WORDS = {
    Kind.TRANSACTION: "transactions with their inputs and outputs",
    Kind.SUMMARY: "transactions without inputs and outputs",
    Kind.INPUT: "inputs",
    Kind.OUTPUT: "outputs",
    Kind.BLOCK: "blocks",
}


def recognise(head: Head) -> str | None:
    """Say why a file is ours: the columns of one of the tables, in JSON, CSV or Parquet."""
    text = head.text.lstrip("\x00 \t\r\n")
    if text[:1] in ("{", "["):
        paths = json_paths(text)
        kind = find_kind({path for path in paths if "." not in path}, nested=paths)
        return f"JSON items are Bitcoin {_WORDS[kind]} as bitcoin-etl writes them" if kind else None
    columns = find_columns(head)
    if columns is None:
        return "a Parquet file; its columns stand at its end, of all Parquet files those of Bitcoin tables are read"
    kind = find_kind(columns)
    return f"its columns are those of Bitcoin {_WORDS[kind]} as bitcoin-etl names them" if kind else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: JSON items and Parquet rows from 1, CSV records from row 2."""
    return table_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give what each row states: a whole transaction, one input, one output, a fee; blocks are skipped with the reason.

    Raises SourceError for a file without the columns of a Bitcoin table, UsageError for a rail that is no Bitcoin
    network.
    """
    rows = records(source, options)
    first = list(islice(rows, _LOOK_AHEAD))
    rail = bitcoin.network_of((each for row in first for each in stated_addresses(row.value)), options, file=source.name)
    table = Table(options, rail, is_csv=is_csv(source))
    count = 0
    for record in chain(first, rows):
        count += 1
        yield from table.read_row(record.row, record.value)
    yield from table.notes()
    yield RowsRead(count)
