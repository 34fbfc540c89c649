"""The measured jobs: each runs in a process of its own, and prints its figures as JSON."""

from __future__ import annotations

import functools
import importlib
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.matching import prepare_counting, prepare_duckdb, prepare_matching, prepare_polars

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


def _lists(path: Path) -> tuple[Any, Any, int]:
    import numpy as np

    made = np.load(path / "lists.npz")
    return made["start"].astype(np.int64), made["member"], int(made["size"])


def _prepare_union(path: Path) -> Callable[[], int]:
    """The bare union of the input lists, by trails."""
    from trails.ownership.union import union_lists

    start, member, size = _lists(path)
    union_lists(start[:2], member, size)
    return lambda: len(union_lists(start, member, size)) and len(start) - 1


def _prepare_graphsense(path: Path) -> Callable[[], int]:
    """The same by the field's own tool (Rust, all threads)."""
    import numpy as np
    import pyarrow as pa
    from gs_clustering import Clustering

    start, member, size = _lists(path)
    lists = pa.ListArray.from_arrays(pa.array(start.astype(np.int32)), pa.array(member.astype(np.uint32)))

    def cluster() -> int:
        made = Clustering(max_address_id=size)
        made.process_transactions_arrow(lists)
        return len(made.get_mapping()) and len(lists)

    return cluster


def _prepare_scipy(path: Path) -> Callable[[], int]:
    """The same by scipy's connected components, from the star of every list."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    start, member, size = _lists(path)
    first = np.repeat(start[:-1], np.diff(start))
    edges = np.flatnonzero(first != np.arange(len(member)))
    ends = member[first[edges]], member[edges]

    def components() -> int:
        graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
        return connected_components(graph, directed=False)[0] and len(start) - 1

    return components


def _prepare_networkx(path: Path) -> Callable[[], int]:
    """The same by networkx, on the first tenth of the lists."""
    nx: Any = importlib.import_module("networkx")  # it ships no types

    start, member, _ = _lists(path)
    count = (len(start) - 1) // 10

    def components() -> int:
        graph = nx.Graph()
        for low, high in zip(start[:count].tolist(), start[1 : count + 1].tolist(), strict=True):
            nx.add_star(graph, member[low:high].tolist())
        return sum(1 for _ in nx.connected_components(graph)) and count

    return components


def _prepare_clustering(path: Path) -> Callable[[], int]:
    """All of ``trails cluster``: tables to arrays, the screen, co-spends, change, guard, union, claims and entities written."""
    from trails.case import Case
    from trails.clustering.run import cluster_tables, write_clusters
    from trails.graph import make_table

    for loops in ("loops", "change_loops", "union"):
        importlib.import_module(f"trails.ownership.{loops}")

    watch_stages(importlib.import_module("trails.clustering.run"))

    def cluster() -> int:
        with Case.open(path / "case") as case:
            made = cluster_tables(case, settings=case.settings, anew=True)
            begun = time.perf_counter()
            write_clusters(case, made, (), {}, protected=make_table("roles", {}))
            STAGES["writing"] = time.perf_counter() - begun
            return made.looked_at

    return cluster


def _prepare_simulation(path: Path) -> Callable[[], int]:
    """All of ``trails simulate``; the file says size and, for XL, how many transfers."""
    from trails.simulate.make import simulate_case

    said = json.loads(path.read_text(encoding="utf-8"))
    importlib.import_module("trails.simulate.stream")
    changes = {"xl_transfers": {"value": said["rows"]}} if said["size"] == "XL" else None

    def simulate() -> int:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = simulate_case(Path(folder) / "out", size=said["size"], seed=1, scenario="mixed-rails", changes=changes)
            return int(said["rows"]) if said["size"] == "XL" else sum(made["rows"].values())

    return simulate


def _prepare_bare_writer(path: Path) -> Callable[[], int]:
    """As many rows of noise in the same layout, written by DuckDB alone: no story, no truth, no hashes of files."""
    from tests.bench.files import write_tronscan

    rows = int(json.loads(path.read_text(encoding="utf-8"))["rows"])

    def write() -> int:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            return rows if write_tronscan(Path(folder) / "noise.csv", rows) else 0

    return write


#: Seconds of each part of the last ``cluster`` job of this process.
STAGES: dict[str, float] = {}
_STAGE_OF = {
    "read_accounts": "addresses", "read_coin_arrays": "reading coins", "screen_transactions": "screen",
    "claim_co_spend": "co-spends", "claim_change": "change", "claim_others": "other rules", "order_claims": "order",
    "hold_welds": "guard", "join_claims_by_node": "entities",
}  # fmt: skip


def watch_stages(module: Any) -> None:
    """Let every part that the clustering calls add its time to STAGES."""
    for name, stage in _STAGE_OF.items():
        setattr(module, name, _timed(getattr(module, name), stage))


def _timed(function: Callable[..., Any], stage: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **more: Any) -> Any:
        begun = time.perf_counter()
        made = function(*args, **more)
        STAGES[stage] = STAGES.get(stage, 0.0) + time.perf_counter() - begun
        return made

    return run


JOBS: dict[str, Callable[[Path], Callable[[], int]]] = {
    "scan_tronscan": _scan(_TRONSCAN_SCAN),
    "scan_etl": _scan(_ETL_SCAN),
    "ingest": _prepare_ingest,
    "read": _prepare_reading,
    "bare_workbook": _prepare_bare_workbook,
    "union": _prepare_union,
    "graphsense": _prepare_graphsense,
    "scipy": _prepare_scipy,
    "networkx_tenth": _prepare_networkx,
    "cluster": _prepare_clustering,
    "simulate": _prepare_simulation,
    "bare_writer": _prepare_bare_writer,
    "count": prepare_counting,
    "match": prepare_matching,
    "polars": prepare_polars,
    "duckdb_range": prepare_duckdb,
}


def measure_once(job: str, path: Path) -> dict[str, Any]:
    """Time one job in this process, libraries loaded before; its peak memory is the process's own; ``stages`` where the job
    tells its parts apart."""
    for library in ("duckdb", "pyarrow.csv", "trails.keys"):
        importlib.import_module(library)
    STAGES.clear()
    run = JOBS[job](path)
    started = time.perf_counter()
    count = run()
    elapsed = time.perf_counter() - started
    return {"rows": count, "seconds": round(elapsed, 6), "peak_mb": round(_peak_kb() / 1024, 1), "stages": dict(STAGES)}


def _peak_kb() -> int:
    """The most memory this process ever held. Linux counts that of the parent into ``ru_maxrss``, not into VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
