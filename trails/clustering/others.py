"""The rules on accounts, identifiers and names, and who is known as a service, each on the part of the tables it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trails.claims import Claims
from trails.clustering.judged import read_declared
from trails.frames import read_exact
from trails.ownership.account_chains.deposits import claim_deposits
from trails.ownership.account_chains.permissions import claim_controls, claim_self_authorised
from trails.ownership.account_chains.ties import claim_common_funders, claim_fuelling, claim_origins, claim_same_keys
from trails.ownership.aliases import NAME_RAILS, claim_aliases
from trails.ownership.entities import combine_claims
from trails.ownership.guard import Known
from trails.ownership.services import CHAIN_KINDS, find_busy_nodes, find_collectors, find_crowded
from trails.ownership.shared_identifier import claim_shared_identifiers
from trails.ownership.shared_mentions import claim_shared_mentions
from trails.ownership.tags import find_service_nodes, number_actors

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OtherClaims:
    """Claims of every rule that reads no coin transactions, the time of the fact each rests on (-1 for none), and who is
    known: the actors that tags name, and the services by tag or behaviour."""

    claims: Claims
    dates: Ints
    known: Known


def claim_others(con: duckdb.DuckDBPyConnection, size: int, least: int) -> OtherClaims:
    """Run the rules on accounts, identifiers and names; ``size`` is above every node number, ``least`` the number of
    counterparties on both sides that makes an account a service."""
    known = read_known(con, size, least)
    claims, moves = _claim_accounts(con, set(np.flatnonzero(known.service).tolist()), read_declared(con, service=False))
    known.service[find_collectors(claims, moves)["node_id"].to_numpy(np.int64)] = True
    return OtherClaims(Claims.from_frame(claims), _read_dates(con, claims), known)


def read_known(con: duckdb.DuckDBPyConnection, size: int, least: int) -> Known:
    """The actor of every tagged node, and which nodes are services by a tag, the number of their counterparties, or
    declaration."""
    tags = read_exact(con, "SELECT * FROM tags ORDER BY tag_id")
    actor, service = np.zeros(size, np.int32), np.zeros(size, bool)
    named = number_actors(tags)
    actor[named.index.to_numpy(np.int64)] = named.to_numpy(np.int32)
    service[np.array(sorted(find_service_nodes(tags)), np.int64)] = True
    service[read_busy(con, size, least)["node_id"].to_numpy(np.int64)] = True
    service[np.array(sorted(read_declared(con, service=True)), np.int64)] = True
    return Known(actor, service)


def read_busy(con: duckdb.DuckDBPyConnection, size: int, least: int) -> pd.DataFrame:
    """The accounts that ``find_busy_nodes`` gives for the whole case, without holding all its transfers."""
    kinds = ", ".join(f"'{kind}'" for kind in CHAIN_KINDS)
    where = f"kind IN ({kinds}) AND status = 'ok'"
    reader = con.sql(f"SELECT src, dst FROM transfer_rows WHERE {where}").to_arrow_reader(1_000_000)
    crowded = find_crowded(((batch.column(0).to_numpy(), batch.column(1).to_numpy()) for batch in reader), size, least)
    con.register("crowded_in", pa.table({"node_id": crowded}))
    among = "(SELECT node_id FROM crowded_in)"
    moves = read_exact(
        con, f"SELECT src, dst, kind, status FROM transfer_rows WHERE {where} AND (src IN {among} OR dst IN {among})"
    )
    nodes = read_exact(con, f"SELECT * FROM nodes WHERE node_id IN {among} ORDER BY node_id")
    con.unregister("crowded_in")
    return find_busy_nodes(moves, nodes, least)


def _claim_accounts(
    con: duckdb.DuckDBPyConnection, services: set[int], people: set[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims, and the transfers between accounts that they were made of."""
    events = read_exact(con, "SELECT * FROM events WHERE kind <> 'transaction_form' ORDER BY event_id")
    columns = "transfer_id, src, dst, asset, amount, kind, time, status, source_id"
    moves = read_exact(
        con, f"SELECT {columns} FROM transfer_rows WHERE kind = 'transfer' AND status = 'ok' ORDER BY transfer_id"
    )
    rails = ", ".join(f"'{rail}'" for rail in NAME_RAILS)
    named = f"(SELECT node_id FROM nodes WHERE kind = 'account' AND rail IN ({rails}))"
    books = read_exact(
        con,
        f"SELECT {columns} FROM transfer_rows WHERE kind NOT IN ('input', 'output') AND (src IN {named} OR dst IN {named}) "
        "ORDER BY transfer_id",
    )
    nodes = read_exact(
        con,
        "SELECT * FROM nodes WHERE node_id IN (SELECT node_id FROM events UNION ALL SELECT other_node_id FROM events "
        "UNION ALL SELECT src FROM transfer_rows WHERE kind NOT IN ('input', 'output') "
        "UNION ALL SELECT dst FROM transfer_rows WHERE kind NOT IN ('input', 'output')) ORDER BY node_id",
    )
    assets = read_exact(con, "SELECT * FROM assets ORDER BY asset")
    claims = combine_claims(
        claim_shared_identifiers(events, nodes, services=services),
        *claim_deposits(moves, nodes, assets, services, people),
        claim_fuelling(moves, events, nodes, assets, services),
        claim_common_funders(moves, nodes, assets, services),
        claim_self_authorised(events, nodes, assets, services),
        claim_same_keys(moves, events, nodes),
        claim_origins(events, nodes),
        claim_controls(events, nodes),
        claim_shared_mentions(books, events, nodes),
        claim_aliases(books, events, nodes),
    )
    return claims, moves


def _read_dates(con: duckdb.DuckDBPyConnection, claims: pd.DataFrame) -> Ints:
    """The time of the fact each claim rests on, in microseconds; -1 where it has none."""
    if not len(claims):
        return np.empty(0, np.int64)
    con.register("claims_in", claims[["claim_id", "transfer_id", "event_id"]])
    times = read_exact(
        con,
        "SELECT coalesce(epoch_us(coalesce(e.time, t.time)), -1) AS time_us FROM claims_in c "
        "LEFT JOIN events e ON e.event_id = c.event_id LEFT JOIN transfer_rows t ON t.transfer_id = c.transfer_id "
        "ORDER BY c.claim_id",
    )
    con.unregister("claims_in")
    return times["time_us"].to_numpy(np.int64)
