"""Records on their way into a case: collected in chunks, handed to DuckDB as Arrow, in temporary tables.

Staged rows hold texts (keys, hashes); `trails/merge/` turns them into the case's integers. Rows of bulk tables are
staged narrow (see `trails/bulk.py`): their keys are numbered on the way in, each distinct one once.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from trails.bulk import BulkStage, prefix_of
from trails.errors import AmountError, ConnectorError, SourceError
from trails.model import Event, Issue, Node, Price, Record, RowsRead, Skip, Tag, Transfer, TransferTable
from trails.money import Asset, check_amount

if TYPE_CHECKING:
    import duckdb

_CHUNK = 50_000
#: Bulk rows staged in one transaction: what is not committed cannot be moved out of memory.
_COMMIT_ROWS = 500_000
#: Bulk rows staged at once: the more, the fewer keys are looked up twice.
_TABLE_ROWS = 250_000
#: So many refused rows, where not one was read before them, say that the file is not what it is read as.
MOST_HOPELESS = 100_000
#: So many refused rows are kept, each with its reason, where they are more than those that were read.
MOST_REFUSED = 1_000_000
_TRANSFER = (
    "place BIGINT, row BIGINT, src_rail VARCHAR, src_key VARCHAR, src_kind VARCHAR, src_label VARCHAR, dst_rail VARCHAR, "
    "dst_key VARCHAR, dst_kind VARCHAR, dst_label VARCHAR, asset VARCHAR, amount DECIMAL(38,0), kind VARCHAR, "
    "time TIMESTAMP, time_error_s INTEGER, time_basis VARCHAR, seq BIGINT, status VARCHAR, tx_rail VARCHAR, "
    "tx VARCHAR, tx_prefix UBIGINT, tx_index INTEGER, ref_text VARCHAR, identity VARCHAR"
)
_NODE = "{0}_rail VARCHAR, {0}_key VARCHAR, {0}_kind VARCHAR, {0}_label VARCHAR"
STAGES: dict[str, str] = {
    "stage_transfers": _TRANSFER,
    "stage_events": "row BIGINT, kind VARCHAR, time TIMESTAMP, time_error_s INTEGER, time_basis VARCHAR, "
    + _NODE.format("node") + ", " + _NODE.format("other") + ", text VARCHAR, identity VARCHAR, "
    "span_start INTEGER, span_end INTEGER",
    "stage_tags": "row BIGINT, " + _NODE.format("node")
    + ", label VARCHAR, category VARCHAR, actor VARCHAR, confidence VARCHAR, origin VARCHAR",
    "stage_prices": "row BIGINT, base VARCHAR, quote VARCHAR, rate VARCHAR, time TIMESTAMP, time_error_s INTEGER, "
    "time_basis VARCHAR, origin VARCHAR",
    "stage_issues": "row BIGINT, severity VARCHAR, code VARCHAR, message VARCHAR",
    "stage_skips": "row BIGINT, reason VARCHAR",
}  # fmt: skip


class Stage:
    """Temporary tables that take a connector's records.

    The caller opens a transaction around the filling; while bulk tables come in it is committed now and then.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, file: str = "the file") -> None:
        self.con = con
        self._file = file
        self._refused = self._good = 0
        self._first_refused: Issue | None = None
        self.rows_read = 0
        self.assets: dict[str, Asset] = {}
        self._waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in STAGES}
        self._writer = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None
        self._uncommitted = 0
        self._places = 0
        for name, columns in STAGES.items():
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
        self._bulk = BulkStage(con)
        self._tables: list[TransferTable] = []

    def add(self, record: Record) -> None:
        """Take one record; raises ConnectorError for something that is none, SourceError for refused rows without end."""
        self._weigh_refused(record)
        if isinstance(record, Transfer):
            self._add_transfer(record)
        elif isinstance(record, TransferTable):
            self._add_table(record)
        elif isinstance(record, Event):
            self._put("stage_events", (record.row, record.kind, *_time(record), *_node(record.node),
                                       *_node(record.other), record.text, record.identity,
                                       *(record.span or (None, None))))  # fmt: skip
        elif isinstance(record, Tag):
            self._put("stage_tags", (record.row, *_node(record.node), record.label, record.category, record.actor,
                                     record.confidence, record.origin))  # fmt: skip
        elif isinstance(record, Price):
            self._put("stage_prices", (record.row, record.base, record.quote, str(record.rate), *_time(record),
                                       record.origin))  # fmt: skip
        elif isinstance(record, Issue):
            self._put("stage_issues", astuple(record))
        elif isinstance(record, Skip):
            self._put("stage_skips", astuple(record))
        elif isinstance(record, RowsRead):
            self.rows_read += record.count
        else:
            raise ConnectorError(f"a connector gave {type(record).__name__}, which is no record of trails.model")

    def add_all(self, records: Iterable[Record]) -> None:
        """Take records, once all of them are made."""
        for record in list(records):
            self.add(record)

    def _weigh_refused(self, record: Record) -> None:
        """Count rows that are refused, and what is read; a file of nothing but refused rows ends here."""
        if isinstance(record, Issue):
            if record.severity != "error" or record.row is None:
                return
            self._first_refused = self._first_refused or record
            self._refused += 1
        elif not isinstance(record, RowsRead):
            self._good += record.table.num_rows if isinstance(record, TransferTable) else 1
        hopeless = self._refused > MOST_HOPELESS and not self._good
        if self._first_refused and (hopeless or (self._refused > MOST_REFUSED and self._refused > self._good)):
            first = self._first_refused
            raise SourceError(
                f"{self._file}: {self._refused:,} rows cannot be read and {self._good:,} can, so nothing was added. The first, row "
                f"{first.row}: {first.message}"
            )

    def _add_transfer(self, record: Transfer) -> None:
        if record.amount is not None:
            try:
                check_amount(record.amount)
            except AmountError as problem:
                self._put("stage_issues", (record.row, "error", "amount_too_large", str(problem)))
                return
        self._keep_asset(record.asset)
        tx_rail = record.asset.rail if record.tx is not None else None
        self._flush_tables()
        self._put("stage_transfers", (
            self._take_places(1), record.row, *_node(record.src), *_node(record.dst), record.asset.asset,
            record.amount, record.kind, *_time(record), record.seq, record.status, tx_rail, record.tx,
            prefix_of(record.tx), record.index, record.ref, record.identity,
        ))  # fmt: skip

    def _take_places(self, count: int) -> int:
        """The place in the source of the next transfers, from 0."""
        place = self._places
        self._places += count
        return place

    def _keep_asset(self, asset: Asset) -> None:
        known = self.assets.setdefault(asset.asset, asset)
        if known.decimals is None and asset.decimals is not None:
            self.assets[asset.asset] = asset

    def _add_table(self, batch: TransferTable) -> None:
        """Stage an Arrow table of transfers.

        That runs in a second thread while the connector parses the next batch; one at a time, in order.
        """
        for asset in batch.assets:
            self._keep_asset(asset)
        if self._tables and (self._tables[0].constants != batch.constants or self._tables[0].keys is not batch.keys):
            self._flush_tables()
        self._tables.append(batch)
        if sum(table.table.num_rows for table in self._tables) >= _TABLE_ROWS:
            self._flush_tables()

    def _flush_tables(self) -> None:
        if not self._tables:
            return
        tables, self._tables = self._tables, []
        rows = sum(batch.table.num_rows for batch in tables)
        place = self._take_places(rows)
        self._wait()
        self._writing = self._writer.submit(self._insert_tables, tables, rows, place)

    def _insert_tables(self, tables: list[TransferTable], rows: int, place: int) -> None:
        self._bulk.insert(tables, place)
        self._uncommitted += rows
        if self._uncommitted >= _COMMIT_ROWS:
            self.con.execute("COMMIT")
            self.con.execute("BEGIN TRANSACTION")
            self._uncommitted = 0

    def _wait(self) -> None:
        """Wait for the table being inserted, and raise what went wrong with it."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def close(self) -> None:
        """Let a running insert end before anybody else uses the connection."""
        self._writer.shutdown(wait=True, cancel_futures=True)

    def _put(self, name: str, values: tuple[Any, ...]) -> None:
        waiting = self._waiting[name]
        waiting.append(values)
        if len(waiting) >= _CHUNK:
            self._flush(name)

    def _flush(self, name: str) -> None:
        import pyarrow as pa

        self._wait()
        waiting = self._waiting[name]
        if not waiting:
            return
        columns = STAGES[name].split(", ")
        # amounts travel as text: Arrow would have to guess the width of Python's integers
        data = {
            column.split()[0]: pa.array(_texts(values) if "DECIMAL" in column else values, _arrow_type(column))
            for column, values in zip(columns, zip(*waiting, strict=True), strict=True)
        }
        self.con.register("stage_in", pa.table(data))
        self.con.execute(f"INSERT INTO {name} SELECT * FROM stage_in")
        self.con.unregister("stage_in")
        waiting.clear()

    def finish(self) -> None:
        """Write out what is waiting, then drop every fact of a refused row: a row stands or falls whole."""
        self._flush_tables()
        self._wait()
        self._bulk.finish()
        for name in STAGES:
            self._flush(name)
        self.drop_refused_rows()

    def drop_refused_rows(self) -> None:
        """Delete the staged facts of every row that has an error issue."""
        refused = "SELECT row FROM stage_issues WHERE severity = 'error' AND row IS NOT NULL"
        if self.con.execute(f"{refused} LIMIT 1").fetchone() is None:
            return
        for name in ("stage_transfers", "stage_events", "stage_tags", "stage_prices", "stage_skips"):
            self.con.execute(f"DELETE FROM {name} WHERE row IN ({refused})")
        self._bulk.drop_rows(refused)


def _time(record: Transfer | Event | Price) -> tuple[Any, ...]:
    instant = record.time
    return (None if instant.time is None else instant.time.replace(tzinfo=None), instant.error_s, instant.basis)


def _node(node: Node | None) -> tuple[Any, ...]:
    return (None,) * 4 if node is None else (node.rail, node.key, node.kind, node.label)


def _texts(values: Iterable[int | None]) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


def _arrow_type(column: str) -> Any:
    import pyarrow as pa

    kind = column.split(maxsplit=1)[1]
    kinds = {
        "BIGINT": pa.int64(),
        "UBIGINT": pa.uint64(),
        "INTEGER": pa.int32(),
        "VARCHAR": pa.string(),
        "TIMESTAMP": pa.timestamp("us"),
    }
    return kinds.get(kind, pa.string())
