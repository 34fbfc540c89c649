"""Numbers and ids as parts of keys and references, which are shown as they stand: never a name that came into their column."""

from __future__ import annotations

import hashlib

#: A single word without a digit is a name rather than an id where it is shorter: ids of letters alone are long.
_SHORTEST_ID = 10


def hide_names(text: str) -> str:
    """An id as it stands; where a name or an address of mail may stand, what tells it from others and shows nothing.

    >>> hide_names("R7-QZ"), hide_names("LGOWTW-ABCDEF-QWERTZ"), hide_names("Amber Quince")
    ('R7-QZ', 'LGOWTW-ABCDEF-QWERTZ', 'hidden-e29cbfbd')
    """
    if " " not in text and len(text) >= _SHORTEST_ID and "@" not in text:
        return text
    words = text.split()
    wordy = [word for word in words if not any(map(str.isdigit, word)) and sum(map(str.isalpha, word)) > 1]
    if "@" not in text and not (wordy and (len(words) > 1 or len(text) < _SHORTEST_ID)):
        return text
    return f"hidden-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
