"""Exchange rates and prices by day, one a line::

    2024-08-02,EUR,USD,1.0884,European Central Bank

says that one euro cost 1.0884 dollars on that day. A date is noon UTC with 12 hours to either side; a time states its
offset, or takes ``--timezone``.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trails.columns import CellProblem, read_instant
from trails.errors import AmountError, SourceError
from trails.model import Issue, Price, RowsRead
from trails.money import currency
from trails.records import csv_records
from trails.timestamps import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_COLUMNS = ("date", "base", "quote", "rate", "source")
_RATE = re.compile(r"(\d{1,26})(\.\d{1,12})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: Coins that price tables name and ISO 4217 does not (USDT and BTC are known to trails.money).
_COINS = frozenset({"ETH", "TRX", "BNB", "USDC"})


def recognise(head: Head) -> str | None:
    """Say why a file is a rate table: its header has our five columns."""
    names = {name.strip().strip('"') for name in head.text.lstrip().partition("\n")[0].split(",")}
    return f"its columns are {', '.join(_COLUMNS)}" if names.issuperset(_COLUMNS) else None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read every line as a price; a line that is no rate is refused."""
    count = 0
    for record in records(source, options):
        count += 1
        try:
            yield _read_price(record.row, record.value, options)
        except CellProblem as problem:
            yield Issue(record.row, "error", problem.code, str(problem))
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw lines; raises SourceError when a column is missing."""
    for record in csv_records(source, options):
        missing = [name for name in _COLUMNS if name not in record.value]
        if missing:
            raise SourceError(f"{source.name}: the column(s) {', '.join(missing)} are missing; nothing was added")
        yield record


def _read_price(row: int, cells: Mapping[str | None, Any], options: ReadOptions) -> Price:
    if None in cells or any(value is None for value in cells.values()):
        raise CellProblem("row_shape", "the row has more or fewer fields than the header")
    base, quote = _symbol(cells["base"]), _symbol(cells["quote"])
    if base == quote:
        raise CellProblem("rate_damaged", f"{base} against itself is no rate")
    if not cells["source"].strip():
        raise CellProblem("source_missing", "the row does not say who published the rate")
    rate = _rate(cells["rate"].strip())
    return Price(row, base, quote, rate, _instant(cells["date"].strip(), options), cells["source"].strip())


def _symbol(text: str) -> str:
    name = text.strip().upper()
    if name in _COINS:
        return name
    try:
        return currency(name).asset
    except AmountError as problem:
        raise CellProblem("currency_unknown", f"{problem}, or one of {', '.join(sorted(_COINS))}") from None


def _rate(text: str) -> Decimal:
    if not _RATE.fullmatch(text):
        raise CellProblem("rate_damaged", f"rate {text[:60]!r} is no plain number like 1.0884, or too long to keep")
    if not (rate := Decimal(text)):
        raise CellProblem("rate_damaged", "a rate of 0 is a missing value")
    return rate


def _instant(text: str, options: ReadOptions) -> Instant:
    if _DAY.fullmatch(text):
        day = read_instant(text, zone_name="UTC")
        return Instant(day.time, day.error_s, "stated")
    return read_instant(text, zone_name=options.timezone)
