"""Days of the Jalali and the lunar Hijri calendar as Gregorian dates."""

from __future__ import annotations

from datetime import date, timedelta

CALENDARS = ("gregorian", "jalali", "hijri")
_FIRST_HIJRI_DAY, _LUNAR_YEAR = date(622, 7, 19), 354.36708


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

            return JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]  # it has type marks but here
        from hijridate import Hijri

        short = day == 30 and Hijri(year, month, 1).month_length() == 29
        found = Hijri(year, month, 29 if short else day).to_gregorian()
        return date(found.year, found.month, found.day) + timedelta(days=short)
    except (ValueError, OverflowError):
        return None


def year_in(calendar: str, day: date) -> int:
    """The year of a calendar in which a Gregorian day lies."""
    if calendar == "gregorian":
        return day.year
    if calendar == "jalali":
        return day.year - (621 if (day.month, day.day) >= (3, 22) else 622)
    return int((day - _FIRST_HIJRI_DAY).days / _LUNAR_YEAR) + 1
