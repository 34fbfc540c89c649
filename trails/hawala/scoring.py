"""The weight of every kept pair, sign by sign, and what it comes to as a probability once all rivals are weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trails.hawala.candidate_loops import Weights
from trails.hawala.records import DEPOSIT
from trails.hawala.weights import (
    OTHERS,
    count_expected,
    cumulate_delays,
    measure_pairs,
    share_out,
    weigh_tie,
    weigh_usual,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trails.graph import BoolArray, IntArray
    from trails.hawala.candidate_loops import Bounds, Floats, Singles
    from trails.hawala.weights import Model, Traffic

#: The signs in the order a waterfall shows them; the first is where it starts.
SIGNS = ("start", "amount", "time", "office", "party", "identifier", "message", "currency")
_ROUNDS = 4
#: At most so many wallets with a tie are told apart while all pairs are looked at; the strongest ones.
_WALLETS = 4_000
#: A wallet is told apart where its pairs are so many times what its ordinary traffic would give.
_TELLING = 2.0
_HOUR_US = 3_600e6


@dataclass(slots=True)
class Scored:
    """Kept pairs: record, place in the pool, bits of every sign, their sum, and the probability among all rivals."""

    record: IntArray
    place: IntArray
    bits: dict[str, Floats]
    weight: Floats
    probability: Floats
    office_pairs: Floats


@dataclass(frozen=True, slots=True)
class Ties:
    """Ties of wallets to offices and parties: numbers of groups and wallets, pairs by both, by group, and by wallet.

    ``of_wallet`` has a row for parties and one for offices.
    """

    group_of: dict[tuple[bool, int], int]
    wallet_of: dict[int, int]
    whole: Floats
    counted: Singles
    of_wallet: Singles


def find_office(records: pd.DataFrame, model: Model) -> IntArray:
    """The number of each record's office in the model; -1 for one it has not learnt from."""
    numbers = {name: number for number, name in enumerate(model.sources)}
    return np.array([numbers.get(str(name), -1) for name in records["office"]], dtype=np.int64)


def gather_ties(model: Model, traffic: Traffic) -> Ties:
    """All ties as one table: rows are offices and parties, columns wallets; row 0 and column 0 stand for all others."""
    listed = [((True, group), wallet, *said) for (group, wallet), said in model.source.items()]
    listed += [((False, group), wallet, *said) for (group, wallet), said in model.goal.items()]
    wallets = np.array([each[1] for each in listed], dtype=np.int64)
    usual = np.maximum(traffic.share_of_wallets("source", wallets), traffic.share_of_wallets("goal", wallets))
    telling = [each for each, share in zip(listed, usual.tolist(), strict=True) if each[2] > _TELLING * share * each[3]]
    strongest = sorted(telling, key=lambda each: (-each[2], each[1], each[0]))[:_WALLETS]
    groups = {key: number for number, key in enumerate(sorted({each[0] for each in listed}), start=1)}
    numbers = {key: number for number, key in enumerate(sorted({each[1] for each in strongest}), start=1)}
    whole = np.zeros(len(groups) + 1)
    counted = np.zeros((len(groups) + 1, len(numbers) + 1), dtype=np.float32)
    of_wallet = np.zeros((2, len(numbers) + 1), dtype=np.float32)
    for key, wallet, pairs, of_group in listed:
        whole[groups[key]] = of_group
        if wallet in numbers:
            counted[groups[key], numbers[wallet]] += pairs
            of_wallet[int(key[0]), numbers[wallet]] += pairs
    return Ties(groups, numbers, whole, counted, of_wallet)


def make_weights(
    records: pd.DataFrame, pool: pd.DataFrame, bounds: Bounds, model: Model, traffic: Traffic
) -> tuple[Weights, Floats, Floats]:
    """The model as odds that the loops over all pairs read; each record's luck by bin; and where its odds start, in bits.

    They start at the share of such records that have another half at all, over the number of transfers that lie within
    bounds by luck.
    """
    kind = records["kind"].to_numpy(dtype=np.int64)
    luck = count_expected(bounds, np.sort(pool["value"].to_numpy(dtype=np.int64)), model)
    hours = (bounds.until - bounds.since) / _HOUR_US
    whole = np.maximum(luck.sum(axis=1), 1e-12)
    start = model.share[kind] / (1 - model.share[kind]) / (whole * hours)
    amount = model.amount[kind] * whole[:, None] / np.maximum(luck, 1e-12)
    delay, reach = cumulate_delays(model)
    ties = gather_ties(model, traffic)
    office, party = find_office(records, model), records["party"].to_numpy(dtype=np.int64)
    source, goal = (pool[side].to_numpy(dtype=np.int64) for side in ("source", "goal"))
    source_at, goal_at = _number_wallets(ties, source), _number_wallets(ties, goal)
    tied = np.flatnonzero((source_at > 0) | (goal_at > 0))
    usual = np.ones((3, len(pool)), dtype=np.float32)
    for number, side in enumerate(("source", "goal", "both")):
        usual[number, tied] = traffic.share(side, tied)
    said = model.parameters["learn"]
    made = Weights(
        kind.astype(np.int32), start * hours, amount.astype(np.float32), model.low, model.step, delay, reach,
        np.array([ties.group_of.get((True, int(each)), 0) for each in office], dtype=np.int32),
        np.array([ties.group_of.get((False, int(each)), 0) for each in party], dtype=np.int32),
        kind == DEPOSIT, ties.counted, ties.whole, ties.of_wallet, (float(said["wallet"]), float(said["wallet_discount"]), OTHERS),
        (float(said["payee"]), float(said["payee_discount"]), OTHERS), source_at, goal_at, usual[0], usual[1], usual[2],
    )  # fmt: skip
    return made, luck, np.log2(start)


