"""Instants with uncertainty. A time without a zone is refused at the door; a missing time stays unknown.

``error_s`` is half the width of the interval the true instant lies in: a ledger that states only the day gives noon
of that day with an error of 43,200 s. Order is never claimed where two intervals overlap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trails.errors import OrderMissing, TimeError, ZoneMissing
from trails.money import ascii_digits
from trails.words import quote_cell

#: Unix seconds between which a chain time is a date: before Bitcoin's first block or after 2099 it is a missing value.
FIRST_BLOCK = 1_231_006_505
LAST_SENSIBLE = 4_102_444_800


@dataclass(frozen=True, slots=True)
class Instant:
    """A UTC instant, its uncertainty in seconds and where it comes from (chain, stated, assumed, unknown)."""

    time: datetime | None
    error_s: int | None
    basis: str


UNKNOWN_TIME = Instant(None, None, "unknown")


def from_unix(seconds: int, *, basis: str = "chain", error_s: int = 0) -> Instant:
    """An instant from Unix seconds.

    Raises TimeError for a time before the first Bitcoin block or after 2100: those are missing or mistaken values
    (a row dated 1970 has no date).

    >>> from_unix(1722640811).time.isoformat()
    '2024-08-02T23:20:11+00:00'
    """
    if not FIRST_BLOCK <= seconds < LAST_SENSIBLE:
        shown = datetime.fromtimestamp(seconds, UTC).date().isoformat() if 0 <= seconds < 10**11 else str(seconds)
        raise TimeError(f"time {seconds} ({shown}) lies outside 2009-2099: a missing or mistaken value, not a date")
    return Instant(datetime.fromtimestamp(seconds, UTC), error_s, basis)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name (``Europe/Sarajevo``, ``UTC``); raises TimeError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeError(f"time zone {name!r} is not an IANA name; try one like Europe/Sarajevo or UTC") from None


def parse_time(text: str, *, zone_name: str | None, pattern: str | None = None, order: str | None = None) -> Instant:
    """A written date or time as an instant.

    ``pattern`` is a ``strptime`` pattern (ISO 8601 when None). A date of three numbers, as a spreadsheet or a person writes
    it, is read in the ``order`` of its parts that somebody said (``dmy``, ``mdy``, ``ymd``); one that ends without seconds is
    a minute wide. A time that states its own offset needs no zone and is
    `stated`; any other takes ``zone_name`` and is `assumed`. Without either it is refused. A bare day is noon with
    +-12 h. Daylight-saving gaps and overlaps widen the error by an hour.

    Raises TimeError, and of those ZoneMissing where only the zone is missing, OrderMissing where the order is.

    >>> parse_time("2024-08-02", zone_name="UTC")
    Instant(time=datetime.datetime(2024, 8, 2, 12, 0, tzinfo=datetime.timezone.utc), error_s=43200, basis='assumed')
    >>> parse_time("8/2/2024, 1:05:11 PM", zone_name="UTC", order="mdy").time.isoformat()
    '2024-08-02T13:05:11+00:00'
    """
    plain = ascii_digits(text).strip()
    lost = 0
    try:
        # a pattern without an offset gives a naive time on purpose: it gets its zone below, or is refused
        parsed = _read_pattern(plain, pattern) if pattern else datetime.fromisoformat(plain)
        day_only = ("%H" not in pattern and "%I" not in pattern) if pattern else len(plain) <= 10
    except ValueError:
        found = None if pattern else _NUMBERED.fullmatch(plain)
        if found is None:
            wanted = f"the declared pattern {pattern!r}" if pattern else _ISO
            raise TimeError(f"time {quote_cell(text)} does not fit {wanted}") from None
        parsed = _read_numbered(found, order, zone_said=zone_name is not None)
        day_only, lost = found["hour"] is None, 60 if found["hour"] and not found["second"] else 0
    if not 1900 <= parsed.year < 2100:
        raise TimeError(f"time {text!r} lies outside 1900-2099")
    if parsed.tzinfo is not None:
        return _checked(parsed.astimezone(UTC), lost, "stated")
    if zone_name is None:
        raise ZoneMissing(f"time {text!r} states no zone; say which one with --timezone, for example Europe/Sarajevo")
    local = zone(zone_name)
    if day_only:
        parsed = parsed.replace(hour=12)
    first, second = parsed.replace(tzinfo=local, fold=0), parsed.replace(tzinfo=local, fold=1)
    error = 43_200 if day_only else lost
    if first.utcoffset() != second.utcoffset():
        error += 3_600
    return _checked(first.astimezone(UTC), error, "assumed")


def _read_pattern(text: str, pattern: str) -> datetime:
    """What ``strptime`` reads, at a fifth of its cost where the pattern is one of plain numbers, all written in full.

    A pattern without an offset gives a naive time on purpose: it gets its zone, or is refused.
    """
    shape = _plain_shape(pattern)
    found = shape.fullmatch(text) if shape else None
    if found is None:
        return datetime.strptime(text, pattern)  # noqa: DTZ007
    read = {name: int(digits) for name, digits in found.groupdict().items()}
    year = read["Y"] if "Y" in read else read["y"] + (2000 if read["y"] <= _LAST_OF_THIS_CENTURY else 1900)
    return datetime(  # noqa: DTZ001
        year, read["m"], read["d"], read.get("H", 0), read.get("M", 0), read.get("S", 0)
    )


#: A date of three numbers, with a time of day behind it or without, as spreadsheets and people write it.
_NUMBERED = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[/.-]) ?(?P<b>\d{1,2})(?P=mark) ?(?P<c>\d{1,4})\.?"
    r"(?:(?:,?\s{1,3}|T)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>\.\d{1,9})?)?"
    r"(?:\s?(?P<noon>[AaPp])\.?\s?[Mm]\.?)?\s?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?",
)
_ISO = "ISO 8601 (2024-08-02T23:20:11Z)"
_PLACES = {"dmy": "cba", "mdy": "cab", "ymd": "abc"}


def is_numbered(text: str) -> bool:
    """Whether a text is a date of three numbers, whatever their order.

    >>> is_numbered("8/2/2024 13:05"), is_numbered("2 August 2024")
    (True, False)
    """
    return _NUMBERED.fullmatch(text.strip()) is not None


def _read_numbered(found: re.Match[str], order: str | None, *, zone_said: bool) -> datetime:
    """A date of three numbers in the order that was said; where the year stands first no order needs to be said.

    Raises OrderMissing where one does, TimeError for numbers that are no date in it.
    """
    shown = f"time {found[0]!r}"
    first = "ymd" if len(found["a"]) == 4 else order
    if first not in _PLACES:
        zone = "" if zone_said or found["zone"] else ", and its zone with --timezone, like Europe/Sarajevo"
        raise OrderMissing(f"{shown} may be day or month first: say it with --date-order dmy or mdy{zone}")
    year, month, day = (found[place] for place in _PLACES[first])
    hour, noon = int(found["hour"] or 0), (found["noon"] or "").lower()
    if len(year) not in (2, 4) or max(len(month), len(day)) > 2 or (noon and not 1 <= hour <= 12):
        raise TimeError(f"{shown} is no date in the order {first}")
    hour = hour % 12 + (12 if noon == "p" else 0) if noon else hour
    whole = int(year) if len(year) == 4 else int(year) + (2000 if int(year) <= _LAST_OF_THIS_CENTURY else 1900)
    micro = int((found["part"] or ".0")[1:7].ljust(6, "0"))
    try:
        return datetime(
            whole, int(month), int(day), hour, int(found["minute"] or 0), int(found["second"] or 0), micro,
            tzinfo=_read_offset(found["zone"]),
        )  # fmt: skip
    except ValueError:
        fits = f"is no date in the order {first}; look for the right --date-order" if first == order else f"does not fit {_ISO}"
        raise TimeError(f"{shown} {fits}") from None


def _read_offset(text: str | None) -> timezone | None:
    """The offset from UTC that a time states itself."""
    if text is None or text[0] not in "+-":
        return UTC if text else None
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


#: Two digits of a year up to this one are of this century, as POSIX has it.
_LAST_OF_THIS_CENTURY = 68
_DIGITS = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}


@lru_cache(maxsize=64)
def _plain_shape(pattern: str) -> re.Pattern[str] | None:
    """A regular expression for a pattern of whole numbers with a year, a month and a day; None for another pattern."""
    parts = re.split(r"(%.)", pattern)
    used = [part for part in parts if part.startswith("%")]
    dated = "%m" in used and "%d" in used and (("%Y" in used) != ("%y" in used))
    if not dated or len(set(used)) < len(used) or not set(used) <= set(_DIGITS) or re.search(r"\s\s|%$", pattern):
        return None
    shape = "".join(f"(?P<{part[1]}>[0-9]{{{_DIGITS[part]}}})" if part in used else re.escape(part) for part in parts)
    return re.compile(shape)


def _checked(instant: datetime, error_s: int, basis: str) -> Instant:
    if not 1900 <= instant.year < 2100:
        raise TimeError(f"time {instant.isoformat()} lies outside 1900-2099")
    if instant.timestamp() == 0 or (instant.year, instant.month, instant.day) == (1970, 1, 1):
        raise TimeError("time is 1970-01-01: a missing value, not a date")
    return Instant(instant, error_s, basis)
