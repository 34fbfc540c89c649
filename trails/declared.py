"""The rows of a table that a mapping declares: of a CSV file, or of all visible sheets of a workbook that have its columns.

What the reader of a table sees beside its rows (a sheet that is not read, a cell that was cut) it notes in the source's
``remarks``, which become issues whatever the connector is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from trails.archives import inner_name, is_workbook
from trails.connector import RawRecord, ReadOptions, Source
from trails.csv_text import csv_records, is_data
from trails.errors import SourceError
from trails.model import Issue
from trails.sheets import find_sheet, list_sheets, table_of, visible_sheets
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trails.mapping import DeclaredColumns
    from trails.sheets import Sheet

#: How the names of tables kept by people end; a workbook with macros is read as one without, and no macro is ever run.
TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".md", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_MOST_SHOWN = 20
#: A text in quotation marks as a mapping writes it.
_TOML = json.JSONEncoder()
#: What programs cut a cell to, by its length: a text of exactly so many characters may have been longer.
_CUTS = {255: "a field of many databases and of old spreadsheets", 32_767: "a cell of a spreadsheet"}
_LEAST_CUT = min(_CUTS)
#: From so many signs on those beyond 16 bits are counted twice, as spreadsheets count them.
_LONG = 16_000
#: So many cells that may be cut are listed one by one.
_MOST_CUT = 1_000


def declared_rows(source: Source, options: ReadOptions, mapping: DeclaredColumns) -> Iterator[RawRecord]:
    """The rows of a CSV file or a workbook, once the mapping fits it.

    Of a workbook all visible sheets that have the mapping's columns are read, or the one that its ``sheet`` names; each other one
    is named in a remark. Rows are numbered over the sheets as :mod:`trails.sheets` says, those of a named sheet as they are on it.

    Raises SourceError listing every problem of the mapping at once, the columns that the file lacks among them.
    """
    if is_workbook(source):
        yield from watch_cuts(_workbook_rows(source, mapping), source)
        return
    said = ReadOptions(encoding=options.encoding or mapping.said("encoding"))
    records = csv_records(source, said, delimiter=delimiter_of(source, mapping), header_row=mapping.header_row)
    first = next(records, None)
    problems = [*mapping.problems, *_idle_settings(mapping, ("sheet",), "the file is no workbook")]
    if first is not None:
        problems += _find_lacking(mapping, [name for name in first.value if name])
    _require_fit(source, problems)
    if first is not None:
        yield from watch_cuts(_chain(first, records), source)


def delimiter_of(source: Source, mapping: DeclaredColumns) -> str:
    """What stands between the cells of a text: as declared, else a tab in a file whose name says so, else a comma."""
    said = mapping.said("delimiter")
    if said:
        return said[0]
    return "\t" if inner_name(source).lower().endswith(".tsv") else ","


def list_columns(names: Sequence[str]) -> str:
    """The names of a file's columns for a message; of very many the first, and none where they look like a row of data."""
    if is_data(names):
        return f"no header that can be seen, but a row of {count_words(len(names), 'cell')} with figures among them"
    shown = ", ".join(map(repr, names[:_MOST_SHOWN]))
    return shown[:1_000] + (f" ... ({len(names):,} in all)" if len(names) > _MOST_SHOWN else "")


def note_unread(first: RawRecord, mapping: DeclaredColumns) -> Iterator[Issue]:
    """The columns of a file, told by its first row, that no word of its mapping names: what they say is not read."""
    message = _say_unread([str(name) for name in first.value if name], mapping)
    if message:
        yield Issue(None, "note", "unknown_columns", message)


def watch_cuts(records: Iterator[RawRecord], source: Source) -> Iterator[RawRecord]:
    """The same records; a cell that is exactly as long as programs cut it is noted as a doubt about its row."""
    cut = 0
    for record in records:
        if len(record.raw) >= _LEAST_CUT:
            for name, cell in record.value.items():
                if isinstance(cell, str) and len(cell) >= _LEAST_CUT and (by := _CUTS.get(_count_signs(cell))):
                    cut += 1
                    _note_cut(
                        source, record.row, str(name), f"{_count_signs(cell):,} characters, the most {by} holds", cut
                    )
        yield record


def _note_cut(source: Source, row: int, name: str, why: str, nth: int) -> None:
    if nth <= _MOST_CUT:
        source.remark("warning", "cell_cut", f"column {name!r}: exactly {why}: the rest may be cut off", row)
    else:
        source.remark(
            "warning", "cell_cut", f"more than {_MOST_CUT:,} cells may be cut off; the first are listed by row"
        )


def _count_signs(cell: str) -> int:
    return len(cell) if len(cell) < _LONG or cell.isascii() else len(cell) + sum(sign > "\uffff" for sign in cell)


