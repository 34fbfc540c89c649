"""One row about the chain's own coin: a transaction with its fee, an internal call, or a line of a page's list.

Amounts of answers are exact, and so are the values of a CSV export (seen: ``0.153690909927773461``, all 18 places). Its
fees are exact in some exports, in others sums that the explorer made with 15 significant digits (seen:
``0.00529785682931128``); the list of a page (``Amount``: ``0.456 ETH``) rounds them to 8 places. A fee is kept as it is
stated, and where it may be rounded an event of its row says to how many places it is stated; an exact one of another
source takes its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.etherscan.tokens import read_time, whole_value
from connectors.evm import COINS, refuse
from connectors.evm_coins import FAILED, OK, UNSTATED, CoinTransaction, has_whole_fee, state_coins
from trails.errors import AmountError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Event, Issue, Node, Record, Skip, Tag, Transfer
from trails.money import check_amount, parse_amount
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.etherscan.fields import Entry
    from trails.connector import ReadOptions

_PLACES, _LIST_PLACES = 18, 8
#: Below this many of the smallest unit the digits that a rounding export has show every one of them.
_FULLY_SHOWN = 10**15
_SURE_DIGITS, ROUNDED_DIGITS = 12, 15
_SCIENTIFIC = re.compile(r"(\d{1,20})(?:\.(\d{1,30}))?[eE]([+-]?\d{1,2})", re.ASCII)
_WITH_UNIT = re.compile(r"([\d.,eE+-]+)(?:\s+(\w{2,10}))?", re.ASCII)
_UNITS = {"wei": 0, "gwei": 9}
_NOT_MOVING = ("delegatecall", "staticcall", "callcode")
_WORDS = {
    "": OK, "success": OK, "ok": OK, "true": OK,
    "fail": FAILED, "failed": FAILED, "false": FAILED, "error": FAILED, "reverted": FAILED,
}  # fmt: skip
#: In the export of internal calls a number says whether there was an error.
_INTERNAL_WORDS = {"0": OK, "1": FAILED}


@dataclass
class Tally:
    """What is known of a whole source, and what is said once for it.

    ``all_digits`` says that its fees are not rounded to 15 digits, since one of them has more; ``coin`` is the coin that its
    columns state. ``fractions`` of ``values`` that are not zero are no whole numbers, in a table of the API's fields.
    """

    rows: int = 0
    unstated: int = 0
    rounded: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    all_digits: bool = False
    fractions: int = 0
    values: int = 0
    coin: str | None = None


def count_digits(text: str) -> int:
    """Count the significant digits of a fee as it is written; 0 for what is no plain number.

    >>> count_digits("0.00529785682931128"), count_digits("5.82776465238E-07"), count_digits("")
    (15, 12, 0)
    """
    found = re.fullmatch(r"0*\.?0*(\d*\.?\d*?)0*(?:[eE][+-]?\d+)?", text, re.ASCII)
    return len(found[1].replace(".", "")) if found else 0


def coin_records(entry: Entry, kind: str, rail: str, options: ReadOptions, tally: Tally) -> Iterator[Record]:
    """Give what a row states of the chain's coin, and the name tags beside its addresses; or what refuses it."""
    tally.rows += kind == "coin"
    if kind == "internal" and entry.text("type").casefold() in _NOT_MOVING:
        yield Skip(entry.row, f"an internal call of type {entry.text('type')}: moves no coin of an account")
        return
    try:
        transaction, doubts = _transaction(entry, kind, rail, options, tally)
        rounded = [] if transaction.fee is None else list(_rounded_fee(entry, kind, transaction, tally))
        records: list[Record] = [*doubts, *state_coins(transaction), *rounded, *_tags(entry, rail)]
    except ValueProblem as problem:
        records = [refuse(entry.row, problem)]
    tally.unstated += any(isinstance(each, Transfer) and each.status == UNSTATED for each in records)
    yield from records


def _transaction(
    entry: Entry, kind: str, rail: str, options: ReadOptions, tally: Tally
) -> tuple[CoinTransaction, tuple[Issue, ...]]:
    time, doubts = read_time(entry, options)
    status = _status(entry, kind)
    if status not in (OK, FAILED, UNSTATED):
        tally.words.add(status)
    receiver = entry.text("dst") or entry.text("contract")
    amount = whole_value(entry) if entry.exact else _shown_amount(entry, kind, rail)
    fee = None if kind == "internal" else _fee(entry, "list_fee" if kind == "list" else "coin_fee")
    transaction = CoinTransaction(
        entry.row,
        rail,
        parse_txid(entry.text("tx")),
        entry.address("src", rail),
        canonical_address(receiver, rail) if receiver else None,
        amount,
        fee,
        time,
        status,
        is_call=kind == "internal" or entry.text("input") != "0x" or not entry.text("dst"),
        coin=tally.coin,
    )
    return transaction, doubts


def _fee(entry: Entry, column: str) -> int | None:
    """Give the fee of a transaction: gas used x price of an answer, the sum that an export states."""
    if entry.exact:
        gas, price = entry.number("gas"), entry.number("gas_price")
        return None if gas is None or price is None else check_amount(gas * price)
    return _coin_units(entry.text(column)) if entry.text(column) else None


