"""Services known by what they do: so many people pay them and are paid by them that nothing about one of them follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.identifiers import NULL_ADDRESSES
from trails.ownership.account_chains import ACCOUNT_RAILS, DEFAULTS
from trails.ownership.transactions import COIN_RAILS, NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable

Nodes = npt.NDArray[np.int32]

#: An account that 500 others pay, and that pays 500 others: no wallet of a person, whatever it is called. A choice, set as
#: ``service_counterparties`` in case.toml.
COUNTERPARTIES = 500
#: Kinds of transfers on chains; books of hawala offices say by themselves who is an office.
CHAIN_KINDS = ("transfer", "input", "output")


def find_crowded(sides: Iterable[tuple[Nodes, Nodes]], size: int, least: int) -> npt.NDArray[np.int64]:
    """The nodes that may have ``least`` counterparties on both sides, by counting rows only; to be looked at closer.

    ``sides`` gives batches of senders and receivers; ``size`` is above every node number. Cost: one pass, 8 bytes a node.
    """
    from trails.compiled import view_only
    from trails.ownership.loops import count_up

    sent, received = np.zeros(size, np.int32), np.zeros(size, np.int32)
    for src, dst in sides:
        count_up(view_only(src), sent)
        count_up(view_only(dst), received)
    found: npt.NDArray[np.int64] = np.flatnonzero((sent >= least) & (received >= least)).astype(np.int64)
    return found


def find_busy_nodes(transfers: pd.DataFrame, nodes: pd.DataFrame, least: int = COUNTERPARTIES) -> pd.DataFrame:
    """Which accounts are consistent with a service by the number of their counterparties.

    Parameters
    ----------
    transfers, nodes
        Tables of the contract; transfers of chains that moved value count.
    least
        Counterparties on each side from which on an account is taken for a service. Of a coin chain, where a transaction
        stands between two accounts, transactions are counted.

    Returns
    -------
    DataFrame
        ``node_id``, ``payers`` and ``payees`` (distinct), by node.

    Notes
    -----
    Cost: one grouping. Source: exchanges, processors and gambling sites are known by fan-in and fan-out; the number is ours
    and has no published error rate. What it misses: services of which a case holds few rows, and those whose addresses
    receive only or pay only. Where it errs: a busy shop, or a hawala office with a wallet: declare its role, which wins.
    """
    used = transfers[transfers["kind"].isin(CHAIN_KINDS) & (transfers["status"] == "ok")]
    rails = (*ACCOUNT_RAILS, *COIN_RAILS)
    nobody = nodes["key"].isin({*NULL_ADDRESSES, *NOBODY})
    accounts = nodes[(nodes["kind"] == "account") & nodes["rail"].isin(rails) & ~nobody]
    pairs = used[["src", "dst"]].drop_duplicates()
    payers, payees = pairs.groupby("dst").size(), pairs.groupby("src").size()
    both = (
        pd.DataFrame({"payers": payers, "payees": payees}).dropna().astype("int64").rename_axis("node_id").reset_index()
    )
    kept = both[(both["payers"] >= least) & (both["payees"] >= least) & both["node_id"].isin(accounts["node_id"])]
    return kept.astype("int64").sort_values("node_id", ignore_index=True)


def find_collectors(claims: pd.DataFrame, transfers: pd.DataFrame, least: int = DEFAULTS.collectors) -> pd.DataFrame:
    """Which accounts collect from deposit addresses, by claims ``deposit_forward`` that stand.

    Returns
    -------
    DataFrame
        ``node_id`` and ``addresses`` (how many pass everything on to it), from ``least`` on, by node. Cost: one look-up.
    """
    stand = claims[(claims["rule"] == "deposit_forward") & (claims["state"] == "accepted")]
    found = transfers[transfers["transfer_id"].isin(stand["transfer_id"].dropna())]
    counted = found.groupby("dst")["src"].nunique().rename("addresses").rename_axis("node_id").reset_index()
    return counted[counted["addresses"] >= least].astype("int64").sort_values("node_id", ignore_index=True)
