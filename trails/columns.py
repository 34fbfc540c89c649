"""Declared columns: ledgers and statements that people keep by hand, read without guessing what a column means.

A mapping (TOML) says which column each of our words is, how dates and amounts are written, and what the book's own
status and currency words mean; :func:`load_mapping` checks all of it at once::

    timezone = "Europe/Istanbul"
    date_pattern = "%d.%m.%Y %H:%M"
    decimal_mark = ","
    thousands_mark = "."
    [columns]
    date = "Tarih"
    amount = "Tutar"
    [status]
    emanet = "deposit"

for a file with lines like ``02.08.2024 13:05;4.500,00;emanet``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from trails.connector import RawRecord, ReadOptions, Source
from trails.errors import AmountError, SourceError, TimeError, ValueProblem
from trails.identifiers import normalise_name
from trails.money import Asset, ascii_digits, currency, parse_amount, parse_units
from trails.records import csv_records, sheet_records
from trails.timestamps import Instant, parse_time, zone

_TEXTS = ("scope", "timezone", "decimal_mark", "thousands_mark", "currency", "region", "sheet", "delimiter", "encoding")
_TABLES = ("columns", "status", "currencies")
_SETTINGS = (*_TEXTS, "date_pattern", "header_row", *_TABLES)
_DECIMAL_MARKS = (".", ",", "\u066b")
_THOUSANDS_MARKS = ("", ".", ",", "'", "\u2019", " ", "\u066c")
_SPACES = " \u00a0\u202f"
_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+\Z", re.ASCII | re.IGNORECASE)
_PROBE = datetime(2024, 8, 2, 23, 41, tzinfo=UTC)
#: A spreadsheet's number keeps 15 digits; the rest of a longer one is lost.
_LONGEST_EXACT = 10**15


class CellProblem(ValueProblem):
    """One cell cannot be understood; ``code`` is the one word of its issue."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a connector lets a mapping say: its words, those every book must have, and the words each kind of row needs."""

    words: tuple[str, ...]
    required: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DeclaredColumns:
    """A mapping as understood. ``problems`` lists what is wrong with it; :func:`declared_rows` raises them together."""

    columns: Mapping[str, str]
    status: Mapping[str, str]
    currencies: Mapping[str, str]
    texts: Mapping[str, str]
    date_patterns: tuple[str, ...]
    header_row: int
    problems: tuple[str, ...]

    def said(self, name: str, default: str | None = None) -> str | None:
        """The value of a setting like ``scope`` or ``timezone``, or the default where the mapping does not say."""
        return self.texts.get(name, default)


def load_mapping(data: Mapping[str, Any], vocabulary: Vocabulary) -> DeclaredColumns:
    """A mapping out of its parsed TOML, with every problem of it listed in ``problems``.

    >>> load_mapping({"decimal_mark": "x"}, Vocabulary(("date",), ("date",), {})).problems
    ("`decimal_mark` is 'x'; say one of '.', ',', '\u066b'", '[columns] does not say which column `date` is')
    """
    problems = [f"unknown setting `{key}`; there are: {', '.join(_SETTINGS)}" for key in data if key not in _SETTINGS]
    texts = {name: data[name] for name in _TEXTS if isinstance(data.get(name), str)}
    problems += [f"`{name}` must be a text" for name in _TEXTS if name in data and name not in texts]
    tables = {name: _load_table(data, name, problems) for name in _TABLES}
    problems += _check_texts(texts)
    problems += _check_columns(tables["columns"], vocabulary)
    problems += _check_words(tables["status"], tables["currencies"], tables["columns"], vocabulary)
    if "amount" in tables["columns"] and "decimal_mark" not in data:
        problems.append("`decimal_mark` is missing: say '.' or ',', because 4.500 is two different amounts")
    header_row = data.get("header_row", 1)
    if not isinstance(header_row, int) or isinstance(header_row, bool) or header_row < 1:
        problems.append(f"`header_row` is {header_row!r}; say 1 or more")
        header_row = 1
    given = data.get("date_pattern", [])
    patterns = tuple(given) if isinstance(given, list) else (given,)
    problems += [f"`date_pattern` {pattern!r}: {why}" for pattern in patterns if (why := _check_pattern(pattern))]
    status = {normalise_name(word): target for word, target in tables["status"].items()}
    currencies = {normalise_name(word): code for word, code in tables["currencies"].items()}
    return DeclaredColumns(tables["columns"], status, currencies, texts, patterns, header_row, tuple(problems))


def _load_table(data: Mapping[str, Any], name: str, problems: list[str]) -> dict[str, str]:
    table = data.get(name, {})
    if not isinstance(table, Mapping):
        problems.append(f"`{name}` must be a table: [{name}]")
        return {}
    problems += [f"[{name}] {key} must be a text" for key, value in table.items() if not isinstance(value, str)]
    return {str(key): value for key, value in table.items() if isinstance(value, str)}


