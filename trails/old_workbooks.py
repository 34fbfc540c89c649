"""Old workbooks (XLS): what they hold, found out before a parser is let near them, and their rows, out of a process apart.

An XLS is a compound file with a stream of records. The parser reads all sheets at once and lays out the grid between the first and
the last cell of each; before that it sets aside memory for as many cells and texts as the file *says* it has. A file of a few
hundred bytes can ask for more memory than there is, and a damaged one makes the parser give up; both end its whole process. So
the records are walked first, and the parser runs in a process of its own, which may end.

Specification: Microsoft, MS-XLS (records) and MS-CFB (the compound file, read by ``olefile``).
"""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, cast

from trails.errors import SourceError
from trails.old_marks import Styles
from trails.shown_cells import CellMarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Source

#: A sheet has at most 65,536 rows and 256 columns: what all sheets together may span, and say that they span.
MOST_GRID = 16_777_216
MOST_BYTES = 1 << 28
MOST_RECORDS = 20_000_000
#: What the process apart may take, where the system can bound it.
MOST_MEMORY = 1 << 30
_STREAMS = ("Workbook", "Book")
_BOUND_SHEET, _TEXTS, _DIMENSIONS, _END = 0x0085, 0x00FC, 0x0200, 0x000A
#: Records of cells: each begins with its row and its column.
_CELLS = frozenset({0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E})
_MANY = 0x00BD


@dataclass(slots=True)
class _Walked:
    """What was counted in one run of records."""

    rows: int = 0
    columns: int = 0
    said: int = 0
    texts: int = 0
    records: int = 0
    sheets: list[int] = field(default_factory=list)
    styles: Styles = field(default_factory=Styles)
    marks: CellMarks = field(default_factory=CellMarks)

    def see(self, kind: int, data: bytes) -> None:
        """Count a record."""
        self.records += 1
        if kind in _CELLS and len(data) >= 4:
            row, column = struct.unpack_from("<HH", data)
            last = struct.unpack_from("<H", data, len(data) - 2)[0] if kind == _MANY and len(data) >= 6 else column
            self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1, last + 1)
            self.styles.mark(kind, data, self.marks)
        elif kind == _DIMENSIONS and len(data) >= 10:
            # rows have four bytes in newer files, two in older ones: whichever is more
            said = struct.unpack_from("<IIHH", data) if len(data) >= 12 else struct.unpack_from("<HHHH", data)
            self.said = max(self.said, _span(*said))
        elif kind == _TEXTS and len(data) >= 8:
            self.texts = max(self.texts, *struct.unpack_from("<II", data))
        elif kind == _BOUND_SHEET and len(data) >= 4:
            self.sheets.append(struct.unpack_from("<I", data)[0])
        else:
            self.styles.see(kind, data)


def check_old_workbook(source: Source) -> None:
    """Refuse an XLS that would take more memory or time than it may, or end the process.

    Raises SourceError naming what there is too much of, and for a damaged compound file. Cost: linear in the file.
    """
    _check(source, source.path.stat().st_mtime_ns)


def old_marks(source: Source, position: int) -> CellMarks:
    """The cells of one of the sheets, by its place in the workbook, of which the parser tells too little."""
    marks = _check(source, source.path.stat().st_mtime_ns)
    return marks[position] if position < len(marks) else CellMarks()


@lru_cache(maxsize=4)
def _check(source: Source, changed: int) -> tuple[CellMarks, ...]:
    """The marks of the sheets of a workbook that is small enough to be read."""
    del changed
    marks: list[CellMarks] = []
    if source.size > MOST_BYTES:
        raise SourceError(f"{source.name}: an XLS of more than {MOST_BYTES:,} bytes; save it as CSV, which is read row by row")
    for stream in _read_streams(source):
        book = _walk(stream, 0)
        if book.texts > len(stream):  # a text takes three bytes or more
            raise SourceError(f"{source.name}: it says it holds {book.texts:,} texts, more than it has bytes: refused as a trap")
        grid, records = 0, book.records
        walked: dict[int, _Walked] = {}
        for start in book.sheets:
            if start not in walked:
                walked[start] = _walk(stream, start, book.styles)
                records += walked[start].records
            sheet = walked[start]
            marks.append(sheet.marks)
            grid += max(sheet.rows * sheet.columns, sheet.said)
            if grid > MOST_GRID or records > MOST_RECORDS:
                raise SourceError(
                    f"{source.name}: its sheets span, or say they span, more than {MOST_GRID:,} cells: "
                    "refused. Save the sheet as CSV, which is read row by row"
                )
    return tuple(marks)


