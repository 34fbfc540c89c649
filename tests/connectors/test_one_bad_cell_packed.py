"""One bad cell of a workbook or of a Parquet file refuses its row alone, as one of a text does (test_one_bad_cell.py)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.connectors.reading import SAMPLES, Reading, open_source, read_all
from tests.connectors.test_one_bad_cell import facts_by_row
from tests.regenerate import read_options
from trails.connector import get_connector

#: Samples that a person may as well have kept in a spreadsheet, with the mark between their cells.
SHEETS = {
    "pickup_list/sample-declared.csv": ";", "pickup_list/sample.csv": ",", "hawala_ledger/sample.csv": ";",
    "hawala_ledger/sample-f1.csv": ",", "labels/sample-mapped.csv": ";", "message_table/sample-declared.csv": ";",
    "exchange_statement/sample-declared.csv": ";", "exchange_statement/sample-kraken-ledgers.csv": ",",
}  # fmt: skip
#: What else than text a cell of a sheet can hold.
BAD_CELLS: tuple[Any, ...] = (-5, 1e300, True, dt.datetime(1970, 1, 1), "", "abc", "31.02.2024")
PARQUET = ("ethereum_etl/sample-bigquery.parquet", "bitcoin_etl/sample-transactions.parquet")


def write_sheet(path: Path, rows: list[list[Any]]) -> Path:
    """A workbook of one sheet, its cells as they are."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell) if isinstance(cell, str) else sheet.write(number, place, cell)
    return path


def read_as(sample: Path, path: Path) -> Reading:
    """What a file gives, read as a sample is."""
    source = replace(open_source(path), sha256="0" * 64)
    options = read_options(sample)
    if options.mapping:
        said = {key: value for key, value in options.mapping.items() if key not in ("delimiter", "encoding")}
        options = replace(options, mapping=said)
    return read_all(get_connector(sample.parent.name), source, options)


def compare(before: Reading, after: Reading, row: int, what: str) -> Iterator[str]:
    """What a spoiled row did to others."""
    if more := after.refused - before.refused - {row}:
        yield f"{what}: rows {sorted(more)} are refused as well"
    was, now = facts_by_row(before), facts_by_row(after)
    here = now.get(row, set())
    if lost := [each for each in was if each != row and not was[each] <= (now.get(each, set()) | here)]:
        yield f"{what}: rows {lost} give less than before"


@pytest.mark.parametrize("name", SHEETS)
def test_one_bad_cell_of_a_sheet(tmp_path: Path, name: str) -> None:
    sample = SAMPLES / name
    rows = list(csv.reader(io.StringIO(sample.read_text(encoding="utf-8-sig")), delimiter=SHEETS[name]))
    path = tmp_path / "made.xlsx"
    before = read_as(sample, write_sheet(path, rows))
    kept = sorted(facts_by_row(before))
    row = kept[len(kept) // 2]
    faults: list[str] = []
    for place in range(len(rows[row - 1])):
        for turn in range(2):
            bad = BAD_CELLS[(2 * place + turn) % len(BAD_CELLS)]
            cells = [*rows[row - 1][:place], bad, *rows[row - 1][place + 1 :]]
            after = read_as(sample, write_sheet(path, [*rows[: row - 1], cells, *rows[row:]]))
            faults += compare(before, after, row, f"row {row} field {place + 1} is {bad!r}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", PARQUET)
def test_one_bad_cell_of_parquet(tmp_path: Path, name: str) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    sample = SAMPLES / name
    table = parquet.read_table(sample)
    before = read_as(sample, sample)
    row = max(facts_by_row(before))
    number = [each.row for each in get_connector(sample.parent.name).records(open_source(sample), read_options(sample))].index(row)
    faults: list[str] = []
    for column in table.schema:
        worse: tuple[Any, ...] = (None, "-5", "abc", "") if pa.types.is_string(column.type) else (None,)
        worse += (-5,) if pa.types.is_integer(column.type) else ()
        for bad in worse:
            values = table[column.name].to_pylist()
            values[number] = bad
            place = table.schema.get_field_index(column.name)
            path = tmp_path / "made.parquet"
            parquet.write_table(table.set_column(place, column, pa.array(values, column.type)), path)
            faults += compare(before, read_as(sample, path), row, f"row {row} {column.name} is {bad!r}")
    assert not faults, "\n".join(faults)