def _rounded_fee(entry: Entry, kind: str, stated: CoinTransaction, tally: Tally) -> Iterator[Event]:
    """State to how many places a fee is stated, where the export may have rounded it."""
    text = entry.text("list_fee" if kind == "list" else "coin_fee")
    if entry.exact or not stated.fee or not (stated.coin or has_whole_fee(stated.rail)):
        return
    digits = len(str(stated.fee).rstrip("0"))
    if kind != "list" and (tally.all_digits or stated.fee < _FULLY_SHOWN or not _SURE_DIGITS < digits <= ROUNDED_DIGITS):
        return
    identity = f"{stated.rail}:{stated.tx}:rounded:{stated.fee}"
    if identity in tally.rounded:
        return
    tally.rounded.add(identity)
    places = max(_PLACES - (len(str(stated.fee)) - digits), _LIST_PLACES if kind == "list" else 0)
    said = f"the fee of transaction {stated.tx} is stated as {text[:40]}, to {places} of {_PLACES} places: it may be rounded"
    node = Node(stated.rail, stated.src)
    yield Event(entry.row, "rounded", stated.time, node, None, said, identity)


def _shown_amount(entry: Entry, kind: str, rail: str) -> int:
    """Give the value of a row of an export: what came in or went out of the address it was made for."""
    if kind == "list":
        return _unit_amount(entry.text("value"), rail)
    names = ("coin_in", "coin_out") if "coin_in" in entry.columns or "coin_out" in entry.columns else ("coin_value",)
    stated = {amount for name in names if entry.text(name) and (amount := _coin_units(entry.text(name)))}
    if len(stated) > 1:
        raise AmountError(f"the row states {' and '.join(entry.text(name)[:40] for name in names)}: two values")
    if not any(entry.text(name) for name in names):
        raise AmountError("the row states no value")
    return stated.pop() if stated else 0


def _unit_amount(text: str, rail: str) -> int:
    """Read an amount with its unit (``0.1 ETH``, ``5 wei``); without one it is of the chain's coin."""
    found = _WITH_UNIT.fullmatch(text)
    if not found:
        raise AmountError(f"amount {text[:60]!r} is no number with a unit")
    unit = (found[2] or "").casefold()
    coin = COINS.get(rail, ("", unit))[1].casefold()
    if unit not in ("", coin, *_UNITS) and not (rail == "polygon" and unit == "matic"):
        raise AmountError(f"amount {text[:60]!r} is not in the coin of {rail}")
    return parse_amount(found[1], _UNITS.get(unit, _PLACES), decimal_mark=".", thousands_mark=",")


def _coin_units(text: str) -> int:
    """Read an amount of an export in the smallest unit; raises AmountError.

    >>> _coin_units("0.00015288924231"), _coin_units("5.82776465238E-07")
    (152889242310000, 582776465238)
    """
    short = _SCIENTIFIC.fullmatch(text)
    if short:
        places = short[2] or ""
        digits, shift = int(short[1] + places), int(short[3]) - len(places) + _PLACES
        if shift < 0 and digits % 10**-shift:
            raise AmountError(f"amount {text[:60]!r} has more than the {_PLACES} decimal places of its coin")
        amount = check_amount(digits * 10**shift if shift >= 0 else digits // 10**-shift)
    else:
        amount = parse_amount(text, _PLACES, decimal_mark=".", thousands_mark=",")
    if amount < 0:
        raise AmountError(f"amount {text[:60]!r} is negative")
    return amount


def _status(entry: Entry, kind: str) -> str:
    """Say whether a transaction succeeded, failed, or what other word stands there."""
    if entry.exact:
        said = (entry.text("failed"), entry.text("receipt"))
        if said[0] == "1" or said[1] == "0":
            return FAILED
        return OK if said[0] == "0" or said[1] == "1" else UNSTATED
    if entry.text("error") not in ("", "0"):
        return FAILED
    if "status" not in entry.columns:
        return UNSTATED
    word = entry.text("status").casefold()
    if word.startswith("error"):
        return FAILED
    known = _WORDS | _INTERNAL_WORDS if kind == "internal" else _WORDS
    return known.get(word, word[:40])


def _tags(entry: Entry, rail: str) -> Iterator[Tag]:
    """Give the names that the explorer shows beside addresses: attributions it publishes."""
    for side, tag in (("src", "src_tag"), ("dst", "dst_tag")):
        if entry.text(tag) and entry.text(side):
            node = Node(rail, canonical_address(entry.text(side), rail))
            yield Tag(entry.row, node, entry.text(tag)[:200], None, None, None, "explorer's name tag")


def tally_notes(tally: Tally) -> Iterator[Issue]:
    """Say once per source how many fees may be rounded and which words of status are not known."""
    if tally.rounded:
        message = (
            f"{count_words(len(tally.rounded), 'fee')} may be rounded by the export: kept as stated, with an event that says to "
            "how many places; the API answer states them exactly"
        )
        yield Issue(None, "note", "fee_rounded", message)
    if tally.words:
        shown = ", ".join(sorted(map(repr, tally.words)))[:200]
        message = f"status {shown} is not known to mean success: those transfers do not count as money"
        yield Issue(None, "warning", "status_unknown", message)
