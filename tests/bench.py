"""``make bench``: how fast and how large, as ratios measured in one run on one machine.

Ingest of generated USDT rows (ethereum-etl token_transfers CSV) against DuckDB's own typed scan of the same file: parsing
and converting every column and aggregating it, the least any reader must do. Each measurement is a process of its own,
in turn, and the middle of the rounds is quoted. Figures go to the terminal and to ``bench-out/bench.json``.

    python -m tests.bench [--rows 1000000] [--rounds 5] [--grow]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_SCAN = """
SELECT count(*), count(DISTINCT token_address), max(from_address), max(to_address), sum(value), max(transaction_hash),
  sum(log_index), max(block_number), max(block_timestamp) FROM read_csv(?, header = true, columns = {
  token_address: 'VARCHAR', from_address: 'VARCHAR', to_address: 'VARCHAR', value: 'DECIMAL(38,0)',
  transaction_hash: 'VARCHAR', log_index: 'INTEGER', block_number: 'BIGINT', block_timestamp: 'BIGINT'})
"""


def generate_rows(path: Path, rows: int) -> None:
    """A token_transfers file of fictional USDT rows: power-law addresses, ten transfers a block, one hash each."""
    import duckdb

    con = duckdb.connect()
    con.execute("SELECT setseed(0.5)")
    con.execute(
        "COPY (SELECT '0xdac17f958d2ee523a2206206994597c13d831ec7' AS token_address, "
        "'0x' || left(sha256('a' || floor(power(random(), 4) * 400000)::INT), 40) AS from_address, "
        "'0x' || left(sha256('a' || floor(power(random(), 4) * 400000)::INT), 40) AS to_address, "
        "1 + floor(power(random(), 3) * 5e9)::BIGINT AS value, '0x' || sha256('t' || i) AS transaction_hash, "
        "i % 10 AS log_index, 17000000 + i // 10 AS block_number, 1680911891 + 12 * (i // 10) AS block_timestamp "
        f"FROM range({rows}) r(i)) TO '{path}' (HEADER, DELIMITER ',')"
    )


def measure_once(kind: str, path: Path) -> dict[str, float]:
    """Time one job in this process; its peak memory is the process's own."""
    started = time.perf_counter()
    if kind == "scan":
        import duckdb

        loaded = time.perf_counter()
        count = (duckdb.connect().execute(_SCAN, [str(path)]).fetchone() or (0,))[0]
    else:
        from trails.case import Case
        from trails.ingest import add_source

        loaded = time.perf_counter()
        with tempfile.TemporaryDirectory(dir=path.parent) as folder, Case.create(Path(folder) / "case") as case:
            loaded = time.perf_counter()
            count = add_source(case, path, connector="ethereum_etl").rows_kept
            elapsed = time.perf_counter() - loaded
            return _figures(count, elapsed, loaded - started)
    return _figures(count, time.perf_counter() - loaded, loaded - started)


def _figures(count: int, elapsed: float, start: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": count, "seconds": round(elapsed, 3), "start_seconds": round(start, 3), "peak_mb": round(peak, 1)}


def _in_process(kind: str, path: Path) -> dict[str, float]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--job", kind, "--file", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def compare(folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    """The two jobs in turn on one generated file; medians and their ratio."""
    path = folder / f"usdt-{rows}.csv"
    generate_rows(path, rows)
    for kind in ("scan", "ingest"):
        _in_process(kind, path)
    found: dict[str, list[dict[str, float]]] = {"scan": [], "ingest": []}
    for _ in range(rounds):
        for kind, measured in found.items():
            measured.append(_in_process(kind, path))
    assert all(figures["rows"] == rows for measured in found.values() for figures in measured)
    middle = {kind: statistics.median(f["seconds"] for f in measured) for kind, measured in found.items()}
    ratios = [i["seconds"] / s["seconds"] for s, i in zip(found["scan"], found["ingest"], strict=True)]
    return {
        "rows": rows, "file_mb": round(path.stat().st_size / 1e6, 1), "rounds": rounds,
        "scan_seconds": middle["scan"], "ingest_seconds": middle["ingest"],
        "ingest_to_scan": round(statistics.median(ratios), 2), "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "ingest_peak_mb": max(f["peak_mb"] for f in found["ingest"]), "scan_peak_mb": max(f["peak_mb"] for f in found["scan"]),
    }  # fmt: skip


def main() -> None:
    """Run the benchmark, or one job of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--grow", action="store_true", help="also at twice and four times the rows, to see the memory")
    parser.add_argument("--job", choices=("scan", "ingest"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.job:
        print(json.dumps(measure_once(said.job, said.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        sizes = [said.rows, said.rows * 2, said.rows * 4] if said.grow else [said.rows]
        results = [compare(Path(folder), rows, said.rounds) for rows in sizes]
    for result in results:
        print(
            f"{result['rows']:,} rows ({result['file_mb']} MB): ingest {result['ingest_seconds']:.2f} s, typed scan "
            f"{result['scan_seconds']:.2f} s, ratio {result['ingest_to_scan']} (of {result['rounds']} rounds, "
            f"{result['ratio_range'][0]} to {result['ratio_range'][1]}); peak {result['ingest_peak_mb']:.0f} MB "
            f"(scan {result['scan_peak_mb']:.0f} MB)"
        )
    out = Path("bench-out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
