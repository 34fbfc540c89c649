"""The parts of an XLSX by what they are: which part is which sheet, and which number formats make another code of a number.

The parser of workbooks tells neither. The parts read here are short, and were bounded before (:mod:`trails.workbooks`).
"""

from __future__ import annotations

import html
import posixpath
import re
from typing import TYPE_CHECKING

from trails.shown_cells import SHARES, changes_codes

if TYPE_CHECKING:
    import zipfile

RELATIONS = "xl/_rels/workbook.xml.rels"
_STYLES, _BOOK = "xl/styles.xml", "xl/workbook.xml"
_NAME = rb"<(?:[^\s<>/:\"']++:)?"
_REST = rb"(?=[\s/>])((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
_FORMAT, _XF = re.compile(_NAME + rb"numFmt" + _REST), re.compile(_NAME + rb"xf" + _REST)
_SHEET, _RELATION = re.compile(_NAME + rb"sheet" + _REST), re.compile(_NAME + rb"Relationship" + _REST)
_STYLES_BEGIN = re.compile(_NAME + rb"cellXfs(?=[\s>])")
_STYLES_END = re.compile(rb"</(?:[^\s<>/:\"']++:)?cellXfs\s*>")
_ATTRIBUTE = re.compile(rb"""(?<![^\s"'])([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def plain_name(item: zipfile.ZipInfo) -> str:
    """The name of a part as they are compared: the parser tells small and large letters apart as little as programs do."""
    return _plain(item.filename)


def _plain(name: str) -> str:
    return name.lower().replace("\\", "/").lstrip("/")


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    item = next((item for item in archive.infolist() if plain_name(item) == name), None)
    return b"" if item is None else archive.read(item)


def _attributes(text: bytes) -> dict[str, str]:
    """The attributes of a tag, those with a prefix under their bare name where there is no other of it."""
    found: dict[str, str] = {}
    for name, double, single in _ATTRIBUTE.findall(text):
        found.setdefault(
            name.decode("utf-8", "replace").rpartition(":")[2],
            html.unescape((double or single).decode("utf-8", "replace")),
        )
    return found


def code_formats(archive: zipfile.ZipFile) -> dict[int, str]:
    """The styles of cells, by number, whose format makes another code of a whole number, each with its format."""
    data = _read(archive, _STYLES)
    forms = {str(number): form for number, form in SHARES.items()}
    for found in _FORMAT.finditer(data):
        said = _attributes(found[1])
        if changes_codes(form := said.get("formatCode", "")):
            forms[said.get("numFmtId", "").strip()] = form
    begin = _STYLES_BEGIN.search(data)
    end = _STYLES_END.search(data, begin.end()) if begin else None
    if begin is None or end is None:
        return {}
    found_styles = _XF.finditer(data, begin.end(), end.start())
    numbers = (_attributes(found[1]).get("numFmtId", "0").strip() for found in found_styles)
    return {place: forms[number] for place, number in enumerate(numbers) if number in forms}


def sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    """The part of each sheet in the workbook's own order, empty where it says none."""
    targets = {}
    for found in _RELATION.finditer(_read(archive, RELATIONS)):
        said = _attributes(found[1])
        targets[said.get("Id", "")] = said.get("Target", "").replace("\\", "/")
    return [_part_of(targets.get(_relation_of(found[1]), "")) for found in _SHEET.finditer(_read(archive, _BOOK))]


def _relation_of(text: bytes) -> str:
    """The relation a sheet names: its ``r:id``, whatever the prefix is; ``sheetId`` is another attribute."""
    return _attributes(text).get("id", "")


def _part_of(target: str) -> str:
    if not target:
        return ""
    return _plain(target if target.startswith("/") else posixpath.normpath(f"xl/{target}"))
