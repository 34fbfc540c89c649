"""Raw records of text files, numbered the way facts cite them: JSON items, JSON lines, CSV records, spreadsheet rows.

Every reader gives ``RawRecord(row, raw, value)`` where ``raw`` is the very text of the source, so that ``trails cite``
shows what the file says and not what was understood. JSON numbers with a fraction become exact ``Decimal`` values.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trails.archives import check_workbook, inner_name, is_workbook, open_bytes, read_zip_file, zip_names
from trails.connector import HEAD_BYTES, Head, RawRecord, ReadOptions, Source
from trails.errors import SourceError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

__all__ = [
    "HEAD_ROWS", "MOST_JSON_LINE", "MOST_LINE", "MOST_TEXT", "csv_records", "is_workbook", "items_at", "json_paths",
    "json_records", "open_bytes", "read_bytes", "read_head", "read_lines", "read_text", "read_zip_file", "sheet_names",
    "sheet_records", "value_at", "zip_names",
]  # fmt: skip

_SPACE = re.compile(r"[\s,]*")
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}\]]', re.DOTALL)
#: Key paths are asked for to this depth; deeper nesting says nothing about whose file it is.
_DEEPEST_PATH = 12
_DECODER = json.JSONDecoder(parse_float=Decimal)
#: The most text that is read whole: JSON of one document, YAML, XML. CSV and JSON lines are streamed.
MOST_TEXT = 1 << 30
#: The longest line of a streamed file: 16 MiB of CSV, and JSON lines that hold a whole block each.
MOST_LINE = 1 << 24
MOST_JSON_LINE = 1 << 28
HEAD_ROWS = 40
csv.field_size_limit(MOST_LINE)


def read_head(source: Source) -> Head:
    """The beginning of a source, for recognition: unpacked, with the names in a zip and the first rows of a workbook.

    Raises SourceError for a damaged packing.
    """
    if is_workbook(source):
        with source.path.open("rb") as raw:
            return Head(source.name, raw.read(HEAD_BYTES), source.size, sheet=tuple(_head_rows(source)))
    members = zip_names(source)
    with open_bytes(source) as stream:
        data = stream.read(HEAD_BYTES)
    sheet = _parquet_columns(source) if data.startswith(b"PAR1") else ()
    return Head(inner_name(source), data, source.size, members=members if len(members) > 1 else (), sheet=sheet)


def _parquet_columns(source: Source) -> tuple[tuple[str, ...], ...]:
    """The column names of a Parquet file, which stand at its end; none where it cannot be read (reading says why)."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return (tuple(parquet.read_schema(source.path).names),)
    except (pa.ArrowException, OSError, ValueError):
        return ()


def read_bytes(source: Source) -> bytes:
    """All bytes of a source, unpacked; raises SourceError beyond 1 GiB."""
    with open_bytes(source) as stream:
        # asked for at once, the most that may come would be set aside before anything comes
        parts, size = [], 0
        while size <= MOST_TEXT and (part := stream.read(1 << 22)):
            parts.append(part)
            size += len(part)
    if size > MOST_TEXT:
        raise SourceError(f"{source.name}: more than 1 GiB to be read at once; split the file, or export it as CSV")
    return b"".join(parts)


def read_text(source: Source, options: ReadOptions) -> str:
    """The whole text of a source, in UTF-8 unless a byte-order mark or ``--encoding`` says otherwise.

    Raises SourceError for an empty file, one of more than 1 GiB, or naming the first byte that does not fit: encodings
    are never guessed.
    """
    data = read_bytes(source)
    if not data.strip():
        raise SourceError(f"{source.name}: the file is empty")
    encoding = options.encoding or _encoding_of_mark(data)
    try:
        return data.decode(encoding)
    except LookupError:
        raise _no_encoding(source, encoding) from None
    except UnicodeDecodeError as problem:
        raise _wrong_byte(source, encoding, problem.start, data[problem.start]) from None


def _no_encoding(source: Source, encoding: str) -> SourceError:
    return SourceError(f"{source.name}: there is no encoding called {encoding!r}; try utf-8 or cp1256")


