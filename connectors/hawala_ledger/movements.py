"""What moved by one row: deposits into a code, payouts out of it, fees, settlements, payments; and what only changed."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from connectors.hawala_ledger.book import Entry, Terms
from trails.calendars.words import fold_text
from trails.columns import CellProblem, read_amount
from trails.errors import AmountError
from trails.identifiers import normalise_name
from trails.model import Event, Issue, Node, Transfer, TransferKind
from trails.money import Unit, format_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.money import Asset

Found = Transfer | Event | Issue
_PERCENT_PLACES = 6
_SHARES = re.compile(r"[,;/+&]| i | ve | و | and ")


def read_movements(entry: Entry) -> Iterator[Found]:
    """The movements and events of a row, by what its status means."""
    match entry.meaning:
        case "correction":
            yield _correction(entry)
        case "settlement" | "settlement_in":
            yield from _settlement(entry)
        case "payment":
            yield from _payment(entry)
        case "credit" | "debit":
            _refuse_fee(entry)
            ends = (entry.party("party"), entry.office())
            src, dst = ends if entry.meaning == "credit" else ends[::-1]
            for nth, (asset, amount) in enumerate(entry.amounts, start=1):
                yield entry.transfer(src, dst, asset, amount, "transfer", mark=entry.meaning, nth=nth)
        case "reassignment":
            yield from _reassignment(entry)
        case _:
            yield from _on_code(entry)
    yield from _read_labels(entry)


def _on_code(entry: Entry) -> Iterator[Found]:
    """A deposit into a code, a payout or refund out of it, or both in one row, with what the office keeps."""
    code = entry.code()
    fees = _read_fees(entry)
    into = entry.meaning in ("deposit", "completed")
    if into:
        yield from _deposit(entry, code, fees)
    if entry.meaning != "deposit":
        yield from _payout(entry, code, fees)
    for nth, (asset, fee) in enumerate(fees, start=1):
        yield entry.transfer(code, entry.office(), asset, fee, "fee", nth=nth)
    if entry.row.text("office"):
        yield entry.event("handled_by", code, entry.party("office"), entry.row.text("office"))
    if entry.row.text("token"):
        yield entry.event("token", code, None, f"{entry.row.text('token')} {entry.row.text('code')}")


def _deposit(entry: Entry, code: Node, fees: list[tuple[Asset, int]]) -> Iterator[Found]:
    on_top = entry.book.mapping.said("fee_taken") == "on_top"
    for nth, (asset, amount) in enumerate(entry.amounts, start=1):
        kept = sum(fee for of, fee in fees if of == asset)
        if amount is not None and kept > amount and not on_top:
            raise CellProblem("fee_too_large", f"{entry.row.shown('fee')} is more than was deposited")
        whole = amount + kept if amount is not None and on_top else amount
        yield entry.transfer(entry.party("payer"), code, asset, whole, "deposit", nth=nth)
    if entry.book.mapping.said("fee_taken") == "payout" and "%" in entry.row.text("fee"):
        percent = _read_percent(entry)
        entry.book.terms[code.key] = Terms(percent, entry.amounts[0][0], entry.row.row)
        yield entry.event("fee_terms", code, None, entry.row.text("fee"))


def _payout(entry: Entry, code: Node, fees: list[tuple[Asset, int]]) -> Iterator[Found]:
    side = "payer" if entry.meaning == "refund" else "payee"
    kind: TransferKind = "refund" if entry.meaning == "refund" else "payout"
    amounts, time = entry.amounts, entry.time
    if entry.meaning == "completed":
        paid = entry.row.dated("paid_date", entry.book.zone_name)
        if paid is None:
            raise CellProblem(
                "paid_date_missing", f"{entry.row.shown('paid_date')}: a row that was paid out must say when"
            )
        time, amounts = paid.instant, _paid_amounts(entry, fees)
        if entry.row.text("pay_office"):
            by = entry.row.text("pay_office")
            yield entry.event("handled_by", code, entry.party("pay_office"), by, mark="paid_by", time=time)
        if any(amount is None for _, amount in amounts) and entry.sums:
            said = "it was paid out in another currency than it came in; the sum paid out is not stated"
            yield Issue(entry.row.row, "warning", "amount_missing", f"{entry.row.shown('pay_currency')}: {said}")
    for nth, (asset, amount) in enumerate(amounts, start=1):
        yield entry.transfer(code, entry.party(side), asset, amount, kind, time=time, nth=nth)
    terms = entry.book.terms.get(code.key)
    if kind == "payout" and terms and not fees:
        yield from _take_agreed_share(entry, code, terms)


def _paid_amounts(entry: Entry, fees: list[tuple[Asset, int]]) -> tuple[tuple[Asset, int | None], ...]:
    """What was paid out of a completed transfer: unknown where it was paid in another currency than it came in."""
    unit = entry.book.default_unit(entry.row, "pay_currency") if entry.row.text("pay_currency") else None
    if unit and any(unit.asset != asset for asset, _ in entry.amounts):
        return ((unit.asset, None),)
    if entry.book.mapping.said("fee_taken") == "on_top":
        return entry.amounts
    return tuple(
        (asset, None if amount is None else amount - sum(fee for of, fee in fees if of == asset))
        for asset, amount in entry.amounts
    )


def _take_agreed_share(entry: Entry, code: Node, terms: Terms) -> Iterator[Found]:
    """The share kept at a payout: what was paid is the rest after the agreed percentage, in the deposit's currency."""
    for asset, amount in entry.amounts:
        if asset != terms.asset or amount is None:
            continue
        share = Fraction(amount) * terms.percent / (100 - terms.percent)
        said = f"{float(terms.percent):g} % was agreed in row {terms.row}"
        if share.denominator != 1:
            yield Issue(
                entry.row.row, "warning", "fee_not_whole", f"{said}; no whole sum less that share gives what was paid"
            )
            continue
        gross = format_units(amount + int(share), asset.decimals)
        text = f"{said}: {gross} {asset.asset} less {format_units(int(share), asset.decimals)}"
        yield entry.transfer(code, entry.office(), asset, int(share), "fee")
        yield Issue(entry.row.row, "note", "fee_from_terms", text)


