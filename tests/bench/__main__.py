"""Run the benchmark, or one job of it; see the package."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import tests.bench
from tests.bench.chain import write_chain
from tests.bench.files import write_etl, write_ledger, write_telegram, write_tronscan, write_whatsapp
from tests.bench.jobs import JOBS, measure_once

_ROOT = Path(__file__).parents[2]


def _in_process(job: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench", "--job", job, "--file", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    if run.returncode:
        raise SystemExit(f"{job} of {path.name} failed:\n{run.stderr}")
    figures: dict[str, Any] = json.loads(run.stdout)
    return figures


def compare(what: str, path: Path, base: str, jobs: tuple[str, ...], said: argparse.Namespace) -> dict[str, Any]:
    """Measure jobs in turn on one file; middles, the peaks, and the middle of each round's ratio to the base.

    Each job has a process of its own, but where no figure is to be quoted.
    """
    rounds, measure = said.rounds, measure_once if said.quick else _in_process
    found: dict[str, list[dict[str, Any]]] = {job: [] for job in (base, *jobs)}
    for _ in range(rounds):
        for job, measured in found.items():
            measured.append(measure(job, path))
    result: dict[str, Any] = {
        "what": what, "rows": int(found[base][0]["rows"]),
        "file_mb": round(sum(each.stat().st_size for each in (path, *path.rglob("*"))) / 1e6, 1),
        "rounds": rounds, "load": round(os.getloadavg()[0], 1), "jobs": {},
    }  # fmt: skip
    for job, measured in found.items():
        ratios = [mine["seconds"] / its["seconds"] for mine, its in zip(measured, found[base], strict=True)]
        seconds = statistics.median(figures["seconds"] for figures in measured)
        result["jobs"][job] = {
            "rows": int(measured[0]["rows"]), "seconds": seconds, "rows_per_second": round(measured[0]["rows"] / seconds),
            "peak_mb": max(figures["peak_mb"] for figures in measured), "ratio": round(statistics.median(ratios), 2),
            "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        }  # fmt: skip
        if stages := [figures["stages"] for figures in measured if figures["stages"]]:
            middles = {name: round(statistics.median(each[name] for each in stages), 2) for name in stages[0]}
            result["jobs"][job]["stages"] = middles
    return result


def show(result: dict[str, Any]) -> str:
    """One comparison in lines for a person."""
    lines = [f"{result['what']} ({result['file_mb']} MB; {result['rounds']} round(s); load {result['load']})"]
    for job, figures in result["jobs"].items():
        low, high = figures["ratio_range"]
        lines.append(
            f"  {job:14} {figures['seconds']:8.2f} s  {figures['rows_per_second']:>10,} rows/s  ratio "
            f"{figures['ratio']:5.2f} ({low} to {high})  peak {figures['peak_mb']:.0f} MB"
        )
        if stages := figures.get("stages"):
            parts = sorted(stages.items(), key=lambda stage: -stage[1])
            lines.append("    where the time goes: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts))
    return "\n".join(lines)


def _has_graphsense() -> bool:
    if importlib.util.find_spec("gs_clustering"):
        return True
    print("graphsense-clustering is not installed (pip install .[bench]): it is left out")
    return False


def cluster_chains(folder: Path, said: argparse.Namespace) -> list[dict[str, Any]]:
    """Generate a chain, measure the bare union by several engines and the whole of ``trails cluster``, and delete it."""
    results = []
    for count in [said.transactions // 4, said.transactions] if said.grow else [said.transactions]:
        chain = folder / "chain"
        chain.mkdir()
        write_chain(chain, count)
        jobs = ("graphsense", "scipy", "networkx_tenth", "cluster") if _has_graphsense() else ("scipy", "networkx_tenth", "cluster")
        results.append(compare(f"clustering, {count:,} transactions", chain, "union", jobs, said))
        print(show(results[-1]), flush=True)
        shutil.rmtree(chain)
    return results


def simulate_cases(folder: Path, said: argparse.Namespace) -> list[dict[str, Any]]:
    """Simulate a case of every size; the largest beside a bare writer of as many rows."""
    results = []
    for size in ("S", "M", "XL") if said.quick else ("S", "M", "L", "XL"):
        path = folder / f"{size}.json"
        path.write_text(json.dumps({"size": size, "rows": said.simulated}), encoding="utf-8")
        base, jobs = ("bare_writer", ("simulate",)) if size == "XL" else ("simulate", ())
        results.append(compare(f"simulation {size}, seed 1", path, base, jobs, said))
        print(show(results[-1]), flush=True)
    return results


def match_pools(folder: Path, said: argparse.Namespace) -> list[dict[str, Any]]:
    """The search for candidates beside two range joins on a size they finish, and alone on the largest."""
    results = []
    both = ("duckdb_range", "polars") if importlib.util.find_spec("polars") else ("duckdb_range",)
    sizes = ((said.payouts // 10, said.pool // 4, ("match", *both)), (said.payouts, said.pool, ("match",)))
    for records, transfers, jobs in sizes:
        path = folder / f"{records}.json"
        path.write_text(json.dumps({"records": records, "transfers": transfers}), encoding="utf-8")
        what = f"candidates, {records:,} payouts against {transfers:,} transfers"
        results.append(compare(what, path, "count", jobs, said))
        print(show(results[-1]), flush=True)
    return results


def run_all(folder: Path, said: argparse.Namespace) -> list[dict[str, Any]]:
    """Generate one file after another, measure it, and delete it."""
    results = []

    def measure(what: str, path: Path, base: str, *jobs: str) -> None:
        results.append(compare(what, path, base, jobs, said))
        print(show(results[-1]), flush=True)
        path.unlink()

    path = folder / "export.csv"
    for rows in [said.rows, said.rows * 2] if said.grow else [said.rows]:
        different = write_tronscan(path, rows)
        measure(f"Tronscan, {rows:,} rows, {different:,} addresses", path, "scan_tronscan", "ingest", "read")
    few = said.rows // 5
    different = write_tronscan(path, few, one_account=True)
    measure(f"Tronscan of one account, {few:,} rows, {different:,} addresses", path, "scan_tronscan", "ingest")
    different = write_etl(path, few)
    measure(f"ethereum-etl, {few:,} rows, {different:,} addresses", path, "scan_etl", "ingest")
    write_ledger(folder / "ledger.xlsx", said.ledger)
    measure(f"hawala ledger, {said.ledger:,} rows", folder / "ledger.xlsx", "bare_workbook", "read", "ingest")
    write_telegram(folder / "result.json", said.messages)
    measure(f"Telegram, {said.messages:,} messages", folder / "result.json", "read")
    write_whatsapp(folder / "WhatsApp Chat with fictional.txt", said.messages)
    measure(f"WhatsApp, {said.messages:,} messages", folder / "WhatsApp Chat with fictional.txt", "read")
    return results + cluster_chains(folder, said) + simulate_cases(folder, said) + match_pools(folder, said)


def main() -> None:
    """Run all, or one job."""
    parser = argparse.ArgumentParser(description=tests.bench.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--ledger", type=int, default=200_000, help="rows of the workbook")
    parser.add_argument("--messages", type=int, default=100_000, help="messages of a chat")
    parser.add_argument("--transactions", type=int, default=5_000_000, help="Bitcoin transactions to cluster")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grow", action="store_true", help="also at twice the rows, to see the memory")
    parser.add_argument("--quick", action="store_true", help="small files and one round: whether it runs, no figures to quote")
    parser.add_argument("--simulated", type=int, default=5_000_000, help="transfers of the largest simulation")
    parser.add_argument("--payouts", type=int, default=100_000, help="hawala payouts to match")
    parser.add_argument("--pool", type=int, default=20_000_000, help="transfers to match them to")
    parser.add_argument("--only", choices=("clustering", "simulation", "matching"), help="one part alone")
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    parser.add_argument("--job", choices=tuple(JOBS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.job:
        print(json.dumps(measure_once(said.job, said.file)))
        return
    if said.quick:
        said.rows, said.ledger, said.messages, said.rounds = 5_000, 500, 500, 1
        said.transactions, said.simulated = 3_000, 100_000
        said.payouts, said.pool = 1_000, 100_000
    with tempfile.TemporaryDirectory() as folder:
        part = {"clustering": cluster_chains, "simulation": simulate_cases, "matching": match_pools}.get(said.only, run_all)
        results = part(Path(folder), said)
    said.out.mkdir(parents=True, exist_ok=True)
    (said.out / "bench.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
