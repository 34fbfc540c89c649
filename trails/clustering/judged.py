"""What analysts decided on claims, applied to the claims of a new clustering.

A claim's number changes when files are added, so a judgement names what the claim says: its rule, its two nodes, and the
public id of the fact it rests on, which are the same in every clustering and every case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trails.frames import read_exact
from trails.tables import CLAIM_RULES, CLAIM_STATES
from trails.targets import NONE, find_in_force, parse_target, read_judgements

if TYPE_CHECKING:
    import duckdb

    from trails.claims import Claims
    from trails.targets import Judgement

#: The state that each verdict gives a claim.
_STATES = {"accept": "accepted", "reject": "rejected", "unsure": "held"}


def _named(node: str) -> str:
    """SQL: the rail and key of a node as a part of a target."""
    return f"replace(replace({node}.rail || ':' || {node}.key, '%', '%25'), '|', '%7C')"


#: SQL: the text that names a claim, for rows ``c`` of claims with their nodes ``a`` and ``b``.
_TARGET = (
    f"'claim:' || c.rule || '|' || least({_named('a')}, {_named('b')}) || '|' || greatest({_named('a')}, {_named('b')}) || '|' || "
    "coalesce(t.public_id, e.public_id, '')"
)
_FACTS = (
    "JOIN nodes a ON a.node_id = c.node_a JOIN nodes b ON b.node_id = c.node_b "
    "LEFT JOIN transfers t ON t.transfer_id = c.transfer_id LEFT JOIN events e ON e.event_id = c.event_id"
)


def name_claim(con: duckdb.DuckDBPyConnection, claim_id: int) -> str | None:
    """The text that names a claim of the present clustering whatever its number; None where there is no such claim."""
    found = con.execute(
        f"SELECT {_TARGET} FROM (SELECT * FROM claims WHERE claim_id = ?) c {_FACTS}", [claim_id]
    ).fetchone()
    return str(found[0]) if found else None


def read_verdicts(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """The verdict in force on each judged claim, with who and why in words."""
    frame = read_exact(con, "SELECT * FROM judgements WHERE target LIKE 'claim:%' ORDER BY judgement_id")
    return {
        each.target.text: (each.verdict, f"{each.who} judged: {each.verdict}" + (f", {each.why}" if each.why else ""))
        for each in find_in_force(read_judgements(frame), "claim")
    }


def read_declared(con: duckdb.DuckDBPyConnection, *, service: bool) -> set[int]:
    """The nodes that analysts declared to be a service, or (``service`` false) to be anybody else."""
    frame = read_exact(con, "SELECT * FROM judgements WHERE target LIKE 'node%' ORDER BY judgement_id")
    said = {each.target.nodes[0] for each in find_in_force(read_judgements(frame), "node") if _declares(each, service)}
    nodes = con.execute("SELECT node_id FROM nodes WHERE rail || ':' || key IN (SELECT unnest(?))", [sorted(said)]).fetchall()
    return {int(node) for (node,) in nodes}


def _declares(judgement: Judgement, service: bool) -> bool:
    return judgement.value != NONE and (judgement.value == "service") is service


def apply_judgements(con: duckdb.DuckDBPyConnection, claims: Claims) -> Claims:
    """The claims with the state that judgements give them; whatever no judgement names stays as it is."""
    verdicts = read_verdicts(con)
    if not verdicts or not len(claims):
        return claims
    found = _find_judged(con, claims, sorted(verdicts))
    state = claims.state.copy()
    held = claims.held_text.copy() if len(claims.held_text) else np.full(len(claims), None, object)
    for at, target in found:
        verdict, words = verdicts[target]
        state[at] = CLAIM_STATES.index(_STATES[verdict])
        held[at] = None if verdict == "accept" else words
    return claims.replace(state=state, held_text=held)


def _find_judged(con: duckdb.DuckDBPyConnection, claims: Claims, targets: list[str]) -> list[tuple[int, str]]:
    """Positions of the claims that targets name: first by their nodes, then by the whole text."""
    keys = sorted({key for target in targets for key in parse_target(target).nodes})
    nodes = con.execute("SELECT node_id FROM nodes WHERE rail || ':' || key IN (SELECT unnest(?))", [keys]).fetchall()
    ids = np.array([node for (node,) in nodes], np.int32)
    near = np.flatnonzero(np.isin(claims.node_a, ids) & np.isin(claims.node_b, ids))
    chosen = claims.take(near)
    import pyarrow as pa

    con.register("judged_in", pa.table({
        "spot": near, "node_a": chosen.node_a, "node_b": chosen.node_b, "rule": [CLAIM_RULES[at] for at in chosen.rule],
        "transfer_id": chosen.transfer, "event_id": chosen.event,
    }))  # fmt: skip
    rows = con.execute(
        f"SELECT spot, target FROM (SELECT c.spot, {_TARGET} AS target FROM judged_in c {_FACTS}) "
        "WHERE target IN (SELECT unnest(?)) ORDER BY spot",
        [targets],
    ).fetchall()
    con.unregister("judged_in")
    return [(int(at), str(target)) for at, target in rows]
