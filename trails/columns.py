"""Declared columns: ledgers and statements that people keep by hand, read without guessing what a column means.

:func:`trails.declared.declared_rows` gives the rows of a CSV file or workbook that a mapping (:mod:`trails.mapping`) fits, and
:class:`DeclaredRow` reads the cells of one by our words: for ``02.08.2024 13:05;4.500,00;emanet`` and a mapping that
declares ``%d.%m.%Y %H:%M``, ``,`` and ``.``, ``row.amount("amount", 2)`` is 450000.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trails.calendars import DateProblem, DateRules, WrittenDate, read_date
from trails.declared import TABLE_ENDINGS, declared_rows, delimiter_of, list_columns, note_unread, watch_cuts
from trails.errors import AmountError, OrderMissing, TimeError, ValueProblem
from trails.identifiers import normalise_name
from trails.money import Asset, ascii_digits, currency, parse_amount, parse_units
from trails.shown_cells import UNCOMPUTED, ShownNumber, is_share
from trails.timestamps import Instant, parse_time
from trails.words import count_words, may_name, quote_cell, quote_id, quote_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trails.connector import RawRecord
    from trails.mapping import DeclaredColumns
    from trails.shown_cells import Merge

#: The longest cell of a table kept by people that is read: a long message has some ten thousand characters.
MOST_CELL = 200_000
__all__ = [
    "MOST_CELL", "TABLE_ENDINGS", "CellProblem", "DeclaredRow", "declared_rows", "delimiter_of", "is_share", "is_zero",
    "list_columns", "note_unread", "read_amount", "read_instant", "watch_cuts",
]  # fmt: skip
_SPACES = " \u00a0\u202f"
_SHAPE = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
#: What a spreadsheet makes of a long number; without a plus or a decimal part, `4E12` may be a code.
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,\u066b]\d+E\+?|E\+)\d+\Z", re.IGNORECASE)
#: What a cell holds instead of a value: the errors of spreadsheets by their names in many languages, and a column too narrow.
_ERROR = re.compile(r"#(?:[^\W\d_]{2,}[!?]|[^\W\d_]+/(?:0[!?]|[^\W\d_]+)|NV|YOK|BRAK|#{2,}|GETTING_DATA)\Z|Err:\d{3}\Z")
#: What a spreadsheet makes of an empty cell in the format of a day.
_NO_DAYS = ("1899-12-30", "1899-12-31", "1900-01-00", "1904-01-01")
#: Words of columns whose cells hold for one row alone: merged over several rows they do not say for which.
_OF_ONE_ROW = frozenset({
    "amount", "fee", "credit", "debit", "balance", "equal_amount", "paid_amount", "total", "sent_amount", "received_amount",
    "number", "id", "trade_id", "text", "corrects",
})  # fmt: skip
_SHEET_PATTERNS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
#: A spreadsheet's number keeps 15 digits; the rest of a longer one is lost.
_LONGEST_EXACT = 10**15
#: As many signs of an amount may be foreign to it and are shown; more may be the letters of a name.
_FEW_SIGNS = 4
#: How words of columns end in which a person's own identifiers stand, or what people wrote to each other.
_PERSONAL = ("_phone", "_document", "_handle", "_address", "text")
#: Words of columns in which a number or an id stands.
_NUMBERS = frozenset({"number", "code", "corrects", "txid", "id", "trade_id"})
#: Words of columns that say who, which payment or which account: what a spreadsheet cut there names another.
#: (A transaction's hash is no such number: it is checked where it is read.)
_IDENTIFYING = (_NUMBERS - {"txid"}) | {
    "payer", "payee", "party", "office", "pay_office", "sender", "receiver", "counterparty", "user", "account", "label", "actor",
    "address", "token", *(f"{who}_{what}" for who in ("payer", "payee", "sender", "receiver") for what in ("phone", "document")),
    *(f"{leg}_{what}" for leg in ("from", "sent", "received", "refund", "payer", "payee") for what in ("address", "handle")),
}  # fmt: skip
#: Words of columns in which a word of a list stands, which somebody may have to declare.
_OF_A_LIST = frozenset({"status", "side", "direction", "operation", "suboperation", "network", "pair"})
#: Words of columns in which sums and times stand. Where words stand there instead, the columns of the row have moved.
_FIGURES = ("date", "time", "amount", "total", "fee", "sent_amount", "received_amount", "debit", "credit")


class CellProblem(ValueProblem):
    """One cell cannot be understood; ``code`` is the one word of its issue."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class DeclaredRow:
    """One row by our words. Its readers raise CellProblem with the code of the issue."""

    row: int
    cells: Mapping[str, Any]
    mapping: DeclaredColumns
    #: The cells as texts, made once: most are asked for several times.
    texts: dict[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make the texts."""
        object.__setattr__(self, "texts", {word: _cell_text(cell) for word, cell in self.cells.items()})

    @classmethod
    def of(cls, record: RawRecord, mapping: DeclaredColumns) -> DeclaredRow:
        """A raw row under a mapping; raises CellProblem when it has more or fewer fields than the header."""
        cells = {word: record.value.get(column) for word, column in mapping.columns.items()}
        for word, cell in cells.items():
            if isinstance(cell, str) and len(cell) > MOST_CELL:
                where = f"column {mapping.columns[word]!r}"
                raise CellProblem("cell_too_long", f"{where}: a cell of {len(cell):,} characters, more than {MOST_CELL:,}")
        if "#" in record.raw or "Err:" in record.raw:
            _refuse_errors(cells, mapping)
        if record.merged:
            _refuse_merged(record.merged, mapping)
        for word, cell in cells.items():
            if type(cell) is not str and cell is not None and word in _IDENTIFYING:
                _refuse_converted(word, cell, mapping)
            if word in _IDENTIFYING and _is_cut(cell):
                where = f"column {mapping.columns[word]!r}" + (f": {_cell_text(cell)[:40]!r}" if word in _NUMBERS else "")
                code = "number_damaged" if word == "number" else "long_number_damaged"
                raise CellProblem(code, f"{where}: a spreadsheet cut this number to 15 digits or fewer; get the original file")
        if None in record.value:
            raise CellProblem("row_shape", f"the row has {count_words(len(record.value[None]), 'field')} more than the header")
        if None in record.value.values():
            raise CellProblem("row_shape", "the row has fewer fields than the header: cut off, or its columns moved")
        return cls(record.row, cells, mapping)

    def text(self, word: str) -> str:
        """A cell as text, empty where there is none; a sheet's whole number without its ``.0``."""
        return self.texts.get(word, "")

    def where(self, word: str) -> str:
        """A column's name, for messages; our word for a part of a line."""
        column = self.mapping.columns.get(word)
        return f"column {column!r}" if column else f"`{word}`"

    def shown(self, word: str) -> str:
        """A column's name and the cell in it, for messages; a part of a line by our word.

        A message is read by everybody: what identifies a person, and the text of a message, is never shown, and a sum or a
        time as :func:`trails.words.quote_cell` does. A word of a list is shown as it stands, unless a name may stand in its place.
        """
        where, text = self.where(word), self.text(word)
        if word.endswith(_PERSONAL):
            return where
        if word in _OF_A_LIST and any(may_name(self.text(figure)) for figure in _FIGURES):
            return f"{where}: ({count_words(len(text), 'sign')}; the columns of the row may have moved)"
        if word in _OF_A_LIST:
            return f"{where}: {text[:80]!r}"
        quote = quote_word if "currency" in word else quote_id if word in _NUMBERS else quote_cell
        return f"{where}: {quote(text)}"

    def amount(self, word: str, decimals: int) -> int | None:
        """An amount in base units, None where the cell is empty."""
        if not self.text(word):
            return None
        try:
            return read_amount(self.cells[word], decimals, self.mapping)
        except AmountError as problem:
            raise CellProblem("amount_damaged", f"{self.shown(word)}: {problem}") from None

    def instant(self, word: str, zone_name: str | None, order: str | None = None) -> Instant | None:
        """A time, None where the cell is empty; a date of three numbers in the ``order`` said, where no pattern is declared."""
        cell = self.cells.get(word)
        if self.mapping.date_rules is not None and not isinstance(cell, float):
            written = self.dated(word, zone_name)
            return None if written is None else written.instant
        if not self.text(word):
            return None
        if isinstance(cell, date):
            return read_instant(cell.isoformat(), zone_name=zone_name)
        if not isinstance(cell, str):
            raise CellProblem("time_damaged", f"{self.shown(word)} is no date; give it a date format in the sheet")
        try:
            return read_instant(cell, zone_name=zone_name, patterns=self.mapping.date_patterns, order=order)
        except CellProblem as problem:
            if problem.code != "time_damaged":
                raise
            raise CellProblem(problem.code, f"{self.where(word)}: {problem}") from None

    def dated(self, word: str, zone_name: str | None) -> WrittenDate | None:
        """A date by the declared calendars and period, None where the cell is empty."""
        cell, rules = self.cells.get(word), self.mapping.date_rules
        if rules is None or isinstance(cell, float):
            instant = self.instant(word, zone_name)
            return None if instant is None else WrittenDate(instant, "gregorian")
        if not self.text(word):
            return None
        if isinstance(cell, date):
            # a sheet's own date is Gregorian and whole, whatever the texts beside it are
            cell, rules = str(cell).partition(".")[0], DateRules(_SHEET_PATTERNS, period=rules.period)
        try:
            return read_date(str(cell).strip(), rules, zone_name=zone_name)
        except TimeError as problem:
            code = problem.code if isinstance(problem, DateProblem) else "time_damaged"
            raise CellProblem(code, f"{self.shown(word)}: {problem}") from None

    def asset(self, word: str, default: str | None) -> Asset:
        """The currency of the row: by its own column where that says one, else the default that somebody said."""
        stated = self.text(word) or default
        if not stated:
            where = f"column {self.mapping.columns[word]!r}: " if word in self.mapping.columns else ""
            raise CellProblem("currency_missing", f"{where}no currency is stated; say it with --currency, or fill the column")
        try:
            return currency(self.mapping.currencies.get(normalise_name(stated), stated))
        except AmountError as problem:
            raise CellProblem("currency_unknown", f"{problem} under [currencies]") from None

    def find_long_numbers(self) -> list[str]:
        """The words whose cell is a number that a spreadsheet has cut to 15 digits."""
        return [word for word, cell in self.cells.items() if _is_cut(cell)]


def is_zero(text: str) -> bool:
    """Whether a cell holds nothing but a zero, as the formulas of an empty row give it, or the first moment of a spreadsheet.

    >>> is_zero("0,00"), is_zero("۰"), is_zero("10"), is_zero("-"), is_zero("1899-12-31")
    (True, True, False, False, True)
    """
    plain = text.strip()
    return (not plain.strip("0.,+-:\u066b\u066c\u0660\u06f0") and any(map(str.isdigit, plain))) or plain in _NO_DAYS


def _is_cut(cell: object) -> bool:
    """Whether a cell is a number of which a spreadsheet has cut off digits."""
    if isinstance(cell, str):
        return ("E" in cell or "e" in cell) and _SCIENTIFIC.match(cell.strip()) is not None
    return isinstance(cell, float) and abs(cell) >= _LONGEST_EXACT


def _refuse_errors(cells: Mapping[str, Any], mapping: DeclaredColumns) -> None:
    """Refuse a row of which a declared cell holds an error of the spreadsheet, by its name."""
    for word, cell in cells.items():
        if isinstance(cell, str) and _ERROR.match(cell.strip()):
            where = f"column {mapping.columns[word]!r}"
            if cell == UNCOMPUTED:
                said = "a formula whose value no program has computed: have it computed and saved by a spreadsheet, in a copy"
                raise CellProblem("cell_error", f"{where}: {said}")
            raise CellProblem("cell_error", f"{where}: the cell holds no value but the error {cell.strip()[:20]}")


def _refuse_converted(word: str, cell: object, mapping: DeclaredColumns) -> None:
    """Refuse a row whose code, number or name is no text and no whole number: the spreadsheet has made it of what was typed.

    `2-1` typed into a cell becomes the 2nd of January, and `47.50` the number 47.5: what was typed cannot be known any more.
    """
    if isinstance(cell, date | time | timedelta):
        made = "a date or time"
    elif isinstance(cell, bool):
        made = "a truth value"
    elif is_share(cell):
        made = "a number in per cent"
    elif isinstance(cell, float) and not cell.is_integer():
        made = "a number with a fraction"
    else:
        return
    shown = f": {_cell_text(cell)[:40]!r}" if word in _NUMBERS else ""
    said = f"the sheet holds {made}, which a spreadsheet makes of codes like 2-1 or 47.50; get the original file"
    raise CellProblem("cell_converted", f"column {mapping.columns[word]!r}{shown}: {said}")


def _refuse_merged(merged: Mapping[str, Merge], mapping: DeclaredColumns) -> None:
    """Refuse a row whose merged cells do not say what holds for it: a sum over several rows, or a cell over two columns."""
    seen: dict[str, str] = {}
    for word, column in mapping.columns.items():
        merge = merged.get(column)
        if merge is None:
            continue
        where = f"column {column!r}: the cells {merge.where} are merged"
        if merge.where in seen and seen[merge.where] != column:
            raise CellProblem("cell_merged", f"{where} over two columns that mean different things")
        if merge.hides:
            raise CellProblem("cell_merged", f"{where}, and under them lies another value that the sheet does not show")
        if merge.rows > 1 and word in _OF_ONE_ROW:
            raise CellProblem("cell_merged", f"{where}: it stands once for {merge.rows:,} rows; say for each what is its own")
        seen[merge.where] = column


def _cell_text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if type(cell) is ShownNumber:
        return cell.shown
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.0f}"
    return "" if cell is None else str(cell).strip()