def _number_wallets(ties: Ties, wallets: IntArray) -> NDArray[np.int32]:
    """The column of each wallet in the table of ties; 0 for one that has none."""
    if not ties.wallet_of:
        return np.zeros(len(wallets), dtype=np.int32)
    known = np.array(sorted(ties.wallet_of), dtype=np.int64)
    at = np.minimum(np.searchsorted(known, wallets), len(known) - 1)
    return np.where(known[at] == wallets, at + 1, 0).astype(np.int32)


def score_pairs(
    records: pd.DataFrame, pool: pd.DataFrame, bounds: Bounds, model: Model, *, record: IntArray, place: IntArray,
    luck: Floats, start: Floats, rest: Floats, more: dict[str, Floats], traffic: Traffic,
) -> Scored:  # fmt: skip
    """The bits of every sign for given pairs, and their probability.

    A wallet's tie is weighed by all other pairs: a pair is never evidence for itself. ``luck`` and ``start`` are as in
    ``make_weights``; ``rest`` are the odds of each record's candidates that were not kept; ``more`` has the bits of further
    signs.
    """
    kind = records["kind"].to_numpy(dtype=np.int64)
    measured = measure_pairs(bounds, pool, record, place, model)
    whole = np.maximum(luck.sum(axis=1), 1e-12)
    hours = (bounds.until - bounds.since) / _HOUR_US
    delay, reach = cumulate_delays(model)
    grid = np.linspace(-reach, reach, delay.shape[1])
    inside = np.zeros(len(record))
    for each in range(3):
        at = kind[record] == each
        inside[at] = np.interp(measured.most[at], grid, delay[each]) - np.interp(measured.least[at], grid, delay[each])
    density = np.maximum(inside, 1e-12) / (measured.most - measured.least)
    bits = {
        "start": start[record],
        "amount": np.log2(
            model.amount[kind[record], measured.column] * whole[record] / np.maximum(luck[record, measured.column], 1e-12)
        ),
        "time": np.log2(density * hours[record]),
        **more,
    }
    ties = gather_ties(model, traffic)
    taken_in = kind[record] == DEPOSIT
    source, goal = (pool[side].to_numpy(dtype=np.int64)[place] for side in ("source", "goal"))
    near, among = weigh_usual(traffic, place, taken_in)
    sides = (
        (True, find_office(records, model)[record], np.where(taken_in, goal, source), near),
        (False, records["party"].to_numpy(dtype=np.int64)[record], np.where(taken_in, source, goal), among),
    )
    learnt: BoolArray = record % model.every == 0
    probability, others = np.zeros(len(record)), np.zeros(len(record))
    for _ in range(_ROUNDS):
        taken = np.where(learnt, probability, 0.0)
        sums = np.bincount(record, weights=taken, minlength=len(records))[record]
        for is_office, group, wallet, usual in sides:
            said = ("wallet", "wallet_discount") if is_office else ("payee", "payee_discount")
            strength, discount = (float(model.parameters["learn"][name]) for name in said)
            rows = np.array([ties.group_of.get((is_office, int(each)), 0) for each in group], dtype=np.int64)
            columns = _number_wallets(ties, wallet)
            pairs = np.maximum(ties.counted[rows, columns] - taken, 0.0) * (columns > 0)
            elsewhere = (ties.of_wallet[int(is_office), columns] - ties.counted[rows, columns]) * (columns > 0)
            bits["office" if is_office else "party"] = weigh_tie(
                pairs, ties.whole[rows] - sums, elsewhere, usual, strength, discount
            )
            others = pairs if is_office else others
        weight = np.sum([bits[sign] for sign in SIGNS if sign in bits], axis=0) if len(record) else np.zeros(0)
        probability = share_out(np.exp2(weight), record, place, len(records), rest=rest)
    return Scored(record, place, bits, weight, probability, others)
