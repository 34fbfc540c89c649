"""Sums with a currency in a message's text: ``3.500,50 €``, ``$300``, ``2 lakh afghani``, ``1250e``, ``۳٬۵۰۰ دالر``.

The words are kept as they stand: what ``3.500`` is worth depends on who writes it, and is not decided here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.messages.found import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Words that are other words too unless written in capitals.
_CAPITALS = ("TRY", "TL", "KM", "SAR", "ALL", "RON", "MAD")
_CURRENCIES = (
    "EUR", "USD", "USDT", "USDC", "BTC", "TRX", "GBP", "CHF", "RSD", "BAM", "MKD", "HUF", "BGN", "AFN", "PKR",
    "IRR", "IQD", "AED", "SYP", "INR", "euro", "euros", "eura", "evra", "evro", "евра", "евро", "dolar", "dolara",
    "dollar", "dollars", "долара", "din", "dinar", "dinara", "динара", "maraka", "марака", "denari", "денари", "forint",
    "forinti", "lek", "leke", "lekë", "lira", "liras", "tether", "toman", "tomans", "afghani", "afghanis", "kaldar",
    "rupees", "دالر", "دلار", "دولار", "ڈالر", "یورو", "يورو", "افغانی", "کلدار", "تومان", "تومن", "تتر",
    "ریال", "ريال", "ليرة", "دينار", "درهم", "روپے", "روپیہ",
)  # fmt: skip
#: Words that multiply: 2 lakh is 200,000. They are kept in the words and not worked out.
_TIMES = (
    "hiljada", "hiljade", "hilj", "tisuća", "tisuće", "хиљада", "хиљаде", "milion", "miliona", "million", "bin", "lakh",
    "lakhs", "lak", "lac", "لک", "لاکھ", "هزار", "ہزار", "ألف", "الف", "میلیون", "مليون",
)  # fmt: skip
_SIGNS = "€$£₺₿₮؋﷼₹"


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_UNIT = rf"(?:[{_SIGNS}]|(?:{_any_of(_CURRENCIES)}|(?-i:{_any_of(_CAPITALS)}))(?!\w))"
_NUMBER = re.compile(
    r"\d(?:[\d.,\u066b\u066c'\u2019]{0,30}\d)?(?:[ \u00a0\u202f]\d{3}(?!\d)){0,4}(?:[.,\u066b]\d{1,18})?"
)
#: What may stand between a number and its currency; a lone ``e`` straight after the digits is the Balkan for euro.
_AFTER = re.compile(rf"(?:(?:k|\s?(?:{_any_of(_TIMES)}))?\s?{_UNIT}|e(?!\w))", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<!\w){_UNIT}\s?\Z", re.IGNORECASE)
_PRICE = re.compile(rf"\s?{_UNIT}(?!\s?\d)", re.IGNORECASE)
_LONGEST_UNIT = max(map(len, _CURRENCIES)) + 2
_GLUE = ".,"


def find_amounts(text: str) -> Iterator[Found]:
    """The sums of a text in their order, each with its currency before or after it.

    >>> [found.text for found in find_amounts("3750 EUR, $300 i 20 KM")]
    ['3750 EUR', '$300', '20 KM']
    """
    end = 0
    for number in _NUMBER.finditer(text):
        start, stop = number.span()
        before = text[start - 1] if start else " "
        own = not (before.isalnum() or before == "_" or before in _GLUE)
        after = _AFTER.match(text, stop) if own else None
        if after:
            end = after.end()
            yield Found("amount_mentioned", text[start:end], start, end)
            continue
        sign = _BEFORE.search(text, max(end, start - _LONGEST_UNIT), start)
        if sign and (stop == len(text) or not (text[stop].isalnum() or text[stop] == "_")):
            end = stop
            yield Found("amount_mentioned", text[sign.start() : stop], sign.start(), stop)


def begins_amount(text: str, start: int) -> bool:
    """Whether a number that begins here is a sum: ``250 EUR``."""
    number = _NUMBER.match(text, start)
    return bool(number and _AFTER.match(text, number.end()))


def is_priced(text: str, end: int) -> bool:
    """Whether a currency follows here, and no number after it: what stands before is a price, not a code."""
    return bool(_PRICE.match(text, end))
