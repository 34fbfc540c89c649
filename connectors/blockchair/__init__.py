"""Bitcoin dumps of Blockchair: the daily tables ``outputs``, ``inputs`` and ``transactions`` as tab-separated text.

Raw (``blockchair_bitcoin_outputs_20200423.tsv.gz``), a payment and a data output::

    block_id transaction_hash index time value value_usd recipient type script_hex is_from_coinbase is_spendable
    627216 905e35.. 0 2020-04-23 00:01:33 36218850 2573.7769 37b3ZQ.. scripthash a91440af.. 0 -1
    627216 c3f6f9.. 1 2020-04-23 00:01:33 0 0 d-ca0f11f4d1ed11d2a21631c997297ad3 nulldata 6a24aa21a9ed.. 1 0

``inputs`` has the same columns for the output that is spent, and ``spending_block_id``, ``spending_transaction_hash``,
``spending_index``, ``spending_time``, .. for who spends it. ``transactions`` states sums and the fee. Times are UTC,
amounts satoshi; where a script has no address, ``recipient`` is a mark and a hash (``d-`` data, ``m-`` multisig, ``s-``
other), and the script counts.

Specification: the documentation of the dumps at blockchair.com/dumps.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.blockchair.rows import Dump, Table, can_do_without, find_table, foreign_chain, read_recipient
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead
from trails.records import csv_records, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

#: So many rows are looked at before the first is read, to learn the network from their addresses.
_LOOK_AHEAD = 1_000
_DELIMITERS = ("\t", ",")


def recognise(head: Head) -> str | None:
    """Say why a file is ours: the columns of one of the dumps."""
    _, found = _find_layout(head)
    if found is None:
        return None
    table, missing = found
    return f"its columns are those of Blockchair's dump of {table.value}{f', without {missing}' if missing else ''}"


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows, from row 2."""
    delimiter, _ = _find_layout(read_head(source))
    return csv_records(source, options, delimiter=delimiter)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give what each row states: an output, an input, a fee or newly mined coins; blocks are skipped with the reason.

    Raises SourceError for a dump of another chain or without the columns, UsageError for a rail that is no Bitcoin
    network.
    """
    head = read_head(source)
    delimiter, found = _find_layout(head)
    rows = csv_records(source, options, delimiter=delimiter)
    first = list(islice(rows, _LOOK_AHEAD))
    if found is None:
        raise SourceError(f"{source.name}: these are no columns of Blockchair's Bitcoin dumps; nothing was added")
    table, missing = found
    if missing and not can_do_without(table, missing):
        raise SourceError(
            f"{source.name}: row 1: no column {missing}, without which no row of the dump of {table.value} can be read; "
            "nothing was added"
        )
    if missing:
        message = f"the dump of {table.value} has no column {missing}; rows that cannot be read without it are refused"
        yield Issue(None, "warning", "column_missing", message)
    other = foreign_chain(head.name) or foreign_chain(source.name)
    if other:
        raise SourceError(f"{source.name}: a dump of {other}; only Bitcoin's are read. Nothing was added")
    rail = bitcoin.network_of((read_recipient(row.value) for row in first), options, file=source.name)
    dump, count = Dump(table, options, rail), 0
    for record in chain(first, rows):
        count += 1
        yield from dump.read_row(record.row, record.value)
    yield from dump.notes()
    yield RowsRead(count)


def _find_layout(head: Head) -> tuple[str, tuple[Table, str] | None]:
    line = head.text.partition("\n")[0].rstrip("\r")
    found = [(each, find_table({name.strip().strip('"') for name in line.split(each)})) for each in _DELIMITERS]
    return next((each for each in found if each[1]), found[0])
