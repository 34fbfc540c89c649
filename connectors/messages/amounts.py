"""Sums with a currency in a message's text: ``3.500,50 €``, ``$2 million``, ``2 lakh afghani``, ``1250e``, ``۳،۵۰۰ دالر``.

One grammar for all languages: numbers, currencies and words that multiply stand in any order, marks that nobody sees
between them. The words are kept as they stand: what ``3.500`` is worth depends on who writes it, and is not decided here.
A sum is found whole, or it is noted as *unclear* (``200-300 EUR``, ``2x500 EUR``, ``10k``): never a part of it as a sum.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.messages.amount_parts import BETWEEN, SHARED
from connectors.messages.amount_sums import read_sums
from connectors.messages.found import Found
from connectors.messages.hidden import drop_hidden
from connectors.messages.money_tokens import SIGN_CLASS, WORD, find_meaning, may_hold_sums
from connectors.money_words import load_money_words
from trails.money import ascii_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.messages.amount_sums import Sum

_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_FIRST_WORD = re.compile(rf"[\d\u00bd\u00bc\u00be](?:[^\w\n{SIGN_CLASS}]|\d)*+({WORD}|[{SIGN_CLASS}])")
_URL = re.compile(r"[a-z]{2,10}://\S+", re.IGNORECASE)
#: A dash with gaps, and the word *and*, part a code from its sum: ``kod 4718 - 1500 EUR``, ``kod 4718 i 1500 EUR``.
_APART = re.compile(
    rf"\s+(?:[-\u2010-\u2015/>]\s+|(?:{'|'.join(load_money_words()['chat']['both'])})\s*)\d", re.IGNORECASE
)
#: How far a sum that begins somewhere is looked for.
_REACH = 80


def find_amounts(text: str) -> Iterator[Found]:
    """The sums of a text in their order, each with its currency (``amount_mentioned``), and what may be one
    (``amount_unclear``).

    >>> [found.text for found in find_amounts("3750 EUR, $300 i 20 KM")]
    ['3750 EUR', '$300', '20 KM']
    >>> [(found.kind, found.text) for found in find_amounts("200-300 EUR")]
    [('amount_unclear', '200-300 EUR')]
    """
    for each, start, end in _scan(text):
        if each.problem is None:
            yield Found("amount_mentioned", text[start:end], start, end)
        else:
            said = f"{text[start:end]!r}: {each.problem}"
            yield Found("amount_unclear", text[start:end], start, end, problem=said)


def begins_amount(text: str, start: int) -> bool:
    """Whether a number that begins here is a sum: ``250 EUR``, ``2x500 EUR``."""
    return _may_begin(text, start) and any(begin == 0 for _, begin, _ in _scan(text[start : start + _REACH]))


def is_priced(text: str, start: int, end: int) -> bool:
    """Whether the word at a place is the beginning of a sum that no number follows: ``250 EUR`` is a price, ``4718 EUR 300``
    a code and a sum, ``4718e`` a code."""
    for each, begin, stop in _scan(text[start : start + _REACH]) if _may_begin(text, start) else ():
        whole = start + stop > end or text[end - 2 : end].isalpha()
        followed = re.match(r"\s?\d", text[start + stop :]) or (each.problem == SHARED and _APART.match(text, end))
        return begin == 0 and each.bound and each.problem != BETWEEN and whole and not followed
    return False


def _may_begin(text: str, start: int) -> bool:
    """A quick look whether the first word after the digits that begin here is one of sums."""
    follows = _FIRST_WORD.match(text, start)
    return follows is not None and (find_meaning(follows[1]) is not None or not follows[1].isalpha())


def _scan(text: str) -> Iterator[tuple[Sum, int, int]]:
    """The sums of a text, each with its place among all characters, hidden ones too."""
    plain, places = drop_hidden(text)
    if not plain.isascii() and _FOREIGN_DIGIT.search(plain):
        plain = ascii_digits(plain)
    if not may_hold_sums(plain):
        return
    links = [match.span() for match in _URL.finditer(plain)] if "://" in plain else []
    for each in read_sums(plain):
        if each.bound or not any(start <= each.start < end for start, end in links):
            yield (each, places[each.start], places[each.end - 1] + 1) if places else (each, each.start, each.end)
