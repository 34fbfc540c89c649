"""How many equally good matches luck alone would give a record: from the case's own sums and hours, checked by permutation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trails.hawala.candidate_loops import Bounds, Pool, Weights
from trails.hawala.candidates import count_good, file_pool
from trails.hawala.weights import count_expected

if TYPE_CHECKING:
    import pandas as pd

    from trails.graph import BoolArray, IntArray
    from trails.hawala.candidate_loops import Floats
    from trails.hawala.weights import Model

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
#: Days by which a record is moved to see what lies there by luck: the same hours of other days, so that nights stay nights.
DAYS = tuple(day for step in range(1, 15) for day in (-step, step))
#: Odds this near are equal: they are products of the same factors in another order.
CLOSE = 1 - 1e-9


def expect_equal(
    records: pd.DataFrame, bounds: Bounds, pool: pd.DataFrame, *, model: Model, weights: Weights, odds: Floats,
    without: IntArray,
) -> Floats:  # fmt: skip
    """How many transfers would fit each record at least as well by luck alone as the one that was chosen.

    Two parts. Of wallets with a tie to some office or party, the transfers around the same hours of the 14 days before and
    after are counted as they are. Of all others, who are too many to be looked at one by one, the expected number is the
    hours in which a delay would be good enough, times the transfers an hour of a size that would be, times how busy those
    hours are on the days around.

    Parameters
    ----------
    records, bounds, pool, model, weights
        As in ``scoring.make_weights``.
    odds
        Of each record's chosen pair, by the signs that luck can imitate; infinite where there is none.
    without
        Place of the chosen transfer, which is no rival of itself; -1 for none.

    Returns
    -------
    ndarray
        One expected count per record. Cost: as counting the candidates of the tied wallets 28 times.
    """
    tied: BoolArray = (weights.source_at > 0) | (weights.goal_at > 0)
    found = _expect_among_others(records, bounds, pool[~tied], model, weights, odds)
    if tied.any():
        places = np.flatnonzero(tied)
        among = {name: pool[name].to_numpy(dtype=np.int64)[places] for name in ("value", "time_low", "time_high")}
        filed = file_pool(among["value"], among["time_low"], among["time_high"])
        names = ("source_at", "goal_at", "usual_source", "usual_goal", "usual_both")
        narrowed = weights._replace(**{name: getattr(weights, name)[places] for name in names})
        own = np.full(len(pool), -1, dtype=np.int64)
        own[places] = np.arange(len(places))
        skip = np.where(without >= 0, own[without], -1)
        found = found + _count_on_other_days(bounds, filed, narrowed, odds, skip, pool)
    return found


def _count_on_other_days(
    bounds: Bounds, filed: Pool, weights: Weights, odds: Floats, without: IntArray, pool: pd.DataFrame
) -> Floats:
    first, last = int(pool["time_low"].min()), int(pool["time_high"].max())
    counted, days = np.zeros(len(odds)), np.zeros(len(odds))
    for day in DAYS:
        moved = shift_bounds(bounds, day * _DAY_US)
        inside = (moved.since >= first - _DAY_US) & (moved.until <= last + _DAY_US)
        counted += np.where(inside, count_good(moved, filed, weights, odds * CLOSE, without), 0)
        days += inside
    found: Floats = counted / np.maximum(days, 1)
    return found


def shift_bounds(bounds: Bounds, by: int) -> Bounds:
    """The same records as if they had been booked ``by`` microseconds later."""
    moved = {name: getattr(bounds, name) + by for name in ("time_low", "time_high", "since", "until")}
    return bounds._replace(**moved)


def _expect_among_others(
    records: pd.DataFrame, bounds: Bounds, pool: pd.DataFrame, model: Model, weights: Weights, odds: Floats
) -> Floats:
    if not len(pool):
        return np.zeros(len(odds))
    luck = count_expected(bounds, np.sort(pool["value"].to_numpy(dtype=np.int64)), model)
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = weights.base
        for groups, (strength, _, _) in ((weights.near_of, weights.near_rule), (weights.far_of, weights.far_rule)):
            usual = usual * strength / (weights.whole[groups] + strength)
        needed = odds[:, None] * CLOSE / (usual[:, None] * weights.amount)
    needed = np.nan_to_num(needed, nan=np.inf, posinf=np.inf)
    hours = np.zeros(needed.shape)
    width = np.round((bounds.time_high - bounds.time_low) / _HOUR_US * 4).astype(np.int64)
    kinds = records["kind"].to_numpy(dtype=np.int64)
    for kind, quarter_hours in sorted({(int(k), int(w)) for k, w in zip(kinds, width, strict=True)}):
        at = (kinds == kind) & (width == quarter_hours)
        density = _density_by_hour(weights, kind, quarter_hours / 4)
        hours[at] = (len(density) - np.searchsorted(density, needed[at].ravel(), side="left")).reshape(-1, needed.shape[1]) / 4
    expected: Floats = (luck * hours).sum(axis=1) * _measure_activity(bounds, pool, model)
    return expected


def _density_by_hour(weights: Weights, kind: int, width: float) -> Floats:
    """The density of delay at every quarter of an hour of a record's window, from the least to the greatest."""
    reach = weights.reach
    grid = np.linspace(-reach, reach, weights.delay.shape[1])
    wide = max(width, 0.25)
    most = np.arange(-reach, reach + wide, 0.25) + 0.125
    least = most - wide
    held = np.interp(most, grid, weights.delay[kind]) - np.interp(least, grid, weights.delay[kind])
    return np.sort(held / wide)


