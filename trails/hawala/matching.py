"""Hawala payouts, deposits and settlements, and the transfers on other rails that are consistent with being the same money."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trails.hawala.assign import Assignment, assign_pairs
from trails.hawala.candidate_loops import Bounds
from trails.hawala.candidates import count_good, count_pairs, file_pool, keep_best, list_pairs
from trails.hawala.chance import CLOSE, DAYS, expect_equal, expect_identified
from trails.hawala.records import bound_records
from trails.hawala.scoring import Scored, make_weights, score_pairs
from trails.hawala.signs import are_within, find_named_together, find_owned, join_named, weigh_signs
from trails.hawala.weights import Learner, Model, Traffic, assume_model

if TYPE_CHECKING:
    from trails.graph import BoolArray, CaseTables, IntArray
    from trails.hawala.candidate_loops import Floats, Pool, Weights
    from trails.hawala.records import Rules

#: No as good one on 28 other days says that there are few, not that there are none.
_NEVER_NOTHING = 0.5 / (len(DAYS) + 1)
#: Pairs are listed at most so many at a time.
_PAIRS_AT_ONCE = 4_000_000
#: A chosen pair is a link, possible, or ambiguous: too many others fit as well.
STATES = ("link", "possible", "ambiguous")


@dataclass(frozen=True, slots=True)
class Luck:
    """What is needed to say how many equally good matches luck would give a record, and how many there are."""

    records: pd.DataFrame
    bounds: Bounds
    pool: pd.DataFrame
    filed: Pool
    model: Model
    weights: Weights
    owned: tuple[IntArray, IntArray]
    together: pd.DataFrame

    def expect(self, record: IntArray, place: IntArray, odds: Floats, identified: BoolArray) -> Floats:
        """The expected number for given pairs, one for each record: of as good ones, and where an identifier ties the pair,
        of others that it ties."""
        threshold, without = self._by_record(record, place, odds)
        plain = expect_equal(
            self.records, self.bounds, self.pool, model=self.model, weights=self.weights, odds=threshold, without=without
        )
        tied = expect_identified(self.bounds, self.pool, *self._identified(), without)
        found: Floats = np.maximum(np.where(identified, tied[record], plain[record]), _NEVER_NOTHING)
        return found

    def count(self, record: IntArray, place: IntArray, odds: Floats) -> IntArray:
        """How many other transfers within bounds are at least as good, for given pairs."""
        threshold, without = self._by_record(record, place, odds)
        counted: IntArray = count_good(self.bounds, self.filed, self.weights, threshold * CLOSE, without)[record]
        return counted

    def expect_links(self, least: float) -> float:
        """How many records of the case would reach odds of ``least`` with some transfer by luck alone."""
        nowhere = np.full(len(self.records), -1, dtype=np.int64)
        plain = expect_equal(
            self.records, self.bounds, self.pool, model=self.model, weights=self.weights,
            odds=np.full(len(self.records), least), without=nowhere,
        )  # fmt: skip
        tied = expect_identified(self.bounds, self.pool, *self._identified(), nowhere)
        return float((1 - np.exp(-plain - tied)).sum())

    def _identified(self) -> tuple[IntArray, IntArray]:
        record = np.concatenate([self.owned[0], self.together["record"].to_numpy(dtype=np.int64)])
        place = np.concatenate([self.owned[1], self.together["place"].to_numpy(dtype=np.int64)])
        pairs = np.unique(np.stack([record, place], axis=1), axis=0)
        return pairs[:, 0], pairs[:, 1]

    def _by_record(self, record: IntArray, place: IntArray, odds: Floats) -> tuple[Floats, IntArray]:
        threshold, without = np.full(len(self.records), np.inf), np.full(len(self.records), -1, dtype=np.int64)
        threshold[record], without[record] = odds, place
        return threshold, without


@dataclass(slots=True)
class Matching:
    """Everything one run of the matcher found, before it becomes a table."""

    records: pd.DataFrame
    pool: pd.DataFrame
    model: Model
    found: IntArray
    scored: Scored
    assignment: Assignment
    chosen: IntArray
    chance: Floats
    margin: Floats
    rivals: IntArray
    second: list[str]
    state: list[str]
    luck: Luck


def _imitable(scored: Scored, at: IntArray) -> Floats:
    """The odds of pairs by the signs that luck can imitate: not by an identifier, a message, or the asset booked."""
    weight = scored.weight[at]
    for sign in ("identifier", "message", "currency"):
        weight = weight - scored.bits[sign][at]
    odds: Floats = np.exp2(weight)
    return odds


def match_records(
    tables: CaseTables, records: pd.DataFrame, pool: pd.DataFrame, rules: Rules, parameters: dict[str, dict[str, Any]]
) -> Matching:
    """Learn from the case, weigh every candidate, choose the best assignment, and say how far luck explains it.

    Cost: three looks at every candidate pair; only the best ten of each record are kept.
    """
    limits = parameters["limits"]
    bounds, model = bound_records(records), assume_model(rules, parameters, pool)
    filed = file_pool(*(pool[name].to_numpy(dtype=np.int64) for name in ("value", "time_low", "time_high")))
    ends = (pool[side].to_numpy(dtype=np.int64) for side in ("source", "goal"))
    traffic = Traffic(*ends, unrecorded=float(parameters["learn"]["unrecorded"]))
    Learner(records, pool, filed, model, traffic).learn()
    weights, luck, start = make_weights(records, pool, bounds, model, traffic)
    found, whole, best, odds = keep_best(bounds, filed, weights, int(limits["keep"]))
    kept = best >= 0
    owned = find_owned(records, pool)
    together = join_named(*find_named_together(records, pool, tables.events))
    record, place = _add_identified(bounds, pool, np.nonzero(kept)[0], best[kept], owned, together)
    rest = np.maximum(whole - odds.sum(axis=1), 0.0)
    signs, event = weigh_signs(
        tables, records, pool, record=record, place=place, owned=owned, together=together, model=model
    )
    scored = score_pairs(
        records, pool, bounds, model, record=record, place=place, luck=luck, start=start, rest=rest, more=signs,
        traffic=traffic,
    )
    assignment = assign_pairs(
        record, place, scored.weight, least=float(limits["least_bits"]), block_cells=int(limits["block_cells"]),
        block_size=int(limits["block_size"]),
    )  # fmt: skip
    chosen = np.flatnonzero(assignment.chosen)
    luck_of = Luck(records, bounds, pool, filed, model, weights, owned, together)
    chance = luck_of.expect(record[chosen], place[chosen], _imitable(scored, chosen), signs["identifier"][chosen] > 0)
    second = [_find_second(scored, at, int(event[at]), limits) for at in chosen.tolist()]
    state = [
        _judge(float(scored.probability[at]), float(expected), bool(tie), limits)
        for at, expected, tie in zip(chosen.tolist(), chance, second, strict=True)
    ]
    rivals = found[record[chosen]] - 1 + _count_other_records(bounds, pool, place[chosen]) - 1
    return Matching(
        records, pool, model, found, scored, assignment, chosen, chance, _measure_margin(scored, chosen),
        np.maximum(rivals, 0), second, state, luck_of,
    )  # fmt: skip


def _add_identified(
    bounds: Bounds, pool: pd.DataFrame, record: IntArray, place: IntArray, owned: tuple[IntArray, IntArray], together: pd.DataFrame
) -> tuple[IntArray, IntArray]:
    """The kept pairs, and every pair within bounds that an identifier ties, whatever its rank."""
    more = [owned, (together["record"].to_numpy(dtype=np.int64), together["place"].to_numpy(dtype=np.int64))]
    for records, places in more:
        inside = are_within(bounds, pool, records, places)
        record, place = np.concatenate([record, records[inside]]), np.concatenate([place, places[inside]])
    unique = np.unique(np.stack([record, place], axis=1), axis=0) if len(record) else np.zeros((0, 2), dtype=np.int64)
    return unique[:, 0], unique[:, 1]


def _find_second(scored: Scored, at: int, event: int, limits: dict[str, float]) -> str:
    """A source besides amount and time that ties a pair, in words; empty where there is none."""
    if event >= 0:
        return f"one row names both (event {event})"
    if scored.bits["identifier"][at] > 0:
        return "the record's party and the far side of the transfer are one entity by accepted claims"
    if scored.bits["message"][at] > 0:
        return "one chat names both within a day"
    if scored.bits["office"][at] >= limits["tie_bits"] and scored.office_pairs[at] >= limits["tie_pairs"]:
        return f"{scored.office_pairs[at]:.0f} other pairs tie this wallet to the office"
    return ""


def _judge(probability: float, chance: float, second: bool, limits: dict[str, float]) -> str:
    if probability >= limits["link_probability"] and (chance <= limits["chance"] or second):
        return "link"
    return "possible" if probability >= 0.5 else "ambiguous"


def _count_other_records(bounds: Bounds, pool: pd.DataFrame, places: IntArray) -> IntArray:
    """Within the bounds of how many records each given transfer lies."""
    if not len(places):
        return np.zeros(0, dtype=np.int64)
    among = pool.iloc[places]
    filed = file_pool(*(among[name].to_numpy(dtype=np.int64) for name in ("value", "time_low", "time_high")))
    counted = np.zeros(len(places), dtype=np.int64)
    found = count_pairs(bounds, filed)
    borders = np.searchsorted(np.cumsum(found), np.arange(0, int(found.sum()), _PAIRS_AT_ONCE)).tolist()
    for first, last in pairwise([*dict.fromkeys(borders), len(found)]):
        part = Bounds._make(column[first:last] for column in bounds)
        _, place = list_pairs(part, filed, found[first:last])
        counted += np.bincount(place, minlength=len(places))
    return counted


def _measure_margin(scored: Scored, chosen: IntArray) -> Floats:
    """Bits between each chosen pair and the best other pair of the same record or the same transfer."""
    frame = pd.DataFrame({"record": scored.record, "place": scored.place, "weight": scored.weight})
    best = np.full(len(chosen), -np.inf)
    for side in ("record", "place"):
        ranked = frame.sort_values([side, "weight"], ascending=[True, False], kind="stable")
        nth = ranked.groupby(side).cumcount()
        first, second = (ranked[nth == n].set_index(side)["weight"] for n in (0, 1))
        mine = frame.iloc[chosen]
        top = mine[side].map(first).to_numpy(dtype=np.float64)
        other = np.where(top > mine["weight"].to_numpy(), top, mine[side].map(second).fillna(-np.inf).to_numpy(dtype=np.float64))
        best = np.maximum(best, other)
    margin: Floats = np.where(np.isfinite(best), frame["weight"].to_numpy()[chosen] - best, np.inf)
    return margin
