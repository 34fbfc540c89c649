"""Text as people read it: percent and HTML escapes undone, unseen signs left out, letters of other widths as plain ones.

Browsers and mail save a file as ``Family%20Quince.csv``, a page writes ``Family&nbsp;Quince``, and a name may hide a soft hyphen.
Every place in such a text is known in the text as it was written, so that what is found in one can be replaced in the other.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

from trails.visible import is_hidden

#: Signs that are written over or under a letter, in Latin, Greek, Cyrillic, Hebrew and Arabic; those of India are letters.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)  # fmt: skip
#: One escape for each byte (escaped again and again: ``%2520``), or one of a page; a letter with its marks; anything not plain.
_PERCENT, _ENTITY = "%(?:25)*[0-9A-Fa-f]{2}", r"&(?:amp;)*(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_BYTE = re.compile(_PERCENT)
_ODD = re.compile(f"(?P<bytes>(?:{_PERCENT})+)|{_ENTITY}|[^\\W_][{MARKS}]+|[^\x00-\x7f]")
#: Unseen signs that stand between words, not inside one.
_APART = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")

#: A piece that reads otherwise than it is written: how it reads, and where it begins and ends.
_Piece = tuple[str, int, int]


class Plain:
    """A text as people read it, and where each of its places stands in the text as written.

    Cost: one pass over a text with any sign that is not plain ASCII, or an escape; nothing for any other.

    >>> plain = Plain("of Family%20Quince.csv")
    >>> plain.text, plain.find_written(3, 16)
    ('of Family Quince.csv', (3, 18))
    """

    def __init__(self, written: str) -> None:
        self.text = written
        self._at: list[int] = []
        self._written: list[tuple[int, int]] = []
        if written.isascii() and "%" not in written and "&" not in written:
            return
        parts, done, length = [], 0, 0
        for shown, first, last in _list_odd(written):
            parts += [written[done:first], shown]
            length += first - done
            self._at.append(length)
            self._written.append((first, last))
            length += len(shown)
            self._at.append(length)
            self._written.append((last, -1))  # from here on as written, up to the next piece
            done = last
        self.text = "".join([*parts, written[done:]]) if parts else written

    def find_written(self, first: int, last: int) -> tuple[int, int]:
        """Where a part of the text, not an empty one, begins and ends in the text as written."""
        return self._find(first)[0], self._find(last - 1)[1]

    def _find(self, place: int) -> tuple[int, int]:
        number = bisect_right(self._at, place) - 1
        if number < 0:
            return place, place + 1
        first, last = self._written[number]
        if last >= 0:
            return first, last
        first += place - self._at[number]
        return first, first + 1


def _list_odd(text: str) -> Iterator[_Piece]:
    """The pieces that read otherwise than they are written, in order."""
    for match in _ODD.finditer(text):
        first, last = match.span()
        if match["bytes"]:
            yield from _read_bytes(match["bytes"], first)
            continue
        sign = match[0]
        shown = sign
        if match[2]:
            shown = html.unescape(f"&{match[2]};")
            shown = sign if len(shown) > 2 else shown  # no such escape: as it stands
        shown = _show_plain(shown)
        if shown != sign:
            yield shown, first, last


def _read_bytes(text: str, start: int) -> Iterator[_Piece]:
    """Each character of a run of percent escapes; bytes that are no UTF-8 are taken for Latin letters, one by one."""
    places = [(match.start() + start, match.end() + start) for match in _BYTE.finditer(text)]
    data = bytes(int(text[last - start - 2 : last - start], 16) for _, last in places)
    try:
        signs, wide = data.decode(), True
    except UnicodeDecodeError:
        signs, wide = data.decode("latin-1"), False
    at = 0
    for sign in signs:
        after = at + (len(sign.encode()) if wide else 1)
        yield _show_plain(sign), places[at][0], places[after - 1][1]
        at = after


def _show_plain(text: str) -> str:
    """The signs of a text that one sees, in their plain form."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign in _APART or not is_hidden(sign))
