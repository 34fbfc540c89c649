"""When each block was made: read from a file given beside one whose rows state block numbers only.

Raw, as ethereum-etl writes blocks, or as a node answers ``eth_getBlockByNumber`` (one, or a batch of answers)::

    number,hash,...,timestamp,transaction_count
    17173049,0xaa5a..,...,1683029999,116
    {"jsonrpc": "2.0", "id": 1, "result": {"number": "0x1060a79", "timestamp": "0x6450ff2f"}}

An export of transactions with ``block_number`` and ``block_timestamp`` serves as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.evm import read_stamp
from trails.errors import SourceError, ValueProblem
from trails.records import Broken, csv_records, json_documents, open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trails.connector import ReadOptions, Source
    from trails.timestamps import Instant

_NUMBERS = ("number", "block_number", "blockNumber", "blockId", "block_id")
_TIMES = ("timestamp", "block_timestamp", "blockTimestamp", "timeStamp")
_QUANTITY = re.compile(r"0[xX][0-9a-fA-F]{0,64}|\d{1,78}\Z", re.ASCII)


def is_json(source: Source) -> bool:
    """Whether a source's first sign is one of JSON."""
    with open_bytes(source) as stream:
        start = stream.read(4_096)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return start.decode(encoding, errors="replace").lstrip("\x00 \t\r\n")[:1] in ("{", "[")


def read_quantity(value: object) -> int:
    """Read a whole number as nodes (``0x1a``, ``0x`` for nothing) and exports (26, "26") write it.

    Raises ValueProblem.

    >>> read_quantity("0x1a"), read_quantity("26"), read_quantity("0x")
    (26, 26, 0)
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    text = value.strip() if isinstance(value, str) else ""
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise ValueProblem(f"{str(value)[:60]!r} is no whole number")
    return int(text[2:] or "0", 16) if text[:2] in ("0x", "0X") else int(text)


def read_block_times(companions: Iterable[Source], options: ReadOptions) -> dict[int, Instant]:
    """Give the time of every block that the files beside a source state.

    Raises SourceError for a companion that states no block's time.
    """
    times: dict[int, Instant] = {}
    for companion in companions:
        before = len(times)
        for value in _blocks(companion, options):
            found = _block_time(value, options)
            if found:
                times.setdefault(*found)
        if len(times) == before:
            raise SourceError(
                f"{companion.name}: no row states the time of a block; give ethereum-etl's blocks, or the answers of "
                "eth_getBlockByNumber"
            )
    return times


def _blocks(source: Source, options: ReadOptions) -> Iterator[Any]:
    rows = json_documents(source, options) if is_json(source) else csv_records(source, options)
    for row in rows:
        if isinstance(row.value, Broken):
            raise SourceError(f"{source.name}: {row.value.message}; nothing was added")
        inner = row.value.get("result", row.value) if isinstance(row.value, dict) else None
        yield from inner if isinstance(inner, list) else [inner]


def _block_time(value: Any, options: ReadOptions) -> tuple[int, Instant] | None:
    """Read a block's number and time; None where the row states no sensible pair."""
    if not isinstance(value, dict):
        return None
    number = next((value[name] for name in _NUMBERS if name in value), None)
    stamp = next((value[name] for name in _TIMES if name in value), None)
    try:
        block = read_quantity(number)
        seconds = read_quantity(stamp) if isinstance(stamp, str) and stamp[:2] in ("0x", "0X") else stamp
        instant, doubt = read_stamp(seconds, options)
    except ValueProblem:
        return None
    return None if doubt or instant.time is None else (block, instant)
