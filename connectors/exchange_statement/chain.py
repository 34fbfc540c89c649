"""What an exchange's row says of a chain: the transaction and the addresses, as events on the row's junction.

The rail comes from the network the row names, else from an address whose checksum says its kind. Nothing is kept of an
address that neither says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.errors import IdentifierError
from trails.identifiers import EVM_RAILS, NULL_ADDRESSES, Address, find_mentions, parse_address, parse_txid
from trails.model import Event, Issue, Node
from trails.words import quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.exchange_statement.cells import Row
    from connectors.exchange_statement.facts import Entry

_OFF_CHAIN = re.compile(r"(?:internal|off-?chain)", re.IGNORECASE)
_HASH_RAILS = ("bitcoin", "tron", *EVM_RAILS)
_SHORTEST_HASH = 20


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
    for side, raw, found in addresses:
        yield from _address(entry, junction, side, raw, found, rail)


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
        raw = row.text(word)
        if raw:
            try:
                found.append((side, raw, parse_address(raw)))
            except IdentifierError:
                found.append((side, raw, None))
    return found


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
