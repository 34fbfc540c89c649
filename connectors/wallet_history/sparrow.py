"""Sparrow's transaction list as CSV.

Raw, of 1.8.6 to 2.5.4, and of 2.5.5 on::

    Date (UTC),Label,Value,Balance,Fee,Txid
    2024-12-31 12:33:02,rent,-200000,1800000,250,d948cb..
    Date (UTC),Label,Value (BTC),Balance (BTC),Fee (BTC),Value (EUR),Txid

Value is what the wallet gained or lost, fee included. Since 2.5.5 the header names the unit; before, BTC is always
written with eight decimal places (point or comma) and satoshi as whole numbers. Before 1.8.6 the column is ``Date``, the
local time of the computer. Specification: WalletTransactions.java of the Sparrow repository (Apache-2.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.wallet_history.balances import Balance
from connectors.wallet_history.entry import UNITS, Entry, to_units
from trails.columns import read_instant
from trails.errors import AmountError
from trails.identifiers import parse_txid
from trails.money import expand_exponent
from trails.timestamps import UNKNOWN_TIME, Instant
from trails.words import quote_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UNIT = re.compile(r"(Value|Balance|Fee)(?: \((BTC|sats)\))?\Z")
_FRACTION = re.compile(r"(?:[.,]\d+|[eE]-\d+)\Z")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file are which, and how many decimal places its unit has (None: by its numbers)."""

    date: str
    value: str
    balance: str
    fee: str | None
    decimals: int | None


def find_columns(header: Sequence[str]) -> Columns | None:
    """Sparrow's columns, None for the header of anything else."""
    if len(header) < 5 or header[0] not in ("Date (UTC)", "Date") or header[1] != "Label" or header[-1] != "Txid":
        return None
    value, balance = _UNIT.match(header[2]), _UNIT.match(header[3])
    if not value or not balance or (value[1], balance[1]) != ("Value", "Balance") or value[2] != balance[2]:
        return None
    fee = _UNIT.match(header[4])
    unit = UNITS[value[2].lower()] if value[2] else None
    return Columns(header[0], header[2], header[3], header[4] if fee and fee[1] == "Fee" else None, unit)


def find_decimals(columns: Columns, rows: Iterable[Mapping[str, object]]) -> int:
    """The decimal places of a file's unit: as its header says, else BTC where any amount has a fraction."""
    if columns.decimals is not None:
        return columns.decimals
    named = (columns.value, columns.balance)
    return 8 if any(_FRACTION.search(str(row.get(name) or "")) for row in rows for name in named) else 0


def read_entry(
    row: int, cells: Mapping[str, str], columns: Columns, decimals: int, zone: str | None, order: str | None = None
) -> Entry:
    """One line; raises ValueProblem."""
    fee = cells[columns.fee].strip() if columns.fee else ""
    pending = cells[columns.date].strip().casefold() == "unconfirmed"
    return Entry(
        row=row,
        time=UNKNOWN_TIME if pending else _time(cells[columns.date], columns, zone, order),
        status="unconfirmed" if pending else "ok",
        txid=parse_txid(cells["Txid"]),
        change=_satoshi(cells[columns.value], decimals),
        fee=_satoshi(fee, decimals) or None if fee else None,
        label=cells["Label"].strip(),
    )


def read_balance(row: int, cells: Mapping[str, str], columns: Columns, decimals: int) -> Balance:
    """The balance a line states; raises AmountError."""
    return Balance(row, _satoshi(cells[columns.value], decimals), _satoshi(cells[columns.balance], decimals))


def _time(text: str, columns: Columns, zone: str | None, order: str | None) -> Instant:
    utc = columns.date == "Date (UTC)"
    found = read_instant(text, zone_name="UTC" if utc else zone, order=order)
    minute_only = 60 if text.count(":") == 1 and not found.error_s else 0
    error = (found.error_s or 0) + minute_only + bitcoin.BLOCK_TIME_ERROR_S
    return replace(found, error_s=error, basis="stated" if utc else found.basis)


def _satoshi(text: str, decimals: int) -> int:
    """An amount; a comma before eight places is the decimal comma, any other comma is not understood."""
    plain = re.sub(r",(?=\d{8}\Z)", ".", expand_exponent(text).strip()) if decimals else text.strip()
    if "," in plain:
        raise AmountError(f"amount {quote_cell(text, 60)} has a comma that is not before eight decimal places")
    return to_units(plain, decimals)