def read_amount(cell: object, decimals: int, mapping: DeclaredColumns) -> int:
    """A cell as base units: a sheet's number only when it is exact, a text only with the declared marks.

    Raises AmountError. The Arabic marks say themselves what they are, so they need no declaration.
    """
    if is_share(cell):
        raise AmountError("a number in per cent is a share, no sum")
    if isinstance(cell, float):
        return parse_units(format(Decimal(repr(cell)), "f"), decimals)
    if not isinstance(cell, str):
        raise AmountError(f"a {type(cell).__name__} is no amount")
    decimal_mark, thousands = mapping.said("decimal_mark") or ".", mapping.said("thousands_mark") or ""
    if len(cell) > _LONGEST_KEPT:
        return _read_written(cell, decimals, decimal_mark, thousands)
    return _read_written_once(cell, decimals, decimal_mark, thousands)


def _read_written(cell: str, decimals: int, decimal_mark: str, thousands: str) -> int:
    plain = _drop_invisible(cell).replace("\u2212", "-")
    marks = {**dict.fromkeys(_SPACES if thousands == " " else thousands, ","), "\u066c": ",", "\u066b": "."}
    if thousands == ",":
        marks["\u060c"] = ","  # the Arabic form of the declared comma, before groups of three digits as that one
    marks[decimal_mark] = "."
    foreign = {ch for ch in plain if not ch.isdigit() and ch not in marks and ch not in "+-"}
    if foreign and not any(map(str.isdigit, plain)):
        raise AmountError("it holds no digit")
    if foreign:
        found = " ".join(sorted(map(repr, foreign))) if len(foreign) <= _FEW_SIGNS else f"{len(foreign)} signs of it: each"
        raise AmountError(f"{found} is neither a digit nor the declared decimal mark or thousands mark")
    canonical = "".join(marks.get(ch, ch) for ch in plain)
    if not _SHAPE.fullmatch(ascii_digits(canonical)):
        said = f"decimal mark {decimal_mark!r} and thousands mark {thousands!r}"
        raise AmountError(f"it is no number with the declared {said} (groups of three digits)")
    return parse_amount(canonical, decimals, decimal_mark=".", thousands_mark=",")


