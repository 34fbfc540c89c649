"""The mapping of a book kept by hand: which column each of our words is, and what its own words and marks mean.

A mapping is TOML; :func:`load_mapping` checks all of it at once::

    scope = "amber-jade"
    timezone = "Europe/Istanbul"
    date_pattern = "%d.%m.%Y %H:%M"
    decimal_mark = ","
    thousands_mark = "."
    [columns]
    date = "Tarih"
    amount = "Tutar"
    [status]
    emanet = "deposit"

for a file with lines like ``02.08.2024 13:05;4.500,00;emanet``. :mod:`trails.columns` reads rows by it.

Dates of other calendars, with names of months, or without a year need more (:mod:`trails.calendars`)::

    calendars = ["gregorian", "jalali", "hijri"]
    period = ["2024-07-01", "2024-09-30"]     # no date lies outside it; a missing year comes from it, or from year = 2024
    date_pattern = ["%d %B %Y", "%d,%m"]      # without one: the year first, or a month's name
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from trails.calendars import DateRules, check_pattern
from trails.calendars.days import CALENDARS
from trails.errors import ValueProblem
from trails.identifiers import normalise_name
from trails.money import unit
from trails.timestamps import zone

_TEXTS = ("scope", "timezone", "decimal_mark", "thousands_mark", "currency", "region", "sheet", "delimiter", "encoding")
_TABLES = ("columns", "status", "currencies")
_DATES = ("date_pattern", "calendars", "period", "year")
_SETTINGS = ("kind", "profile", *_TEXTS, *_DATES, "header_row", *_TABLES)
#: What a mapping may describe; each connector of declared columns reads mappings of its own kind.
KINDS = ("ledger", "statement", "pickup", "messages", "labels", "rates")
_DECIMAL_MARKS = (".", ",", "\u066b")
_THOUSANDS_MARKS = ("", ".", ",", "'", "\u2019", " ", "\u066c")
_PROBE = datetime(2024, 8, 2, 23, 41, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a connector lets a mapping say: its words, those every book must have, those each kind of row needs.

    ``choices`` are settings of the connector's own, with the values each may take; ``lists`` are settings that are
    lists of texts; with ``lines`` a mapping may declare kinds of line instead of columns, as tables ``[[lines]]``.
    """

    words: tuple[str, ...]
    required: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    lines: bool = False

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings of the connector's own."""
        return (*self.choices, *self.lists, *(("lines",) if self.lines else ()))


@dataclass(frozen=True, slots=True)
class DeclaredColumns:
    """A mapping as understood. ``problems`` lists what is wrong with it; ``trails.columns`` raises them together."""

    columns: Mapping[str, str]
    status: Mapping[str, str]
    currencies: Mapping[str, str]
    texts: Mapping[str, str]
    date_patterns: tuple[str, ...]
    header_row: int
    problems: tuple[str, ...]
    calendars: tuple[str, ...] = ()
    period: tuple[date, date] | None = None
    year: int | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lines: tuple[Mapping[str, str], ...] = ()
    #: The settings that the person said, without those of a known layout.
    own: frozenset[str] = frozenset()

    @property
    def date_rules(self) -> DateRules | None:
        """What is declared about dates, None where they are plain Gregorian ones with a year and month numbers."""
        plain = not self.calendars and self.period is None and self.year is None
        if plain and not any(_is_beyond_strptime(pattern) for pattern in self.date_patterns):
            return None
        return DateRules(self.date_patterns, self.calendars or ("gregorian",), self.period, self.year)

    def said(self, name: str, default: str | None = None) -> str | None:
        """The value of a setting like ``scope`` or ``timezone``, or the default where the mapping does not say."""
        return self.texts.get(name, default)


def kind_of(data: Mapping[str, Any] | None) -> str | None:
    """What a mapping describes: its ``kind``, ``ledger`` where it declares columns without one, None for no mapping.

    >>> kind_of({"columns": {"date": "Datum"}}), kind_of({"kind": "labels"}), kind_of(None)
    ('ledger', 'labels', None)
    """
    if not data:
        return None
    kind = data.get("kind", "ledger" if "columns" in data else None)
    return kind if isinstance(kind, str) else None


def load_mapping(
    data: Mapping[str, Any], vocabulary: Vocabulary, own: Collection[str] | None = None
) -> DeclaredColumns:
    """A mapping out of its parsed TOML, with every problem of it listed in ``problems``.

    ``own`` are the settings that the person said, all where the mapping is no known layout's: each must have an effect.

    >>> load_mapping({"decimal_mark": "x"}, Vocabulary(("date",), ("date",), {})).problems
    ("`decimal_mark` is 'x'; say one of '.', ',', '\u066b'", '[columns] does not say which column `date` is')
    """
    known = (*_SETTINGS, *vocabulary.settings)
    problems = [f"unknown setting `{key}`; there are: {', '.join(known)}" for key in data if key not in known]
    named = (*_TEXTS, *vocabulary.choices)
    texts = {name: data[name] for name in named if isinstance(data.get(name), str)}
    problems += [f"`{name}` must be a text" for name in named if name in data and name not in texts]
    problems += [
        f"`{name}` is {texts[name]!r}; say one of {', '.join(allowed)}"
        for name, allowed in vocabulary.choices.items()
        if name in texts and texts[name] not in allowed
    ]
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
    calendars, period, year = _load_dates(data, problems)
    declared = DateRules((), calendars, period, year)
    problems += [f"`date_pattern` {each!r}: {why}" for each in patterns if (why := _check_pattern(each, declared))]
    lists = {name: _load_list(data, name, problems) for name in vocabulary.lists}
    status = {normalise_name(word): target for word, target in tables["status"].items()}
    currencies = {normalise_name(word): code for word, code in tables["currencies"].items()}
    lines = _load_lines(data, problems) if vocabulary.lines else ()
    return DeclaredColumns(tables["columns"], status, currencies, texts, patterns, header_row, tuple(problems),
                           calendars, period, year, lists, lines, frozenset(data if own is None else own))  # fmt: skip


