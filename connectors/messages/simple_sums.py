"""Sums between words that say nothing of money, read without taking the whole text apart: ``isplata 4700 EUR brate``.

Most numbers of a chat stand so. What is read here is what the whole grammar (:mod:`.amount_sums`) reads, only sooner;
a test compares the two. Whatever stands otherwise is left to the grammar.
"""

from __future__ import annotations

import re

from connectors.messages.money_tokens import find_meaning, is_plain

_SIGNS = "€$£"
_WORD = r"[^\W\d_]+"
_NUMBER = re.compile(
    rf"(?:^ *+|(?:^| )({_WORD}) ++)([1-9]\d*+(?:[.,]\d\d?\d?)?+)(?= ({_WORD}|[{_SIGNS}])(?: ({_WORD})(?: |\Z)|\Z)|\Z)"
)
_DIGITS = re.compile(r"\d+")


def read_simple(text: str) -> list[tuple[int, int]] | None:
    """Where the sums of a text stand, if each of its numbers stands alone between spaces and words; else None.

    >>> read_simple("isplata 4700 EUR brate"), read_simple("200-300 EUR")
    ([(8, 16)], None)
    """
    found, runs = [], 0
    for match in _NUMBER.finditer(text):
        before, number, unit, after = match.groups()
        if (before and not _says_nothing(text, match.start(1), before)) or (after and not is_plain(after)):
            return None
        runs += 1 if number.isdigit() else 2
        if unit and not is_plain(unit):
            if unit not in _SIGNS and not _is_currency(unit):
                return None
            found.append((match.start(2), match.end(3)))
    return found if runs == len(_DIGITS.findall(text)) else None


def _is_currency(word: str) -> bool:
    meaning = find_meaning(word)
    return meaning is not None and meaning.unit and bool(meaning.names) and not meaning.weak


def _says_nothing(text: str, start: int, word: str) -> bool:
    """Whether a word before a number has no part in a sum: one that joins (*u* is *in*, and *and*) joins what stands before it."""
    if is_plain(word):
        return True
    if find_meaning(word) is not None:
        return False
    earlier = text[: start - 1].rpartition(" ")[2] if start else ""
    return start == 0 or (earlier.isalpha() and is_plain(earlier))
