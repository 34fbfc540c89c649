"""Workbooks that span, or hold, far more than their size says."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.hostile.shapes import PICKUP, PICKUP_HEADER, many, shape

_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{}</sheets></workbook>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships '
    'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_OF = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_SHEET = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_HEADER = '<row r="1">' + "".join(
    f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>' for letter, name in zip("ABCDEF", PICKUP_HEADER, strict=True)
) + "</row>"  # fmt: skip
_END = "</sheetData></worksheet>"


def write_book(path: Path, sheet: Iterable[bytes], *, strings: Iterable[bytes] = (), sheets: int = 1) -> None:
    """A workbook of one written sheet (named several times if asked), packed as far as it goes."""
    names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1))
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_OF}/worksheet" Target="worksheets/sheet1.xml"/>' for n in range(1, sheets + 1)
    )
    shared = f'<Relationship Id="s" Type="{_OF}/sharedStrings" Target="sharedStrings.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("[Content_Types].xml", _TYPES)
        root = f'<Relationship Id="b" Type="{_OF}/officeDocument" Target="xl/workbook.xml"/>'
        book.writestr("_rels/.rels", _RELATIONS.format(root))
        book.writestr("xl/workbook.xml", _BOOK.format(names))
        book.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format(relations + shared))
        with book.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for piece in strings:
                part.write(piece)
            part.write(b"</sst>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write((_SHEET + _HEADER).encode())
            for piece in sheet:
                part.write(piece)
            part.write(_END.encode())
    path.with_name(f"{path.name}.mapping.toml").write_text(PICKUP)


def letters(column: int) -> str:
    """A column's letters by its number from 1."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@shape("two cells far apart", "far.xlsx", 7_063)
def far_apart(path: Path, count: int) -> None:
    """A header, and one cell as far from it in both directions as the bound on a sheet's area allowed."""
    cell = f'<row r="{count}"><c r="{letters(count)}{count}" t="inlineStr"><is><t>x</t></is></c></row>'
    write_book(path, (cell.encode(),))


@shape("cells without places", "dense.xlsx", 30_000_000)
def without_places(path: Path, count: int) -> None:
    """Rows of 16 cells whose references are left out, so that no place shows how many there are."""
    row = b"<row>" + b"<c><v>1</v></c>" * 16 + b"</row>"
    write_book(path, many(row, count // 16))


def _numbers(form: bytes, length: int = 1 << 20) -> bytes:
    """A mebibyte of pieces that hardly pack: each has a number of its own."""
    made, number = bytearray(), 1
    while len(made) < length:
        number = number * 69_069 % 1_000_003
        made += form % number
    return bytes(made)


@shape("cells that hardly pack", "cells.xlsx", 20_000_000)
def filled_cells(path: Path, count: int) -> None:
    """More cells than the parser may hold, as an honest workbook would have them."""
    row = _numbers(b"<row><c><v>%d</v></c>" + b"<c><v>1</v></c>" * 5 + b"</row>")
    write_book(path, many(row, max(1, count * 15 // len(row))))


@shape("a large sheet of good rows", "large.xlsx", 1_200_000)
def large_sheet(path: Path, count: int) -> None:
    """A pick-up list of two hundred thousand rows, all of them good."""
    form = (
        '<row><c><v>1%d</v></c><c t="inlineStr"><is><t>Dunja Made</t></is></c><c t="inlineStr"><is><t>Jova Made</t></is></c>'
        '<c t="inlineStr"><is><t>05.08.2024</t></is></c><c><v>%d</v></c><c t="inlineStr"><is><t>EUR</t></is></c></row>'
    )
    rows = (form % (10_000_000 + n, n % 997 + 1) for n in range(count // 6))
    write_book(path, (row.encode() for row in rows))


@shape("texts that hardly pack beside a sheet", "texts.xlsx", 40_000_000)
def many_texts(path: Path, count: int) -> None:
    """A list of texts that no cell uses, each with a number."""
    texts = _numbers(b"<si><t>%d</t></si>")
    write_book(path, (), strings=many(texts, max(1, count * 20 // len(texts))))


@shape("empty texts beside a sheet", "strings.xlsx", 40_000_000)
def shared_strings(path: Path, count: int) -> None:
    """A list of texts that no cell uses."""
    write_book(path, (), strings=many(b"<si><t/></si>", count))


@shape("sheets without end", "sheets.xlsx", 20_000, "--as", "exchange_statement")
def many_sheets(path: Path, count: int) -> None:
    """One sheet under very many names."""
    write_book(path, (), sheets=count)
    path.with_name(f"{path.name}.mapping.toml").unlink()


# --- the old format ---------------------------------------------------------------------------------------------------

_FREE, _LAST, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _number(row: int, column: int, value: float) -> bytes:
    return _record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def write_old_book(path: Path, cells: list[tuple[int, int]], *, sheets: int = 1, said: tuple[int, int] = (2, 2)) -> None:
    """An XLS whose sheets each hold numbers at these places and say that they span ``said`` rows and columns."""
    numbers = b"".join(_number(*at, 1.0 + place) for place, at in enumerate(cells))
    body = _record(0x0200, struct.pack("<IIHHH", 0, said[0], 0, said[1], 0)) + numbers
    sheet = _begin(0x0010) + body + _record(0x000A, b"")
    heads = b""
    start = len(_begin(5)) + sum(4 + 8 + len(f"S{n}") for n in range(sheets)) + 4
    for number in range(sheets):
        name = f"S{number}".encode()
        heads += _record(0x0085, struct.pack("<IBBBB", start + number * len(sheet), 0, 0, len(name), 0) + name)
    _write_compound(path, _begin(5) + heads + _record(0x000A, b"") + sheet * sheets)


def _write_compound(path: Path, stream: bytes) -> None:
    """A compound file (OLE) of one stream called Workbook."""
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\x00")
    count = len(stream) // _SECTOR
    fats = -(-(count + 2) // 127)
    while fats * 128 < count + 1 + fats:
        fats += 1
    chain = [_FAT] * fats + [_LAST] + [fats + 2 + n for n in range(count - 1)] + [_LAST]
    table = struct.pack(f"<{fats * 128}I", *chain, *[_FREE] * (fats * 128 - len(chain)))
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, fats, fats, 0,
                       4096, _LAST, 0, _LAST, 0)  # fmt: skip
    head += struct.pack("<109I", *range(min(fats, 109)), *[_FREE] * (109 - min(fats, 109)))
    entries = _entry("Root Entry", 5, 1, _LAST, 0) + _entry("Workbook", 2, _FREE, fats + 1, len(stream)) + b"\x00" * 256
    with path.open("wb") as out:
        out.write(head.ljust(_SECTOR, b"\x00") + table + entries + stream)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\x00\x00"
    return struct.pack("<64sHBBIII36xIQ", raw, len(raw), kind, 1, _FREE, _FREE, child, start, size)


@shape("old workbook, cells far apart", "far.xls", 40)
def old_far(path: Path, count: int) -> None:
    """Sheets of two cells each, at the first and the last place an XLS has."""
    write_old_book(path, [(0, 0), (65_535, 255)], sheets=count)
    path.with_name(f"{path.name}.mapping.toml").write_text(PICKUP)


@shape("old workbook that says it is huge", "says.xls", 4_000_000_000)
def old_says(path: Path, count: int) -> None:
    """A sheet that says it spans more rows than there are."""
    write_old_book(path, [(0, 0), (1, 1)], said=(count, 65_000))
    path.with_name(f"{path.name}.mapping.toml").write_text(PICKUP)


def zip_bytes(**files: bytes) -> bytes:
    """A zip in memory."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()