def _load_table(data: Mapping[str, Any], name: str, problems: list[str]) -> dict[str, str]:
    table = data.get(name, {})
    if not isinstance(table, Mapping):
        problems.append(f"`{name}` must be a table: [{name}]")
        return {}
    problems += [f"[{name}] {key} must be a text" for key, value in table.items() if not isinstance(value, str)]
    return {str(key): value for key, value in table.items() if isinstance(value, str)}


def _load_dates(
    data: Mapping[str, Any], problems: list[str]
) -> tuple[tuple[str, ...], tuple[date, date] | None, int | None]:
    """The declared calendars, period and year; what is wrong with one is added to ``problems``."""
    calendars = _load_list(data, "calendars", problems)
    unknown = [name for name in calendars if name not in CALENDARS]
    if unknown:
        problems.append(f"`calendars` has {', '.join(map(repr, unknown))}; there are: {', '.join(CALENDARS)}")
    year, period = data.get("year"), None
    if year is not None and (not isinstance(year, int) or isinstance(year, bool) or not 1900 <= year < 2100):
        problems.append(f"`year` is {year!r}; say a Gregorian year like 2024")
        year = None
    if "period" in data:
        days = _load_days(data["period"])
        if len(days) == 2 and days[0] <= days[1] and all(1900 <= day.year < 2100 for day in days):
            period = (days[0], days[1])
        else:
            problems.append(f'`period` is {data["period"]!r}; say two Gregorian days like ["2024-07-01", "2024-09-30"]')
    return tuple(name for name in calendars if name in CALENDARS), period, year


def _load_days(value: object) -> list[date]:
    days = []
    for day in value if isinstance(value, list) else ():
        try:
            days.append(date.fromisoformat(day) if isinstance(day, str) else date(day.year, day.month, day.day))
        except (ValueError, AttributeError, TypeError):
            return []
    return days


def _load_list(data: Mapping[str, Any], name: str, problems: list[str]) -> tuple[str, ...]:
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        problems.append(f"`{name}` must be a list of texts")
        return ()
    return tuple(value)


def _load_lines(data: Mapping[str, Any], problems: list[str]) -> tuple[Mapping[str, str], ...]:
    """The declared kinds of line, each a table of texts."""
    value = data.get("lines", [])
    if not isinstance(value, list) or not all(isinstance(line, Mapping) for line in value):
        problems.append("`lines` must be tables: [[lines]]")
        return ()
    wrong = [
        line for line in value if set(line) != {"kind", "pattern"} or not all(isinstance(v, str) for v in line.values())
    ]
    problems += [f"[[lines]] {line!r}: it must have a `kind` and a `pattern`, both texts" for line in wrong]
    return tuple(line for line in value if line not in wrong)


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
        yield from _problem_of(unit, texts["currency"], "currency")
    if "region" in texts and not _is_region(texts["region"]):
        yield f"`region` {texts['region']!r} is no two-letter country code; try one like BA or TR"
    if len(texts.get("delimiter", ",")) != 1:
        yield f"`delimiter` {texts['delimiter']!r} is not one character"


def _problem_of(check: Callable[[str], object], value: str, name: str) -> list[str]:
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
        yield from _problem_of(unit, code, f"[currencies] {word}")


def _is_beyond_strptime(pattern: str) -> bool:
    """Whether a pattern has names of months or weekdays, which strptime knows in one language, or no year."""
    return any(field in pattern for field in ("%B", "%b", "%A", "%a")) or ("%Y" not in pattern and "%y" not in pattern)


def _check_pattern(pattern: object, declared: DateRules) -> str:
    """What is wrong with a pattern: it must bring a whole date, and its hour, back."""
    if not isinstance(pattern, str):
        return "must be a text, or a list of texts"
    year_declared = declared.period is not None or declared.year is not None
    if declared.calendars or year_declared or (_is_beyond_strptime(pattern) and "%d" in pattern):
        return check_pattern(pattern, year_declared=year_declared)
    try:
        back = datetime.strptime(_PROBE.strftime(pattern), pattern)  # noqa: DTZ007 - a probe of the pattern, no instant
    except ValueError as problem:
        return str(problem)
    if (back.year, back.month, back.day) != (2024, 8, 2):
        return "it does not state a whole date: day, month and year"
    if ("%H" in pattern or "%I" in pattern) and back.hour != _PROBE.hour:
        return "%I needs %p"
    return ""
