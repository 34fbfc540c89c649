"""A chat that an app wrote as plain text: which lines begin a message, and which belong to the message above.

All messages of one export have a header of one shape, so a line that looks like a header of another shape is somebody's
words (a copied message) and begins nothing. Which lines of the file's own shape begin nothing either is said in
:mod:`.starts`. A header whose time cannot be read begins a message that is refused: it is no part of the one above.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from connectors.messages.ampm import read_hour
from connectors.messages.dates import HIJRI_ERROR_S, choose_order, is_buddhist, is_lunar, read_date
from connectors.messages.headers import (
    Header,
    Shape,
    find_headers,
    is_unclear,
    split_sender,
    split_tight,
    starts_with_header,
)
from connectors.messages.months import read_month
from connectors.messages.starts import Pasted, split_by_line_ends, split_by_time
from trails.columns import CellProblem, read_instant
from trails.connector import RawRecord
from trails.errors import SourceError
from trails.model import Issue
from trails.records import mend
from trails.timestamps import Instant
from trails.words import count_words, quote_word

if TYPE_CHECKING:
    from collections.abc import Iterator

#: An export holds some ten thousand messages; what is longer than this is none.
MOST_CHARACTERS = 1 << 26
MOST_MESSAGES = 500_000
#: A time that states the minute is taken in its middle.
_HALF_MINUTE = 30
_ROLL_DAYS = 180


class Entry(NamedTuple):
    """One message as written; ``header`` is None for text before the first message."""

    row: int
    raw: str
    header: Header | None
    sender: str | None
    text: str
    tight: bool = False


@dataclass
class Layout:
    """The headers that begin a message, what they have in common, and which lines only look like one.

    ``others`` lines look like one, of which those of the ``pasted`` blocks have the file's own shape; ``mixed`` messages
    begin behind a line end that is not the file's.
    """

    shape: Shape
    starts: list[Header]
    days: list[tuple[tuple[str, ...], str | None]]
    others: int
    pasted: list[tuple[int, Pasted]]
    mixed: int = 0

    @property
    def buddhist(self) -> bool:
        """Whether years are of the Buddhist era by their number alone."""
        return any(is_buddhist(parts, era) for parts, era in self.days)


def study_layout(text: str, name: str, date_order: str | None = None) -> Layout:
    """The one shape of a file's headers, and its days; raises SourceError where no line is a header.

    The first line of an export is a header, so its shape is the file's. A file cut at its beginning has the shape that
    most of its lines have. ``date_order`` is what was said of it: whether time runs on may depend on it.
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
    if all(map(is_unclear, headers)):
        raise SourceError(
            f"{name}: a word that trails does not know stands beside every time, where AM or PM would: export the chat "
            "again with the phone's clock set to 24 hours"
        )
    first = starts_with_header(text)
    shape = first.shape if first else _most_common_shape(headers)
    # a header that only lacks a marker, or has one where the others do not, is none of another export: it is unclear
    near = shape._replace(half_days=not shape.half_days)
    # equal shapes of one text are one object
    shape = next((header.shape for header in headers if header.shape == shape), shape)
    ours = [
        header if header.shape is shape else header._replace(marker="")
        for header in headers
        if header.shape is shape or header.shape == near
    ]
    days = _distinct_days(ours)
    found = split_by_line_ends(text, ours, _find_order(days, shape, date_order, name))
    starts, pasted = found.headers, found.pasted
    if pasted:
        days = _distinct_days(starts)
    if order := _find_order(days, shape, date_order, name):
        again = split_by_time(text, starts, order)
        starts = again.headers
        if again.pasted:
            pasted = sorted([*pasted, *again.pasted], key=lambda block: block.start)
            days = _distinct_days(starts)
    before = 1 if text[: starts[0].start].strip() else 0
    places = [header.start for header in starts] if pasted else []
    rows = [(bisect_right(places, block.start) + before, block) for block in pasted]
    return Layout(shape, starts, days, len(headers) - len(starts), rows, found.mixed)


def _most_common_shape(headers: list[Header]) -> Shape:
    return Counter(header.shape for header in headers if not is_unclear(header)).most_common(1)[0][0]


