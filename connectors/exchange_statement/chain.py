"""What an exchange's row says of a chain: the transaction and the addresses, as events on the row's junction.

The rail comes from the network the row names, else from an address whose checksum says its kind. Nothing is kept of an
address that neither says, unless a memo (a tag, a payment id) stands beside it: services that have one address for all
tell their customers apart by it, so address and memo together name an account. Of a deposit it is the customer's own.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.errors import IdentifierError
from trails.identifiers import (
    EVM_RAILS,
    NULL_ADDRESSES,
    Address,
    find_mentions,
    normalise_name,
    parse_address,
    parse_txid,
)
from trails.model import Event, Issue, Node
from trails.words import quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.exchange_statement.cells import Row
    from connectors.exchange_statement.facts import Entry

_OFF_CHAIN = re.compile(r"(?:internal|off-?chain)", re.IGNORECASE)
_HASH_RAILS = ("bitcoin", "tron", *EVM_RAILS)
_SHORTEST_HASH = 20
_NO_MEMO = ("", "none", "null", "nil", "n/a", "no memo")
_CUT = re.compile(r"\d([.,]\d+)?[eE]\+?\d+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChainWords:
    """Which columns speak of the chain, and whether the value came in from it."""

    incoming: bool
    txid: str = "txid"
    address: str = "address"


def chain_events(entry: Entry, junction: Node, words: ChainWords) -> Iterator[Event | Issue]:
    """The transaction and the addresses a deposit or withdrawal states."""
    row = entry.row
    addresses = _addresses(row, words)
    rail, network = _named_rail(row)
    families = {found.family for _, _, found in addresses if found and found.checksummed}
    if rail is None and len(families) == 1 and not network:
        rail = families.pop()
    if network and rail is None:
        yield Issue(row.number, "note", "network_unknown",
                    f"{row.cells.shown('network')} is no network known here; name its rail under [networks]")  # fmt: skip
    yield from _transaction(entry, junction, words, rail)
    tagged = _tagged_account(row, words)
    for side, raw, found in addresses:
        if not (tagged and side == "to" and found is None):
            yield from _address(entry, junction, side, raw, found, rail)
    if tagged:
        kind, node = ("identifier", entry.account) if words.incoming else ("stated_address", junction)
        text = f"to {tagged.label}"
        yield Event(row.number, kind, entry.time, node, tagged, text, f"{entry.identity}|{junction.key}|memo")


def _tagged_account(row: Row, words: ChainWords) -> Node | None:
    """The account that an address and a memo name together; None without a memo, or where it cannot be kept."""
    memo, address = row.text("memo") if words.address == "address" else "", row.address
    if normalise_name(memo) in _NO_MEMO:
        return None
    if _CUT.match(memo):
        row.warn("memo_damaged", f"{row.cells.where('memo')}: written by a spreadsheet, which cut it: left out")
        return None
    if not address:
        row.warn("memo_alone", f"{row.cells.where('memo')}: a memo without an address names no account: left out", "note")
        return None
    with suppress(IdentifierError):
        address = parse_address(address).key
    return Node("vasp", f"tagged:account:{address}:{memo}", label=f"{address} memo {memo}")


def _named_rail(row: Row) -> tuple[str | None, str]:
    """The rail of the network's name (``TRC20``, ``USDT-TRC20``), None where it is unknown, and the name itself."""
    network = row.text("network")
    for word in (network, network.rpartition("-")[2], network.partition("(")[0].rstrip()):
        if word and (rail := row.layout.meaning("networks", word)):
            return rail, network
    return None, network


def _addresses(row: Row, words: ChainWords) -> list[tuple[str, str, Address | None]]:
    """Each stated address with the side it is on; None where its text is no address known here."""
    found: list[tuple[str, str, Address | None]] = []
    for side, word in (("to", words.address), ("from", "from_address")):
        raw = row.address if word == "address" else row.text(word)
        if not raw and side == "to" and not words.incoming and word not in row.layout.mapping.columns:
            raw = _noted_address(row)
        if raw:
            try:
                found.append((side, raw, parse_address(raw)))
            except IdentifierError:
                found.append((side, raw, None))
    return found


def _noted_address(row: Row) -> str:
    """The one address in the note of a table that has no column for it; empty where there is none, or several."""
    note = row.text("note")
    named = [note[each.start : each.end] for each in find_mentions(note) if each.kind not in ("txid", "damaged")] if note else []
    return named[0] if len(named) == 1 else ""


def _transaction(entry: Entry, junction: Node, words: ChainWords, rail: str | None) -> Iterator[Event | Issue]:
    row = entry.row
    raw, shown = row.text(words.txid), words.txid
    if not raw and words.txid == "txid":
        mentioned = [each.key for each in find_mentions(row.text("note")) if each.kind == "txid"]
        raw, shown = (mentioned[0], "note") if len(mentioned) == 1 else ("", "txid")
    if not raw:
        return
    if _OFF_CHAIN.search(raw):
        message = f"{row.cells.shown(shown)}: the exchange says this never went over a chain"
        yield Issue(row.number, "note", "off_chain", message)
        return
    try:
        txid = parse_txid(raw)
    except IdentifierError:
        if rail in _HASH_RAILS or len(raw) < _SHORTEST_HASH or not raw.isalnum():
            message = f"{row.cells.where(shown)}: {quote_id(raw)} is no transaction id: left out"
            yield Issue(row.number, "warning", "txid_damaged", message)
            return
        txid = raw
    other = Node("bitcoin", txid, "junction") if rail == "bitcoin" else None
    yield Event(
        row.number, "stated_tx", entry.time, junction, other, txid, f"{entry.identity}|{junction.key}|stated_tx"
    )


def _address(
    entry: Entry, junction: Node, side: str, raw: str, found: Address | None, rail: str | None
) -> Iterator[Event | Issue]:
    row = entry.row
    if found is None or (rail is not None and found.family != ("evm" if rail in EVM_RAILS else rail)):
        why = "is no address of Bitcoin, TRON or an EVM chain" if found is None else f"is no address of {rail}"
        damaged = rail is not None
        severity, code = ("warning", "address_damaged") if damaged else ("note", "address_unknown")
        yield Issue(
            row.number, "warning" if severity == "warning" else "note", code, f"address {quote_id(raw)} {why}: left out"
        )
        return
    if rail is None and not found.checksummed:
        message = f"address {raw!r} has no checksum and its network is not known: left out"
        yield Issue(row.number, "note", "address_unchecked", message)
        return
    if found.key in NULL_ADDRESSES:
        yield Issue(row.number, "note", "null_address", f"address {raw!r} is one nobody owns")
    node = Node(rail or found.family, found.key)
    identity = f"{entry.identity}|{junction.key}|stated_address|{side}"
    yield Event(row.number, "stated_address", entry.time, junction, node, f"{side} {raw}", identity)
