"""What a workbook holds, found out before a parser is let near it: the parser lays out whole grids, and does not stop.

A workbook is a zip of XML parts. The parser holds the whole grid between the first and the last cell of a sheet, so two cells are
enough for gigabytes; and all texts, each cell, each style. So the parts are read through once, a piece at a time, and what
stands in them is counted: cells with contents, the grid they span, texts, sheets.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from trails.archives import PACKING_PROBLEMS, bound_of, open_zip
from trails.errors import SourceError

if TYPE_CHECKING:
    from trails.connector import Source

#: What the parts of a workbook may unpack to, all together, and those that are read whole.
MOST_UNPACKED = 1 << 30
MOST_SETTINGS = 1 << 26
#: What a sheet may take in memory, by what the parser was measured to need for a cell, a place of its grid, and a text.
MOST_MEMORY = 560_000_000
_CELL_BYTES, _PLACE_BYTES, _TEXT_BYTES = 80, 32, 80
#: What a cell takes in its part without the text in it.
_CELL_XML = 48
#: So many tags are looked at in all parts together: cells, empty ones too, rows, texts.
MOST_TAGS = 20_000_000
_PIECE = 1 << 20
#: The longest tag that is looked at; tags of sheets have some dozen characters.
_LONGEST_TAG = 1 << 20
_LONGEST_NAME = 256
#: Parts that are read whole when a workbook is opened. Any other part may be a sheet, whatever its name: the workbook's own
#: list says which are.
_WHOLE = ("xl/styles.xml", "xl/workbook.xml", "[content_types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels")
_START = re.compile(rb"<(?:[^\s<>/:\"']++:)?(?:c|row|si|sheet)(?=[\s/>])")
_TAG = re.compile(rb"<(?:[^\s<>/:\"']++:)?(c|row|si|sheet)(?=[\s/>])((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_PLACE = re.compile(rb"""(?<![^\s"'])r\s*=\s*["']\s*([A-Za-z]*)(\d*)""")


@dataclass(slots=True)
class _Extent:
    """What was counted in one part."""

    size: int
    tags: int = 0
    filled: int = 0
    texts: int = 0
    sheets: int = 0
    rows: int = 0
    columns: int = 0
    row: int = 0
    column: int = 0

    def see(self, name: bytes, attributes: bytes) -> None:
        """Count a tag, as the parser does: what states no place stands behind the one before."""
        self.tags += 1
        if name == b"c":
            found = _PLACE.search(attributes)
            if found and found[2]:
                self.row, self.column = int(found[2][:12]), _column_number(found[1])
            else:
                self.column += 1
            if not attributes.endswith(b"/"):  # an empty cell with a style takes no place
                self.filled += 1
                self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)
        elif name == b"row":
            found = _PLACE.search(attributes)
            self.row, self.column = (int(found[2][:12]) if found and found[2] else self.row + 1), 0
        elif name == b"sheet":
            self.sheets += 1
        else:
            self.texts += 1

    @property
    def memory(self) -> int:
        """What the parser would take for it: its cells, the grid they span, and the words in them."""
        words = max(0, self.size - self.tags * _CELL_XML) if self.tags else 0
        return self.filled * _CELL_BYTES + self.rows * self.columns * _PLACE_BYTES + self.texts * _TEXT_BYTES + words


def check_workbook(source: Source) -> None:
    """Refuse a workbook that would take more memory or time than it may, before a parser is let near it.

    Raises SourceError naming what there is too much of, and for formats that are not read (ODS, XLSB). Cost: one pass over
    the unpacked parts, some 100 MB a second.
    """
    _check_parts(source, source.path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _check_parts(source: Source, changed: int) -> None:
    """What :func:`check_workbook` does, once for a file that is looked at and then read."""
    del changed
    try:
        with open_zip(source) as archive:
            items = archive.infolist()
            _check_list(source, items)
            extents: list[_Extent] = []
            for item in items:
                if not _plain(item).startswith("xl/media/"):
                    extents.append(_measure(archive, item, source, sum(extent.tags for extent in extents)))
    except PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None
    if (named := max((extent.sheets for extent in extents), default=0)) > len(items):
        raise SourceError(f"{source.name}: the workbook names {named:,} sheets and holds {len(items)} parts: refused as a trap")
    texts = sum(extent.memory for extent in extents if extent.texts)
    largest = max((extent for extent in extents if not extent.texts), key=lambda extent: extent.memory, default=None)
    if largest and texts + largest.memory > MOST_MEMORY:
        raise SourceError(_say_too_much(source.name, largest))


def _check_list(source: Source, items: list[zipfile.ZipInfo]) -> None:
    names = [_plain(item) for item in items]
    if "content.xml" in names:
        raise SourceError(f"{source.name}: an OpenDocument sheet (ODS) is not read; save it as XLSX or CSV")
    if "xl/workbook.bin" in names:
        raise SourceError(f"{source.name}: a binary workbook (XLSB) is not read; save it as XLSX or CSV")
    unpacked = sum(item.file_size for item in items)
    if unpacked > min(MOST_UNPACKED, bound_of(source.size)):
        raise SourceError(f"{source.name}: the workbook unpacks to {unpacked:,} bytes: refused as a trap")
    for item, name in zip(items, names, strict=True):
        if name in _WHOLE and item.file_size > MOST_SETTINGS:
            raise SourceError(f"{source.name}: its part {name} has {item.file_size:,} bytes; {_ADVICE}")


_ADVICE = "save the sheet as CSV, which is read row by row"


def _plain(item: zipfile.ZipInfo) -> str:
    return item.filename.lower().replace("\\", "/").lstrip("/")


def _measure(archive: zipfile.ZipFile, item: zipfile.ZipInfo, source: Source, before: int) -> _Extent:
    """What a part holds; raises SourceError as soon as it is too much."""
    extent = _Extent(item.file_size)
    with archive.open(item) as part:
        for name, attributes in _tags(part, source.name):
            extent.see(name, attributes)
            if before + extent.tags > MOST_TAGS or extent.memory > MOST_MEMORY:
                raise SourceError(_say_too_much(source.name, extent))
    return extent


def _say_too_much(name: str, extent: _Extent) -> str:
    grid = extent.rows * extent.columns
    if grid * _PLACE_BYTES > MOST_MEMORY // 2 and extent.filled * 4 < grid:
        return (
            f"{name}: a sheet of {extent.filled:,} cells spans {extent.rows:,} x {extent.columns:,} places: refused. Take out what "
            f"stands far from the rest, or {_ADVICE}"
        )
    what = f"{extent.filled:,} cells" if extent.filled else f"{extent.texts or extent.tags:,} texts or rows"
    return f"{name}: {what} or more, with what is in them, would take more memory than a file may; {_ADVICE}"


def _tags(part: IO[bytes], name: str) -> Iterator[tuple[bytes, bytes]]:
    """The tags that count, in their order."""
    held = b""
    while piece := part.read(_PIECE):
        held += piece
        done = 0
        for found in _TAG.finditer(held):
            yield found[1], found[2]
            done = found.end()
        # a tag that has begun and not ended goes on in the next piece, and so may the beginning of one
        begun = _START.search(held, done)
        held = held[begun.start() :] if begun else held[max(done, len(held) - _LONGEST_NAME) :]
        if len(held) > _LONGEST_TAG:
            raise SourceError(f"{name}: a tag of more than {_LONGEST_TAG:,} bytes in a workbook: refused as a trap")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number
