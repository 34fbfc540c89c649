"""The payments inside one entry of a CAMT message: whose, how much in which currency, and which way.

What moved on the account is the entry's: its sum, its currency, its direction. Each ``TxDtls`` may state its own beside
them, and may contradict them::

    <Ntry><Amt Ccy="CHF">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><NtryDtls>
    <TxDtls><Amt Ccy="EUR">60.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Cdtr>..

One payment alone has the entry's sum and direction. Of several each keeps the currency it is written with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.bank_statement.accounts import is_own, split_account, stated
from connectors.bank_statement.amounts import read_asset, read_units
from connectors.bank_statement.camt_xml import Element
from connectors.bank_statement.entries import Part
from trails.columns import CellProblem
from trails.identifiers import normalise_name
from trails.model import Issue
from trails.money import format_units
from trails.words import count_words, quote_cell, quote_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trails.model import Node, Severity

_WAYS = ("CRDT", "DBIT")
_ROLES = {"Dbtr": "debtor", "Cdtr": "creditor"}
#: Where a payment states its sum: of those written in the entry's currency the first, else the first at all.
_SUMS = ("Amt", "AmtDtls/TxAmt/Amt")
#: What it was changed into: of use only where that is the entry's currency.
_CHANGED = "AmtDtls/CntrValAmt/Amt"
_CODE = re.compile(r"[A-Z]{3}\Z")
_NOBODY = Element("", {}, 0)


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked: its row, its sum as written with the currency, which way, and whose account it is."""

    row: int
    amount: str
    currency: str
    incoming: bool
    account: Node

    @property
    def mark(self) -> str:
        """The mark of the entry's direction."""
        return "CRDT" if self.incoming else "DBIT"

    def units(self, text: str) -> int | None:
        """A sum in the entry's currency, None where it cannot be read: the entry itself is refused for that elsewhere."""
        try:
            return read_units(text, read_asset(self.currency))
        except CellProblem:
            return None


@dataclass(frozen=True, slots=True)
class Sum:
    """A payment's sum as written, and the currency written with it; empty where not stated."""

    text: str = ""
    currency: str = ""

    def __str__(self) -> str:
        """The sum for a message."""
        return f"{quote_cell(self.text)} {show_code(self.currency)}" if self.currency else quote_cell(self.text)


@dataclass(frozen=True, slots=True)
class _Party:
    """Whom a payment names in one role."""

    name: str
    number: str
    bank: str


def show_code(text: str) -> str:
    """A currency's code for a message; what is no code as :func:`trails.words.quote_word` does."""
    return text if _CODE.match(text) else quote_word(text)


def read_parts(element: Element, booked: Booked, notes: list[Issue]) -> tuple[Part, ...]:
    """The payments of an entry; what is contradictory, or not as usual, is added to ``notes``."""
    details = element.all("NtryDtls/TxDtls") + element.all("TxDtls")  # the first version has no NtryDtls
    told = _Told(booked, notes)
    if batches := _batches(element):
        _check_count(batches, len(details), told)
    text = element.value("AddtlNtryInf")
    if not details:
        return (Part("", booked.incoming, text=text),)
    sums = _instructed(details, [_sum_of(detail, booked.currency) for detail in details], booked)
    ways = _directions([detail.value("CdtDbtInd") for detail in details], sums, told)
    if len(details) == 1:
        if sums[0] not in (Sum(), Sum(booked.amount, booked.currency)):
            charged = any(each.find("Chrgs") is not None for each in (element, *details))
            _check_alone(sums[0], told, charged=charged)
        return (_part(details[0], Sum(), told, incoming=ways[0], text=text),)
    _check_currencies(element, sums, told)
    each = zip(details, sums, ways, strict=True)
    return tuple(_part(detail, stated, told, incoming=way) for detail, stated, way in each)


@dataclass(frozen=True, slots=True)
class _Told:
    """The entry that is read, and what was said about it."""

    booked: Booked
    notes: list[Issue]

    def add(self, severity: Severity, code: str, message: str) -> None:
        """Say something once: the payments of a batch often have the same fault."""
        issue = Issue(self.booked.row, severity, code, message)
        if issue not in self.notes:
            self.notes.append(issue)


def _sum_of(detail: Element, currency: str) -> Sum:
    """A payment's sum: in the entry's currency where it is written in that too, else as it is written."""
    written = Sum()
    for path in (*_SUMS, _CHANGED):
        amount = detail.find(path)
        text = amount.text.strip() if amount is not None else ""
        if amount is None or not text:
            continue
        found = Sum(text, amount.attributes.get("Ccy", "").strip())
        if found.currency == currency:
            return found
        if not written.text and path != _CHANGED:
            written = found
    return written