def _distinct_days(starts: list[Header]) -> list[tuple[tuple[str, ...], str | None]]:
    """The days of headers, each once in its place; those of headers whose time is not clear say nothing."""
    days: list[tuple[tuple[str, ...], str | None]] = []
    last: tuple[str, ...] | None = None
    for header in starts:
        if (header.parts != last or header.era != days[-1][1]) and not is_unclear(header):
            last = header.parts
            days.append((last, header.era))
    return days


def _find_order(
    days: list[tuple[tuple[str, ...], str | None]], shape: Shape, said: str | None, name: str
) -> str | None:
    """The order of day and month, None where the lines do not decide it: then the file is refused when it is read."""
    try:
        return choose_order(days, shape, said, name)
    except SourceError:
        return None


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
    if sender is not None or ":" not in body:
        return Entry(row, raw, header, sender, body[start:])
    sender, start = split_tight(body)
    return Entry(row, raw, header, sender, body[start:], sender is not None)


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
            raise SourceError(
                f"{name}: `year` in the mapping has no effect: the dates of this chat state their year; take it out"
            )
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
            raise CellProblem("time_damaged", f"{shown} is no time {_say_why(header, self.order)}")
        second = _HALF_MINUTE if header.second is None else header.second
        found = read_instant(f"{day}T{hour:02}:{header.minute:02}:{second:02}", zone_name=self.zone_name)
        error = (found.error_s or 0) + (_HALF_MINUTE if header.second is None else 0)
        if is_lunar(header.parts, header.era, self.order):
            error += HIJRI_ERROR_S
        return Instant(found.time, error, found.basis)


def _say_why(header: Header | None, order: str) -> str:
    """What is wrong with a header's time."""
    if header is not None and header.shape.separator == "word" and read_month(header.parts[1]) is None:
        return (
            f"that trails can read: {quote_word(header.parts[1])} is the name of no month, or of two in two languages"
        )
    return f"when dates are read as {order}"


def entry_problem(entry: Entry) -> Issue | None:
    """What refuses a message whatever it holds: text before the first header, and a header that is not clear."""
    if entry.header is None:
        said = "text before the first message: the file's beginning is cut off"
        return Issue(entry.row, "error", "message_cut", said)
    if is_unclear(entry.header):
        said = (
            "the line looks like the beginning of a message, but the word beside its time is none that trails knows for a part "
            "of the day, or the file's other times have one or none where this has not: it is refused with the lines below it"
        )
        return Issue(entry.row, "error", "header_unclear", said)
    return None


def tight_note(entry: Entry) -> Issue:
    """That no space stands behind a sender's colon, as apps write it."""
    said = "no space stands behind the name's colon, as apps write one: read as a message of who is named"
    return Issue(entry.row, "note", "header_unclear", said)


def layout_issues(layout: Layout, backwards: list[int]) -> Iterator[Issue]:
    """What the lines of a whole file say about it: copied headers, and messages dated before the one above them."""
    others = layout.others - sum(block.count for _, block in layout.pasted)
    if others:
        message = (
            f"{count_words(others, 'line looks', 'lines look')} like the beginning of a message but not as this export "
            "writes them: read as words of the message above. If the file was put together from several exports, split it"
        )
        yield Issue(None, "warning" if others * 10 > len(layout.starts) else "note", "other_headers", message)
    for row, block in layout.pasted:
        many = count_words(block.count, "line", "lines")
        message = (
            f"{many} in this message look{'s' if block.count == 1 else ''} like the beginning of a message, but {block.why}: "
            "pasted from another chat, and read as words of who sent this one; who is named in them may have written them"
        )
        yield Issue(row, "warning", "pasted_block", message)
    if layout.mixed:
        message = (
            f"{count_words(layout.mixed, 'message begins', 'messages begin')} behind a line end that is not the one of this file's "
            "messages: they name its senders and time runs on, so they are read as messages. Was the file edited?"
        )
        yield Issue(None, "note", "mixed_line_ends", message)
    if layout.buddhist:
        message = "its years are read as years of the Buddhist era (2567 is 2024): no other calendar has them"
        yield Issue(None, "note", "dates_read", message)
    if backwards:
        many = count_words(len(backwards), "message is", "messages are")
        message = (
            f"{many} dated on a day before the message above (first: row {backwards[0]}): a clock "
            "was changed, messages came late, or lines were copied in; their order is not the order of time"
        )
        yield Issue(None, "note", "order_broken", message)
