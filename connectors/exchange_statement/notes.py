"""The other side of a trade where a row states it in its note only: ``Converted 0.5 ETH to 1,250.00 USDC``.

A profile declares the sentences as ``note_forms``: ``{total}`` is the sum, ``{coin}`` its coin, ``*`` anything. Nothing of
a note is ever quoted: people write there too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTS = {
    "*": r".*?",
    "{total}": r"(?:[^\w\s.,+-]{0,2})(?P<total>\d[\d,]*(?:\.\d+)?)",
    "{coin}": r"(?P<coin>[A-Za-z0-9]{2,12})",
}


@lru_cache(maxsize=64)
def _compile_form(form: str) -> re.Pattern[str]:
    parts = re.split(r"(\*|\{total\}|\{coin\})", form)
    return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts), re.ASCII | re.IGNORECASE)


def find_other_side(note: str, forms: Sequence[str]) -> tuple[str, str] | None:
    """The sum and the coin of the first form that fits the whole note.

    >>> find_other_side("Converted 0.5 ETH to 1,250.00 USDC", ["Converted * to {total} {coin}"])
    ('1,250.00', 'USDC')
    """
    plain = " ".join(note.split())
    for form in forms:
        if found := _compile_form(form).fullmatch(plain):
            return found["total"], found["coin"]
    return None
