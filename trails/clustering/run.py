"""Run every ownership rule over a case and write claims and entities. No rule stands here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.claims import Claims, claims_to_arrow, join_claims
from trails.clustering.arrays import read_accounts, read_coin_arrays, read_places
from trails.clustering.judged import apply_judgements
from trails.clustering.others import claim_others
from trails.clustering.touched import find_touched, read_untouched
from trails.graph import make_table
from trails.ownership.change import claim_change
from trails.ownership.co_spend import claim_co_spend, flag_mixes
from trails.ownership.coinjoin import screen_transactions
from trails.ownership.entities import join_claims_by_node
from trails.ownership.guard import hold_welds

if TYPE_CHECKING:
    from trails.case import Case
    from trails.clustering.arrays import Places
    from trails.ownership.transactions import Accounts, Transactions

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CoinClaims:
    """What the rules on coins say: the CoinJoin screen, claims by rule and transaction, and each claim's junction."""

    screens: pd.DataFrame
    claims: Claims
    junction: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Clustered:
    """What a clustering gave: claims in their order, the entity of every node, which claims the trees need, the screen,
    and how many transactions were looked at (all, or those that new sources touch)."""

    claims: Claims
    entity: npt.NDArray[np.int32]
    spanning: npt.NDArray[np.bool_]
    screens: pd.DataFrame
    looked_at: int


def cluster_tables(case: Case, *, settings: dict[str, Any], anew: bool = False) -> Clustered:
    """Screen CoinJoins, make the claims of every rule, hold welds, apply judgements and join entities; writes nothing.

    Transactions that no source added since the last clustering touches keep what was found of them, unless ``anew``.
    """
    accounts = read_accounts(case.con)
    touched = None if anew else find_touched(case.con)
    among = touched.around if touched else ""
    transactions = read_coin_arrays(case.con, among)
    coins, looked_at = claim_coins(transactions, accounts), len(transactions)
    places = read_places(case.con, None if touched else transactions)
    del transactions
    if touched:
        coins = _join_coins(read_untouched(case.con, touched), coins, touched.again)
    others = claim_others(case.con, len(accounts.ownable), settings["service_counterparties"])
    claims, screens = join_claims(coins.claims, others.claims), coins.screens
    rank = order_claims(places, coins.junction, others.dates)
    del coins, places  # the guard needs the room
    claims = hold_welds(claims, rank, others.known, large=tuple(settings["large_clusters"]))
    claims = apply_judgements(case.con, claims)
    entity, spanning = join_claims_by_node(claims, len(accounts.ownable))
    return Clustered(claims, entity, spanning, screens, looked_at)


def claim_coins(transactions: Transactions, accounts: Accounts) -> CoinClaims:
    """The CoinJoin screen, and the claims of co-spends and change."""
    screens = screen_transactions(transactions, accounts)
    mixes = flag_mixes(transactions, screens)
    co_spend = claim_co_spend(transactions, accounts, mixes)
    unclear = flag_mixes(transactions, screens.assign(verdict=screens["kind"] != "after"))
    change = claim_change(transactions, accounts, co_spend.anchor, unclear)
    at = np.concatenate([co_spend.transaction, change.transaction])
    return CoinClaims(screens, join_claims(co_spend.claims, change.claims), transactions.junction[at])


def _join_coins(kept: tuple[pd.DataFrame, Claims, npt.NDArray[np.int32]], made: CoinClaims, again: Ints) -> CoinClaims:
    """What stands of the last clustering and what was made anew (of the junctions ``again`` only), in the order in which a
    clustering of everything gives it: by rule, transaction, and place in the transaction."""
    screens, claims, junction = kept
    mine = np.isin(made.junction, again)
    new = made.claims.take(mine)
    both, where = join_claims(claims, new), np.concatenate([junction, made.junction[mine]])
    order = np.lexsort((np.arange(len(where)), where, both.rule))
    looked = made.screens[made.screens["junction"].isin(again)]
    together = pd.concat([screens, looked]) if len(screens) else looked
    return CoinClaims(together.sort_values("junction", ignore_index=True), both.take(order), where[order])


def order_claims(places: Places, junction: npt.NDArray[np.int32], dates: Ints) -> npt.NDArray[np.int32]:
    """A place in time for every claim, which does not depend on the order the files were added in.

    Claims of coins (``junction``) take the place of their transaction, those of one instant by transaction id; the others
    follow by the time of their fact (``dates``), each at a place of its own.
    """
    count = len(places.junction)
    time = np.concatenate([places.time_us, dates])
    seq = np.concatenate([places.seq, np.full(len(dates), np.iinfo(np.int64).max)])
    name = np.concatenate([places.name, np.arange(count, count + len(dates))])
    order = np.lexsort((name, seq, np.where(time < 0, np.iinfo(np.int64).max, time)))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return np.concatenate([rank[_look_up(places.junction, junction)], rank[count:]])


def _look_up(sorted_numbers: Ints, wanted: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Where numbers stand in a sorted list that holds them: by a table, which millions of look-ups are worth."""
    table = np.empty(int(sorted_numbers.max(initial=0)) + 1, np.int32)
    table[sorted_numbers] = np.arange(len(sorted_numbers), dtype=np.int32)
    found: npt.NDArray[np.int32] = table[wanted]
    return found


def write_clusters(
    case: Case, made: Clustered, emptied: tuple[str, ...], details: dict[str, Any], *, protected: pd.DataFrame
) -> None:
    """Replace claims, entities and screens, and empty the tables that rested on the old ones, in one logged change; of table
    ``roles`` the protected people stay."""
    import pyarrow as pa

    from trails.ownership.union import sort_by_small_number

    ids = case.con.sql("SELECT node_id FROM nodes ORDER BY node_id").to_arrow_table().column(0).to_numpy()
    entity_id, node_id = sort_by_small_number(made.entity[ids], ids.astype(np.int32))
    entities = pa.table({"entity_id": entity_id, "node_id": node_id})
    from trails.fresh import record_step

    frames = {**{name: make_table(name, {}) for name in emptied}, "roles": protected}
    frames["screens"] = make_table("screens", {str(name): made.screens[name].to_list() for name in made.screens.columns})
    arrow = {"claim_rows": claims_to_arrow(made.claims, made.spanning), "entities": entities}
    case.write_inferences(
        "cluster", frames, details, arrow=arrow, also=lambda _, change: record_step(case, change, "cluster")
    )


