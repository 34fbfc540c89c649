"""A chat that an app wrote as plain text: which lines begin a message, and which belong to the message above.

All messages of one export have a header of one shape, so a line that looks like a header of another shape is somebody's
words (a copied message) and begins nothing. On an iPhone, messages end with CR LF and the lines inside them with LF:
where a file keeps that, a header after a bare LF is inside a message too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from connectors.messages.ampm import read_hour
from connectors.messages.dates import HIJRI_ERROR_S, choose_order, is_lunar, read_date
from connectors.messages.headers import Header, Shape, find_headers, split_sender, starts_with_header
from trails.columns import CellProblem, read_instant
from trails.connector import RawRecord
from trails.errors import SourceError
from trails.model import Issue
from trails.records import mend
from trails.timestamps import Instant
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

#: An export holds some ten thousand messages; what is longer than this is none.
MOST_CHARACTERS = 1 << 26
MOST_MESSAGES = 500_000
#: A time that states the minute is taken in its middle.
_HALF_MINUTE = 30
_ROLL_DAYS = 180
_CRLF_SHARE = 0.9


class Entry(NamedTuple):
    """One message as written; ``header`` is None for text before the first message."""

    row: int
    raw: str
    header: Header | None
    sender: str | None
    text: str


@dataclass
class Layout:
    """The headers that begin a message, what they have in common, and how many lines only look like one."""

    shape: Shape
    starts: list[Header]
    days: list[tuple[tuple[str, ...], str | None]]
    others: int


def study_layout(text: str, name: str) -> Layout:
    """The one shape of a file's headers, and its days; raises SourceError where no line is a header.

    The first line of an export is a header, so its shape is the file's. A file cut at its beginning has the shape that
    most of its lines have.
    """
    if len(text) > MOST_CHARACTERS:
        raise SourceError(
            f"{name}: more than {MOST_CHARACTERS:,} characters: no chat export is as long; split the file"
        )
    headers = list(islice(find_headers(text), MOST_MESSAGES + 1))
    if len(headers) > MOST_MESSAGES:
        raise SourceError(f"{name}: more than {MOST_MESSAGES:,} messages: no app exports as many; split the file")
    if not headers:
        raise SourceError(
            f"{name}: no line begins with a date, a time and a name: it is no chat export, or its beginning is cut"
        )
    first = starts_with_header(text)
    shape = first.shape if first else Counter(header.shape for header in headers).most_common(1)[0][0]
    starts = [header for header in headers if header.shape == shape]
    outer = [header for header in starts if header.start == 0 or text.startswith("\r\n", header.start - 2)]
    if len(outer) >= _CRLF_SHARE * len(starts):
        starts = outer
    days = [(header.parts, header.era) for header in starts]
    distinct = [day for before, day in zip([None, *days], days, strict=False) if day != before]
    return Layout(shape, starts, distinct, len(headers) - len(starts))


def read_entries(text: str, layout: Layout) -> Iterator[Entry]:
    """The messages of a file in their order, each with the lines below it."""
    row = 0
    if text[: layout.starts[0].start].strip():
        row = 1
        yield _entry(1, text, None, layout.starts[0].start)
    ends = [header.start for header in layout.starts[1:]]
    for header, end in zip(layout.starts, [*ends, len(text)], strict=True):
        row += 1
        yield _entry(row, text, header, end)


def _entry(row: int, text: str, header: Header | None, end: int) -> Entry:
    raw = text[header.start if header else 0 : end].rstrip("\r\n")
    if header is None:
        return Entry(row, raw, None, None, raw)
    body = text[header.end : end].rstrip("\r\n")
    sender, start = split_sender(body)
    return Entry(row, raw, header, sender, body[start:])


def raw_records(text: str, layout: Layout) -> Iterator[RawRecord]:
    """The messages as the file writes them."""
    return (RawRecord(entry.row, mend(entry.raw), mend(entry.raw)) for entry in read_entries(text, layout))


class Clock:
    """Reads the times of one chat: its order of day and month, its zone, and the years it leaves out."""

    def __init__(
        self, layout: Layout, *, date_order: str | None, zone_name: str | None, year: object, name: str
    ) -> None:
        if year is not None and (not isinstance(year, int) or isinstance(year, bool) or not 2009 <= year < 2100):
            raise SourceError(
                f"{name}: `year` in the mapping is {year!r}; say the year of the first message, like 2016"
            )
        if layout.shape.year == "none" and year is None:
            raise SourceError(
                f"{name}: its dates state no year; say that of the first message in a mapping beside it: year = 2016"
            )
        if layout.shape.year != "none" and year is not None:
            raise SourceError(f"{name}: `year` in the mapping has no effect: the dates of this chat state their year; take it out")
        self.order = choose_order(layout.days, layout.shape, date_order, name)
        self.zone_name = zone_name
        self.year = year if isinstance(year, int) else 0
        self.last: date | None = None
        self.backwards: list[int] = []

    def see(self, entry: Entry) -> date | None:
        """The day of a message, in the file's order: it counts years on, and jumps back."""
        header = entry.header
        if header is None:
            return None
        found = read_date(header.parts, header.era, self.order, year=self.year or 2000)
        if found is None:
            return None
        if len(header.parts) == 2 and self.last and (self.last - found).days > _ROLL_DAYS:
            self.year += 1
            found = read_date(header.parts, header.era, self.order, year=self.year) or found
        if self.last and found < self.last:
            self.backwards.append(entry.row)
        self.last = found
        return found

    def instant(self, entry: Entry, day: date | None) -> Instant:
        """The instant of a message; raises CellProblem (``time_damaged``, ``time_no_zone``)."""
        header = entry.header
        hour = read_hour(header.hour, header.marker) if header else None
        if header is None or day is None or hour is None or header.minute > 59 or (header.second or 0) > 59:
            shown = "this" if header is None else repr(entry.raw[: header.end - header.start])
            raise CellProblem("time_damaged", f"{shown} is no time when dates are read as {self.order}")
        second = _HALF_MINUTE if header.second is None else header.second
        found = read_instant(f"{day}T{hour:02}:{header.minute:02}:{second:02}", zone_name=self.zone_name)
        error = (found.error_s or 0) + (_HALF_MINUTE if header.second is None else 0)
        if is_lunar(header.parts, header.era, self.order):
            error += HIJRI_ERROR_S
        return Instant(found.time, error, found.basis)


def layout_issues(layout: Layout, backwards: list[int]) -> Iterator[Issue]:
    """What the lines of a whole file say about it: copied headers, and messages dated before the one above them."""
    if layout.others:
        message = (
            f"{count_words(layout.others, 'line looks', 'lines look')} like the beginning of a message but not as this export "
            "writes them: read as words of the message above. If the file was put together from several exports, split it"
        )
        yield Issue(None, "warning" if layout.others * 10 > len(layout.starts) else "note", "other_headers", message)
    if backwards:
        many = count_words(len(backwards), "message is", "messages are")
        message = (
            f"{many} dated on a day before the message above (first: row {backwards[0]}): a clock "
            "was changed, messages came late, or lines were copied in; their order is not the order of time"
        )
        yield Issue(None, "note", "order_broken", message)
