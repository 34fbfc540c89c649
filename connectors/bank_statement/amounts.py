"""Currencies and amounts as banks write them, exact or refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trails.columns import CellProblem
from trails.errors import AmountError
from trails.money import currency, parse_units
from trails.words import quote_cell

if TYPE_CHECKING:
    from trails.money import Asset

_AMOUNT = re.compile(r"(\d*)(?:([.,])(\d*))?\Z", re.ASCII)
_THOUSANDS = 3


def read_asset(code: str) -> Asset:
    """The asset of a currency; raises CellProblem."""
    if not code:
        raise CellProblem(
            "currency_missing", "neither the entry nor its statement names a currency; say it with --currency"
        )
    try:
        return currency(code)
    except AmountError as problem:
        raise CellProblem("currency_unknown", str(problem)) from None


def read_units(text: str, asset: Asset) -> int:
    """An amount as base units; raises CellProblem."""
    try:
        return parse_units(text, asset.decimals or 0)
    except AmountError as problem:
        raise CellProblem("amount_damaged", str(problem)) from None


def read_amount(text: str, decimals: int) -> str:
    """An amount as a plain number, the whole of it; raises CellProblem.

    The standard's mark is a comma, some banks write a point. With three figures behind it, it could divide thousands.

    >>> read_amount("1000,5", 2), read_amount("000000000300.45", 2), read_amount("12,", 2)
    ('1000.5', '300.45', '12')
    """
    found = _AMOUNT.match(text)
    if not found or not (found[1] or found[3]):
        raise CellProblem("amount_damaged", f"amount {quote_cell(text)} cannot be read whole")
    whole, mark, places = found[1].lstrip("0") or "0", found[2], found[3] or ""
    if mark and len(places) == _THOUSANDS != decimals:
        raise CellProblem("amount_damaged", f"amount {quote_cell(text)}: its {mark!r} could divide thousands or cents")
    return f"{whole}.{places}" if places else whole
