"""Rows of a Parquet file in batches, within bounds on what they unpack to.

A Parquet file says in a few bytes that one value stands in a billion rows, and one text of megabytes may be meant by every row of
a batch. So what the file says of its sizes is looked at before anything is read, texts are read as the distinct ones that they
are, and a batch is unfolded a few rows at a time where its texts are long.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trails.archives import open_bytes, read_stream
from trails.errors import SourceError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    import pyarrow.parquet as pq

    from trails.connector import Source

PARQUET = b"PAR1"
#: A table has some dozen columns, with lists in lists some hundred.
MOST_COLUMNS = 2_000
#: What one column of a group of rows may unpack to, and how many times its packed size from a certain size on.
MOST_CHUNK, MOST_RATIO, RATIO_FREE = 320 << 20, 200, 64 << 20
#: A file may hold so many values beyond one for every two bytes: rows that are told apart take bytes.
VALUES_FREE, BYTES_EACH = 100_000, 2
#: What a batch may unfold to.
MOST_BATCH = 16 << 20
#: A packed Parquet file is read whole.
MOST_PACKED = 1 << 28


@contextmanager
def open_parquet(source: Source) -> Iterator[pq.ParquetFile]:
    """A Parquet file, also one that is packed; raises SourceError where it is none, cut, or says it holds too much."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _open_plain(source) as plain:
        try:
            texts = _list_texts(pq.ParquetFile(plain), source.name)
            plain.seek(0)
            # texts come as dictionaries where they are stored as such: a long one is held once, however many rows mean it
            file = pq.ParquetFile(plain, read_dictionary=texts, pre_buffer=False)
        except (pa.ArrowException, OSError, ValueError) as problem:
            raise SourceError(
                f"{source.name}: not a readable Parquet file: {str(problem)[:200]}; get the whole file"
            ) from None
        yield file


def read_batches(
    source: Source, file: pq.ParquetFile, *, rows: int, columns: Collection[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """A file's rows in batches of at most so many, with plain columns; ``columns`` are those that are wanted.

    Raises SourceError for a damaged file.
    """
    import pyarrow as pa

    wanted = None if columns is None else [name for name in file.schema_arrow.names if name in set(columns)]
    try:
        for batch in file.iter_batches(batch_size=rows, columns=wanted, use_threads=False):
            batch.validate(full=True)  # the texts of a damaged file may be none
            for piece in _cut(batch):
                yield _unfold(piece)
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise SourceError(f"{source.name}: a damaged Parquet file: {str(problem)[:200]}; nothing was added") from None


@contextmanager
def _open_plain(source: Source) -> Iterator[Any]:
    """The bytes of a file, where one can go back and forth; a packed one is unpacked into memory."""
    with source.path.open("rb") as file:
        if file.read(4) == PARQUET:
            file.seek(0)
            yield file
            return
    with open_bytes(source) as stream:
        data = read_stream(stream, source.name, MOST_PACKED)
    yield io.BytesIO(data)


def _list_texts(file: pq.ParquetFile, name: str) -> list[str]:
    """The columns that hold texts as dictionaries; raises SourceError for a file that says it holds too much."""
    metadata = file.metadata
    if metadata.num_columns > MOST_COLUMNS:
        raise SourceError(f"{name}: a table of {metadata.num_columns:,} columns, more than {MOST_COLUMNS:,}: refused")
    texts: dict[str, None] = {}
    packed = values = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        most = 0
        for place in range(group.num_columns):
            chunk = group.column(place)
            packed += chunk.total_compressed_size
            most = max(most, chunk.num_values)
            size = chunk.total_uncompressed_size
            if size > MOST_CHUNK or (size > RATIO_FREE and size > MOST_RATIO * chunk.total_compressed_size):
                raise SourceError(
                    f"{name}: column {chunk.path_in_schema!r} unpacks to {size:,} bytes, from {chunk.total_compressed_size:,}: "
                    "refused. If it is no trap, write the file anew with smaller groups of rows"
                )
            if chunk.physical_type == "BYTE_ARRAY" and any("DICTIONARY" in each for each in chunk.encodings):
                texts[chunk.path_in_schema] = None
        values += most
        if values > VALUES_FREE + packed // BYTES_EACH:
            raise SourceError(f"{name}: it says it holds {values:,} values and more in {packed:,} bytes: refused as a trap")
    return list(texts)


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces that unfold to no more than :data:`MOST_BATCH` each, of one row at least."""
    import numpy as np

    ends = np.cumsum(sum((_text_lengths(column) for column in batch.columns), np.zeros(batch.num_rows, np.int64)))
    start = 0
    while start < batch.num_rows:
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + MOST_BATCH, side="right")))
        yield batch.slice(start, end - start)
        start = end


def _text_lengths(array: Any) -> npt.NDArray[np.int64]:
    """How many bytes the texts of each value of a column take, unfolded."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = _text_lengths(array.dictionary)
        places = pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False)
        return np.asarray(lengths[places]) if len(lengths) else np.zeros(len(array), np.int64)
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        return np.asarray(pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False), np.int64)
    if pa.types.is_struct(kind):
        return np.asarray(sum((_text_lengths(field) for field in array.flatten()), np.zeros(len(array), np.int64)))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = np.concatenate(([0], np.cumsum(_text_lengths(array.values))))
        offsets = array.offsets.to_numpy()
        return np.asarray(ends[offsets[1:]] - ends[offsets[:-1]])
    return np.zeros(len(array), np.int64)


def _unfold(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose dictionaries at the top are plain columns; those inside lists unfold row by row as they are read."""
    import pyarrow as pa

    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
