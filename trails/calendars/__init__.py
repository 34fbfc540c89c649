"""Written dates of three calendars in eight languages, read by declared rules and refused where they stay ambiguous.

``15 اسد ۱۴۰۳`` (Afghan), ``۱۴۰۳/۰۵/۱۲`` (Jalali), ``٥ آب`` (Levantine, no year), ``٢٩ محرم ١٤٤٦`` (lunar Hijri) and
``2.8. petak noć`` are dates of August 2024, once it is declared which calendars a book uses and which period it covers.
A month's name says its calendar; a number does not, so a year like 1403 is tried in each declared calendar and must be
plausible in exactly one. Weekdays are no part of the date; where one contradicts it, that is said.

Jalali dates by ``persiantools``; Hijri dates by the Umm al-Qura tables of ``hijridate`` (1343-1500), whose months begin
up to a day apart from the arithmetic and the sighted calendar: their error is a day wider. The names are in
:mod:`trails.calendars.words`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from trails.calendars.days import CALENDARS, to_gregorian, year_in
from trails.calendars.words import HALVES, MONTH_BEFORE, MONTH_BEHIND, MONTHS, any_of, fold_text, take_words
from trails.errors import TimeError
from trails.timestamps import Instant, parse_time
from trails.words import quote_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Lunar months begin up to a day apart from one authority to another.
HIJRI_ERROR_S = 86_400
_NOON_ERROR_S = 43_200
#: A year of one calendar read in another lands behind this one: the lunar year 1445 (2023) is 2066 as a solar one.
_LAST_YEAR, _LAST_YEAR_ELSEWHERE = 2099, 2049
_NIGHT_ERROR_S = 21_600

#: Patterns tried where none is declared: the year first, or a month's name. Which of two numbers is the day is not said.
_DAYS = ("%Y/%m/%d", "%Y-%m-%d", "%Y.%m.%d", "%d %B %Y", "%d %B", "%d. %B %Y", "%d. %B", "%B %d %Y", "%B %d, %Y",
         "%Y %B %d")  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
DEFAULT_PATTERNS = tuple(day + clock for day in _DAYS for clock in _CLOCKS)
#: What ``--date-order`` adds to them.
ORDERS = {
    "dmy": ("%d{0}%m{0}%Y", "%d{0}%m{0}%y"),
    "mdy": ("%m{0}%d{0}%Y", "%m{0}%d{0}%y"),
    "ymd": ("%Y{0}%m{0}%d", "%y{0}%m{0}%d"),
}

_FIELDS = {"d": r"\d{1,2}", "m": r"\d{1,2}", "Y": r"\d{4}", "y": r"\d{2}", "H": r"\d{1,2}", "I": r"\d{1,2}",
           "M": r"\d{2}", "S": r"\d{2}"}  # fmt: skip


class DateProblem(TimeError):
    """A written date cannot be understood; ``code`` is the one word of its issue."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class DateRules:
    """What is declared about the dates of a book.

    ``calendars`` are the ones it uses. No date may lie outside ``period``. A date without a year takes the one that
    puts it inside ``period`` and the Gregorian ``year``.
    """

    patterns: tuple[str, ...] = ()
    calendars: tuple[str, ...] = ("gregorian",)
    period: tuple[date, date] | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as understood: by which calendar, whether its year was filled in, whether it names a night, and a weekday
    that contradicts it."""

    instant: Instant
    calendar: str
    year_filled: bool = False
    night: bool = False
    weekday_differs: str | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    calendar: str
    day: date
    clock: tuple[int, int, int] | None
    year_filled: bool

    @property
    def slack(self) -> timedelta:
        return timedelta(days=1 if self.calendar == "hijri" else 0)

    @property
    def said(self) -> str:
        return f"{self.day.isoformat()} ({self.calendar})"


def patterns_of_order(order: str) -> tuple[str, ...]:
    """The patterns of numeric dates in an order (``dmy``, ``mdy``, ``ymd``) with any of the usual separators."""
    days = [shape.format(mark) for shape in ORDERS[order] for mark in "/.-"]
    return tuple(day + clock for day in days for clock in _CLOCKS) + DEFAULT_PATTERNS


def check_pattern(pattern: str, *, year_declared: bool) -> str:
    """What is wrong with a pattern of this module, empty where nothing is: it must state a whole date."""
    fields = re.findall(r"%(.)", pattern)
    unknown = [f"%{field}" for field in fields if field not in "dmYyBbAaHIMSp"]
    if unknown:
        return f"{', '.join(unknown)} cannot stand in {pattern!r}"
    if len(set(fields)) != len(fields):
        return "a field stands in it twice"
    if "d" not in fields or not {"m", "B", "b"} & set(fields):
        return "it does not state a whole date: day, month and year"
    if not {"Y", "y"} & set(fields) and not year_declared:
        return "it does not state a whole date: day, month and year; without a year declare `period` or `year`"
    return "%I needs %p" if "I" in fields and "p" not in fields else ""


@lru_cache(maxsize=16_384)
def read_date(text: str, rules: DateRules, *, zone_name: str | None) -> WrittenDate:
    """A written date by the declared rules.

    A bare day is noon with +-12 h. The night of a day is 18:00 to 06:00: midnight after it, with +-6 h. A Hijri date
    is a day less sure. Raises DateProblem: ``time_damaged``, ``time_no_zone``, ``time_no_year``,
    ``time_outside_period``, and ``time_ambiguous`` where several readings are plausible. The problem names what other
    calendars would give.

    >>> rules = DateRules(calendars=("jalali",), period=(date(2024, 7, 1), date(2024, 9, 30)))
    >>> read_date("۱۵ اسد ۱۴۰۳", rules, zone_name="UTC").instant.time.date().isoformat()
    '2024-08-05'
    """
    plain, weekday, night = take_words(fold_text(text))
    found = list(_find_readings(plain, rules, rules.calendars))
    fitting = [reading for reading in found if _is_plausible(reading, rules)]
    if not fitting:
        raise _explain_misfit(text, plain, rules, found)
    moments = {(reading.day, reading.clock) for reading in fitting}
    if len(moments) > 1:
        listed = " or ".join(dict.fromkeys(reading.said for reading in fitting))
        raise DateProblem(
            "time_ambiguous", f"date {text[:80]!r} is {listed}; declare a shorter `period`, or one reading"
        )
    surest = min(fitting, key=lambda reading: (reading.slack, CALENDARS.index(reading.calendar)))
    if zone_name is None:
        raise DateProblem(
            "time_no_zone", f"date {text[:80]!r} states no zone; say it with --timezone, like Europe/Sarajevo"
        )
    differs = None
    if weekday and not night and not surest.slack and weekday[1] != surest.day.isoweekday():
        differs = f"{weekday[0]!r} is written, but {surest.day.isoformat()} is a {surest.day:%A}"
    return WrittenDate(
        _instant(text, surest, zone_name, night=night), surest.calendar, surest.year_filled, night, differs
    )


def _instant(text: str, reading: _Reading, zone_name: str, *, night: bool) -> Instant:
    wider = HIJRI_ERROR_S if reading.calendar == "hijri" else 0
    day = reading.day
    if reading.clock:
        hour, minute, second = reading.clock
        if night and hour < 12:
            said = f"{hour:02}:{minute:02} of the night of {day} is the morning of that day or of the next"
            raise DateProblem("time_ambiguous", f"date {text[:80]!r}: {said}")
        at = parse_time(f"{day}T{hour:02}:{minute:02}:{second:02}", zone_name=zone_name)
        return replace(at, error_s=(at.error_s or 0) + wider)
    if night:
        at = parse_time(f"{day + timedelta(days=1)}T00:00:00", zone_name=zone_name)
        return replace(at, error_s=(at.error_s or 0) + _NIGHT_ERROR_S + wider)
    at = parse_time(day.isoformat(), zone_name=zone_name)
    return replace(at, error_s=(at.error_s or _NOON_ERROR_S) + wider)


def _is_plausible(reading: _Reading, rules: DateRules) -> bool:
    if not 1900 <= reading.day.year <= _LAST_YEAR or reading.day == date(1970, 1, 1):
        return False
    if rules.period is None:
        return _is_possible(reading)
    return rules.period[0] - reading.slack <= reading.day <= rules.period[1] + reading.slack


def _is_possible(reading: _Reading) -> bool:
    return 1900 <= reading.day.year <= (_LAST_YEAR if reading.calendar == "gregorian" else _LAST_YEAR_ELSEWHERE)


def _explain_misfit(text: str, plain: str, rules: DateRules, found: list[_Reading]) -> DateProblem:
    """Why no reading is left, with what the calendars that were not declared would give."""
    shown = quote_cell(text)
    rest = [name for name in CALENDARS if name not in rules.calendars]
    others = [each for each in _find_readings(plain, rules, tuple(rest)) if _is_possible(each)]
    instead = "".join(f"; read as {each.calendar} it would be {each.day}" for each in others[:3])
    if not found and _window(rules) is None and _fits_without_year(plain, rules):
        return DateProblem(
            "time_no_year", f"date {shown} states no year; declare the `period` or the `year` of the book"
        )
    if not found and not others:
        tried = (
            f"the declared pattern {', '.join(map(repr, rules.patterns))}" if rules.patterns else "the known patterns"
        )
        return DateProblem(
            "time_damaged", f"date {shown} is no day by {tried} in the calendar {', '.join(rules.calendars)}"
        )
    if not found:
        return DateProblem(
            "time_damaged", f"date {shown} is no day of the calendar {', '.join(rules.calendars)}{instead}"
        )
    listed = " or ".join(dict.fromkeys(each.said for each in found))
    if rules.period is None:
        return DateProblem("time_damaged", f"date {shown} is {listed}, a year that no book is of{instead}")
    bounds = f"{rules.period[0]} to {rules.period[1]}"
    return DateProblem(
        "time_outside_period", f"date {shown} is {listed}, outside the declared period {bounds}{instead}"
    )


def _fits_without_year(plain: str, rules: DateRules) -> bool:
    patterns = [each for each in rules.patterns or DEFAULT_PATTERNS if "%Y" not in each and "%y" not in each]
    return any(_compile(each, calendar).fullmatch(plain) for each in patterns for calendar in rules.calendars)


@lru_cache(maxsize=4_096)
def _compile(pattern: str, calendar: str) -> re.Pattern[str]:
    """A pattern as a regex on folded text. The names of a calendar's months are its groups ``B1`` to ``B12``."""
    wanted = re.sub(r"\s*,?\s*%[Aa]\s*,?\s*", " ", pattern).strip(" ,")
    made: list[str] = []
    for found in re.finditer(r"%(.)|(\s+)|(.)", wanted):
        field, space, literal = found.groups()
        if field in _FIELDS:
            made.append(f"(?P<{field}>{_FIELDS[field]})")
        elif field in ("B", "b"):
            rows = enumerate(MONTHS[calendar].split("\n")[1:-1], start=1)
            names_of = "|".join(f"(?P<B{number}>{any_of(names)})" for number, names in rows)
            made.append(rf"(?:{any_of(MONTH_BEFORE)}\s+)?(?:{names_of})(?:\s*{any_of(MONTH_BEHIND)})?")
        elif field == "p":
            made.append(f"(?P<p>{'|'.join(map(re.escape, HALVES))})")
        else:
            made.append(" " if space else r"\s*" + re.escape(fold_text(literal)))
    # a name may stand against a number without a space between them: 15Asad1403
    near_name = {at + step for at, part in enumerate(made) if "(?P<B1>" in part for step in (-1, 1)}
    return re.compile(
        "".join((r"\s*" if at in near_name else r"\s+") if part == " " else part for at, part in enumerate(made))
    )


