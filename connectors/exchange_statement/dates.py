"""Dates that a spreadsheet wrote anew: ``2023-03-06 13:28:10`` opened and saved became ``06/03/2023 13:28``.

Which part is the day nobody can see. Such a date is read only when a person says the order (``--date-order``); the
layout's own form is read beside it, since the same program leaves cells alone that it does not take for dates.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ORDERS = {"dmy": "dmY", "mdy": "mdY", "ymd": "Ymd"}
_SHEET = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,4})"
    r"(?P<time>,? {1,2}\d{1,2}:\d{2}(?P<seconds>:\d{2})?(?P<noon> ?[AaPp][Mm])?)?",
    re.ASCII,
)


def fitting_patterns(text: str, declared: tuple[str, ...], date_order: str | None, *, own: bool) -> tuple[str, ...]:
    """The patterns by which a date may be read: those of the layout, and, where an order was said, a spreadsheet's.

    Where the declared patterns are a person's own, nothing is added: the mapping says how its dates are written.
    """
    if date_order is None:
        return declared
    kept = _in_order(declared, date_order)
    if own:
        return kept or declared
    rewritten = _sheet_pattern(text, date_order)
    return kept if rewritten is None or rewritten in kept else (*kept, rewritten)


@lru_cache(maxsize=64)
def _in_order(patterns: tuple[str, ...], date_order: str) -> tuple[str, ...]:
    """Where day and month may change places, the patterns of the order that was said."""
    wanted = _ORDERS.get(date_order)
    return tuple(each for each in patterns if _order(each)[0] in ("Y", "b") or _order(each) == wanted)


def _order(pattern: str) -> str:
    """In which order a pattern states day, month and year, like ``dmY``."""
    return "".join(re.findall(r"%([dmYybB])", pattern)).replace("y", "Y").replace("B", "b") or "Y"


def _sheet_pattern(text: str, date_order: str) -> str | None:
    """The pattern of a date as a spreadsheet writes it in the order that was said; None where the text has none."""
    found = _SHEET.fullmatch(text)
    if found is None:
        return None
    year = found["first"] if date_order == "ymd" else found["third"]
    parts = {"d": "%d", "m": "%m", "Y": "%Y" if len(year) == 4 else "%y"}
    wanted = [parts[letter] for letter in _ORDERS[date_order]]
    if len(year) not in (2, 4) or max(len(found["second"]), len(found["third" if date_order == "ymd" else "first"])) > 2:
        return None
    return found["mark"].join(wanted) + _time_pattern(found)


def _time_pattern(found: re.Match[str]) -> str:
    said = found["time"]
    if said is None:
        return ""
    before = said[: len(said) - len(said.lstrip(", "))]
    seconds = ":%S" if found["seconds"] else ""
    noon = found["noon"]
    if noon is None:
        return f"{before}%H:%M{seconds}"
    return f"{before}%I:%M{seconds}{noon[:-2]}%p"


def why_no_time(text: str, date_order: str | None, *, zoned: bool) -> str:
    """The way out for a date that cannot be read, where it looks like a spreadsheet's; empty where it does not."""
    if _SHEET.fullmatch(text) is None:
        return ""
    zone = "" if zoned else " and its zone with --timezone"
    if date_order is None:
        return f". A spreadsheet may have written it anew: say its order with --date-order dmy, mdy or ymd{zone}"
    return f". It is no date in the order {date_order}: look for the right --date-order, or the original file"
