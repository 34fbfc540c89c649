"""Whether two readings of a file give the same facts: by several connectors that recognise it, or with another word said of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from trails.errors import TrailsError
from trails.model import Issue, RowsRead, Skip, TransferTable

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from trails.connector import Connector, ReadOptions, Source

#: What a connector may fail with on a file that is not its own.
_FAULTS = (TrailsError, ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)


def read_same_facts(connectors: Sequence[Connector], source: Source, options: ReadOptions) -> bool:
    """Whether connectors give the same facts in the same order, and refuse the same rows.

    They read side by side and stop where they first differ, so memory holds one record of each. What they skip and remark
    may differ. A connector that cannot read the file differs from every other.
    """
    try:
        return _are_alike([_read_facts(each, _fresh(source), options) for each in connectors])
    except _FAULTS:
        return False


def reads_alike(connector: Connector, source: Source, options: ReadOptions, other: ReadOptions, most: int) -> bool:
    """Whether the first ``most`` facts and refusals of a source are the same whichever of two things is said of it.

    What cannot be read as ``other`` says differs.
    """
    try:
        return _are_alike([islice(_read_facts(connector, _fresh(source), each, most), most) for each in (options, other)])
    except _FAULTS:
        return False


def read_refused(connector: Connector, source: Source, options: ReadOptions, codes: Container[str]) -> set[int]:
    """The rows of a source that are refused with one of some codes."""
    found = (each for each in connector.read(_fresh(source), options) if isinstance(each, Issue) and each.severity == "error")
    return {issue.row for issue in found if issue.row is not None and issue.code in codes}


def _are_alike(streams: Sequence[Iterator[Any]]) -> bool:
    return all(all(fact == facts[0] for fact in facts) for facts in zip_longest(*streams))


def _fresh(source: Source) -> Source:
    """The source as nobody has read it: what one reading noted as damaged is no other's."""
    return replace(source, damage={}, companions=tuple(map(_fresh, source.companions)))


def _read_facts(connector: Connector, source: Source, options: ReadOptions, most: int | None = None) -> Iterator[Any]:
    """The facts and refusals of a source; of each table its first ``most`` rows."""
    for record in connector.read(source, options):
        match record:
            case TransferTable():
                yield from (row | dict(record.constants) for row in record.table.slice(0, most).to_pylist())
            case Issue():
                if record.severity == "error":
                    yield "refused", record.row
            case RowsRead() | Skip():
                continue
            case _:
                yield record
