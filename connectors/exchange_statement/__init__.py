"""Exchanges: account statements, histories of deposits, withdrawals, trades and peer-to-peer orders, as CSV or workbook.

Raw (a withdrawal history)::

    Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,Status
    2024-08-06 09:14:00,USDT,TRX,18199,1,TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr,9c..7e,Completed

gives 18,199 USDT from ``binance:account:..`` to ``binance:withdrawal:9c..7e:TDX7..``, 1 USDT to ``binance:fee``, and on
the withdrawal the events ``stated_tx`` and ``stated_address``. Nothing is moved on TRON: the chain's own export does that.

The known layouts are the files of ``profiles/``, each with where it was seen; no exchange publishes a specification. Any
other table is read with a mapping of kind ``statement`` (:mod:`.layout`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.exchange_statement.cells import COIN_DECIMALS, Row
from connectors.exchange_statement.facts import Ledger, SkipRow
from connectors.exchange_statement.known import find_layout, said_mapping
from connectors.exchange_statement.layout import Layout, load_layout
from connectors.exchange_statement.legs import mark_parts
from connectors.exchange_statement.tables import row_facts
from connectors.headers import why_no_row
from trails.columns import TABLE_ENDINGS, CellProblem, delimiter_of, list_columns, watch_cuts
from trails.connector import RawRecord, ReadOptions
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead, Skip
from trails.records import csv_records, find_sheet, list_sheets, read_head, sheet_head, sheet_records, visible_sheets
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, Source

_FEE_PROBE = 1_000
#: Row counts at which exports of exchanges are seen to be cut off.
_CAPS = (1_000, 5_000, 10_000, 50_000, 100_000)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a source: how to read it, its sheet in a workbook, and what its row numbers begin after."""

    layout: Layout
    sheet: str | None
    shift: int


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its header is that of a known layout, or its mapping is of a statement."""
    said = said_mapping(head.mapping)
    if "columns" in said and "profile" not in said and head.name.lower().endswith(TABLE_ENDINGS):
        return "a mapping declares the columns of an exchange's statement"
    found = find_layout(head, head.mapping)
    return f"the header is that of {found.profile.title}" if found else None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read every table of the source; raises SourceError where none is known."""
    count = 0
    for table in _tables(source, options):
        if isinstance(table, Issue):
            yield table
            continue
        for record in _read_table(source, options, table):
            if isinstance(record, RowsRead):
                count += record.count
            yield record
    if not count:
        yield Issue(None, "warning", "no_rows", "no row stands under the header")


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows of every table."""
    for table in _tables(source, options):
        if isinstance(table, Table):
            yield from _raw_rows(source, options, table)


def _read_table(source: Source, options: ReadOptions, table: Table) -> Iterator[Record]:
    layout, issues = _settle(source, options, table)
    yield from issues
    ledger = Ledger(source.sha256[:12], {})
    count, known = 0, False
    for record, parts in mark_parts(_raw_rows(source, options, table), layout):
        if not count:
            yield from _check_columns(layout, record, source.name)
        count += 1
        known = known or bool(record.value.get(layout.mapping.columns.get("user", "")))
        yield from _read_row(ledger, layout, record, options.date_order, parts)
    yield from _note_fine(ledger)
    if count and layout.table != "swaps" and not (known or layout.scope or layout.preamble_user):
        message = (
            f"the file names no account: it is called {ledger.fallback_scope}; say `scope` in a mapping to join files"
        )
        yield Issue(None, "note", "account_not_stated", message)
    if count in _CAPS:
        message = f"exactly {count:,} rows, where exports are cut off: rows may be missing"
        yield Issue(None, "warning", "possibly_truncated", message)
    yield RowsRead(count)


def _settle(source: Source, options: ReadOptions, table: Table) -> tuple[Layout, list[Issue]]:
    """The layout with its direction known: what neither header nor name says, the fees do, and an issue says so."""
    layout = table.layout
    issues = []
    if "statement" in layout.flags:
        message = (
            "a statement of all operations: a history of this account's deposits, withdrawals or orders states them again; "
            'where both are in the case, skip one side with a mapping, like [operations] Withdraw = "skip"'
        )
        issues.append(Issue(None, "note", "may_count_twice", message))
    if layout.table != "by_name":
        return layout, issues
    rows = islice(_raw_rows(source, options, table), _FEE_PROBE)
    column = layout.mapping.columns.get("fee", "")
    if not any(str(row.value.get(column) or "").strip(" 0.,") for row in rows):
        raise SourceError(
            f"{source.name}: deposits and withdrawals of this exchange have one header, and neither the file's name nor a "
            'fee says which these are; write a mapping: kind = "statement", table = "deposits" (or "withdrawals")'
        )
    message = "the file's name does not say whether it lists deposits or withdrawals; its fees are those of withdrawals"
    return replace(layout, table="withdrawals"), [*issues, Issue(None, "warning", "direction_by_fee", message)]


def _check_columns(layout: Layout, record: RawRecord, name: str) -> Iterator[Issue]:
    """Refuse a table that does not fit its mapping, with every problem at once; note the columns nothing reads."""
    has = [str(column) for column in record.value if column]
    problems = list(layout.mapping.problems)
    lacking = [column for column in dict.fromkeys(layout.mapping.columns.values()) if column not in record.value]
    problems += [f"the file has no column {column!r}; it has: {list_columns(has)}" for column in lacking]
    if problems:
        raise SourceError(f"{name}: the mapping does not fit, nothing was added:", problems)
    used = set(layout.mapping.columns.values())
    unread = [column for column in has if column not in used and not layout.is_ignored(column)]
    if unread:
        yield Issue(None, "note", "unknown_columns", f"{layout.title}: columns not read: {', '.join(unread)[:300]}")


def _note_fine(ledger: Ledger) -> Iterator[Issue]:
    """Say which amounts have more decimals than their coin elsewhere: they are kept whole, as the exchange keeps them."""
    for code, count in sorted(ledger.fine.items()):
        message = (
            f"{count_words(count, 'amount')} of {code} finer than its own unit: kept whole, as {code}@vasp "
            f"with {COIN_DECIMALS} decimals"
        )
        yield Issue(None, "note", "amount_fine", message)


def _read_row(
    ledger: Ledger, layout: Layout, record: RawRecord, date_order: str | None, parts: frozenset[str]
) -> list[Record]:
    """All records of one row, or the one issue that refuses it."""
    if reason := why_no_row(record.value):
        return [Skip(record.row, reason)]
    try:
        row = Row.of(layout, record, date_order, parts)
        facts = [*row_facts(ledger, row), *row.issues]
    except CellProblem as problem:
        return [Issue(record.row, "error", problem.code, str(problem))]
    except SkipRow as reason:
        return [Skip(record.row, str(reason))]
    ledger.fine.update(row.fine)
    return facts


def _tables(source: Source, options: ReadOptions) -> Iterator[Table | Issue]:
    head = read_head(source)
    if head.members:
        raise SourceError(
            f"{source.name}: a zip of several files ({', '.join(head.members[:5])}); unpack it and add each"
        )
    if head.data[:4] not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        yield Table(load_layout(head, options, source.name), None, 0)
        return
    said = said_mapping(options.mapping)
    chosen = said.get("sheet")
    sheets = visible_sheets(source) if not isinstance(chosen, str) else (find_sheet(source, chosen),)
    unread, tables = [], []
    for sheet in sheets:
        inner = sheet_head(source, sheet.name)
        where = f"{source.name}: sheet {sheet.name}" if len(sheets) > 1 else source.name
        if len(sheets) == 1 or find_layout(inner, options.mapping) or _has_columns(inner, said):
            tables.append(Table(load_layout(inner, options, where), sheet.name, sheet.shift))
        elif any(any(row) for row in inner.sheet):
            unread.append(str(sheet.position + 1))
    if not tables:
        listed = ", ".join(sheet.name for sheet in sheets)[:200]
        raise SourceError(f"{source.name}: no sheet has a known layout, or the columns of the mapping ({listed}); write a mapping")
    if unread:
        message = f"not read: sheet {', '.join(unread)[:300]} of the workbook, of no known layout"
        yield Issue(None, "warning", "sheet_not_read", message)
    if others := [str(sheet.position + 1) for sheet in list_sheets(source) if sheet not in sheets]:
        message = f"not read: sheet {', '.join(others)[:300]} of the workbook, hidden or not named by `sheet` in the mapping"
        yield Issue(None, "warning", "sheet_not_read", message)
    yield from tables


def _has_columns(head: Head, said: Mapping[str, Any]) -> bool:
    """Whether a row near the top of a sheet has all columns that a mapping declares."""
    columns = said.get("columns")
    if not isinstance(columns, dict) or "profile" in said:
        return False
    return any({str(name) for name in columns.values()} <= set(row) for row in head.sheet)


def _raw_rows(source: Source, options: ReadOptions, table: Table) -> Iterator[RawRecord]:
    mapping = table.layout.mapping
    if table.sheet is not None:
        rows = watch_cuts(sheet_records(source, options, sheet=table.sheet, header_row=mapping.header_row), source)
        yield from (replace(row, row=row.row + table.shift) for row in rows)
        return
    said = replace(options, encoding=options.encoding or mapping.said("encoding"))
    delimiter = delimiter_of(source, mapping)
    yield from watch_cuts(csv_records(source, said, delimiter=delimiter, header_row=mapping.header_row), source)
