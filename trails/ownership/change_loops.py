"""The compiled passes of the change rule: firsts of every address, then the signs of every output."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trails.compiled import compiled

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

#: Bits of CHANGE_SIGNS, in their order.
FRESH, SCRIPT, UNROUNDED, SMALLEST, FORM, OTHERS_AGAIN, PEEL = 1, 2, 4, 8, 16, 32, 64
#: Script words that tell nothing (unknown, other) are the first two.
FIRST_KNOWN_SCRIPT = 2
NEVER = np.iinfo(np.int64).max


#: Columns of what is known of a node: the transactions of its first receipt and first spend (-1 for none), how many
#: receipts may be the first, and all receipts. They lie side by side, because they are read together.
FIRST, SPENT, TIES, RECEIPTS = 0, 1, 2, 3


@compiled
def find_firsts(
    in_start: Longs, in_node: Ints, out_start: Longs, out_node: Ints, time: Longs, seq: Longs, size: int
) -> Ints:  # fmt: skip
    """By node, the columns above. An unknown time (-1) is before every other; an unknown place (-1) may be anywhere in
    its block."""
    firsts = np.zeros((size, 4), np.int32)
    firsts[:, :2] = -1
    for t in range(len(in_start) - 1):
        for i in range(out_start[t], out_start[t + 1]):
            row = firsts[out_node[i]]
            row[RECEIPTS] += 1
            f = row[FIRST]
            if f < 0 or time[t] < time[f]:
                row[FIRST], row[TIES] = t, 1
            elif time[t] == time[f]:
                if seq[f] < 0 or seq[t] < 0 or seq[f] == seq[t]:
                    row[TIES] += 1
                    row[FIRST] = f if seq[f] <= seq[t] else t
                elif seq[t] < seq[f]:
                    row[FIRST], row[TIES] = t, 1
        for i in range(in_start[t], in_start[t + 1]):
            row = firsts[in_node[i]]
            s = row[SPENT]
            if s < 0 or time[t] < time[s] or (time[t] == time[s] and seq[t] < seq[s]):
                row[SPENT] = t
    return firsts


@compiled
def is_fresh(t: int, node: int, time: Longs, seq: Longs, firsts: Ints) -> bool:
    """Whether a transaction's output is the first that the case knows of its address."""
    f, s = firsts[node, FIRST], firsts[node, SPENT]
    if time[t] < 0 or time[f] != time[t] or seq[f] != seq[t] or firsts[node, TIES] != 1:
        return False
    if s < 0 or time[s] != time[t]:
        return bool(s < 0 or time[s] > time[t])
    return bool(seq[s] < 0 or seq[t] < 0 or seq[s] > seq[t])


@compiled
def count_zeros(value: int) -> int:
    """Trailing decimal zeros of a value above 0."""
    zeros = 0
    while value % 10 == 0:
        value //= 10
        zeros += 1
    return zeros


@compiled
def is_peel(t: int, in_start: Longs, out_start: Longs) -> bool:
    """Whether a transaction has one input and two outputs."""
    return bool(in_start[t + 1] - in_start[t] == 1 and out_start[t + 1] - out_start[t] == 2)


@compiled
def sign_outputs(
    begin: int, end: int, bits: Codes, rivals: Mask, in_start: Longs, in_node: Ints, in_amount: Longs, in_link: Ints,
    out_start: Longs, out_node: Ints, out_amount: Longs, out_link: Ints, out_tx: Ints, in_tx: Ints, form: Ints, time: Longs,
    seq: Longs, firsts: Ints, ownable: Mask, script: Codes, anchor: Ints, skip: Mask,
) -> None:  # fmt: skip
    """Write, for transactions ``begin`` to ``end``, the signs of change of every output as bits, and whether another output
    of its transaction shows a sign too."""
    for t in range(begin, end):
        low, high = out_start[t], out_start[t + 1]
        if skip[t] or anchor[t] < 0 or high - low < 2:
            continue
        payable, own, least, kind = 0, False, NEVER, int(script[in_node[in_start[t]]])
        for i in range(in_start[t], in_start[t + 1]):
            if not ownable[in_node[i]] or kind != script[in_node[i]]:
                kind = -1
            least = min(least, in_amount[i])
        fresh, same, spent_same, spent_other, zeros_low, zeros_next = 0, 0, 0, 0, 99, 99
        small, once = 0, 0
        for i in range(low, high):
            node = out_node[i]
            if not ownable[node] or out_amount[i] <= 0:
                continue
            payable += 1
            for k in range(in_start[t], in_start[t + 1]):
                if in_node[k] == node:
                    own = True
                    break
            if own:
                break
            fresh += is_fresh(t, node, time, seq, firsts)
            same += script[node] == kind
            once += firsts[node, RECEIPTS] == 1
            small += out_amount[i] < least
            zeros = count_zeros(out_amount[i])
            if zeros < zeros_low:
                zeros_low, zeros_next = zeros, zeros_low
            else:
                zeros_next = min(zeros_next, zeros)
            if out_link[i] >= 0:
                spender = in_tx[out_link[i]]
                if form[spender] >= 0 and not skip[spender]:  # the form of a mix is nobody's habit
                    spent_same += form[spender] == form[t]
                    spent_other += form[spender] != form[t]
        if own or payable < 2:
            continue
        signed = 0
        for i in range(low, high):
            node = out_node[i]
            if not ownable[node] or out_amount[i] <= 0:
                continue
            found = 0
            if fresh == 1 and is_fresh(t, node, time, seq, firsts):
                found |= FRESH
            if kind >= FIRST_KNOWN_SCRIPT and same == 1 and script[node] == kind:
                found |= SCRIPT
            if zeros_next >= 4 and zeros_next >= zeros_low + 3 and count_zeros(out_amount[i]) == zeros_low:
                found |= UNROUNDED
            if in_start[t + 1] - in_start[t] > 1 and least >= 0 and small == 1 and out_amount[i] < least:
                found |= SMALLEST
            alone = form[t] >= 0 and spent_same == 1 and spent_other == payable - 1
            if alone and out_link[i] >= 0 and form[in_tx[out_link[i]]] == form[t] and not skip[in_tx[out_link[i]]]:
                found |= FORM
            if once == 1 and firsts[node, RECEIPTS] == 1:
                found |= OTHERS_AGAIN
            if _continues_peel(t, i, in_start, in_link, out_start, out_amount, out_link, out_tx, in_tx):
                found |= PEEL
            bits[i] = found
            signed += found > 0
        if signed > 1:
            for i in range(low, high):
                rivals[i] = bits[i] > 0


@compiled
def _continues_peel(
    t: int, i: int, in_start: Longs, in_link: Ints, out_start: Longs, out_amount: Longs, out_link: Ints, out_tx: Ints,
    in_tx: Ints,
) -> bool:  # fmt: skip
    """Whether an output carries a chain of one-input, two-output payments on: before it, in it and after it."""
    if not is_peel(t, in_start, out_start) or in_link[in_start[t]] < 0 or out_link[i] < 0:
        return False
    other = out_start[t] + out_start[t + 1] - 1 - i
    if out_amount[i] <= out_amount[other]:
        return False
    before, after = out_tx[in_link[in_start[t]]], in_tx[out_link[i]]
    if not is_peel(before, in_start, out_start) or not is_peel(after, in_start, out_start):
        return False
    return out_link[other] < 0 or not is_peel(in_tx[out_link[other]], in_start, out_start)
