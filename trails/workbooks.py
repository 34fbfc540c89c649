"""What a workbook holds, found out before a parser is let near it: the parser lays out whole grids, and does not stop.

A workbook is a zip of XML parts. The parser holds the whole grid between the first and the last cell of a sheet, so two cells are
enough for gigabytes; and all texts, each cell, each style. So the parts are read through once, a piece at a time, and what
stands in them is counted: cells with contents, the grid they span, texts, sheets. On the way the cells are marked of which the
parser tells too little: errors, and numbers in a format that makes another code of them (:mod:`trails.shown_cells`).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from trails.archives import PACKING_PROBLEMS, bound_of, open_zip
from trails.book_parts import RELATIONS, code_formats, plain_name
from trails.errors import SourceError
from trails.shown_cells import UNCOMPUTED, CellMarks

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_WHOLE = ("xl/styles.xml", "xl/workbook.xml", "[content_types].xml", "_rels/.rels", RELATIONS)
_NAME = rb"<(?:[^\s<>/:\"']++:)?"
_START = re.compile(_NAME + rb"(?:c|row|sst|si|sheet)(?=[\s/>])")
#: A cell with its place where that stands first, as programs write it; any other tag that counts; then the other attributes, and
#: whether a formula stands behind it.
_TAG = re.compile(
    _NAME + rb"(?:c(?:\s+r=\"([A-Z]{1,8})(\d{1,12})\")?()|(row|sst|si|sheet))(?=[\s/>])((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
    rb"(?:(?=" + _NAME + rb"f[\s/>])())?"
)
_PLACE = re.compile(rb"""(?<![^\s"'])r\s*=\s*["']\s*([A-Za-z]*)(\d*)""")
_RELATION = re.compile(rb""":id\s*=\s*["']([^"']*)""")
_UNIQUE = re.compile(rb"""\suniqueCount\s*=\s*["']\s*\+?(\d+)""")
_TARGET = re.compile(rb"""\sTarget\s*=\s*["']([^"']*)""")
#: The bounds are looked at after so many tags.
_LOOK_EVERY = 4_096
_STYLE = re.compile(rb"""(?<![^\s"'])s\s*=\s*["']\s*(\d{1,9})""")
_ERROR = re.compile(rb"""(?<![^\s"'])t\s*=\s*["']e["']""")
#: A formula that gave a text; an empty one is a value too.
_TEXT = re.compile(rb"""(?<![^\s"'])t\s*=\s*["']str["']""")
#: The value of a cell behind its tag, past its formula; where it has none the end of the cell, or what begins behind it.
_VALUE = re.compile(rb"<(?:[^\s<>/:\"']++:)?v(?:\s[^<>]*+)?>\s*([^<]{1,40})|</?(?:[^\s<>/:\"']++:)?(?:c|row)(?=[\s/>])")
#: A formula has at most 8,192 signs: so much behind a tag is there when the tag is looked at.
_BEHIND = 1 << 16
#: So many different endings of tags are remembered; programs write some dozen.
_MOST_ENDINGS = 4_096
_PLAIN_CELL, _ERROR_CELL, _UNSEEN = "", "#", "?"


@dataclass(slots=True)
class _Kinds:
    """What the attributes of a cell say of it: nothing, an error, or the format that makes another code of its number."""

    formats: Mapping[int, str]
    known: dict[bytes, str] = field(default_factory=dict)

    def of(self, attributes: bytes) -> str:
        """Look at the attributes once for all cells that have the same."""
        kind = _PLAIN_CELL
        if _ERROR.search(attributes):
            kind = _ERROR_CELL
        elif self.formats and (style := _STYLE.search(attributes)):
            kind = self.formats.get(int(style[1]), _PLAIN_CELL)
        if len(self.known) < _MOST_ENDINGS:
            self.known[attributes] = kind
        return kind


@dataclass(slots=True)
class _Extent:
    """What was counted in one part."""

    kinds: _Kinds
    size: int = 0
    tags: int = 0
    filled: int = 0
    texts: int = 0
    said_texts: int = 0
    sheets: int = 0
    parts: set[bytes] = field(default_factory=set)
    rows: int = 0
    columns: int = 0
    row: int = 0
    column: int = 0
    marks: CellMarks = field(default_factory=CellMarks)

    def see(self, found: re.Match[bytes]) -> None:
        """Count a tag, as the parser does: what states no place stands behind the one before."""
        self.tags += 1
        letters, digits, cell, name, attributes, formula = found.groups()
        if cell is not None:
            if digits is None:
                place = _PLACE.search(attributes)
                letters, digits = place.groups() if place else (b"", b"")
            if digits:
                self.row, self.column = int(digits[:12]), _column_number(letters)
            else:
                self.column += 1
            if not attributes.endswith(b"/"):  # an empty cell with a style takes no place
                self.filled += 1
                self.rows = max(self.rows, self.row)
                self.columns = max(self.columns, self.column)
                if kind := self.kinds.known.get(attributes, _UNSEEN):
                    self._mark(found, self.kinds.of(attributes) if kind is _UNSEEN else kind)
                if formula is not None and not _has_value(found) and not _TEXT.search(attributes):
                    self.marks.add(self.row, self.column, error=True, text=UNCOMPUTED)
        elif name == b"row":
            place = _PLACE.search(attributes)
            self.row, self.column = (int(place[2][:12]) if place and place[2] else self.row + 1), 0
        elif name == b"sheet":
            self.sheets += 1
            found_id = _RELATION.search(attributes)
            self.parts.add(found_id[1] if found_id else b"")
        elif name == b"sst":
            said = _UNIQUE.search(attributes)
            self.said_texts = max(self.said_texts, int(said[1][:20]) if said else 0)
        else:
            self.texts += 1

    def _mark(self, found: re.Match[bytes], kind: str) -> None:
        """Mark a cell of which the parser tells too little; an error with its name, which stands behind the tag."""
        if kind != _ERROR_CELL:
            if kind:
                self.marks.add(self.row, self.column, error=False, text=kind)
            return
        value = _find_value(found)
        named = value[1].decode("utf-8", "replace").strip() if value and value[1] else ""
        self.marks.add(self.row, self.column, error=True, text=named or "#ERROR!")

    @property
    def memory(self) -> int:
        """What the parser would take for it: its cells, the grid they span, and the words in them."""
        words = max(0, self.size - self.tags * _CELL_XML) if self.tags else 0
        return self.filled * _CELL_BYTES + self.rows * self.columns * _PLACE_BYTES + self.texts * _TEXT_BYTES + words


def _find_value(cell: re.Match[bytes]) -> re.Match[bytes] | None:
    """What stands behind the tag of a cell first: its value, or the end of it."""
    return _VALUE.search(cell.string, cell.end(), cell.end() + _BEHIND)


def _has_value(cell: re.Match[bytes]) -> bool:
    """Whether a formula has the value that a program computed last: some programs write formulas and compute none."""
    value = _find_value(cell)
    return value is None or bool(value[1] and value[1].strip())


def check_workbook(source: Source) -> None:
    """Refuse a workbook that would take more memory or time than it may, before a parser is let near it.

    Raises SourceError naming what there is too much of, and for formats that are not read (ODS, XLSB). Cost: one pass over
    the unpacked parts, some 100 MB a second.
    """
    problem, _ = _examine(source, source.path.stat().st_mtime_ns)
    if problem:
        raise SourceError(problem)


def marks_of(source: Source, part: str) -> CellMarks:
    """The cells of a part that was checked of which the parser tells too little."""
    return _examine(source, source.path.stat().st_mtime_ns)[1].get(part, CellMarks())


@lru_cache(maxsize=4)
def _examine(source: Source, changed: int) -> tuple[str | None, Mapping[str, CellMarks]]:
    """Why a workbook is refused, and the marks of its parts, found out once for a file that is looked at and then read."""
    del changed
    try:
        return None, _check_parts(source)
    except SourceError as problem:
        return str(problem), {}


def _check_parts(source: Source) -> Mapping[str, CellMarks]:
    marks: dict[str, CellMarks] = {}
    try:
        with open_zip(source) as archive:
            items = archive.infolist()
            _check_list(source, items)
            kinds = _Kinds(code_formats(archive))
            extents: list[_Extent] = []
            for item in items:
                if not plain_name(item).startswith("xl/media/"):
                    extents.append(_measure(archive, item, source, sum(extent.tags for extent in extents), kinds))
                    if extents[-1].marks.places:
                        marks[plain_name(item)] = extents[-1].marks
    except PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None
    if any(extent.sheets > len(extent.parts) for extent in extents) or _names_twice(source):
        raise SourceError(f"{source.name}: the workbook names one of its parts as several sheets: refused as a trap")
    texts = sum(extent.memory for extent in extents if extent.texts)
    largest = max((extent for extent in extents if not extent.texts), key=lambda extent: extent.memory, default=None)
    if largest and texts + largest.memory > MOST_MEMORY:
        raise SourceError(_say_too_much(source.name, largest))
    return marks


def _names_twice(source: Source) -> bool:
    """Whether the list of a workbook's parts has one of them twice: each would be parsed anew."""
    with open_zip(source) as archive:
        lists = [item for item in archive.infolist() if plain_name(item) == RELATIONS]
        targets = [target for item in lists for target in _TARGET.findall(archive.read(item))]
    return len(targets) > len(set(targets))


def _check_list(source: Source, items: list[zipfile.ZipInfo]) -> None:
    names = [plain_name(item) for item in items]
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


def _measure(archive: zipfile.ZipFile, item: zipfile.ZipInfo, source: Source, before: int, kinds: _Kinds) -> _Extent:
    """What a part holds; raises SourceError as soon as it is too much."""
    extent = _Extent(kinds)
    with archive.open(item) as part:
        for found in _tags(part, source.name, extent):
            extent.see(found)
            if not extent.tags % _LOOK_EVERY:
                _check_extent(source.name, extent, before)
    _check_extent(source.name, extent, before)
    if extent.said_texts > extent.size:  # the parser sets memory aside for as many
        raise SourceError(
            f"{source.name}: it says it holds {extent.said_texts:,} texts in {extent.size:,} bytes: refused as a trap"
        )
    return extent


def _check_extent(name: str, extent: _Extent, before: int) -> None:
    if before + extent.tags > MOST_TAGS or extent.memory > MOST_MEMORY or extent.marks.is_full:
        raise SourceError(_say_too_much(name, extent))


def _say_too_much(name: str, extent: _Extent) -> str:
    grid = extent.rows * extent.columns
    if grid * _PLACE_BYTES > MOST_MEMORY // 2 and extent.filled * 4 < grid:
        return (
            f"{name}: a sheet of {extent.filled:,} cells spans {extent.rows:,} x {extent.columns:,} places: refused. Take out what "
            f"stands far from the rest, or {_ADVICE}"
        )
    what = f"{extent.filled:,} cells" if extent.filled else f"{extent.texts or extent.tags:,} texts or rows"
    return f"{name}: {what} or more, with what is in them, would take more memory than a file may; {_ADVICE}"


def _tags(part: IO[bytes], name: str, extent: _Extent) -> Iterator[re.Match[bytes]]:
    """The tags that count, in their order; what was read is noted in the extent."""
    held = b""
    ended = False
    while not ended:
        piece = part.read(_PIECE)
        ended = not piece
        extent.size += len(piece)
        held += piece
        done, last = 0, len(held) if ended else len(held) - _BEHIND
        for found in _TAG.finditer(held):
            end = found.end()
            if end > last:
                break  # what stands behind it is looked at too
            yield found
            done = end
        if not ended and len(held) - done <= _BEHIND:
            held = held[done:]
            continue
        # a tag that has begun and not ended goes on in the next piece, and so may the beginning of one
        begun = _START.search(held, done)
        held = held[begun.start() :] if begun else held[max(done, len(held) - _LONGEST_NAME) :]
        if len(held) > _LONGEST_TAG:
            raise SourceError(f"{name}: a tag of more than {_LONGEST_TAG:,} bytes in a workbook: refused as a trap")


@lru_cache(maxsize=1_024)
def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number
