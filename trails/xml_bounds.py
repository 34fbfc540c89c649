"""Bounds on XML that a parser does not know: the length of one tag, and how much is kept.

A parser that is fed piece by piece begins each tag, comment or instruction anew with every piece until it is whole, so one of
60 MB takes minutes; and every element that is kept takes some hundred bytes, whatever it says.
"""

from __future__ import annotations

from trails.errors import SourceError

#: The longest tag, comment or instruction, in bytes.
MOST_TAG = 1 << 20
#: So many elements, texts or findings are kept at once.
MOST_KEPT = 1_000_000


class TagLength:
    """Watches whether a parser gets on: ``place`` is where the last thing it met begins, in whatever measure."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._place: object = None
        self._fed = 0

    def see(self, fed: int, place: object) -> None:
        """Note what was fed since the last call; raises SourceError where a mebibyte brought the parser nowhere."""
        self._fed = self._fed + fed if place == self._place else 0
        self._place = place
        if self._fed > MOST_TAG:
            raise SourceError(
                f"{self._name}: a tag, comment or instruction of more than {MOST_TAG:,} bytes in the XML: refused as a trap"
            )


class Kept:
    """Counts what is kept of a file."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.count = 0

    def add(self, count: int = 1) -> None:
        """Count what is kept, or (below nought) let go; raises SourceError for more than a million."""
        self.count += count
        if self.count > MOST_KEPT:
            raise SourceError(
                f"{self._name}: more than {MOST_KEPT:,} elements would have to be held at once; split the file, or ask for "
                "a shorter time"
            )
