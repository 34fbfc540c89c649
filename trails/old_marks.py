"""Errors and number formats in the records of an old workbook (XLS), which its parser does not tell.

Specification: Microsoft, MS-XLS: ``Format``, ``XF``, ``Number``, ``RK``, ``MulRk``, ``BoolErr``, ``Formula``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trails.shown_cells import SHARES, changes_codes

if TYPE_CHECKING:
    from trails.shown_cells import CellMarks

_FORMAT, _XF = 0x041E, 0x00E0
_FORMULA, _MANY, _NUMBER, _BOOL_OR_ERROR, _RK = 0x0006, 0x00BD, 0x0203, 0x0205, 0x027E
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
           0x2B: "#GETTING_DATA"}  # fmt: skip
_UNKNOWN_ERROR = "#ERROR!"
#: A number of several in one record: its style and its value.
_ONE_OF_MANY = 6


@dataclass(slots=True)
class Styles:
    """The styles of an old workbook in their order, each with the number of its format, and the formats that make codes."""

    forms: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)

    def see(self, kind: int, data: bytes) -> None:
        """Remember a record of a format or a style."""
        if kind == _FORMAT and len(data) > 5:
            # a text of 16-bit signs where its flag says so, of 8-bit ones else
            text = data[5:].decode("utf-16-le" if data[4] & 1 else "latin-1", "replace")
            if changes_codes(text):
                self.forms[struct.unpack_from("<H", data)[0]] = text
        elif kind == _XF and len(data) >= 4:
            self.styles.append(number := struct.unpack_from("<H", data, 2)[0])
            if number in SHARES:
                self.forms.setdefault(number, SHARES[number])

    def mark(self, kind: int, data: bytes, marks: CellMarks) -> None:
        """Mark a cell, or the cells of a record of several."""
        row, column = struct.unpack_from("<HH", data)
        if kind == _BOOL_OR_ERROR and len(data) >= 8 and data[7]:
            marks.add(row + 1, column + 1, error=True, text=_ERRORS.get(data[6], _UNKNOWN_ERROR))
        elif kind == _FORMULA and len(data) >= 14 and data[12:14] == b"\xff\xff" and data[6] == 2:
            marks.add(row + 1, column + 1, error=True, text=_ERRORS.get(data[8], _UNKNOWN_ERROR))
        elif self.forms and kind in (_NUMBER, _RK, _FORMULA) and len(data) >= 6:
            self._mark_style(row, column, struct.unpack_from("<H", data, 4)[0], marks)
        elif self.forms and kind == _MANY:
            for place in range((len(data) - 6) // _ONE_OF_MANY):
                style = struct.unpack_from("<H", data, 4 + place * _ONE_OF_MANY)[0]
                self._mark_style(row, column + place, style, marks)

    def _mark_style(self, row: int, column: int, style: int, marks: CellMarks) -> None:
        form = self.forms.get(self.styles[style]) if style < len(self.styles) else None
        if form is not None:
            marks.add(row + 1, column + 1, error=False, text=form)
