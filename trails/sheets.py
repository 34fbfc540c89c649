"""Rows of a workbook's sheet, and its beginning; what it would take in memory is found out before (:mod:`trails.workbooks`)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from trails.archives import is_old_workbook
from trails.connector import RawRecord
from trails.csv_text import by_name, check_header
from trails.errors import SourceError
from trails.old_workbooks import check_old_workbook, old_sheet_names, old_sheet_rows
from trails.workbooks import check_workbook

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

    from trails.connector import ReadOptions, Source

HEAD_ROWS = 40
_MOST_NAMES = 40
_CELLS = json.JSONEncoder(ensure_ascii=False, default=str)


def sheet_records(
    source: Source, options: ReadOptions, *, sheet: str | None = None, header_row: int = 1
) -> Iterator[RawRecord]:
    """The rows of one sheet of a workbook (XLSX, XLS) by column name; ``row`` is the sheet's own row number.

    ``raw`` is the row's cells as JSON text. A cell with a formula is what the program that wrote it computed last.
    Raises SourceError for a damaged workbook, an unknown sheet, or one that would take more memory than it may.
    """
    del options
    header: list[str] | None = None
    for row, cells in enumerate(_sheet_rows(source, sheet), start=1):
        if row < header_row or not any(cell != "" for cell in cells):
            continue
        if header is None:
            header = check_header([str(cell).strip() for cell in cells], source.name, row)
            continue
        yield RawRecord(row, _CELLS.encode(cells), by_name(header, cells))


def sheet_names(source: Source) -> tuple[str, ...]:
    """The names of a workbook's sheets; raises SourceError for a damaged one."""
    if is_old_workbook(source):
        check_old_workbook(source)
        return old_sheet_names(source)
    return tuple(_open_workbook(source).sheet_names)


def head_rows(source: Source) -> Iterator[tuple[str, ...]]:
    """The first rows of the first sheet, for recognition; none where the workbook cannot be read (reading says why)."""
    try:
        for cells in islice(_sheet_rows(source, None), HEAD_ROWS):
            yield tuple(str(cell).strip() for cell in cells)
    except SourceError:
        return


def _sheet_rows(source: Source, sheet: str | None) -> Iterator[list[Any]]:
    """The cells of each row from the first on, those above and left of the first that is filled as empty texts."""
    names = sheet_names(source)
    if sheet is not None and sheet not in names:
        listed = ", ".join(names[:_MOST_NAMES]) + (" ..." if len(names) > _MOST_NAMES else "")
        raise SourceError(f"{source.name}: there is no sheet {sheet!r}; there are: {listed}")
    if not names:
        raise SourceError(f"{source.name}: not a readable workbook: it has no sheet")
    if is_old_workbook(source):
        yield from old_sheet_rows(source, sheet or names[0])
        return
    chosen = _find_sheet(source, sheet or names[0])
    if chosen.start is None:
        return
    left = chosen.start[1]  # rows are given from the first of the sheet on, cells from the first column that is filled
    with _workbook_problems(source):
        for cells in chosen.iter_rows():
            yield [""] * left + cells


def _find_sheet(source: Source, sheet: str) -> CalamineSheet:
    asked = (source, source.path.stat().st_mtime_ns, sheet)
    if asked not in _LAST_SHEET:
        _LAST_SHEET.clear()
        book = _open_workbook(source)
        with _workbook_problems(source):
            _LAST_SHEET[asked] = book.get_sheet_by_name(sheet)
    return _LAST_SHEET[asked]


#: The workbook and the sheet that were asked for last. To parse a sheet takes as long for its first rows as for all, what is
#: recognised is read next, and one after another all sheets of a workbook are looked at.
_LAST_BOOK: dict[tuple[Source, int], CalamineWorkbook] = {}
_LAST_SHEET: dict[tuple[Source, int, str], CalamineSheet] = {}


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
