"""The pages a Blockbook file holds, and the rows of each: transactions, ids of transactions, addresses of an xpub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from base58_bech32 import base58
from base58_bech32.exceptions import Base58Bech32Exception

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.model import Issue
from trails.records import check_row, items_at, json_documents

if TYPE_CHECKING:
    from trails.connector import ReadOptions, Source

Kind = Literal["transaction", "txid", "token", "summary"]
_LISTS: tuple[tuple[str, Kind], ...] = (("transactions", "transaction"), ("txids", "txid"), ("tokens", "token"))
_XPUB = re.compile(r"[a-zA-Z]pub[1-9A-HJ-NP-Za-km-z]{90,120}\Z", re.ASCII)
_XPUB_BYTES = 78


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its kind, its raw text and value, and the extended public key whose page it stands on."""

    record: RawRecord
    kind: Kind
    xpub: str | None = None


@dataclass(slots=True)
class Paging:
    """Which pages of each address a file holds, and how many there are."""

    seen: dict[str, set[int]] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)

    def note(self, page: dict[str, Any]) -> None:
        """Note one page."""
        number, total, address = page.get("page"), page.get("totalPages"), page.get("address")
        if isinstance(address, str) and isinstance(number, int) and isinstance(total, int):
            self.seen.setdefault(address, set()).add(number)
            self.total[address] = max(total, self.total.get(address, 0))

    def issues(self) -> Iterator[Issue]:
        """A warning for each address of which pages are missing."""
        for address, total in self.total.items():
            held = len(self.seen[address])
            if held < total:
                message = f"{address[:120]}: {held} of {total} pages are in the file, transactions are missing"
                yield Issue(None, "warning", "possibly_truncated", message)


def read_rows(source: Source, options: ReadOptions, paging: Paging) -> Iterator[Row]:
    """The rows of all pages, numbered on; raises SourceError for an error page."""
    number = 0
    for document in json_documents(source, options, pages=("transactions", "txids", "balance")):
        for raw, value, kind, xpub in _rows_of(document, source.name, paging):
            number += 1
            yield Row(RawRecord(number, raw, value), kind, xpub)


def _rows_of(document: RawRecord, name: str, paging: Paging) -> Iterator[tuple[str, Any, Kind, str | None]]:
    at, page = _unwrap(document.value)
    if not isinstance(page, dict) or "vin" in page:
        yield document.raw, check_row(document.raw, page), "transaction", None
        return
    if "error" in page and "address" not in page:
        raise SourceError(
            f"{name}: document {document.row}: the server answered with an error: {str(page['error'])[:200]}"
        )
    paging.note(page)
    xpub = find_xpub(page)
    found = False
    for key, kind in _LISTS:
        if isinstance(page.get(key), list) and page[key]:
            found = True
            for raw, value in items_at(document.raw, (*at, key), name):
                yield raw, value, kind, xpub
    if not found:
        yield document.raw, page, "summary", xpub


def _unwrap(value: Any) -> tuple[tuple[str, ...], Any]:
    """Take a page out of an RPC (``result``) or websocket (``data``) answer."""
    if isinstance(value, dict):
        for key in ("result", "data"):
            if isinstance(value.get(key), dict) and "vin" not in value and "address" not in value:
                return (key,), value[key]
    return (), value


def find_xpub(page: dict[str, Any]) -> str | None:
    """The extended public key, or descriptor, that a page is about."""
    address = page.get("address")
    if not isinstance(address, str):
        return None
    tokens = page.get("tokens")
    listed = isinstance(tokens, list) and any(
        isinstance(each, dict) and each.get("type") == "XPUBAddress" for each in tokens
    )
    return address if listed or "usedTokens" in page or _XPUB.match(address) or "(" in address else None


def has_checksum(xpub: str) -> bool:
    """Whether an extended public key is whole; a descriptor has none to check here."""
    if not _XPUB.match(xpub):
        return "(" in xpub
    try:
        return len(base58.b58decode_check(xpub)) == _XPUB_BYTES
    except (Base58Bech32Exception, ValueError):
        return False