def _check_texts(texts: Mapping[str, str]) -> Iterator[str]:
    marks = {"decimal_mark": _DECIMAL_MARKS, "thousands_mark": _THOUSANDS_MARKS}
    for name, allowed in marks.items():
        if name in texts and texts[name] not in allowed:
            yield f"`{name}` is {texts[name]!r}; say one of {', '.join(map(repr, allowed))}"
    if "decimal_mark" in texts and texts["decimal_mark"] == texts.get("thousands_mark"):
        yield "`decimal_mark` and `thousands_mark` are the same"
    if "timezone" in texts:
        yield from _problem_of(zone, texts["timezone"], "timezone")
    if "currency" in texts:
        yield from _problem_of(currency, texts["currency"], "currency")
    if "region" in texts and not _is_region(texts["region"]):
        yield f"`region` {texts['region']!r} is no two-letter country code; try one like BA or TR"
    if len(texts.get("delimiter", ",")) != 1:
        yield f"`delimiter` {texts['delimiter']!r} is not one character"


def _problem_of(check: Any, value: str, name: str) -> list[str]:  # noqa: ANN401 - any function that raises ValueProblem
    try:
        check(value)
    except ValueProblem as problem:
        return [f"`{name}`: {problem}"]
    return []


def _is_region(text: str) -> bool:
    import phonenumbers

    return text in phonenumbers.SUPPORTED_REGIONS


def _check_columns(columns: Mapping[str, str], vocabulary: Vocabulary) -> Iterator[str]:
    for word in columns:
        if word not in vocabulary.words:
            yield f"[columns] has the unknown word `{word}`; there are: {', '.join(vocabulary.words)}"
    for word in vocabulary.required:
        if word not in columns:
            yield f"[columns] does not say which column `{word}` is"


def _check_words(
    status: Mapping[str, str], currencies: Mapping[str, str], columns: Mapping[str, str], vocabulary: Vocabulary
) -> Iterator[str]:
    kinds = (*vocabulary.needs, "skip")
    for word, target in status.items():
        if target not in kinds:
            yield f"[status] {word} = {target!r} is none of {', '.join(kinds)}"
    for kind in dict.fromkeys(status.values()):
        for word in vocabulary.needs.get(kind, ()):
            if word not in columns:
                yield f"[status] has rows of kind {kind}, but [columns] does not say which column `{word}` is"
    for word, code in currencies.items():
        yield from _problem_of(currency, code, f"[currencies] {word}")


def _check_pattern(pattern: object) -> str:
    """What is wrong with a strptime pattern: it must bring a whole date, and its hour, back."""
    if not isinstance(pattern, str):
        return "must be a text, or a list of texts"
    try:
        back = datetime.strptime(_PROBE.strftime(pattern), pattern)  # noqa: DTZ007 - only the fields are compared
    except ValueError as problem:
        return str(problem)
    if (back.year, back.month, back.day) != (2024, 8, 2):
        return "it does not state a whole date: day, month and year"
    if ("%H" in pattern or "%I" in pattern) and back.hour != _PROBE.hour:
        return "%I needs %p"
    return ""


def declared_rows(source: Source, options: ReadOptions, mapping: DeclaredColumns) -> Iterator[RawRecord]:
    """The rows of a CSV file or a workbook, once the mapping fits it.

    Raises SourceError listing every problem of the mapping at once, the columns that the file lacks among them.
    """
    records = _raw_rows(source, options, mapping)
    first = next(records, None)
    problems = list(mapping.problems)
    if first is not None:
        has = [name for name in first.value if name]
        lacking = [name for name in dict.fromkeys(mapping.columns.values()) if name not in first.value]
        problems += [f"the file has no column {name!r}; it has: {', '.join(map(repr, has))}" for name in lacking]
    if problems:
        listed = "\n  ".join(problems)
        raise SourceError(f"{source.name}: the mapping does not fit, nothing was added:\n  {listed}")
    if first is not None:
        yield first
        yield from records


def _raw_rows(source: Source, options: ReadOptions, mapping: DeclaredColumns) -> Iterator[RawRecord]:
    with source.path.open("rb") as file:
        beginning = file.read(4)
    if beginning in _WORKBOOK_MARKS:
        return sheet_records(source, options, sheet=mapping.said("sheet"), header_row=mapping.header_row)
    said = ReadOptions(encoding=options.encoding or mapping.said("encoding"))
    delimiter = mapping.said("delimiter", ",") or ","
    return csv_records(source, said, delimiter=delimiter[0], header_row=mapping.header_row)


