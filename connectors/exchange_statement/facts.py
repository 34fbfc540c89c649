"""The facts of one row: what moved between a customer's account and the exchange, and what the row says of a chain.

Accounts are ``binance:account:<customer>``. Value that enters or leaves the exchange passes a junction named by the
chain's transaction or the exchange's own number (``binance:withdrawal:<txid>``); what the exchange states about the
chain hangs on that junction as events, and moves nothing there.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.exchange_statement.cells import Sum
from connectors.exchange_statement.chain import ChainWords, chain_events
from connectors.references import hide_names
from trails.columns import CellProblem
from trails.errors import IdentifierError
from trails.identifiers import normalise_name, parse_address
from trails.model import Event, Node, Record, Transfer
from trails.words import quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.exchange_statement.cells import Row
    from trails.timestamps import Instant

#: The status a transfer carries: what did not happen moves nothing, but stays visible with its address.
STATUS = {"done": "ok", "pending": "unconfirmed", "failed": "failed"}
_OFF_CHAIN = re.compile(r"(?:internal|off-?chain)", re.IGNORECASE)
_PREFIX = {"trade": "trade", "peer": "p2p", "card": "card"}


class SkipRow(Exception):
    """A row that is left out on purpose; its text is the reason."""


@dataclass(slots=True)
class Ledger:
    """What holds for all rows of one table; ``seen`` counts equal rows that have no number of their own."""

    fallback_scope: str
    seen: dict[str, int]
    #: What else a row with an id says, by its identity: a row with the same id that says something else is no repeat.
    said: dict[str, list[int]] = field(default_factory=dict)
    #: How many amounts of each coin are finer than its own unit.
    fine: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row on its way to facts."""

    row: Row
    scope: str
    time: Instant
    status: str
    identity: str
    reference: str

    @property
    def exchange(self) -> str:
        """Whose table this is."""
        return self.row.layout.exchange

    @property
    def account(self) -> Node:
        """The customer's account."""
        label = f"{self.exchange} account {self.row.text('user') or self.scope}"
        return Node("vasp", f"{self.exchange}:account:{self.scope}", label=label)

    def own(self, what: str) -> Node:
        """An account of the exchange itself: its fees, or the house that pays rewards and lends."""
        return Node("vasp", f"{self.exchange}:{what}", label=f"{self.exchange} {what}")

    def junction(self, what: str, reference: str | None = None) -> Node:
        """Where value passes: a deposit, withdrawal, trade, order or card payment."""
        return Node("vasp", f"{self.exchange}:{what}:{reference or self.reference}", "junction")

    def move(
        self, src: Node, dst: Node, what: Sum, leg: str, kind: str = "transfer", *, identity: str | None = None
    ) -> Transfer:
        """A movement of this row, told apart from the row's others by its leg, or by an identity of its own."""
        reference = hide_names(self.row.text("id")) or None
        return Transfer(
            self.row.number, src, dst, what.asset, what.size,
            "fee" if kind == "fee" else "refund" if kind == "refund" else "transfer",
            self.time, ref=reference, status=self.status, identity=identity or f"{self.identity}|{leg}",
        )  # fmt: skip


def read_entry(ledger: Ledger, row: Row, what: str, first: Sum) -> Entry:
    """What a row is: whose, when, how it ended, and by which number it is known."""
    scope, time = row.scope(ledger.fallback_scope), row.time()
    own = row.text("id")
    stamp = time.time.strftime("%Y-%m-%dT%H:%M:%SZ") if time.time else "unknown time"
    parts = [row.layout.exchange, scope, row.layout.table, row.operation or what, row.text("account"), stamp]
    parts += [first.asset.symbol or "?", str(first.units), own or chain_reference(row)]
    identity = "|".join(parts)
    place = ledger.seen.get(identity, 0)
    ledger.seen[identity] = place + 1
    identity = _told_apart(ledger, row, identity, place) if own else f"{identity}|#{place}"
    reference = hide_names(row.text("trade_id") or own)
    if not reference:
        reference = f"{scope}:{stamp}" if time.time else f"{scope}:row-{row.number}"
        reference += "" if what == "trade" else f":{identity.rpartition('|#')[2]}:{first.asset.symbol}:{first.units}"
    return Entry(row, scope, time, _read_status(row), identity, reference)