def _wrong_byte(source: Source, encoding: str, place: int, byte: int) -> SourceError:
    return SourceError(
        f"{source.name}: byte {place} (0x{byte:02x}) is not {encoding}; "
        "say the file's encoding with --encoding, for example cp1250, cp1256 or utf-16"
    )


def read_lines(source: Source, options: ReadOptions, *, most: int = MOST_LINE) -> Iterator[str]:
    """The lines of a text file with their ends, one at a time, decoded as :func:`read_text` does.

    Raises SourceError for an empty file, a line of more than ``most`` characters, and the first byte that does not fit.
    """
    blank = True
    with open_bytes(source) as stream:
        encoding = options.encoding or _encoding_of_mark(stream.peek(4)[:4])
        try:
            text = io.TextIOWrapper(stream, encoding, newline="")
            while line := text.readline(most):
                if len(line) == most:
                    raise SourceError(f"{source.name}: a line of more than {most:,} characters; refused")
                blank = blank and not line.strip()
                yield line
            text.detach()
        except LookupError:
            raise _no_encoding(source, encoding) from None
        except UnicodeDecodeError:
            raise _find_wrong_byte(source, encoding) from None
    if blank:
        raise SourceError(f"{source.name}: the file is empty")


def _find_wrong_byte(source: Source, encoding: str) -> SourceError:
    """Name the first byte of a file that is not of its encoding: a second, careful pass over the file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with open_bytes(source) as stream:
        while chunk := stream.read(1 << 20):
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as problem:
                place = done - kept + problem.start
                return _wrong_byte(source, encoding, place, problem.object[problem.start])
            done += len(chunk)
    return SourceError(f"{source.name}: the file ends inside a character of {encoding}: it is cut off")


def _encoding_of_mark(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig"


def json_records(source: Source, options: ReadOptions, *, at: tuple[str, ...] = ()) -> Iterator[RawRecord]:
    """The items of a JSON file, from 1: of a list, of JSON lines, or the one document; with ``at``, the items of the
    list found under those keys in each document (``data``, ``result``), counted on over all documents.

    JSON lines are streamed; anything else is read whole (at most 1 GiB). Raises SourceError with line and column where
    the file is truncated or no JSON.
    """
    row = 0
    for raw, value in _all_documents(source, options):
        for item_raw, item in _items(raw, value, at, source.name):
            row += 1
            yield RawRecord(row, item_raw, item)


def _all_documents(source: Source, options: ReadOptions) -> Iterator[tuple[str, Any]]:
    if not _is_json_lines(source, options):
        yield from _documents(read_text(source, options), source.name)
        return
    for number, line in enumerate(read_lines(source, options, most=MOST_JSON_LINE)):
        yield from _documents(line, source.name, lines_before=number)


def _is_json_lines(source: Source, options: ReadOptions) -> bool:
    """Whether the first line that holds anything is one whole JSON object, and another line follows it."""
    first = ""
    for line in read_lines(source, options, most=MOST_JSON_LINE):
        if not line.strip():
            continue
        if first:
            return _is_whole(first)
        if line.lstrip("\ufeff \t")[:1] != "{":
            return False
        first = line
    return False


def _is_whole(line: str) -> bool:
    try:
        _DECODER.decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def json_paths(text: str) -> set[str]:
    """The dotted key paths of the first object in a JSON text that may be cut anywhere; lists add no step.

    >>> sorted(json_paths('[{"a": 1, "b": [{"c": {"d": "x'))
    ['a', 'b', 'b.c', 'b.c.d']
    """
    paths: set[str] = set()
    if text.lstrip()[:1] not in ("{", "["):
        return paths
    keys: list[str] = []
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark == "{":
            keys.append("")
        elif mark == "}":
            keys = keys[:-1]
            if not keys:
                break
        elif found[2] and keys:
            keys[-1] = found[1]
            if len(keys) <= _DEEPEST_PATH:
                paths.add(".".join(keys))
    return paths


def items_at(raw: str, at: tuple[str, ...], name: str) -> Iterator[tuple[str, Any]]:
    """The items, as text and value, of the list that is known to stand under keys of a JSON object's text."""
    return _list_items(raw, _find_list(raw, at, name), name)


