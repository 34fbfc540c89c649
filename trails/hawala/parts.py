"""One hawala record carried by a few transfers, or a few records carried by one: looked for where one to one says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from trails.hawala.candidate_loops import Bounds
from trails.hawala.chance import DAYS
from trails.hawala.records import DEPOSIT

if TYPE_CHECKING:
    import pandas as pd

    from trails.graph import BoolArray, IntArray
    from trails.hawala.candidate_loops import Weights

_DAY_US = 86_400_000_000
#: A part is at least this share of the whole, and at most so many parts are looked at together.
_LEAST_PART = 0.05
_MOST_NEAR = 12


@dataclass(frozen=True, slots=True)
class Parts:
    """Several pairs that are one match: records and places (one of the two has one member), and how many luck would give."""

    records: tuple[int, ...]
    places: tuple[int, ...]
    ways: int
    chance: float


def find_parts(
    records: pd.DataFrame, bounds: Bounds, pool: pd.DataFrame, weights: Weights, *, free_record: BoolArray,
    free_place: BoolArray, most: int,
) -> list[Parts]:  # fmt: skip
    """Records whose sum is that of two or three transfers, and transfers whose sum is that of two or three records.

    Only between wallets that other pairs tie to the record's office: sums of any three payments fit nearly everything. Parts
    go from one wallet to one other; records carried together are of one office and one payee.

    Parameters
    ----------
    records, bounds, pool, weights
        As in ``matching``.
    free_record, free_place
        Which of them the one-to-one assignment left without a likely partner.
    most
        At most so many parts.

    Returns
    -------
    list of Parts
        By first record; none shares a record or a transfer with another. Cost: combinations of at most 12 nearby ones, at
        most ``most`` at a time, on 29 days.
    """
    used_records, used_places = ~free_record, ~free_place
    listed = [*_split(bounds, pool, weights, records, free_record, most), *_joined(bounds, pool, weights, records, most)]
    found = []
    for each in sorted(listed, key=lambda part: (part.chance, part.ways, part.records, part.places)):
        if used_records[list(each.records)].any() or used_places[list(each.places)].any():
            continue
        used_records[list(each.records)], used_places[list(each.places)] = True, True
        found.append(each)
    return sorted(found, key=lambda part: part.records)


def _own_wallets(weights: Weights, record: int) -> set[int]:
    """Columns of the wallets that enough pairs tie to a record's office."""
    counted = weights.counted[weights.near_of[record]]
    columns: set[int] = set(np.flatnonzero(counted > weights.near_rule[1]).tolist())
    return columns if weights.near_of[record] else set()


def _by_wallet(pool: pd.DataFrame, at: IntArray) -> dict[int, IntArray]:
    """Places in the pool by column of a tied wallet, in time order."""
    order = np.argsort(pool["time_low"].to_numpy(), kind="stable")
    columns = at[order]
    return {int(column): order[columns == column] for column in np.unique(columns) if column}


def _split(
    bounds: Bounds, pool: pd.DataFrame, weights: Weights, records: pd.DataFrame, free: BoolArray, most: int
) -> list[Parts]:
    """One record, several transfers."""
    value, low, high = (pool[name].to_numpy(dtype=np.int64) for name in ("value", "time_low", "time_high"))
    goal = pool["goal"].to_numpy()
    kind = records["kind"].to_numpy()
    wallets = _by_wallet(pool, weights.source_at.astype(np.int64))
    found = []
    for record in np.flatnonzero(free & (kind != DEPOSIT)).tolist():
        for wallet in sorted(_own_wallets(weights, record)):
            places = wallets.get(wallet, np.zeros(0, dtype=np.int64))
            small = places[(value[places] < bounds.value_low[record]) & (value[places] > _LEAST_PART * bounds.value[record])]

            def ways_at(shift: int, small: IntArray = small, record: int = record) -> list[tuple[int, ...]]:
                near = small[(high[small] >= bounds.since[record] + shift) & (low[small] <= bounds.until[record] + shift)]
                return [
                    combo for size in range(2, most + 1) for combo in combinations(near[:_MOST_NEAR].tolist(), size)
                    if len({int(goal[at]) for at in combo}) == 1
                    and bounds.value_low[record] <= value[list(combo)].sum() <= bounds.value_high[record]
                ]  # fmt: skip

            ways = ways_at(0)
            if ways:
                chance = sum(len(ways_at(day * _DAY_US)) for day in DAYS) / len(DAYS)
                best = min(ways, key=lambda combo: (abs(int(value[list(combo)].sum()) - int(bounds.value[record])), combo))
                found.append(Parts((record,), tuple(best), len(ways), chance))
    return found


def _joined(bounds: Bounds, pool: pd.DataFrame, weights: Weights, records: pd.DataFrame, most: int) -> list[Parts]:
    """Several records of one office and payee, one transfer."""
    value, low, high = (pool[name].to_numpy(dtype=np.int64) for name in ("value", "time_low", "time_high"))
    groups = records.groupby(["kind", "office", "party"], sort=True).indices
    wallets = _by_wallet(pool, weights.source_at.astype(np.int64))
    found = []
    kinds = records["kind"].to_numpy()
    for rows in groups.values():
        if kinds[rows[0]] == DEPOSIT or len(rows) < 2:
            continue
        members = np.sort(rows)
        own, since, until = bounds.value[members], bounds.since[members], bounds.until[members]
        for wallet in sorted(_own_wallets(weights, int(members[0]))):
            for place in wallets.get(wallet, np.zeros(0, dtype=np.int64)).tolist():

                def ways_at(
                    shift: int, place: int = place, members: IntArray = members, own: IntArray = own, since: IntArray = since,
                    until: IntArray = until,
                ) -> list[tuple[int, ...]]:  # fmt: skip
                    near = members[(high[place] >= since + shift) & (low[place] <= until + shift) & (own < value[place])]
                    return [
                        combo for size in range(2, most + 1) for combo in combinations(near[:_MOST_NEAR].tolist(), size)
                        if bounds.value_low[list(combo)].sum() <= value[place] <= bounds.value_high[list(combo)].sum()
                    ]  # fmt: skip

                ways = ways_at(0)
                if ways:
                    chance = sum(len(ways_at(day * _DAY_US)) for day in DAYS) / len(DAYS)
                    best = min(ways, key=lambda combo: (abs(int(bounds.value[list(combo)].sum()) - int(value[place])), combo))
                    found.append(Parts(tuple(best), (place,), len(ways), chance))
    return found
