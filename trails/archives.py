"""The bytes inside a source: gzip, Zstandard and zip are seen through, within bounds, before any parser looks at them.

A file compressed with gzip or Zstandard (``.zst``), or a zip that holds one file, is read as what is inside. A zip of
several files (a chat with its media) is read file by file by the connector that knows it. A workbook is a zip too, and is
left as it is.

Nothing is ever unpacked onto the disk, so a path inside a zip is a name and no more. What unpacks to more than
:data:`MOST_UNPACKED` bytes, or to more than :data:`MOST_RATIO` times its packed size, is refused while it is read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, cast

from trails.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trails.connector import Source

#: An inner file may unpack to this many times its packed size; measured exports reach 10 to 40.
MOST_RATIO = 100
#: Below this many bytes the ratio is not asked: a short file of equal lines packs very well.
RATIO_FREE = 1 << 26
#: The most a packed file may hold: 64 GiB, read as a stream.
MOST_UNPACKED = 1 << 36
#: A zip may list this many files; a chat export with its media lists some thousands.
MOST_FILES = 200_000
#: What a zip lists is read whole, with some hundred bytes of memory for each file: 200,000 with names of 100 characters.
MOST_LIST = 1 << 25
#: A gzip may consist of so many parts one after another (tools that append make some thousands).
MOST_PARTS = 100_000
#: One file in a zip that is read whole: a chat beside its media.
MOST_MEMBER = 1 << 28

_PIECE = 1 << 20
#: What is left of a piece is copied where a packed part ends, so pieces are short.
_PACKED_PIECE = 1 << 16
_GZIP, _ZIP, _OLE, _ZSTD = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x28\xb5\x2f\xfd"
#: Tools that pack with several cores put a frame of the user's own before each packed one: 0x184D2A5?, little-endian.
_ZSTD_OWN = b"\x2a\x4d\x18"
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
PACKING_PROBLEMS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


class _Gunzip(io.RawIOBase):
    """What a gzip of one part or several holds; many empty ones, each a call of the module gzip, are no use to anybody."""

    def __init__(self, path: Path) -> None:
        self._packed = path.open("rb")
        self._waiting, self._parts = b"", 0
        self._unpacker = zlib.decompressobj(wbits=31)

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what is unpacked; raises zlib.error for damage, and EOFError where the file is cut."""
        while True:
            if self._unpacker.eof and not self._begin_part():
                return 0
            if not self._waiting and not self._fill():
                raise EOFError("the packed file ended before the end of what it holds")
            data = self._unpacker.decompress(self._waiting, len(buffer))
            self._waiting = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if data:
                buffer[: len(data)] = data
                return len(data)

    def _begin_part(self) -> bool:
        """Go on with the next part, past zeros that fill a file up; False at the end."""
        while not (left := self._waiting.lstrip(b"\x00")):
            if not self._fill():
                return False
        self._waiting, self._unpacker = left, zlib.decompressobj(wbits=31)
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise zlib.error(f"more than {MOST_PARTS:,} packed parts one after another: refused as a trap")
        return True

    def _fill(self) -> bool:
        self._waiting = self._packed.read(_PACKED_PIECE)
        return bool(self._waiting)

    def close(self) -> None:
        """Close the packed file too."""
        self._packed.close()
        super().close()


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
        except PACKING_PROBLEMS as problem:
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


def is_old_workbook(source: Source) -> bool:
    """Whether a source is a compound file, as an XLS is."""
    return _beginning(source).startswith(_OLE)


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
        return read_stream(stream, f"{source.name}/{name}", MOST_MEMBER)


def read_stream(stream: IO[bytes], name: str, most: int) -> bytes:
    """All bytes of a stream; raises SourceError beyond ``most``."""
    # asked for at once, the most that may come would be set aside before anything comes
    parts, size = [], 0
    while size <= most and (part := stream.read(1 << 22)):
        parts.append(part)
        size += len(part)
    if size > most:
        raise SourceError(f"{name}: more than {most:,} bytes, which would have to be read at once; split the file")
    return b"".join(parts)


class _Listed(io.FileIO):
    """A zip whose list of files is read only within its bound: the module zipfile reads it at once, whatever its size."""

    def read(self, size: int | None = -1, /) -> Any:
        """Read bytes; raises BadZipFile beyond the bound."""
        if size is not None and size > MOST_LIST:
            raise zipfile.BadZipFile(f"its list of files takes {size:,} bytes, more than {MOST_LIST:,}: refused as a trap")
        return super().read(-1 if size is None else size)


