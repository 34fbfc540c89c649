"""The bytes inside a source: gzip and zip are seen through, within bounds, before any parser looks at them.

A file compressed with gzip, or a zip that holds one file, is read as what is inside. A zip of several files (a chat with
its media) is read file by file by the connector that knows it. A workbook is a zip too, and is left as it is.

Nothing is ever unpacked onto the disk, so a path inside a zip is a name and no more. What unpacks to more than
:data:`MOST_UNPACKED` bytes, or to more than :data:`MOST_RATIO` times its packed size, is refused while it is read.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING, cast

from trails.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Source

#: An inner file may unpack to this many times its packed size; measured exports reach 10 to 40.
MOST_RATIO = 250
#: Below this many bytes the ratio is not asked: a short file of equal lines packs very well.
RATIO_FREE = 1 << 26
#: The most a packed file may hold: 64 GiB, read as a stream.
MOST_UNPACKED = 1 << 36
#: A zip may list this many files; a chat export with its media lists some thousands.
MOST_FILES = 200_000
#: Workbooks are parsed whole, so they have a bound of their own, and one on the cells of a sheet.
MOST_WORKBOOK = 1 << 30
MOST_CELLS = 50_000_000

_PIECE = 1 << 20
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NO_SHEETS = ("xl/sharedstrings.xml", "xl/styles.xml", "xl/workbook.xml", "[content_types].xml")
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})\d""")
_PLACE = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]{0,3}(\d{1,9})["']""")
_PACKING_PROBLEMS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


class _Bounded(io.RawIOBase):
    """An unpacking stream that stops at its bound, and says a packing problem as an error of the source."""

    def __init__(self, inner: IO[bytes], name: str, most: int) -> None:
        self.inner, self.name, self.most, self.seen = inner, name, most, 0

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer; raises SourceError where the stream is damaged or unpacks beyond its bound."""
        try:
            data = self.inner.read(min(len(buffer), _PIECE))
        except _PACKING_PROBLEMS as problem:
            raise SourceError(f"{self.name}: damaged while unpacking: {problem}; nothing was added") from None
        self.seen += len(data)
        if self.seen > self.most:
            raise SourceError(
                f"{self.name}: unpacks to more than {self.most:,} bytes, {MOST_RATIO} times its packed size: refused. "
                "If it is no trap, unpack it yourself and add what is inside"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what is underneath too."""
        self.inner.close()
        super().close()


def bound_of(packed: int) -> int:
    """How many bytes a packed size may unpack to."""
    return min(MOST_UNPACKED, max(RATIO_FREE, packed * MOST_RATIO))


def is_workbook(source: Source) -> bool:
    """Whether a source is a workbook: an XLSX, XLSB or ODS (zips with known parts), or an old XLS."""
    start = _beginning(source)
    if start.startswith(_OLE):
        return True
    return start.startswith(_ZIP) and any(name in _WORKBOOK_PARTS for name in _list_zip(source))


def zip_names(source: Source) -> tuple[str, ...]:
    """The names of the files in a zip, in its order, without folders and the clutter of macOS; empty for no zip.

    Raises SourceError for a damaged zip, or one that lists more than :data:`MOST_FILES` files.
    """
    return _list_zip(source) if _beginning(source).startswith(_ZIP) else ()


def read_zip_file(source: Source, name: str) -> bytes:
    """The bytes of one file in a zip, by the name :func:`zip_names` gives; within the bound of all unpacking.

    Raises SourceError for a name that is not there, a damaged or encrypted file, and one beyond its bound.
    """
    with open_zip_file(source, name) as stream:
        return stream.read()


@contextmanager
def open_zip_file(source: Source, name: str) -> Iterator[io.BufferedReader]:
    """One file of a zip as a stream."""
    try:
        archive = zipfile.ZipFile(source.path)
    except _PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: a damaged zip: {problem}; get the file again") from None
    with archive:
        try:
            member = archive.getinfo(name)
            inner = archive.open(member)
        except KeyError:
            raise SourceError(f"{source.name}: the zip holds no file {name!r}") from None
        except _PACKING_PROBLEMS as problem:
            raise SourceError(f"{source.name}: {name} cannot be unpacked: {problem}") from None
        with io.BufferedReader(_Bounded(inner, f"{source.name}/{name}", bound_of(member.compress_size))) as stream:
            yield cast("io.BufferedReader", stream)


