"""The measured jobs: each runs in a process of its own, and prints its figures as JSON."""

from __future__ import annotations

import importlib
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_TRONSCAN_SCAN = """
SELECT count(*), max("Txn Hash"), max(Block), max("Time(UTC)"), max("From"), max("To"), count(DISTINCT Token),
  max("Token Symbol"), sum("Amount/TokenID"), max(Result), max(Status) FROM read_csv(?, header = true, columns = {
  'Txn Hash': 'VARCHAR', 'Block': 'BIGINT', 'Time(UTC)': 'TIMESTAMP', 'From': 'VARCHAR', 'To': 'VARCHAR',
  'Token': 'VARCHAR', 'Token Symbol': 'VARCHAR', 'Amount/TokenID': 'DECIMAL(18,6)', 'Result': 'VARCHAR',
  'Status': 'VARCHAR'})
"""
_ETL_SCAN = """
SELECT count(*), count(DISTINCT token_address), max(from_address), max(to_address), sum(value), max(transaction_hash),
  sum(log_index), max(block_number), max(block_timestamp) FROM read_csv(?, header = true, columns = {
  token_address: 'VARCHAR', from_address: 'VARCHAR', to_address: 'VARCHAR', value: 'DECIMAL(38,0)',
  transaction_hash: 'VARCHAR', log_index: 'INTEGER', block_number: 'BIGINT', block_timestamp: 'BIGINT'})
"""


def _scan(sql: str) -> Callable[[Path], Callable[[], int]]:
    def prepare(path: Path) -> Callable[[], int]:
        import duckdb

        return lambda: int((duckdb.connect().execute(sql, [str(path)]).fetchone() or (0,))[0])

    return prepare


def _prepare_ingest(path: Path) -> Callable[[], int]:
    """All of ``trails add`` in a new case: vault, recognise, read, number, write, check."""
    from trails.case import Case
    from trails.ingest import add_source

    def ingest() -> int:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder, Case.create(Path(folder) / "case") as case:
            report = add_source(case, path)
            return report.rows_kept

    return ingest


def _prepare_reading(path: Path) -> Callable[[], int]:
    """A connector alone: the records of a file, made and dropped."""
    import tomllib

    from tests.connectors.reading import make_head, open_source
    from trails.connector import ReadOptions, list_connectors, recognise_source
    from trails.model import RowsRead

    beside = path.with_name(f"{path.name}.mapping.toml")
    mapping = tomllib.loads(beside.read_text(encoding="utf-8")) if beside.exists() else None
    options = ReadOptions(timezone="Europe/Istanbul", date_order="dmy", mapping=mapping)
    source = open_source(path)
    connector, _ = recognise_source(make_head(source, mapping), list_connectors())
    return lambda: sum(each.count for each in connector.read(source, options) if isinstance(each, RowsRead))


def _prepare_bare_workbook(path: Path) -> Callable[[], int]:
    from python_calamine import CalamineWorkbook

    return lambda: len(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()) - 1


JOBS: dict[str, Callable[[Path], Callable[[], int]]] = {
    "scan_tronscan": _scan(_TRONSCAN_SCAN),
    "scan_etl": _scan(_ETL_SCAN),
    "ingest": _prepare_ingest,
    "read": _prepare_reading,
    "bare_workbook": _prepare_bare_workbook,
}


def measure_once(job: str, path: Path) -> dict[str, float]:
    """Time one job in this process, libraries loaded before; its peak memory is the process's own."""
    for library in ("duckdb", "pyarrow.csv", "trails.keys"):
        importlib.import_module(library)
    run = JOBS[job](path)
    started = time.perf_counter()
    count = run()
    elapsed = time.perf_counter() - started
    return {"rows": count, "seconds": round(elapsed, 3), "peak_mb": round(_peak_kb() / 1024, 1)}


def _peak_kb() -> int:
    """The most memory this process ever held. Linux counts that of the parent into ``ru_maxrss``, not into VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
