"""Old workbooks (XLS), written here record by record: hidden sheets, codes with a format, errors, merged cells."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from connectors import hawala_ledger
from tests.connectors.reading import open_source, read_all
from tests.hostile.sheets import _begin, _record, _write_compound
from tests.test_workbooks import BOOK, HEADER
from trails.connector import ReadOptions
from trails.old_marks import Styles
from trails.sheets import SHEET_STEP, list_sheets
from trails.shown_cells import CellMarks

_PLAIN, _CODE = 0, 1


def text(row: int, column: int, words: str) -> bytes:
    return _record(0x0204, struct.pack("<HHHHB", row, column, _PLAIN, len(words), 0) + words.encode("latin-1"))


def number(row: int, column: int, value: float, style: int = _PLAIN) -> bytes:
    return _record(0x0203, struct.pack("<HHHd", row, column, style, value))


def error(row: int, column: int, code: int) -> bytes:
    return _record(0x0205, struct.pack("<HHHBB", row, column, _PLAIN, code, 1))


def write_old(path: Path, sheets: dict[str, tuple[bool, bytes]]) -> Path:
    """A workbook of sheets, each with whether it is hidden and the records of its cells; style 1 shows five digits."""
    form = _record(0x041E, struct.pack("<HHB", 164, 5, 0) + b"00000")
    styles = b"".join(_record(0x00E0, struct.pack("<HH16x", 0, number)) for number in (0, 164))
    bodies = [
        _begin(0x0010) + _record(0x0200, struct.pack("<IIHHH", 0, 9, 0, 6, 0)) + cells + _record(0x000A, b"")
        for _, cells in sheets.values()
    ]
    start = len(_begin(5)) + len(form) + len(styles) + sum(4 + 8 + len(name) for name in sheets) + 4
    heads = b""
    for (name, (hidden, _)), body in zip(sheets.items(), bodies, strict=True):
        heads += _record(0x0085, struct.pack("<IBBBB", start, hidden, 0, len(name), 0) + name.encode())
        start += len(body)
    _write_compound(path, _begin(5) + form + styles + heads + _record(0x000A, b"") + b"".join(bodies))
    return path


def header() -> bytes:
    return b"".join(text(0, column, name) for column, name in enumerate(HEADER))


def entry(row: int, code: bytes) -> bytes:
    rest = text(row, 1, "2024-08-05") + text(row, 3, f"Payer {row}") + number(row, 4, 250) + text(row, 5, "in")
    return number(row, 0, row) + code + rest


def test_an_old_workbook_is_read_as_a_new_one(tmp_path: Path) -> None:
    merged = _record(0x00E5, struct.pack("<HHHHH", 1, 4, 5, 1, 1))
    held = number(5, 0, 5) + number(5, 2, 9) + text(5, 3, "Payer 5") + number(5, 4, 250) + text(5, 5, "in")
    cells = (
        entry(1, number(1, 2, 471, _CODE))
        + entry(2, number(2, 2, 471))
        + entry(3, error(3, 2, 0x17))
        + entry(4, number(4, 2, 8))
        + held
    )
    path = write_old(
        tmp_path / "b.xls",
        {"Old": (True, header() + entry(1, number(1, 2, 1))), "New": (False, header() + cells + merged)},
    )
    assert [(sheet.name, sheet.visible) for sheet in list_sheets(open_source(path))] == [("Old", False), ("New", True)]
    reading = read_all(hawala_ledger, open_source(path), ReadOptions(mapping=BOOK))
    labels = {fact.row - SHEET_STEP: fact.dst.label for fact in reading.transfers}
    assert labels == {2: "00471", 3: "471", 5: "8", 6: "9"}
    assert reading.errors == [(SHEET_STEP + 4, "cell_error")]
    assert [issue.message for issue in reading.issues if issue.code == "cell_error"] == [
        "column 'Code': the cell holds no value but the error #REF!"
    ]
    assert {str(fact.time.time)[:10] for fact in reading.transfers if fact.time} == {"2024-08-05"}
    assert reading.codes["sheet_not_read"] == 1


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        (0x0006, struct.pack("<HHHBBBBHH", 0, 0, 0, 2, 0, 0x2A, 0, 0, 0xFFFF), (True, "#N/A")),
        (0x0006, struct.pack("<HHHd", 0, 0, 1, 471.0), (False, "00000")),
        (0x027E, struct.pack("<HHHI", 0, 0, 1, 0), (False, "00000")),
        (0x00BD, struct.pack("<HHHIHIH", 0, 0, 0, 0, 1, 0, 1), (False, "00000")),
        (0x0205, struct.pack("<HHHBB", 0, 0, 0, 0x7F, 1), (True, "#ERROR!")),
        (0x0205, struct.pack("<HHHBB", 0, 0, 0, 1, 0), None),
        (0x0203, struct.pack("<HHHd", 0, 0, 9, 1.0), None),
        (0x0203, struct.pack("<HHH", 0, 0, 1), (False, "00000")),
        (0x00BD, struct.pack("<HH", 0, 0), None),
    ],
)
def test_each_kind_of_record_is_marked(kind: int, data: bytes, found: Any) -> None:
    styles, marks = Styles({164: "00000"}, [0, 164]), CellMarks()
    styles.mark(kind, data, marks)
    assert marks.meanings == ([found] if found else [])


def test_a_format_in_wide_signs_is_read_too() -> None:
    styles = Styles()
    styles.see(0x041E, struct.pack("<HHB", 170, 3, 1) + "000".encode("utf-16-le"))
    styles.see(0x041E, struct.pack("<HHB", 171, 4, 0) + b"0.00")
    styles.see(0x041E, b"\x00")
    assert styles.forms == {170: "000"}