@contextmanager
def open_zip(source: Source) -> Iterator[zipfile.ZipFile]:
    """A source as a zip; raises BadZipFile and others of :data:`PACKING_PROBLEMS` for a damaged one, or a list too long."""
    with _Listed(source.path, "rb") as file, zipfile.ZipFile(file) as archive:
        yield archive


@contextmanager
def open_zip_file(source: Source, name: str) -> Iterator[io.BufferedReader]:
    """One file of a zip as a stream."""
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(open_zip(source))
        except PACKING_PROBLEMS as problem:
            raise SourceError(f"{source.name}: a damaged zip: {problem}; get the file again") from None
        try:
            member = archive.getinfo(name)
            inner = archive.open(member)
        except KeyError:
            raise SourceError(f"{source.name}: the zip holds no file {name!r}") from None
        except PACKING_PROBLEMS as problem:
            raise SourceError(f"{source.name}: {name} cannot be unpacked: {problem}") from None
        with io.BufferedReader(_Bounded(inner, f"{source.name}/{name}", bound_of(member.compress_size))) as stream:
            yield cast("io.BufferedReader", stream)


@contextmanager
def open_bytes(source: Source) -> Iterator[io.BufferedReader]:
    """A source's bytes as a stream, unpacked where it is gzip, Zstandard or a zip of one file.

    Raises SourceError, also later while reading, for a damaged packing and for one beyond its bound.
    """
    start = _beginning(source)
    if start.startswith(_GZIP):
        inner = cast("IO[bytes]", _Gunzip(source.path))  # closed with the stream below
        with io.BufferedReader(_Bounded(inner, source.name, bound_of(source.size))) as stream:
            yield cast("io.BufferedReader", stream)
    elif _is_zstd(start):
        with io.BufferedReader(_Bounded(_open_zstd(source), source.name, bound_of(source.size))) as stream:
            yield cast("io.BufferedReader", stream)
    elif start.startswith(_ZIP) and len(names := _list_zip(source)) == 1 and names[0] not in _WORKBOOK_PARTS:
        with open_zip_file(source, names[0]) as inner_file:
            yield inner_file
    else:
        with source.path.open("rb") as plain:
            yield plain


def _open_zstd(source: Source) -> IO[bytes]:
    """Unpack all frames one after the other; Arrow's reader wants no more memory than a frame's window, 128 MiB at most."""
    import pyarrow as pa

    try:
        return cast("IO[bytes]", pa.input_stream(str(source.path), compression="zstd", buffer_size=None))
    except PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: cannot be unpacked: {problem}; nothing was added") from None


def _is_zstd(start: bytes) -> bool:
    """Whether bytes begin a Zstandard file, also one that begins with a frame of the packing tool's own."""
    return start.startswith(_ZSTD) or (start[1:4] == _ZSTD_OWN and 0x50 <= start[0] <= 0x5F)


def is_packed(source: Source) -> bool:
    """Whether a source's bytes are packed: by gzip, by Zstandard, or in a zip."""
    start = _beginning(source)
    return start.startswith((_GZIP, _ZIP)) or _is_zstd(start)


def inner_name(source: Source) -> str:
    """The name of what is inside: of the one file of a zip, of a gzip or Zstandard file without its ending, else its own."""
    start = _beginning(source)
    if start.startswith(_ZIP) and len(names := _list_zip(source)) == 1:
        return names[0].rpartition("/")[2]
    if _is_zstd(start):
        return source.name.removesuffix(".zst").removesuffix(".zstd")
    return source.name.removesuffix(".gz") if start.startswith(_GZIP) else source.name


def _beginning(source: Source) -> bytes:
    with source.path.open("rb") as file:
        return file.read(4)


def _list_zip(source: Source) -> tuple[str, ...]:
    return _list_once(source, source.path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _list_once(source: Source, changed: int) -> tuple[str, ...]:
    """The names in a zip: asked for many times while a file is looked at and read."""
    del changed
    try:
        with open_zip(source) as archive:
            items = archive.infolist()
    except PACKING_PROBLEMS as problem:
        raise SourceError(f"{source.name}: a damaged zip or workbook: {problem}; get the file again") from None
    if len(items) > MOST_FILES:
        raise SourceError(f"{source.name}: the zip lists {len(items):,} files, more than {MOST_FILES:,}: refused")
    names = [item.filename for item in items if item.filename and not item.filename.endswith("/")]
    return tuple(name for name in names if not name.startswith("__MACOSX/") and not name.endswith(".DS_Store"))