@contextmanager
def open_bytes(source: Source) -> Iterator[io.BufferedReader]:
    """A source's bytes as a stream, unpacked where it is gzip or a zip of one file.

    Raises SourceError, also later while reading, for a damaged packing and for one beyond its bound.
    """
    start = _beginning(source)
    if start.startswith(_GZIP):
        inner = cast("IO[bytes]", gzip.open(source.path, "rb"))  # noqa: SIM115 - closed with the stream below
        with io.BufferedReader(_Bounded(inner, source.name, bound_of(source.size))) as stream:
            yield cast("io.BufferedReader", stream)
    elif start.startswith(_ZIP) and len(names := _list_zip(source)) == 1 and names[0] not in _WORKBOOK_PARTS:
        with open_zip_file(source, names[0]) as inner_file:
            yield inner_file
    else:
        with source.path.open("rb") as plain:
            yield plain


def inner_name(source: Source) -> str:
    """The name of what is inside: of the one file of a zip, of a gzip without its ending, else the source's own."""
    start = _beginning(source)
    if start.startswith(_ZIP) and len(names := _list_zip(source)) == 1:
        return names[0].rpartition("/")[2]
    return source.name.removesuffix(".gz") if start.startswith(_GZIP) else source.name


def _beginning(source: Source) -> bytes:
    with source.path.open("rb") as file:
        return file.read(4)


def _list_zip(source: Source) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            items = archive.infolist()
    except _PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: a damaged zip or workbook: {problem}; get the file again") from None
    if len(items) > MOST_FILES:
        raise SourceError(f"{source.name}: the zip lists {len(items):,} files, more than {MOST_FILES:,}: refused")
    names = [item.filename for item in items if item.filename and not item.filename.endswith("/")]
    return tuple(name for name in names if not name.startswith("__MACOSX/") and not name.endswith(".DS_Store"))


def check_workbook(source: Source) -> None:
    """Refuse a workbook that would unpack beyond bounds, before a parser is let near it.

    Raises SourceError for more than 1 GiB, a packing ratio beyond the bound, or a sheet of more than 50 million cells
    (two cells far apart are enough for that: the parser lays out the whole grid between them).
    """
    if _beginning(source).startswith(_ZIP):
        _check_parts(source, source.path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _check_parts(source: Source, changed: int) -> None:
    """What :func:`check_workbook` does, once for a file that is looked at and then read."""
    del changed
    try:
        with zipfile.ZipFile(source.path) as archive:
            items = archive.infolist()
            if any(item.filename == "content.xml" for item in items):
                raise SourceError(f"{source.name}: an OpenDocument sheet (ODS) is not read; save it as XLSX or CSV")
            if any(item.filename.lower() == "xl/workbook.bin" for item in items):
                raise SourceError(f"{source.name}: a binary workbook (XLSB) is not read; save it as XLSX or CSV")
            unpacked = sum(item.file_size for item in items)
            if unpacked > min(MOST_WORKBOOK, bound_of(source.size)):
                raise SourceError(f"{source.name}: the workbook unpacks to {unpacked:,} bytes: refused as a trap")
            for item in items:
                # a workbook's own index says which part is a sheet, so any part may be one, whatever its name
                if item.filename.lower() not in _NO_SHEETS and not item.filename.lower().startswith("xl/media/"):
                    _check_extent(archive.read(item), source.name)
    except _PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None


def _check_extent(xml: bytes, name: str) -> None:
    """Refuse a sheet whose farthest cell references span too large a grid, in whatever order they are written."""
    rows = max(map(int, set(_PLACE.findall(xml))), default=0)
    columns = max((_column_number(letters) for letters in set(_CELL.findall(xml))), default=0)
    if rows * columns > MOST_CELLS:
        raise SourceError(f"{name}: a sheet spans {rows:,} x {columns:,} cells, more than 50 million; refused")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