def value_at(raw: str, at: tuple[str, ...], name: str) -> tuple[str, Any]:
    """The text and value of what is known to stand under keys of a JSON object's text."""
    start = _find_list(raw, at, name)
    value, end = _decode(raw, start, name)
    return raw[start:end], value


def _documents(text: str, name: str, *, lines_before: int = 0) -> Iterator[tuple[str, Any]]:
    """The top-level documents of a JSON text: one, several after each other (JSON lines), and the items of lists."""
    start = _skip_space(text, 0)
    while start < len(text):
        if text[start] == "[":
            end = yield from _list_items(text, start, name)
        else:
            value, end = _decode(text, start, name, lines_before)
            yield text[start:end], value
        start = _skip_space(text, end)


def _list_items(text: str, start: int, name: str) -> Generator[tuple[str, Any], None, int]:
    position = _skip_space(text, start + 1)
    while position < len(text) and text[position] != "]":
        value, end = _decode(text, position, name)
        yield text[position:end], value
        position = _skip_space(text, end)
    if position >= len(text):
        raise SourceError(f"{name}: the file is truncated: its list is never closed; get the whole file")
    return position + 1


def _items(raw: str, value: object, at: tuple[str, ...], name: str) -> Iterator[tuple[str, Any]]:
    if not at:
        yield raw, value
        return
    inner: Any = value
    for key in at:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(inner, list):
        raise SourceError(
            f"{name}: there is no list under {'.'.join(at)!r}; the file is no such answer, or is an error page"
        )
    start = _find_list(raw, at, name)
    yield from _list_items(raw, start, name)


def _find_list(raw: str, at: tuple[str, ...], name: str) -> int:
    """Where the list under the keys ``at`` begins inside a document's text."""
    position = raw.index("{")
    for key in at:
        position = _find_value(raw, position, key, name)
    return position


def _find_value(raw: str, start: int, wanted: str, name: str) -> int:
    """Where the value of a key begins in the object that opens at ``start``; the last of equal keys, as parsers do."""
    position, found = _skip_space(raw, start + 1), -1
    while raw[position] != "}":
        key, end = _decode(raw, position, name)
        position = _skip_space(raw, raw.index(":", end) + 1)
        if key == wanted:
            found = position
        position = _skip_space(raw, _decode(raw, position, name)[1])
    return found


def _decode(text: str, start: int, name: str, lines_before: int = 0) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as problem:
        rest = text[problem.pos :].strip()
        what = "the file is truncated" if len(rest) < 2 or "Unterminated" in problem.msg else problem.msg
        raise SourceError(
            f"{name}: not whole JSON at line {lines_before + problem.lineno}, column {problem.colno}: {what}; nothing was added"
        ) from None
    except (ValueError, ArithmeticError):
        raise SourceError(
            f"{name}: a number of thousands of digits, or beyond all measure, after character {start}; nothing was added"
        ) from None
    except RecursionError:
        raise SourceError(f"{name}: JSON nested too deeply near character {start}; nothing was added") from None


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def csv_records(
    source: Source, options: ReadOptions, *, delimiter: str = ",", header_row: int = 1
) -> Iterator[RawRecord]:
    """The records of a CSV file by column name; ``row`` counts records from the top, the first line being row 1.

    The file is streamed. Raises SourceError for duplicate column names, a line of more than 16 MiB, or a quoted field
    that never ends. A record with more or fewer fields than the header has the key None with the surplus, or None
    values, as ``csv.DictReader`` gives them.
    """
    used: list[str] = []

    def lines() -> Iterator[str]:
        for line in read_lines(source, options):
            used.append(line)
            yield line.replace("\x00", "\ufffd") if "\x00" in line else line

    reader = csv.reader(lines(), delimiter=delimiter, strict=False)
    header: list[str] | None = None
    row = 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as problem:
            raise SourceError(f"{source.name}: row {row + 1}: {problem}; nothing was added") from None
        if fields is None:
            return
        row += 1
        raw = (used[0] if len(used) == 1 else "".join(used)).rstrip("\r\n")
        used.clear()
        if row < header_row or not fields:
            continue
        if header is None:
            header = _check_header([field.strip() for field in fields], source.name, row)
            continue
        yield RawRecord(row, raw, _by_name(header, fields))