def _told_apart(ledger: Ledger, row: Row, identity: str, place: int) -> str:
    """The identity of a row with an id; raises SkipRow where an earlier row says just the same.

    An order's number may stand for an id: its parts can be equal in time and amount, and differ in price, fee or wallet.
    """
    says = hash(tuple(row.cells.texts.values()))
    earlier = ledger.said.setdefault(identity, [])
    if says in earlier:
        raise SkipRow(f"a repeat of the row above with the id {quote_id(row.text('id'))}, the same time and amount")
    earlier.append(says)
    if not place:
        return identity
    message = "an earlier row has the same id, time and amount, but says something else: counted as a further one"
    row.warn("id_repeated", message, "note")
    return f"{identity}|#{place}"


def _read_status(row: Row) -> str:
    """How the row ended; a table without a column of results lists only what happened. Raises CellProblem, SkipRow."""
    if "status" not in row.layout.mapping.columns:
        return "ok"
    said, known = row.text("status"), row.layout.mapping.status
    for word in (said, said.partition("/")[0]):
        if (meaning := known.get(normalise_name(word))) is not None:
            if meaning == "skip":
                raise SkipRow(f"the mapping says to skip rows with status {word.strip()!r}")
            return STATUS[meaning]
    raise CellProblem("status_unknown", f"{row.cells.shown('status')} is not known; say what it means under [status]")


def movement_facts(ledger: Ledger, row: Row, meaning: str) -> Iterator[Record]:
    """A row with one amount: a line of a statement, a deposit, a withdrawal."""
    if meaning == "skip" or (meaning == "inside" and not _charged(row)):
        raise SkipRow(_why_left_out(row, meaning))
    if "id_required" in row.layout.flags and not row.text("id"):
        raise SkipRow("a row without an id: an unconfirmed repeat of the row that has one")
    what = row.sum("amount", "coin")
    entry = read_entry(ledger, row, meaning, what)
    if what.units is None:
        raise CellProblem("amount_missing", "the row states no amount, so it says nothing of value")
    fee = _fee(row, what)
    if not what.units and not (fee and fee.units):
        raise SkipRow("an amount of zero and no fee: nothing moved")
    if meaning == "inside":
        if fee is None or not fee.units:
            raise SkipRow(_why_left_out(row, meaning))
        yield fee_leg(entry, fee, by_id=False)
        return
    yield from one_movement(entry, meaning, what, fee)


def _charged(row: Row) -> bool:
    """Whether the row may state a fee that is not zero: a move within the customer's accounts can cost one."""
    return not _SOMETHING.isdisjoint(row.text("fee"))


_SOMETHING = frozenset("123456789")


def _why_left_out(row: Row, meaning: str) -> str:
    said = "/".join(filter(None, (row.operation, row.text("suboperation")))) or "this operation"
    why = "a move between the customer's own accounts at the exchange" if meaning == "inside" else "not a payment"
    return f"{said!r}: {why}"


def one_movement(entry: Entry, meaning: str, what: Sum, fee: Sum | None) -> Iterator[Record]:
    """What moved between the account and the other side that the meaning of the row names, and what it cost."""
    row, inward = entry.row, _direction(entry.row, meaning, what)
    inside = row.layout.fee == "inside" and not inward and fee is not None and fee.asset.symbol == what.asset.symbol
    moved = _less(what, fee) if inside and fee is not None else what
    reverse = (meaning, inward) in (("deposit", False), ("withdrawal", True), ("fee", True))
    if reverse:
        row.warn("reversed", f"{row.cells.shown('amount')} has the sign of a {meaning} that was taken back", "note")
    other = _other_side(entry, meaning)
    src, dst = (other, entry.account) if inward else (entry.account, other)
    if what.units:
        kind = "refund" if reverse else "fee" if meaning == "fee" else "transfer"
        by_leg = "trade_legs_by_id" in row.layout.flags and meaning == "trade"
        yield _leg_by_id(entry, src, dst, moved) if by_leg else entry.move(src, dst, moved, meaning, kind)
    if fee is not None and fee.units:
        yield fee_leg(entry, fee, by_id="trade_legs_by_id" in row.layout.flags and meaning == "trade")
    if meaning in ("deposit", "withdrawal"):
        yield from chain_events(entry, other, ChainWords(incoming=meaning == "deposit"))


def _other_side(entry: Entry, meaning: str) -> Node:
    if meaning == "fee":
        return entry.own("fee")
    if meaning == "house":
        return entry.own("house")
    if meaning in ("deposit", "withdrawal"):
        return entry.junction(meaning, chain_reference(entry.row) or None)
    return entry.junction(_PREFIX[meaning])


def chain_reference(row: Row) -> str:
    """What names a deposit or withdrawal across tables: the chain's transaction, with the address where one is stated
    (an exchange pays many customers in one transaction); empty where the row has neither."""
    txid = row.text("txid")
    if not txid or _OFF_CHAIN.search(txid):
        return hide_names(txid)
    plain = txid.removeprefix("0x").lower() if re.fullmatch(r"(0x)?[0-9A-Fa-f]{64}", txid) else hide_names(txid)
    address = hide_names(row.address)
    with suppress(IdentifierError):
        address = parse_address(row.address).key
    return f"{plain}:{address}" if address else plain


