"""What a connector holds of a file until its end, weighed: books are read whole, and must not be endless."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from trails.errors import SourceError

if TYPE_CHECKING:
    from trails.connector import RawRecord

#: What the rows that a connector holds may take in memory, by the estimate below: some hundred thousand rows of a book.
MOST_HELD = 400_000_000
_RECORD, _VALUE = 400, 100


class Held:
    """Weighs the rows of one file that are kept, or what is made of them, until the file ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bytes = 0

    def add(self, record: RawRecord) -> None:
        """Count a row, with its text and its values; raises SourceError where all would take more memory than a file may."""
        value = record.value
        values = len(value) if isinstance(value, dict | list) else 0
        if not isinstance(value, str):
            values = max(values, sum(map(record.raw.count, ",{[")))
        self._bytes += _RECORD + 2 * sys.getsizeof(record.raw) + _VALUE * values
        if self._bytes > MOST_HELD:
            raise SourceError(
                f"{self._name}: up to row {record.row:,} its rows would take more than {MOST_HELD:,} bytes of memory, and all must "
                "be held at once to be read; split the file"
            )


def weigh_all(records: Iterable[RawRecord], name: str) -> Iterator[RawRecord]:
    """Records on their way to a connector that keeps them; raises SourceError as :class:`Held` does."""
    held = Held(name)
    for record in records:
        held.add(record)
        yield record
