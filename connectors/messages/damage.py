"""Addresses damaged on the way: what a phone, an app or a forger did to one that was whole.

Marks that nobody sees inside, a break by a space or a line's end, letters all in one case where both were, a phone's
capital at the beginning, letters of another alphabet. Each is noted with its place and never mended: what is meant is the
sender's to say. Where a checksum holds without the damage, the note says so.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from connectors.messages.found import Found
from connectors.messages.hidden import drop_hidden, is_hidden
from trails.errors import IdentifierError
from trails.identifiers import ADDRESS_SHAPE, find_mentions, parse_address
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Letters that look like Latin ones, of Cyrillic, Greek and Armenian; other forms of Latin are told by Unicode itself.
_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХЗаеѕіјорсухԁһԛԝкмнтвΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρυικτχՍՏօսո",
    "ABESIJKMHOPCTYX3aesijopcyxdhqwkmHTBABEZHIKMNOPTYXoavpuiktxUSoun",
)
_LONG_FOREIGN = re.compile(r"(?<!\w)\w{26,100}(?!\w)")
_ONE_CASE = re.compile(
    r"(?<![0-9A-Za-z])(?:[tT][0-9A-Za-z]{33}|[13][0-9A-Za-z]{25,34}|[bB][cC]1[0-9A-Za-z]{11,87})(?![0-9A-Za-z])"
)
_HEX = re.compile(r"(?:0x)?[0-9a-f]+\Z", re.IGNORECASE)
_BECH32_LENGTHS = (42, 62)
#: A letter between digits or a digit between letters: no broken address is without it, and few messages have it.
MIXED = re.compile(r"[0-9][A-Za-z](?:[0-9]|(?<=[A-Za-z][0-9][A-Za-z]))")
_TORN_START = re.compile(
    r"(?<![0-9A-Za-z])(?:T|[13]|[bB][cC]1|[bB][cC](?=-?\s)|0x)[0-9A-Za-z]{0,40}(?=-?\s{1,4}[0-9A-Za-z])"
)
_TORN_PIECE = re.compile(r"-?\s{1,4}([0-9A-Za-z]{1,61})(?![0-9A-Za-z])")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]+\Z")
_MOST_PIECES = 22
_FEWEST_DIGITS = 2
_FEWEST_LETTERS = 12
_ETHEREUM = 42
_TXID = 64


def find_damage(text: str, *, long: bool) -> Iterator[Found]:
    """What is an address but for damage, with its place in the text. ``long``: the text holds words of 26 letters.

    >>> [piece.kind for piece in find_damage("TR7NHqjeKQxGTCi8 q8ZY4pL8otSzgjLj6t", long=False)]
    ['damaged_address']
    """
    plain, places = drop_hidden(text, parted=False)
    pieces = list(_find_damage(plain, hidden=places is not None, long=long or places is not None))
    for start, end, problem in pieces:
        first, last = (places[start], places[end - 1] + 1) if places else (start, end)
        written = text[first:last]
        if problem or len(written) > end - start:
            said = f"{problem or ''}{_say_hidden(written)}".removeprefix("; ")
            what = "transaction id" if end - start >= _TXID else "address"
            yield Found("damaged_address", written, first, last, problem=f"{what} {written!r} {said}")


def _find_damage(plain: str, *, hidden: bool, long: bool) -> Iterator[tuple[int, int, str]]:
    """Places in a text without hidden marks; the problem is empty where the marks are all that is wrong."""
    if MIXED.search(plain):
        yield from _find_torn(plain)
    if not long:
        return
    if hidden:
        for mention in find_mentions(plain):
            if mention.kind != "damaged" or not _HEX.match(mention.key):  # nor is an account number
                yield mention.start, mention.end, ""
    if not plain.isascii():
        yield from _find_lookalikes(plain)
    for match in _ONE_CASE.finditer(plain):
        problem = _case_problem(match[0])
        if problem:
            yield match.start(), match.end(), problem


def _say_hidden(written: str) -> str:
    marks = [ch for ch in written if is_hidden(ch)]
    if not marks:
        return ""
    codes = " ".join(sorted({f"U+{ord(ch):04X}" for ch in marks}))
    return f"; holds {count_words(len(marks), 'mark')} that nobody sees ({codes}): damaged on the way, not mended"


def _is_valid(written: str) -> bool:
    try:
        parse_address(written)
    except IdentifierError:
        return False
    return True


def _find_lookalikes(plain: str) -> Iterator[tuple[int, int, str]]:
    for match in _LONG_FOREIGN.finditer(plain):
        word = match[0]
        if word.isascii():
            continue
        latin = unicodedata.normalize("NFKC", word).translate(_LOOKALIKES)
        if not latin.isascii() or not ADDRESS_SHAPE.fullmatch(latin):
            continue
        valid = _is_valid(latin)
        if valid or sum(map(str.isdecimal, latin)) >= _FEWEST_DIGITS:
            foreign = sorted({ch for ch in word if not ch.isascii()})
            shown = " ".join(foreign[:6]) + (" ..." if len(foreign) > 6 else "")
            holds = "; with Latin letters its checksum holds" if valid else ""
            yield (
                match.start(),
                match.end(),
                f"holds {shown} of another alphabet: damaged, or made to look alike{holds}",
            )


def _case_problem(word: str) -> str | None:
    """What is wrong with the case of a word's letters, None where nothing is, or where it is no address anyway."""
    if word[:3].lower() == "bc1":
        return None if word in (word.lower(), word.upper()) else _bech32_problem(word)
    body = word[1:]
    digits, letters = sum(map(str.isdecimal, body)), sum(map(str.isalpha, body))
    if digits < _FEWEST_DIGITS or letters < _FEWEST_LETTERS or _HEX.match(word) or _is_valid(word):
        return None
    if body in (body.lower(), body.upper()) and "0" not in body:
        size = "small letters" if body == body.lower() else "capitals"
        return f"has {size} only, where such an address has both: which it was cannot be told"
    capitals, odd = sum(map(str.isupper, body)), sum(map(body.count, "0OIl"))
    if word[0] in "13" and 0 < odd <= 2 and 3 <= capitals <= letters - 3 and digits > _FEWEST_DIGITS:
        return f"holds {' '.join(sorted(set(body) & set('0OIl')))}, which no address has: damaged, or read wrongly"
    return None


