"""Records of a CSV file by column name, one at a time, each with its own text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.texts import MOST_LINE, find_damage, mend, read_lines, require_whole

if TYPE_CHECKING:
    from trails.connector import ReadOptions, Source

#: As many as a spreadsheet has: a header of more is none.
MOST_COLUMNS = 16_384
#: So many cells may be missing in the rows of a file: each takes time and memory although it takes no byte.
MOST_LACKING = 20_000_000
#: Of the fields that a row has beyond its header so many are kept: it is refused for having any.
_MOST_SURPLUS = 100
_FIGURE = re.compile(r"[\d\s.,:/+-]*\d[\d\s.,:/+-]*")
csv.field_size_limit(MOST_LINE)


def csv_records(
    source: Source, options: ReadOptions, *, delimiter: str = ",", header_row: int = 1
) -> Iterator[RawRecord]:
    """The records of a CSV file by column name; ``row`` counts records from the top, the first line being row 1.

    The file is streamed. A record with more or fewer fields than the header has the key None with the surplus, or None
    values, as ``csv.DictReader`` gives them. One that holds a byte of another encoding or a NUL is noted in the source's
    ``damage``, which refuses it; so is a ragged one of several lines, since a quotation mark that is not closed takes the lines
    below it along.

    Raises SourceError for a header of more than 16,384 columns, duplicate column names or damaged ones, a line or a record
    of more than 16 MiB (a quoted field that never ends), and lines without end that hold next to nothing.
    """
    reader = _Reader(source, options, delimiter)
    header: list[str] | None = None
    lacking = 0
    for row, raw, lines, found in reader.records():
        fields = found
        if row < header_row or not fields:
            continue
        if header is None:
            require_whole(raw, source.name)
            header = check_header([field.strip() for field in fields], source.name, row)
            continue
        if damage := find_damage(raw):
            source.note_damage(row, "text_damaged", f"{_find_column(header, fields)}{damage}")
            fields = [mend(field) for field in fields]
        elif lines > 1 and len(fields) != len(header):
            source.note_damage(row, "ragged", say_ragged(lines, len(fields), len(header)))
        lacking += max(0, len(header) - len(fields))
        if lacking > MOST_LACKING:
            raise SourceError(
                f"{source.name}: {lacking:,} cells are missing up to row {row:,}: the header has {len(header):,} columns, and the "
                "rows hold few of them; nothing was added"
            )
        yield RawRecord(row, mend(raw), by_name(header, fields))


class _Reader:
    """The csv module over lines of bounded records, with the text of each."""

    def __init__(self, source: Source, options: ReadOptions, delimiter: str) -> None:
        self._source, self._options, self._delimiter = source, options, delimiter
        self._used: list[str] = []
        self._length = 0

    def records(self) -> Iterator[tuple[int, str, int, list[str]]]:
        """Each record's number, text, how many lines it spans, and its fields."""
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=False)
        row = 0
        while True:
            try:
                fields = next(reader, None)
            except csv.Error as problem:
                raise SourceError(f"{self._source.name}: row {row + 1}: {problem}; nothing was added") from None
            if fields is None:
                return
            row += 1
            used, self._used, self._length = self._used, [], 0
            yield row, (used[0] if len(used) == 1 else "".join(used)).rstrip("\r\n"), len(used), fields

    def _lines(self) -> Iterator[str]:
        for line in read_lines(self._source, self._options, rows=True):
            self._used.append(line)
            self._length += len(line)
            if self._length > MOST_LINE:
                raise SourceError(
                    f"{self._source.name}: a record of more than {MOST_LINE:,} characters that begins with "
                    f"{self._used[0][:60]!r}: a quotation mark is never closed; nothing was added"
                )
            yield line


def is_data(header: Iterable[str]) -> bool:
    """Whether what is taken for a header is a row of data, with people in it: no column is called by a number or a date."""
    return any(map(_FIGURE.fullmatch, header))


def check_header(header: list[str], name: str, row: int) -> list[str]:
    """The names of columns; raises SourceError for too many, and for names that stand twice."""
    if len(header) > MOST_COLUMNS:
        raise SourceError(f"{name}: row {row}: a header of {len(header):,} columns, more than {MOST_COLUMNS:,}: refused")
    double = sorted(column for column, times in Counter(header).items() if column and times > 1)
    if double:
        raise SourceError(
            f"{name}: row {row}: {'a cell' if is_data(header) else ', '.join(double)[:400]} stands twice among the column names; "
            "rename one, or say where the header is"
        )
    return header


def by_name(header: list[str], fields: list[Any]) -> dict[str | None, Any]:
    """A record's fields by the names of its columns."""
    named: dict[str | None, Any] = dict(zip(header, fields, strict=False))
    named.update(dict.fromkeys(header[len(fields) :]))
    if len(fields) > len(header):
        named[None] = fields[len(header) : len(header) + _MOST_SURPLUS]
    return named


def _find_column(header: list[str], fields: list[str]) -> str:
    """The column that holds the damage, to begin a message with; nothing where it stands outside the header's."""
    place = next((place for place, field in enumerate(fields) if find_damage(field)), len(header))
    return f"column {header[place]!r}: " if place < len(header) else ""


def say_ragged(lines: int, found: int, wanted: int) -> str:
    """What is said of a record of several lines that does not have the fields of its header."""
    return (
        f"the row spans {lines:,} lines and has {found:,} fields where the header has {wanted:,}: a quotation mark is probably "
        "missing, and what stands on these lines was not read"
    )
