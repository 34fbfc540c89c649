"""Union, spanning forest and guard against slow readings of what they mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trails.claims import Claims, join_claims
from trails.ownership.entities import join_claims_by_node
from trails.ownership.guard import Known, hold_welds
from trails.ownership.union import mark_spanning, union_lists, union_pairs
from trails.tables import HELD_REASONS

nx: Any = pytest.importorskip("networkx")  # it ships no types


def smallest_of_components(size: int, pairs: list[tuple[int, int]]) -> list[int]:
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(size))
    found: dict[int, int] = {}
    for part in nx.connected_components(graph):
        found |= dict.fromkeys(part, min(part))
    return [found[node] for node in range(size)]


@pytest.mark.parametrize("seed", range(25))
def test_sets_are_the_components_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 60))
    a, b = (rng.integers(0, size, int(rng.integers(0, 80))).astype(np.int32) for _ in range(2))
    b = np.resize(b, len(a)) if len(b) else np.zeros(len(a), np.int32)
    wanted = smallest_of_components(size, list(zip(a.tolist(), b.tolist(), strict=True)))
    assert union_pairs(a, b, size).tolist() == wanted
    order = rng.permutation(len(a))
    assert union_pairs(b[order], a[order], size).tolist() == wanted
    use = rng.random(len(a)) < 0.7
    sets, spanning = mark_spanning(a, b, use, size)
    assert sets.tolist() == smallest_of_components(size, list(zip(a[use].tolist(), b[use].tolist(), strict=True)))
    assert not spanning[~use].any()
    assert spanning.sum() == size - len(set(sets.tolist())), "a forest has one edge less than nodes, for every tree"
    assert union_pairs(a[spanning], b[spanning], size).tolist() == sets.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_lists_are_joined_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lists = [rng.integers(0, 40, int(rng.integers(0, 6))).tolist() for _ in range(25)]
    start = np.concatenate([[0], np.cumsum([len(each) for each in lists])]).astype(np.int64)
    member = np.array([node for each in lists for node in each], np.int32)
    pairs = [(each[0], node) for each in lists for node in each[1:]]
    assert union_lists(start, member, 40).tolist() == smallest_of_components(40, pairs)


def claims_of(pairs: list[tuple[int, int]], strength: str = "strong", rule: str = "co_spend") -> Claims:
    a, b = ([pair[at] for pair in pairs] for at in (0, 1))
    return Claims.make(a, b, rule, strength, "accepted", np.arange(1, len(pairs) + 1))


def known(size: int, actors: dict[int, int] | None = None, services: tuple[int, ...] = ()) -> Known:
    actor, service = np.zeros(size, np.int32), np.zeros(size, bool)
    for node, number in (actors or {}).items():
        actor[node] = number
    service[list(services)] = True
    return Known(actor, service)


def reasons(claims: Claims) -> list[str | None]:
    return [None if code == 255 else HELD_REASONS[code].split(":")[0] for code in claims.held.tolist()]


def times(*places: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(places, np.int32)


def test_two_large_clusters_wait_and_a_small_one_does_not() -> None:
    pairs = [(1, n) for n in range(2, 6)] + [(11, n) for n in range(12, 16)] + [(5, 15), (21, 1)]
    held = hold_welds(claims_of(pairs), times(*range(len(pairs))), known(30), large=(5, 5, 5, 5))
    assert reasons(held)[:8] == [None] * 8
    assert reasons(held)[8] == "both sides are large clusters"
    assert reasons(held)[9] is None
    entity, _ = join_claims_by_node(held, 30)
    assert len(set(entity[[1, 2, 3, 4, 5, 21]].tolist())) == 1
    assert entity[15] != entity[5]


def test_the_older_transaction_is_joined_first_whatever_the_order_of_the_claims() -> None:
    pairs, when = [(1, 2), (2, 3)], [7, 3]
    tagged = known(5, {1: 1, 3: 2})
    held = hold_welds(claims_of(pairs), times(*when), tagged)
    assert reasons(held) == ["the two sides carry tags of different actors", None]
    held = hold_welds(claims_of(pairs[::-1]), times(*when[::-1]), tagged)
    assert reasons(held) == [None, "the two sides carry tags of different actors"]


def test_a_transaction_is_held_whole() -> None:
    """Four inputs, two of them tagged differently: no numbering may decide whose the other two are."""
    held = hold_welds(claims_of([(1, 2), (1, 3), (1, 4)]), times(0, 0, 0), known(6, {2: 1, 4: 2}))
    assert reasons(held) == ["the two sides carry tags of different actors"] * 3


def test_a_service_stops_change_but_not_its_own_co_spends() -> None:
    both = join_claims(claims_of([(1, 2)]), claims_of([(1, 3)], "medium", "change"))
    held = hold_welds(both, times(0, 1), known(5, services=(1,)))
    assert reasons(held) == [None, "one side is a service, which many people use"]
    tagged = hold_welds(claims_of([(1, 3)], "medium", "change"), times(0), known(5, services=(1, 3)))
    assert reasons(tagged) == [None], "two services of no different name"


def test_large_clusters_of_one_actor_join() -> None:
    pairs = [(1, 2), (3, 4), (2, 4)]
    held = hold_welds(claims_of(pairs), times(0, 1, 2), known(6, {1: 9, 3: 9}), large=(2, 2, 2, 2))
    assert reasons(held) == [None] * 3


def slow_guard(claims: Claims, rank: list[int], tags: Known, large: tuple[int, ...]) -> list[bool]:
    """What the guard's documentation says, on sets of Python."""
    sets = [{node} for node in range(len(tags.actor))]
    groups: dict[tuple[int, int, int], list[int]] = {}
    for at in range(len(claims)):
        groups.setdefault((int(claims.strength[at]), rank[at], int(claims.rule[at])), []).append(at)
    held = [False] * len(claims)
    for key in sorted(groups):
        ends = {n for at in groups[key] for n in (int(claims.node_a[at]), int(claims.node_b[at]))}
        sides = []
        for node in sorted(ends):
            if sets[node] not in sides:
                sides.append(sets[node])
        actors = [{int(tags.actor[n]) for n in side} - {0} for side in sides]
        services = [any(tags.service[n] for n in side) for side in sides]
        big = [at for at, side in enumerate(sides) if len(side) >= large[key[0]]]
        named = set().union(*actors)
        unnamed_weld = len(big) > 1 and not all(actors[at] and actors[at] == actors[big[0]] for at in big)
        if len(named) > 1 or (key[0] > 0 and any(services) and not all(services)) or unnamed_weld:
            for at in groups[key]:
                held[at] = True
            continue
        joined = set().union(*sides)
        for node in joined:
            sets[node] = joined
    return held


