"""Raw records of text files, numbered the way facts cite them: JSON items, JSON lines, CSV records, spreadsheet rows.

Every reader gives ``RawRecord(row, raw, value)`` where ``raw`` is the very text of the source, so that ``trails cite``
shows what the file says and not what was understood. JSON numbers with a fraction become exact ``Decimal`` values.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Generator, Iterator
from decimal import Decimal
from typing import Any

from trails.connector import RawRecord, ReadOptions, Source
from trails.errors import SourceError

_SPACE = re.compile(r"[\s,]*")
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}\]]', re.DOTALL)
_DECODER = json.JSONDecoder(parse_float=Decimal)
_MAX_SHEET_CELLS = 50_000_000
_MAX_UNZIPPED = 1 << 30


def read_text(source: Source, options: ReadOptions) -> str:
    """The whole text of a source, in UTF-8 unless a byte-order mark or ``--encoding`` says otherwise.

    Raises SourceError for an empty file, or naming the first byte that does not fit: encodings are never guessed.
    """
    data = source.path.read_bytes()
    if not data.strip():
        raise SourceError(f"{source.name}: the file is empty")
    encoding = options.encoding or _encoding_of_mark(data)
    try:
        return data.decode(encoding)
    except LookupError:
        raise SourceError(f"{source.name}: there is no encoding called {encoding!r}; try utf-8 or cp1256") from None
    except UnicodeDecodeError as problem:
        raise SourceError(
            f"{source.name}: byte {problem.start} (0x{data[problem.start]:02x}) is not {encoding}; "
            "say the file's encoding with --encoding, for example cp1250, cp1256 or utf-16"
        ) from None


def _encoding_of_mark(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig"


def json_records(source: Source, options: ReadOptions, *, at: tuple[str, ...] = ()) -> Iterator[RawRecord]:
    """The items of a JSON file, from 1: of a list, of JSON lines, or the one document; with ``at``, the items of the
    list found under those keys in each document (``data``, ``result``), counted on over all documents.

    Raises SourceError with line and column where the file is truncated or no JSON.
    """
    text = read_text(source, options)
    row = 0
    for raw, value in _documents(text, source.name):
        for item_raw, item in _items(raw, value, at, source.name):
            row += 1
            yield RawRecord(row, item_raw, item)


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


def _documents(text: str, name: str) -> Iterator[tuple[str, Any]]:
    """The top-level documents of a JSON text: one, several after each other (JSON lines), and the items of lists."""
    start = _skip_space(text, 0)
    while start < len(text):
        if text[start] == "[":
            end = yield from _list_items(text, start, name)
        else:
            value, end = _decode(text, start, name)
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


def _decode(text: str, start: int, name: str) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as problem:
        rest = text[problem.pos :].strip()
        what = "the file is truncated" if len(rest) < 2 or "Unterminated" in problem.msg else problem.msg
        raise SourceError(
            f"{name}: not whole JSON at line {problem.lineno}, column {problem.colno}: {what}; nothing was added"
        ) from None
    except ValueError:
        raise SourceError(
            f"{name}: a number of thousands of digits after character {start}; nothing was added"
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

    Raises SourceError for duplicate column names or a missing header. A record with more or fewer fields than the
    header has the key None with the surplus, or None values, as ``csv.DictReader`` gives them.
    """
    text = read_text(source, options).replace("\x00", "\ufffd")
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=False)
    header: list[str] | None = None
    row, used = 0, 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as problem:
            raise SourceError(f"{source.name}: row {row + 1}: {problem}; nothing was added") from None
        if fields is None:
            return
        row += 1
        raw, used = "".join(lines[used : reader.line_num]).rstrip("\r\n"), reader.line_num
        if row < header_row or not fields:
            continue
        if header is None:
            header = _check_header([field.strip() for field in fields], source.name, row)
            continue
        yield RawRecord(row, raw, _by_name(header, fields))


def _check_header(header: list[str], name: str, row: int) -> list[str]:
    double = sorted({column for column in header if column and header.count(column) > 1})
    if double:
        raise SourceError(
            f"{name}: row {row}: column name(s) {', '.join(double)} stand twice; rename one and try again"
        )
    return header


def _by_name(header: list[str], fields: list[Any]) -> dict[str | None, Any]:
    named: dict[str | None, Any] = dict(zip(header, fields, strict=False))
    named.update(dict.fromkeys(header[len(fields) :]))
    if len(fields) > len(header):
        named[None] = fields[len(header) :]
    return named


def sheet_records(
    source: Source, options: ReadOptions, *, sheet: str | None = None, header_row: int = 1
) -> Iterator[RawRecord]:
    """The rows of one sheet of an XLSX workbook by column name; ``row`` is the sheet's own row number.

    ``raw`` is the row's cells as JSON text. Raises SourceError for a damaged workbook, an unknown sheet, or one that
    would unpack beyond the stated bounds (1 GiB, 50 million cells).
    """
    from python_calamine import CalamineError, CalamineWorkbook

    del options
    _check_workbook(source)
    try:
        book = CalamineWorkbook.from_path(str(source.path))
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise SourceError(f"{source.name}: there is no sheet {sheet!r}; there are: {', '.join(names)}")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, IndexError) as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None
    header: list[str] | None = None
    for row, cells in enumerate(rows, start=1):
        if row < header_row or not any(cell != "" for cell in cells):
            continue
        if header is None:
            header = _check_header([str(cell).strip() for cell in cells], source.name, row)
            continue
        yield RawRecord(row, json.dumps([_cell_text(c) for c in cells], ensure_ascii=False), _by_name(header, cells))


def _cell_text(cell: Any) -> Any:
    return cell if isinstance(cell, str | int | float | bool) else str(cell)


def _check_workbook(source: Source) -> None:
    """Refuse what would unpack beyond bounds, before a parser is let near it."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MAX_UNZIPPED:
                raise SourceError(f"{source.name}: the workbook unpacks to more than 1 GiB; refused")
            for item in archive.infolist():
                if item.filename.startswith("xl/worksheets/") and item.filename.endswith(".xml"):
                    _check_extent(archive.read(item), source.name)
    except (zipfile.BadZipFile, OSError, EOFError) as problem:
        raise SourceError(f"{source.name}: not a readable workbook: {problem}") from None


def _check_extent(xml: bytes, name: str) -> None:
    rows, columns = 0, 0
    for letters, number in re.findall(rb'<c r="([A-Z]+)(\d+)"', xml):
        width = 0
        for letter in letters:
            width = width * 26 + letter - 64
        rows, columns = max(rows, int(number)), max(columns, width)
    if rows * columns > _MAX_SHEET_CELLS:
        raise SourceError(f"{name}: a sheet spans {rows:,} x {columns:,} cells, more than 50 million; refused")
