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
    return int(min(filled + 1, keep))


# Inside the loops the columns are taken out of their tuples once, and helpers get numbers alone: handing a tuple of arrays to a
# function counts references, which takes longer than the work on a pair.


@compiled
def _find_first(times_low: Longs, times_high: Longs, first: int, last: int, at: int) -> int:
    """The first place from ``first`` on whose middle instant is not before ``at``."""
    while first < last:
        middle = (first + last) // 2
        if (times_low[middle] + times_high[middle]) // 2 < at:
            first = middle + 1
        else:
            last = middle
    return int(first)


@compiled
def count_in(first: int, last: int, bounds: Bounds, pool: Pool, low: Longs, high: Longs, found: Longs) -> None:
    """Count the pairs of the records from ``first`` to ``last``; ``low`` and ``high`` are the files each looks into."""
    value, times_low, times_high, start, slack = pool.value, pool.time_low, pool.time_high, pool.start, pool.slack
    for record in range(first, last):
        seen = 0
        since, until = bounds.since[record], bounds.until[record]
        least, most = bounds.value_low[record], bounds.value_high[record]
        for file in range(low[record], high[record] + 1):
            place, end = start[file], start[file + 1]
            place = _find_first(times_low, times_high, place, end, since - slack)
            while place < end and times_low[place] <= until + 2 * slack:
                seen += times_low[place] <= until and times_high[place] >= since and least <= value[place] <= most
                place += 1
        found[record] = seen


@compiled
def list_in(bounds: Bounds, pool: Pool, low: Longs, high: Longs, to: Longs, record_of: Longs, place_of: Longs) -> None:
    """Write down every pair, those of a record from ``to`` on."""
    value, times_low, times_high, start, slack = pool.value, pool.time_low, pool.time_high, pool.start, pool.slack
    rows = pool.rows
    for record in range(len(bounds.value)):
        at = to[record]
        since, until = bounds.since[record], bounds.until[record]
        least, most = bounds.value_low[record], bounds.value_high[record]
        for file in range(low[record], high[record] + 1):
            place, end = start[file], start[file + 1]
            place = _find_first(times_low, times_high, place, end, since - slack)
            while place < end and times_low[place] <= until + 2 * slack:
                if times_low[place] <= until and times_high[place] >= since and least <= value[place] <= most:
                    record_of[at], place_of[at] = record, rows[place]
                    at += 1
                place += 1


@compiled
def _cumulate(delay: Floats, kind: int, where: float) -> float:
    """The probability of a delay up to a place on the grid; between two steps on a straight line."""
    last = delay.shape[1] - 1
    if where <= 0:
        return float(delay[kind, 0])
    if where >= last:
        return float(delay[kind, last])
    below = int(where)
    return float(delay[kind, below] + (where - below) * (delay[kind, below + 1] - delay[kind, below]))


@compiled
def _weigh_tie(
    counted: float, whole: float, elsewhere: float, usual: float, strength: float, discount: float, others: float
) -> float:
    """As ``weights.weigh_tie``, in odds."""
    told = counted - discount
    if told <= 0.0:
        return strength / (whole + strength) * others / (max(elsewhere - discount, 0.0) + others)
    return (told + strength * usual) / ((whole + strength) * usual)


@compiled
def weigh_in(
    first: int, last: int, bounds: Bounds, pool: Pool, weights: Weights, low: Longs, high: Longs, least_odds: Floats,
    without: Longs, found: Longs, good: Longs, whole: Floats, best: Longs, best_odds: Floats,
) -> None:  # fmt: skip
    """Weigh the pairs of the records from ``first`` to ``last``.

    ``found`` counts them, ``good`` those of odds of at least ``least_odds`` other than with the transfer ``without``, ``whole``
    adds up their odds, and ``best`` keeps the best of each record, if it has columns. The odds of a pair against none are 0
    where its delay never happens; where either time is uncertain, the density of the delay is its mean over the interval the
    delay can lie in.
    """
    value, times_low, times_high, start, slack, rows = (
        pool.value, pool.time_low, pool.time_high, pool.start, pool.slack, pool.rows
    )  # fmt: skip
    amount, delay, reach, counted, sums, of_wallet = (
        weights.amount, weights.delay, weights.reach, weights.counted, weights.whole, weights.of_wallet
    )  # fmt: skip
    source_at, goal_at, usual_source, usual_goal, usual_both = (
        weights.source_at, weights.goal_at, weights.usual_source, weights.usual_goal, weights.usual_both
    )  # fmt: skip
    near_strength, near_discount, near_others = weights.near_rule
    far_strength, far_discount, far_others = weights.far_rule
    columns, keep = amount.shape[1], best.shape[1]
    half = 0.5 / STEPS_AN_HOUR
    for record in range(first, last):
        seen = passed = filled = 0
        total = 0.0
        since, until = bounds.since[record], bounds.until[record]
        least, most = bounds.value_low[record], bounds.value_high[record]
        own, own_low, own_high = bounds.value[record], bounds.time_low[record], bounds.time_high[record]
        kind, base, reverse = weights.kind[record], weights.base[record], weights.reverse[record]
        near_group, far_group = weights.near_of[record], weights.far_of[record]
        plain = near_strength / (sums[near_group] + near_strength) * far_strength / (sums[far_group] + far_strength)
        for file in range(low[record], high[record] + 1):
            place, end = start[file], start[file + 1]
            place = _find_first(times_low, times_high, place, end, since - slack)
            while place < end and times_low[place] <= until + 2 * slack:
                at = place
                place += 1
                if times_low[at] > until or times_high[at] < since or value[at] < least or value[at] > most:
                    continue
                seen += 1
                column = min(max(int(np.floor(((own - value[at]) / own - weights.low) / weights.step)), 0), columns - 1)
                early, late = (times_low[at] - own_high) / _HOUR_US, (times_high[at] - own_low) / _HOUR_US
                if late - early < 2 * half:
                    middle = (early + late) / 2
                    early, late = middle - half, middle + half
                inside = _cumulate(delay, kind, (late + reach) * STEPS_AN_HOUR) - _cumulate(
                    delay, kind, (early + reach) * STEPS_AN_HOUR
                )
                odds = base * amount[record, column] * inside / (late - early)
                source, goal = source_at[at], goal_at[at]
                if source == 0 and goal == 0:
                    odds *= plain
                else:
                    near, far, usual = source, goal, float(usual_source[at])
                    if reverse:
                        near, far, usual = goal, source, float(usual_goal[at])
                    pairs = float(counted[near_group, near])
                    odds *= _weigh_tie(
                        pairs, sums[near_group], of_wallet[1, near] - pairs, usual, near_strength, near_discount, near_others
                    )
                    pairs = float(counted[far_group, far])
                    among = min(usual_both[at] / usual, 1.0)
                    odds *= _weigh_tie(
                        pairs, sums[far_group], of_wallet[0, far] - pairs, among, far_strength, far_discount, far_others
                    )
                total += odds
                passed += odds >= least_odds[record] and rows[at] != without[record]
                if keep > 0 and odds > 0 and (filled < keep or odds >= best_odds[record, keep - 1]):
                    filled = _insert(record, rows[at], odds, filled, best, best_odds)
        found[record], good[record], whole[record] = seen, passed, total
