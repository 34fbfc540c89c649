"""Written dates of four calendars in eight languages, read by declared rules and refused where they stay ambiguous.

``15 اسد ۱۴۰۳`` (Afghan), ``۱۴۰۳/۰۵/۱۲`` (Jalali), ``٥ آب`` (Levantine, no year), ``٢٩ محرم ١٤٤٦`` (lunar Hijri) and
``2.8. petak noć`` are dates of August 2024, once it is declared which calendars a book uses and which period it covers.
A month's name says its calendar; a number does not, so a year like 1403 is tried in each declared calendar and must be
plausible in exactly one. Weekdays are no part of the date; where one contradicts it, that is said.

Jalali dates by ``persiantools``; Hijri dates by the Umm al-Qura tables of ``hijridate`` (1343-1500), whose months begin
up to a day apart from the arithmetic and the sighted calendar: their error is a day wider. Month names: Unicode CLDR 46
(fa, fa-AF, ps, ar, ar-LB, ar-DZ, ar-MA, tr, bs, sr, hr, ur, en), with spellings of ledgers added.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from trails.errors import TimeError
from trails.money import ascii_digits
from trails.timestamps import Instant, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

CALENDARS = ("gregorian", "jalali", "hijri")
#: Lunar months begin up to a day apart from one authority to another.
HIJRI_ERROR_S = 86_400
_NOON_ERROR_S = 43_200
_NIGHT_ERROR_S = 21_600

_MONTHS = {
    "gregorian": """
january jan janvier|januar januara sijecanj sijecnja|ocak oca|يناير|جانفي|كانون الثاني|كانون ثاني|ژانویه|جنوری|جنوري
february feb|februar februara veljaca veljace|subat sub|فبراير|فيفري|شباط|فوریه|فبروری|فبروري|فروری
march mar|mart marta ozujak ozujka|mart|مارس|آذار|مارچ
april apr|aprila travanj travnja|nisan nis|أبريل|إبريل|ابريل|أفريل|نيسان|آوریل|اپریل
may|maj maja svibanj svibnja|mayis|مايو|ماي|أيار|نوار|مه|می|مئی
june jun|juna juni lipanj lipnja|haziran haz|يونيو|يونيه|جوان|حزيران|ژوئن|جون
july jul|jula juli srpanj srpnja|temmuz tem|يوليو|يوليه|يوليوز|جويلية|تموز|ژوئیه|ژوییه|جولای|جولائی
august aug|avgust avgusta augusta avg kolovoz kolovoza|agustos agu|أغسطس|أوت|غشت|آب|اوت|آگوست|اگست
september sept sep|septembar septembra rujan rujna|eylul eyl|سبتمبر|شتنبر|أيلول|سپتامبر|سپتمبر|ستمبر
october oct|oktobar oktobra okt listopad listopada|ekim eki|أكتوبر|تشرين الأول|تشرين أول|اکتبر|اکتوبر
november nov|novembar novembra studeni studenog studenoga|kasim kas|نوفمبر|نونبر|تشرين الثاني|تشرين ثاني|نوامبر|نومبر
december dec|decembar decembra dec prosinac prosinca|aralik ara|ديسمبر|دجنبر|كانون الأول|كانون أول|دسامبر|دسمبر
""",
    "jalali": """
farvardin hamal|فروردین|حمل|وری
ordibehesht sawr saur|اردیبهشت|ثور|غویی
khordad jawza jauza|خرداد|جوزا|غبرګولی
tir saratan|تیر|سرطان|چنګاښ
mordad amordad asad|مرداد|امرداد|اسد|زمری
shahrivar sonbola sunbula|شهریور|سنبله|وږی
mehr mizan|مهر|میزان|تله
aban aqrab|آبان|عقرب|لړم
azar qaws qaus|آذر|قوس|لیندۍ
dey jadi|دی|جدی|مرغومی
bahman dalw dalwa|بهمن|دلو|سلواغه
esfand hut hoot|اسفند|حوت|کب
""",
    "hijri": """
