"""Sums as books write them: ``2 لک``, ``1.425 € + 12,5 gr``, ``300e ; 12.000 din``, ``5 gl x 250 = 1250e``.

A cell is one or more sums between ``;`` and ``+``. A sum is a number by the declared marks, with words that multiply it,
and the unit it counts; or heads times a rate, with the product. Words before the first number are its label
(``gorivo 12.000 din``). Any other word is refused, never skipped over: it may have been a multiplier.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from trails.calendars.words import fold_text
from trails.columns import CellProblem, read_amount
from trails.errors import AmountError
from trails.money import check_amount, unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hawala_ledger.words import Words
    from trails.mapping import DeclaredColumns
    from trails.money import Asset, Unit

_NUMBER = r"\d(?:[\d.,'\u2019\u060c\u066b\u066c]*\d)?[\u00bd\u00bc\u00be]?|[\u00bd\u00bc\u00be]"
_GROUPED = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,\u066b]\d+)?"
#: What stands for cents that are none: ``250,-``, ``Rs 5000/-``.
_NO_CENTS = r"(?:(?:[.,][-\u2013\u2014]{1,2}|/[-=])(?!\s?\d))?"
#: A dollar with whose it is: ``US$``, ``A$``.
_DOLLAR = r"[A-Za-z]{1,3}\$"
_US_DOLLAR = ("us$", "usd$")
#: Besides letters, what may follow the first letter of a word: the signs that Latin, Arabic and Indic letters carry.
_SIGNS = r"['\u2019\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u09d7]"
_WORD = rf"[^\W\d_](?:[^\W\d_]|{_SIGNS})*\.?|[€$£₺₽؋﷼]"
_MARK = r"[x×*=+;؛\-\u2212&]"
_TIMES = ("x", "×", "*", "х")
_PLACES = 18
_LONGEST_UNIT = 3
_MOST_SUMS = 50


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum of a cell. ``label`` is what was written before it; ``heads`` and ``rate`` are the factors of a product,
    ``differs`` says where the written product is another than theirs."""

    asset: Asset
    amount: int
    label: str = ""
    heads: int | None = None
    rate: int | None = None
    differs: str | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Term:
    """A number with what follows it, before it is known what it counts."""

    value: Fraction
    unit: Unit | None
    heads: bool


def read_sums(text: str, mapping: DeclaredColumns, words: Words, default: Unit | None) -> tuple[Sum, ...]:
    """The sums of a cell. Raises AmountError, and CellProblem where no currency is stated."""
    parts = list(_split(_tokens(text, spaced=mapping.said("thousands_mark") == " ")))
    if len(parts) > _MOST_SUMS:
        raise AmountError(f"more than {_MOST_SUMS} sums stand in it")
    return tuple(_read_part(part, mapping, words, default) for part in parts)


def _tokens(text: str, *, spaced: bool) -> Iterator[_Token]:
    plain = "".join(ch for ch in text if unicodedata.category(ch) != "Cf").strip()
    number = f"{_GROUPED}|{_NUMBER}" if spaced else _NUMBER
    for found in re.finditer(
        rf"(?P<number>{number}){_NO_CENTS}|(?P<word>{_DOLLAR}|{_WORD})|(?P<mark>{_MARK})|(?P<other>\S)", plain
    ):
        kind = str(found.lastgroup)
        if kind == "other":
            raise AmountError(f"{found[0]!r} is neither a number nor a word of the book")
        # the letter x between two numbers is a mark, in Latin or Cyrillic
        kind = "mark" if kind == "word" and found[0].casefold() in _TIMES else kind
        yield _Token(kind, found[0].casefold() if kind == "mark" else found["number"] or found[0])


def _split(tokens: Iterator[_Token]) -> Iterator[list[_Token]]:
    part: list[_Token] = []
    for token in tokens:
        if token.kind == "mark" and token.text in (";", "؛", "+", "&"):
            if part:
                yield part
            part = []
        else:
            part.append(token)
    if not part:
        raise AmountError("a sum is missing")
    yield part


def _read_part(part: list[_Token], mapping: DeclaredColumns, words: Words, default: Unit | None) -> Sum:
    cursor = _Cursor(part, mapping, words)
    label, before = cursor.label()
    terms = [cursor.term()]
    marks: list[str] = []
    while (mark := cursor.mark()) is not None:
        marks.append("x" if mark in _TIMES else mark)
        terms.append(cursor.term())
    if not marks and terms[0].heads:
        raise AmountError("it counts heads, and names no sum")
    stated = {term.unit for term in terms if term.unit} | ({before} if before else set())
    if len({each.asset.asset for each in stated}) > 1 or len(stated) > 1:
        raise AmountError("it names two currencies for one sum")
    counted = stated.pop() if stated else default
    if counted is None:
        raise CellProblem("currency_missing", "no currency is stated; say it with --currency, or in the mapping")
    if not marks:
        return Sum(counted.asset, _whole(terms[0].value, counted), label)
    if marks not in (["x"], ["x", "="]):
        raise AmountError("only `heads x rate`, or `heads x rate = sum`, is understood")
    return _product(terms, counted, label)