def _read_streams(source: Source) -> Iterator[bytes]:
    """The streams that may be the workbook; raises SourceError where there is none, or more than the parser would see."""
    import olefile

    data = source.path.read_bytes()
    named = sum(_count_entries(data, name) for name in _STREAMS)
    try:
        with olefile.OleFileIO(data) as compound:
            there = [name for name in _STREAMS if compound.exists(name)]
            if len(there) != 1 or named != 1:
                raise SourceError(f"{source.name}: not a readable workbook: it holds {named} streams of that name")
            yield compound.openstream(there[0]).read()
    except (OSError, ValueError, IndexError, struct.error, AttributeError, TypeError, KeyError, RecursionError) as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {str(problem)[:200]}") from None


def _count_entries(data: bytes, name: str) -> int:
    """How many entries of a directory have a name: each begins at a multiple of 128, with its name in UTF-16."""
    wanted = f"{name}\x00".encode("utf-16-le")
    count, place = 0, data.find(wanted)
    while place >= 0:
        count += place % 128 == 0
        place = data.find(wanted, place + 1)
    return count


def _walk(stream: bytes, start: int, styles: Styles | None = None) -> _Walked:
    """The records from a place on, until the one that ends a run, as the parser walks them."""
    walked, place = _Walked(styles=styles or Styles()), start
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        walked.see(kind, stream[place + 4 : place + 4 + length])
        place += 4 + length
        if kind == _END:
            break
    return walked


def _span(first_row: int, end_row: int, first_column: int, end_column: int) -> int:
    """The cells between two corners; the ends are one behind the last. A sheet that ends before it begins spans too much."""
    if not end_row or not end_column:
        return 1
    if end_row <= first_row or end_column <= first_column:
        return MOST_GRID + 1
    return (end_row - first_row) * (end_column - first_column)


def old_sheet_names(source: Source) -> tuple[tuple[str, bool], ...]:
    """The names of an XLS's sheets, each with whether it is visible; raises SourceError for a damaged one."""
    return tuple(next(_ask(source, None)))


def old_sheet_rows(source: Source, position: int) -> tuple[list[Any], Iterator[list[Any]]]:
    """The merges of a sheet, and the cells of each row from the first row and column on; raises SourceError for a damaged one."""
    answers = _ask(source, position)
    next(answers)
    return next(answers), answers


def _ask(source: Source, position: int | None) -> Iterator[Any]:
    """What the process apart says: the names of the sheets, then the merges and the rows of one."""
    asked = [] if position is None else [str(position)]
    command = [sys.executable, "-m", "trails.old_workbooks", str(source.path), *asked]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own module
        try:
            while (answer := pickle.load(cast("IO[bytes]", process.stdout))) is not None:  # noqa: S301 - our own module wrote it
                yield answer
        except (EOFError, pickle.UnpicklingError):
            raise SourceError(
                f"{source.name}: not a readable workbook: the parser of XLS gave up; save it as XLSX or CSV"
            ) from None
        finally:
            process.kill()


def _answer(path: str, position: int | None, out: IO[bytes]) -> None:
    """Parse a workbook and write what is asked: in the process apart."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    _bound_memory()
    book = CalamineWorkbook.from_path(path)
    pickle.dump([(sheet.name, sheet.visible == SheetVisibleEnum.Visible) for sheet in book.sheets_metadata], out)
    if position is not None:
        chosen = book.get_sheet_by_index(position)
        pickle.dump(chosen.merged_cell_ranges or [], out)
        left = chosen.start[1] if chosen.start else 0
        for cells in chosen.iter_rows() if chosen.start else ():
            pickle.dump([""] * left + cells, out)
    pickle.dump(None, out)
    out.flush()


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows: what the walk over the records found is the only bound
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    _answer(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None, sys.stdout.buffer)
