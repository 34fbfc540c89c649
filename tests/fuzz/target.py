"""What must hold for any bytes whatever, and the bounds on time and memory within which it must.

A connector may give records (with issues among them), or one TrailsError. What it gives must account for every row, must
fit the tables of a case, and must be findable again by ``trails cite``.
"""

from __future__ import annotations

import hashlib
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

from tests.regenerate import find_samples
from trails.connector import Connector, ReadOptions, Source
from trails.errors import TrailsError
from trails.model import Event, Issue, Price, Record, RowsRead, Skip, Tag, Transfer, TransferTable
from trails.records import read_head

#: No input of at most :data:`tests.fuzz.mutations.MOST_BYTES` may keep a processor at work for longer, nor need more memory.
#: Good inputs take a twentieth; what the rest of the machine does is not counted.
MOST_SECONDS = 5.0
MOST_MEMORY = 1 << 30
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_SMALLEST_RATE = Decimal("1e-12")
_LARGEST_RATE = Decimal("1e26")


class Unbounded(BaseException):
    """An input took more work than it may. No connector can catch this by mistake: it is no Exception."""


def all_samples(connectors: Sequence[Connector]) -> Iterator[tuple[Connector, Path]]:
    """Every sample of every connector that loads."""
    for connector in connectors:
        if connector.folder is not None and connector.broken is None:
            for path in find_samples(connector.folder):
                yield connector, path


def sample_companions(sample: Path) -> tuple[Source, ...]:
    """The files a sample is given with, unchanged."""
    return tuple(make_source(path, path.name) for path in sorted(sample.parent.glob(f"{sample.name}.with.*")))


def make_source(path: Path, name: str, companions: tuple[Source, ...] = ()) -> Source:
    """A file as a source under the name it came with."""
    data = path.read_bytes()
    return Source(path, name, hashlib.sha256(data).hexdigest(), len(data), companions)


@contextmanager
def bounded(seconds: float = MOST_SECONDS, memory: int = MOST_MEMORY) -> Iterator[None]:
    """Stop what works for longer than it may, and refuse it more memory than it may need (on Linux)."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Unbounded(f"more than {seconds} seconds of a processor")

    before = signal.signal(signal.SIGPROF, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    statm = Path("/proc/self/statm")
    if sys.platform == "linux" and statm.is_file():
        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def check_input(
    connector: Connector, others: Sequence[Connector], source: Source, options: ReadOptions
) -> TrailsError | None:
    """Look at a source as ``trails add`` does; the clear error it gives, or None where it gives records that hold.

    Raises AssertionError for what must not be, and whatever a connector lets through.
    """
    refused = _recognise(source, options, others)
    try:
        records = list(connector.read(source, options))
        raws = list(connector.records(source, options))
    except TrailsError as problem:
        return problem
    check_accounts(records, [raw.row for raw in raws])
    check_contract(records)
    for raw in raws:
        assert isinstance(raw.raw, str), f"row {raw.row}: its raw text is {type(raw.raw).__name__}"
    return refused


def _recognise(source: Source, options: ReadOptions, connectors: Sequence[Connector]) -> TrailsError | None:
    try:
        head = replace(read_head(source), mapping=options.mapping)
    except TrailsError as problem:
        return problem
    for connector in connectors:
        why = connector.recognise(head)
        assert why is None or isinstance(why, str), f"{connector.name}.recognise gave {why!r}"
    return None


def check_accounts(records: Sequence[Record], rows: Sequence[int]) -> None:
    """Every row visited gave a fact, was skipped with its reason or refused, and can be shown by ``trails cite``."""
    read = sum(record.count for record in records if isinstance(record, RowsRead))
    refused = {
        each.row for each in records if isinstance(each, Issue) and each.severity == "error" and each.row is not None
    }
    kept = {each.row for each in records if isinstance(each, Transfer | Event | Tag | Price)}
    kept |= {row for each in records if isinstance(each, TransferTable) for row in each.table["row"].to_pylist()}
    skipped = {each.row for each in records if isinstance(each, Skip)}
    known = refused | kept | skipped
    assert len(known) == read, f"{read} rows read, but {len(known)} kept, skipped or refused"
    assert len(rows) == len(set(rows)), "two raw rows of one number"
    assert refused | kept <= set(rows), f"rows {sorted((refused | kept) - set(rows))[:3]} cannot be cited"
    assert set(rows) <= known, f"rows {sorted(set(rows) - known)[:3]} were never accounted for"


def check_contract(records: Sequence[Record]) -> None:
    """What the tables of a case refuse would refuse the whole file: no record of a row that is kept may be such."""
    refused = {each.row for each in records if isinstance(each, Issue) and each.severity == "error"}
    for record in records:
        if isinstance(record, TransferTable):
            _check_table(record)
        elif isinstance(record, RowsRead | Skip | Issue) or record.row not in refused:
            _check_texts(record)
            _check_record(record)


def _check_texts(value: Any) -> None:
    """Half a character (a lone surrogate) cannot be written in UTF-8, so it cannot be stored."""
    if isinstance(value, str):
        assert value.isascii() or value.encode(errors="replace").decode() == value, (
            f"half a character in {value[:80]!r}"
        )
    elif is_dataclass(value):
        for field in fields(value):
            _check_texts(getattr(value, field.name))


def _check_record(record: Record) -> None:
    if isinstance(record, Transfer | Event | Price):
        time = record.time
        assert time.time is None or _FIRST <= time.time < _LAST, f"{record}: its time is outside 1900 to 2100"
        assert (time.time is None) == (time.error_s is None) == (time.basis == "unknown"), f"{record}: its time's basis"
        assert time.error_s is None or 0 <= time.error_s < 2**31, f"{record}: its time's width"
    if isinstance(record, Transfer):
        assert record.amount is None or (type(record.amount) is int and record.amount >= 0), f"{record}: its amount"
        assert record.index is None or -(2**31) <= record.index < 2**31, f"{record}: its index"
        assert record.seq is None or -(2**63) <= record.seq < 2**63, f"{record}: its order"
        assert record.asset.decimals is None or 0 <= record.asset.decimals <= 255, f"{record}: its decimals"
        assert record.src.key, f"{record}: a node without a key"
        assert record.dst.key, f"{record}: a node without a key"
    if isinstance(record, Price):
        assert _SMALLEST_RATE <= record.rate < _LARGEST_RATE, f"{record}: its rate does not fit"
    if isinstance(record, Event | Tag) and record.node is not None:
        assert record.node.key, f"{record}: a node without a key"
    if not isinstance(record, RowsRead | TransferTable) and record.row is not None:
        assert 0 <= record.row < 2**63, f"{record}: its row"


def _check_table(batch: TransferTable) -> None:
    assets = {asset.asset for asset in batch.assets}
    for row in batch.table.to_pylist():
        assert row["src"], f"{row}: a node without a key"
        assert row["dst"], f"{row}: a node without a key"
        assert row["asset"] in assets, f"{row}: an asset that was not named"
        assert row["amount"] is None or 0 <= int(row["amount"]) < 10**38, f"{row}: its amount"
        if row["time_us"] is not None:
            assert _FIRST.timestamp() <= row["time_us"] / 10**6 < _LAST.timestamp(), f"{row}: its time"
        if row.get("tx") is not None:
            assert len(row["tx"]) == 64, f"{row}: its transaction"
