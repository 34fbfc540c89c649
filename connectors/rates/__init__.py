"""Exchange rates and prices by day, one a line in trails' own layout::

    2024-08-02,EUR,USD,1.0884,European Central Bank

says that one euro cost 1.0884 dollars on that day. A date is noon UTC with 12 hours to either side; a time states its
offset, or takes ``--timezone``. Published series and a person's own tables are read by :mod:`.layouts`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.rates.cells import read_day, read_rate, read_symbol
from connectors.rates.layouts import DailyBars, choose_layout, find_layout
from trails.columns import CellProblem, read_instant
from trails.errors import SourceError
from trails.model import Issue, Price, RowsRead
from trails.records import csv_records, read_head
from trails.timestamps import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.rates.layouts import Layout
    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_COLUMNS = ("date", "base", "quote", "rate", "source")
_DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}", re.ASCII)


def recognise(head: Head) -> str | None:
    """Say why a file is a rate table: its header has our five columns, or it is a published series we know."""
    names = {name.strip().strip('"') for name in head.text.lstrip().partition("\n")[0].split(",")}
    return f"its columns are {', '.join(_COLUMNS)}" if names.issuperset(_COLUMNS) else find_layout(head)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read every line as prices; a line that is no rate is refused. Raises SourceError."""
    layout = _layout(source, options)
    count = 0
    for record in _rows(layout, source, options):
        count += 1
        try:
            yield from _prices(layout, record, options)
        except CellProblem as problem:
            yield Issue(record.row, "error", problem.code, str(problem))
    if isinstance(layout, DailyBars) and count:
        message = f"the prices are read as {layout.base} in {layout.quote}, as the file's name or its mapping says"
        yield Issue(None, "note", "pair_from_name", message)
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw lines; raises SourceError when a column is missing."""
    return _rows(_layout(source, options), source, options)


def _layout(source: Source, options: ReadOptions) -> Layout | None:
    try:
        return choose_layout(read_head(source), options)
    except CellProblem as problem:
        raise SourceError(f"{source.name}: {problem}; nothing was added") from None


def _rows(layout: Layout | None, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    if layout is not None:
        yield from layout.rows(source, options)
        return
    for record in csv_records(source, options):
        missing = [name for name in _COLUMNS if name not in record.value]
        if missing:
            raise SourceError(f"{source.name}: missing in the header: {', '.join(missing)}; nothing was added")
        yield record


def _prices(layout: Layout | None, record: RawRecord, options: ReadOptions) -> Iterator[Record]:
    if layout is None:
        yield _read_price(record.row, record.value, options)
        return
    value = record.value
    if isinstance(value, dict) and (None in value or any(cell is None for cell in value.values())):
        raise CellProblem("row_shape", "the row has more or fewer fields than the header")
    # a row stands or falls whole: nothing of it is given before all of it is read
    yield from list(layout.prices(record, options.date_order))


def _read_price(row: int, cells: Mapping[str | None, Any], options: ReadOptions) -> Price:
    if None in cells or any(value is None for value in cells.values()):
        raise CellProblem("row_shape", "the row has more or fewer fields than the header")
    base, quote = read_symbol(cells["base"]), read_symbol(cells["quote"])
    if base == quote:
        raise CellProblem("rate_damaged", f"{base} against itself is no rate")
    if not cells["source"].strip():
        raise CellProblem("source_missing", "the row does not say who published the rate")
    rate = read_rate(cells["rate"].strip())
    return Price(row, base, quote, rate, _instant(cells["date"].strip(), options), cells["source"].strip())


def _instant(text: str, options: ReadOptions) -> Instant:
    if _DAY.fullmatch(text):
        return read_day(text, options.date_order)
    return read_instant(text, zone_name=options.timezone, order=options.date_order)