def _check_header(header: list[str], name: str, row: int) -> list[str]:
    double = sorted(column for column, times in Counter(header).items() if column and times > 1)
    if double:
        raise SourceError(
            f"{name}: row {row}: {', '.join(double)} stands twice among the column names; rename one and try again"
        )
    return header


def _by_name(header: list[str], fields: list[Any]) -> dict[str | None, Any]:
    named: dict[str | None, Any] = dict(zip(header, fields, strict=False))
    named.update(dict.fromkeys(header[len(fields) :]))
    if len(fields) > len(header):
        named[None] = fields[len(header) :]
    return named


_CELLS = json.JSONEncoder(ensure_ascii=False, default=str)


def sheet_records(
    source: Source, options: ReadOptions, *, sheet: str | None = None, header_row: int = 1
) -> Iterator[RawRecord]:
    """The rows of one sheet of a workbook (XLSX, XLS) by column name; ``row`` is the sheet's own row number.

    ``raw`` is the row's cells as JSON text. A cell with a formula is what the program that wrote it computed last.
    Raises SourceError for a damaged workbook, an unknown sheet, or one that would unpack beyond the stated bounds
    (1 GiB, 50 million cells).
    """
    del options
    header: list[str] | None = None
    for row, cells in enumerate(_sheet_rows(source, sheet), start=1):
        if row < header_row or not any(cell != "" for cell in cells):
            continue
        if header is None:
            header = _check_header([str(cell).strip() for cell in cells], source.name, row)
            continue
        yield RawRecord(row, _CELLS.encode(cells), _by_name(header, cells))


def sheet_names(source: Source) -> tuple[str, ...]:
    """The names of a workbook's sheets; raises SourceError for a damaged one."""
    return tuple(_open_workbook(source).sheet_names)


def _sheet_rows(source: Source, sheet: str | None, most: int | None = None) -> list[list[Any]]:
    asked = (source, source.path.stat().st_mtime_ns, sheet)
    chosen = _LOOKED_AT.pop(asked, None) or _find_sheet(source, sheet)
    _LOOKED_AT.clear()
    if most is not None:
        _LOOKED_AT[asked] = chosen
    with _workbook_problems(source):
        rows: list[list[Any]] = chosen.to_python(skip_empty_area=False, nrows=most)
        return rows


#: The sheet whose beginning was looked at last: parsing it takes as long for its first rows as for all, and what is
#: recognised is read next.
_LOOKED_AT: dict[tuple[Source, int, str | None], CalamineSheet] = {}


def _find_sheet(source: Source, sheet: str | None) -> CalamineSheet:
    book = _open_workbook(source)
    names = book.sheet_names
    if sheet is not None and sheet not in names:
        raise SourceError(f"{source.name}: there is no sheet {sheet!r}; there are: {', '.join(names)}")
    with _workbook_problems(source):
        return book.get_sheet_by_name(sheet or names[0])


def _open_workbook(source: Source) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    check_workbook(source)
    with _workbook_problems(source):
        return CalamineWorkbook.from_path(str(source.path))


@contextmanager
def _workbook_problems(source: Source) -> Iterator[None]:
    from python_calamine import CalamineError

    try:
        yield
    except (CalamineError, zipfile.BadZipFile, IndexError, OSError) as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None


def _head_rows(source: Source) -> Iterator[tuple[str, ...]]:
    """The first rows of the first sheet, for recognition; none where the workbook cannot be read (reading says why)."""
    try:
        rows = _sheet_rows(source, None, HEAD_ROWS)
    except SourceError:
        return
    for cells in rows:
        yield tuple(str(cell).strip() for cell in cells)
