"""The benchmark runs from end to end on small files; its figures are no test."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CLUSTERING = ("cluster", "networkx_tenth", "scipy", "union")
ROOT = Path(__file__).parent.parent


def test_every_job_of_the_benchmark_reads_every_row(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    results = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [(each["what"].split(",")[0], sorted(each["jobs"])) for each in results] == [
        ("Tronscan", ["ingest", "read", "scan_tronscan"]),
        ("Tronscan of one account", ["ingest", "scan_tronscan"]),
        ("ethereum-etl", ["ingest", "scan_etl"]),
        ("hawala ledger", ["bare_workbook", "ingest", "read"]),
        ("Telegram", ["read"]),
        ("WhatsApp", ["read"]),
        ("clustering", sorted({*CLUSTERING, *(["graphsense"] if find_spec("gs_clustering") else [])})),
        ("simulation S", ["simulate"]),
        ("simulation M", ["simulate"]),
        ("simulation XL", ["bare_writer", "simulate"]),
        ("candidates", sorted({"count", "match", "duckdb_range", *(["polars"] if find_spec("polars") else [])})),
        ("candidates", ["count", "match"]),
    ]
    for each in results:
        rows = {figures["rows"] for job, figures in each["jobs"].items() if job != "networkx_tenth"}
        assert len(rows) == 1, each["what"]