def _measure_activity(bounds: Bounds, pool: pd.DataFrame, model: Model) -> Floats:
    """How busy the same hours of the days around each record are, against the average of the whole case."""
    middle = np.sort((pool["time_low"].to_numpy(dtype=np.int64) + pool["time_high"].to_numpy(dtype=np.int64)) // 2)
    first, last = int(middle[0]), int(middle[-1])
    counted, hours = np.zeros(len(bounds.value)), np.zeros(len(bounds.value))
    for day in DAYS:
        since, until = bounds.since + day * _DAY_US, bounds.until + day * _DAY_US
        inside = (since >= first - _DAY_US) & (until <= last + _DAY_US)
        seen = np.searchsorted(middle, until, side="right") - np.searchsorted(middle, since, side="left")
        counted += np.where(inside, seen, 0)
        hours += np.where(inside, (until - since) / _HOUR_US, 0.0)
    average = len(pool) / model.span
    busy: Floats = np.where(hours > 0, (counted + 1) / (np.maximum(hours, 1e-9) * average + 1), 1.0)
    return busy


def expect_identified(bounds: Bounds, pool: pd.DataFrame, record: IntArray, place: IntArray, without: IntArray) -> Floats:
    """How many transfers that an identifier ties to each record lie within its bounds by luck: those of other days.

    ``record`` and ``place`` list every pair with such a tie, within the window or not; ``without`` is as in ``expect_equal``.
    """
    count = len(bounds.value)
    value = pool["value"].to_numpy(dtype=np.int64)[place]
    fits = (value >= bounds.value_low[record]) & (value <= bounds.value_high[record]) & (place != without[record])
    record, place = record[fits], place[fits]
    low, high = (pool[name].to_numpy(dtype=np.int64)[place] for name in ("time_low", "time_high"))
    first, last = (int(pool["time_low"].min()), int(pool["time_high"].max())) if len(pool) else (0, 0)
    counted, days = np.zeros(count), np.zeros(count)
    for day in DAYS:
        since, until = bounds.since + day * _DAY_US, bounds.until + day * _DAY_US
        inside = (since >= first - _DAY_US) & (until <= last + _DAY_US)
        seen = (high >= since[record]) & (low <= until[record])
        counted += np.where(inside, np.bincount(record[seen], minlength=count), 0)
        days += inside
    found: Floats = counted / np.maximum(days, 1)
    return found


def permute_times(records: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same records with their times dealt out anew among those of one kind: whatever still matches, matches by luck."""
    dice = np.random.default_rng(seed)
    columns = ["time_low", "time_high", "since", "until"]
    dealt = records.copy()
    for rows in records.groupby("kind", sort=True).indices.values():
        dealt.loc[dealt.index[rows], columns] = records[columns].to_numpy()[dice.permutation(rows)]
    return dealt
