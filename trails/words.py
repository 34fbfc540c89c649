"""Numbers with their nouns, and shares that are never rounded to certainty: the small words that findings are made of."""

from __future__ import annotations

import re

#: Two letters or two words: fewer make no name.
_FEW = 2
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")


def count_words(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> count_words(1, "payment"), count_words(2, "payment"), count_words(2, "match", "matches")
    ('1 payment', '2 payments', '2 matches')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def may_name(text: str) -> bool:
    """Whether a name may stand in the cell of a sum or a time: letters and no digit, or more words than belong there.

    >>> may_name("5 Aug 2024"), may_name("Zalmay"), may_name("450 Zalmay Kharoti")
    (False, True, True)
    """
    letters, digits = sum(map(str.isalpha, text)), any(map(str.isdigit, text))
    return (letters >= _FEW and not digits) or len(_LONG_WORD.findall(text)) >= _FEW


def quote_cell(text: str, most: int = 80) -> str:
    """What a cell of a sum or a time holds, for a message: its text, or how long it is where a person's name may stand there.

    In a row whose columns have moved, or where somebody wrote beside the figure, such a cell holds the name of whoever paid.
    Sums and times have digits, and beside them a currency or a month: one word.

    >>> quote_cell("12,50,0"), quote_cell("5 Aug 2024"), quote_cell("-")
    ("'12,50,0'", "'5 Aug 2024'", "'-'")
    >>> quote_cell("Zalmay F."), quote_cell("450 Zalmay Kharoti")
    ('(9 signs, none a digit)', '(18 signs)')
    """
    if not may_name(text):
        return repr(text[:most])
    return f"({count_words(len(text), 'sign')}{'' if any(map(str.isdigit, text)) else ', none a digit'})"


def quote_word(text: str, most: int = 12) -> str:
    """What a cell of a currency holds, for a message: one short word, which somebody may have to declare, or how long it is.

    >>> quote_word("dinara"), quote_word("Zalmay F.")
    ("'dinara'", '(9 signs)')
    """
    return repr(text) if len(text.split()) < _FEW and len(text) <= most else f"({count_words(len(text), 'sign')})"


def quote_id(text: str, most: int = 90) -> str:
    """What stands where a number, an address or an id is due, for a message; how long it is, where a word of it has no digit.

    >>> quote_id("48 02"), quote_id("N-4718"), quote_id("47 Zalmay")
    ("'48 02'", "'N-4718'", '(9 signs)')
    """
    named = any(sum(map(str.isalpha, word)) >= _FEW and not any(map(str.isdigit, word)) for word in text.split())
    return f"({count_words(len(text), 'sign')})" if named else repr(text[:most])


def say_share(value: float, places: int = 2) -> str:
    """A probability or share in digits; only what is exactly 0 or 1 is written so, and no other is rounded to it.

    >>> say_share(0.9996), say_share(0.0004), say_share(1.0), say_share(0.5)
    ('over 0.99', 'under 0.01', '1', '0.50')
    """
    if value in (0, 1):
        return str(int(value))
    least = 10.0**-places
    if value > 1 - least:
        return f"over {1 - least:.{places}f}"
    return f"under {least:.{places}f}" if value < least else f"{value:.{places}f}"
