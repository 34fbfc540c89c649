"""Rows without end that hold next to nothing: a file of 90 MB is thirty million rows of an empty object each."""

from __future__ import annotations

from trails.errors import SourceError

#: From so many rows on they must be so long on average: the shortest rows of real files, a day and a rate, have 15 characters.
MOST_SHORT = 300_000
SHORTEST = 12


class RowLengths:
    """Watches how long the rows of one file are."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows = self._length = 0

    def see(self, length: int) -> None:
        """Count a row; raises SourceError for very many rows that hold less than a dozen characters each."""
        self._rows += 1
        self._length += length
        if not self._rows % MOST_SHORT and self._length < self._rows * SHORTEST:
            raise SourceError(
                f"{self._name}: {self._rows:,} rows of {self._length / self._rows:.0f} characters on average: no data stands in "
                "rows as short; refused. If it is no trap, take the empty rows out and add what is left"
            )
