"""Numbers as the exports of exchanges write them, with the unit that the cell itself states: ``€4.30``, ``0.5BTC``, ``9.27E-05``.

Every sum carries the currency it is written with. A sign that several currencies share (``$``) decides nothing alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.exchange_statement.settings import read_words
from trails.columns import is_share, read_amount
from trails.errors import AmountError
from trails.money import ascii_digits, parse_units

if TYPE_CHECKING:
    from trails.mapping import DeclaredColumns

_SCIENTIFIC = re.compile(r"[+-]?\d{1,40}(?:[.,]\d{1,40})?[eE]([+-]?\d{1,2})\Z", re.ASCII)
_WITH_UNIT = re.compile(
    r"(?P<number>[+-]?[\d.,\s]*\d(?:[eE][+-]?\d{1,2})?)\s*(?P<unit>[A-Za-z][A-Za-z0-9.]{0,19})\Z", re.ASCII
)
_UNIT_FIRST = re.compile(r"(?P<unit>[A-Z]{3,5})\s*(?P<number>[+-]?\d[\d.,\s]*)\Z", re.ASCII)
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Number:
    """A cell in units of so many ``decimals``: at least those of its coin, and as many as it has ``places`` itself."""

    units: int
    decimals: int
    places: int
    #: Whether it was written as a spreadsheet writes: ``9.27E-05``.
    scientific: bool = False


def split_sign(cell: str) -> tuple[str, tuple[str, ...]] | None:
    """The number of a cell and the currencies that the sign in it may mean; None where no sign of a currency stands there.

    >>> split_sign("-€140.00"), split_sign("1.234,50 kr"), split_sign("0.5")
    (('-140.00', ('EUR',)), ('1.234,50', ('DKK', 'ISK', 'NOK', 'SEK')), None)
    """
    text = drop_brackets(cell.strip().replace(_MINUS, "-"))
    found = _sign_first().fullmatch(text) or _sign_last().fullmatch(text)
    if found is None:
        return None
    return "".join((found["mark"] or "", found["inner"] or "", found["number"].strip())), _signs()[found["sign"]]


@lru_cache(maxsize=1)
def _signs() -> dict[str, tuple[str, ...]]:
    return {sign: tuple(codes) for sign, codes in read_words()["signs"].items()}


def drop_brackets(cell: str) -> str:
    """A sum as accountants write one below zero, ``(0.07 BTC)``, with a minus.

    >>> drop_brackets("($1.92) "), drop_brackets("1.92")
    ('-$1.92', '1.92')
    """
    plain = cell.strip()
    inner = plain[1:-1].strip()
    return f"-{inner}" if plain.startswith("(") and plain.endswith(")") and inner[:1] not in ("-", "+", "") else cell


_NUMBER = r"(?P<number>\d[\d.,\s'\u2019]*)"


def _any_sign() -> str:
    return "|".join(re.escape(each) for each in sorted(_signs(), key=len, reverse=True))


@lru_cache(maxsize=1)
def _sign_first() -> re.Pattern[str]:
    """``-€4``, ``€ -4``: a minus may stand before the sign or behind it."""
    return re.compile(rf"(?P<mark>[+-])?\s*(?P<sign>{_any_sign()})\s*(?P<inner>[+-])?\s*{_NUMBER}")


@lru_cache(maxsize=1)
def _sign_last() -> re.Pattern[str]:
    return re.compile(rf"(?P<mark>[+-])?(?P<inner>)\s*{_NUMBER}(?P<sign>{_any_sign()})")


def split_unit(cell: str) -> tuple[str, str] | None:
    """The number and the coin of a cell that states both: ``0.00387BTC``, ``2.0 ETH``, ``EUR 4.30``.

    >>> split_unit("0.00387BTC"), split_unit("EUR 4.30"), split_unit("5")
    (('0.00387', 'BTC'), ('4.30', 'EUR'), None)
    """
    plain = drop_brackets(cell).strip()
    if _SCIENTIFIC.match(plain):
        return None
    found = _WITH_UNIT.match(plain) or _UNIT_FIRST.match(plain)
    return (found["number"].strip(), found["unit"]) if found else None


def read_number(cell: object, decimals: int, mapping: DeclaredColumns) -> Number:
    """A cell as an exact whole number of units, of as many decimals as its coin has or it has itself.

    Raises AmountError, also for a number so long that a spreadsheet has cut it.
    """
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise AmountError(f"a {type(cell).__name__} is no amount")
    if is_share(cell):
        raise AmountError("a number in per cent is a share, no sum")
    if isinstance(cell, str):
        cell = drop_brackets(cell)
        plain = ascii_digits(cell).strip()
        if not (found := _SCIENTIFIC.match(plain)):
            places = _places(plain, mapping.said("decimal_mark") or ".")
            finest = max(decimals, places)
            return Number(read_amount(cell, finest, mapping), finest, places)
    else:
        plain = format(Decimal(repr(cell)), "f")
        found = _SCIENTIFIC.match(plain)
    scientific = False
    if found:
        if int(found[1]) > 0:
            raise AmountError("a spreadsheet cut this number; get the original file")
        scientific = bool(Decimal(plain.replace(",", ".")))
        plain = format(Decimal(plain.replace(",", ".")), "f")
    places = _places(plain, ".")
    finest = max(decimals, places)
    return Number(parse_units(plain, finest), finest, places, scientific)


def _places(text: str, mark: str) -> int:
    return len(text.rpartition(mark)[2].rstrip("0")) if mark in text else 0
