"""The dates of OFX: ``20240805``, ``20240805120000.123[-5:EST]``; without an offset they are GMT (specification, 3.2.8)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from trails.columns import CellProblem
from trails.errors import TimeError
from trails.timestamps import Instant, parse_time
from trails.words import quote_cell

_DATE = re.compile(
    r"(\d{8})(\d{4}(?:\d{2})?)?(?:\.\d{1,6})?"
    r"(?:\[([+-]?)(\d{1,2})(?:([.:])(\d{1,2}))?(?::(?:[^\]\d][^\]]{0,11})?)?\]|\s?(?:GMT|UTC|Z))?\Z"
)
#: Moments that stand for a day: its noon, 12 h either way.
_DAYS = ((0, 0, 0), (12, 0, 0))
#: The part of an hour in an offset, by how it is written: no zone has 18 minutes, so +5.30 and +5.5 are the same.
_MINUTES = {"": 0, ".0": 0, ".00": 0, ".25": 15, ".5": 30, ".50": 30, ".75": 45, ".15": 15, ".30": 30, ".45": 45}


def read_ofx_time(text: str, word: str, zone_name: str | None) -> Instant:
    """A date of OFX: with its offset stated; without one a moment is GMT, and a bare day is the bank's."""
    found = _DATE.match(text.strip())
    if not found:
        raise CellProblem("time_damaged", f"{word} {quote_cell(text)} is no date of OFX (20240805120000[-5:EST])")
    day, clock = found[1], found[2]
    try:
        if not clock:
            return parse_time(f"{day[:4]}-{day[4:6]}-{day[6:]}", zone_name=zone_name or "UTC")
        moment = datetime.strptime(day + clock.ljust(6, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        hours = _offset(found, word) if found[4] else timedelta(0)
        if abs(hours) > timedelta(hours=14):
            raise CellProblem("time_damaged", f"{word} {text[:40]!r} has an offset of more than 14 hours")
        whole_day = (moment.hour, moment.minute, moment.second) in _DAYS
        if whole_day:
            moment = moment.replace(hour=12)
        instant = parse_time((moment - hours).isoformat(), zone_name=None)
    except (ValueError, OverflowError):
        raise CellProblem("time_damaged", f"{word} {text[:40]!r} is no date of the calendar") from None
    except TimeError as problem:
        raise CellProblem("time_damaged", str(problem)) from None
    return replace(instant, error_s=43_200) if whole_day else instant


def _offset(found: re.Match[str], word: str) -> timedelta:
    """The offset of a date in brackets; raises CellProblem."""
    minutes = _MINUTES.get(f".{found[6]}" if found[5] else "")
    if minutes is None or (found[5] == ":" and len(found[6]) != len("30")):
        raise CellProblem("time_damaged", f"{word} has an offset that no zone has")
    hours = timedelta(hours=int(found[4] or 0), minutes=minutes)
    return -hours if found[3] == "-" else hours
