"""Ledgers of hawala offices, CSV or XLSX, through columns that a mapping declares (:mod:`trails.mapping`).

A line of one, with the mapping of ``sample.csv.mapping.toml``::

    12;02.08.2024 14:20;47-18;Family Quince;Alder;Office Amber;4.500,00;100,00;emanet

states a deposit of 4,500 from Family Quince to the code 4718, and a fee of 100 from the code to the office. The fee
comes out of what the payer handed over: payout + fee = deposit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.hawala_ledger.entries import VOCABULARY, Book, read_entry
from trails.columns import declared_rows
from trails.errors import SourceError
from trails.mapping import load_mapping
from trails.model import Issue, RowsRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.mapping import DeclaredColumns
    from trails.model import Record

_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xls")


def recognise(head: Head) -> str | None:
    """Say why a file is a ledger: it came with a mapping that declares columns."""
    if head.mapping and "columns" in head.mapping and head.name.lower().endswith(_ENDINGS):
        return "a mapping declares its columns"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read deposits, payouts, refunds, settlements, fees and stated identifiers; see :mod:`.entries`."""
    mapping = _mapping(source, options)
    book = Book(
        scope=mapping.said("scope") or source.sha256[:12],
        sha256=source.sha256,
        zone_name=options.timezone or mapping.said("timezone"),
        currency=options.currency or mapping.said("currency"),
        mapping=mapping,
    )
    count = 0
    for record in declared_rows(source, options, mapping):
        count += 1
        yield from read_entry(book, record)
    if not count:
        yield Issue(None, "warning", "no_rows", "the file has no row under its header; see header_row in the mapping")
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw rows."""
    return declared_rows(source, options, _mapping(source, options))


def _mapping(source: Source, options: ReadOptions) -> DeclaredColumns:
    if not options.mapping:
        raise SourceError(
            f"{source.name}: a ledger needs a mapping that declares its columns; write {source.name}.mapping.toml "
            "beside it, or say --mapping FILE"
        )
    return load_mapping(options.mapping, VOCABULARY)
