"""The cells of one row of an exchange's table: times with their stated offset, coins, and exact amounts.

``0.00038910BNB`` and ``2.00000000 ETH`` state their coin themselves; ``9.27E-05`` is what a spreadsheet made of
``0.0000927`` and is read with a warning, because such a program may have dropped digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.exchange_statement.layout import read_words
from trails.columns import CellProblem, DeclaredRow, read_amount, read_instant
from trails.errors import AmountError
from trails.identifiers import normalise_name
from trails.model import Issue
from trails.money import Asset, ascii_digits, currency, parse_units
from trails.timestamps import UNKNOWN_TIME, Instant
from trails.words import quote_word

if TYPE_CHECKING:
    from connectors.exchange_statement.layout import Layout
    from trails.connector import RawRecord

_SCIENTIFIC = re.compile(r"[+-]?\d{1,40}(?:[.,]\d{1,40})?[eE]([+-]?\d{1,2})\Z", re.ASCII)
_WITH_UNIT = re.compile(
    r"(?P<number>[+-]?[\d.,\s]*\d(?:[eE][+-]?\d{1,2})?)\s*(?P<unit>[A-Za-z][A-Za-z0-9.]{0,19})\Z", re.ASCII
)
_COIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.$_-]{0,29}\Z")
#: Decimals of a coin of which the exchange states none: the most any exchange's books are seen to keep.
COIN_DECIMALS = 18
_ORDERS = {"dmy": "dmY", "mdy": "mdY", "ymd": "Ymd"}


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount with its coin; ``units`` is None where the cell is empty."""

    asset: Asset
    units: int | None

    @property
    def size(self) -> int | None:
        """The amount without its sign."""
        return None if self.units is None else abs(self.units)


