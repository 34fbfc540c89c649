"""Text out of a source: whole where it must be, in lines or pieces where it can be, in an encoding that is never guessed.

What costs memory is bounded by what it is: the text that is held at once, and one line. Bytes that are not of the encoding
refuse the file where it is one document, and one row where it is rows (``rows=True``): they come as lone surrogates there,
which :func:`find_damage` knows again.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from trails.archives import open_bytes, read_stream
from trails.errors import SourceError
from trails.said import choose_encoding
from trails.short_rows import RowLengths

if TYPE_CHECKING:
    from trails.connector import ReadOptions, Source

#: The most memory that a text held at once may take. A chat of a million messages takes less.
MOST_TEXT = 1 << 28
#: The longest line of a streamed file: 16 MiB of CSV.
MOST_LINE = 1 << 24
_PIECE = 1 << 20
#: What takes four bytes for each character of a text it stands in, in UTF-8 and as Python keeps it.
_WIDE = re.compile(rb"[\xf0-\xff]")
#: Bytes that were not of the encoding, and NUL, which no text holds.
_DAMAGE = re.compile("[\x00\udc80-\udcff]")
#: Encodings made of single bytes beyond ASCII, in which a wrong byte costs its row only.
_ESCAPABLE = ("utf-8", "utf-8-sig", "utf_8", "utf_8_sig", "utf8")

Opened = AbstractContextManager[io.BufferedReader]


def read_bytes(source: Source, most: int = MOST_TEXT) -> bytes:
    """All bytes of a source, unpacked; raises SourceError beyond ``most`` bytes."""
    with open_bytes(source) as stream:
        return read_stream(stream, source.name, most)


def read_text(source: Source, options: ReadOptions, *, most: int = MOST_TEXT, rows: bool = False) -> str:
    """The whole text of a source, in UTF-8 unless a byte-order mark or ``--encoding`` says otherwise.

    Raises SourceError for an empty file, one that would take more than ``most`` bytes of memory, or (without ``rows``) naming
    the first byte that does not fit: encodings are never guessed.
    """
    return decode(read_bytes(source, most), source.name, options, most=most, rows=rows)


def decode(data: bytes, name: str, options: ReadOptions, *, most: int = MOST_TEXT, rows: bool = False) -> str:
    """The text of bytes, as :func:`read_text` gives it; ``name`` is said in messages."""
    if not data.strip():
        raise SourceError(f"{name}: the file is empty")
    width = 1 if data.isascii() else 4 if _WIDE.search(data) else 2
    if len(data) * width > most:
        raise SourceError(
            f"{name}: {len(data):,} bytes of text, which would take {len(data) * width:,} bytes of memory; split the file"
        )
    encoding = choose_encoding(data[:_PIECE], options.encoding, name)
    try:
        return data.decode(encoding, errors="surrogateescape" if rows and encoding in _ESCAPABLE else "strict")
    except LookupError:
        raise _no_encoding(name, encoding) from None
    except UnicodeDecodeError as problem:
        raise _wrong_byte(name, encoding, problem.start, data[problem.start]) from None


def find_damage(text: str) -> str | None:
    """What is wrong with a row's own text: a byte that was not of the encoding, or a NUL; None where it is whole."""
    if text.isascii() and "\x00" not in text:
        return None
    found = _DAMAGE.search(text)
    if found is None:
        return None
    where = f"at place {found.start() + 1}"
    if found[0] == "\x00":
        return f"it holds a NUL character {where}: damaged, or UTF-16 without its mark (say --encoding utf-16-le)"
    return (
        f"byte 0x{ord(found[0]) - 0xDC00:02x} {where} is not utf-8; say the file's encoding with --encoding, for "
        "example cp1250, cp1256 or utf-16"
    )


def require_whole(header: str, name: str) -> str:
    """A header line; raises SourceError where it is damaged, since without it no row can be read."""
    if damage := find_damage(header):
        raise SourceError(f"{name}: the header: {damage}")
    return header


def count_damage(text: str) -> int:
    """How many such characters a text holds."""
    return 0 if text.isascii() and "\x00" not in text else len(_DAMAGE.findall(text))


def mend(text: str) -> str:
    """A text in which the replacement mark stands for everything that :func:`find_damage` finds, one for one."""
    return text if text.isascii() and "\x00" not in text else _DAMAGE.sub("\ufffd", text)


def read_lines(source: Source, options: ReadOptions, *, most: int = MOST_LINE, rows: bool = False) -> Iterator[str]:
    """The lines of a text file with their ends, one at a time, decoded as :func:`read_text` does.

    Raises SourceError for an empty file, a line of more than ``most`` characters, lines without end that hold next to
    nothing, and (without ``rows``) the first byte that does not fit.
    """
    blank, lengths = True, RowLengths(source.name)
    with open_text(source, options, rows=rows) as text:
        while line := text.readline(most):
            if len(line) == most:
                raise SourceError(f"{source.name}: a line of more than {most:,} characters; refused")
            lengths.see(len(line))
            blank = blank and not line.strip()
            yield line
    if blank:
        raise SourceError(f"{source.name}: the file is empty")


def read_pieces(
    source: Source, options: ReadOptions, *, rows: bool = False, opened: Callable[[], Opened] | None = None
) -> Iterator[str]:
    """The text of a source in pieces of some hundred thousand characters; ``opened`` opens other bytes than its own."""
    with open_text(source, options, rows=rows, opened=opened) as text:
        while piece := text.read(_PIECE):
            yield piece


@contextmanager
def open_text(
    source: Source, options: ReadOptions, *, rows: bool = False, opened: Callable[[], Opened] | None = None
) -> Iterator[io.TextIOWrapper]:
    """A source's text as a stream; what cannot be decoded becomes a SourceError, also while it is read."""
    with opened() if opened else open_bytes(source) as stream:
        encoding = choose_encoding(stream.peek(4), options.encoding, source.name)
        try:
            errors = "surrogateescape" if rows and encoding.lower() in _ESCAPABLE else "strict"
            text = io.TextIOWrapper(stream, encoding, errors=errors, newline="")
            yield text
            text.detach()
        except LookupError:
            raise _no_encoding(source.name, encoding) from None
        except UnicodeDecodeError:
            raise _find_wrong_byte(source, encoding, opened) from None


def _no_encoding(name: str, encoding: str) -> SourceError:
    return SourceError(f"{name}: there is no encoding called {encoding!r}; try utf-8 or cp1256")


def _wrong_byte(name: str, encoding: str, place: int, byte: int) -> SourceError:
    return SourceError(
        f"{name}: byte {place} (0x{byte:02x}) is not {encoding}; "
        "say the file's encoding with --encoding, for example cp1250, cp1256 or utf-16"
    )


def _find_wrong_byte(source: Source, encoding: str, opened: Callable[[], Opened] | None) -> SourceError:
    """Name the first byte of a file that is not of its encoding: a second, careful pass over the file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with opened() if opened else open_bytes(source) as stream:
        while chunk := stream.read(1 << 20):
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as problem:
                place = done - kept + problem.start
                return _wrong_byte(source.name, encoding, place, problem.object[problem.start])
            done += len(chunk)
    return SourceError(f"{source.name}: the file ends inside a character of {encoding}: it is cut off")
