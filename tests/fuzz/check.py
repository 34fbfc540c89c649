"""What must be true of any bytes given to a connector."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from tests.connectors.reading import open_source, sort_records
from tests.regenerate import find_samples, read_options
from trails.connector import Connector, ReadOptions, Source, list_connectors
from trails.errors import TrailsError
from trails.records import read_head

#: A row of a file may give this many records before something is wrong with the reading itself.
_MOST_RECORDS = 200_000


@lru_cache(maxsize=1)
def all_samples() -> tuple[tuple[Connector, Path, ReadOptions, bytes], ...]:
    """Every sample of every installed connector, with what is said about it."""
    return tuple(
        (connector, path, read_options(path), path.read_bytes())
        for connector in list_connectors()
        if connector.folder
        for path in find_samples(connector.folder)
    )


def check_bytes(connector: Connector, sample: Path, options: ReadOptions, data: bytes) -> str:
    """Read bytes as a connector's file: records and issues that account for every row, or one error of trails.

    Anything else is raised: that is what a fuzzer looks for. What came of it is told in a word.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / sample.name
        path.write_bytes(data)
        source = replace(open_source(path), companions=open_source(sample).companions)
        return _check_source(connector, source, options)


def _check_source(connector: Connector, source: Source, options: ReadOptions) -> str:
    try:
        head = replace(read_head(source), mapping=options.mapping)
        why = connector.recognise(head)
        assert why is None or isinstance(why, str)
        reading = sort_records(connector, source, options)
        rows = [record.row for record in connector.records(source, options)]
    except TrailsError:
        return "refused"
    assert len(reading.facts) < _MOST_RECORDS
    # a row that states nothing new may stand in the raw rows alone; one that was read must be accounted for and shown
    assert len(reading.refused) + len(reading.kept) + len(reading.skipped) == reading.rows_read
    assert len(rows) == len(set(rows)), "two raw rows under one number"
    assert reading.refused | reading.kept <= set(rows), "trails cite cannot show a row that was read"
    return "read"
