"""Raw records of files, numbered the way facts cite them: JSON items, JSON lines, CSV records, spreadsheet rows.

Every reader gives ``RawRecord(row, raw, value)`` where ``raw`` is the very text of the source, so that ``trails cite``
shows what the file says and not what was understood. JSON numbers with a fraction become exact ``Decimal`` values.

What a connector needs of the readers stands here: text (:mod:`trails.texts`), JSON (:mod:`trails.json_text`), CSV
(:mod:`trails.csv_text`) and sheets (:mod:`trails.sheets`).
"""

from __future__ import annotations

from trails.archives import inner_name, is_packed, is_workbook, open_bytes, open_zip_file, read_zip_file, zip_names
from trails.connector import HEAD_BYTES, Head, Source
from trails.csv_text import csv_records, say_ragged
from trails.held import Held, weigh_all
from trails.json_text import (
    Broken,
    Window,
    check_row,
    items_at,
    json_documents,
    json_paths,
    json_records,
    say_broken,
    value_at,
)
from trails.sheets import HEAD_ROWS, find_sheet, head_rows, list_sheets, sheet_head, sheet_records, visible_sheets
from trails.short_rows import RowLengths
from trails.texts import (
    count_damage,
    decode,
    find_damage,
    mend,
    read_bytes,
    read_lines,
    read_pieces,
    read_text,
    require_whole,
)

__all__ = [
    "HEAD_ROWS", "Broken", "Held", "RowLengths", "Window", "check_row", "count_damage", "csv_records", "decode",
    "find_damage", "find_sheet", "is_packed", "is_workbook", "items_at", "json_documents", "json_paths", "json_records",
    "list_sheets", "mend", "open_bytes", "open_zip_file", "read_bytes", "read_head", "read_lines", "read_pieces",
    "read_text", "read_zip_file", "require_whole", "say_broken", "say_ragged", "sheet_head", "sheet_records",
    "value_at", "visible_sheets", "weigh_all", "zip_names",
]  # fmt: skip


def read_head(source: Source) -> Head:
    """The beginning of a source, for recognition: unpacked, with the names in a zip and the first rows of a workbook.

    Raises SourceError for a damaged packing.
    """
    if is_workbook(source):
        with source.path.open("rb") as raw:
            return Head(source.name, raw.read(HEAD_BYTES), source.size, sheet=tuple(head_rows(source)))
    members = zip_names(source)
    with open_bytes(source) as stream:
        data = stream.read(HEAD_BYTES)
    sheet = _parquet_columns(source) if data.startswith(b"PAR1") else ()
    return Head(inner_name(source), data, source.size, members=members if len(members) > 1 else (), sheet=sheet)


def _parquet_columns(source: Source) -> tuple[tuple[str, ...], ...]:
    """The column names of a Parquet file, which stand at its end; none where it cannot be read (reading says why)."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return (tuple(parquet.read_schema(source.path).names),)
    except (pa.ArrowException, OSError, ValueError):
        return ()
