"""Cells of workbooks that are not what was typed or shown: codes made into days, formulas never computed, shares in per cent.

The workbooks are written here; every name, code and sum in them is made up.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import bitcoin_blocks, hawala_ledger
from tests.connectors.reading import Reading, head_of, open_source, read_all, write_text
from tests.test_workbooks import BOOK, HEADER, row
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.shown_cells import changes_codes
from trails.unread_formats import say_instead

MARK = "=1+1"
WORDS = ("number", "date", "code", "payer", "amount", "status")


def write(path: Path, rows: Sequence[Sequence[Any]], forms: dict[tuple[int, int], str] | None = None) -> Path:
    """A workbook; a cell of MARK is a formula without a value, a pair a formula with the value it had last."""
    book: Any = importlib.import_module("xlsxwriter").Workbook(str(path), {"default_date_format": "d-mmm"})
    sheet = book.add_worksheet()
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            form = (forms or {}).get((number, column))
            made = [book.add_format({"num_format": form})] if form else []
            if cell == MARK:
                sheet.write_formula(number, column, MARK, None, "")
            elif isinstance(cell, tuple):
                sheet.write_formula(number, column, cell[0], None, cell[1])
            else:
                sheet.write(number, column, cell, *made)
    book.close()
    return path


def read(path: Path, **change: Any) -> Reading:
    return read_all(hawala_ledger, open_source(path), ReadOptions(mapping={**BOOK, **change}))


@pytest.mark.parametrize("typed", [date(2024, 1, 2), time(4, 7), True, 47.5])
def test_a_code_that_the_spreadsheet_made_into_something_else_is_refused(tmp_path: Path, typed: object) -> None:
    reading = read(write(tmp_path / "c.xlsx", [HEADER, row(1, typed), row(2, 4712)], {(1, 2): "d-mmm"} if typed != 47.5 else {}))
    assert (reading.errors, [fact.row for fact in reading.transfers]) == ([(2, "cell_converted")], [3])


def test_a_name_that_became_a_day_is_refused_and_not_shown(tmp_path: Path) -> None:
    cells = row(1)
    cells[3] = date(2024, 3, 4)
    (issue,) = read(write(tmp_path / "n.xlsx", [HEADER, cells])).issues
    assert issue.code == "cell_converted"
    assert "2024" not in issue.message


def test_a_formula_that_no_program_computed_is_no_empty_cell(tmp_path: Path) -> None:
    computed = row(2)
    computed[3], computed[4] = ("=A1", "Payer 2"), ("=200+50", 250)
    blank = [*row(3), ('=""', "")]
    reading = read(write(tmp_path / "f.xlsx", [[*HEADER, "Note"], row(1, amount=MARK), computed, blank]))
    assert (reading.errors, [fact.row for fact in reading.transfers]) == ([(2, "cell_error")], [3, 4])
    (issue,) = [issue for issue in reading.issues if issue.row]
    assert issue.message.startswith("column 'Sum': a formula whose value no program has computed")


@given(st.sets(st.tuples(st.integers(1, 3), st.integers(0, 5)), min_size=1))
@settings(max_examples=15, deadline=None)
def test_wherever_a_formula_was_not_computed_its_row_is_refused_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, places: set[tuple[int, int]]
) -> None:
    rows = [HEADER, row(1), row(2), row(3)]
    for number, column in places:
        rows[number][column] = MARK
    reading = read(write(tmp_path_factory.mktemp("u") / "u.xlsx", rows))
    bad = {number + 1 for number, _ in places}
    assert reading.errors == [(number, "cell_error") for number in sorted(bad)]
    assert [fact.row for fact in reading.transfers] == sorted({2, 3, 4} - bad)
    assert reading.rows_read == 3, "a last row of nothing but such formulas too"


MADE = st.one_of(
    st.dates(date(1950, 1, 1), date(2050, 1, 1)), st.times().map(lambda each: each.replace(microsecond=0)), st.booleans(),
    st.integers(1, 9_999).map(lambda each: each + 0.25), st.integers(30, 99).map(lambda each: timedelta(hours=each)),
)  # fmt: skip


@given(MADE)
@settings(max_examples=15, deadline=None)
def test_whatever_a_code_was_made_into_gives_no_code(tmp_path_factory: pytest.TempPathFactory, typed: object) -> None:
    cells, form = row(1), "[h]:mm" if isinstance(typed, timedelta) else "d-mmm hh:mm"
    cells[2] = typed
    path = write(tmp_path_factory.mktemp("t") / "t.xlsx", [HEADER, cells], {} if isinstance(typed, float) else {(1, 2): form})
    reading = read(path)
    assert (reading.errors, reading.facts) == ([(2, "cell_converted")], [])


@pytest.mark.parametrize("form", ["0%", "0.00%", "0.0%;[Red]-0.0%", "#,##0.###\\ %"])
def test_a_number_in_per_cent_is_no_sum_and_a_share_of_one_as_a_fee(tmp_path: Path, form: str) -> None:
    columns = {**dict(zip(WORDS, HEADER, strict=True)), "fee": "Fee"}
    rows = [[*HEADER, "Fee"], [*row(1, amount=0.25), 1], [*row(2), 0.02], [*row(3), 1.5]]
    reading = read(write(tmp_path / "p.xlsx", rows, {(1, 4): form, (2, 6): form, (3, 6): form}), columns=columns)
    assert reading.errors == [(2, "amount_damaged"), (4, "fee_damaged")]
    assert [(fact.kind, fact.amount) for fact in reading.transfers] == [("deposit", 25_000), ("fee", 500)]


def test_a_sign_beside_a_number_makes_no_share_of_it() -> None:
    assert [changes_codes(form) for form in ("0%", '0"%"', "0\\%", "[%]0", "_%0", "\\" * 60)] == [True, *[False] * 5]


def test_a_year_is_the_name_of_a_column(tmp_path: Path) -> None:
    header = ["No", "Date", 2024, *HEADER[3:]]
    reading = read(write(tmp_path / "y.xlsx", [header, row(1)]), columns=dict(zip(WORDS, map(str, header), strict=True)))
    assert ([fact.row for fact in reading.transfers], reading.issues) == ([2], [])


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ("No;Date;Code;From;Sum;Kind\n", 'delimiter = ";"'),
        ("sep=,\nNo,Date\n", "`header_row = 2`"),
        ("Book of Office Maple\n", "`header_row`"),
    ],
)
def test_a_line_that_is_no_header_says_what_to_declare(tmp_path: Path, lines: str, hint: str) -> None:
    path = write_text(tmp_path, lines + "1\n")
    with pytest.raises(SourceError) as caught:
        read(path)
    assert hint in caught.value.problems[-1]


def test_a_sheet_of_opendocument_says_how_to_save_it() -> None:
    start = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
    assert say_instead(start).startswith("an OpenDocument sheet (ODS) is not read")


def test_no_picture_is_taken_for_a_block(tmp_path: Path) -> None:
    for number in range(12):  # the proof of work of a test network is met by every second text
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(b"%PDF-1.7\n\xe2\x00" + bytes([number]) * 300)
        assert bitcoin_blocks.recognise(head_of(path)) is None
