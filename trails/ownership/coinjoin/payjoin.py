"""PayJoin and other joins of two people with two outputs: seen only where the two pieces of software leave their marks.

A PayJoin that keeps to its standard (BIP 78) takes inputs of one kind with one sequence number, and cannot be told from a
payment. What does not keep to it can: two of three marks are asked for, as one alone is common among honest wallets.

Sources: BIP 78, BIP 77; S. Ghesmati, A. Kern, A. Judmayer, N. Stifter and E. Weippl, "Unnecessary Input Heuristics and PayJoin
Transactions" (HCI International 2022), for the input that was not needed.
"""

from __future__ import annotations

import numpy as np

from trails.ownership.coinjoin.shape import Check, Ints, Mask, Rule, Shape, always, at_least, rows_of, take_shape

#: Script words that tell nothing (unknown, other) are the first two of SCRIPTS.
_FIRST_KNOWN = 2
_ENOUGH = 2


def count_scripts(shape: Shape) -> Ints:
    """How many kinds of script the inputs of each transaction have, as far as addresses tell; 0 where nobody looked."""
    if shape.accounts is None:
        return np.zeros(len(shape.chosen), np.int64)
    rows, place = rows_of(shape.transactions.inputs.start, shape.chosen)
    kind = shape.accounts.script[shape.transactions.inputs.node[rows]]
    seen = np.zeros(len(shape.chosen), np.uint64)
    np.bitwise_or.at(seen, place, np.left_shift(np.uint64(1), kind.astype(np.uint64)))
    found: Ints = np.bitwise_count(seen >> np.uint64(_FIRST_KNOWN)).astype(np.int64)
    return found


def find_unneeded(shape: Shape) -> Mask:
    """Whether the largest output could have been paid without the smallest input; false where an amount is not stated."""
    sums = []
    for side in (shape.transactions.inputs, shape.transactions.outputs):
        rows, place = rows_of(side.start, shape.chosen)
        amount = side.amount[rows]
        total, least, most = (np.zeros(len(shape.chosen), np.int64) for _ in range(3))
        least += np.iinfo(np.int64).max
        np.add.at(total, place, amount)
        np.minimum.at(least, place, amount)
        np.maximum.at(most, place, amount)
        sums.append((total, least, most))
    (paid_in, smallest, _), (paid_out, _, largest) = sums
    return (smallest >= 0) & (paid_out - largest >= smallest) & (paid_in >= paid_out)


def count_marks(shape: Shape) -> Ints:
    """How many of the three marks of several signers each transaction bears."""
    several = shape.transactions.several[shape.chosen]
    return (count_scripts(shape) >= _ENOUGH).astype(np.int64) + several + find_unneeded(shape)


def find_candidates(shape: Shape) -> Ints:
    """The transactions (places in the shape) that bear marks enough; the dear mark is looked for where a cheap one is."""
    two = np.flatnonzero((shape.paid == 2) & (shape.senders >= 2))
    near = take_shape(shape, two)
    marked = (count_scripts(near) >= _ENOUGH) | near.transactions.several[near.chosen]
    close = take_shape(near, np.flatnonzero(marked))
    found: Ints = two[marked][count_marks(close) >= _ENOUGH]
    return found


def _has_several(shape: Shape) -> tuple[Ints, Mask]:
    several = shape.transactions.several[shape.chosen]
    return several.astype(np.int64) + 1, several


PAYJOIN = Rule(
    "payjoin", "PayJoin, or another join of two people", "mix", "BIP 78; Ghesmati et al. 2022",
    (
        Check("outputs of a value", "2", lambda s: (s.paid, s.paid == 2)),
        Check("input addresses", "2 or more", at_least(lambda s: s.senders, 2)),
        Check("of the three marks below", "2 or more", at_least(count_marks, _ENOUGH)),
        Check("the smallest input was not needed for the largest output (1: so)", "1",
              lambda s: (find_unneeded(s).astype(np.int64), find_unneeded(s)), deciding=False),
        Check("kinds of script among the inputs", "2 or more", at_least(count_scripts, 2), deciding=False),
        Check("different sequence numbers of inputs (2: several)", "2", _has_several, deciding=False),
    ),
    always("low"),
)  # fmt: skip
