"""Marks that nobody sees: what apps and keyboards put between the letters of a message."""

from __future__ import annotations

import re

#: Soft hyphen, joiners, direction marks, fillers, the Arabic tatweel, variation selectors and the frame of a keycap.
HIDDEN = (
    "\u00ad\u034f\u061c\u0640\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\u20e3"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
)
_HIDDEN = re.compile(rf"[{HIDDEN}]")
#: Between Arabic letters a gap without width parts two words, or a word and its ending.
_BETWEEN_LETTERS = re.compile("(?<=[\u0620-\u06ff])[\u200b\u200c](?=[\u0620-\u06ff])")


def holds_hidden(text: str) -> bool:
    """Whether a text holds such a mark."""
    return not text.isascii() and bool(_HIDDEN.search(text))


def is_hidden(ch: str) -> bool:
    """Whether a character is such a mark."""
    return bool(_HIDDEN.match(ch))


def drop_hidden(text: str, *, parted: bool = True) -> tuple[str, list[int] | None]:
    """The text as a reader sees it, and where each of its characters stands in the text; None where nothing was hidden.

    ``parted``: a gap that shows as none parts two words (Persian writes so), and becomes a space.

    >>> drop_hidden("5\u200f00")
    ('500', [0, 2, 3])
    """
    if not holds_hidden(text):
        return text, None
    spaced = _BETWEEN_LETTERS.sub(" ", text) if parted else text
    places = [at for at, ch in enumerate(spaced) if not _HIDDEN.match(ch)]
    return "".join(spaced[at] for at in places), places