muharram muharrem|محرم|المحرم|محرم الحرام
safar safer sefer|صفر|صفر المظفر|صفر الخير
rabi al awwal|rabi ul awwal|rabi i|rebiulevvel|rebiul evvel|ربيع الأول|ربیع الاول|ربيع أول
rabi al thani|rabi al akhir|rabi us sani|rabi ii|rebiulahir|rebiul ahir|ربيع الثاني|ربيع الآخر|ربیع الثانی|ربيع ثاني
jumada al ula|jumada al awwal|jumada i|cemaziyelevvel|dzumadel ula|dzumade l ula|جمادى الأولى|جمادی الاول|جمادی الاولی
jumada al thani|jumada al akhira|jumada ii|cemaziyelahir|dzumadel uhra|dzumade l uhra|جمادى الآخرة|جمادى الثانية|جمادی الثانی|جمادی الاخر|جمادی الثانیه
rajab receb recep|redzeb|رجب|رجب المرجب
shaban saban|sa ban|شعبان|شعبان المعظم
ramadan ramazan ramadhan|رمضان|رمضان المبارك
shawwal sevval|شوال|شوال المكرم
dhu al qadah|dhul qada|zilkade|zul kade|ذو القعدة|ذي القعدة|ذیقعده|ذی القعده|ذوالقعده
dhu al hijjah|dhul hijja|zilhicce|zul hidzdze|zilhidze|ذو الحجة|ذي الحجة|ذیحجه|ذی الحجه|ذوالحجه
""",
}
#: Monday first, as ``date.isoweekday`` counts.
_WEEKDAYS = """
monday mon|ponedjeljak ponedeljak pon|pazartesi|الاثنين|الإثنين|دوشنبه|پیر|سوموار
tuesday tue|utorak uto|sali|الثلاثاء|سه شنبه|منگل
wednesday wed|srijeda sreda sri|carsamba|الأربعاء|چهارشنبه|چارشنبه|بدھ
thursday thu|cetvrtak cet|persembe|الخميس|پنجشنبه|پنج شنبه|جمعرات
friday fri|petak|cuma|الجمعة|جمعه|آدینه
saturday sat|subota sub|cumartesi|السبت|شنبه|ہفتہ
sunday|nedjelja nedelja ned|pazar|الأحد|یکشنبه|یک شنبه|اتوار
"""
_NIGHTS = "night of|night|u noc|noc|noci|nocu|gecesi|gece|ليلة|ليل|ليلا|شب|رات|شپه"
_HALVES = {"am": 0, "a.m.": 0, "ص": 0, "ق.ظ": 0, "oo": 0, "pm": 12, "p.m.": 12, "م": 12, "ب.ظ": 12, "os": 12}

#: Patterns tried where none is declared: the year first, or a month's name. Which of two numbers is the day is not said.
_DAYS = ("%Y/%m/%d", "%Y-%m-%d", "%Y.%m.%d", "%d %B %Y", "%d %B", "%d. %B %Y", "%d. %B", "%B %d %Y", "%B %d, %Y", "%Y %B %d")
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
_LETTER = r"[^\W\d_]"
_LATIN = dict(zip("абвгдђежзијклмнопрстћуфхцчшыэъь", "abvgddezzijklmnoprstcufhccsye", strict=False)) | {
    "љ": "lj", "њ": "nj", "џ": "dz", "ю": "ju", "я": "ja", "щ": "sc", "ъ": "", "ь": "",
}  # fmt: skip
_LETTERS = str.maketrans(
    {**_LATIN, "ي": "ی", "ى": "ی", "ې": "ی", "ۍ": "ی", "ے": "ی", "ك": "ک", "ګ": "گ", "ة": "ه", "ہ": "ه", "ھ": "ه",
     "ە": "ه", "ı": "i", "đ": "d", "،": ",", "’": "'", "ʿ": "'", "ʾ": "'", "‘": "'"}
)  # fmt: skip


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


def fold_text(text: str) -> str:
    """Text for comparing words: digits as 0-9, one case, no marks above letters, no invisible marks, the Arabic and
    Persian forms of a letter as one, Cyrillic letters in Latin.

    >>> fold_text("Август"), fold_text("مؤمَّن") == fold_text("مومن"), fold_text("İŞ\u200d 12")
    ('avgust', True, 'is 12')
    """
    plain = unicodedata.normalize("NFKD", ascii_digits(text).casefold())
    kept = "".join(" " if ch in "\t\r\n" else ch for ch in plain if unicodedata.category(ch) not in ("Mn", "Cf"))
    return " ".join(kept.translate(_LETTERS).split())


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
    is a day less sure. Raises DateProblem: ``time_damaged``, ``time_no_zone``, ``time_outside_period``, and
    ``time_ambiguous`` where several readings are plausible. The problem names what other calendars would give.

    >>> rules = DateRules(calendars=("jalali",), period=(date(2024, 7, 1), date(2024, 9, 30)))
    >>> read_date("۱۵ اسد ۱۴۰۳", rules, zone_name="UTC").instant.time.date().isoformat()
    '2024-08-05'
    """
    plain, weekday, night = _take_words(fold_text(text))
    found = list(_find_readings(plain, rules, rules.calendars))
    fitting = [reading for reading in found if _is_plausible(reading, rules)]
    if not fitting:
        raise _explain_misfit(text, plain, rules, found)
    moments = {(reading.day, reading.clock) for reading in fitting}
    if len(moments) > 1:
        listed = " or ".join(dict.fromkeys(reading.said for reading in fitting))
        raise DateProblem("time_ambiguous", f"date {text[:80]!r} is {listed}; declare a shorter `period`, or one reading")
    surest = min(fitting, key=lambda reading: (reading.slack, CALENDARS.index(reading.calendar)))
    if zone_name is None:
        raise DateProblem(
            "time_no_zone", f"date {text[:80]!r} states no zone; say it with --timezone, like Europe/Sarajevo"
        )
    differs = None
    if weekday and not night and not surest.slack and weekday[1] != surest.day.isoweekday():
        differs = f"{weekday[0]!r} is written, but {surest.day.isoformat()} is a {surest.day:%A}"
    return WrittenDate(_instant(text, surest, zone_name, night=night), surest.calendar, surest.year_filled, night, differs)


