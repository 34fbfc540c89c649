"""Cells of sheets that say more, or something else, than their value: errors, numbers with a format, cells merged with others.

A code 471 in a cell with the format ``00000`` is shown, printed and read out as 00471. A cell of ``#REF!`` has no value. A date
merged over three rows stands in the first of them and holds for all three.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self

from trails.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: So many merged places, over the rows of a sheet, are followed; a sheet of people has some hundred.
MOST_MERGED = 2_000_000
#: As many different formats and errors of one sheet are told apart.
_MOST_MEANINGS = 60_000
_MOST_ROW, _MOST_COLUMN = 1 << 24, 1 << 14
#: What stands for the value of a formula that no program has computed; formed as the errors of spreadsheets are.
UNCOMPUTED = "#UNCOMPUTED!"
#: The formats that every workbook has without naming them and that show per cent, by number.
SHARES = {9: "0%", 10: "0.00%"}
#: Numbers of more digits are cut by the spreadsheet itself.
_LONGEST = 10**15
_SHARE = re.compile(r'(?:"[^"]*"|[\\_*].|\[[^\]]*\]|[^%"\\_*\[])*+%', re.DOTALL)
_PIECES = re.compile(r'"([^"]*)"|\\(.)|_(.)|\*.|\[([^\]]*)\]|(.)', re.DOTALL)
_CURRENCY = re.compile(r"\$([^-]*)")
_COLOURS = re.compile(r"(?:black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+)\Z", re.IGNORECASE)
#: Signs that stand for themselves in a format of whole numbers.
_PLAIN_SIGNS = frozenset(" -+():'^&{}~=!$\u20ac\u00a3\u00a5\u00a0")


class ShownNumber(float):
    """A number of a sheet that its format shows as another text: with zeros in front, letters, or per cent."""

    __slots__ = ("shown",)

    def __new__(cls, value: float, shown: str) -> Self:
        """Make one of the value and of what is shown."""
        made = super().__new__(cls, value)
        made.shown = shown
        return made

    shown: str

    def __str__(self) -> str:
        """Say what is shown."""
        return self.shown


@lru_cache(maxsize=1_024)
def changes_codes(form: str) -> bool:
    """Whether a number format makes another code of a number: zeros in front, letters or digits of its own, or per cent.

    >>> changes_codes("00000"), changes_codes('"L-"0'), changes_codes("0.0%"), changes_codes("#,##0.00"), changes_codes("General")
    (True, True, True, False, False)
    """
    if _shows_share(form):
        return True
    pieces = _read_format(form)
    if pieces is None:
        return False
    marks = [place for place, (text, is_mark) in enumerate(pieces) if is_mark and text in "0#?"]
    zeros = sum(is_mark and text == "0" for text, is_mark in pieces)
    in_front = "".join(text for text, is_mark in pieces[: marks[0]] if not is_mark) if marks else ""
    return bool(marks) and (zeros > 1 or any(map(str.isalnum, in_front)))


def show_number(value: float, form: str) -> str | None:
    """A whole number as a format of zeros and literal signs shows it, None where it shows the plain number, or does more.

    >>> show_number(471, "00000"), show_number(123456, '"L-"000\\\\-000'), show_number(471.5, "00000")
    ('00471', 'L-123-456', None)
    """
    pieces = _read_format(form)
    if pieces is None or not 0 <= value < _LONGEST or not float(value).is_integer():
        return None
    digits = list(str(int(value)))
    marks = [place for place, (text, is_mark) in enumerate(pieces) if is_mark]
    made: list[str] = []
    for place in range(len(pieces) - 1, -1, -1):
        text, is_mark = pieces[place]
        if not is_mark:
            made.append(text)
            continue
        if digits:
            made.append(digits.pop())
        elif text == "0":
            made.append("0")
        if place == marks[0]:  # what is left of the digits stands before the first place
            made += reversed(digits)
            digits = []
    return "".join(reversed(made)).strip()


@lru_cache(maxsize=1_024)
def _shows_share(form: str) -> bool:
    """Whether a format shows a number in per cent, with a sign that is not only written beside it."""
    return _SHARE.match(form) is not None


def is_share(cell: object) -> bool:
    """Whether a cell is a number that the sheet shows in per cent: a share of something, and no sum."""
    return type(cell) is ShownNumber and cell.shown.endswith("%")


@lru_cache(maxsize=1_024)
def _read_format(form: str) -> tuple[tuple[str, bool], ...] | None:
    """The signs of a format's part for numbers above zero, each with whether a digit goes there; None where it does more."""
    pieces: list[tuple[str, bool]] = []
    for quoted, escaped, skipped, bracket, sign in (found.groups() for found in _PIECES.finditer(form)):
        if sign == ";":
            break
        if sign is not None and sign in "0#?":
            pieces.append((sign, True))
            continue
        literal = quoted or escaped or (" " if skipped else "") or _read_sign(bracket, sign)
        if literal is None:
            return None
        pieces.append((literal, False))
    return tuple(pieces) if any(is_mark for _, is_mark in pieces) else None


def _read_sign(bracket: str | None, sign: str | None) -> str | None:
    """What brackets or a bare sign of a format show, None where they do more than to show something."""
    if bracket is None:
        return sign or "" if sign is None or sign in _PLAIN_SIGNS else None
    currency = _CURRENCY.match(bracket)
    if currency is not None:
        return currency[1]
    return "" if _COLOURS.match(bracket) else None


