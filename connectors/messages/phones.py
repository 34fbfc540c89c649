"""Phone numbers in a message's text, as E.164: those with a plus, and local ones where the region is declared.

A masked number (``+90 5xx 000 00 00``) is no number, and a number that its country cannot have is none either.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.messages.found import Found
from trails.errors import IdentifierError
from trails.identifiers import normalise_phone
from trails.money import ascii_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2060-\u2069"
_BETWEEN = rf"[ \u00a0\u202f().\-/\u2010-\u2013{_INVISIBLE}]{{0,3}}"
_WITH_PLUS = re.compile(rf"(?<![\w+])\+{_BETWEEN}\d(?:{_BETWEEN}\d){{6,17}}(?!\w)")
_LOCAL = re.compile(rf"(?<![\w+.,:/-])0\d(?:{_BETWEEN}\d){{5,12}}(?![\w.,:]\d|\w)")
_MASK = re.compile(r"[ \u00a0.\-]?[xX*•]{1,}")
_LAST_GROUP = re.compile(r"[^\d]+\d+\Z")


def find_phones(text: str, region: str | None, *, local: bool) -> Iterator[Found]:
    """The phones of a text: with a plus, or (``local``) as they are written inside the region."""
    if local:
        if region:
            for match in _LOCAL.finditer(text):
                key = _local_key(match[0], region)
                if key:
                    yield Found("mention", match[0], match.start(), match.end(), rail="phone", key=key)
        return
    for match in _WITH_PLUS.finditer(text):
        if not _MASK.match(text, match.end()):
            yield from _longest(match[0], match.start())


def _longest(written: str, start: int) -> Iterator[Found]:
    """The number that begins here: a group of digits after it (a sum, a second number) is left away where it must be."""
    while True:
        key = _key(written)
        if key:
            yield Found("mention", written, start, start + len(written), rail="phone", key=key)
            return
        shorter = _LAST_GROUP.sub("", written)
        if shorter == written or sum(map(str.isdecimal, shorter)) < 7:
            return
        written = shorter


@lru_cache(maxsize=1 << 14)
def _key(written: str) -> str | None:
    try:
        return normalise_phone(_plain(written))
    except IdentifierError:
        return None


@lru_cache(maxsize=1 << 14)
def _local_key(written: str, region: str) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(_plain(written), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _plain(written: str) -> str:
    return re.sub(rf"[{_INVISIBLE}]", "", ascii_digits(written))
