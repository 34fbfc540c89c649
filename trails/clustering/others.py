"""The rules on accounts, identifiers and names, and what tags say, each on the part of the tables it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trails.case import read_exact
from trails.claims import Claims
from trails.ownership.account_chains.deposits import claim_deposits
from trails.ownership.account_chains.ties import claim_fuelling, claim_origins, claim_same_keys
from trails.ownership.entities import combine_claims
from trails.ownership.guard import Known
from trails.ownership.shared_identifier import claim_shared_identifiers
from trails.ownership.tags import find_service_nodes, number_actors

if TYPE_CHECKING:
    import duckdb

Ints = npt.NDArray[np.int64]


def claim_others(con: duckdb.DuckDBPyConnection) -> tuple[Claims, Ints]:
    """Claims of every rule that reads no coin transactions, and the time of the fact each rests on (-1 for none)."""
    tags = read_exact(con, "SELECT * FROM tags ORDER BY tag_id")
    events = read_exact(con, "SELECT * FROM events WHERE kind <> 'transaction_form' ORDER BY event_id")
    moves = read_exact(
        con,
        "SELECT transfer_id, src, dst, asset, amount, kind, time, status FROM transfer_rows "
        "WHERE kind = 'transfer' AND status = 'ok' ORDER BY transfer_id",
    )
    nodes = read_exact(
        con,
        "SELECT * FROM nodes WHERE node_id IN (SELECT node_id FROM events UNION ALL SELECT other_node_id FROM events "
        "UNION ALL SELECT src FROM transfer_rows WHERE kind = 'transfer' "
        "UNION ALL SELECT dst FROM transfer_rows WHERE kind = 'transfer') ORDER BY node_id",
    )
    assets = read_exact(con, "SELECT * FROM assets ORDER BY asset")
    claims = combine_claims(
        claim_shared_identifiers(events, nodes, tags=tags),
        *claim_deposits(moves, nodes, assets, tags),
        claim_fuelling(moves, events, nodes, assets, tags),
        claim_same_keys(moves, events, nodes),
        claim_origins(events, nodes),
    )
    if not len(claims):
        return Claims.from_frame(claims), np.empty(0, np.int64)
    con.register("claims_in", claims[["claim_id", "transfer_id", "event_id"]])
    times = read_exact(
        con,
        "SELECT coalesce(epoch_us(coalesce(e.time, t.time)), -1) AS time_us FROM claims_in c "
        "LEFT JOIN events e ON e.event_id = c.event_id LEFT JOIN transfer_rows t ON t.transfer_id = c.transfer_id "
        "ORDER BY c.claim_id",
    )
    con.unregister("claims_in")
    return Claims.from_frame(claims), times["time_us"].to_numpy(np.int64)


def read_known(con: duckdb.DuckDBPyConnection, size: int) -> Known:
    """The actor and the kind of every tagged node."""
    tags = read_exact(con, "SELECT * FROM tags ORDER BY tag_id")
    actor, service = np.zeros(size, np.int32), np.zeros(size, bool)
    named = number_actors(tags)
    actor[named.index.to_numpy(np.int64)] = named.to_numpy(np.int32)
    service[np.array(sorted(find_service_nodes(tags)), np.int64)] = True
    return Known(actor, service)
