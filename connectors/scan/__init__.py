"""Pictures of a book: JPEG, PNG and PDF, each a source of its own that rows of a transcription cite.

A picture has no rows. What it shows is written by a person into a sheet (``trails transcribe``) whose rows name the picture by
its SHA-256, the place on it and who read it. Nothing in a picture is ever recognised.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from trails.errors import SourceError
from trails.model import Issue, RowsRead
from trails.pictures import look_at, look_at_path, picture_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record


def recognise(head: Head) -> str | None:
    """Say why a file is a picture: by its own bytes, whatever its name ends in. A fragment of one is none."""
    kind = picture_kind(head.data)
    if kind is None or head.members or head.sheet:
        return None
    if head.size > len(head.data):
        return f"it begins as a {kind} does"
    try:
        return f"it is {look_at(io.BytesIO(head.data), head.name).describe()}"
    except SourceError:
        return None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read no row: say what the picture is."""
    del options
    picture = look_at_path(source.path, source.name)
    said = f"{picture.describe()}: it has no rows of its own, what it shows comes in by a transcription (`trails transcribe`)"
    yield Issue(None, "note", "picture", said)
    yield RowsRead(0)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give nothing: a picture has no rows."""
    del source, options
    return iter(())
