"""The codes of coins: what exchanges and wallets call them, told from the numbers and names that stand in a row that has moved."""

from __future__ import annotations

import re

from trails.words import count_words, quote_word

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.$_-]{0,29}\Z", re.ASCII)
#: Digits as a number of a document or an account has them; codes have such a run only as a multiple: 1000000MOG.
_NUMBER = re.compile(r"(?<!\d)(?!10+(?!\d))\d{5,}", re.ASCII)


def is_coin_code(text: str) -> bool:
    """Whether a text can be a coin's code.

    >>> is_coin_code("1INCH"), is_coin_code("1000000MOG"), is_coin_code("FX1234567"), is_coin_code("Amber Quince")
    (True, True, False, False)
    """
    return _CODE.match(text) is not None and _NUMBER.search(text) is None


def quote_code(text: str) -> str:
    """What stands where a coin's code is due, for a message; how long it is, where it may be a name or a document's number.

    >>> quote_code("bt c"), quote_code("B?T"), quote_code("FX1234567")
    ('(4 signs)', "'B?T'", '(9 signs)')
    """
    return f"({count_words(len(text), 'sign')})" if _NUMBER.search(text) else quote_word(text)
