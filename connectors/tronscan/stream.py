"""A CSV file as batches of text columns with the row numbers that ``csv`` would give, memory staying flat.

Arrow reads the bytes; where it cannot (a quoted field without end, a line longer than its block) it stops, and the rest
is read record by record.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from connectors.tronscan.rows import RAGGED
from trails.records import open_bytes, say_ragged
from trails.said import choose_encoding
from trails.utf8_stream import Utf8Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.tronscan.layout import Layout
    from trails.connector import ReadOptions, Source

Rows = np.ndarray[Any, np.dtype[np.int64]]

BLOCK_BYTES = 4 << 20
#: Records with a wrong number of fields that may come one after another, before Arrow has a batch of whole ones.
MOST_RAGGED = 100_000


@dataclass
class _Ragged:
    """Notes the numbers of records with a wrong number of fields: Arrow calls this for each, and goes on without it."""

    rows: dict[int, str] = field(default_factory=dict)

    def __call__(self, row: Any) -> str:
        """Note the record's number and what is wrong with it; Arrow then leaves it out.

        After very many Arrow gives up: the rows are read one by one, where their number has a bound.
        """
        if len(self.rows) >= MOST_RAGGED:
            return "error"
        lines = sum(1 for _ in io.StringIO(str(row.text), newline=""))
        said = say_ragged(lines, int(row.actual_columns), int(row.expected_columns)) if lines > 1 else RAGGED
        self.rows[int(row.number)] = said
        return "skip"

    def take(self) -> dict[int, str]:
        """Give, and forget, what was noted."""
        rows, self.rows = self.rows, {}
        return rows


@contextmanager
def _utf8_bytes(source: Source, options: ReadOptions) -> Iterator[io.BufferedReader]:
    with open_bytes(source) as raw:
        encoding = choose_encoding(raw.peek(4), options.encoding, source.name)
        yield io.BufferedReader(Utf8Stream(raw, encoding), buffer_size=1 << 20)


@dataclass
class Part:
    """A batch of whole records with their row numbers, and the numbers of ragged records before them."""

    batch: pa.RecordBatch | None
    rows: Rows
    ragged: dict[int, str]


def read_parts(source: Source, options: ReadOptions, layout: Layout) -> Iterator[Part]:
    """Read the columns of a layout as text, batch by batch, named by our words; the last part may have no batch.

    Arrow parses the next batch in a second thread meanwhile. Raises pa.ArrowInvalid or pa.ArrowKeyError where Arrow gives
    up, and DamagedText for a byte that is not of the file's encoding, or a NUL.
    """
    row, waiting = 2, dict[int, str]()
    for batch, noted in _read_batches(source, options, layout):
        waiting |= noted
        if batch is None:
            break
        count = batch.num_rows
        rows = np.arange(row, row + count + len(waiting), dtype=np.int64)
        rows = rows[~np.isin(rows, list(waiting))][:count] if waiting else rows
        row = int(rows[-1]) + 1 if count else row
        done = {number: said for number, said in waiting.items() if number < row}
        waiting = {number: said for number, said in waiting.items() if number >= row}
        yield Part(batch.rename_columns(list(layout.columns)), rows, done)
    yield Part(None, np.zeros(0, np.int64), waiting)


def _read_batches(
    source: Source, options: ReadOptions, layout: Layout
) -> Iterator[tuple[pa.RecordBatch | None, dict[int, str]]]:
    """Give each batch with the ragged records met since the one before; one thread, since only then Arrow numbers them."""
    wanted, ragged = list(layout.columns.values()), _Ragged()
    with _utf8_bytes(source, options) as stream, ThreadPoolExecutor(1) as ahead:
        reader = arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=ragged,
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        batch: pa.RecordBatch | None = None
        following = ahead.submit(lambda: (next(reader, None), ragged.take()))
        while True:
            batch, noted = following.result()
            if batch is not None:
                following = ahead.submit(lambda: (next(reader, None), ragged.take()))
            yield batch, noted
            if batch is None:
                return
