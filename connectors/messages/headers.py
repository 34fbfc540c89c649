"""The header of a message in a chat that an app writes as plain text, in every shape we know.

    23/03/2022, 13:31 - Dmitry: Hello                  WhatsApp for Android
    \u200e[3/27/22, 21:41:55] Dmitry: Hello                  WhatsApp for iOS, with an invisible mark
    \u200f[٢٧\u200f/٣\u200f/٢٠٢٢، ٩:٤١:٥٥ م] Dmitry: Hello          the same in Arabic
    [3/27/R4, 21:41:55]   [3/27/2565 BE, 21:41:55]     Japanese and Buddhist years
    13/06/15 10:59:59: Dmitry: Hello                   older versions
    1 Sep 13:30 - Dmitry: Hello                        older versions, without the year
    14 août 2024 à 13:30 - Dmitry: Hello               with the month in words
    [2019-12-24, 12:23] Jane Doe: Hello                Signal

Source: 49 shapes found in 474 exports (starkdmi/whats_json), the fixtures of chat-miner and nmoya/whatsapp-parser, and
the short date and time formats of the Unicode CLDR for the Balkans, Turkey and the Middle East.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from connectors.messages.ampm import MARKER, is_marker

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
_WORDED = rf"(\d{{1,2}})(?:\.|er|º|ª)?{_S}(?:de{_S})?([^\W\d_]{{3,12}})\.?(?:{_S}(?:de{_S})?(\d{{4}})(?:{_S}?[гр]\.)?)?"
_IDEOGRAPHIC = rf"{_ERA}(\d{{1,4}})[年년]{_S}?(\d{{1,2}})[月월]{_S}?(\d{{1,2}})[日일]"
#: What stands where a marker of morning or afternoon would and is none that we know: one to three words.
_WORD = r"[^\s\d\[\]():/,\u060c\u2013-]{1,15}"
_ANY_MARKER = rf"{MARKER}|(?=[^\W\d_]){_WORD}(?:{_S}{_WORD}){{0,2}}"
_BEFORE_TIME = rf"klo|kl\.|kl|um|at|alle|ore|à|às|a{_S}las|om|u|в|о|saat"
_TIME = (
    rf"(?:({_ANY_MARKER}){_S}?)?(\d{{1,2}}){_M}([:.]|{_S}?h{_S}?){_M}(\d{{2}})(?:{_M}(?:[:.]|{_S}?min{_S}?){_M}(\d{{2}}))?"
    rf"(?:{_S}?[sч]\.?)?(?:{_M}{_S}?({_ANY_MARKER}))?"
)
_HEADER = re.compile(
    rf"^{_M}(\[?){_M}(?:{_NUMERIC}|{_WORDED}|{_IDEOGRAPHIC})"
    rf"{_M}([,\u060c]?){_M}{_S}{_M}(?:(?:{_BEFORE_TIME}){_S})?{_M}{_TIME}{_M}"
    rf"(\]:?{_S}?|{_S}[-\u2013]{_S}|:{_S})",
    re.IGNORECASE | re.MULTILINE,
)
_SENDER = re.compile(rf"{_M}([^\r\n:]{{1,120}}?){_M}:(?:[ \u00a0\u202f]|(?=[\r\n]|\Z))")
#: A name whose colon has no space behind it, and a text.
_TIGHT = re.compile(rf"{_M}([^\r\n:]{{1,60}}?){_M}:(?=[^\s:/\\])")
_SCHEMES = ("http", "https", "ftp", "mailto", "tel", "tg", "bitcoin", "ethereum", "tron", "litecoin", "monero", "wc")
_QUOTE = re.compile('["\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d]')
_LONE_RETURN = re.compile("\r(?!\n)")


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
    """Every line of a text that looks like a header, of whatever shape; a lone carriage return ends a line too."""
    shapes: dict[Shape, Shape] = {}
    for match in _HEADER.finditer(as_lines(text)):
        header = _read(match)
        yield header._replace(shape=shapes.setdefault(header.shape, header.shape))


def as_lines(text: str) -> str:
    """A text with a line feed for each lone carriage return, every character in its place."""
    return text if text.count("\r") == text.count("\r\n") else _LONE_RETURN.sub("\n", text)


def starts_with_header(text: str) -> Header | None:
    """The header a text begins with, after blank lines; None where it begins otherwise, or its time is not clear."""
    match = _HEADER.match(text, len(text) - len(text.lstrip("\r\n")))
    header = _read(match) if match else None
    return None if header is None or is_unclear(header) else header


def is_unclear(header: Header) -> bool:
    """Whether a word stands beside the time that is no marker of morning or afternoon as far as we know."""
    return header.marker is not None and not is_marker(header.marker)


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


def split_tight(body: str) -> tuple[str | None, int]:
    """The sender where no space stands behind the colon, which apps write only where somebody changed the file.

    A time, the beginning of a link and a colon inside a quotation divide nothing.

    >>> split_tight("Kaka N.:kod 4718"), split_tight("see https://x.example"), split_tight("call at 12:30")
    (('Kaka N.', 8), (None, 0), (None, 0))
    """
    match = _TIGHT.match(body)
    if match is None or _breaks_quote(match[1]):
        return None, 0
    if not any(map(str.isalnum, match[1])) or not any(map(str.isalnum, body[match.end() :])):
        return None, 0
    name, following = match[1].strip(), body[match.end()]
    if name.split()[-1].casefold() in _SCHEMES or (name[-1:].isdigit() and following.isdigit() and name[:1] != "+"):
        return None, 0
    return name, match.end()


def _breaks_quote(name: str) -> bool:
    """Whether a quotation is open at a colon: ``You changed the subject from "Trip: two``.

    The German closing mark is the English opening one, so what is open decides.
    """
    if not _QUOTE.search(name):
        return False
    low = name.count("\u201e")
    left, right = name.count("\u201c"), name.count("\u201d")
    curved = low != left + right if low else left != right
    pairs = (("\u00ab", "\u00bb"), ("\u300c", "\u300d"))
    return name.count('"') % 2 == 1 or curved or any(name.count(first) != name.count(last) for first, last in pairs)