@dataclass(frozen=True, slots=True)
class DeclaredRow:
    """One row by our words. Its readers raise CellProblem with the code of the issue."""

    row: int
    cells: Mapping[str, Any]
    mapping: DeclaredColumns

    @classmethod
    def of(cls, record: RawRecord, mapping: DeclaredColumns) -> DeclaredRow:
        """A raw row under a mapping; raises CellProblem when it has more or fewer fields than the header."""
        cells = {word: record.value.get(column) for word, column in mapping.columns.items()}
        if None in record.value:
            raise CellProblem("row_shape", f"the row has {len(record.value[None])} field(s) more than the header")
        if any(cell is None for cell in record.value.values()):
            raise CellProblem("row_shape", "the row has fewer fields than the header: cut off, or its columns have moved")
        return cls(record.row, cells, mapping)

    def text(self, word: str) -> str:
        """A cell as text, empty where there is none; a sheet's whole number without its ``.0``."""
        cell = self.cells.get(word)
        if isinstance(cell, float) and cell.is_integer():
            return f"{cell:.0f}"
        return "" if cell is None else str(cell).strip()

    def shown(self, word: str) -> str:
        """A column's name and the cell in it, for messages."""
        return f"column {self.mapping.columns[word]!r}: {self.text(word)[:80]!r}"

    def amount(self, word: str, decimals: int) -> int | None:
        """An amount in base units, None where the cell is empty."""
        if not self.text(word):
            return None
        try:
            return read_amount(self.cells[word], decimals, self.mapping)
        except AmountError as problem:
            raise CellProblem("amount_damaged", f"{self.shown(word)}: {problem}") from None

    def instant(self, word: str, zone_name: str | None) -> Instant | None:
        """A time, None where the cell is empty."""
        cell = self.cells.get(word)
        if not self.text(word):
            return None
        if isinstance(cell, date):
            return read_instant(cell.isoformat(), zone_name=zone_name)
        if not isinstance(cell, str):
            raise CellProblem("time_damaged", f"{self.shown(word)} is no date; give the column a date format in the sheet")
        return read_instant(cell, zone_name=zone_name, patterns=self.mapping.date_patterns)

    def asset(self, word: str, default: str | None) -> Asset:
        """The currency of the row: by its own column where there is one, else the default."""
        stated = self.text(word) if word in self.mapping.columns else default
        if not stated:
            raise CellProblem("currency_missing", "no currency is stated; say which with --currency, or fill the column")
        try:
            return currency(self.mapping.currencies.get(normalise_name(stated), stated))
        except AmountError as problem:
            raise CellProblem("currency_unknown", f"{problem} under [currencies]") from None

    def find_long_numbers(self) -> list[str]:
        """The words whose cell is a number that a spreadsheet has cut to 15 digits."""
        return [
            word for word, cell in self.cells.items()
            if (isinstance(cell, float) and abs(cell) >= _LONGEST_EXACT)
            or (isinstance(cell, str) and _SCIENTIFIC.match(cell.strip()))
        ]  # fmt: skip


def read_amount(cell: object, decimals: int, mapping: DeclaredColumns) -> int:
    """A cell as base units: a sheet's number only when it is exact, a text only with the declared marks.

    Raises AmountError. The Arabic marks say themselves what they are, so they need no declaration.
    """
    if isinstance(cell, float):
        return parse_units(format(Decimal(repr(cell)), "f"), decimals)
    if not isinstance(cell, str):
        raise AmountError(f"a {type(cell).__name__} is no amount")
    decimal_mark, thousands = mapping.said("decimal_mark") or ".", mapping.said("thousands_mark") or ""
    plain = _drop_invisible(cell).replace("\u2212", "-")
    marks = {**dict.fromkeys(_SPACES if thousands == " " else thousands, ","), "\u066c": ",", "\u066b": "."}
    marks[decimal_mark] = "."
    foreign = {ch for ch in plain if not ch.isdigit() and ch not in marks and ch not in "+-"}
    if foreign:
        found = " ".join(sorted(map(repr, foreign)))
        raise AmountError(f"{found} is neither a digit nor the declared decimal mark or thousands mark")
    canonical = "".join(marks.get(ch, ch) for ch in plain)
    return parse_amount(canonical, decimals, decimal_mark=".", thousands_mark=",")


def read_instant(text: str, *, zone_name: str | None, patterns: Sequence[str] = ()) -> Instant:
    """A written time by the first pattern that fits (ISO 8601 where none is declared).

    Raises CellProblem: ``time_damaged``, ``time_no_zone``, and ``time_ambiguous`` where two patterns give two times.

    >>> read_instant("02.08.24", zone_name="UTC", patterns=["%d.%m.%y"]).error_s
    43200
    """
    plain = ascii_digits(_drop_invisible(text))
    found: list[Instant] = []
    why = ""
    for pattern in patterns or (None,):
        try:
            found.append(parse_time(plain, zone_name=zone_name or "UTC", pattern=pattern))
        except TimeError as problem:
            why = str(problem)
    if not found:
        tried = f" (patterns tried: {', '.join(patterns)})" if len(patterns) > 1 else ""
        raise CellProblem("time_damaged", why + tried)
    if len({instant.time for instant in found}) > 1:
        times = " or ".join(str(instant.time) for instant in found)
        raise CellProblem("time_ambiguous", f"time {text!r} is {times} by two declared patterns; keep the one that is meant")
    if zone_name is None and found[0].basis == "assumed":
        raise CellProblem("time_no_zone", f"time {text!r} states no zone; say which with --timezone, like Europe/Sarajevo")
    return found[0]


def _drop_invisible(text: str) -> str:
    return "".join(ch for ch in text if unicodedata.category(ch) != "Cf").strip()
