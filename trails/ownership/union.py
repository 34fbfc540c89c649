"""Union-find over integer arrays: which nodes hang together, under the guard against collapse.

The root of a set is its smallest member, whatever the order of the pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trails.compiled import compiled

Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

#: Positions in HELD_REASONS that the guard gives.
LARGE, DIFFERENT_TAGS, SERVICE = 2, 3, 4
ACCEPTED, HELD = 0, 1
NO_REASON = 255


@compiled
def _count_up(size: int) -> Ints:
    """Every number below ``size`` by itself."""
    parent = np.empty(size, np.int32)
    for i in range(size):
        parent[i] = i
    return parent


@compiled
def _find_root(parent: Ints, x: int) -> int:
    """The smallest member of a number's set; paths are halved on the way."""
    while True:
        above = parent[x]
        higher = parent[above]
        if higher == above:
            return int(above)
        parent[x] = higher
        x = higher


@compiled
def _flatten(parent: Ints) -> None:
    """Let every member point to its root: parents are smaller, so one pass upwards is enough."""
    for i in range(len(parent)):
        parent[i] = parent[parent[i]]


@compiled
def union_pairs(a: Ints, b: Ints, size: int) -> Ints:
    """The smallest member of the set of every number below ``size``, when each pair ``a[i], b[i]`` is one set.

    Parents are never larger than their children, so a root is the smallest of its set. Cost: nearly linear, one random
    read a pair; 4 bytes a number. Source: R. E. Tarjan and J. van Leeuwen, doi:10.1145/62.2160.
    """
    return mark_spanning(a, b, np.ones(len(a), np.bool_), size)[0]


@compiled
def union_lists(start: npt.NDArray[np.int64], member: Ints, size: int) -> Ints:
    """The same for lists: ``member[start[i]:start[i + 1]]`` are one set.

    Written out and without signs: a call, and the look whether an index is negative, cost a third more.
    """
    parent = _count_up(size).view(np.uint32)
    for i in range(len(start) - 1):
        if start[i + 1] - start[i] < 2:
            continue
        x = np.uint32(member[start[i]])
        root = parent[x]
        while parent[root] != root:
            parent[x] = parent[root]
            x = root
            root = parent[x]
        for k in range(start[i] + 1, start[i + 1]):
            x = np.uint32(member[k])
            while True:
                above = parent[x]
                if above == root:
                    break
                if above == x:
                    if x < root:
                        parent[root] = x
                        root = x
                    else:
                        parent[x] = root
                    break
                parent[x] = parent[above]
                x = above
    made = parent.view(np.int32)
    _flatten(made)
    return made


@compiled
def mark_spanning(a: Ints, b: Ints, use: Mask, size: int) -> tuple[Ints, Mask]:
    """Sets as in ``union_pairs`` over the pairs in use, and which pairs joined two sets: a forest that spans them."""
    parent = _count_up(size)
    spanning = np.zeros(len(a), np.bool_)
    for i in range(len(a)):
        if not use[i]:
            continue
        x, y = _find_root(parent, a[i]), _find_root(parent, b[i])
        if x != y:
            parent[max(x, y)] = min(x, y)
            spanning[i] = True
    _flatten(parent)
    return parent, spanning


#: Columns of a set in ``guard_groups``.
PARENT, MEMBERS, ACTOR, SERVES = 0, 1, 2, 3


@compiled
def guard_groups(
    a: Ints, b: Ints, start: npt.NDArray[np.int64], order: npt.NDArray[np.int64], limit: npt.NDArray[np.int64],
    exempt: Mask, actor: Ints, service: Mask,
) -> Codes:  # fmt: skip
    """Join groups of pairs one after the other and give, for each pair, the reason to hold it (255 for none).

    A group is what one transaction says: it is joined whole or held whole, so no numbering decides which of its sides
    wins. Pairs ``order[start[g]:start[g + 1]]`` are group g; pairs in no group are not looked at. A group is held where it
    would join different actors (``actor`` by node, 0 for none), a service and others (unless exempt), or two sets of
    ``limit`` members or more that carry no common tag. What is held is not joined.
    """
    size = len(actor)
    # what is known of a set stands at its root, side by side, because it is read together
    sets = np.empty((size, 4), np.int32)
    for node in range(size):  # one by one: to assign whole columns would take three times as long to compile
        sets[node, PARENT], sets[node, MEMBERS], sets[node, ACTOR], sets[node, SERVES] = node, 1, actor[node], service[node]
    reason = np.full(len(a), NO_REASON, np.uint8)
    for g in range(len(start) - 1):
        name, large, named_large = np.int32(0), np.int32(-1), np.int32(0)
        found, apart = np.uint8(NO_REASON), False
        services, others = False, False
        last = np.int32(-1)
        for k in range(start[g], start[g + 1]):
            i = order[k]
            for end in range(2):
                x = a[i] if end == 0 else b[i]
                if x == last:
                    continue  # every claim of a star begins at the same address
                if end == 0:
                    last = x
                while sets[x, PARENT] != x:
                    sets[x, PARENT] = sets[sets[x, PARENT], PARENT]
                    x = sets[x, PARENT]
                own = sets[x]
                if own[ACTOR]:
                    if name and own[ACTOR] != name:
                        found = np.uint8(DIFFERENT_TAGS)
                    name = own[ACTOR]
                if own[SERVES]:
                    services = True
                else:
                    others = True
                if own[MEMBERS] >= limit[i] and x != large:
                    if large >= 0 and not (own[ACTOR] and own[ACTOR] == named_large):
                        apart = True
                    large, named_large = x, own[ACTOR]
        if found == NO_REASON and services and others and not exempt[order[start[g]]]:
            found = np.uint8(SERVICE)
        if found == NO_REASON and apart:
            found = np.uint8(LARGE)
        for k in range(start[g], start[g + 1]):
            i = order[k]
            if found != NO_REASON:
                reason[i] = found
                continue
            x, y = a[i], b[i]
            while sets[x, PARENT] != x:
                x = sets[x, PARENT]
            while sets[y, PARENT] != y:
                y = sets[y, PARENT]
            if x != y:
                low, high = sets[min(x, y)], sets[max(x, y)]
                high[PARENT] = low[PARENT]
                low[MEMBERS] += high[MEMBERS]
                low[ACTOR] = max(low[ACTOR], high[ACTOR])
                low[SERVES] = low[SERVES] | high[SERVES]
    return reason


@compiled
def sort_by_small_number(number: Ints, value: Ints) -> tuple[Ints, Ints]:
    """Numbers and their values in the order of the numbers, those of one number as they came: counted, not compared."""
    place = np.zeros(number.max() + 2 if len(number) else 1, np.int64)
    for each in number:
        place[each + 1] += 1
    place = np.cumsum(place)
    numbers, values = np.empty_like(number), np.empty_like(value)
    for i in range(len(number)):
        at = place[number[i]]
        numbers[at], values[at] = number[i], value[i]
        place[number[i]] += 1
    return numbers, values
