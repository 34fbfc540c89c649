from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trails.hawala.candidates import count_good, count_pairs, file_pool
from trails.hawala.chance import expect_equal, expect_identified, permute_times
from trails.hawala.records import Rules, bound_records
from trails.hawala.scoring import make_weights
from trails.hawala.weights import Traffic, assume_model
from trails.match_settings import read_parameters

HOUR = 3_600_000_000
DAY = 24 * HOUR


def draw(seed: int, records: int = 300, transfers: int = 3_000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and transfers that have nothing to do with one another, over 100 days."""
    rng = np.random.default_rng(seed)
    value = np.round(np.exp(rng.normal(5.5, 0.8, records))) * 1_000_000
    at = rng.integers(20 * 24, 80 * 24, records) * HOUR
    frame = pd.DataFrame({
        "a": np.arange(records), "kind": 0, "value": value.astype(np.int64), "value_low": (value * 0.92).astype(np.int64),
        "value_high": (value * 1.02).astype(np.int64), "time_low": at, "time_high": at, "since": at, "until": at + 72 * HOUR,
        "office": "a", "party": np.arange(records), "near": 0, "far": 0, "asset": "EUR", "note": "",
    })  # fmt: skip
    sizes = np.round(np.exp(rng.normal(5.5, 0.8, transfers))) * 1_000_000
    sent = rng.integers(0, 100 * 24 * 60, transfers) * (HOUR // 60)
    pool = pd.DataFrame({
        "b": np.arange(transfers), "value": sizes.astype(np.int64), "time_low": sent, "time_high": sent,
        "source": rng.integers(5_000, 5_200, transfers), "goal": rng.integers(6_000, 6_200, transfers),
        "src": 0, "dst": 0, "asset": "USDT@tron",
    })  # fmt: skip
    return frame, pool


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("odds", [1e-9, 0.02, 0.08])
def test_expected_strangers_are_as_many_as_there_are(seed: int, odds: float) -> None:
    records, pool = draw(seed)
    bounds, parameters = bound_records(records), read_parameters()
    model = assume_model(Rules(), parameters, pool)
    traffic = Traffic(pool["source"].to_numpy(), pool["goal"].to_numpy(), unrecorded=0.5)
    weights, _, _ = make_weights(records, pool, bounds, model, traffic)
    filed = file_pool(*(pool[name].to_numpy(dtype=np.int64) for name in ("value", "time_low", "time_high")))
    least, nowhere = np.full(len(records), odds), np.full(len(records), -1)
    observed = count_good(bounds, filed, weights, least, nowhere)
    expected = expect_equal(records, bounds, pool, model=model, weights=weights, odds=least, without=nowhere)
    if odds < 1e-6:
        assert observed.tolist() == count_pairs(bounds, filed).tolist()
    assert observed.sum() > 50, "too few to compare"
    assert expected.sum() == pytest.approx(observed.sum(), rel=0.15)
    half = len(records) // 2  # not only in sum: large records and small ones by themselves
    order = np.argsort(records["value"].to_numpy())
    for part in (order[:half], order[half:]):
        assert expected[part].sum() == pytest.approx(observed[part].sum(), rel=0.3)


def test_identified_transfers_are_expected_from_the_days_around() -> None:
    records, pool = draw(1, records=1, transfers=90)
    pool["time_low"] = pool["time_high"] = np.arange(90) * DAY + 12 * HOUR  # one a day
    pool["value"] = records["value"].iloc[0]
    bounds = bound_records(records)
    record, place = np.zeros(90, dtype=np.int64), np.arange(90)
    # 72 hours hold three of one a day
    assert expect_identified(bounds, pool, record, place, np.array([-1]))[0] == pytest.approx(3.0, abs=0.01)
    wrong = pool.assign(value=1)
    assert expect_identified(bounds, wrong, record, place, np.array([-1])).tolist() == [0.0]


def test_times_dealt_out_anew_keep_every_time_and_every_sum() -> None:
    records, _ = draw(2)
    dealt = permute_times(records, 7)
    assert sorted(dealt["since"]) == sorted(records["since"])
    assert dealt["value"].tolist() == records["value"].tolist()
    assert (dealt["until"] - dealt["since"]).tolist() == (records["until"] - records["since"]).tolist()
    assert dealt["since"].tolist() != records["since"].tolist()
    pd.testing.assert_frame_equal(dealt, permute_times(records, 7))
