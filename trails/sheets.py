"""Rows of a workbook's sheets, and its beginning; what it would take in memory is found out before (:mod:`trails.workbooks`).

A workbook is all its visible sheets. A row of the first sheet has the sheet's own row number, one of the third has 20,000,000 more:
no sheet has as many rows, so :func:`place_of_row` says sheet and row of any. A hidden sheet is read only where it is named, and the
rows of a sheet that is named have its own numbers.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from trails.archives import PACKING_PROBLEMS, is_old_workbook, open_zip
from trails.book_parts import sheet_parts
from trails.connector import Head, RawRecord
from trails.csv_text import by_name, check_header
from trails.errors import SourceError
from trails.old_workbooks import check_old_workbook, old_marks, old_sheet_names, old_sheet_rows
from trails.shown_cells import CellMarks, Merge, ShownNumber, merge_rows
from trails.workbooks import check_workbook, marks_of

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

    from trails.connector import ReadOptions, Source

HEAD_ROWS = 40
#: Rows of the second and later sheets of a workbook are numbered from a multiple of this.
SHEET_STEP = 10_000_000
_ENDINGS = (".xlsx", ".xlsm", ".xls")
_MOST_NAMES = 40
#: A row: its cells, and the merged cells that it has a part in.
_Row = tuple[list[Any], dict[int, Merge]]
_NO_MERGES: dict[int, Merge] = {}
_CELLS = json.JSONEncoder(ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, its place in the workbook from 0, whether it is visible, and whether the workbook has others."""

    name: str
    position: int
    visible: bool
    alone: bool

    @property
    def shift(self) -> int:
        """What the numbers of its rows begin after."""
        return self.position * SHEET_STEP


def place_of_row(row: int) -> tuple[int, int]:
    """The sheet, from 1, and the row on it, that a row number of a workbook means.

    >>> place_of_row(5), place_of_row(20_000_005)
    ((1, 5), (3, 5))
    """
    return row // SHEET_STEP + 1, row % SHEET_STEP


def say_row(name: str, row: int) -> str:
    """A row's number, and in a workbook of several sheets where it stands.

    >>> say_row("book.xlsx", 20_000_005), say_row("book.xlsx", 5), say_row("long.csv", 20_000_005)
    ('20000005 (sheet 3, row 5)', '5', '20000005')
    """
    if row < SHEET_STEP or not name.lower().endswith(_ENDINGS):
        return str(row)
    sheet, own = place_of_row(row)
    return f"{row} (sheet {sheet}, row {own})"


def sheet_records(
    source: Source, options: ReadOptions, *, sheet: str | None = None, header_row: int = 1
) -> Iterator[RawRecord]:
    """The rows of one sheet of a workbook (XLSX, XLSM, XLS) by column name, of the first visible one where none is named.

    ``row`` is the sheet's own row number. ``raw`` is the row's cells as JSON text, behind sheet and row where there are several
    sheets. A cell with a formula is what the program that wrote it computed last, an error its name (``#REF!``), a number whose
    format shows zeros in front a :class:`trails.shown_cells.ShownNumber`. What merged cells hold stands in each of their rows, and
    ``merged`` names them. Raises SourceError for a damaged workbook, an unknown sheet, or one that would take more memory than
    it may.
    """
    del options
    yield from table_of(source, find_sheet(source, sheet), header_row)[1]


def table_of(source: Source, sheet: Sheet, header_row: int = 1) -> tuple[list[str], Iterator[RawRecord]]:
    """The column names of a sheet, none where it is empty, and its rows under them."""
    given, has_codes = _sheet_rows(source, sheet)
    rows = enumerate(given, start=1)
    for row, (cells, _) in rows:
        if row >= header_row and any(cell != "" for cell in cells):
            header = check_header([_name_of(cell) for cell in cells], source.name, row)
            return header, _records(sheet, header, rows, has_codes=has_codes)
    return [], iter(())


def _name_of(cell: Any) -> str:
    """The name of a column: a year in a header is shown without a decimal part."""
    return f"{cell:.0f}" if type(cell) is float and cell.is_integer() else str(cell).strip()


def _records(
    sheet: Sheet, header: list[str], rows: Iterator[tuple[int, _Row]], *, has_codes: bool
) -> Iterator[RawRecord]:
    for row, (cells, merges) in rows:
        if not any(cell != "" for cell in cells):
            continue
        shown = [cell.shown if type(cell) is ShownNumber else cell for cell in cells] if has_codes else cells
        raw = _CELLS.encode(shown)
        if not sheet.alone:
            raw = f"{sheet.name}!{row} {raw}"
        merged = None
        if merges:
            merged = {header[place]: merge for place, merge in merges.items() if place < len(header)}
            raw += "".join(f" ({where} is merged)" for where in dict.fromkeys(merge.where for merge in merges.values()))
        yield RawRecord(row, raw, by_name(header, cells), merged=merged)


def list_sheets(source: Source) -> tuple[Sheet, ...]:
    """The sheets of a workbook in its own order, the hidden ones too; raises SourceError for a damaged one."""
    if is_old_workbook(source):
        check_old_workbook(source)
        named = old_sheet_names(source)
    else:
        from python_calamine import SheetVisibleEnum

        book = _open_workbook(source)
        named = tuple((sheet.name, sheet.visible == SheetVisibleEnum.Visible) for sheet in book.sheets_metadata)
    alone = len(named) == 1
    return tuple(Sheet(name, place, visible, alone) for place, (name, visible) in enumerate(named))