def _instructed(details: Sequence[Element], sums: list[Sum], booked: Booked) -> list[Sum]:
    """Sums as they were ordered, where a batch states no others and they are what was booked; charges may part the two."""
    if len(sums) == 1 or all(each.text for each in sums):
        return sums
    ordered = [detail.find("AmtDtls/InstdAmt/Amt") or _NOBODY for detail in details]
    filled = [
        each if each.text else Sum(amount.text.strip(), amount.attributes.get("Ccy", "").strip())
        for each, amount in zip(sums, ordered, strict=True)
    ]
    units = [booked.units(each.text) if each.currency == booked.currency else None for each in filled]
    known = [each for each in units if each is not None]
    return filled if len(known) == len(units) and sum(known) == booked.units(booked.amount) else sums


def _directions(marks: Sequence[str], sums: Sequence[Sum], told: _Told) -> list[bool]:
    """Which way each payment went. Against the entry's direction only where the sums of a batch prove or allow it."""
    booked = told.booked
    against = [mark not in ("", booked.mark) for mark in marks]
    if not any(against):
        return [booked.incoming] * len(marks)
    as_marked = [mark == "CRDT" if mark in _WAYS else booked.incoming for mark in marks]
    units = [booked.units(each.text) if each.currency in ("", booked.currency) else None for each in sums]
    known = [each for each in units if each is not None]
    amount = booked.units(booked.amount)
    whole = len(known) == len(marks) > 1
    if whole and sum(-each if turned else each for each, turned in zip(known, against, strict=True)) == amount:
        return as_marked
    said = f"{sum(against)} of {count_words(len(marks), 'payment')} in the entry marked otherwise than the entry ({booked.mark})"
    if all(against) or (whole and sum(known) == amount):
        told.add("warning", "part_direction", f"{said}: the entry's direction is kept, it is what was booked")
        return [booked.incoming] * len(marks)
    told.add("warning", "part_direction", f"{said}, and the sums do not show which is right: each is kept as it is marked")
    return as_marked


def _check_alone(stated: Sum, told: _Told, *, charged: bool) -> None:
    """Whether the one payment of an entry states what was booked; what was booked is kept."""
    booked = told.booked
    sum_booked = Sum(booked.amount, booked.currency)
    kept = f"its one payment is written as {stated}, booked are {sum_booked}, which is kept"
    if stated.currency not in ("", booked.currency):
        told.add("note", "part_currency", kept)
    elif booked.units(stated.text) is None or booked.units(stated.text) != booked.units(booked.amount):
        told.add("note" if charged else "warning", "part_amount", kept + (" (charges are stated)" if charged else ""))


def _check_currencies(element: Element, sums: Sequence[Sum], told: _Told) -> None:
    """Which payments of a batch are not in the entry's currency, and whether they add up to what the batch states."""
    booked = told.booked
    other = [each.currency for each in sums if each.currency not in ("", booked.currency)]
    bare = [each for each in sums if each.text and not each.currency]
    of_all = f"of {count_words(len(sums), 'payment')}"
    if bare:
        message = f"{len(bare)} {of_all} in the entry name no currency: taken as {show_code(booked.currency)}, the entry's"
        told.add("note", "currency_of_entry", message)
    if not other:
        return
    written = ", ".join(show_code(each) for each in dict.fromkeys(other))
    told.add(
        "warning", "batch_currency",
        f"{len(other)} {of_all} are written in {written}, the entry in {show_code(booked.currency)}: each keeps the currency "
        "it is written with, and their sum is not compared with what was booked",
    )  # fmt: skip
    _check_total(element, sums, told)


def _check_total(element: Element, sums: Sequence[Sum], told: _Told) -> None:
    """Whether payments of one currency add up to the batch's own total, where it is written in that currency."""
    totals = [total for batch in _batches(element) if (total := batch.find("TtlAmt")) is not None]
    currencies = {each.currency for each in sums} | {total.attributes.get("Ccy", "") for total in totals}
    if not totals or len(currencies) > 1:
        return
    try:
        asset = read_asset(currencies.pop())
        made = sum(read_units(each.text, asset) for each in sums)
        stated = sum(read_units(total.text.strip(), asset) for total in totals)
    except CellProblem:
        return  # a payment that cannot be read refuses the entry
    if made != stated:
        shown = (f"{format_units(units, asset.decimals)} {asset.asset}" for units in (made, stated))
        message = "the {} payments add up to {}, the batch is stated as {}".format(len(sums), *shown)
        told.add("warning", "batch_break", message)