#: Sums recur in a book; those read last are kept.
_read_written_once = lru_cache(1 << 16)(_read_written)
_LONGEST_KEPT = 40


def read_instant(
    text: str, *, zone_name: str | None, patterns: Sequence[str] = (), order: str | None = None
) -> Instant:
    """A written time by the first pattern that fits (ISO 8601 where none is declared, or numbers in the ``order`` said; of
    patterns in which day and month change places those of that order).

    Raises CellProblem: ``time_damaged``, ``time_no_zone``, and ``time_ambiguous`` where two patterns give two times, or day and
    month may change places.

    >>> read_instant("02.08.24", zone_name="UTC", patterns=["%d.%m.%y"]).error_s
    43200
    """
    plain = ascii_digits(_drop_invisible(text))
    found: list[Instant] = []
    why = ""
    for pattern in (patterns_in_order(patterns, order) if order and patterns else patterns) or (None,):
        try:
            found.append(parse_time(plain, zone_name=zone_name or "UTC", pattern=pattern, order=order))
        except OrderMissing:
            zone = "" if zone_name else ", and its zone with --timezone, like Europe/Sarajevo"
            message = f"time {text!r} may be day or month first: say it with --date-order dmy or mdy{zone}"
            raise CellProblem("time_ambiguous", message) from None
        except TimeError as problem:
            why = str(problem)
    if not found:
        tried = f" (patterns tried: {', '.join(patterns)})" if len(patterns) > 1 else ""
        raise CellProblem("time_damaged", why + tried)
    if len({instant.time for instant in found}) > 1:
        times = " or ".join(str(instant.time) for instant in found)
        message = f"time {text!r} is {times} by two declared patterns: say it with --date-order, or keep the right one"
        raise CellProblem("time_ambiguous", message)
    if zone_name is None and found[0].basis == "assumed":
        raise CellProblem("time_no_zone", f"time {text!r} states no zone; say it with --timezone, like Europe/Sarajevo")
    return found[0]


def patterns_in_order(patterns: Sequence[str], order: str) -> list[str]:
    """Of declared patterns those whose order of day and month was said, and those where no order can be mistaken.

    >>> patterns_in_order(["%d.%m.%Y", "%m.%d.%Y", "%Y-%m-%d"], "dmy")
    ['%d.%m.%Y', '%Y-%m-%d']
    """
    wanted = {"dmy": "dm", "mdy": "md"}.get(order)
    found = {pattern: "".join(re.findall(r"%([dmYyb])", pattern)) for pattern in patterns}
    return [each for each, fields in found.items() if fields[:1] in ("Y", "y", "b") or fields[:2] == wanted]


def _drop_invisible(text: str) -> str:
    if text.isascii():
        return text.strip()
    return "".join(ch for ch in text if unicodedata.category(ch) != "Cf").strip()