def visible_sheets(source: Source) -> tuple[Sheet, ...]:
    """The sheets that are not hidden; raises SourceError for a workbook that has none, or is damaged."""
    sheets = list_sheets(source)
    if not sheets:
        raise SourceError(f"{source.name}: not a readable workbook: it has no sheet")
    visible = tuple(sheet for sheet in sheets if sheet.visible)
    if not visible:
        raise SourceError(f"{source.name}: all its sheets are hidden; name one with `sheet` in a mapping")
    return visible


def find_sheet(source: Source, name: str | None = None) -> Sheet:
    """The sheet of a name, hidden or not, or the first visible one; raises SourceError where there is none."""
    if name is None:
        return visible_sheets(source)[0]
    sheets = list_sheets(source)
    found = next((sheet for sheet in sheets if sheet.name == name), None)
    if found is None:
        names = [sheet.name for sheet in sheets]
        listed = ", ".join(names[:_MOST_NAMES]) + (" ..." if len(names) > _MOST_NAMES else "")
        raise SourceError(f"{source.name}: there is no sheet {name!r}; there are: {listed}")
    return found


def head_rows(source: Source) -> Iterator[tuple[str, ...]]:
    """The first rows of the first visible sheet that is not empty, for recognition; none where the workbook cannot be read (reading
    says why)."""
    try:
        for sheet in visible_sheets(source):
            rows = tuple(_first_rows(source, sheet))
            if any(any(row) for row in rows):
                yield from rows
                return
    except SourceError:
        return


def sheet_head(source: Source, name: str) -> Head:
    """The beginning of one sheet, as that of the first visible one stands in the head of a workbook."""
    return Head(source.name, b"PK\x03\x04", source.size, sheet=tuple(_first_rows(source, find_sheet(source, name))))


def _first_rows(source: Source, sheet: Sheet) -> Iterator[tuple[str, ...]]:
    for cells, _ in islice(_sheet_rows(source, sheet)[0], HEAD_ROWS):
        yield tuple(str(cell).strip() for cell in cells)


def _sheet_rows(source: Source, sheet: Sheet) -> tuple[Iterator[_Row], bool]:
    """The rows from the first on, cells above and left of the first that is filled as empty texts, and whether any are marked."""
    if is_old_workbook(source):
        merges, rows = old_sheet_rows(source, sheet.position)
        marks = old_marks(source, sheet.position)
    else:
        chosen = _find_sheet(source, sheet.position)
        if chosen.start is None:
            rows, merges = iter(()), []
        else:
            rows, merges = _cells_of(source, chosen), chosen.merged_cell_ranges or []
        marks = _find_marks(source, sheet.position)
    if marks.places:
        rows = marks.apply(rows)
    has_codes = bool(marks.places)
    if merges:
        return merge_rows(rows, merges, source.name), has_codes
    return zip(rows, repeat(_NO_MERGES)), has_codes


def _cells_of(source: Source, sheet: CalamineSheet) -> Iterator[list[Any]]:
    left = sheet.start[1] if sheet.start else 0  # rows are given from the first of the sheet on, cells from the first filled column
    with _workbook_problems(source):
        for cells in sheet.iter_rows():
            yield [""] * left + cells


def _find_marks(source: Source, position: int) -> CellMarks:
    """The marked cells of a sheet; none where the workbook does not say which part the sheet is, and the parser found it."""
    try:
        with open_zip(source) as archive:
            parts = sheet_parts(archive)
    except PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None
    return marks_of(source, parts[position]) if position < len(parts) else CellMarks()


def _find_sheet(source: Source, position: int) -> CalamineSheet:
    asked = (source, source.path.stat().st_mtime_ns, position)
    if asked not in _LAST_SHEET:
        _LAST_SHEET.clear()
        book = _open_workbook(source)
        with _workbook_problems(source):
            _LAST_SHEET[asked] = book.get_sheet_by_index(position)
    return _LAST_SHEET[asked]


#: The workbook and the sheet that were asked for last. To parse a sheet takes as long for its first rows as for all, what is
#: recognised is read next, and one after another all sheets of a workbook are looked at.
_LAST_BOOK: dict[tuple[Source, int], CalamineWorkbook] = {}
_LAST_SHEET: dict[tuple[Source, int, int], CalamineSheet] = {}


def forget_workbooks() -> None:
    """Let go of the workbook that was read last."""
    _LAST_BOOK.clear()
    _LAST_SHEET.clear()


def _open_workbook(source: Source) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    asked = (source, source.path.stat().st_mtime_ns)
    if asked not in _LAST_BOOK:
        forget_workbooks()
        check_workbook(source)
        with _workbook_problems(source):
            _LAST_BOOK[asked] = CalamineWorkbook.from_path(str(source.path))
    return _LAST_BOOK[asked]


@contextmanager
def _workbook_problems(source: Source) -> Iterator[None]:
    from python_calamine import CalamineError

    try:
        yield
    except (CalamineError, zipfile.BadZipFile, IndexError, OSError) as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None
    except BaseException as problem:
        # where the parser, which is written in Rust, contradicts itself, Python sees what is no Exception
        if type(problem).__name__ != "PanicException":
            raise
        raise SourceError(f"{source.name}: not a readable workbook: its parser gave up; save it as XLSX or CSV anew") from None
