"""What a booked entry of any bank format states, and the facts made of it.

The formats' readers give :class:`Statement` and :class:`Entry`; here an entry becomes a movement between the account and
its counterparty on the rail ``bank``. What a statement must balance with is checked in :mod:`.balances`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.bank_statement.accounts import (
    account_node,
    is_iban,
    is_masked,
    is_own,
    known_account,
    looks_like_iban,
    plain_account,
    stated,
)
from connectors.bank_statement.amounts import read_asset, read_units
from trails.columns import CellProblem
from trails.identifiers import EVM_RAILS, find_mentions, normalise_name
from trails.model import Event, Issue, Node, Record, Transfer, TransferKind
from trails.money import Asset, format_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.timestamps import Instant

__all__ = [
    "Entry", "Part", "Refused", "Statement", "account_node", "entry_facts", "is_iban", "plain_account", "read_asset", "read_units",
]  # fmt: skip

_FAR_APART_S = 5 * 86_400


@dataclass(slots=True)
class Statement:
    """One account's statement: whose, in which currency, and the balances it opens and closes with (base units).

    ``number`` is its own number and page, ``seen`` counts its equal entries. ``must_balance`` says that its format states
    both balances, ``sums`` the control sums of an interim report (how many entries out and in, and their sum). ``said`` are
    issues of its head, ``moved`` its rows with their signed units; rows ``elsewhere`` are in another currency, rows
    ``doubted`` have text that looks like fields.
    """

    account: Node
    currency: str | None
    label: str
    opening: int | None = None
    closing: int | None = None
    booked: int = 0
    number: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    must_balance: bool = False
    sums: dict[bool, tuple[int, int]] = field(default_factory=dict)
    said: list[Issue] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    elsewhere: list[int] = field(default_factory=list)
    doubted: list[int] = field(default_factory=list)
    stated_currency: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """One payment: a whole entry, or one of those a batch is made of. Texts are as written, empty where not stated.

    ``currency`` is the one its own amount is written with, empty for the entry's.
    """

    amount: str
    incoming: bool
    name: str = ""
    account: str = ""
    bank: str = ""
    reference: str = ""
    payment_id: str = ""
    text: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked entry. ``amount`` has no sign; ``bank_reference`` is the servicing bank's own; ``doubts`` are its issues."""

    row: int
    raw: str
    statement: Statement
    amount: str
    currency: str
    incoming: bool
    reversal: bool
    status: str
    kind: TransferKind
    booked: Instant
    valued: Instant | None
    bank_reference: str
    parts: tuple[Part, ...]
    doubts: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that cannot be understood: its row, its text, and the issue's code and message.

    ``units`` are its signed base units where they can be read, to see whether the row is the cause of a break.
    """

    row: int
    raw: str
    code: str
    message: str
    units: int | None = None


def entry_facts(entry: Entry) -> Iterator[Record]:
    """All records of one entry; raises CellProblem for one that cannot be understood."""
    statement = entry.statement
    asset = read_asset(entry.currency)
    amount = read_units(entry.amount, asset)
    if amount < 0:
        raise CellProblem(
            "negative_amount", f"amount {entry.amount!r} is negative, beside a mark that says its direction"
        )
    units = amount if entry.incoming else -amount
    statement.moved.append((entry.row, units))
    if asset.asset != statement.currency:
        statement.elsewhere.append(entry.row)
    elif entry.status == "ok":
        statement.booked += units
    yield from entry.doubts
    base = _base(entry, asset, amount)
    parts = list(_amounts(entry, asset, amount))
    for issue in _check_parts(entry, asset, amount, parts):
        yield issue
        if issue.code == "batch_amounts_missing":
            parts = [(Part(entry.amount, entry.incoming), amount)]
    for number, (part, counted) in enumerate(parts):
        identity = base if len(parts) == 1 else f"{base}|{number + 1}"
        yield from _part_facts(entry, _asset_of(part, asset), part, counted, identity)
    yield from _check_days(entry)


def _base(entry: Entry, asset: Asset, amount: int) -> str:
    """The fewest raw fields that make an entry this entry; equal ones of one statement are counted."""
    statement = entry.statement
    way = "in" if entry.incoming else "out"
    day = entry.booked.time.date().isoformat() if entry.booked.time else "no day"
    base = f"{statement.account.key}|{day}|{asset.asset}|{amount}|{way}|{stated(entry.bank_reference)}"
    if len(entry.parts) == 1:
        base += f"|{stated(entry.parts[0].reference)}"
    if entry.status != "ok":
        base += f"|{entry.status}"  # what is pending here may be booked in the next statement
    return f"{base}|#{_count(statement, base)}"


def _count(statement: Statement, base: str) -> int:
    """How many equal entries came before in the statement."""
    place = statement.seen.get(base, 0)
    statement.seen[base] = place + 1
    return place


def follow(statement: Statement, before: Statement | None) -> None:
    """Go on counting equal entries where a statement goes on with the one before: they are no doubles of one another.

    It goes on where it opens with what the other closes with, and is not the same one again (of no movement in sum).
    """
    if before is None or before.closing is None or before.closing != statement.opening:
        return
    again = before.opening == statement.opening and before.number == statement.number
    if not again and before.currency == statement.currency:
        statement.seen = before.seen


def _amounts(entry: Entry, asset: Asset, amount: int) -> Iterator[tuple[Part, int | None]]:
    for part in entry.parts:
        if len(entry.parts) == 1:
            yield part, amount
            continue
        units = read_units(part.amount, _asset_of(part, asset)) if part.amount else None
        if units is not None and units < 0:
            raise CellProblem("negative_amount", f"amount {part.amount!r} of a payment in the entry is negative")
        yield part, units


def _asset_of(part: Part, asset: Asset) -> Asset:
    """The currency a payment is written with, else the entry's."""
    return read_asset(part.currency) if part.currency else asset


