"""Payment content in a message's text: addresses, transaction ids, quoted codes, sums. Found, never understood.

A code is read only after a code word or a number sign, because any number may be a price, a time or a house::

    OK rasid. kod 4 7 1 8        -> code 4718
    رمز ن-۴۷۱۸                   -> code ن4718
    kod 9134 dali samo 1600 EUR  -> code 9134, sum 1600 EUR
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from trails.identifiers import find_mentions, normalise_code

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Words for a code: Bosnian, Croatian, Serbian, Turkish, English, Persian, Dari, Arabic, Urdu.
CODE_WORDS = (
    "kod", "kôd", "koda", "kodu", "code", "token", "šifra", "šifru", "sifra", "sifru", "код", "кода", "шифра",
    "کد", "كد", "کود", "كود", "رمز", "کوڈ",
)  # fmt: skip
#: Before a code word, these make it another kind of code.
_OTHER_CODES = re.compile(
    r"(?:login|verification|security|confirmation|access|zip|postal|promo|qr|sms|country)\W{0,3}\Z", re.IGNORECASE
)
#: Words that are other words too unless written in capitals.
_CAPITALS = ("TRY", "TL", "KM", "SAR", "ALL")
_CURRENCIES = (
    "EUR", "USD", "USDT", "USDC", "BTC", "TRX", "GBP", "CHF", "RSD", "BAM", "MKD", "HUF", "RON", "BGN", "AFN", "PKR",
    "IRR", "IQD", "AED", "SYP", "INR", "euro", "euros", "eura", "evra", "evro", "евра", "евро", "dolar", "dolara",
    "dollar", "dollars", "долара", "din", "dinar", "dinara", "динара", "lira", "tether", "toman", "afghani", "kaldar",
    "دالر", "دلار", "دولار", "ڈالر", "یورو", "يورو", "افغانی", "کلدار", "تومان", "تومن",
    "ریال", "ليرة", "دينار", "روپے",
)  # fmt: skip
_SIGNS = "€$£₺₿₮؋﷼₹"
_UNIT = rf"(?:[{_SIGNS}]|(?:{'|'.join(sorted(_CURRENCIES, key=len, reverse=True))}|(?-i:{'|'.join(_CAPITALS)}))(?!\w))"
_SUM = r"\d(?:[\d.,\u066b\u066c'\u2019]{0,30}\d)?(?:[ \u00a0\u202f]\d{3}(?!\d)){0,4}(?:[.,\u066b]\d{1,18})?"
_AMOUNT = re.compile(rf"(?<![\w.,]){_SUM}\s?{_UNIT}|(?<!\w){_UNIT}\s?{_SUM}(?!\w)", re.IGNORECASE)
_PRICE = re.compile(rf"\s?{_UNIT}(?!\s?\d)", re.IGNORECASE)
_DASHES = "\\-\u2010-\u2013"
_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2066-\u2069"
_NUMBER_WORD = r"(?:is|je|br|broj|no|nr|number|شماره|رقم)\b"
_FILLER = rf"[\s{_INVISIBLE}{_DASHES}:=.#№]{{0,6}}(?:{_NUMBER_WORD}[\s{_INVISIBLE}:.#№]{{0,4}})?"
_KEYCAPS = r"(?:\d\ufe0f?\u20e3[ ]?){3,40}"
_SERIAL = r"[A-Za-z]\d{3} \d{3} \d{3}(?!\w)"
_WORD = rf"[^\W_]{{1,40}}(?:[{_DASHES}./][^\W_]{{1,40}}){{0,8}}"
_CODE = re.compile(rf"({_KEYCAPS}|{_SERIAL}|{_WORD})")
_NUMBERED = re.compile(rf"(?<![\w#№&/])[#№]\s?(\d[\d{_DASHES}./]{{1,40}}\d)(?!\w)")
_NEXT_GROUP = re.compile(r"[ \u00a0·](\d{1,12})(?![\w])(?![.,:/\-]\d)")
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of payment content: what it is, its canonical form or its words, and its span in the text."""

    kind: str
    text: str
    start: int
    end: int
    rail: str | None = None
    key: str | None = None
    problem: str | None = None


