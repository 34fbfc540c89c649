"""The compiled passes over transactions that the rules of this package share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trails.compiled import compiled

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@compiled
def is_in_order(first: Ints, second: Ints) -> bool:
    """Whether rows are sorted by two columns, without two that are equal in both."""
    for i in range(1, len(first)):
        if first[i] < first[i - 1] or (first[i] == first[i - 1] and second[i] <= second[i - 1]):
            return False
    return True


@compiled
def count_up(numbers: Ints, counts: Ints) -> None:
    """Add to ``counts`` how often each number occurs, without an array for each batch of numbers."""
    for number in numbers:
        counts[number] += 1


@compiled
def keep_least(values: Longs, place: Ints, least: Longs) -> None:
    """Lower each place of ``least`` to the smallest of its values; those below 0 are unknown."""
    for i in range(len(values)):
        if 0 <= values[i] < least[place[i]]:
            least[place[i]] = values[i]


@compiled
def link_coins(
    spent: Ints, number: Ints, home: Ints, start: Longs, index: Ints, to_output: Ints, to_input: Ints
) -> None:  # fmt: skip
    """Link each input with the output it spends: ``spent[i]`` is its transaction's number, ``home`` where that stands."""
    for i in range(len(spent)):
        if spent[i] < 0 or number[i] < 0:
            continue
        t = home[spent[i]]
        if t < 0:
            continue
        at = start[t] + number[i]
        if at >= start[t + 1] or index[at] != number[i]:  # outputs are missing: look through those that are there
            at = start[t]
            while at < start[t + 1] and index[at] != number[i]:
                at += 1
            if at == start[t + 1]:
                continue
        to_output[i] = at
        to_input[at] = i


@compiled
def measure_transactions(
    begin: int, end: int, made: Longs, in_start: Longs, in_node: Ints, out_start: Longs, out_amount: Longs, smallest: int
) -> None:  # fmt: skip
    """Count, for transactions ``begin`` to ``end``, what the CoinJoin rules ask for, in rows of ``made`` that are 0; columns
    as in ``coinjoin.shape.MEASURES``.

    0 inputs, 1 distinct senders, 2 outputs of a value, 3 outputs in all, 4 size of the largest group of equal outputs,
    5 their value, 6 values that occur twice or more, 7 outputs that have such a value, 8 outputs of value 0,
    9 distinct values. Groups count outputs of at least ``smallest``.
    """
    for t in range(begin, end):
        inputs = in_node[in_start[t] : in_start[t + 1]]
        made[t, 0] = len(inputs)
        if len(inputs) > 1:
            ordered = np.sort(inputs.astype(np.int64))  # as whole as the amounts below: a sort is compiled for each type
            senders = 1
            for i in range(1, len(ordered)):
                if ordered[i] != ordered[i - 1]:
                    senders += 1
            made[t, 1] = senders
        else:
            made[t, 1] = len(inputs)
        outputs = out_amount[out_start[t] : out_start[t + 1]]
        made[t, 3] = len(outputs)
        if len(outputs) == 1:
            made[t, 2 if outputs[0] > 0 else 8] = 1
            if outputs[0] >= smallest:
                made[t, 4], made[t, 5], made[t, 9] = 1, outputs[0], 1
            continue
        values = np.sort(outputs)
        at = 0
        while at < len(values):
            last = at
            while last < len(values) and values[last] == values[at]:
                last += 1
            group = last - at
            if values[at] > 0:
                made[t, 2] += group
            elif values[at] == 0:
                made[t, 8] += group
            if values[at] >= smallest:
                made[t, 9] += 1
                if group >= made[t, 4]:
                    made[t, 4], made[t, 5] = group, values[at]
                if group >= 2:
                    made[t, 6] += 1
                    made[t, 7] += group
            at = last


@compiled
def star_inputs(
    start: Longs, node: Ints, transfer: Ints, ownable: Mask, skip: Mask
) -> tuple[Ints, Ints, Ints, Ints, Ints]:  # fmt: skip
    """Pairs (smallest input address, each further one) of every transaction that is not skipped.

    Gives both nodes, the first input of the second one, the transaction, and for every transaction its smallest input
    address (-1 where none may have an owner; skipped transactions have theirs too).
    """
    count = len(start) - 1
    anchor = np.full(count, -1, np.int32)
    room = 0
    for t in range(count):
        if not skip[t]:
            room += max(0, start[t + 1] - start[t] - 1)
    one, other = np.empty(room, np.int32), np.empty(room, np.int32)
    resting, tx = np.empty(room, np.int32), np.empty(room, np.int32)
    made = 0
    for t in range(count):
        least = np.int32(-1)
        several = False
        for i in range(start[t], start[t + 1]):
            if ownable[node[i]]:
                if least >= 0 and node[i] != least:
                    several = True
                if least < 0 or node[i] < least:
                    least = node[i]
        anchor[t] = least
        if skip[t] or not several:
            continue
        first, last = start[t], start[t + 1]
        if last - first == 2:
            at = first if node[first] != least else first + 1
            one[made], other[made], resting[made], tx[made] = least, node[at], transfer[at], t
            made += 1
            continue
        # by node, equal ones in their order: sorting numbers of both is compiled already
        order = np.sort((node[first:last].astype(np.int64) << 32) | np.arange(last - first)) & 0xFFFFFFFF
        before = least
        for k in order:
            at = first + k
            if node[at] != before and ownable[node[at]]:
                one[made], other[made], resting[made], tx[made] = least, node[at], transfer[at], t
                made += 1
                before = node[at]
    return one[:made], other[:made], resting[:made], tx[:made], anchor
