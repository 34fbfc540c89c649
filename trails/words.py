"""Numbers with their nouns, and shares that are never rounded to certainty: the small words that findings are made of."""

from __future__ import annotations


def count_words(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> count_words(1, "payment"), count_words(2, "payment"), count_words(2, "match", "matches")
    ('1 payment', '2 payments', '2 matches')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def quote_cell(text: str, most: int = 80) -> str:
    """What a cell of a sum or a time holds, for a message: its text, or how long it is where a person's name may stand there.

    In a row whose columns have moved, the cell of a sum holds the name of whoever paid; sums and times have digits.

    >>> quote_cell("12,50,0"), quote_cell("Zalmay F."), quote_cell("-")
    ("'12,50,0'", '(9 signs, none a digit)', "'-'")
    """
    if sum(map(str.isalpha, text)) > 1 and not any(map(str.isdigit, text)):
        return f"({count_words(len(text), 'sign')}, none a digit)"
    return repr(text[:most])


def quote_word(text: str, most: int = 12) -> str:
    """What a cell of a currency holds, for a message: one short word, which somebody may have to declare, or how long it is.

    >>> quote_word("dinara"), quote_word("Zalmay F.")
    ("'dinara'", '(9 signs)')
    """
    return repr(text) if len(text.split()) < 2 and len(text) <= most else f"({count_words(len(text), 'sign')})"


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