def _settlement(entry: Entry) -> Iterator[Transfer]:
    _refuse_fee(entry)
    out = entry.meaning == "settlement"
    other = entry.party("payee" if out else "payer")
    src, dst = (entry.office(), other) if out else (other, entry.office())
    for nth, (asset, amount) in enumerate(entry.amounts, start=1):
        yield entry.transfer(src, dst, asset, amount, "settlement", nth=nth)


def _payment(entry: Entry) -> Iterator[Found]:
    """A payment by the keeper of the list, in parts where it says how it was divided (``pola keš, pola TRC``)."""
    _refuse_fee(entry)
    src, dst = entry.office(), entry.party("payee")
    media, why = _read_split(entry)
    if why:
        yield Issue(entry.row.row, "warning", "split_unclear", f"{entry.row.shown('split')}: {why}; kept as one sum")
    nth = 0
    for asset, amount in entry.amounts:
        for medium in media or ("",):
            nth += 1
            part = amount // 2 if media and amount is not None else amount
            kind: TransferKind = "cash" if medium == "cash" else "transfer"
            mark = f"payment|{medium}" if medium else "payment"
            yield entry.transfer(src, dst, asset, part, kind, mark=mark, nth=nth)
    if media:
        yield entry.event("split", dst, None, entry.row.text("split"))


def _read_split(entry: Entry) -> tuple[tuple[str, ...], str]:
    """The media of two halves, or why the sum is not divided; both empty where the row does not speak of it."""
    raw = fold_text(entry.row.text("split"))
    if not raw:
        return (), ""
    halves = [part.split() for part in _SHARES.split(raw.replace("1⁄2", "½"))]
    words = entry.book.words
    if len(halves) != 2 or any(len(part) != 2 or (part[0] != "½" and part[0] not in words.halves) for part in halves):
        return (), "only two halves, each with its medium, are understood"
    media = tuple(words.media.get(part[1].rstrip("."), "") for part in halves)
    if not all(media):
        return (), "a medium is no word of the declared lists"
    if any(amount is not None and amount % 2 for _, amount in entry.amounts):
        return (), "the sum has no whole half"
    return media, ""


