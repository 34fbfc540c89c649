"""The cells of one row of an exchange's table: times with their stated offset, coins, and exact amounts.

``0.00038910BNB`` and ``€4.30`` state their coin themselves (:mod:`.sums`); ``9.27E-05`` is what a spreadsheet made of
``0.0000927`` and is read with a warning, because such a program may have dropped digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.coin_codes import is_coin_code, quote_code
from connectors.exchange_statement.dates import fitting_patterns, why_no_time
from connectors.exchange_statement.settings import MOST_KEPT, read_words
from connectors.exchange_statement.sums import drop_brackets, read_number, split_sign, split_unit
from trails.columns import CellProblem, DeclaredRow, read_instant
from trails.errors import AmountError
from trails.identifiers import normalise_name
from trails.model import Issue
from trails.money import Asset, check_amount, currency
from trails.timestamps import UNKNOWN_TIME, Instant
from trails.words import quote_word

if TYPE_CHECKING:
    from connectors.exchange_statement.layout import Layout
    from trails.connector import RawRecord

_PLAIN = re.compile(r"[+-]?\d[\d.,]*\Z", re.ASCII)
#: The one short name of a month that some programs write with four letters.
_SEPTEMBER = re.compile(r"\bSept\b")
_NOTHING = frozenset(("-", "--", "\u2014"))
#: Decimals of a coin of which the exchange states none: the most any exchange's books are seen to keep.
COIN_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount with its coin; ``units`` is None where the cell is empty."""

    asset: Asset
    units: int | None

    @property
    def size(self) -> int | None:
        """The amount without its sign."""
        return None if self.units is None else abs(self.units)

    def less(self, part: Sum) -> Sum:
        """What is left of a sum without a part of it, in the finer of both units; the sizes count, not the signs."""
        return self._with(part, -1)

    def more(self, part: Sum) -> Sum:
        """A sum and a part that was taken out of it before, in the finer of both units; the sizes count."""
        return self._with(part, 1)

    def _with(self, part: Sum, times: int) -> Sum:
        if self.units is None or part.units is None:
            return self
        asset = max(self.asset, part.asset, key=_decimals)
        own, other = (abs(each.units or 0) * 10 ** (_decimals(asset) - _decimals(each.asset)) for each in (self, part))
        return Sum(asset, own + times * other)


def _decimals(asset: Asset) -> int:
    return asset.decimals or 0


