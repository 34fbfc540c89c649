"""The times of a table's rows, as the cells state them: ``2024-08-02 23:41:07+00:00``, ``8/2/2024 11:41:07 PM(UTC+2)``.

Where the cells do not write the year first, the order of day and month is inferred from all rows, as for a chat
(:mod:`connectors.messages.dates`), or refused.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from connectors.messages.ampm import read_hour
from connectors.messages.dates import choose_order, read_date
from connectors.messages.headers import starts_with_header
from trails.columns import CellProblem, read_instant
from trails.errors import SourceError, TimeError
from trails.money import ascii_digits
from trails.timestamps import Instant, from_unix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.message_table.layout import Layout
    from connectors.messages.dates import Day
    from connectors.messages.headers import Header
    from trails.columns import DeclaredRow
    from trails.connector import ReadOptions

#: Cellebrite writes the zone behind the time.
_OFFSET = re.compile(r"\s*\(?(?:UTC|GMT)\s*(?:([+-])\s*(\d{1,2})(?:[:.](\d{1,2}))?)?\)?\s*\Z")
_UNIX = re.compile(r"\d{10}(?:\d{3})?\Z", re.ASCII)
_HALF_MINUTE = 30
#: No time is written in so many characters: a longer text is none, and is not searched for a zone.
_LONGEST_TIME = 200
#: Where none of so many rows writes a day before a year, no later one does.
_PROBE = 50


class Times:
    """Reads the times of one table."""

    def __init__(self, layout: Layout, options: ReadOptions, name: str) -> None:
        self.mapping, self.name, self.said_order = layout.mapping, name, options.date_order
        self.zone_name = options.timezone or layout.mapping.said("timezone")
        self.stated = layout.zone_is_stated and options.timezone is None
        self.declared = bool(layout.mapping.date_patterns or layout.mapping.date_rules)
        self.order = "ymd"

    def infer_order(self, rows: Iterable[DeclaredRow]) -> None:
        """Choose the order of day and month by all rows; nothing is read where the first time writes the year first.

        Raises SourceError where the rows do not decide.
        """
        days: list[Day] = []
        shape = None
        for place, row in enumerate(() if self.declared else rows):
            if isinstance(row.cells.get("time"), date) or (shape is None and place > _PROBE):
                return
            header = _parse(self._written(row)[0])
            if header is None:
                continue
            if "first" in header.shape.year:
                return
            shape = shape or header.shape
            if not days or days[-1] != (header.parts, header.era):
                days.append((header.parts, header.era))
        if shape is not None:
            if shape.year == "none":
                raise SourceError(
                    f"{self.name}: its times state no year; declare `date_pattern` and `year` in a mapping"
                )
            self.order = choose_order(days, shape, self.said_order, self.name)

    def instant(self, row: DeclaredRow) -> Instant:
        """The time of a row; raises CellProblem (``time_missing``, ``time_damaged``, ``time_no_zone``)."""
        cell = row.cells.get("time")
        if isinstance(cell, datetime):
            return self._settled(read_instant(cell.isoformat(), zone_name=self.zone_name))
        written, offset = self._written(row)
        if not written:
            raise CellProblem("time_missing", "the row states no time")
        if self.declared:
            found = row.instant("time", self.zone_name)
            if found is None:
                raise CellProblem("time_missing", "the row states no time")
            return self._settled(found)
        if _UNIX.match(written):
            try:
                return from_unix(int(written[:10]), basis="stated")
            except TimeError as problem:
                raise CellProblem("time_damaged", f"{row.shown('time')}: {problem}") from None
        header = _parse(written)
        if header is None:
            return self._settled(read_instant(f"{written}{offset}", zone_name=self.zone_name))
        return self._settled(self._of_header(header, row, offset))

    def _written(self, row: DeclaredRow) -> tuple[str, str]:
        """A row's time without its zone, and the zone as an ISO offset; with the day of its own column where it has one."""
        clock, day = ascii_digits(row.text("time")), ascii_digits(row.text("date"))
        if len(clock) + len(day) > _LONGEST_TIME:
            return clock, ""
        found = _OFFSET.search(clock)
        offset = ""
        if found:
            clock = clock[: found.start()]
            sign, hours, minutes = found.groups()
            minute = 0 if minutes is None else int(minutes) * 6 if len(minutes) == 1 else int(minutes)
            offset = f"{sign or '+'}{int(hours or 0):02}:{minute:02}"
        written = f"{day} {clock}" if day and clock and len(clock) < 12 else clock
        return written.strip(), offset

    def _of_header(self, header: Header, row: DeclaredRow, offset: str) -> Instant:
        order = "ymd" if "first" in header.shape.year else self.order
        day, hour = read_date(header.parts, header.era, order), read_hour(header.hour, header.marker)
        if day is None or hour is None or header.minute > 59 or (header.second or 0) > 59:
            raise CellProblem("time_damaged", f"{row.shown('time')} is no time when dates are read as {order}")
        second = _HALF_MINUTE if header.second is None else header.second
        found = read_instant(f"{day}T{hour:02}:{header.minute:02}:{second:02}{offset}", zone_name=self.zone_name)
        error = (found.error_s or 0) + (_HALF_MINUTE if header.second is None else 0)
        return Instant(found.time, error, found.basis)

    def _settled(self, found: Instant) -> Instant:
        """A time whose zone the layout itself is known to be in is stated, not assumed."""
        return Instant(found.time, found.error_s, "stated") if self.stated else found


def _parse(written: str) -> Header | None:
    """A written time as the header of a chat would have it; None for another writing, which must be ISO 8601."""
    return starts_with_header(f"[{written}] ") if written else None
