"""One line of a wallet's own history, whatever the program, and the facts it states.

A wallet's book is somebody's statement about a transaction that the chain holds too. So its value moves on the rail
``wallet`` only (account ``wallet:<scope>``, junction = the transaction's id); an event names the transaction on the
chain. Nothing is counted twice when the chain's own record is added as well.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors import bitcoin
from trails.errors import AmountError, IdentifierError, UsageError
from trails.identifiers import canonical_address, parse_address
from trails.model import Event, Issue, Node, Skip, Transfer
from trails.money import BTC_TEST, Asset, currency, expand_exponent, parse_units
from trails.words import quote_cell, quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import Record
    from trails.timestamps import Instant

#: Units a wallet shows amounts in, as decimal places of satoshi.
UNITS = {"btc": 8, "mbtc": 5, "bits": 2, "ubtc": 2, "µbtc": 2, "sat": 0, "sats": 0, "satoshi": 0, "satoshis": 0}
#: Lightning counts in thousandths of a satoshi, which Bitcoin itself cannot hold: its amounts have an asset of their own.
LIGHTNING = Asset("BTC@lightning", "lightning", None, "BTC", 11)
_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Whose history it is: the scope that names its account, the name people read, and the chain its ids are of."""

    scope: str
    name: str
    rail: str

    @property
    def account(self) -> Node:
        """The wallet's own account."""
        return Node("wallet", f"wallet:{self.scope}", label=self.name)

    @property
    def asset(self) -> Asset:
        """The coin of its chain."""
        return currency("BTC") if self.rail == "bitcoin" else BTC_TEST


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin of a wallet that holds many: its asset, and the rail its ids are of (None where the coin does not say it)."""

    asset: Asset
    rail: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, or what it says of one coin. ``change`` is what the balance on the chain gained or lost, fee included, in base
    units; ``lightning`` the same in thousandths of a satoshi. ``fee`` is what the network took of it, in the unit of what was
    spent. Without a ``coin`` it counts Bitcoin."""

    row: int
    time: Instant
    status: str
    txid: str | None = None
    payment: str | None = None
    change: int = 0
    lightning: int = 0
    fee: int | None = None
    addresses: tuple[str, ...] = ()
    label: str = ""
    doubts: tuple[Issue, ...] = ()
    coin: Coin | None = None


@dataclass(slots=True)
class Seen:
    """What earlier lines of the file stated: a transaction of several lines is named once."""

    events: set[str] = field(default_factory=set)
    legs: Counter[str] = field(default_factory=Counter)


def to_units(text: str, decimals: int) -> int:
    """A wallet's number in base units; Electrum writes ``0.`` for nothing. Raises AmountError.

    >>> to_units("-0.00201", 8), to_units("0.", 8), to_units("8.36E-05", 8)
    (-201000, 0, 8360)
    """
    found = _NUMBER.match(text.strip()) or _NUMBER.match(expand_exponent(text))
    if not found:
        raise AmountError(f"amount {quote_cell(text)} is not a plain decimal number")
    return parse_units(f"{found[1]}{found[2]}.{found[3] or '0'}", decimals)


def state(entry: Entry, wallet: Wallet, seen: Seen) -> Iterator[Record]:
    """Everything a line states: what moved, which transaction and addresses it names, and the note beside it.

    Raises IdentifierError for an address that is damaged or of another chain.
    """
    rail = entry.coin.rail if entry.coin else wallet.rail
    addresses = [(_find_address(entry.row, address, rail), address) for address in entry.addresses]
    reference = entry.txid or entry.payment
    if not entry.change and not entry.lightning and not entry.fee:
        yield Skip(entry.row, "moves nothing")
        return
    yield from entry.doubts
    yield from (found for found, _ in addresses if isinstance(found, Issue))
    junction = Node("wallet", reference or f"row:{wallet.scope}:{entry.row}", "junction")
    yield from _legs(entry, wallet, junction, seen)
    name = f"{wallet.scope}|{junction.key}"
    named: list[tuple[str, Node | None, str]] = [
        ("stated_address", found, raw if entry.coin else found.key) for found, raw in addresses if isinstance(found, Node)
    ]
    if entry.txid:
        chain = Node(rail, entry.txid, "junction") if rail in bitcoin.RAILS else None
        named.insert(0, ("stated_tx", chain, entry.txid))
    for kind, other, text in named:
        identity = f"{name}|{kind}|{text}"
        if identity not in seen.events:
            seen.events.add(identity)
            yield Event(entry.row, kind, entry.time, junction, other, text, identity)
    identity = f"{name}|note|{entry.label}"
    if entry.label and identity not in seen.events:
        seen.events.add(identity)
        yield Event(entry.row, "note", entry.time, junction, None, entry.label, identity)


def _find_address(row: int, text: str, rail: str | None) -> Node | Issue:
    """An address on its coin's rail; of a coin whose chain is not known only one whose checksum says what it is.

    Bitcoin's form does not: chains that split off it write the same addresses.
    """
    if rail is not None:
        return Node(rail, canonical_address(text, rail))
    try:
        found = parse_address(text)
    except IdentifierError:
        return Issue(row, "note", "address_unknown", f"address {quote_id(text)} is none of Bitcoin, TRON or an EVM chain: left out")
    if found.checksummed and found.family != "bitcoin":
        return Node(found.family, found.key)
    message = f"address {quote_id(text)} does not say whose chain it is of, nor does the coin: left out"
    return Issue(row, "note", "address_unchecked", message)


def _legs(entry: Entry, wallet: Wallet, junction: Node, seen: Seen) -> Iterator[Record]:
    fee = entry.fee or 0
    on_chain = entry.txid or entry.coin
    own = entry.coin.asset if entry.coin else wallet.asset
    spent_asset = own if on_chain else LIGHTNING
    spent = -min(entry.change, 0) if on_chain else -min(entry.lightning, 0)
    if fee > spent and not (entry.txid and entry.lightning < 0):
        message = f"the fee ({fee}) is more than what left the wallet ({spent} base units): it was paid by others too"
        yield Issue(entry.row, "note", "fee_of_others", message)
        fee = 0
    for asset, change in ((own, entry.change), (LIGHTNING, entry.lightning)):
        if change < 0:
            yield _transfer(entry, wallet, wallet.account, junction, asset, -change, "out", seen)
        elif change > 0:
            yield _transfer(entry, wallet, junction, wallet.account, asset, change, "in", seen)
    if fee:
        yield _transfer(
            entry, wallet, junction, Node("wallet", "fee", label="network fee"), spent_asset, fee, "fee", seen
        )


def _transfer(
    entry: Entry, wallet: Wallet, src: Node, dst: Node, asset: Asset, amount: int, leg: str, seen: Seen
) -> Transfer:
    """One movement; equal ones of one transaction (several lines pay one address) are told apart by their count."""
    reference = entry.txid or entry.payment or f"row {entry.row}"
    identity = "|".join((wallet.scope, reference, leg, asset.asset, *entry.addresses))
    seen.legs[identity] += 1
    return Transfer(
        entry.row, src, dst, asset, amount, "fee" if leg == "fee" else "transfer", entry.time,
        ref=reference, status=entry.status, identity=f"{identity}|{seen.legs[identity]}",
    )  # fmt: skip


def check_rail(rail: str | None) -> str:
    """The chain a history is of: Bitcoin unless it is said to be a test network; raises UsageError for others."""
    if rail is not None and rail not in bitcoin.RAILS:
        raise UsageError(f"--rail {rail}: it is not one of {', '.join(bitcoin.RAILS)}")
    return rail or "bitcoin"
