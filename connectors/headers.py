"""What connectors of declared columns share: the header a profile was found by, and lines that are no row of a table."""

from __future__ import annotations

import csv
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from trails.columns import is_zero
from trails.identifiers import normalise_name
from trails.records import HEAD_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trails.connector import Head

_TOTALS = (
    "total",
    "totals",
    "sum",
    "subtotal",
    "grand total",
    "ukupno",
    "zbir",
    "\u0443\u043a\u0443\u043f\u043d\u043e",
    "\u5408\u8ba1",
)


def head_lines(head: Head) -> list[str]:
    """The first lines of a text, as :mod:`connectors.profiles` counts them; of a sheet, its first rows as texts."""
    if head.sheet:
        return [" , ".join(cells) for cells in head.sheet]
    utf16 = head.data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.data[: len(head.data) & ~1].decode("utf-16", errors="replace") if utf16 else head.text
    return text.splitlines()[:HEAD_ROWS]


def header_cells(head: Head, row: int, delimiter: str) -> list[str]:
    """The cells of the header in which a profile was found."""
    if head.sheet:
        return [str(cell) for cell in head.sheet[row - 1]]
    return list(csv.reader(head_lines(head), delimiter=delimiter))[row - 1]


def present_columns(
    columns: Mapping[str, Any], header: Sequence[str], aliases: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The columns of a profile that a header has, by the header's own spelling; the others are left out.

    A column may be a list of its names in older and newer files, and ``*`` stands for a part that varies. ``aliases``
    are a header's own names in another language -> those of the profile.

    >>> present_columns({"date": ["Time(UTC*)", "Date"], "fee": "Fee"}, ["Coin", "Time(UTC+08:00)"])
    {'date': 'Time(UTC+08:00)'}
    >>> present_columns({"date": "Time"}, ["Hora", "Moneda"], {"hora": "time"})
    {'date': 'Hora'}
    """
    known = aliases or {}
    plain = [(known.get(name, name), own) for name, own in ((normalise_name(each), each) for each in header)]
    present: dict[str, Any] = {}
    for word, names in columns.items():
        for wanted in names if isinstance(names, list) else [names]:
            pattern = normalise_name(str(wanted))
            match = next((own for name, own in plain if fnmatchcase(name, pattern)), None)
            if match is not None:
                present[word] = match.strip()
                break
    return present


def why_no_row(value: Mapping[str | None, Any]) -> str | None:
    """Why a line is no row of its table: it is empty, a total, or a sentence below the table. None for a row.

    >>> why_no_row({"Date": "Total:", "Amount": "5"})
    'a line of totals'
    """
    cells = [str(cell).strip() for name, cell in value.items() if name is not None and cell is not None]
    filled = [cell for cell in cells if cell]
    if not filled:
        return "empty row" if not value.get(None) else None
    if is_zero(filled[0]) and not value.get(None) and all(map(is_zero, filled)):
        return "a row of nothing but zeros"
    if normalise_name(filled[0].rstrip(": ")) in _TOTALS:
        return "a line of totals"
    if len(filled) == 1 and None not in value and len(filled[0].split()) > 2 and cells[0]:
        return "a line of text outside the table"
    return None
