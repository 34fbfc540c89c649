"""Addresses that sign one transaction together: the strongest sign of one owner on Bitcoin, outside CoinJoins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trails.claims import Claims

if TYPE_CHECKING:
    import pandas as pd

    from trails.ownership.transactions import Accounts, Mask, Nodes, Transactions


@dataclass(frozen=True, slots=True)
class CoSpend:
    """Co-spend claims, the transaction of each, and the smallest input address of every transaction (-1 for none)."""

    claims: Claims
    transaction: Nodes
    anchor: Nodes


def claim_co_spend(transactions: Transactions, accounts: Accounts, mixes: Mask) -> CoSpend:
    """Which addresses were spent together, and are therefore consistent with one owner.

    Every transaction with several distinct input addresses gives one claim per further address, from the one with the
    smallest number, so each claim can be read and rejected by itself.

    Parameters
    ----------
    transactions, accounts
        What ``read_transactions`` and ``describe_accounts`` give.
    mixes
        By transaction: whether the CoinJoin screen flags it (see ``flag_mixes``); flagged ones make no claim.

    Returns
    -------
    CoSpend
        Claims of state ``accepted`` and strength ``strong``, by transaction and address; each rests on the first input of
        ``node_b``.

    Notes
    -----
    Left out: coinbase inputs, inputs whose address no source states (``txid:vout``), addresses nobody owns. Scripts
    without an address (``script:...``) take part. Cost: one pass over the inputs. Source: S. Meiklejohn et al., "A
    Fistful of Bitcoins" (IMC 2013), doi:10.1145/2504730.2504747; contested in US v. Sterlingov, 21-cr-399 (D.D.C.).

    What it misses: owners who never spend two addresses together. Where it errs: PayJoin, joint custody and services
    that sign for their clients look like one owner.
    """
    from trails.ownership.loops import star_inputs

    inputs = transactions.inputs
    one, other, resting, tx, anchor = star_inputs(inputs.start, inputs.node, inputs.transfer, accounts.ownable, mixes)
    return CoSpend(Claims.make(one, other, "co_spend", "strong", "accepted", resting), tx, anchor)


def flag_mixes(transactions: Transactions, coinjoins: pd.DataFrame) -> Mask:
    """Whether each transaction is one that ``screen_transactions`` takes for a mix."""
    flagged = coinjoins.loc[coinjoins["verdict"].astype(bool), "junction"].to_numpy(np.int64)
    made = np.zeros(len(transactions), bool)
    at = np.searchsorted(transactions.junction, flagged)
    made[at[at < len(made)]] = True
    return made