def _find_readings(plain: str, rules: DateRules, calendars: tuple[str, ...]) -> Iterator[_Reading]:
    """Every day that a text is by a pattern and a calendar, whether plausible or not."""
    seen: set[_Reading] = set()
    for pattern in rules.patterns or DEFAULT_PATTERNS:
        for calendar in calendars:
            found = _compile(pattern, calendar).fullmatch(plain)
            for reading in _readings_of(found, calendar, rules) if found else ():
                if reading not in seen:
                    seen.add(reading)
                    yield reading


def _readings_of(found: re.Match[str], calendar: str, rules: DateRules) -> Iterator[_Reading]:
    groups = {name: text for name, text in found.groupdict().items() if text is not None}
    named = [int(name[1:]) for name in groups if name[0] == "B"]
    month = named[0] if named else int(groups["m"])
    clock = _clock(groups)
    if clock is None:
        return
    filled = "Y" not in groups and "y" not in groups
    for year in _years(groups, calendar, rules):
        day = to_gregorian(calendar, year, month, int(groups["d"]))
        if day and (not filled or _in_year(day, rules, calendar)):
            yield _Reading(calendar, day, clock or None, filled)


def _clock(groups: dict[str, str]) -> tuple[int, int, int] | tuple[()] | None:
    """The time of day, empty where none is written, None where it is none."""
    if "H" not in groups and "I" not in groups:
        return ()
    hour = int(groups.get("H", groups.get("I", "0")))
    if "I" in groups:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + HALVES[groups["p"]]
    minute, second = int(groups.get("M", "0")), int(groups.get("S", "0"))
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _years(groups: dict[str, str], calendar: str, rules: DateRules) -> Iterator[int]:
    """The years a date may be of, in its own calendar: as written, of both centuries, or of the declared period."""
    if "Y" in groups:
        yield int(groups["Y"])
    elif "y" in groups:
        short = int(groups["y"])
        if calendar == "gregorian" and rules.period is None:
            yield short + (2000 if short < 69 else 1900)
        else:
            yield from (century + short for century in ((1900, 2000) if calendar == "gregorian" else (1300, 1400)))
    elif window := _window(rules):
        # the number of the year may be off by one near its ends; what lies outside the window falls out later
        spare = 0 if calendar == "gregorian" else 1
        yield from range(year_in(calendar, window[0]) - spare, year_in(calendar, window[1]) + spare + 1)


def _window(rules: DateRules) -> tuple[date, date] | None:
    if rules.year is None:
        return rules.period
    return date(rules.year, 1, 1), date(rules.year, 12, 31)


def _in_year(day: date, rules: DateRules, calendar: str) -> bool:
    """Whether a date whose year was filled in lies in the window that filled it."""
    slack = timedelta(days=1 if calendar == "hijri" else 0)
    window = _window(rules)
    return window is not None and (rules.year is None or window[0] - slack <= day <= window[1] + slack)
