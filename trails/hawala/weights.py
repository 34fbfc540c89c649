"""How much each sign says for a hawala record and a transfer being the same money, in bits; learnt from the case.

The model of Fellegi and Sunter: a sign weighs log2 of how often true pairs show it over how often others do. How often others
do is counted in the case's own transfers; how often true pairs do starts from an assumption (``matching.toml``) and moves by
expectation-maximisation. Nothing is learnt from any other case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trails.hawala.candidate_loops import STEPS_AN_HOUR, Bounds
from trails.hawala.candidates import count_pairs, list_pairs
from trails.hawala.records import DEPOSIT, PAYOUT, RECORD_KINDS, bound_records

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from trails.graph import IntArray
    from trails.hawala.candidate_loops import Floats, Pool
    from trails.hawala.records import Rules

_HOUR_US = 3_600_000_000
_TINY = 1e-12
#: How many pairs of other groups make a wallet half as likely to be this group's.
OTHERS = 4.0
#: Ties of fewer pairs than this are forgotten.
_WORTH_A_TIE = 0.25


@dataclass(slots=True)
class Model:
    """What true pairs look like, as far as assumed and learnt: distributions by kind, and ties of wallets to offices."""

    parameters: dict[str, dict[str, Any]]
    edges: Floats
    low: float
    amount: Floats
    delay: Floats
    share: Floats
    span: float
    source: dict[tuple[int, int], tuple[float, float]]
    goal: dict[tuple[int, int], tuple[float, float]]
    sources: list[str]
    assumed_amount: Floats
    assumed_delay: Floats
    every: int = 1
    rounds: int = 0
    learnt: float = 0.0

    @property
    def step(self) -> float:
        """Width of a bin of the share kept."""
        return float(self.parameters["amount"]["step"])


def assume_model(rules: Rules, parameters: dict[str, dict[str, Any]], pool: pd.DataFrame) -> Model:
    """The model before it has seen the case."""
    said = parameters["time"]
    scale = rules.window_hours / float(said["edges"][-1])
    after = np.array(said["edges"], dtype=np.float64) * scale
    edges = np.concatenate([-after[:0:-1], after])
    middle = np.abs((edges[1:] + edges[:-1]) / 2)
    mass = np.diff(edges) * 0.5 ** (middle / (float(said["half"]) * scale))
    step, widest = float(parameters["amount"]["step"]), rules.fee_max + rules.tolerance
    bins = 2 * max(1, int(np.ceil(widest / step - 1e-9)))
    low = -bins / 2 * step
    kept = low + step * (np.arange(bins) + 0.5)
    amount, delay = np.zeros((3, bins)), np.zeros((3, len(mass)))
    for kind in range(3):
        least, most = (0.0, rules.fee_max) if kind == PAYOUT else (-rules.fee_max, 0.0) if kind == DEPOSIT else (-step, step)
        inside = (kept > least - step / 2) & (kept < most + step / 2)
        amount[kind] = np.where(inside, parameters["amount"]["inside"], parameters["amount"]["outside"])
        delay[kind] = np.where((edges[1:] <= 0) if kind == PAYOUT else (edges[:-1] >= 0) if kind == DEPOSIT else False, _TINY, mass)
    amount /= amount.sum(axis=1, keepdims=True)
    delay /= delay.sum(axis=1, keepdims=True)
    share = np.array([float(parameters["share"][word]) for word in RECORD_KINDS])
    low_us, high_us = (int(pool["time_low"].min()), int(pool["time_high"].max())) if len(pool) else (0, 0)
    # a case shorter than a window says nothing of how often such sums come: it is taken to be one window long
    span = max(float(rules.window_hours), 1.0, (high_us - low_us) / _HOUR_US)
    return Model(parameters, edges, low, amount, delay, share, span, {}, {}, [], amount.copy(), delay.copy())


@dataclass(slots=True)
class Pairs:
    """Candidate pairs as parallel arrays: record, place in the pool, bin of the share kept, and the hours between."""

    record: IntArray
    place: IntArray
    column: IntArray
    least: Floats
    most: Floats


def measure_pairs(bounds: Bounds, pool: pd.DataFrame, record: IntArray, place: IntArray, model: Model) -> Pairs:
    """The share kept and the delay of given pairs, as the loops over all pairs measure them."""
    value = bounds.value[record]
    kept = (value - pool["value"].to_numpy(dtype=np.int64)[place]) / value
    column = np.clip(np.floor((kept - model.low) / model.step).astype(np.int64), 0, model.amount.shape[1] - 1)
    least = (pool["time_low"].to_numpy(dtype=np.int64)[place] - bounds.time_high[record]) / _HOUR_US
    most = (pool["time_high"].to_numpy(dtype=np.int64)[place] - bounds.time_low[record]) / _HOUR_US
    middle, narrow = (least + most) / 2, most - least < 1.0 / STEPS_AN_HOUR
    half = 0.5 / STEPS_AN_HOUR
    return Pairs(record, place, column, np.where(narrow, middle - half, least), np.where(narrow, middle + half, most))


def cumulate_delays(model: Model) -> tuple[Floats, float]:
    """The probability of a delay of at most so many hours, by kind, on the grid that the loops read; and where it starts."""
    reach = float(model.edges[-1])
    grid = np.linspace(-reach, reach, round(2 * reach * STEPS_AN_HOUR) + 1)
    sums = np.concatenate([np.zeros((3, 1)), np.cumsum(model.delay, axis=1)], axis=1)
    return np.stack([np.interp(grid, model.edges, sums[kind]) for kind in range(3)]), reach


def count_expected(bounds: Bounds, values: IntArray, model: Model) -> Floats:
    """How many transfers an hour, in the whole case, have a value in each bin of each record: (records, bins).

    ``values`` are those of the pool, sorted. The outermost bins reach to the ends of the record's band. Half a transfer is
    added to every bin, in proportion to its width: what was never seen is rare, not impossible.
    """
    bins = model.amount.shape[1]
    kept = model.low + model.step * np.arange(1, bins)
    inner = np.clip(bounds.value[:, None] * (1 - kept[None, :]), bounds.value_low[:, None], bounds.value_high[:, None])
    edges = np.concatenate([bounds.value_high[:, None], inner, bounds.value_low[:, None] - 1], axis=1)
    below = np.searchsorted(values, edges.ravel(), side="right").reshape(edges.shape)
    width = np.maximum(edges[:, :-1] - edges[:, 1:], 0) / np.maximum(edges[:, :1] - edges[:, -1:], 1)
    counted: Floats = np.maximum(below[:, :-1] - below[:, 1:], 0) + 0.5 * width + 1e-3
    return counted / model.span


class Learner:
    """Expectation-maximisation over the candidate pairs of a case."""

    def __init__(self, records: pd.DataFrame, pool: pd.DataFrame, filed: Pool, model: Model, traffic: Traffic) -> None:
        limit = int(model.parameters["learn"]["pairs"])
        bounds = bound_records(records)
        found = count_pairs(bounds, filed)
        every = max(1, -(-int(found.sum()) // limit))
        chosen = np.arange(0, len(records), every)
        self.bounds, self.model = Bounds._make(column[chosen] for column in bounds), model
        record, place = list_pairs(self.bounds, filed, found[chosen])
        self.pairs = measure_pairs(self.bounds, pool, record, place, model)
        self.kind = records["kind"].to_numpy(dtype=np.int64)[chosen]
        values = np.sort(pool["value"].to_numpy(dtype=np.int64))
        self.luck = count_expected(self.bounds, values, model)[record, self.pairs.column]
        self.count = len(chosen)
        self.model.every = every
        self.offices, self.office = np.unique(records["office"].to_numpy(dtype=str), return_inverse=True)
        self.model.sources = [str(name) for name in self.offices]
        office = self.office[chosen][record]
        party = records["party"].to_numpy(dtype=np.int64)[chosen][record]
        source, goal = pool["source"].to_numpy(dtype=np.int64), pool["goal"].to_numpy(dtype=np.int64)
        # an office's own wallet is where its payouts leave from and its deposits arrive at
        taken_in = self.kind[record] == DEPOSIT
        here, there = source[place], goal[place]
        self.taken_in, self.traffic = taken_in, traffic
        self.own = _Tie(office, np.where(taken_in, there, here))
        self.other = _Tie(party, np.where(taken_in, here, there))

    def learn(self) -> Floats:
        """Run all rounds; gives the probability of every pair, and leaves what was learnt in the model."""
        said = self.model.parameters["learn"]
        own, other = np.zeros(len(self.pairs.record)), np.zeros(len(self.pairs.record))
        probability = self._expect(own, other)
        for _ in range(int(said["rounds"])):
            self._maximise(probability, float(said["strength"]))
            near, among = weigh_usual(self.traffic, self.pairs.place, self.taken_in)
            own = self.own.weigh(probability, near, float(said["wallet"]), float(said["wallet_discount"]))
            other = self.other.weigh(probability, among, float(said["payee"]), float(said["payee_discount"]))
            probability = self._expect(own, other)
            explained = np.bincount(self.pairs.place, weights=probability, minlength=len(self.traffic.explained))
            self.traffic.explain(explained.astype(np.float64))
            self.model.rounds += 1
        self.model.learnt = float(probability.sum())
        self.model.source = self.own.list_ties(probability)
        self.model.goal = self.other.list_ties(probability)
        return probability

    def _expect(self, own: Floats, other: Floats) -> Floats:
        """The probability of every pair, each record having at most one transfer and each transfer at most one record."""
        pairs, model = self.pairs, self.model
        kind = self.kind[pairs.record]
        sums = np.concatenate([np.zeros((3, 1)), np.cumsum(model.delay, axis=1)], axis=1)
        inside = np.zeros(len(pairs.record))
        for each in range(3):
            at = kind == each
            inside[at] = np.interp(pairs.most[at], model.edges, sums[each]) - np.interp(pairs.least[at], model.edges, sums[each])
        density = np.maximum(inside, _TINY) / (pairs.most - pairs.least)
        prior = model.share[kind] / (1 - model.share[kind])
        odds = prior * model.amount[kind, pairs.column] * density / self.luck * np.exp2(own + other)
        return share_out(odds, pairs.record, pairs.place, self.count)

    def _maximise(self, probability: Floats, strength: float) -> None:
        """Move the distributions of share kept, delay and how often there is a pair at all."""
        pairs, model = self.pairs, self.model
        for each in range(3):
            at = self.kind[pairs.record] == each
            mass = probability[at]
            seen = np.bincount(pairs.column[at], weights=mass, minlength=model.amount.shape[1])
            model.amount[each] = (seen + strength * model.assumed_amount[each]) / (seen.sum() + strength)
            late = _spread_delays(pairs.least[at], pairs.most[at], mass, model.edges, model.delay[each])
            model.delay[each] = (late + strength * model.assumed_delay[each]) / (late.sum() + strength)
            many = float((self.kind == each).sum())
            start = float(model.parameters["share"][RECORD_KINDS[each]])
            model.share[each] = min(0.98, (mass.sum() + strength * start) / (many + strength))


def _spread_delays(least: Floats, most: Floats, mass: Floats, edges: Floats, density: Floats) -> Floats:
    """The mass of every pair over the bins its delay can lie in, in proportion to what they hold now."""
    widths = np.diff(edges)
    overlap = [
        np.clip(np.minimum(most, right) - np.maximum(least, left), 0, None) * held / width
        for left, right, held, width in zip(edges[:-1], edges[1:], density, widths, strict=True)
    ]
    total = np.maximum(np.sum(overlap, axis=0), _TINY)
    return np.array([float((mass * each / total).sum()) for each in overlap])


def share_out(
    odds: Floats, record: IntArray, place: IntArray, count: int, *, rest: Floats | float = 0.0, rounds: int = 20
) -> Floats:
    """Probabilities from odds where each record has at most one transfer, and each transfer at most one record.

    ``odds`` compare a pair with the record having no transfer here; ``rest`` are those of candidates that are not listed.
    Every round tells each pair how free its two ends are of their other pairs. Exact where pairs form no ring, close
    elsewhere. Source: belief propagation for matchings, M. Bayati et al., doi:10.1145/1250790.1250809. Cost: linear a round.
    """
    _, column = np.unique(place, return_inverse=True)
    columns = int(column.max()) + 1 if len(column) else 0
    more = np.broadcast_to(np.asarray(rest, dtype=np.float64), count)[record] if len(record) else np.zeros(0)
    free_record, free_place = np.ones(len(odds)), np.ones(len(odds))
    for _ in range(rounds):
        flow = odds * free_place
        free_record = 1 / (1 + more + np.maximum(np.bincount(record, weights=flow, minlength=count)[record] - flow, 0))
        flow = odds * free_record
        free_place = 1 / (1 + np.maximum(np.bincount(column, weights=flow, minlength=columns)[column] - flow, 0))
    joint = odds * free_record * free_place
    found: Floats = joint / (1 + joint)
    return found


class Traffic:
    """The case's ordinary traffic: which share of all transfers has a wallet on a side, or two wallets as its ends.

    A transfer counts as ordinary as far as no record explains it: an office's wallet that does nothing but pass payouts on
    has hardly any ordinary traffic. ``unrecorded`` is the least share that remains: payouts that no book tells of go on too.
    """

    def __init__(self, source: IntArray, goal: IntArray, *, unrecorded: float) -> None:
        self.unrecorded = unrecorded
        self.wide = int(goal.max(initial=0)) + 1
        self.keys = {"source": source, "goal": goal, "both": source * self.wide + goal}
        self.order = {side: np.argsort(key, kind="stable") for side, key in self.keys.items()}
        self.sorted = {side: key[self.order[side]] for side, key in self.keys.items()}
        self.explained = np.zeros(len(source))
        self.explain(self.explained)

    def explain(self, probability: Floats) -> None:
        """Set how far each transfer is explained by a record: it counts for the rest only."""
        self.explained = np.minimum(probability, 1.0 - self.unrecorded)
        self.sums = {
            side: np.concatenate([[0.0], np.cumsum(1.0 - self.explained[order])]) for side, order in self.order.items()
        }

    def share(self, side: str, place: IntArray) -> Floats:
        """The share of ordinary traffic with the same ``source``, ``goal`` or ``both`` as given transfers, themselves in it."""
        wanted = self.keys[side][place]
        first = np.searchsorted(self.sorted[side], wanted, side="left")
        last = np.searchsorted(self.sorted[side], wanted, side="right")
        found: Floats = (self.sums[side][last] - self.sums[side][first] + self.explained[place] + 0.01) / (len(self.explained) + 1)
        return found

    def share_of_wallets(self, side: str, wallets: IntArray) -> Floats:
        """The share of all transfers with given wallets on a side, explained or not; half a transfer where there is none."""
        counted = np.searchsorted(self.sorted[side], wallets, side="right") - np.searchsorted(self.sorted[side], wallets)
        found: Floats = np.maximum(counted, 0.5) / (len(self.explained) + 1)
        return found


class _Tie:
    """How much more often a wallet stands at one end of an office's (or party's) pairs than in ordinary traffic."""

    def __init__(self, group: IntArray, wallet: IntArray) -> None:
        self.keys, at = np.unique(np.stack([group, wallet], axis=1), axis=0, return_inverse=True)
        self.at = at.reshape(-1)
        self.groups, self.of = np.unique(group, return_inverse=True)
        self.wallets, self.wallet_of_key = np.unique(self.keys[:, 1], return_inverse=True)

    def weigh(self, probability: Floats, usual: Floats, strength: float, discount: float) -> Floats:
        """The weight of every pair's wallet, by all other pairs of its group."""
        pair = np.bincount(self.at, weights=probability, minlength=len(self.keys))
        whole = np.bincount(self.of, weights=probability, minlength=len(self.groups))
        of_wallet = np.bincount(self.wallet_of_key, weights=pair, minlength=len(self.wallets))
        elsewhere: Floats = (of_wallet[self.wallet_of_key] - pair)[self.at].astype(np.float64)
        return weigh_tie(pair[self.at] - probability, whole[self.of] - probability, elsewhere, usual, strength, discount)

    def list_ties(self, probability: Floats) -> dict[tuple[int, int], tuple[float, float]]:
        """Pairs counted, and those of the whole group, of every tie worth keeping."""
        pair = np.bincount(self.at, weights=probability, minlength=len(self.keys))
        whole = dict(zip(self.groups.tolist(), np.bincount(self.of, weights=probability, minlength=len(self.groups)), strict=True))
        return {
            (int(group), int(wallet)): (float(counted), float(whole[int(group)]))
            for (group, wallet), counted in zip(self.keys, pair, strict=True) if counted >= _WORTH_A_TIE
        }


def weigh_usual(traffic: Traffic, place: IntArray, taken_in: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Of given transfers, the usual share of the wallet on the office's side; and of the other among what that one does."""
    near = np.where(taken_in, traffic.share("goal", place), traffic.share("source", place))
    return near, np.minimum(traffic.share("both", place) / near, 1.0)


def weigh_tie(
    pairs: Floats, whole: Floats, elsewhere: Floats, usual: Floats, strength: float, discount: float
) -> Floats:
    """Bits of a wallet of which ``pairs`` other pairs of the group's ``whole`` are known, beside its usual share.

    A wallet that none of this group's pairs know, while ``elsewhere`` pairs of other groups do, is more likely theirs.

    A few pairs are taken off first: that two payments of one family fall near two payouts happens by luck, and each would
    then vouch for the other. Source: absolute discounting, H. Ney et al., doi:10.1006/csla.1994.1001.
    """
    told, rest = np.maximum(pairs - discount, 0), np.maximum(whole, 0)
    share = np.where(told > 0, (told + strength * usual) / usual, strength)
    theirs = np.where(told > 0, 1.0, OTHERS / (np.maximum(elsewhere - discount, 0) + OTHERS))
    found: Floats = np.log2(share * theirs / (rest + strength))
    return found