def _bech32_problem(word: str) -> str | None:
    mixes = "mixes capitals and small letters, which no such address does"
    if _is_valid(word.lower()):
        return f"{mixes}; in small letters its checksum holds"
    likely = len(word) in _BECH32_LENGTHS and sum(map(str.isdecimal, word)) > _FEWEST_DIGITS
    return f"{mixes}, and fails its checksum: damaged" if likely else None


def _find_torn(plain: str) -> Iterator[tuple[int, int, str]]:
    end = 0
    for match in _TORN_START.finditer(plain):
        if match.start() >= end:
            stop = _join_pieces(plain, match)
            if stop:
                end = stop
                holds = (
                    "put together its checksum holds"
                    if match[0][:2] != "0x"
                    else "put together it has the 40 digits of one"
                )
                yield match.start(), stop, f"is broken by spaces or over lines: damaged on the way, not mended; {holds}"


def _join_pieces(plain: str, start: re.Match[str]) -> int:
    """Where a broken address ends, 0 where the pieces are none."""
    joined, at = start[0], start.end()
    for _ in range(_MOST_PIECES):
        piece = _TORN_PIECE.match(plain, at)
        if piece is None:
            return 0
        joined, at = joined + piece[1], piece.end()
        if not _may_go_on(joined):
            return 0
        if _is_whole(joined):
            return at
    return 0


def _may_go_on(joined: str) -> bool:
    if joined[:2] == "0x":
        return len(joined) <= _ETHEREUM and bool(_HEX.match(joined))
    if joined[:3].lower() == "bc1":
        return len(joined) <= _BECH32_LENGTHS[1]
    return len(joined) <= 35 and bool(_BASE58.match(joined))


def _is_whole(joined: str) -> bool:
    if joined[:2] == "0x":
        return len(joined) == _ETHEREUM and sum(map(str.isdecimal, joined)) > 4 and _is_valid(joined)
    if joined[:3].lower() == "bc1":
        return len(joined) in _BECH32_LENGTHS and _is_valid(joined.lower())
    if len(joined) < 26 or (joined[0] == "T" and len(joined) != 34):
        return False
    mixed = any(map(str.isdecimal, joined)) and any(map(str.isupper, joined)) and any(map(str.islower, joined))
    return mixed and _is_valid(joined)