def _reassignment(entry: Entry) -> Iterator[Found]:
    """A code given to another payee: its commission is kept by the office, nothing is paid out."""
    code = entry.code()
    payee = entry.party("payee") if entry.row.text("payee") else None
    for nth, (asset, amount) in enumerate(entry.amounts if entry.sums else (), start=1):
        yield entry.transfer(code, entry.office(), asset, amount, "fee", nth=nth)
    yield entry.event("reassigned", code, payee, entry.row.text("status") or entry.row.text("note"))


def _correction(entry: Entry) -> Event:
    """A row that corrects another: never a payment, whatever its sum."""
    node = entry.code() if entry.row.text("code") else None
    for word in ("payee", "payer", "party"):
        node = node or (entry.party(word) if normalise_name(entry.row.text(word)) else None)
    written = [entry.row.text(word) for word in ("status", "note", "amount", "credit", "debit", "currency")]
    text = " ".join(part for part in written if part)
    if entry.row.text("corrects"):
        text = f"{text}; corrects entry {entry.row.text('corrects')}"
    return entry.event("correction", node or entry.office(), None, text)


def _read_labels(entry: Entry) -> Iterator[Event]:
    """What sums were for (``gorivo``) and the heads they were counted by, as the row writes them."""
    if entry.meaning == "correction" or not any(each.label or each.heads for each in entry.sums):
        return
    node = entry.party("payee") if entry.row.text("payee") else entry.code()
    for nth, each in enumerate(entry.sums, start=1):
        sum_said = f"{format_units(each.amount, each.asset.decimals)} {each.asset.asset}"
        if each.label:
            yield entry.event("purpose", node, None, f"{each.label}: {sum_said}", mark=f"purpose|{nth}")
        if each.heads:
            rate = format_units(each.rate, each.asset.decimals)
            yield entry.event(
                "heads", node, None, f"{each.heads} x {rate} {each.asset.asset} = {sum_said}", mark=f"heads|{nth}"
            )


def _refuse_fee(entry: Entry) -> None:
    if _read_fees(entry):
        raise CellProblem(
            "fee_without_code", f"a {entry.meaning} has no code a fee could come from; give it its own row"
        )


def _read_fees(entry: Entry) -> list[tuple[Asset, int]]:
    """The fees of a row, none where none is stated; ``5 %`` of a deposit only when it is a whole number of them."""
    row = entry.row
    if "%" in row.text("fee"):
        if entry.book.mapping.said("fee_taken") == "payout" and entry.meaning == "deposit":
            return []
        return _read_shares(entry)
    if isinstance(cell := row.cells.get("fee"), float) and 0 < cell < 1:
        raise CellProblem("fee_damaged", f"{row.shown('fee')} may be a sheet's percentage; write the fee as an amount")
    if not row.text("fee"):
        return []
    asset = entry.amounts[0][0] if entry.amounts else None
    found = entry.book.sums(row, "fee", None if asset is None else Unit(asset))
    if any(each.amount < 0 for each in found):
        raise CellProblem("negative_amount", f"{row.shown('fee')} is negative: give the correction a row of its own")
    return [(each.asset, each.amount) for each in found if each.amount]


def _read_shares(entry: Entry) -> list[tuple[Asset, int]]:
    shown = entry.row.shown("fee")
    if entry.meaning not in ("deposit", "completed") or any(amount is None for _, amount in entry.amounts):
        raise CellProblem(
            "fee_damaged", f"{shown}: of which sum is not stated on a {entry.meaning} row; write an amount"
        )
    percent = _read_percent(entry)
    shares = []
    for asset, amount in entry.amounts:
        share = percent * (amount or 0) / 100
        if share.denominator != 1 or share < 0:
            raise CellProblem(
                "fee_damaged", f"{shown} of the amount is no whole number of minor units; write an amount"
            )
        shares += [(asset, int(share))] if share else []
    return shares


def _read_percent(entry: Entry) -> Fraction:
    shown = entry.row.shown("fee")
    try:
        percent = read_amount(entry.row.text("fee").replace("%", "", 1), _PERCENT_PLACES, entry.book.mapping)
    except AmountError as problem:
        raise CellProblem("fee_damaged", f"{shown}: {problem}") from None
    if not 0 <= percent < 100 * 10**_PERCENT_PLACES:
        raise CellProblem("fee_damaged", f"{shown} is no share of a sum")
    return Fraction(percent, 10**_PERCENT_PLACES)