@dataclass(slots=True)
class CellMarks:
    """Which cells of a sheet hold an error, or have a format that makes another code; rows and columns count from 1."""

    #: What a mark means: whether it is an error, and its name or the format.
    meanings: list[tuple[bool, str]] = field(default_factory=list)
    #: Row, column and place among the meanings in one number each, and whether they stand in order.
    places: array[int] = field(default_factory=lambda: array("Q"))
    in_order: bool = True
    known: dict[tuple[bool, str], int] = field(default_factory=dict)

    def add(self, row: int, column: int, *, error: bool, text: str) -> None:
        """Mark a cell; what lies beyond a sheet's edges is left out."""
        meaning = (error, text)
        number = self.known.get(meaning)
        if number is None:
            if self.is_full:
                return
            number = self.known[meaning] = len(self.meanings)
            self.meanings.append(meaning)
        if 0 < row < _MOST_ROW and 0 < column <= _MOST_COLUMN:
            place = row << 32 | column << 16 | number
            self.in_order = self.in_order and (not self.places or self.places[-1] < place)
            self.places.append(place)

    @property
    def is_full(self) -> bool:
        """Whether no further format can be told apart: such a workbook is refused."""
        return len(self.meanings) >= _MOST_MEANINGS

    def apply(self, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The rows of the sheet, from its first on, with the errors by their names and the numbers as they are shown."""
        row, cells = 0, list[Any]()
        # a sheet's cells stand in their order; only of a strange one are they put in it, which takes memory
        places, at = self.places if self.in_order else array("Q", sorted(self.places)), 0
        for row, cells in enumerate(rows, start=1):
            while at < len(places) and places[at] >> 32 <= row:
                column, number = (places[at] >> 16 & 0xFFFF) - 1, places[at] & 0xFFFF
                at += 1
                if places[at - 1] >> 32 == row and column < len(cells):
                    error, text = self.meanings[number]
                    cells[column] = text if error else _show(cells[column], text)
            yield cells
        yield from self._rows_behind(places[at:], row, len(cells))

    def _rows_behind(self, places: array[int], row: int, width: int) -> Iterator[list[Any]]:
        """The rows behind the last that has a value, of which some hold nothing but formulas that no program has computed."""
        number = self.known.get((True, UNCOMPUTED))
        for at, own in groupby((each for each in places if each & 0xFFFF == number), key=lambda each: each >> 32):
            yield from ([""] * width for _ in range(row + 1, at))
            row, cells = at, [""] * width
            for column in ((each >> 16 & 0xFFFF) - 1 for each in own):
                if column < width:
                    cells[column] = UNCOMPUTED
            yield cells


def _show(cell: Any, form: str) -> Any:
    if not isinstance(cell, int | float) or isinstance(cell, bool):
        return cell
    if _shows_share(form):
        return ShownNumber(cell, f"{(Decimal(repr(cell)) * 100).normalize():f}%")
    shown = show_number(cell, form)
    return cell if shown is None or shown == f"{cell:.0f}" else ShownNumber(cell, shown)


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are one on the sheet: where (``B2:B4``), over how many rows, and whether a further value lies under it."""

    where: str
    rows: int
    hides: bool = False


def merge_rows(
    rows: Iterable[list[Any]], ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]], name: str
) -> Iterator[tuple[list[Any], dict[int, Merge]]]:
    """Each row of a sheet with what merged cells hold for it, and the merges that it has a part in, by column from 0.

    ``ranges`` are pairs of corners, each a row and a column from 0. A value holds for all rows of its first column; the columns
    beside it stay empty. Raises SourceError for merges without end.
    """
    begun = sorted((first, last) for first, last in ranges if first <= last and first[1] <= last[1])
    at, seen = 0, 0
    open_merges: list[tuple[tuple[int, int], tuple[int, int], Any]] = []
    for row, cells in enumerate(rows):
        open_merges = [each for each in open_merges if each[1][0] >= row]
        while at < len(begun) and begun[at][0][0] <= row:
            first, last = begun[at]
            at += 1
            if first[0] == row and first[1] < len(cells) and cells[first[1]] != "":
                open_merges.append((first, last, cells[first[1]]))
        seen += sum(1 + min(last[1], len(cells)) - first[1] for first, last, _ in open_merges)
        if seen > MOST_MERGED:
            raise SourceError(
                f"{name}: more than {MOST_MERGED:,} merged places; take the merges out, or save the sheet as CSV"
            )
        merged: dict[int, Merge] = {}
        for first, last, value in open_merges:
            columns = range(first[1], min(last[1] + 1, len(cells)))
            under = [cells[column] for column in columns if (row, column) != first and cells[column] not in ("", value)]
            where = f"{cell_name(*first)}:{cell_name(*last)}"
            merge = Merge(where, last[0] - first[0] + 1, hides=bool(under))
            merged.update(dict.fromkeys(columns, merge))
            if not merge.hides:
                cells[first[1]] = value
        yield cells, merged


def cell_name(row: int, column: int) -> str:
    """A cell as a spreadsheet names it.

    >>> cell_name(1, 1), cell_name(0, 26)
    ('B2', 'AA1')
    """
    letters, column = "", column + 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"