def _direction(row: Row, meaning: str, what: Sum) -> bool:
    """Whether value comes in: by the column that says so, by the sign where amounts have one, else by the operation."""
    units = what.units or 0
    if said := row.text("direction"):
        way = row.layout.meaning("directions", said)
        if way is None:
            raise CellProblem("direction_unknown", f"{row.cells.shown('direction')} is not under [directions]")
        return way == "in"
    if "signed" in row.layout.flags:
        return units > 0 or (units == 0 and meaning == "deposit")
    if "either_sign" in row.layout.flags and units < 0:
        if meaning == "deposit":
            raise CellProblem("sign_contradicts", f"{row.cells.shown('amount')} is negative, but the row is a deposit")
        return False
    if units < 0:
        raise CellProblem("negative_amount", f"{row.cells.shown('amount')} is negative in a table without signs")
    if meaning not in ("deposit", "withdrawal", "fee", "house", "card"):
        raise CellProblem("direction_missing", f"a {meaning} needs a sign or a column of directions")
    return meaning in ("deposit", "house")


def _fee(row: Row, what: Sum) -> Sum | None:
    if "fee" not in row.layout.mapping.columns:
        return None
    fee = row.sum("fee", "fee_coin", unit=None if _has_own_unit(row) else what.asset.symbol)
    return Sum(fee.asset, fee.size) if "either_sign" in row.layout.flags else fee


def _has_own_unit(row: Row) -> bool:
    """Whether the fee's cell says its own coin: the amount's cell does, and no column does for either."""
    return "coin" not in row.layout.mapping.columns and not row.layout.mapping.said("currency")


def _less(what: Sum, fee: Sum) -> Sum:
    left = what.less(fee)
    if left.units is not None and left.units < 0:
        raise CellProblem("fee_too_large", "the fee is more than the amount that is said to include it")
    return left


def fee_leg(entry: Entry, fee: Sum, *, by_id: bool) -> Transfer:
    """What the exchange charged, or, with a minus, gave back of a fee it had charged."""
    returned = (fee.units or 0) < 0
    src, dst = (entry.own("fee"), entry.account) if returned else (entry.account, entry.own("fee"))
    identity = _by_id(entry, "fee", fee, "fee") if by_id else None
    return entry.move(src, dst, fee, "fee", "refund" if returned else "fee", identity=identity)


def _leg_by_id(entry: Entry, src: Node, dst: Node, what: Sum) -> Transfer:
    """One leg of a trade that ledger and trade list of an exchange both state under the trade's number."""
    side = "in" if dst == entry.account else "out"
    if "leg" in entry.row.parts:
        message = f"one of several rows of the order {quote_id(entry.reference)} with this coin: a list of trades states their sum"
        entry.row.warn("order_in_parts", message, "note")
    return entry.move(src, dst, what, "trade", identity=_by_id(entry, side, what, "leg"))


def _by_id(entry: Entry, side: str, what: Sum, part: str) -> str:
    """What makes a leg the same in ledger and trade list; a further part of a side is told apart by its own id."""
    identity = f"{entry.exchange}|{entry.scope}|trade|{entry.reference}|{side}|{what.asset.symbol}"
    return f"{identity}|{entry.row.text('id')}" if part in entry.row.parts else identity


def leg(entry: Entry, sent: Sum | None, received: Sum | None, fee: Sum | None) -> Iterator[Record]:
    """A trade: what the customer gave goes to the trade, what he got comes from it, the fee is on top."""
    trade = entry.junction("trade")
    by_id = "trade_legs_by_id" in entry.row.layout.flags
    for src, dst, what in ((entry.account, trade, sent), (trade, entry.account, received)):
        if what is not None and what.units:
            yield (
                _leg_by_id(entry, src, dst, what)
                if by_id
                else entry.move(src, dst, what, "out" if dst == trade else "in")
            )
    if fee is not None and fee.units:
        yield fee_leg(entry, fee, by_id=by_id)


def peer_event(entry: Entry, text: str, other: Node | None) -> Event:
    """What was to be paid for a peer-to-peer order outside the exchange."""
    said = text if entry.status == "ok" else f"{text} ({entry.status})"
    return Event(entry.row.number, "paid_outside", entry.time, entry.junction("p2p"), other, said,
                 f"{entry.identity}|paid_outside")  # fmt: skip
