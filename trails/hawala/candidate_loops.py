"""The loops behind ``candidates``, as machine code: every record against the files of the pool that its bounds touch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trails.compiled import compiled

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

_HOUR_US = 3_600_000_000.0
#: Delays are looked up in steps of this many to the hour.
STEPS_AN_HOUR = 4


class Bounds(NamedTuple):
    """Records: value and time of each, and the band and window its other half may lie in, both ends included."""

    value: Longs
    value_low: Longs
    value_high: Longs
    time_low: Longs
    time_high: Longs
    since: Longs
    until: Longs


class Pool(NamedTuple):
    """Transfers filed by size and time; ``rows`` gives the place each had before, ``start`` the first of each file."""

    value: Longs
    time_low: Longs
    time_high: Longs
    rows: Longs
    start: Longs
    first_file: int
    slack: int


class Weights(NamedTuple):
    """What a pair is worth, as odds to be multiplied: by record and share kept, by delay, by the wallets at both ends.

    ``amount`` has a row per record and a column per bin of the share kept, from ``low`` in steps of ``step``; ``delay`` is
    the cumulated probability from ``-reach`` hours on, a row per kind of record. ``counted`` holds how many pairs tie each
    group (row; an office or a party) to each wallet that means anything (column; 0 is for all others), ``whole`` how many each
    group has. ``near_of`` and ``far_of`` are the groups of a record's office and party, ``reverse`` says that the office's
    wallet is where money arrives. ``usual_*`` are shares of the pool's transfers with the same source, goal, or both.
    """

    kind: Ints
    base: Floats
    amount: Singles
    low: float
    step: float
    delay: Floats
    reach: float
    near_of: Ints
    far_of: Ints
    reverse: npt.NDArray[np.bool_]
    counted: Singles
    whole: Floats
    of_wallet: Singles
    near_rule: tuple[float, float, float]
    far_rule: tuple[float, float, float]
    source_at: Ints
    goal_at: Ints
    usual_source: Singles
    usual_goal: Singles
    usual_both: Singles


@compiled
def _find_first(pool: Pool, file: int, at: int) -> int:
    """The first place of a file whose middle instant is not before ``at``."""
    first, last = pool.start[file], pool.start[file + 1]
    while first < last:
        middle = (first + last) // 2
        if (pool.time_low[middle] + pool.time_high[middle]) // 2 < at:
            first = middle + 1
        else:
            last = middle
    return int(first)


@compiled
def _is_within(bounds: Bounds, record: int, pool: Pool, place: int) -> bool:
    return bool(
        pool.time_low[place] <= bounds.until[record]
        and pool.time_high[place] >= bounds.since[record]
        and bounds.value_low[record] <= pool.value[place] <= bounds.value_high[record]
    )


@compiled
def count_in(first: int, last: int, bounds: Bounds, pool: Pool, low: Longs, high: Longs, found: Longs) -> None:
    """Count the pairs of the records from ``first`` to ``last``; ``low`` and ``high`` are the files each looks into."""
    for record in range(first, last):
        seen = 0
        latest = bounds.until[record] + 2 * pool.slack
        for file in range(low[record], high[record] + 1):
            place = _find_first(pool, file, bounds.since[record] - pool.slack)
            while place < pool.start[file + 1] and pool.time_low[place] <= latest:
                if _is_within(bounds, record, pool, place):
                    seen += 1
                place += 1
        found[record] = seen


@compiled
def list_in(bounds: Bounds, pool: Pool, low: Longs, high: Longs, to: Longs, record_of: Longs, place_of: Longs) -> None:
    """Write down every pair, those of a record from ``to`` on."""
    for record in range(len(bounds.value)):
        at = to[record]
        latest = bounds.until[record] + 2 * pool.slack
        for file in range(low[record], high[record] + 1):
            place = _find_first(pool, file, bounds.since[record] - pool.slack)
            while place < pool.start[file + 1] and pool.time_low[place] <= latest:
                if _is_within(bounds, record, pool, place):
                    record_of[at], place_of[at] = record, pool.rows[place]
                    at += 1
                place += 1


@compiled
def _cumulate(weights: Weights, kind: int, hours: float) -> float:
    """The probability of a delay of at most so many hours; between two steps of the grid on a straight line."""
    where = (hours + weights.reach) * STEPS_AN_HOUR
    last = weights.delay.shape[1] - 1
    if where <= 0:
        return float(weights.delay[kind, 0])
    if where >= last:
        return float(weights.delay[kind, last])
    below = int(where)
    step = weights.delay[kind, below + 1] - weights.delay[kind, below]
    return float(weights.delay[kind, below] + (where - below) * step)


@compiled
def _weigh_tie(counted: float, whole: float, elsewhere: float, usual: float, rule: tuple[float, float, float]) -> float:
    """As ``weights.weigh_tie``, in odds; ``rule``: strength, discount, and pairs of others that halve it."""
    strength, discount, others = rule
    told = max(counted - discount, 0.0)
    if told == 0.0:
        return strength / (whole + strength) * others / (max(elsewhere - discount, 0.0) + others)
    return (told + strength * usual) / ((whole + strength) * usual)


@compiled
def weigh_ties(record: int, place: int, weights: Weights) -> float:
    """The odds that the wallets at both ends of a transfer give a pair: the far one among those the near one deals with."""
    source, goal = weights.source_at[place], weights.goal_at[place]
    near, far, usual = source, goal, weights.usual_source[place]
    if weights.reverse[record]:
        near, far, usual = goal, source, weights.usual_goal[place]
    near_group, far_group = weights.near_of[record], weights.far_of[record]
    counted = weights.counted[near_group, near]
    own = _weigh_tie(counted, weights.whole[near_group], weights.of_wallet[1, near] - counted, usual, weights.near_rule)
    counted = weights.counted[far_group, far]
    among = min(weights.usual_both[place] / usual, 1.0)
    other = _weigh_tie(counted, weights.whole[far_group], weights.of_wallet[0, far] - counted, among, weights.far_rule)
    return own * other


@compiled
def weigh_pair(bounds: Bounds, record: int, pool: Pool, place: int, weights: Weights) -> float:
    """The odds of one pair against none; 0 where its delay never happens.

    Where either time is uncertain, the density of the delay is its mean over the interval the delay can lie in.
    """
    kept = (bounds.value[record] - pool.value[place]) / bounds.value[record]
    column = min(max(int(np.floor((kept - weights.low) / weights.step)), 0), weights.amount.shape[1] - 1)
    least = (pool.time_low[place] - bounds.time_high[record]) / _HOUR_US
    most = (pool.time_high[place] - bounds.time_low[record]) / _HOUR_US
    if most - least < 1.0 / STEPS_AN_HOUR:
        middle = (least + most) / 2
        least, most = middle - 0.5 / STEPS_AN_HOUR, middle + 0.5 / STEPS_AN_HOUR
    kind = weights.kind[record]
    inside = _cumulate(weights, kind, most) - _cumulate(weights, kind, least)
    odds = weights.base[record] * weights.amount[record, column] * inside / (most - least)
    return float(odds * weigh_ties(record, place, weights))


@compiled
def _insert(record: int, row: int, weight: float, filled: int, best: Longs, best_weight: Floats) -> int:
    """Put one pair among the best of a record where it belongs; how many there are then. Equal ones go by row."""
    keep = best.shape[1]
    spot = filled
    while spot > 0 and (
        weight > best_weight[record, spot - 1]
        or (weight == best_weight[record, spot - 1] and row < best[record, spot - 1])
    ):
        spot -= 1
    if spot == keep:
        return filled
    for at in range(min(filled, keep - 1), spot, -1):
        best[record, at], best_weight[record, at] = best[record, at - 1], best_weight[record, at - 1]
    best[record, spot], best_weight[record, spot] = row, weight
    return min(filled + 1, keep)


@compiled
def keep_in(
    first: int, last: int, bounds: Bounds, pool: Pool, weights: Weights, low: Longs, high: Longs, found: Longs,
    whole: Floats, best: Longs, best_weight: Floats,
) -> None:  # fmt: skip
    """Count the pairs of the records from ``first`` to ``last``, add up their odds, and keep the best of each."""
    keep = best.shape[1]
    for record in range(first, last):
        seen = filled = 0
        latest = bounds.until[record] + 2 * pool.slack
        for file in range(low[record], high[record] + 1):
            place = _find_first(pool, file, bounds.since[record] - pool.slack)
            while place < pool.start[file + 1] and pool.time_low[place] <= latest:
                if _is_within(bounds, record, pool, place):
                    seen += 1
                    weight = weigh_pair(bounds, record, pool, place, weights)
                    whole[record] += weight
                    if weight > 0 and (filled < keep or weight >= best_weight[record, keep - 1]):
                        filled = _insert(record, pool.rows[place], weight, filled, best, best_weight)
                place += 1
        found[record] = seen


@compiled
def count_good_in(
    first: int, last: int, bounds: Bounds, pool: Pool, weights: Weights, low: Longs, high: Longs, least: Floats,
    without: Longs, found: Longs,
) -> None:  # fmt: skip
    """Count the pairs that weigh at least ``least``, other than with the transfer ``without``, of each record."""
    for record in range(first, last):
        seen = 0
        latest = bounds.until[record] + 2 * pool.slack
        for file in range(low[record], high[record] + 1):
            place = _find_first(pool, file, bounds.since[record] - pool.slack)
            while place < pool.start[file + 1] and pool.time_low[place] <= latest:
                if pool.rows[place] != without[record] and _is_within(bounds, record, pool, place):
                    seen += weigh_pair(bounds, record, pool, place, weights) >= least[record]
                place += 1
        found[record] = seen