def _instant(text: str, reading: _Reading, zone_name: str, *, night: bool) -> Instant:
    wider = HIJRI_ERROR_S if reading.calendar == "hijri" else 0
    day = reading.day
    if reading.clock:
        hour, minute, second = reading.clock
        if night and hour < 12:
            raise DateProblem(
                "time_ambiguous", f"date {text[:80]!r}: {hour:02}:{minute:02} of the night of {day} is the morning of that day, or of the next"
            )  # fmt: skip
        at = parse_time(f"{day}T{hour:02}:{minute:02}:{second:02}", zone_name=zone_name)
        return replace(at, error_s=(at.error_s or 0) + wider)
    if night:
        at = parse_time(f"{day + timedelta(days=1)}T00:00:00", zone_name=zone_name)
        return replace(at, error_s=(at.error_s or 0) + _NIGHT_ERROR_S + wider)
    at = parse_time(day.isoformat(), zone_name=zone_name)
    return replace(at, error_s=(at.error_s or _NOON_ERROR_S) + wider)


def _is_plausible(reading: _Reading, rules: DateRules) -> bool:
    if not 1900 <= reading.day.year < 2100 or reading.day == date(1970, 1, 1):
        return False
    if rules.period is None:
        return True
    return rules.period[0] - reading.slack <= reading.day <= rules.period[1] + reading.slack


def _explain_misfit(text: str, plain: str, rules: DateRules, found: list[_Reading]) -> DateProblem:
    """Why no reading is left, with what the calendars that were not declared would give."""
    shown = repr(text[:80])
    rest = [name for name in CALENDARS if name not in rules.calendars]
    others = [each for each in _find_readings(plain, rules, tuple(rest)) if 1900 <= each.day.year < 2100]
    instead = "".join(f"; read as {each.calendar} it would be {each.day}" for each in others[:3])
    if not found and not others:
        tried = f"the declared pattern {', '.join(map(repr, rules.patterns))}" if rules.patterns else "the known patterns"
        return DateProblem("time_damaged", f"date {shown} is no day by {tried} in the calendar {', '.join(rules.calendars)}")
    if not found:
        return DateProblem("time_damaged", f"date {shown} is no day of the calendar {', '.join(rules.calendars)}{instead}")
    listed = " or ".join(dict.fromkeys(each.said for each in found))
    if rules.period is None:
        return DateProblem("time_damaged", f"date {shown} is {listed}, outside 1900-2099{instead}")
    bounds = f"{rules.period[0]} to {rules.period[1]}"
    return DateProblem("time_outside_period", f"date {shown} is {listed}, outside the declared period {bounds}{instead}")


