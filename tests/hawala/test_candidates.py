from __future__ import annotations

import numpy as np
import pytest

from trails.hawala.candidate_loops import STEPS_AN_HOUR, Bounds, Weights
from trails.hawala.candidates import count_good, count_pairs, file_pool, keep_best, list_pairs

HOUR = 3_600_000_000


def draw(seed: int) -> tuple[Bounds, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Records and transfers with exact and uncertain times, many of equal size."""
    rng = np.random.default_rng(seed)
    records, transfers = int(rng.integers(1, 30)), int(rng.integers(1, 200))
    value = rng.integers(1, 40, transfers) * 25_000_000 + rng.integers(0, 3, transfers)
    at, blur = rng.integers(0, 400, transfers) * HOUR, rng.choice([0, 2 * HOUR, 12 * HOUR], transfers)
    own = rng.integers(1, 40, records) * 25_000_000
    time, error = rng.integers(0, 400, records) * HOUR, rng.choice([0, 12 * HOUR], records)
    bounds = Bounds(own, own * 94 // 100, own * 102 // 100, time - error, time + error, time - error, time + error + 72 * HOUR)
    return bounds, (value, at - blur, at + blur)


def within(bounds: Bounds, pool: tuple[np.ndarray, np.ndarray, np.ndarray], record: int) -> list[int]:
    value, low, high = pool
    fits = (value >= bounds.value_low[record]) & (value <= bounds.value_high[record])
    fits &= (high >= bounds.since[record]) & (low <= bounds.until[record])
    return [int(at) for at in np.flatnonzero(fits)]


def weights(records: int, transfers: int, rng: np.random.Generator) -> Weights:
    steps = 2 * 72 * STEPS_AN_HOUR
    delay = np.cumsum(rng.random(steps + 1))
    return Weights(
        np.zeros(records, np.int32), np.ones(records), rng.random((records, 20)).astype(np.float32), -0.05, 0.005,
        np.tile(delay / delay[-1], (3, 1)), 72.0, rng.integers(0, 2, records).astype(np.int32),
        rng.integers(0, 2, records).astype(np.int32), rng.random(records) < 0.3, np.array([[0, 0, 0], [0, 9, 1]], np.float32),
        np.array([0.0, 12.0]), np.array([[0, 9, 1], [0, 9, 1]], np.float32), (3.0, 3.0, 4.0), (2.0, 1.0, 4.0),
        rng.integers(0, 3, transfers).astype(np.int32), rng.integers(0, 3, transfers).astype(np.int32),
        rng.uniform(0.01, 0.2, transfers).astype(np.float32), rng.uniform(0.01, 0.2, transfers).astype(np.float32),
        rng.uniform(0.001, 0.01, transfers).astype(np.float32),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_every_pair_within_bounds_is_found_and_no_other(seed: int) -> None:
    bounds, pool = draw(seed)
    filed = file_pool(*pool)
    found = count_pairs(bounds, filed)
    wanted = [(record, place) for record in range(len(bounds.value)) for place in within(bounds, pool, record)]
    assert found.tolist() == [len(within(bounds, pool, record)) for record in range(len(bounds.value))]
    record, place = list_pairs(bounds, filed, found)
    assert list(zip(record.tolist(), place.tolist(), strict=True)) == wanted


@pytest.mark.parametrize("seed", range(10))
def test_the_best_are_those_of_all_kept(seed: int) -> None:
    bounds, pool = draw(seed)
    filed = file_pool(*pool)
    told = weights(len(bounds.value), len(pool[0]), np.random.default_rng(seed))
    found, whole, every, odds_of_all = keep_best(bounds, filed, told, 500)
    few, _, best, odds = keep_best(bounds, filed, told, 3)
    assert found.tolist() == few.tolist()
    for record in range(len(bounds.value)):
        listed = within(bounds, pool, record)
        kept = every[record][every[record] >= 0].tolist()
        assert set(kept) <= set(listed)
        assert whole[record] == pytest.approx(odds_of_all[record].sum())
        assert best[record].tolist() == every[record][:3].tolist()
        assert np.all(np.diff(odds[record][odds[record] > 0]) <= 0)
        least = np.full(len(bounds.value), 0.01)
        without = np.full(len(bounds.value), kept[0] if kept else -1)
        good = count_good(bounds, filed, told, least, without)
        assert good[record] == sum(o >= 0.01 and p != without[0] for p, o in zip(kept, odds_of_all[record], strict=False))


def test_nothing_to_look_at_finds_nothing() -> None:
    empty = np.zeros(0, dtype=np.int64)
    bounds, pool = draw(1)
    assert count_pairs(bounds, file_pool(empty, empty, empty)).tolist() == [0] * len(bounds.value)
    assert len(count_pairs(Bounds(*[empty] * 7), file_pool(*pool))) == 0
