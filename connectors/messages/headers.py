"""The header of a message in a chat that an app writes as plain text, in every shape we know.

    23/03/2022, 13:31 - Dmitry: Hello                  WhatsApp for Android
    \u200e[3/27/22, 21:41:55] Dmitry: Hello                  WhatsApp for iOS, with an invisible mark
    \u200f[٢٧\u200f/٣\u200f/٢٠٢٢، ٩:٤١:٥٥ م] Dmitry: Hello          the same in Arabic
    [3/27/R4, 21:41:55]   [3/27/2565 BE, 21:41:55]     Japanese and Buddhist years
    13/06/15 10:59:59: Dmitry: Hello                   older versions
    1 Sep 13:30 - Dmitry: Hello                        older versions, without the year
    [2019-12-24, 12:23] Jane Doe: Hello                Signal

Source: 49 shapes found in 474 exports (starkdmi/whats_json), the fixtures of chat-miner and nmoya/whatsapp-parser, and
the short date and time formats of the Unicode CLDR for the Balkans, Turkey and the Middle East.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from connectors.messages.ampm import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Invisible marks; a bounded number, so that a text of nothing else does not make the search slow.
_M = "[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u061c]{0,6}"
_S = "[ \u00a0\u202f\u2009]"
_ERA = r"(?:(R|H|令和|平成)" + _M + ")?"
_NUMERIC = (
    rf"(\d{{1,4}}){_M}([./-]){_S}?{_M}(\d{{1,2}}){_M}"
    rf"(?:[./-]{_S}?{_M}{_ERA}(\d{{1,4}})\.?(?:{_S}?(BE|AH|AP|BS|г\.|ه\.?|هـ))?)?"
)
_WORDED = rf"(\d{{1,2}})\.?{_S}([^\W\d_]{{3,12}})\.?(?:{_S}(\d{{4}}))?"
_IDEOGRAPHIC = rf"{_ERA}(\d{{1,4}})[年년]{_S}?(\d{{1,2}})[月월]{_S}?(\d{{1,2}})[日일]"
_TIME = (
    rf"(?:({MARKER}){_S}?)?(\d{{1,2}}){_M}([:.]|{_S}?h{_S}?){_M}(\d{{2}})(?:{_M}(?:[:.]|{_S}?min{_S}?){_M}(\d{{2}}))?"
    rf"(?:{_S}?[sч]\.?)?(?:{_M}{_S}?({MARKER}))?"
)
_HEADER = re.compile(
    rf"^{_M}(\[?){_M}(?:{_NUMERIC}|{_WORDED}|{_IDEOGRAPHIC})"
    rf"{_M}([,\u060c]?){_M}{_S}{_M}(?:(?:klo|kl\.|um|at|alle|à|u|в){_S})?{_M}{_TIME}{_M}"
    rf"(\]{_S}?:?{_S}?|{_S}[-\u2013]{_S}|:{_S})",
    re.IGNORECASE | re.MULTILINE,
)
_SENDER = re.compile(rf"{_M}([^\n:]{{1,120}}?){_M}:(?:[ \u00a0\u202f]|(?=\r?\n|\r?\Z))")
_QUOTES = (("\u201c", "\u201d"), ("\u00ab", "\u00bb"))
_QUOTE = re.compile('["\u201c\u201d\u00ab\u00bb]')
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Shape(NamedTuple):
    """How a header is written. All messages of one export have one shape; a line of another is somebody's text."""

    bracket: bool
    separator: str
    year: str
    comma: bool
    clock: str
    seconds: bool
    half_days: bool
    end: str


class Header(NamedTuple):
    """One header as written: three parts of a date in their order, and the time of day."""

    start: int
    end: int
    shape: Shape
    parts: tuple[str, ...]
    era: str | None
    hour: int
    minute: int
    second: int | None
    marker: str | None


def find_headers(text: str) -> Iterator[Header]:
    """Every line of a text that looks like a header, of whatever shape."""
    shapes: dict[Shape, Shape] = {}
    for match in _HEADER.finditer(text):
        header = _read(match)
        yield header._replace(shape=shapes.setdefault(header.shape, header.shape))


def starts_with_header(text: str) -> Header | None:
    """The header a text begins with, after blank lines; None where it begins otherwise."""
    match = _HEADER.match(text, len(text) - len(text.lstrip("\r\n")))
    return _read(match) if match else None


def _read(match: re.Match[str]) -> Header:
    (bracket, first, separator, second, era, third, calendar, day, month, year, kanji_era, kanji_year, kanji_month,
     kanji_day, comma, before, hour, clock, minute, seconds, after, end) = match.groups()  # fmt: skip
    if first is not None:
        parts = (first, second) if third is None else (first, second, third)
        kind = "none" if third is None else calendar.upper() if calendar else "era" if era else "plain"
        kind += " first" if len(first) > 2 else ""
    elif day is not None:
        parts = (day, month) if year is None else (day, month, year)
        separator, kind = "word", "none" if year is None else "plain"
    else:
        parts, separator, kind, era = (kanji_year, kanji_month, kanji_day), "ideograph", "plain first", kanji_era
    shape = Shape(
        bool(bracket), separator, kind, bool(comma), clock.strip(" \u00a0\u202f").lower(), seconds is not None,
        bool(before or after), end.strip(" \u00a0\u202f\u2009").replace("\u2013", "-"),
    )  # fmt: skip
    return Header(
        match.start(), match.end(), shape, parts, (era or calendar or "").upper() or None, int(hour), int(minute),
        None if seconds is None else int(seconds), before or after,
    )  # fmt: skip


def split_sender(body: str) -> tuple[str | None, int]:
    """The sender a message's body begins with, and where the text begins; no sender for a notice of the app.

    >>> split_sender("Kaka N.: OK"), split_sender("Kaka N. left")
    (('Kaka N.', 9), (None, 0))
    """
    match = _SENDER.match(body)
    if match is None or _breaks_quote(match[1]):
        return None, 0
    return match[1].strip() or None, match.end()


def _breaks_quote(name: str) -> bool:
    """Whether a quotation is open at a colon: ``You changed the subject from "Trip: two``."""
    if not _QUOTE.search(name):
        return False
    return name.count('"') % 2 == 1 or any(name.count(left) != name.count(right) for left, right in _QUOTES)


def read_month(word: str) -> int | None:
    """The number of a month that is written as a number or an English word.

    >>> read_month("Sept"), read_month("9"), read_month("rujan")
    (9, 9, None)
    """
    if word.isdecimal():
        return int(word)
    start = word.casefold()[:3]
    return _MONTHS.index(start) + 1 if start in _MONTHS else None
