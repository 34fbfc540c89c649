"""The search for candidates of hawala payouts, beside the range joins of two engines: each counts the same pairs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from trails.hawala.assign import assign_pairs
from trails.hawala.candidate_loops import STEPS_AN_HOUR, Bounds, Weights
from trails.hawala.candidates import count_pairs, file_pool, keep_best

_HOUR_US = 3_600_000_000
_KEPT = 10


def draw_pool(path: Path) -> tuple[Bounds, np.ndarray, np.ndarray]:
    """As many records and transfers as a file says: skewed sums, a third of them round; a window of 72 hours and a band of 6 %
    on either side."""
    said = json.loads(path.read_text(encoding="utf-8"))
    rng = np.random.default_rng(1)
    dollars = np.exp(rng.normal(6, 1.5, said["transfers"]))
    dollars = np.where(rng.random(len(dollars)) < 0.3, np.round(dollars / 50) * 50 + 50, dollars)
    value = np.maximum((dollars * 1e6).astype(np.int64), 10_000)
    time = np.sort(rng.integers(0, 365 * 86_400, len(value))) * 1_000_000
    own = ((np.round(np.exp(rng.normal(6.3, 0.9, said["records"])) / 10) * 10 + 50) * 1e6).astype(np.int64)
    at = rng.integers(0, 360 * 86_400, len(own)) * 1_000_000
    window = 72 * _HOUR_US
    return Bounds(own, own * 94 // 100, own * 106 // 100, at, at, at - window, at + window), value, time


def _plain_weights(records: int, transfers: int) -> Weights:
    """Every sign of a full search, none of which says anything: the work is the same."""
    steps = 2 * 72 * STEPS_AN_HOUR
    none, ones = np.zeros(transfers, np.int32), np.ones(transfers, np.float32)
    nobody = np.zeros(records, np.int32)
    return Weights(
        nobody, np.ones(records), np.ones((records, 32), np.float32), -0.08, 0.005, np.tile(np.linspace(0, 1, steps + 1), (3, 1)),
        72.0, nobody, nobody, np.zeros(records, bool), np.zeros((1, 1), np.float32), np.zeros(1), np.zeros((2, 1), np.float32),
        (3.0, 3.0, 4.0), (2.0, 1.0, 4.0), none, none, ones, ones, ones,
    )  # fmt: skip


def prepare_counting(path: Path) -> Callable[[], int]:
    """File the pool and count every pair."""
    bounds, value, time = draw_pool(path)
    _warm()
    return lambda: int(count_pairs(bounds, file_pool(value, time, time)).sum())


def prepare_matching(path: Path) -> Callable[[], int]:
    """File the pool, weigh and count every pair, keep the ten best of each record, and assign them one to one."""
    bounds, value, time = draw_pool(path)
    _warm()

    def match() -> int:
        filed = file_pool(value, time, time)
        weights = _plain_weights(len(bounds.value), len(value))
        found, _, place, odds = keep_best(bounds, filed, weights, _KEPT)
        kept = place >= 0
        assign_pairs(
            np.nonzero(kept)[0], place[kept], np.log2(odds[kept]) + 20, least=0.0, block_cells=4_000_000, block_size=20_000
        )
        return int(found.sum())

    return match


def _warm() -> None:
    """Compile, or load what is compiled, before the clock runs."""
    one = np.ones(1, dtype=np.int64)
    bounds, filed = Bounds(*[one] * 7), file_pool(one, one, one)
    count_pairs(bounds, filed)
    keep_best(bounds, filed, _plain_weights(1, 1), _KEPT)


def prepare_polars(path: Path) -> Callable[[], int]:
    """The same count by polars' ``join_where``."""
    polars: Any = importlib.import_module("polars")
    bounds, value, time = draw_pool(path)
    records = polars.DataFrame({name: getattr(bounds, name) for name in ("value_low", "value_high", "since", "until")})
    pool = polars.DataFrame({"value": value, "time": time})

    def count() -> int:
        joined = records.lazy().join_where(
            pool.lazy(), polars.col("value") >= polars.col("value_low"), polars.col("value") <= polars.col("value_high"),
            polars.col("time") >= polars.col("since"), polars.col("time") <= polars.col("until"),
        )  # fmt: skip
        return int(joined.select(polars.len()).collect().item())

    return count


def prepare_duckdb(path: Path) -> Callable[[], int]:
    """The same count by DuckDB's range join."""
    import duckdb
    import pyarrow as pa

    bounds, value, time = draw_pool(path)
    con = duckdb.connect()
    con.execute("SET threads = 2")
    records = pa.table({name: getattr(bounds, name) for name in ("value_low", "value_high", "since", "until")})
    for name, table in (("records", records), ("pool", pa.table({"value": value, "time": time}))):
        con.register("given", table)
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        con.unregister("given")
    sql = (
        "SELECT count(*) FROM records r JOIN pool p ON p.value BETWEEN r.value_low AND r.value_high "
        "AND p.time BETWEEN r.since AND r.until"
    )
    return lambda: int(con.execute(sql).fetchall()[0][0])
