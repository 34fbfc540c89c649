"""Pages of a Blockbook server (Trezor's): an address, an extended public key (xpub) or a transaction, with details.

Raw, shortened::

    {"page": 1, "totalPages": 1, "itemsOnPage": 1000, "address": "bc1q..", "txs": 1, "transactions": [
      {"txid": "4855..", "version": 1, "vin": [{"txid": "ffd5..", "n": 0, "addresses": ["bc1qh.."], "isAddress": true,
       "value": "3220"}], "vout": [{"value": "1000", "n": 0, "hex": "0014..", "addresses": ["bc1qr.."]}],
       "blockHeight": 627865, "confirmations": 2356, "blockTime": 1587999059, "fees": "226", "hex": "0100.."}],
     "tokens": [{"type": "XPUBAddress", "name": "bc1qr..", "path": "m/84'/0'/0'/0/0", "transfers": 13}]}

Amounts are satoshi as text. Specification: docs/api.md of the trezor/blockbook repository, API V2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.blockbook.pages import Paging, Row, has_checksum, read_rows
from connectors.blockbook.transactions import find_address, read_transaction
from connectors.evm import refuse
from trails.errors import ValueProblem
from trails.identifiers import parse_address
from trails.model import Event, Issue, Node, Record, RowsRead, Skip
from trails.records import Held, json_paths, say_broken
from trails.timestamps import UNKNOWN_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_PAGE = {"address", "balance", "totalReceived", "totalSent", "txs"}
_TRANSACTION = {"txid", "vin", "vout"}
_MARKS = {"vin.isAddress", "vin.addresses", "vout.isAddress", "vout.addresses"}
_ACCOUNT_CHAINS = {"ethereumSpecific", "nonce", "transactions.ethereumSpecific"}
_NO_ADDRESS = "this is no address of an extended public key: an object with a name"
_SKIPPED = {
    "txid": "only the id of a transaction; get the page with details=txs",
    "summary": "summary of an address: it holds no transactions; get the page with details=txs",
}


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its first object is a page or transaction of Blockbook about a Bitcoin-like chain."""
    paths = json_paths(head.text)
    for prefix in ("", "result.", "data."):
        words = {path.removeprefix(prefix) for path in paths if path.startswith(prefix)}
        if words & _ACCOUNT_CHAINS:
            return None
        if words >= _PAGE:
            return "the first JSON object is a Blockbook page of an address or extended public key"
        if words >= _TRANSACTION and words & _MARKS and "vout.scriptPubKey" not in words:
            return "the first JSON object is a transaction in Blockbook's form"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw transactions, ids and addresses, from 1, over all pages."""
    for row in read_rows(source, options, Paging()):
        yield row.record


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the movements of every transaction, and the addresses that a page states for an extended public key.

    Raises SourceError for an error page, and UsageError for a rail that is no Bitcoin network.
    """
    paging, rows, held = Paging(), 0, Held(source.name)
    good: list[tuple[bitcoin.Transaction, Row]] = []
    stated: set[tuple[str, str]] = set()
    for row in read_rows(source, options, paging):
        rows += 1
        held.add(row.record)
        if row.kind in _SKIPPED:
            yield Skip(row.record.row, _SKIPPED[row.kind])
        elif row.kind == "token":
            yield from _read_token(row, stated)
        else:
            try:
                good.append((read_transaction(row.record.row, row.record.value), row))
            except ValueProblem as problem:
                yield refuse(row.record.row, problem)
    usual = bitcoin.network((tx for tx, _ in good), options, file=source.name)
    for tx, row in good:
        facts = list(bitcoin.state(tx, bitcoin.network([tx], options, usual)))
        yield from facts
        if not any(isinstance(each, Issue) and each.severity == "error" for each in facts):
            try:
                yield from list(_own_addresses(row, stated))
            except ValueProblem as problem:
                yield refuse(row.record.row, problem)
    yield from paging.issues()
    yield RowsRead(rows)


def _read_token(row: Row, stated: set[tuple[str, str]]) -> Iterator[Record]:
    """One address of an extended public key: the server derived it, so whoever holds the key holds the address."""
    value: Any = row.record.value
    number = row.record.row
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        yield Issue(number, "error", "malformed", say_broken(value, _NO_ADDRESS))
        return
    if value.get("type") != "XPUBAddress" or row.xpub is None:
        yield Skip(number, f"token of type {str(value.get('type'))[:40]}: no address of an extended public key")
        return
    path = value.get("path")
    where = f"address {path} of" if isinstance(path, str) else "address of"
    try:
        event = _identifier(number, row.xpub, value["name"], where)
    except ValueProblem as problem:
        yield refuse(number, problem)
        return
    if (row.xpub, event.identity) in stated:
        yield Skip(number, "stated on an earlier page")
        return
    stated.add((row.xpub, event.identity))
    yield event


def _own_addresses(row: Row, stated: set[tuple[str, str]]) -> Iterator[Event]:
    """The inputs and outputs a page of an extended public key marks as its own."""
    if row.xpub is None or not has_checksum(row.xpub):
        return
    for side in (*row.record.value["vin"], *row.record.value["vout"]):
        address = find_address(side)
        if address is not None and side.get("isOwn") is True:
            event = _identifier(row.record.row, row.xpub, address, "address (isOwn) of")
            if (row.xpub, event.identity) not in stated:
                stated.add((row.xpub, event.identity))
                yield event


def _identifier(row: int, xpub: str, address: str, where: str) -> Event:
    if not has_checksum(xpub):
        raise ValueProblem(f"extended public key {xpub[:30]!r}.. fails its checksum: damaged or cut")
    found = parse_address(address)
    if found.family not in bitcoin.RAILS:
        raise ValueProblem(f"address {address!r} is a {found.family} address, not one of Bitcoin")
    key = Node("wallet", f"xpub:{xpub}", label="extended public key")
    text = f"{where} the extended public key {xpub[:12]}..{xpub[-6:]}"
    return Event(row, "identifier", UNKNOWN_TIME, key, Node(found.family, found.key), text, f"xpub|{xpub}|{found.key}")