def _batches(element: Element) -> list[Element]:
    return element.all("NtryDtls/Btch") + element.all("Btch")


def _check_count(batches: list[Element], described: int, told: _Told) -> None:
    """Whether as many payments are described as a batch is said to hold."""
    counts = [batch.value("NbOfTxs") for batch in batches]
    said = sum(int(count) for count in counts if count.isascii() and count.isdigit() and len(count) <= 15)
    if not said or said == described or (said == 1 and not described):
        return
    message = f"the batch is said to hold {count_words(said, 'payment')}, {described} of them described"
    if described < said:
        message += ": who the others are is not stated"
    told.add("warning" if described else "note", "batch_count", message)


def _part(detail: Element, stated: Sum, told: _Told, *, incoming: bool, text: str = "") -> Part:
    """One payment: the other party is the debtor of what comes in, the creditor of what goes out."""
    party = _other_party(detail, told, incoming=incoming)
    texts = [line.text.strip() for line in detail.all("RmtInf/Ustrd")]
    texts += [
        detail.value("RmtInf/Strd/CdtrRefInf/Ref"),
        detail.value("RmtInf/Strd/AddtlRmtInf"),
        detail.value("AddtlTxInf"),
        text,
    ]
    unique, plain = detail.value("Refs/UETR"), detail.value("Refs/TxId")
    return Part(
        amount=stated.text,
        currency=stated.currency,
        incoming=incoming,
        name=party.name,
        account=party.number,
        bank=party.bank,
        reference=detail.value("Refs/EndToEndId", "Refs/InstrId", "Refs/AcctSvcrRef"),
        payment_id=f"uetr:{unique.lower()}" if unique else f"txid:{plain}" if plain and plain != "NOTPROVIDED" else "",
        text=" ".join(text for text in texts if text),
    )


def _other_party(detail: Element, told: _Told, *, incoming: bool) -> _Party:
    """The other side of a payment, never the account itself.

    What comes back keeps the roles of the first payment (a returned debit is booked DBIT and names the account as its
    creditor), so where the account itself stands in the other side's role, the other side stands in its own.
    """
    own = told.booked.account
    side, opposite = ("Dbtr", "Cdtr") if incoming else ("Cdtr", "Dbtr")
    parties = detail.find("RltdPties") or _NOBODY
    party = _party(detail, parties, side)
    if (party.name or party.number) and not _is_own(party, own):
        return party
    other = _party(detail, parties, opposite)
    if not (party.name or party.number):
        if other.number and not _is_own(other, own):
            told.add(
                "note", "other_role_named",
                f"no {_ROLES[side]} is named, and the {_ROLES[opposite]} named is not this account: whom this payment "
                f"{'came from' if incoming else 'went to'} is kept as not stated",
            )  # fmt: skip
        return party
    named = f"the {_ROLES[side]} named is the account itself"
    if (other.name or other.number) and not _is_own(other, own) and not _is_holder(other, own):
        told.add("note", "own_account_named", f"{named}: the other side is the {_ROLES[opposite]}, as where a payment comes back")
        return other
    told.add("note", "own_account_named", f"{named}: the other side is kept as not stated")
    return _Party("", "", "")


def _party(detail: Element, parties: Element, side: str) -> _Party:
    written = parties.value(f"{side}Acct/Id/IBAN", f"{side}Acct/Id/Othr/Id", f"{side}Acct/Id/PrtryAcct/Id")
    number, _ = split_account(stated(written))
    names: Iterable[str] = (
        f"{side}/Nm", f"{side}/Pty/Nm", f"{side}/Agt/FinInstnId/Nm", f"{side}Acct/Nm", f"Ultmt{side}/Nm", f"Ultmt{side}/Pty/Nm",
    )  # fmt: skip
    agent = f"RltdAgts/{side}Agt/FinInstnId"
    return _Party(stated(parties.value(*names)), number, detail.value(f"{agent}/BICFI", f"{agent}/BIC"))


def _is_own(party: _Party, own: Node) -> bool:
    """Whether a party's account is the account of the statement."""
    return bool(party.number) and (party.number == own.key or is_own(own, party.number, party.bank))


def _is_holder(party: _Party, own: Node) -> bool:
    """Whether a party without an account has the name of the account's holder."""
    return not party.number and bool(own.label) and normalise_name(party.name) == normalise_name(own.label or "")