@pytest.mark.parametrize("seed", range(40))
def test_the_guard_is_what_it_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, count = 30, 60
    stars = [(int(rng.integers(size)), int(rng.integers(size))) for _ in range(count)]
    rank = sorted(int(each) for each in rng.integers(0, 40, count))
    heads: dict[int, int] = {}
    pairs = [(heads.setdefault(place, a), b) for place, (a, b) in zip(rank, stars, strict=True)]
    kept = [(pair, place) for pair, place in zip(pairs, rank, strict=True) if pair[0] != pair[1]]
    half = len(kept) // 2
    claims = join_claims(
        claims_of([pair for pair, _ in kept[:half]]), claims_of([pair for pair, _ in kept[half:]], "medium", "change")
    )
    tags = known(size, {int(n): int(rng.integers(1, 3)) for n in rng.choice(size, 3)}, (int(rng.integers(size)),))
    where = [place for _, place in kept]
    held = hold_welds(claims, times(*where), tags, large=(6, 3, 2, 2))
    assert (held.state == 1).tolist() == slow_guard(claims, where, tags, (6, 3, 2, 2))
    order = rng.permutation(len(claims))
    again = hold_welds(claims.take(order), times(*where)[order], tags, large=(6, 3, 2, 2))
    assert again.state.tolist() == held.state[order].tolist()


@pytest.mark.parametrize("seed", range(10))
def test_striking_a_claim_never_joins_anything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, 25, (30, 2)) if a != b]
    claims = claims_of(pairs)
    before, _ = join_claims_by_node(claims, 25)
    for struck in range(len(claims)):
        state = claims.state.copy()
        state[struck] = 2
        after, _ = join_claims_by_node(claims.replace(state=state), 25)
        for one in range(25):
            together = after == after[one]
            assert len(set(before[together].tolist())) == 1
