"""Workbooks of exchanges under a person's mapping: all visible sheets with its columns, never a hidden one instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors import exchange_statement
from tests.connectors.reading import open_source, read_all
from tests.test_workbooks import Made, write_book
from trails.connector import ReadOptions

HEADER = ["D", "A", "C", "O"]
SAID: dict[str, Any] = {
    "kind": "statement", "timezone": "UTC", "decimal_mark": ".",
    "columns": {"date": "D", "amount": "A", "coin": "C", "operation": "O"},
    "operations": {"in": "deposit"},
}  # fmt: skip


def entry(day: int, amount: int) -> list[Any]:
    return [f"2024-08-{day:02} 10:00:00", amount, "EUR", "in"]


def test_all_visible_sheets_with_the_columns_of_a_mapping_are_read(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "s.xlsx",
        Old=Made([HEADER, entry(1, 999)], hidden=True),
        July=Made([HEADER, entry(2, 5)]),
        About=Made([["An account of 2024"]]),
        August=Made([HEADER, entry(3, 6), ["", 0, "", ""]], errors={(1, 2): "#REF!"}),
    )
    reading = read_all(exchange_statement, open_source(path), ReadOptions(mapping=SAID))
    assert [(fact.row, fact.amount) for fact in reading.transfers] == [(10_000_002, 500)]
    assert reading.errors == [(30_000_002, "cell_error")]
    assert [skip.row for skip in reading.skips] == [30_000_003]
    assert reading.codes["sheet_hidden"] == reading.codes["sheet_not_read"] == 1
    named = read_all(exchange_statement, open_source(path), ReadOptions(mapping={**SAID, "sheet": "Old"}))
    assert [(fact.row, fact.amount) for fact in named.transfers] == [(2, 99_900)]
