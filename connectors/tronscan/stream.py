"""A CSV file as batches of text columns with the row numbers that ``csv`` would give, memory staying flat.

Arrow reads the bytes; where it cannot (a quoted field without end, a line longer than its block) it stops, and the rest
is read record by record.
"""

from __future__ import annotations

import codecs
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from trails.errors import SourceError
from trails.records import open_bytes, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.tronscan.layout import Layout
    from trails.connector import ReadOptions, Source

Rows = np.ndarray[Any, np.dtype[np.int64]]

BLOCK_BYTES = 4 << 20
_MARKS = (b"\xff\xfe", b"\xfe\xff")


class _Utf8(io.RawIOBase):
    """A stream of bytes in any encoding as checked UTF-8, NUL characters shown as the replacement mark.

    Raises UnicodeDecodeError while it is read: encodings are never guessed.
    """

    def __init__(self, inner: io.BufferedReader, encoding: str) -> None:
        self.inner = inner
        self.plain = encoding in ("utf-8", "utf-8-sig")
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.waiting = b""

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with whole, checked text."""
        size = len(buffer)
        while not self.waiting:
            chunk = self.inner.read(size)
            untouched = self.plain and chunk.isascii() and b"\x00" not in chunk and not self.decoder.getstate()[0]
            if untouched:
                self.waiting = chunk
            else:
                text = self.decoder.decode(chunk, final=not chunk)
                self.waiting = text.replace("\x00", "\ufffd").encode("utf-8")
            if not chunk:
                break
        count = min(size, len(self.waiting))
        buffer[:count] = self.waiting[:count]
        self.waiting = self.waiting[count:]
        return count


@dataclass
class _Ragged:
    """Notes the numbers of records with a wrong number of fields: Arrow calls this for each, and goes on without it."""

    rows: list[int] = field(default_factory=list)

    def __call__(self, row: Any) -> str:
        """Note the record's number; Arrow then leaves it out."""
        self.rows.append(int(row.number))
        return "skip"

    def take(self) -> list[int]:
        """Give, and forget, what was noted."""
        rows, self.rows = self.rows, []
        return rows


@contextmanager
def _utf8_bytes(source: Source, options: ReadOptions) -> Iterator[io.BufferedReader]:
    with open_bytes(source) as raw:
        start = raw.peek(2)[:2]
        encoding = options.encoding or ("utf-16" if start in _MARKS else "utf-8-sig")
        yield io.BufferedReader(_Utf8(raw, encoding), buffer_size=1 << 20)


@dataclass
class Part:
    """A batch of whole records with their row numbers, and the numbers of ragged records before them."""

    batch: pa.RecordBatch | None
    rows: Rows
    ragged: list[int]


def read_parts(source: Source, options: ReadOptions, layout: Layout) -> Iterator[Part]:
    """Read the columns of a layout as text, batch by batch, named by our words; the last part may have no batch.

    Arrow parses the next batch in a second thread meanwhile. Raises pa.ArrowInvalid or
    pa.ArrowKeyError where Arrow gives up, and
    SourceError for a byte that is not of the file's encoding.
    """
    row, waiting = 2, list[int]()
    for batch, noted in _read_batches(source, options, layout):
        waiting += noted
        if batch is None:
            break
        count = batch.num_rows
        rows = np.arange(row, row + count + len(waiting), dtype=np.int64)
        rows = rows[~np.isin(rows, waiting)][:count] if waiting else rows
        row = int(rows[-1]) + 1 if count else row
        done = [number for number in waiting if number < row]
        waiting = waiting[len(done) :]
        yield Part(batch.rename_columns(list(layout.columns)), rows, done)
    yield Part(None, np.zeros(0, np.int64), waiting)


def _read_batches(
    source: Source, options: ReadOptions, layout: Layout
) -> Iterator[tuple[pa.RecordBatch | None, list[int]]]:
    """Give each batch with the ragged records met since the one before; one thread, since only then Arrow numbers them."""
    wanted, ragged = list(layout.columns.values()), _Ragged()
    try:
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
    except UnicodeDecodeError:
        for _ in read_lines(source, options):
            pass
        raise SourceError(f"{source.name}: not text in its encoding; say it with --encoding") from None
