"""Run every ownership rule over a case and write claims and entities. No rule stands here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.claims import Claims, claims_to_arrow, join_claims
from trails.clustering.arrays import read_accounts, read_coin_arrays
from trails.clustering.judged import apply_judgements
from trails.clustering.others import claim_others, read_known
from trails.graph import make_table
from trails.ownership.change import claim_change, rank_transactions
from trails.ownership.co_spend import claim_co_spend, flag_mixes
from trails.ownership.coinjoin import screen_transactions
from trails.ownership.entities import join_claims_by_node
from trails.ownership.guard import hold_welds

if TYPE_CHECKING:
    from trails.case import Case
    from trails.ownership.transactions import Accounts, Transactions

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clustered:
    """What a clustering gave: claims in their order, the entity of every node, which claims the trees need, the screen."""

    claims: Claims
    entity: npt.NDArray[np.int32]
    spanning: npt.NDArray[np.bool_]
    coinjoins: pd.DataFrame


def cluster_tables(case: Case, *, settings: dict[str, Any]) -> Clustered:
    """Screen CoinJoins, make the claims of every rule, hold welds, apply judgements and join entities; writes nothing."""
    transactions, accounts = read_coin_arrays(case.con), read_accounts(case.con)
    coinjoins, coin_claims, junctions = claim_coins(transactions, accounts)
    rank = rank_transactions(transactions)
    others, dates = claim_others(case.con)
    claims = join_claims(coin_claims, others)
    group, when = order_claims(case, transactions, rank, junctions, dates)
    known = read_known(case.con, len(accounts.ownable))
    claims = hold_welds(claims, group, when, known, large=settings["large_clusters"])
    claims = apply_judgements(case.con, claims)
    entity, spanning = join_claims_by_node(claims, len(accounts.ownable))
    return Clustered(claims, entity, spanning, coinjoins)


def claim_coins(transactions: Transactions, accounts: Accounts) -> tuple[pd.DataFrame, Claims, Ints]:
    """The CoinJoin screen, the claims of co-spends and change, and the transaction of each claim."""
    coinjoins = screen_transactions(transactions)
    mixes = flag_mixes(transactions, coinjoins)
    co_spend = claim_co_spend(transactions, accounts, mixes)
    unclear = flag_mixes(transactions, coinjoins.assign(verdict=coinjoins["kind"] != "after"))
    change = claim_change(transactions, accounts, co_spend.anchor, unclear)
    return (
        coinjoins,
        join_claims(co_spend.claims, change.claims),
        np.concatenate([co_spend.transaction, change.transaction]).astype(np.int64),
    )


def order_claims(
    case: Case, transactions: Transactions, rank: Ints, junctions: Ints, dates: Ints
) -> tuple[Ints, Ints]:  # fmt: skip
    """A group and a place in time for every claim, neither of which depends on the order the files were added in.

    Claims of coins take the place of their transaction, ties by transaction id; the others follow by the time of their
    fact (``dates``), each a group of its own.
    """
    named = np.arange(len(transactions))
    if len(np.unique(rank)) < len(rank):
        order = case.con.sql(
            "SELECT node_id FROM nodes WHERE kind = 'junction' ORDER BY rail, key"
        ).to_arrow_table()  # fmt: skip
        listed = order.column(0).to_numpy()
        place = np.empty(int(listed.max(initial=0)) + 1, np.int64)
        place[listed] = np.arange(len(listed))
        named = place[transactions.junction]
    last = int(named.max(initial=-1)) + 1
    group = np.concatenate([named[junctions], last + np.arange(len(dates))])
    return group, np.concatenate([transactions.time_us[junctions], dates]) if len(dates) else rank[junctions]


def write_clusters(case: Case, made: Clustered, emptied: tuple[str, ...], details: dict[str, Any]) -> None:
    """Replace claims and entities, and empty the tables that rested on the old ones, in one logged change."""
    import pyarrow as pa

    ids = case.con.sql("SELECT node_id FROM nodes ORDER BY node_id").to_arrow_table().column(0).to_numpy()
    entity = made.entity[ids]
    order = np.argsort(entity, kind="stable")
    entities = pa.table({"entity_id": entity[order], "node_id": ids[order].astype(np.int32)})
    empty = {name: make_table(name, {}) for name in emptied}
    case.write_inferences(
        "cluster", empty, details,
        arrow={"claim_rows": claims_to_arrow(made.claims, made.spanning), "entities": entities},
    )  # fmt: skip
