"""Which output of a transaction is consistent with its senders' own change: never on one sign alone.

Signs that rest on the same observation are one family and count once. An output with signs of two families, where no
other output shows any sign, is claimed; anything less is kept as a hint that joins nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trails.claims import NO_REASON, Claims
from trails.tables import CHANGE_SIGNS, CLAIM_STATES, CLAIM_STRENGTHS, HELD_REASONS

if TYPE_CHECKING:
    from trails.ownership.transactions import Accounts, Ints, Mask, Nodes, Transactions

#: Signs that rest on the same observation: who received before, what scripts look like, sums, and how it was spent.
FAMILIES = (
    ("fresh address", "others are used again"),
    ("script of the inputs",),
    ("unrounded value",),
    ("smaller than every input",),
    ("same wallet form when spent", "continues a peel chain"),
)
#: How many more trailing zeros every other output must have than the change, and at least.
ROUNDER_BY, ROUND_FROM = 3, 4


@dataclass(frozen=True, slots=True)
class Change:
    """Change claims and the transaction of each."""

    claims: Claims
    transaction: Nodes


def claim_change(transactions: Transactions, accounts: Accounts, anchor: Nodes, skip: Mask) -> Change:
    """Which outputs went back to the senders.

    Parameters
    ----------
    transactions, accounts
        What ``read_transactions`` and ``describe_accounts`` give.
    anchor
        The smallest input address of every transaction, as ``claim_co_spend`` gives it.
    skip
        By transaction: mixes and their preparations, which give no change claim.

    Returns
    -------
    Change
        Claims between the smallest input address and the output, by transaction and output: ``medium`` and ``accepted``
        with two families of signs and none on any other output; ``weak`` and ``held`` where another output shows a sign
        too; ``hint`` and ``held`` on one family.

    Notes
    -----
    Transactions that pay one of their own input addresses give none: that output *is* the change, and needs no claim.
    Cost: four passes over inputs and outputs. Sources: G. Kappos et al., "How to Peel a Million" (USENIX Security 2022);
    M. Moeser and A. Narayanan, "Resurrecting Address Clustering in Bitcoin" (FC 2022), doi:10.1007/978-3-031-18283-9_19;
    S. Meiklejohn et al. (IMC 2013) for the fresh address.

    What it misses: change beside several payments that look alike, wallets that spend all. Where it errs: "fresh" means
    fresh in this case, so a case that holds little of the chain sees too many; PayJoin; payees with the same wallet who
    are paid the unrounded part. ``trails/docs/accuracy-ownership.md`` gives measured figures for every combination of signs.
    """
    from trails.compiled import run_in_pieces
    from trails.ownership.change_loops import find_firsts, sign_outputs

    inputs, outputs = transactions.inputs, transactions.outputs
    time, seq = transactions.time_us, transactions.seq
    firsts = find_firsts(
        inputs.start, inputs.node, outputs.start, outputs.node, time, seq, len(accounts.ownable)
    )  # fmt: skip
    out_tx = outputs.transaction
    bits, rivals = np.zeros(len(out_tx), np.uint8), np.zeros(len(out_tx), np.bool_)
    columns = (
        inputs.start, inputs.node, inputs.amount, inputs.link, outputs.start, outputs.node, outputs.amount, outputs.link,
        out_tx, inputs.transaction, transactions.form, time, seq, firsts, accounts.ownable, accounts.script, anchor, skip,
    )  # fmt: skip
    run_in_pieces(lambda begin, end: sign_outputs(begin, end, bits, rivals, *columns), len(transactions))
    signed = np.flatnonzero(bits)
    tx = out_tx[signed]
    families, rival = count_families(bits[signed]), rivals[signed]
    sure = (families >= 2) & ~rival
    strength = np.where(
        families < 2, CLAIM_STRENGTHS.index("hint"), np.where(rival, 2, CLAIM_STRENGTHS.index("medium"))
    )
    held = np.where(sure, NO_REASON, np.where(rival, 1, HELD_REASONS.index("one sign alone")))
    state = np.where(sure, CLAIM_STATES.index("accepted"), CLAIM_STATES.index("held"))
    claims = Claims.make(
        anchor[tx],
        outputs.node[signed],
        "change",
        strength,
        state,
        outputs.transfer[signed],
        signs=bits[signed],
        held=held,
    )
    return Change(claims, tx)


def count_families(bits: npt.NDArray[np.uint8]) -> Ints:
    """How many independent families the signs of each output belong to.

    >>> count_families(np.array([0b1, 0b100001, 0b11], np.uint8)).tolist()
    [1, 1, 2]
    """
    made = np.zeros(len(bits), np.int64)
    for family in FAMILIES:
        mask = sum(1 << CHANGE_SIGNS.index(sign) for sign in family)
        made += (bits & np.uint8(mask)) > 0
    return made
