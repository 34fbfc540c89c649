"""The layouts of published rate series, and tables of a person's own with declared columns.

==================  ==================================================================================================
reference rates     ``Date,USD,JPY,...`` of the European Central Bank: units of each currency for one euro
daily bars          ``Date,Open,High,Low,Close,...`` as finance sites export them; the pair is in the file's name
one series          the French central bank's ``Titre :;...`` export of one series of the ECB, decimal comma
fiat values         JSON lines ``{"date": "2017-12-21", "fiatValues": {"EUR": 0.0387}}``; the coin is in the mapping
declared columns    any table, also with a buying and a selling side, through a mapping of kind ``rates``
==================  ==================================================================================================

A declared table of an exchange bazaar that quotes toman (ten rial)::

    kind = "rates"
    decimal_mark = "."
    thousands_mark = ","
    [columns]
    date = "Date"
    base = "Code"
    buy = "Buy"
    sell = "Sell"
    [rates]
    quote = "IRR"
    times = 10
    source = "bazaar list, free market"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.rates.cells import read_day, read_rate, read_symbol
from trails.columns import CellProblem, DeclaredRow, declared_rows, is_zero, read_amount
from trails.errors import AmountError, SourceError
from trails.mapping import DeclaredColumns, Vocabulary, kind_of, load_mapping
from trails.model import Issue, Price, Skip
from trails.records import csv_records, json_paths, json_records, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source

ECB = "European Central Bank reference rate"
_PAIR = re.compile(r"([A-Za-z]{3,5})[-_]([A-Za-z]{3,4})(?![A-Za-z])")
_SERIES = re.compile(r"EXR\.D\.([A-Z]{3})\.([A-Z]{3})\.SP00\.A")
_CODE = re.compile(r"[A-Z]{3}")
#: A day as the bank writes it, or as a spreadsheet does after it; other lines are about the series.
_A_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", re.ASCII)
_PLACES = 12
_LINES_SHOWN = 20
_OWN_SETTINGS = ("base", "quote", "source", "times")
_VOCABULARY = Vocabulary(("date", "base", "quote", "rate", "buy", "sell", "source"), ("date",), {})

Found = Price | Issue | Skip


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """Units of each currency for one euro, a day a line."""

    why = "the columns are the days and currencies of the ECB's reference rates"

    @staticmethod
    def fits(head: Head) -> bool:
        """Tell by the first line: Date, and then nothing but currency codes, the dollar among them."""
        first, *others = (name.strip() for name in head.text.partition("\n")[0].split(","))
        codes = [name for name in others if name]
        return first == "Date" and "USD" in codes and len(codes) > 1 and all(map(_CODE.fullmatch, codes))

    def rows(self, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
        """Give the lines."""
        return csv_records(source, options)

    def prices(self, record: RawRecord, order: str | None = None) -> Iterator[Found]:
        """Give a price for each currency the line states; `N/A` states none."""
        day = read_day(record.value["Date"], order)
        stated = {name: cell.strip() for name, cell in record.value.items() if name and name != "Date"}
        rates = {name: cell for name, cell in stated.items() if cell not in ("", "N/A")}
        if not rates:
            yield Skip(record.row, "a day without rates")
        for name, cell in rates.items():
            yield Price(record.row, "EUR", name, read_rate(cell), day, ECB)


@dataclass(frozen=True, slots=True)
class DailyBars:
    """Opening, highest, lowest and closing price of one pair, a day a line; the close is kept."""

    base: str
    quote: str
    why = "the columns are daily prices (Open, High, Low, Close)"

    @staticmethod
    def fits(head: Head) -> bool:
        """Tell by the first line."""
        names = {name.strip() for name in head.text.partition("\n")[0].split(",")}
        return {"Date", "Open", "High", "Low", "Close"} <= names

    @classmethod
    def of(cls, name: str, said: Mapping[str, Any]) -> DailyBars:
        """Take the pair from the mapping, else from the file's name; raises SourceError where neither says it."""
        in_name = _PAIR.match(name)
        base, quote = said.get("base"), said.get("quote")
        if not (base and quote):
            if not in_name:
                raise SourceError(
                    f"{name}: which pair these prices are of is not stated; name the file like BTC-USD.csv, or say "
                    'kind = "rates" and [rates] base, quote in a mapping'
                )
            base, quote = in_name[1], in_name[2]
        return cls(read_symbol(str(base)), read_symbol(str(quote)))

    def rows(self, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
        """Give the lines."""
        return csv_records(source, options)

    def prices(self, record: RawRecord, order: str | None = None) -> Iterator[Found]:
        """Give the close of the day."""
        close = (record.value["Close"] or "").strip()
        if close in ("", "null"):
            yield Skip(record.row, "a day without a close")
            return
        origin = f"daily close of {self.base}-{self.quote}"
        yield Price(record.row, self.base, self.quote, read_rate(close), read_day(record.value["Date"], order), origin)


@dataclass(frozen=True, slots=True)
class OneSeries:
    """One series of the ECB as the French central bank exports it."""

    base: str
    quote: str
    why = "a series of euro rates as the French central bank exports it"

    @staticmethod
    def fits(head: Head) -> bool:
        """Tell by the lines above the series."""
        return head.text.startswith("Titre :;") and _SERIES.search(head.text[:4_000]) is not None

    @classmethod
    def of(cls, head: Head) -> OneSeries:
        """Read which currency the series is of out of its code; raises SourceError where there is none."""
        code = _SERIES.search(head.text[:4_000])
        if code is None:
            raise SourceError(f"{head.name}: no series code like EXR.D.USD.EUR.SP00.A above the series")
        return cls(base=code[2], quote=code[1])

    def rows(self, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
        """Give the lines after the first."""
        return csv_records(source, options, delimiter=";")

    def prices(self, record: RawRecord, order: str | None = None) -> Iterator[Found]:
        """Give the rate of a day, which has a decimal comma; `-` states none."""
        date, rate, *_ = (*(cell or "" for name, cell in record.value.items() if name is not None), "", "")
        if not _A_DAY.fullmatch(date.strip()):
            yield Skip(record.row, "about the series")
        elif rate.strip() in ("-", ""):
            yield Skip(record.row, "a day without rates")
        else:
            yield Price(
                record.row, self.base, self.quote, read_rate(rate.strip().replace(",", ".")), read_day(date, order), ECB
            )


@dataclass(frozen=True, slots=True)
class FiatValues:
    """The values of one coin in currencies, a day a line of JSON."""

    base: str
    why = "JSON lines of a coin's value in currencies by day"

    @staticmethod
    def fits(head: Head) -> bool:
        """Tell by the keys of the first lines, of which some may be damaged."""
        return any({"date", "fiatValues"} <= json_paths(line) for line in head.text.splitlines()[:_LINES_SHOWN])

    @classmethod
    def of(cls, name: str, said: Mapping[str, Any], currency: str | None) -> FiatValues:
        """Take the coin from the mapping, else from ``--currency``; raises SourceError where neither says it."""
        base = said.get("base") or currency
        if not base:
            raise SourceError(
                f"{name}: which coin these values are of is not stated; say it with --currency TRX, or write "
                f'{name}.mapping.toml beside it with kind = "rates" and, under [rates], base = "TRX"'
            )
        return cls(read_symbol(str(base)))

    def rows(self, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
        """Give the lines."""
        return json_records(source, options)

    def prices(self, record: RawRecord, order: str | None = None) -> Iterator[Found]:
        """Give a price for each currency."""
        value = record.value
        if not isinstance(value, dict) or not isinstance(value.get("fiatValues"), dict):
            raise CellProblem("row_shape", say_broken(value, "the line is no object with date and fiatValues"))
        day = read_day(str(value.get("date")), order)
        if not value["fiatValues"]:
            yield Skip(record.row, "a day without rates")
        for name, rate in value["fiatValues"].items():
            text = format(rate, "f") if isinstance(rate, Decimal | int) and not isinstance(rate, bool) else str(rate)
            yield Price(
                record.row, self.base, read_symbol(name), read_rate(text), day, "daily value, publisher not stated"
            )


@dataclass(frozen=True, slots=True)
class Declared:
    """A table whose columns a mapping of kind ``rates`` declares, with one rate, or a buying and a selling side."""

    mapping: DeclaredColumns
    said: Mapping[str, Any]
    zone_name: str | None
    why = "a mapping of kind `rates` declares its columns"

    @classmethod
    def of(cls, name: str, options: ReadOptions) -> Declared:
        """Load the mapping; raises SourceError listing what is wrong with it."""
        data = dict(options.mapping or {})
        said = data.pop("rates", {})
        columns = data.get("columns")
        problems = [] if isinstance(said, dict) else ["`rates` must be a table: [rates]"]
        said = said if isinstance(said, dict) else {}
        problems += [
            f"[rates] knows {', '.join(_OWN_SETTINGS)}, not `{key}`" for key in said if key not in _OWN_SETTINGS
        ]
        has = columns if isinstance(columns, dict) else {}
        if not {"rate", "buy", "sell"} & set(has):
            problems.append("[columns] says none of `rate`, `buy`, `sell`")
        problems += [f"neither [columns] nor [rates] says `{word}`" for word in ("base", "quote", "source")
                     if word not in has and not said.get(word)]  # fmt: skip
        times = said.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            problems.append(f"[rates] times is {times!r}; say a whole number like 10 (toman to rial)")
        if "decimal_mark" not in data:
            problems.append("`decimal_mark` is missing: say '.' or ','")
        if problems:
            raise SourceError(f"{name}: the mapping does not fit, nothing was added:", problems)
        mapping = load_mapping(data, _VOCABULARY)
        return cls(mapping, said, options.timezone or mapping.said("timezone"))

    def rows(self, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
        """Give the rows once the mapping fits the file."""
        return declared_rows(source, options, self.mapping)

    def prices(self, record: RawRecord, order: str | None = None) -> Iterator[Found]:
        """Give the rate of a row, or its two sides."""
        row = DeclaredRow.of(record, self.mapping)
        if all(not text or is_zero(text) for text in row.texts.values()):
            yield Skip(record.row, "an empty row, or one of nothing but zeros")
            return
        time = row.instant("date", self.zone_name or "UTC", order)
        if time is None:
            raise CellProblem("time_missing", "the row states no date")
        base, quote = (read_symbol(row.text(word) or str(self.said.get(word, ""))) for word in ("base", "quote"))
        origin = row.text("source") or str(self.said.get("source", ""))
        stated = [side for side in ("rate", "buy", "sell") if side in self.mapping.columns and row.text(side)]
        if not stated:
            yield Skip(record.row, "a row without a rate")
        for side in stated:
            rate = self._rate(row, side)
            yield Price(record.row, base, quote, rate, time, origin if side == "rate" else f"{origin} ({side})")

    def _rate(self, row: DeclaredRow, side: str) -> Decimal:
        try:
            units = read_amount(row.cells[side], _PLACES, self.mapping)
        except AmountError as problem:
            raise CellProblem("rate_damaged", f"{row.shown(side)}: {problem}") from None
        if units <= 0:
            raise CellProblem("rate_damaged", f"{row.shown(side)} is no rate")
        exact = (Decimal(units) * int(self.said.get("times", 1))).scaleb(-_PLACES)
        return Decimal(format(exact.normalize(), "f"))


Layout = ReferenceRates | DailyBars | OneSeries | FiatValues | Declared


def find_layout(head: Head) -> str | None:
    """Say which layout a file has, None where it has none of them."""
    if kind_of(head.mapping) == "rates" and head.mapping and "columns" in head.mapping:
        return Declared.why
    if b"\x00" in head.data[:4_096]:
        return None
    for layout in (ReferenceRates, DailyBars, OneSeries, FiatValues):
        if layout.fits(head):
            return layout.why
    return None


def choose_layout(head: Head, options: ReadOptions) -> Layout | None:
    """Give the layout to read a file by, None for trails' own; raises SourceError where it lacks what it needs."""
    mapping = options.mapping or {}
    said = mapping.get("rates", {})
    said = said if isinstance(said, dict) else {}
    if kind_of(mapping) == "rates" and "columns" in mapping:
        return Declared.of(head.name, options)
    if ReferenceRates.fits(head):
        return ReferenceRates()
    if DailyBars.fits(head):
        return DailyBars.of(head.name, said)
    if OneSeries.fits(head):
        return OneSeries.of(head)
    return FiatValues.of(head.name, said, options.currency) if FiatValues.fits(head) else None
