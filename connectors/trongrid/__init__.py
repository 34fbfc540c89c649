"""What TronGrid's v1 API answers about an address or a contract: one page, a list of pages, or pages as JSON lines.

Four kinds of items may stand in ``data``, each known by its own fields::

    token transfers   {"transaction_id": "3fa1..", "token_info": {"symbol": "USDT", "address": "TR7N..", "decimals": 6,
                       "name": "Tether USD"}, "block_timestamp": 1722641076000, "from": "TG4Y..", "to": "TL6A..",
                       "type": "Transfer", "value": "680000000"}
    transactions      {"txID": "18f5..", "block_timestamp": 1592755239000, "ret": [{"contractRet": "SUCCESS",
                       "fee": 299770}], "raw_data": {"contract": [{"type": "TriggerSmartContract",
                       "parameter": {"value": {"owner_address": "4179..", "contract_address": "41a6..",
                       "data": "a9059cbb..", "call_value": 0}}}]}, "internal_transactions": []}
    internal calls    {"internal_tx_id": "9a..", "tx_id": "18f5..", "from_address": "41..", "to_address": "41..",
                       "block_timestamp": 1592755239000, "data": {"note": "63616c6c", "rejected": false,
                       "call_value": {"_": 1000000}}}
    contract events   {"transaction_id": "3fa1..", "block_timestamp": 1722641076000, "contract_address": "TR7N..",
                       "event_index": 0, "event_name": "AddedBlackList", "result": {"_user": "0x.."}}

around which stands ``{"data": [..], "success": true, "meta": {"at": .., "page_size": 1, "fingerprint": ".."}}``.

Specification: TronGrid v1 API: accounts/{address}/transactions/trc20, accounts/{address}/transactions,
accounts/{address}/internal-transactions, contracts/{address}/events, transactions/{id}/events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.pages import note_full_page
from connectors.tron import PageOverlap
from connectors.trongrid.events import event_records
from connectors.trongrid.items import internal_records, token_records, transaction_records
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead, Skip
from trails.records import json_documents, json_paths, json_records, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

#: Items on a page where nothing is said, and the most that may be asked for.
_PAGE_SIZES = (20, 200)
#: The fields by which each kind of item is known, and what such a page is called.
_KINDS: tuple[tuple[str, set[str]], ...] = (
    ("TRC-20 transfers", {"token_info"}),
    ("transactions", {"raw_data", "txID"}),
    ("internal transactions", {"internal_tx_id", "tx_id"}),
    ("contract events", {"event_name", "transaction_id"}),
)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: a page of one of the four kinds, an empty page, or TronGrid's error page."""
    paths = json_paths(head.text)
    items = {path.removeprefix("data.") for path in paths if path.startswith("data.")}
    whole = "success" in paths or "transaction_id" in items or "raw_data" in items or "internal_tx_id" in items
    for name, fields in _KINDS:
        if whole and fields <= items:
            return f"a page of {name} as TronGrid answers it"
    if {"data", "meta", "success"} <= paths and not items:
        return "an empty page of TronGrid"
    return "an error page of TronGrid" if {"success", "error"} <= paths and "data" not in paths else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw items of ``data``, from 1, over all pages."""
    return json_records(source, options, at=("data",))


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give what every item of every page states, those of overlapping pages once.

    Raises SourceError for a page that is an error, or says nothing of success.
    """
    sizes, last = [], None
    for page in json_documents(source, options):
        sizes.append(_check_page(page.value, f"{source.name}: page {page.row}"))
        last = page.value
    items = records(source, options)
    overlap = PageOverlap()
    for size in sizes:
        overlap.next_page()
        for _, item in zip(range(size), items, strict=False):
            if overlap.repeats(item):
                yield Skip(item.row, "repeated on a later page")
            else:
                yield from _item_records(item.row, item.value)
    yield from _next_page(last, sizes)
    yield RowsRead(sum(sizes))


def _check_page(value: Any, where: str) -> int:
    """Count a page's items."""
    if not isinstance(value, dict):
        raise SourceError(f"{where}: {say_broken(value, 'no TronGrid page: an object with success and data')}")
    if value.get("success") is not True or not isinstance(value.get("data"), list):
        reason = value.get("error") or value.get("Error") or "it does not say success, or has no data"
        raise SourceError(f"{where}: an error page or cut: {str(reason)[:200]}; get it again")
    return len(value["data"])


def _next_page(last: Any, sizes: list[int]) -> Iterator[Issue]:
    meta = last.get("meta") if isinstance(last, dict) else None
    links = meta.get("links") if isinstance(meta, dict) else None
    if isinstance(meta, dict) and (meta.get("fingerprint") or (isinstance(links, dict) and links.get("next"))):
        message = "the last page names a next one: the export stops early, later rows are missing"
        yield Issue(None, "warning", "possibly_truncated", message)
    else:
        yield from note_full_page(sizes, _PAGE_SIZES)


def _item_records(row: int, item: Any) -> Iterator[Record]:
    if not isinstance(item, dict):
        yield Issue(row, "error", "malformed", say_broken(item, "this is no item of a TronGrid page: an object"))
    elif isinstance(item.get("token_info"), dict):
        yield from token_records(row, item, item["token_info"])
    elif isinstance(item.get("raw_data"), dict):
        yield from transaction_records(row, item)
    elif "internal_tx_id" in item:
        yield from internal_records(row, item)
    elif "event_name" in item:
        yield from event_records(row, item)
    else:
        message = "the item has neither token_info, raw_data, internal_tx_id nor event_name: no answer we know"
        yield Issue(row, "error", "malformed", message)