def _workbook_rows(source: Source, mapping: DeclaredColumns) -> Iterator[RawRecord]:
    chosen = mapping.said("sheet")
    sheets = visible_sheets(source) if chosen is None else (find_sheet(source, chosen),)
    idle = _idle_settings(mapping, ("delimiter", "encoding"), "the file is a workbook")
    first_columns: list[str] = []
    misfits: list[tuple[Sheet, list[str]]] = []
    for sheet in sheets:
        columns, records, lacking = _open_sheet(source, sheet, mapping, alone=len(sheets) == 1)
        if lacking or not columns:
            misfits += [(sheet, lacking)] if lacking else []
            continue
        _require_fit(source, [*mapping.problems, *idle])
        _note_more_columns(source, sheet, columns, first_columns, mapping)
        first_columns = first_columns or columns
        # where the mapping names the sheet, a row number needs not say it
        shift = 0 if "sheet" in mapping.own else sheet.shift
        for record in records:
            yield replace(record, row=record.row + shift) if shift else record
    if not first_columns:
        _require_fit(source, [*mapping.problems, *idle, *(misfits[0][1] if misfits else ())])
    if misfits:
        listed = _list_places([sheet for sheet, _ in misfits])
        message = f"not read: {listed} of the workbook, without the columns of the mapping"
        source.remark(
            "warning", "sheet_not_read", f"{message}; a mapping of its own may name such a sheet with `sheet`"
        )
    if chosen is None or "sheet" in mapping.own:
        _note_left_out(source, sheets)


def _open_sheet(
    source: Source, sheet: Sheet, mapping: DeclaredColumns, *, alone: bool
) -> tuple[list[str], Iterator[RawRecord], list[str]]:
    """The columns of a sheet, its rows, and why the mapping does not fit it; raises SourceError where it is the only one."""
    try:
        columns, records = table_of(source, sheet, mapping.header_row)
    except SourceError as problem:
        if alone:
            raise
        return [], iter(()), [str(problem)]
    return columns, records, _find_lacking(mapping, [name for name in columns if name]) if columns else []


def _find_lacking(mapping: DeclaredColumns, has: Sequence[str]) -> list[str]:
    lacking = [name for name in dict.fromkeys(mapping.columns.values()) if name not in has]
    problems = [f"the file has no column {name!r}; it has: {list_columns(has)}" for name in lacking]
    hint = _find_hint(has) if lacking else None
    return [*problems, hint] if hint else problems


def _find_hint(has: Sequence[str]) -> str | None:
    """What to say in the mapping where the line that was taken for the header is plainly none, or was not taken apart."""
    if [name.strip().lower()[:4] for name in has] == ["sep="]:
        return "the first line only says what stands between the cells: say it with `delimiter`, and `header_row = 2`"
    if len(has) == 1:
        mark = next((mark for mark in ";\t|," if mark in has[0]), None)
        if mark:
            return f"the header is one cell with {mark!r} in it: say what stands between cells, delimiter = {_TOML.encode(mark)}"
        return "the first line with anything in it is one cell: say where the header is with `header_row`"
    return None


def _require_fit(source: Source, problems: Sequence[str]) -> None:
    if problems:
        raise SourceError(f"{source.name}: the mapping does not fit, nothing was added:", problems)


def _idle_settings(mapping: DeclaredColumns, names: tuple[str, ...], why: str) -> list[str]:
    return [f"`{name}` has no effect: {why}; take it out" for name in names if name in mapping.own]


def _chain(first: RawRecord, rest: Iterator[RawRecord]) -> Iterator[RawRecord]:
    yield first
    yield from rest


def _say_unread(has: Sequence[str], mapping: DeclaredColumns) -> str:
    named = set(mapping.columns.values())
    unread = [repr(name) for name in has if name not in named]
    if unread and is_data(has):
        return f"{count_words(len(unread), 'column')} not read, of a header with figures in it"
    shown = f"{', '.join(unread[:_MOST_SHOWN])}{' ...' if len(unread) > _MOST_SHOWN else ''}"
    return f"{count_words(len(unread), 'column')} not read: {shown[:400]}" if unread else ""


def _note_more_columns(
    source: Source, sheet: Sheet, columns: Sequence[str], first: Sequence[str], mapping: DeclaredColumns
) -> None:
    """Note the columns of a later sheet that neither the mapping names nor the first sheet has."""
    more = [name for name in columns if name and name not in first] if first else []
    if message := _say_unread(more, mapping):
        source.remark("note", "unknown_columns", f"sheet {sheet.position + 1}: {message}")


def _note_left_out(source: Source, read: Sequence[Sheet]) -> None:
    """Note the sheets that nobody looked at: hidden ones, and those beside the one that was chosen."""
    others = [sheet for sheet in list_sheets(source) if sheet not in read]
    if hidden := [sheet for sheet in others if not sheet.visible]:
        message = (
            f"not read: {_list_places(hidden)} of the workbook, hidden; name one with `sheet` in the mapping to read it"
        )
        source.remark("warning", "sheet_hidden", message)
    if visible := [sheet for sheet in others if sheet.visible]:
        source.remark(
            "note", "sheet_not_read", f"not read: {_list_places(visible)} of the workbook: the mapping names another"
        )


def _list_places(sheets: Sequence[Sheet]) -> str:
    """Sheets by their places in the workbook: their names may be those of people."""
    places = ", ".join(str(sheet.position + 1) for sheet in sheets[:_MOST_SHOWN])
    more = f" ... ({len(sheets):,} in all)" if len(sheets) > _MOST_SHOWN else ""
    return f"sheet{'s' if len(sheets) > 1 else ''} {places}{more}"