@dataclass(slots=True)
class Row:
    """One row under its layout, with the doubts met while reading it."""

    layout: Layout
    cells: DeclaredRow
    date_order: str | None
    issues: list[Issue] = field(default_factory=list)

    @classmethod
    def of(cls, layout: Layout, record: RawRecord, date_order: str | None) -> Row:
        """A raw row; raises CellProblem when it does not have the header's shape."""
        return cls(layout, DeclaredRow.of(record, layout.mapping), date_order)

    @property
    def number(self) -> int:
        """The row's number."""
        return self.cells.row

    def text(self, word: str) -> str:
        """A cell as text, empty where there is none."""
        found = self.cells.text(word)
        return "" if found in ("-", "--", "\u2014") else found

    def warn(self, code: str, message: str, severity: str = "warning") -> None:
        """Keep a doubt about the row."""
        self.issues.append(Issue(self.number, "note" if severity == "note" else "warning", code, message))

    def scope(self, fallback: str) -> str:
        """Whose account the row is about: by its own column, the mapping, the lines above the table, else the file."""
        said = self.text("user") or self.layout.scope or self.layout.preamble_user or fallback
        return normalise_name(said)

    def time(self, word: str = "date") -> Instant:
        """The row's time; raises CellProblem."""
        if not self.text(word):
            self.warn("time_missing", "the row states no time: it stays unknown")
            return UNKNOWN_TIME
        cell = self.cells.cells[word]
        stated = self.layout.offset
        zone_name = "UTC" if stated is not None else self.layout.zone_name
        if isinstance(cell, date):
            instant = read_instant(cell.isoformat(), zone_name=zone_name)
        elif isinstance(cell, str):
            instant = read_instant(cell.strip(), zone_name=zone_name, patterns=self._patterns())
        else:
            shown = self.cells.shown(word)
            raise CellProblem("time_damaged", f"{shown} is no date; give it a date format in the sheet")
        if stated is None or instant.time is None or instant.basis != "assumed":
            return instant
        return replace(instant, time=instant.time - stated, basis="stated")

    def _patterns(self) -> tuple[str, ...]:
        """The declared patterns; where day and month may change places, those of the order that was said."""
        patterns = self.layout.mapping.date_patterns
        wanted = _ORDERS.get(self.date_order or "")
        if wanted is None:
            return patterns
        return tuple(pattern for pattern in patterns if _order(pattern)[0] in ("Y", "b") or _order(pattern) == wanted)

    def sum(self, word: str, coin_word: str, unit: str | None = None) -> Sum:
        """An amount with the coin of its column, or of its own cell (``unit`` where a pair says it); raises CellProblem."""
        cell = self.cells.cells.get(word)
        number: object = cell
        coin = self.text(coin_word)
        if coin_word not in self.layout.mapping.columns:
            coin = unit or self.layout.mapping.said("currency") or ""
            if isinstance(cell, str) and cell.strip() and not coin:
                number, coin = self._split_unit(word, cell)
            elif isinstance(cell, str) and unit and cell.strip().upper().endswith(unit.upper()):
                number = cell.strip()[: -len(unit)].rstrip()
        if not self.text(word):
            return Sum(self.asset(coin), None) if coin else Sum(_NO_COIN, None)
        if not coin:
            raise CellProblem("coin_missing", f"{self.cells.shown(word)}: no column and no cell names its coin")
        asset = self.asset(coin)
        return Sum(asset, self._units(word, number, asset))

    def _split_unit(self, word: str, cell: str) -> tuple[str, str]:
        found = _WITH_UNIT.match(cell.strip())
        if not found:
            raise CellProblem("amount_damaged", f"{self.cells.shown(word)} is no amount with its coin behind it")
        return found["number"].strip(), found["unit"]

    def asset(self, coin: str) -> Asset:
        """The asset of a coin's code as the exchange writes it; raises CellProblem."""
        code = (self.layout.meaning("coins", coin) or coin).strip().upper()
        if code in ("BTC", "USDT") or code in read_words()["fiat"]:
            return currency(code)
        if not _COIN.match(code):
            raise CellProblem("coin_damaged", f"coin {quote_word(coin)} is no coin's code")
        return Asset(f"{code}@vasp", "vasp", None, code, COIN_DECIMALS)

    def _units(self, word: str, cell: object, asset: Asset) -> int:
        """A cell as base units of its coin: cut to them, with a warning, where the books keep finer parts."""
        shown, decimals = self.cells.shown(word), asset.decimals or 0
        try:
            units, places = self._exact_units(word, cell, decimals)
        except AmountError as problem:
            raise CellProblem("amount_damaged", f"{shown}: {problem}") from None
        if places <= decimals:
            return units
        scale: int = 10 ** (places - decimals)
        cut = abs(units) // scale * (-1 if units < 0 else 1)
        if cut * scale != units:
            message = f"{shown} has {places} decimals, {asset.asset} has {decimals}: kept as {cut} base units"
            self.warn("amount_cut", message)
        return cut

    def _exact_units(self, word: str, cell: object, decimals: int) -> tuple[int, int]:
        """A cell in units of as many decimals as it has, or the coin has, and how many it has itself."""
        if isinstance(cell, bool) or not isinstance(cell, str | int | float):
            raise AmountError(f"a {type(cell).__name__} is no amount")
        plain = ascii_digits(cell).strip() if isinstance(cell, str) else format(Decimal(repr(cell)), "f")
        if found := _SCIENTIFIC.match(plain):
            if int(found[1]) > 0:
                raise AmountError("a spreadsheet cut this number; get the original file")
            if Decimal(plain.replace(",", ".")):
                self.warn(
                    "amount_scientific", f"{self.cells.shown(word)}: written by a spreadsheet, which may drop digits"
                )
            plain = format(Decimal(plain.replace(",", ".")), "f")
        elif isinstance(cell, str):
            places = _places(plain, self.layout.mapping.said("decimal_mark") or ".")
            return read_amount(cell, max(decimals, places), self.layout.mapping), places
        return parse_units(plain, max(decimals, _places(plain, "."))), _places(plain, ".")


def _order(pattern: str) -> str:
    """In which order a pattern states day, month and year, like ``dmY``."""
    return "".join(re.findall(r"%([dmYyb])", pattern)).replace("y", "Y")


def _places(text: str, mark: str) -> int:
    return len(text.rpartition(mark)[2].rstrip("0")) if mark in text else 0


_NO_COIN = Asset("?@vasp", "vasp", None, None, None)
