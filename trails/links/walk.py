"""Trails in time order from organisers to drivers, through accounts, junctions and matches.

Services, protected persons, CoinJoins and addresses nobody owns stop them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trails.graph import CaseTables, Groups, group_rows, moved, node_column, node_entities, order_transfers, time_bounds
from trails.identifiers import NULL_ADDRESSES
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from trails.graph import BoolArray, IntArray

#: Why no trail starts at, ends at or passes a payer, victim, minor or third party.
PROTECTED = "protected person"
#: Stops that a trail may not even end at.
_NO_END = ("service", "address nobody owns", PROTECTED)
_FAR = 1_000
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Step:
    """One transfer of a trail: its row in the walk's transfers, its hop, the match crossed, and whether allocated."""

    row: int
    hop: int
    match_id: int | None
    allocated: bool


@dataclass(frozen=True, slots=True)
class Trail:
    """A walk from an organiser to a driver; ``uncertain`` where the order of two steps is not certain."""

    organiser: int
    driver: int
    steps: tuple[Step, ...]
    uncertain: bool


@dataclass(frozen=True, slots=True)
class _Partial:
    vertex: int
    visited: frozenset[int]
    steps: tuple[Step, ...]
    arrival: int
    uncertain: bool

    @property
    def order(self) -> tuple[int, tuple[int, ...]]:
        return self.arrival, tuple(step.row for step in self.steps)

    @property
    def last(self) -> int | None:
        return self.steps[-1].row if self.steps else None

    @property
    def hop(self) -> int:
        return self.steps[-1].hop if self.steps else 0


