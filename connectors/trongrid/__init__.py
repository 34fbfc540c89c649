"""TRC-20 transfers of an address as TronGrid answers them: one page, a list of pages, or pages as JSON lines.

Raw::

    {"data": [{"transaction_id": "3fa1..", "token_info": {"symbol": "USDT", "decimals": 6, "name": "Tether USD",
      "address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}, "block_timestamp": 1722641076000, "from": "TG4Y..",
      "to": "TL6A..", "type": "Transfer", "value": "680000000"}],
     "success": true, "meta": {"at": 1722700000000, "page_size": 1, "fingerprint": "..", "links": {"next": ".."}}}

Specification: TronGrid v1 API, "Get contract transaction info by account address"
(accounts/{address}/transactions/trc20).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from connectors.evm import refuse, token_notes
from trails.errors import AmountError, SourceError, TimeError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Issue, Node, Record, RowsRead, Skip, Transfer
from trails.money import check_amount, token
from trails.records import json_paths, json_records
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: a page of TRC-20 transfers, an empty page, or TronGrid's error page."""
    paths = json_paths(head.text)
    if "success" not in paths and not {"data.token_info", "data.transaction_id"} <= paths:
        return None
    items = {path for path in paths if path.startswith("data.")}
    if "data.token_info" in items or ("data" in paths and "meta" in paths and not items):
        return "a page of TRC-20 transfers as TronGrid answers it"
    return "an error page of TronGrid" if {"success", "error"} <= paths and "data" not in paths else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw items of ``data``, from 1, over all pages."""
    return json_records(source, options, at=("data",))


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every token transfer of every page, those of overlapping pages once.

    Raises SourceError for a page that is an error, or says nothing of success.
    """
    sizes, last = [], None
    for page in json_records(source, options):
        sizes.append(_check_page(page.value, f"{source.name}: page {page.row}"))
        last = page.value
    items = records(source, options)
    seen: Counter[str] = Counter()
    for size in sizes:
        here: Counter[str] = Counter()
        for _, item in zip(range(size), items, strict=False):
            here[item.raw] += 1
            if here[item.raw] <= seen[item.raw]:
                yield Skip(item.row, "repeated on a later page")
            else:
                yield from _item_records(item.row, item.value)
        seen |= here
    yield from _next_page(last)
    yield RowsRead(sum(sizes))


def _check_page(value: Any, where: str) -> int:
    """Count a page's items."""
    if not isinstance(value, dict):
        raise SourceError(f"{where}: no TronGrid page: an object with success and data")
    if value.get("success") is not True or not isinstance(value.get("data"), list):
        reason = value.get("error") or value.get("Error") or "it does not say success, or has no data"
        raise SourceError(f"{where}: an error page or cut: {str(reason)[:200]}; get it again")
    return len(value["data"])


def _next_page(last: Any) -> Iterator[Issue]:
    meta = last.get("meta") if isinstance(last, dict) else None
    links = meta.get("links") if isinstance(meta, dict) else None
    if isinstance(meta, dict) and (meta.get("fingerprint") or (isinstance(links, dict) and links.get("next"))):
        message = "the last page names a next one: the export stops early, later rows are missing"
        yield Issue(None, "warning", "possibly_truncated", message)


def _item_records(row: int, item: Any) -> Iterator[Record]:
    info = item.get("token_info") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(info, dict):
        yield Issue(row, "error", "malformed", "this is no TRC-20 transfer: an object with token_info")
        return
    if item.get("type") != "Transfer":
        yield Skip(row, f"type {str(item.get('type'))[:40]}: moves no tokens")
        return
    try:
        transfer, doubts = _transfer(row, item, info)
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from doubts
    symbol, name = str(info.get("symbol") or ""), str(info.get("name") or "")
    yield from token_notes(row, transfer.asset, symbol, name, transfer.amount or 0)
    yield transfer


def _transfer(row: int, item: dict[str, Any], info: dict[str, Any]) -> tuple[Transfer, tuple[Issue, ...]]:
    symbol, decimals, value = info.get("symbol"), info.get("decimals"), item.get("value")
    if decimals is not None and (
        not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= 255
    ):
        raise ValueProblem(f"decimals {str(decimals)[:40]!r} are no whole number from 0 to 255")
    if not isinstance(value, str) or not _DIGITS.match(value):
        raise AmountError(f"value {str(value)[:90]!r} is not a whole number of at most 80 digits, as text")
    time, doubts = _time(row, item.get("block_timestamp"))
    contract = canonical_address(str(info.get("address")), "tron")
    transfer = Transfer(
        row,
        Node("tron", canonical_address(str(item.get("from")), "tron")),
        Node("tron", canonical_address(str(item.get("to")), "tron")),
        token("tron", contract, symbol if isinstance(symbol, str) else None, decimals),
        check_amount(int(value)),
        "transfer",
        time,
        tx=parse_txid(str(item.get("transaction_id"))),
    )
    return transfer, doubts


def _time(row: int, value: object) -> tuple[Instant, tuple[Issue, ...]]:
    """Read a block's time in milliseconds; an impossible one becomes unknown with a warning."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TimeError(f"block_timestamp {str(value)[:60]!r} is not a whole number of milliseconds")
    try:
        return from_unix(value // 1_000), ()
    except TimeError as problem:
        return UNKNOWN_TIME, (Issue(row, "warning", "time_implausible", str(problem)),)
