"""Numbers with their nouns, and shares that are never rounded to certainty: the small words that findings are made of."""

from __future__ import annotations


def count_words(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> count_words(1, "payment"), count_words(2, "payment"), count_words(2, "match", "matches")
    ('1 payment', '2 payments', '2 matches')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


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