def _product(terms: list[_Term], counted: Unit, label: str) -> Sum:
    left, right = terms[:2]
    if right.heads and not left.heads:
        left, right = right, left
    if left.value.denominator != 1 or right.heads or left.unit:
        raise AmountError("which factor counts heads is not clear")
    made = _whole(left.value * right.value, counted)
    stated = _whole(terms[2].value, counted) if len(terms) == 3 else made
    differs = None
    if stated != made:
        said = f"{_plain(left.value)} x {_plain(right.value)} is {_plain(left.value * right.value)}"
        differs = f"{said}, but {_plain(terms[2].value)} is written"
    return Sum(counted.asset, stated, label, int(left.value), _whole(right.value, counted), differs)


def _whole(value: Fraction, counted: Unit) -> int:
    base = value * counted.factor * 10 ** (counted.asset.decimals or 0)
    if base.denominator != 1:
        raise AmountError(f"{_plain(value)} has more decimal places than {counted.asset.asset} has")
    return check_amount(int(base))


def _plain(value: Fraction) -> str:
    return f"{int(value):,}" if value.denominator == 1 else str(float(value))


class _Cursor:
    """Reads the tokens of one sum from left to right."""

    def __init__(self, tokens: list[_Token], mapping: DeclaredColumns, words: Words) -> None:
        self._tokens = tokens
        self._at = 0
        self._mapping = mapping
        self._words = words

    def label(self) -> tuple[str, Unit | None]:
        """The words before the first number, and the unit among them (``€ 300``)."""
        label: list[str] = []
        found = None
        while self._kind() == "word":
            size, counted = self._unit()
            word = self._tokens[self._at].text
            last = self._at + size < len(self._tokens) and self._tokens[self._at + size].kind == "number"
            if counted and (not label or last):
                if found not in (None, counted):
                    raise AmountError("it names two currencies for one sum")
                found, self._at = counted, self._at + size
                continue
            if len(word) > 1 and word.endswith("$"):
                raise AmountError(f"{word!r}: whose dollar it is must be declared under [currencies]")
            if fold_text(word) in self._words.halves:
                raise AmountError(f"{word!r}: half of which sum is not stated")
            label.append(word)
            self._at += 1
        return " ".join(label), found

    def term(self) -> _Term:
        """A number, the words that multiply it, and what it counts."""
        sign = 1
        if self._kind() == "mark" and self._tokens[self._at].text in ("-", "\u2212"):
            sign, self._at = -1, self._at + 1
        value = self._number()
        last = self._multiplier()
        value *= last or 1
        while last and self._kind() == "number":
            # 2 lakh 50 thousand
            more, by = self._number(), self._multiplier()
            if not by or by >= last:
                raise AmountError("a number follows another with nothing between them")
            value, last = value + more * by, by
        size, counted = self._unit()
        self._at += size
        heads = not counted and self._kind() == "word" and self._fold(1) in self._words.heads
        self._at += 1 if heads else 0
        if self._kind() in ("word", "number"):
            word = self._tokens[self._at].text
            raise AmountError(
                f"{word!r} after a number is no unit or multiplier; declare it under [currencies] or `words`"
            )
        return _Term(sign * value, counted, heads)

    def mark(self) -> str | None:
        """The mark between two terms, None at the end."""
        if self._at >= len(self._tokens):
            return None
        self._at += 1
        return self._tokens[self._at - 1].text

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _fold(self, size: int) -> str:
        taken = self._tokens[self._at : self._at + size]
        if len(taken) < size or any(token.kind != "word" for token in taken):
            return ""
        return fold_text(" ".join(token.text for token in taken)).rstrip(".")

    def _number(self) -> Fraction:
        if self._kind() != "number":
            raise AmountError("a number is missing")
        text = self._tokens[self._at].text
        self._at += 1
        share = Fraction(unicodedata.numeric(text[-1])) if text[-1] in "½¼¾" else Fraction(0)
        digits = text.rstrip("½¼¾")
        if not digits:
            return share
        return Fraction(read_amount(digits, _PLACES, self._mapping), 10**_PLACES) + share

    def _multiplier(self) -> int:
        by = self._words.multipliers.get(self._fold(1), 0)
        self._at += 1 if by else 0
        return by

    def _unit(self) -> tuple[int, Unit | None]:
        """The longest run of words that names a unit, with its length; a code of capitals names itself."""
        for size in range(_LONGEST_UNIT, 0, -1):
            if (folded := self._fold(size)) and folded in self._words.units:
                return size, self._words.units[folded]
        if self._kind() == "word" and self._tokens[self._at].text.casefold() in _US_DOLLAR:
            return 1, unit("USD")
        if self._kind() == "word" and re.fullmatch(r"[A-Z]{3,4}", self._tokens[self._at].text):
            try:
                return 1, unit(self._tokens[self._at].text)
            except AmountError:
                return 0, None
        return 0, None
