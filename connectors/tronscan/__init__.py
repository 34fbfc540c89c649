"""Exports and API answers of Tronscan, and CSV exports of other explorers of TRON with the same kind of columns.

Raw CSV (header spellings differ by version; all known ones are in :mod:`.layout`)::

    Txn Hash,Block,Time(UTC),From,To,Token,Token Symbol,Amount/TokenID,Result,Status
    8f05..,64000001,2024-08-02 23:24:36,TCNr..,TBt8..,TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,USDT,18199,SUCCESS,CONFIRMED

Raw JSON (``token_trc20/transfers``; the lists of ``transfer``, ``transaction`` and ``transfers-with-status`` stand in
``data``)::

    {"total": 1, "rangeTotal": 1, "token_transfers": [{"transaction_id": "8f05..", "block_ts": 1722641076000,
     "from_address": "TCNr..", "to_address": "TBt8..", "quant": "18199000000", "confirmed": true,
     "contractRet": "SUCCESS", "revert": false, "contract_address": "TR7N..", "tokenInfo": {"tokenId": "TR7N..",
     "tokenAbbr": "USDT", "tokenName": "Tether USD", "tokenDecimal": 6, "tokenType": "trc20"}}]}

Specification: docs.tronscan.org (API: start + limit <= 10,000); exports as public parsers of them read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.pages import note_full_page
from connectors.tron import PageOverlap, names_tron_addresses
from connectors.tronscan.answers import item_records
from connectors.tronscan.layout import find_columns, find_layout, is_complete, split_header
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead, Skip
from trails.records import csv_records, json_documents, json_paths, json_records, read_head, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_LISTS = ("token_transfers", "data")
#: An item of each list of the API by fields that no other explorer's answer has together.
_ITEMS: tuple[set[str], ...] = (
    {"transferFromAddress", "transferToAddress", "transactionHash"},
    {"ownerAddress", "contractType", "contractData"},
    {"contract_ret", "block_timestamp", "from", "to", "hash"},
)
_ACCOUNT = ({"trc20token_balances"}, {"tokenBalances", "bandwidth"}, {"withPriceTokens"})
_BALANCE = {"tokenId", "tokenAbbr", "balance"}
_CAP = 10_000
#: Items of an answer where nothing is said, and the most that may be asked for.
_PAGE_SIZES = (20, 50)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: an answer of Tronscan's API, or a table of transfers between addresses of TRON."""
    text = head.text
    if text.lstrip()[:1] in ("{", "["):
        return _recognise_answer(json_paths(text))
    for header in split_header(text):
        columns, _ = find_columns(header)
        if is_complete(columns) and (
            names_tron_addresses(text) or "amount/tokenid" in text.partition("\n")[0].casefold()
        ):
            return "the columns are those of an explorer's transfers, between addresses of TRON"
    return None


def _recognise_answer(paths: set[str]) -> str | None:
    if {"token_transfers", "total"} <= paths or {"token_transfers.transaction_id", "token_transfers.quant"} <= paths:
        return "token transfers as Tronscan's API answers them"
    items = {path.removeprefix("data.") for path in paths if path.startswith("data.")}
    if any(fields <= items for fields in _ITEMS):
        return "transfers or transactions as Tronscan's API answers them"
    if any(fields <= paths for fields in _ACCOUNT) or (items >= _BALANCE and "total" in paths):
        return "balances of an account as Tronscan's API answers them: no transfers"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: CSV records from row 2, or the items of the answers from 1."""
    if not _is_json(source):
        return csv_records(source, options, delimiter=find_layout(source, options).delimiter)
    name = _list_name(source, options)
    return json_records(source, options, at=(name,) if name else ())


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of the file, from CSV as tables.

    Raises SourceError for an error body, and for a header without the needed columns.
    """
    if _is_json(source):
        yield from _read_answers(source, options)
        return
    from connectors.tronscan.bulk import read_bulk

    layout = find_layout(source, options)
    if layout.unknown:
        message = f"columns not read: {', '.join(layout.unknown)[:300]}"
        yield Issue(None, "note", "unknown_columns", message)
    count = 0
    for record in read_bulk(source, options, layout):
        yield record
        count += record.count if isinstance(record, RowsRead) else 0
    yield from _cap_warning(count, count)


def _is_json(source: Source) -> bool:
    return read_head(source).text.replace("\x00", "").lstrip()[:1] in ("{", "[")


def _list_name(source: Source, options: ReadOptions) -> str | None:
    """Name the list of the first answer; None where answers are balances of an account and hold none."""
    for document in json_documents(source, options):
        value = document.value
        if not isinstance(value, dict):
            break
        found = next((name for name in _LISTS if isinstance(value.get(name), list)), None)
        if found or any(fields <= set(value) for fields in _ACCOUNT):
            return found
        break
    return _LISTS[0]


def _read_answers(source: Source, options: ReadOptions) -> Iterator[Record]:
    name = _list_name(source, options)
    if name is None:
        count = 0
        for document in json_documents(source, options):
            count += 1
            yield Skip(document.row, "balances of an account: no transfers")
        yield RowsRead(count)
        return
    pages: list[tuple[int, dict[str, Any]]] = []
    total = 0
    for document in json_documents(source, options):
        value = document.value
        size = _check_answer(value, name, f"{source.name}: answer {document.row}")
        info = value.get("tokenInfo")
        pages.append((size, info if isinstance(info, dict) else {}))
        total = max([total, *(value[key] for key in ("total", "rangeTotal") if _is_count(value.get(key)))])
    items, overlap = json_records(source, options, at=(name,)), PageOverlap()
    repeated = 0
    for size, info in pages:
        overlap.next_page()
        for _, item in zip(range(size), items, strict=False):
            if overlap.repeats(item):
                repeated += 1
                yield Skip(item.row, "repeated on a later page")
            else:
                yield from item_records(item.row, item.value, info)
    count = sum(size for size, _ in pages)
    warnings = list(_cap_warning(count - repeated, total))
    yield from warnings or (note_full_page([size for size, _ in pages], _PAGE_SIZES) if not total else ())
    yield RowsRead(count)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_answer(value: Any, name: str, where: str) -> int:
    """Count an answer's items; raises SourceError for an error body."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, list):
        return len(found)
    reason: Any = say_broken(value, "it has no list of token_transfers or data")
    if isinstance(value, dict):
        reason = next((value[key] for key in ("Error", "error", "message", "msg") if value.get(key)), reason)
    raise SourceError(f"{where}: no answer with transfers: {str(reason)[:200]}; get it again")


def _cap_warning(count: int, total: int) -> Iterator[Issue]:
    if total > count:
        message = f"{count} different rows, but the answer says there are {total}: ask for the other pages"
        yield Issue(None, "warning", "possibly_truncated", message)
    elif count == _CAP:
        message = f"exactly {_CAP} rows, where Tronscan's answers and exports end (start + limit): rows may be missing"
        yield Issue(None, "warning", "possibly_truncated", message)