@dataclass(slots=True)
class Row:
    """One row under its layout, with the doubts met while reading it."""

    layout: Layout
    cells: DeclaredRow
    date_order: str | None
    issues: list[Issue] = field(default_factory=list)
    #: The symbols of the amounts that are finer than their coin's own unit.
    fine: list[str] = field(default_factory=list)
    #: What of the row is a further part of one side of its order (:mod:`.legs`).
    parts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, layout: Layout, record: RawRecord, date_order: str | None, parts: frozenset[str] = frozenset()) -> Row:
        """A raw row; raises CellProblem when it does not have the header's shape."""
        return cls(layout, DeclaredRow.of(record, layout.mapping), date_order, parts=parts)

    @property
    def number(self) -> int:
        """The row's number."""
        return self.cells.row

    def text(self, word: str) -> str:
        """A cell as text, empty where there is none."""
        found = self.cells.texts.get(word, "")
        return "" if found in _NOTHING else found

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
        cell, clock = self.cells.cells[word], self.text("clock")
        stated, own = self.layout.offset, self.text("zone")
        zone_name = "UTC" if stated is not None else own or self.layout.zone_name
        if isinstance(cell, date):
            day = str(cell).partition(" ")[0] + f" {clock}" if clock else cell.isoformat()
            instant = read_instant(day, zone_name=zone_name)
        elif isinstance(cell, str):
            instant = self._written_time(f"{cell.strip()} {clock}".strip(), zone_name)
        else:
            shown = self.cells.shown(word)
            raise CellProblem("time_damaged", f"{shown} is no date; give it a date format in the sheet")
        if instant.time is None or instant.basis != "assumed":
            return instant
        if stated is None:
            return replace(instant, basis="stated") if own else instant
        return replace(instant, time=instant.time - stated, basis="stated")

    def _written_time(self, text: str, zone_name: str | None) -> Instant:
        declared, own = self.layout.mapping.date_patterns, self.layout.own_patterns
        text = _SEPTEMBER.sub("Sep", text)
        patterns = fitting_patterns(text, declared, self.date_order, own=own)
        try:
            return read_instant(text, zone_name=zone_name, patterns=patterns)
        except CellProblem as problem:
            if problem.code != "time_damaged":
                raise
            way_out = why_no_time(text, self.date_order, zoned=zone_name is not None)
            raise CellProblem(problem.code, f"{problem}{way_out}") from None

    def sum(self, word: str, coin_word: str, unit: str | None = None) -> Sum:
        """An amount with the coin of its own cell, of its column, or of the layout (``unit`` where a pair says it).

        Raises CellProblem, also where cell and column state two currencies.
        """
        cell = self.cells.cells.get(word)
        number: object = cell
        coin = self.text(coin_word)
        if isinstance(cell, str) and not _PLAIN.match(cell):
            number, coin = self._own_coin(word, cell, coin_word, unit)
        elif coin_word not in self.layout.mapping.columns:
            coin = unit or self._usual()
        if not self.text(word):
            return Sum(self.asset(coin), None) if coin else Sum(_NO_COIN, None)
        if not coin:
            raise CellProblem("coin_missing", f"{self.cells.shown(word)}: no column and no cell names its coin")
        return self._exact(word, number, self.asset(coin))

    @property
    def operation(self) -> str:
        """The operation as the row says it; where it is a sentence, which may name people, what it means."""
        said = self.text("operation")
        return (self.layout.operation_of(said, "") or "") if self.layout.sentences else said

    @property
    def address(self) -> str:
        """Where the value went: a table may have a column for deposits beside the one for withdrawals."""
        return self.text("address") or self.text("deposit_address")

    def written_sum(self, word: str, number: str, coin: str) -> Sum:
        """A sum that stands in a cell of text, as a number and a coin found there; raises CellProblem."""
        return self._exact(word, number, self.asset(coin))

    def _usual(self) -> str:
        """The currency of sums that say none: of the mapping, or --currency."""
        return self.layout.mapping.said("currency") or ""

    def _own_coin(self, word: str, cell: str, coin_word: str, unit: str | None) -> tuple[str, str]:
        """The number and the coin of a cell that is no plain number: it may state its own coin."""
        if found := split_sign(cell):
            return found[0], self._coin_of_sign(word, found[1], coin_word, unit)
        if coin_word in self.layout.mapping.columns:
            return self._unit_beside_column(word, cell, coin_word)
        plain = drop_brackets(cell).strip()
        if unit and plain.upper().endswith(unit.upper()):
            return plain[: -len(unit)].rstrip(), unit
        if split := split_unit(plain):
            return split
        coin = unit or self._usual()
        if self.text(word) and not coin:
            raise CellProblem("amount_damaged", f"{self.cells.shown(word)} is no amount with its coin behind it")
        return cell, coin

    def _unit_beside_column(self, word: str, cell: str, coin_word: str) -> tuple[str, str]:
        """The number of a cell that may state its coin although a column does: both must state the same."""
        stated, split = self.text(coin_word), split_unit(cell)
        if split is None:
            return cell, stated
        if stated and self._code(split[1]) != self._code(stated):
            message = f"{self.cells.shown(word)} states another coin than {self.cells.where(coin_word)}"
            raise CellProblem("currency_contradicted", message)
        return split[0], stated or split[1]

    def _coin_of_sign(self, word: str, codes: tuple[str, ...], coin_word: str, unit: str | None) -> str:
        """The currency of a cell with a sign: the column's, which the sign must not contradict, else the sign's own."""
        stated = self.text(coin_word)
        for said in [stated] if stated else [unit, self._usual()]:
            if said and self._code(said) in codes:
                return said
        shown, meant = self.cells.shown(word), " or ".join(codes)
        if stated:
            message = f"{shown} is a sum in {meant}, but {self.cells.where(coin_word)} says {quote_word(stated)}"
            raise CellProblem("currency_contradicted", message)
        if len(codes) > 1:
            message = f"{shown}: its sign may mean {meant}; say which with --currency, or name the column that says it"
            raise CellProblem("currency_unclear", message)
        return codes[0]

    def _code(self, coin: str) -> str:
        return self.layout.coin_code(coin)

    def asset(self, coin: str) -> Asset:
        """The asset of a coin's code as the exchange writes it; raises CellProblem."""
        known = self.layout.read_assets
        if (asset := known.get(coin)) is not None:
            return asset
        code = self._code(coin)
        if code in ("BTC", "USDT") or code in read_words()["fiat"]:
            asset = currency(code)
        elif is_coin_code(code):
            asset = kept_at_exchange(code)
        else:
            raise CellProblem("coin_damaged", f"coin {quote_code(coin)} is no coin's code")
        if len(known) < MOST_KEPT:
            known[coin] = asset
        return asset

    def _exact(self, word: str, cell: object, asset: Asset) -> Sum:
        """A cell in base units of its coin, or, where it is finer than those, of the coin as the exchange keeps it.

        Nothing is cut; raises CellProblem for a number that is finer than any exchange's books.
        """
        decimals = asset.decimals or 0
        try:
            read = read_number(cell, decimals, self.layout.mapping)
        except AmountError as problem:
            raise CellProblem("amount_damaged", f"{self.cells.shown(word)}: {problem}") from None
        if read.scientific:
            self.warn("amount_scientific", f"{self.cells.shown(word)}: written by a spreadsheet, which may drop digits")
        if read.places <= decimals:
            return Sum(asset, read.units)
        if read.places > COIN_DECIMALS:
            message = f"{self.cells.shown(word)} has {read.places} decimals; at most {COIN_DECIMALS} are kept"
            raise CellProblem("amount_too_fine", message)
        code = asset.symbol or ""
        self.fine.append(code)
        try:
            return Sum(kept_at_exchange(code), check_amount(read.units * 10 ** (COIN_DECIMALS - read.places)))
        except AmountError as problem:
            raise CellProblem("amount_damaged", f"{self.cells.shown(word)}: {problem}") from None


@lru_cache(maxsize=1024)
def kept_at_exchange(code: str) -> Asset:
    """A coin or currency as exchanges keep it in their books, finer than cents or a coin's smallest unit on its chain."""
    return Asset(f"{code}@vasp", "vasp", None, code, COIN_DECIMALS)


_NO_COIN = Asset("?@vasp", "vasp", None, None, None)
