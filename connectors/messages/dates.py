"""Which number of a written date is the day: inferred for a whole chat from all its lines, or refused.

Phones write dates as their owner's language does, and nothing in the file says which. So every order that some phone
uses is tried on all lines: one in which a line would be no date is out (no 13th month), and so is one in which time
would jump back again and again while another order runs straight. Where two orders remain, the file is refused until
``--date-order`` says which. A two-digit year stands first only where phones write it so (``22-03-27``).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.messages.months import read_month
from trails.calendars.days import to_gregorian
from trails.errors import SourceError
from trails.said import contradicted
from trails.words import quote_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.messages.headers import Shape

ORDERS = ("dmy", "mdy", "ymd")
#: No chat app that we read is older than this; a year after the last is a year of a calendar that is not stated.
_FIRST_YEAR, _LAST_YEAR = 2009, 2050
#: A jump back of more days than this is no late delivery. Two such jumps speak against an order.
_JUMP_DAYS, _JUMPS = 31, 2
#: One line in this many may be no date (a copied header inside a message) where no other order comes near.
_TOLERATED = 100
_ERAS = {"R": 2018, "令和": 2018, "H": 1988, "平成": 1988}
_BUDDHIST = 543
#: Years that are written in no other calendar while these apps exist.
_BUDDHIST_YEARS = range(_FIRST_YEAR + _BUDDHIST, _LAST_YEAR + _BUDDHIST + 1)
#: The Iranian and the lunar years in which these apps exist do not overlap, so a year of four digits says which it is.
_JALALI, _HIJRI = range(1388, 1429), range(1430, 1474)
_JALALI_ERAS, _HIJRI_ERAS = ("AP",), ("AH", "ه", "ه.", "هـ")
#: Lunar months begin up to a day apart from one authority to another.
HIJRI_ERROR_S = 86_400

Day = tuple[tuple[str, ...], str | None]


def choose_order(days: Sequence[Day], shape: Shape, said: str | None, name: str) -> str:
    """The order of day, month and year, from the distinct days of all lines in their order.

    Raises SourceError where the lines do not decide.
    """
    if said is not None:
        if said not in ORDERS:
            raise SourceError(f"{name}: date order {said!r} is none of {', '.join(ORDERS)}")
        return _check_said(days, shape, said, name)
    possible = _possible_orders(shape)
    if not days:
        return possible[0]
    if shape.separator == "word" and not any(read_month(parts[1]) for parts, _ in days):
        raise SourceError(
            f"{name}: {quote_word(days[0][0][1])} in its dates is the name of no month that trails knows, or of two in two "
            "languages; export the chat again from a phone whose language is English"
        )
    if len(possible) == 1:
        return possible[0]
    wrong = {order: sum(read_date(parts, era, order) is None for parts, era in days) for order in possible}
    least = min(wrong.values())
    left = [order for order in possible if wrong[order] == least]
    if least == len(days) and (years := _say_years(days)):
        raise SourceError(f"{name}: {years}")
    if least * _TOLERATED > len(days) or any(0 < wrong[o] < _TOLERATED * least for o in possible if o not in left):
        raise SourceError(
            f"{name}: its dates fit no one order of day, month and year ({_example(days, left[0])} is no date as {left[0]}); "
            "two exports put together? Split them, or say --date-order dmy, mdy or ymd"
        )
    if len(left) > 1:
        left = _straight_orders(days, left)
    if len(left) > 1:
        shown = "/".join(days[0][0])
        raise SourceError(
            f"{name}: the dates may be {' or '.join(left)} (the first is {shown}), and no line decides it; "
            f"say --date-order {' or '.join(left)}"
        )
    return left[0]


def _check_said(days: Sequence[Day], shape: Shape, said: str, name: str) -> str:
    """The order that was said, or the only one in which such dates are written (with a month's name, the year first).

    Raises SourceError where dates are none in the order that was said, and all of them are in one other.
    """
    possible = _possible_orders(shape)
    if len(possible) == 1:
        return possible[0]
    if any(read_date(parts, era, said) is None for parts, era in days):
        others = [order for order in possible if order != said]
        proven = [order for order in others if all(read_date(parts, era, order) is not None for parts, era in days)]
        if len(proven) == 1:
            raise contradicted("date_order", said, f"its dates are {proven[0]} ({_example(days, said)} is one)", name)
    return said


def _possible_orders(shape: Shape) -> tuple[str, ...]:
    if shape.separator == "word":
        return ("dmy",)
    if "first" in shape.year or shape.separator == "ideograph":
        return ("ymd",)
    if shape.separator == "-" and shape.year == "plain":
        return ORDERS
    return ("dmy", "mdy")


def _say_years(days: Sequence[Day]) -> str:
    """Why no date is one in any order, where it is the year: empty where it is not."""
    last = days[0][0][-1]
    if len(days[0][0]) < 3 or not last.isdecimal() or (len(last) <= 2 and int(last) + 2_000 <= _LAST_YEAR):
        return ""
    shown = "/".join(days[0][0])
    return (
        f"the year {last} of its dates (the first is {shown}) is none in which such a chat was written, in no calendar that the "
        "dates state; a Buddhist, Iranian or lunar year is read with its four digits or its era. Export the chat again from a "
        "phone with the Gregorian calendar"
    )


def _example(days: Sequence[Day], order: str) -> str:
    return next(("/".join(parts) for parts, era in days if read_date(parts, era, order) is None), "a line")


def _straight_orders(days: Sequence[Day], orders: list[str]) -> list[str]:
    """The one order in which no line jumps far back, where every other has several such jumps; else all of them."""
    jumps = {order: _count_jumps(days, order) for order in orders}
    straight = [order for order in orders if jumps[order] == 0]
    if len(straight) == 1 and all(jumps[order] >= _JUMPS for order in orders if order not in straight):
        return straight
    return orders


def _count_jumps(days: Sequence[Day], order: str) -> int:
    count, last = 0, None
    for parts, era in days:
        here = read_date(parts, era, order)
        if here is None:
            continue
        if last is not None and (last - here).days > _JUMP_DAYS and len(parts) == 3:
            count += 1
        last = here
    return count


@lru_cache(maxsize=1 << 14)
def read_date(parts: tuple[str, ...], era: str | None, order: str, *, year: int = 2000) -> date | None:
    """A written date as a Gregorian day; None where it is none. ``year`` is for dates that state none.

    Japanese, Buddhist, Iranian and lunar years are read where the writing says them: ``R4``, ``2565 BE``, ``2567``, ``1403``.

    >>> read_date(("3", "27", "4"), "R", "mdy"), read_date(("27", "3", "22"), None, "mdy")
    (datetime.date(2022, 3, 27), None)
    """
    day, month, stated = _split(parts, order)
    number = read_month(month)
    if number is None:
        return None
    calendar = "gregorian" if stated is None else calendar_of(stated, era)
    if stated is not None:
        year = _plain_year(stated, era)
    found = to_gregorian(calendar, year, number, int(day))
    if found is None or (stated is not None and not _FIRST_YEAR <= found.year <= _LAST_YEAR):
        return None
    return found


def calendar_of(written: str, era: str | None) -> str:
    """The calendar that a written year is of.

    >>> calendar_of("1403", None), calendar_of("1446", "AH"), calendar_of("2024", None)
    ('jalali', 'hijri', 'gregorian')
    """
    if era in _HIJRI_ERAS or (era is None and int(written) in _HIJRI):
        return "hijri"
    return "jalali" if era in _JALALI_ERAS or (era is None and int(written) in _JALALI) else "gregorian"


def is_buddhist(parts: tuple[str, ...], era: str | None) -> bool:
    """Whether a date's year is of the Buddhist era by its number alone.

    >>> is_buddhist(("13", "8", "2567"), None), is_buddhist(("13", "8", "2024"), None)
    (True, False)
    """
    years = (part for part in parts if len(part) == 4 and part.isdecimal()) if len(parts) == 3 and era is None else ()
    return any(int(year) in _BUDDHIST_YEARS for year in years)


def is_lunar(parts: tuple[str, ...], era: str | None, order: str) -> bool:
    """Whether a date is of the lunar calendar, and so a day less certain."""
    stated = _split(parts, order)[2]
    return stated is not None and calendar_of(stated, era) == "hijri"


def _split(parts: tuple[str, ...], order: str) -> tuple[str, str, str | None]:
    """Day, month and year as written."""
    if len(parts) == 2:
        return (parts[0], parts[1], None) if order == "dmy" else (parts[1], parts[0], None)
    day, month, year = (parts[order.index(letter)] for letter in "dmy")
    return day, month, year


def _plain_year(written: str, era: str | None) -> int:
    year = int(written)
    if era in _ERAS:
        return year + _ERAS[era]
    if era == "BE" or (era is None and year in _BUDDHIST_YEARS):
        return year - _BUDDHIST
    return year + 2000 if len(written) <= 2 else year