def _check_parts(entry: Entry, asset: Asset, amount: int, parts: list[tuple[Part, int | None]]) -> Iterator[Issue]:
    """Whether the payments of a batch make up the sum that was booked."""
    if len(parts) == 1:
        return
    known = [units if part.incoming == entry.incoming else -units for part, units in parts if units is not None]
    if len(known) < len(parts):
        message = f"{len(parts)} payments in one entry, and not all state an amount: kept as one movement"
        yield Issue(entry.row, "warning", "batch_amounts_missing", message)
    elif any(_asset_of(part, asset) != asset for part, _ in parts):
        return  # told by whoever read the entry
    elif sum(known) != amount:
        message = (
            f"the {len(parts)} payments add up to {format_units(sum(known), asset.decimals)} {asset.asset}, "
            f"booked are {format_units(amount, asset.decimals)}"
        )
        yield Issue(entry.row, "warning", "batch_break", message)


def _part_facts(entry: Entry, asset: Asset, part: Part, units: int | None, base: str) -> Iterator[Record]:
    number = known_account(part.account) if part.account else ""
    own, other = entry.statement.account, _counterparty(entry, part, number, base)
    src, dst = (other, own) if part.incoming else (own, other)
    reference = stated(part.reference) or stated(entry.bank_reference)
    identity = base
    if part.payment_id and is_iban(src.key) and is_iban(dst.key):
        identity = f"{part.payment_id}|{src.key}|{dst.key}|{asset.asset}|{units}"
        if place := _count(entry.statement, f"{identity}|{entry.status}"):
            identity += f"|#{place}"  # some banks give several payments one id
    if number and entry.kind not in ("fee", "cash") and is_own(own, number, part.bank):
        message = "the entry names the statement's own account as the other side: the other side is not stated"
        yield Issue(entry.row, "note", "own_account_named", message)
    elif not number and stated(part.account):
        message = "the other side's account is written as zeros, which is none: its number is not kept"
        yield Issue(entry.row, "note", "account_zeros", message)
    elif is_masked(number):
        message = "figures of the other side's account are masked: it may be any of several, so only its name is kept"
        yield Issue(entry.row, "note", "account_masked", message)
    elif looks_like_iban(number) and not is_iban(number):
        message = f"account {number!r} fails the check digits of an IBAN: damaged; kept as a number of this statement"
        yield Issue(entry.row, "warning", "iban_damaged", message)
    kind: TransferKind = "refund" if entry.reversal else entry.kind
    if kind == "refund":
        identity += "|reversal"
    yield Transfer(
        entry.row,
        src,
        dst,
        asset,
        units,
        kind,
        entry.booked,
        ref=reference or None,
        status=entry.status,
        identity=identity,
    )
    yield from _mentions(entry, part, identity)


def _counterparty(entry: Entry, part: Part, plain: str, base: str) -> Node:
    """The other side: its account, its name inside this account's statement, or a node of this payment alone."""
    own = entry.statement.account
    if entry.kind == "fee":
        return Node("bank", f"bank:{own.key}", label="the bank that keeps the account")
    if entry.kind == "cash":
        return Node("cash", f"cash:{own.key}", label="cash")
    if plain and is_own(own, plain, part.bank):  # a batch names the account itself: nobody pays himself
        return Node("bank", f"unstated:{base}", label="not stated")
    if plain and not is_masked(plain):
        return account_node(plain, plain_account(part.bank) or own.key.removeprefix("account:"), part.name)
    if name := normalise_name(stated(part.name)):
        return Node("bank", f"party:{own.key}:{name}", label=part.name.strip())
    return Node("bank", f"unstated:{base}", label="not stated")


def _mentions(entry: Entry, part: Part, identity: str) -> Iterator[Event | Issue]:
    """Addresses and transaction ids in the text of a payment."""
    told: set[str] = set()
    for found in find_mentions(part.text):
        if found.key in told:
            continue
        told.add(found.key)
        if found.kind == "damaged":
            yield Issue(entry.row, "note", "address_damaged", f"in the payment's text: {found.problem}")
            continue
        rail = "evm" if found.kind in EVM_RAILS else found.kind
        other = None if found.kind == "txid" else Node(rail, found.key)
        said = found.key if found.kind == "txid" else part.text.strip()[:500]
        yield Event(
            entry.row, "mention", entry.booked, entry.statement.account, other, said, f"{identity}|mention|{found.key}"
        )


def _check_days(entry: Entry) -> Iterator[Issue]:
    booked, valued = entry.booked.time, entry.valued.time if entry.valued else None
    if booked and valued and abs((booked - valued).total_seconds()) > _FAR_APART_S:
        message = f"booked {booked.date().isoformat()}, valued {valued.date().isoformat()}: the booked day is kept"
        yield Issue(entry.row, "note", "days_differ", message)
