"""Etherscan and the explorers built like it (BscScan, Polygonscan, Gnosisscan): CSV exports and API answers.

Read are transfers of tokens (``tokentx``), transactions of the chain's coin with their fees (``txlist``) and internal
calls (``txlistinternal``), each as CSV or as JSON of the API v1 or v2. Raw CSV (all known names: ``fields.COLUMNS``)::

    "Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","TokenValue","USDValueDayOfTx",
    "ContractAddress","TokenName","TokenSymbol"
    "0x4f..","20445012","1722640811","2024-08-02 23:20:11","0xab..","0xcd..","1,680.5","$1,680",
    "0xdac1..","Tether USD","USDT"

    "Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","ContractAddress","Value_IN(ETH)",
    "Value_OUT(ETH)","CurrentValue @ $2038.09311913385/Eth","TxnFee(ETH)","TxnFee(USD)","Historical $Price/Eth",
    "Status","ErrCode","Method"

Raw JSON::

    {"status": "1", "message": "OK", "result": [{"blockNumber": "20445012", "timeStamp": "1722640811", "hash": "0x4f..",
     "from": "0xab..", "to": "0xcd..", "contractAddress": "0xdac1..", "value": "1680500000", "tokenName": "Tether USD",
     "tokenSymbol": "USDT", "tokenDecimal": "6"}]}

Specification: Etherscan API documentation, module Accounts and "Common Error Messages"; headers as observed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.etherscan.answers import check_answer, kind_of_fields, kind_of_item
from connectors.etherscan.coins import ROUNDED_DIGITS, Tally, coin_records, count_digits, tally_notes
from connectors.etherscan.fields import JSON_FIELDS, Entry, Layout, find_layout, unknown_columns
from connectors.etherscan.nonces import note_missing_nonces, sides_of
from connectors.etherscan.tokens import token_records
from connectors.evm_blocks import is_json
from connectors.evm_chains import find_rail
from connectors.evm_coins import fee_note, unstated_note
from connectors.pages import note_full_page
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead, Skip
from trails.records import Broken, csv_records, json_documents, json_paths, json_records, read_lines
from trails.said import check_order
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_CAPS = {5_000: "CSV exports", 10_000: "API answers"}
#: An address of TRON in the first row: its explorer uses some of the same column names.
_TRON = re.compile(r"(?<![0-9A-Za-z])T[1-9A-HJ-NP-Za-km-z]{33}(?![0-9A-Za-z])")
#: A value as programs write it that have made base units into coins.
_FRACTION = re.compile(r"\d+\.\d+", re.ASCII)
_COINS = ("coin", "internal", "list")
_ABOUT = {
    "token": "token transfers",
    "collectible": "token transfers, of collectibles too",
    "coin": "transactions",
    "internal": "internal calls",
    "list": "a page's list of transactions",
    "withdrawal": "withdrawals of validators",
    "answer": "what the API answers, as a table",
}


def recognise(head: Head) -> str | None:
    """Say why a file is ours: an answer of the API (also an error or an empty one), or the header of an export."""
    text = head.text
    if text.lstrip()[:1] in ("{", "["):
        paths = json_paths(text)
        if {"status", "message", "result"} <= paths:
            inner = {path.removeprefix("result.") for path in paths if path.startswith("result.")}
            if not inner:
                return "an API answer of the Etherscan family without rows, or an error"
            kind = kind_of_fields(inner)
            return f"an API answer of the Etherscan family about {_ABOUT[kind]}" if kind else None
        return None
    lines = text.splitlines()[:2]
    layout = find_layout(lines[0]) if lines and not _TRON.search(lines[-1]) else None
    return f"the CSV header is that of an Etherscan export of {_ABOUT[layout.kind]}" if layout else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: CSV records from row 2, or the items of ``result`` from 1."""
    if is_json(source):
        return json_records(source, options, at=("result",))
    layout = find_layout(_header(source, options))
    return csv_records(source, options, delimiter=layout.delimiter if layout else ",")


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of the file.

    Raises SourceError for an API error or a header without the needed columns, UsageError for a rail that is none.
    """
    sizes = list[int]()
    if is_json(source):
        for document in json_documents(source, options):
            yield from check_answer(document.value, f"{source.name}: answer {document.row}")
            sizes.append(len(document.value["result"]))
        layout, exact = Layout("", JSON_FIELDS), True
    else:
        layout = _check_layout(source, options)
        exact = layout.kind == "answer"
    tally, sent, count = Tally(coin=layout.coin), list[tuple[str, str, str]](), 0
    rail, issue = _find_chain(source, options, layout, tally, exact=exact)
    if issue:
        yield issue
    for each in records(source, options):
        if not count and layout.kind not in ("", "answer"):
            yield from _unknown_columns(each, layout)
        count += 1
        yield from _row_records(Entry(each.row, each.value, layout.columns, exact), layout, rail, options, tally)
        if exact and isinstance(each.value, dict) and kind_of_item(each.value) == "coin":
            sent.append(sides_of(each.value))
    yield from unstated_note(tally.unstated)
    yield from tally_notes(tally)
    yield from fee_note(rail, 0 if layout.coin else tally.rows)
    if layout.kind == "list":
        message = "a download of a page's list rounds its fees, and may round amounts; the API answer does not"
        yield Issue(None, "note", "list_download", message)
    if count in _CAPS:
        message = f"exactly {count} rows, where {_CAPS[count]} are cut off: rows may be missing"
        yield Issue(None, "warning", "possibly_truncated", message)
    elif len(sizes) > 1:
        yield from note_full_page(sizes, _CAPS)
    yield from note_missing_nonces(sent)
    yield RowsRead(count)


def _find_chain(
    source: Source, options: ReadOptions, layout: Layout, tally: Tally, *, exact: bool
) -> tuple[str, Issue | None]:
    """Name the chain by what the rows state, in a pass of its own: no row is kept for it.

    The same pass looks whether fees have more digits than a rounding export gives them, whether a table of the API's fields
    still has its base units, and whether dates prove another order than the one said. Raises SourceError for the last two.
    """
    chains, paces, days = set[int](), set[tuple[int, int] | None](), set[tuple[int, int]]()
    for each in records(source, options):
        entry = Entry(each.row, each.value, layout.columns, exact, options.date_order)
        paces.add(entry.pace)
        if entry.chain is not None:
            chains.add(entry.chain)
        if options.date_order and (day := entry.day):
            days.add(day)
        if not tally.all_digits and len(fee := entry.text("coin_fee")) > ROUNDED_DIGITS:
            tally.all_digits = count_digits(fee) > ROUNDED_DIGITS
        if layout.kind == "answer" and (value := entry.text("value")) not in ("", "0"):
            tally.values += 1
            tally.fractions += bool(_FRACTION.fullmatch(value))
    if tally.fractions and (tally.fractions == tally.values or tally.fractions > max(1, tally.values // 10)):
        raise SourceError(
            f"{source.name}: {count_words(tally.fractions, 'value is', 'values are')} no whole number of base units, which the "
            "API's answers state: the table was altered; use the answers themselves"
        )
    check_order(options.date_order, days, source.name)
    return find_rail(paces, options, coin=layout.coin, chains=chains, name=source.name)


def _row_records(entry: Entry, layout: Layout, rail: str, options: ReadOptions, tally: Tally) -> Iterator[Record]:
    if entry.is_empty:
        yield Skip(entry.row, "an empty line")
        return
    if isinstance(entry.value, Broken):
        yield Issue(entry.row, "error", "malformed", entry.value.message)
        return
    if entry.is_ragged:
        yield Issue(entry.row, "error", "ragged", "the row does not have the fields of its header; it may be cut")
        return
    kind = _kind_of_row(entry, layout)
    if kind in _COINS:
        yield from coin_records(entry, str(kind), rail, options, tally)
    elif kind == "withdrawal":
        yield Skip(entry.row, "a withdrawal of a validator's stake: it has no transaction")
    elif kind in ("token", "collectible"):
        yield from token_records(entry, rail, options)
    else:
        yield Issue(entry.row, "error", "malformed", "this is neither a transaction nor a transfer: fields are missing")


def _kind_of_row(entry: Entry, layout: Layout) -> str | None:
    """Name what a row is about: its cells say it where the columns may hold several kinds; an empty cell says nothing."""
    if layout.kind in ("", "answer"):
        return kind_of_item(entry.value)
    if layout.kind == "collectible" and not entry.text("token_id"):
        if entry.text("contract") and (entry.text("symbol") or entry.text("name")):
            return "token"
        return "list" if entry.text("value").rpartition(" ")[2].isalpha() else None  # a sum without its coin is of nothing
    return layout.kind


def _header(source: Source, options: ReadOptions) -> str:
    return next(read_lines(source, options, rows=True), "").replace("\x00", "").rstrip("\r\n")


def _check_layout(source: Source, options: ReadOptions) -> Layout:
    """Find what the header means; raises SourceError where it is none of ours, or names no contract."""
    layout = find_layout(_header(source, options))
    if layout is None:
        raise SourceError(
            f"{source.name}: row 1: no header of an Etherscan export: it needs columns like Transaction Hash, Blockno, "
            "UnixTimestamp, From, To, and a value"
        )
    if len(layout.coins) > 1:
        raise SourceError(f"{source.name}: row 1: the columns state several coins: {', '.join(layout.coins)}; nothing was added")
    if layout.kind == "token" and "contract" not in layout.columns:
        raise SourceError(
            f"{source.name}: row 1: no column like ContractAddress: this download names no contract, so a counterfeit "
            "cannot be told from the token; use the export of an address (Export Data, ERC-20 transfers)"
        )
    return layout


def _unknown_columns(first: RawRecord, layout: Layout) -> Iterator[Issue]:
    unknown = unknown_columns(first.value, layout)
    if unknown:
        yield Issue(None, "note", "unknown_columns", f"columns not read: {', '.join(unknown)[:300]}")
