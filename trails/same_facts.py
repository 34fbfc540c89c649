"""Whether several connectors that recognise one file would read the same facts: then it matters not who reads it."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from trails.errors import TrailsError
from trails.model import Issue, RowsRead, Skip, TransferTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trails.connector import Connector, ReadOptions, Source

#: What a connector may fail with on a file that is not its own.
_FAULTS = (TrailsError, ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)


def read_same_facts(connectors: Sequence[Connector], source: Source, options: ReadOptions) -> bool:
    """Whether connectors give the same facts in the same order, and refuse the same rows.

    They read side by side and stop where they first differ, so memory holds one record of each. What they skip and remark
    may differ. A connector that cannot read the file differs from every other.
    """
    try:
        streams = [_read_facts(each, _fresh(source), options) for each in connectors]
        return all(all(fact == facts[0] for fact in facts) for facts in zip_longest(*streams))
    except _FAULTS:
        return False


def _fresh(source: Source) -> Source:
    """The source as nobody has read it: what one reading noted as damaged is no other's."""
    return replace(source, damage={}, companions=tuple(map(_fresh, source.companions)))


def _read_facts(connector: Connector, source: Source, options: ReadOptions) -> Iterator[Any]:
    for record in connector.read(source, options):
        match record:
            case TransferTable():
                yield from (row | dict(record.constants) for row in record.table.to_pylist())
            case Issue():
                if record.severity == "error":
                    yield "refused", record.row
            case RowsRead() | Skip():
                continue
            case _:
                yield record