class _Earliest:
    """The earliest partial trails of one hop, at most so many; what is later is counted and dropped on the way."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept: list[_Partial] = []
        self.latest = _NEVER
        self.dropped = 0

    def add(self, partial: _Partial) -> None:
        self.kept.append(partial)
        if len(self.kept) >= 4 * self.limit:
            self.shrink()

    def shrink(self) -> None:
        self.kept.sort(key=lambda partial: partial.order)
        self.dropped += max(0, len(self.kept) - self.limit)
        self.kept = self.kept[: self.limit]
        if len(self.kept) == self.limit:
            self.latest = self.kept[-1].arrival


@dataclass(frozen=True, slots=True)
class _Reach:
    """What one hop may still lead to: vertices near enough to a driver, and those whose arrival always matters."""

    near: BoolArray
    always: BoolArray
    following: _Earliest


@dataclass(frozen=True, slots=True)
class WalkGraph:
    """Transfers as arrays between vertices: a vertex is an entity, or a junction by itself."""

    transfers: pd.DataFrame
    vertices: IntArray
    src: IntArray
    dst: IntArray
    low: IntArray
    high: IntArray
    seq: list[float]
    rail: list[object]
    structural: BoolArray
    out: Groups
    into: IntArray
    junction: BoolArray
    stops: dict[int, str]
    crossings: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def compare(self, first: int, second: int) -> bool | None:
        """True where the first transfer is certainly before the second, False where not certain, None if impossible.

        An input is before the outputs of its own transaction; otherwise intervals decide, and inside one instant of
        one rail the ledger's own sequence.
        """
        if self.high[second] < self.low[first]:
            return None
        if self.structural[first] and self.dst[first] == self.src[second]:
            return True
        if self.high[first] < self.low[second]:
            return True
        exact = self.low[first] == self.high[first] == self.low[second] == self.high[second]
        a, b = self.seq[first], self.seq[second]
        if exact and self.rail[first] == self.rail[second] and a != b and not np.isnan(a) and not np.isnan(b):
            return True if a < b else None
        return False


def build_walk(
    tables: CaseTables, entities: pd.DataFrame, roles: pd.DataFrame, matches: pd.DataFrame, coinjoins: pd.DataFrame,
    is_payment: pd.Series | None = None,
) -> WalkGraph:  # fmt: skip
    """The arrays a walk needs: payments at a known time between two vertices, fees left out.

    ``is_payment`` says which transfers count (see ``trails.small_sums``); by default all that moved value.

    Cost: a few sorts of the transfers.
    """
    entity = node_entities(tables.nodes, entities)
    counted = moved(tables.transfers) if is_payment is None else is_payment
    usable = counted & tables.transfers["time"].notna() & (tables.transfers["kind"] != "fee")
    ordered = order_transfers(tables.transfers[usable])
    ends = [ordered[name].map(entity).to_numpy(dtype=np.int64) for name in ("src", "dst")]
    kept = ends[0] != ends[1]
    ordered, ends = ordered[kept].reset_index(drop=True), [end[kept] for end in ends]
    vertices = np.unique(np.array(list(entity.values()), dtype=np.int64))
    src, dst = (np.searchsorted(vertices, end).astype(np.int64) for end in ends)
    low, high, _ = time_bounds(ordered)
    is_input = (ordered["kind"] == "input").to_numpy(dtype=bool)
    # several inputs of one owner to one transaction are one way into it: the first stands for all
    again = is_input & ordered.assign(s=src, d=dst).duplicated(["s", "d", "kind"]).to_numpy(dtype=bool)
    junctions = set(tables.nodes.loc[tables.nodes["kind"] == "junction", "node_id"].tolist())
    graph = WalkGraph(
        transfers=ordered, vertices=vertices, src=src, dst=dst, low=low, high=high,
        seq=ordered["seq"].astype("Float64").fillna(np.nan).astype("float64").tolist(),
        rail=node_column(tables.nodes, "rail", ordered["src"]).tolist(), structural=is_input,
        out=group_rows(np.where(again, -1, src), high, len(vertices)),
        into=np.bincount(dst, minlength=len(vertices)).astype(np.int64),
        junction=np.array([number in junctions for number in vertices.tolist()], dtype=bool),
        stops=_find_stops(tables, entity, roles, coinjoins, vertices),
    )  # fmt: skip
    graph.crossings.update(_find_crossings(graph, matches))
    return graph


def _find_stops(
    tables: CaseTables, entity: dict[int, int], roles: pd.DataFrame, coinjoins: pd.DataFrame, vertices: IntArray
) -> dict[int, str]:
    """Vertices no trail passes or starts from, with the reason; the strongest reason wins."""
    nobody = tables.nodes.loc[tables.nodes["key"].isin(list(NULL_ADDRESSES)), "node_id"]
    reasons: dict[int, str] = {}
    for number in coinjoins.loc[coinjoins["verdict"].astype(bool), "junction"]:
        reasons[int(number)] = "CoinJoin"
    reasons.update({int(number): "service" for number in roles.loc[roles["role"] == "service", "entity_id"]})
    reasons.update({int(number): PROTECTED for number in roles.loc[roles["protected"].astype(bool), "entity_id"]})
    reasons.update({entity[int(number)]: "address nobody owns" for number in nobody})
    present = set(vertices.tolist())
    return {int(np.searchsorted(vertices, number)): why for number, why in reasons.items() if number in present}


def _find_crossings(graph: WalkGraph, matches: pd.DataFrame) -> dict[int, list[tuple[int, int]]]:
    """For the row of each matched payout: the rows of its transfers and the match, where no sender is a stop."""
    rows = {int(number): row for row, number in enumerate(graph.transfers["transfer_id"])}
    senders = group_rows(np.where(graph.structural, graph.dst, -1), graph.src, len(graph.vertices))
    found: dict[int, list[tuple[int, int]]] = {}
    ordered = matches.sort_values("match_id")[["match_id", "transfer_a", "transfer_b"]]
    for match, a, b in ordered.itertuples(index=False, name=None):
        if a not in rows or b not in rows:
            continue
        sender = int(graph.src[rows[b]])
        behind = {sender, *graph.src[senders.of(sender)].tolist()} if graph.junction[sender] else {sender}
        if not behind & set(graph.stops):
            found.setdefault(rows[a], []).append((rows[b], int(match)))
    return found


def walk_trails(
    graph: WalkGraph, organisers: list[int], drivers: list[int], *, max_hops: int = 6, max_trails: int = 100,
    max_partial: int = 10_000,
) -> tuple[list[Trail], list[tuple[int, int | None, str, int]]]:
    """Every trail in time order from an organiser to a driver, the shortest first, then the earliest.

    Each entity occurs once in a trail. A junction passed is no hop of its own. Where an organiser or another account is
    paid by a hawala payout that is matched, the trail may go on with the matched transfer.

    Returns
    -------
    trails, cut
        The trails, and what was not followed: (organiser, driver or None, reason, count).

    Notes
    -----
    Cost: only what lies between an organiser and a driver in at most ``max_hops`` is explored: one backward pass over
    the transfers per hop, then the partial trails themselves, at most ``max_partial`` a hop and organiser.
    """
    index = {int(number): code for code, number in enumerate(graph.vertices)}
    goals = {index[number] for number in drivers if number in index}
    distance = _measure_distance(graph, goals, max_hops)
    trails: list[Trail] = []
    cut: list[tuple[int, int | None, str, int]] = []
    for organiser in sorted(organisers):
        start = index.get(organiser)
        if start is None or start in graph.stops:
            reason = "no node of this case" if start is None else graph.stops[start]
            cut.append((organiser, None, f"not a start: {reason}", 1))
            continue
        found, left = _search(graph, start, goals, distance, max_hops=max_hops, max_partial=max_partial)
        kept, over = _limit(graph, found, max_trails)
        trails += kept
        cut += [(organiser, driver, why, count) for (driver, why), count in sorted((left + over).items(), key=str)]
    return trails, cut


def _measure_distance(graph: WalkGraph, goals: set[int], max_hops: int) -> IntArray:
    """The fewest hops from each vertex to a driver whatever the times: what is farther is never explored.

    A junction is as far as the nearest account behind it, because the hop into it ends there.
    """
    distance = np.full(len(graph.vertices), _FAR, dtype=np.int64)
    distance[sorted(goals)] = 0
    crossed = [(int(graph.dst[a]), int(graph.dst[b])) for a, pairs in graph.crossings.items() for b, _ in pairs]
    blocked = np.zeros(len(graph.vertices), dtype=bool)
    blocked[list(graph.stops)] = True
    for hop in range(max_hops):
        here = (distance == hop) & (~blocked | np.isin(np.arange(len(blocked)), sorted(goals)))
        before = np.zeros(len(here), dtype=bool)
        before[graph.src[here[graph.dst]]] = True
        distance[before & graph.junction & (distance > hop)] = hop
        through = before & graph.junction & ~blocked
        before[graph.src[through[graph.dst]]] = True
        before[[a for a, b in crossed if here[b]]] = True
        distance[before & ~graph.junction & (distance > hop + 1)] = hop + 1
    return distance


def _search(
    graph: WalkGraph, start: int, goals: set[int], distance: IntArray, *, max_hops: int, max_partial: int
) -> tuple[list[Trail], Counter[tuple[int | None, str]]]:
    """Breadth first, a hop at a time, so that what a bound cuts off is the longest and latest."""
    trails: list[Trail] = []
    cut: Counter[tuple[int | None, str]] = Counter()
    always = np.zeros(len(distance), dtype=bool)
    always[[*goals, *graph.stops]] = True
    frontier = [_Partial(start, frozenset([start]), (), 0, uncertain=False)]
    for hop in range(1, max_hops + 1):
        reach = _Reach(distance <= max_hops - hop, always, _Earliest(max_partial))
        for partial in frontier:
            for longer in _extend(graph, partial, reach):
                if longer.vertex in goals and graph.stops.get(longer.vertex) not in _NO_END:
                    ends = int(graph.vertices[start]), int(graph.vertices[longer.vertex])
                    trails.append(Trail(*ends, longer.steps, longer.uncertain))
                if longer.vertex in graph.stops:
                    cut[None, f"stopped: {graph.stops[longer.vertex]}"] += 1
                elif hop < max_hops:
                    reach.following.add(longer)
        reach.following.shrink()
        if reach.following.dropped:
            reason = f"later partial trails of {count_words(hop, 'hop')} not followed: more than {max_partial}"
            cut[None, reason] += reach.following.dropped
        frontier = reach.following.kept
    return trails, cut


def _extend(graph: WalkGraph, partial: _Partial, reach: _Reach) -> Iterator[_Partial]:
    """Every way one hop further: a transfer, a way through a junction, or a match crossed."""
    last, hop = partial.last, partial.hop + 1
    for row in _later(graph, partial, partial.vertex, last, reach):
        order = True if last is None else graph.compare(last, row)
        there = int(graph.dst[row])
        if order is None:
            continue
        step = Step(row, hop, None, allocated=False)
        if not graph.junction[there] or there in graph.stops:
            yield _append(graph, partial, (step,), certain=order)
            continue
        for further in _later(graph, partial, there, row, reach):
            inner = graph.compare(row, further)
            if inner is not None and not graph.junction[graph.dst[further]]:
                passed = Step(further, hop, None, allocated=bool(graph.into[there] > 1))
                yield _append(graph, partial, (step, passed), certain=order and inner)
    yield from _cross(graph, partial, hop, reach)


def _cross(graph: WalkGraph, partial: _Partial, hop: int, reach: _Reach) -> Iterator[_Partial]:
    """Ways on by a match: from the payout that has just arrived, or at the start from any payout to the organiser."""
    if partial.last is None:
        arrived = [row for row in sorted(graph.crossings) if graph.dst[row] == partial.vertex]
    else:
        arrived = [partial.last]
    for payout in arrived:
        for row, match in graph.crossings.get(payout, []):
            order, there = graph.compare(payout, row), int(graph.dst[row])
            if order is not None and reach.near[there] and there not in partial.visited:
                sender = int(graph.src[row])
                allocated = bool(graph.junction[sender] and graph.into[sender] > 1)
                yield _append(graph, partial, (Step(row, hop, match, allocated),), certain=order)


def _later(graph: WalkGraph, partial: _Partial, vertex: int, last: int | None, reach: _Reach) -> list[int]:
    """Transfers out of a vertex that are not certainly before the one that arrived, and lead near a driver.

    Arrivals later than all that will be kept of this hop are passed over, but never one at a driver or a stop, nor a
    way into a junction, whose outputs have times of their own.
    """
    rows = graph.out.of(vertex)
    if last is not None:
        rows = rows[np.searchsorted(graph.high[rows], graph.low[last], side="left") :]
    there = graph.dst[rows]
    near = reach.near[there]
    early = (graph.low[rows] <= reach.following.latest) | reach.always[there] | graph.junction[there]
    reach.following.dropped += int((near & ~early).sum())
    return [row for row in rows[near & early].tolist() if int(graph.dst[row]) not in partial.visited]


def _append(graph: WalkGraph, partial: _Partial, steps: tuple[Step, ...], *, certain: bool) -> _Partial:
    row = steps[-1].row
    vertex, uncertain = int(graph.dst[row]), partial.uncertain or not certain
    return _Partial(vertex, partial.visited | {vertex}, partial.steps + steps, int(graph.low[row]), uncertain)


def _limit(
    graph: WalkGraph, found: list[Trail], max_trails: int
) -> tuple[list[Trail], Counter[tuple[int | None, str]]]:
    """At most so many trails per pair, the shortest first, then the earliest."""
    found = sorted(found, key=lambda trail: (trail.driver, trail.steps[-1].hop, graph.low[trail.steps[-1].row],
                                             [step.row for step in trail.steps]))  # fmt: skip
    seen: Counter[int] = Counter()
    kept: list[Trail] = []
    cut: Counter[tuple[int | None, str]] = Counter()
    for trail in found:
        seen[trail.driver] += 1
        if seen[trail.driver] <= max_trails:
            kept.append(trail)
        else:
            cut[trail.driver, f"longer or later trails not listed: more than {max_trails}"] += 1
    return kept, cut