@lru_cache(maxsize=16)
def compile_code_words(extra: tuple[str, ...] = ()) -> re.Pattern[str]:
    """The pattern of a code word and what may stand between it and its code."""
    listed = "|".join(re.escape(word) for word in sorted({*CODE_WORDS, *extra}, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?![^\W\d_]){_FILLER}", re.IGNORECASE)


def find_content(text: str, code_words: re.Pattern[str]) -> list[Found]:
    """All payment content of a text in its order. What is one thing is not read as another: an address holds no sum.

    >>> [(f.kind, f.text) for f in find_content("kod 4 7 1 8 pusten, 3750 EUR", compile_code_words())]
    [('code_quoted', '4718'), ('amount_mentioned', '3750 EUR')]
    """
    found = list(_find_addresses(text))
    rest = _blank(text, found)
    codes = list(_find_codes(rest, code_words))
    rest = _blank(rest, [code for code in codes if code.kind == "code_quoted"])
    sums = [Found("amount_mentioned", m[0], m.start(), m.end()) for m in _AMOUNT.finditer(rest)]
    return sorted([*found, *codes, *sums], key=lambda piece: (piece.start, piece.kind))


def _find_addresses(text: str) -> Iterator[Found]:
    for mention in find_mentions(text):
        span = (mention.start, mention.end)
        if mention.kind == "txid":
            yield Found("mention_tx", mention.key, *span)
        elif mention.kind == "damaged":
            yield Found("damaged_address", mention.key, *span, problem=mention.problem)
        else:
            yield Found("mention", text[mention.start : mention.end], *span, rail=mention.kind, key=mention.key)


def _blank(text: str, pieces: list[Found]) -> str:
    """The text with pieces struck out, every other character in its place."""
    parts, end = [], 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        start = max(piece.start, end)
        parts += [text[end:start], "_" * (piece.end - start)]
        end = max(piece.end, end)
    return "".join([*parts, text[end:]])


def _find_codes(text: str, code_words: re.Pattern[str]) -> Iterator[Found]:
    end = 0
    for word in code_words.finditer(text):
        match = _CODE.match(text, word.end())
        if match and match.start() >= end and not _OTHER_CODES.search(text, max(0, word.start() - 16), word.start()):
            for code in _read_code(text, match.start(1), match.end(1)):
                end = code.end
                yield code
    for number in _NUMBERED.finditer(text):
        if number.start(1) >= end:
            yield Found("code_quoted", normalise_code(number[1]), number.start(1), number.end(1))


def _read_code(text: str, start: int, end: int) -> Iterator[Found]:
    """The code at a place: one word with a digit in it, or groups of digits that are one number written apart."""
    groups = _digit_groups(text, start, end)
    if len(groups) > 1:
        first = groups[0][1] - groups[0][0]
        if first > _SHORTEST or any(b - a != first for a, b in groups):
            yield Found("code_unclear", text[start : groups[-1][1]], start, groups[-1][1])
            return
        end = groups[-1][1]
    elif text[start:end].isdecimal() and _PRICE.match(text, end):
        return
    code = normalise_code(text[start:end])
    if len(code) >= _SHORTEST and any(ch.isdecimal() for ch in code):
        yield Found("code_quoted", code, start, end)


def _digit_groups(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The first word and the groups of digits after it, without one that begins a sum (``250 EUR``)."""
    groups = [(start, end)]
    if not text[start:end].isdecimal():
        return groups
    while (group := _NEXT_GROUP.match(text, groups[-1][1])) and not _AMOUNT.match(text, group.start(1)):
        groups.append((group.start(1), group.end(1)))
    return groups