def _take_words(plain: str) -> tuple[str, tuple[str, int] | None, bool]:
    """The text without its weekday and its word for night, the weekday with its number, and whether it is a night."""
    weekday = None
    night = bool(found := _words_regex(_NIGHTS).search(plain))
    if found:
        plain = f"{plain[: found.start()]} {plain[found.end() :]}"
    for number, names in enumerate(_WEEKDAYS.split("\n")[1:-1], start=1):
        if found := _words_regex(names).search(plain):
            weekday = (found[0], number)
            plain = f"{plain[: found.start()]} {plain[found.end() :]}"
            break
    return " ".join(plain.split()).strip(" ,"), weekday, night


@lru_cache(maxsize=128)
def _words_regex(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!{_LETTER}){_any_of(names)}(?!{_LETTER})")


def _any_of(names: str) -> str:
    """Names (several words only between two ``|``, Latin ones also between spaces) as one group of a regex."""
    phrases = {fold_text(part) for part in names.split("|")}
    single = {word for part in phrases if part.isascii() and _is_list(part) for word in part.split()}
    wanted = {part for part in phrases if not (part.isascii() and _is_list(part))} | single
    joined = [r"[\s'-]*".join(map(re.escape, name.split())) for name in wanted]
    return f"(?:{'|'.join(sorted(joined, key=len, reverse=True))})"


def _is_list(part: str) -> bool:
    """Whether Latin words between two ``|`` are names of their own; those of the lunar months belong together."""
    return not re.search(r"\b(al|ul|us|i|ii|of|l|u|evvel|ahir|kade|hidzdze|uhra|qada|hijja|ban)\b", part)


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
            rows = enumerate(_MONTHS[calendar].split("\n")[1:-1], start=1)
            made.append(f"(?:{'|'.join(f'(?P<B{number}>{_any_of(names)})' for number, names in rows)})")
        elif field == "p":
            made.append(f"(?P<p>{'|'.join(map(re.escape, _HALVES))})")
        else:
            made.append(r"\s+" if space else r"\s*" + re.escape(fold_text(literal)))
    # a name may stand against a number without a space between them: 15Asad
    return re.compile("".join(made).replace(r"\s+(?:(?P<B1>", r"\s*(?:(?P<B1>"))


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
        hour = hour % 12 + _HALVES[groups["p"]]
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
        yield from range(_year_in(calendar, window[0]), _year_in(calendar, window[1]) + 1)


def _window(rules: DateRules) -> tuple[date, date] | None:
    if rules.year is None:
        return rules.period
    return date(rules.year, 1, 1), date(rules.year, 12, 31)


def _in_year(day: date, rules: DateRules, calendar: str) -> bool:
    """Whether a date whose year was filled in lies in the window that filled it."""
    slack = timedelta(days=1 if calendar == "hijri" else 0)
    window = _window(rules)
    return window is not None and (rules.year is None or window[0] - slack <= day <= window[1] + slack)


def to_gregorian(calendar: str, year: int, month: int, day: int) -> date | None:
    """A day of a calendar as a Gregorian date, None where the calendar has no such day.

    The 30th of a lunar month that has 29 days by Umm al-Qura is the day after: others may have seen the moon later.

    >>> to_gregorian("hijri", 1446, 1, 29).isoformat()
    '2024-08-04'
    """
    try:
        if calendar == "gregorian":
            return date(year, month, day)
        if calendar == "jalali":
            from persiantools.jdatetime import JalaliDate

            return JalaliDate(year, month, day).to_gregorian()
        from hijridate import Hijri

        short = day == 30 and Hijri(year, month, 1).month_length() == 29
        found = Hijri(year, month, 29 if short else day).to_gregorian()
        return date(found.year, found.month, found.day) + timedelta(days=short)
    except (ValueError, OverflowError):
        return None


def _year_in(calendar: str, day: date) -> int:
    """The year of a calendar in which a Gregorian day lies."""
    if calendar == "gregorian":
        return day.year
    if calendar == "jalali":
        return day.year - (621 if (day.month, day.day) >= (3, 22) else 622)
    # a lunar year is 354.367 days; its number is used to look for days, so a year too early does no harm
    elapsed = (day - date(622, 7, 19)).days
    return int(elapsed / 354.36708) + (1 if day > date(622, 7, 19) else 0)


