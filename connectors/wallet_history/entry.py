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
from trails.errors import AmountError, UsageError
from trails.identifiers import canonical_address
from trails.model import Event, Issue, Node, Skip, Transfer
from trails.money import BTC_TEST, Asset, currency, expand_exponent, parse_units

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
class Entry:
    """One line. ``change`` is what the balance on the chain gained or lost, fee included, in satoshi; ``lightning``
    the same in thousandths of a satoshi. ``fee`` is what the network took of it, in the unit of what was spent."""

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
        raise AmountError(f"amount {text[:80]!r} is not a plain decimal number")
    return parse_units(f"{found[1]}{found[2]}.{found[3] or '0'}", decimals)


def state(entry: Entry, wallet: Wallet, seen: Seen) -> Iterator[Record]:
    """Everything a line states: what moved, which transaction and addresses it names, and the note beside it.

    Raises IdentifierError for an address that is damaged or of another chain.
    """
    addresses = [canonical_address(address, wallet.rail) for address in entry.addresses]
    reference = entry.txid or entry.payment
    if not entry.change and not entry.lightning and not entry.fee:
        yield Skip(entry.row, "moves nothing")
        return
    yield from entry.doubts
    junction = Node("wallet", reference or f"row:{wallet.scope}:{entry.row}", "junction")
    yield from _legs(entry, wallet, junction, seen)
    name = f"{wallet.scope}|{junction.key}"
    named = [("stated_address", Node(wallet.rail, address), address) for address in addresses]
    if entry.txid:
        named.insert(0, ("stated_tx", Node(wallet.rail, entry.txid, "junction"), entry.txid))
    for kind, other, text in named:
        identity = f"{name}|{kind}|{text}"
        if identity not in seen.events:
            seen.events.add(identity)
            yield Event(entry.row, kind, entry.time, junction, other, text, identity)
    identity = f"{name}|note|{entry.label}"
    if entry.label and identity not in seen.events:
        seen.events.add(identity)
        yield Event(entry.row, "note", entry.time, junction, None, entry.label, identity)


def _legs(entry: Entry, wallet: Wallet, junction: Node, seen: Seen) -> Iterator[Record]:
    fee = entry.fee or 0
    spent_asset = wallet.asset if entry.txid else LIGHTNING
    spent = -min(entry.change, 0) if entry.txid else -min(entry.lightning, 0)
    if fee > spent and not (entry.txid and entry.lightning < 0):
        message = f"the fee ({fee}) is more than what left the wallet ({spent} base units): it was paid by others too"
        yield Issue(entry.row, "note", "fee_of_others", message)
        fee = 0
    for asset, change in ((wallet.asset, entry.change), (LIGHTNING, entry.lightning)):
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
        raise UsageError(f"rail {rail!r} is not one of {', '.join(bitcoin.RAILS)}")
    return rail or "bitcoin"
