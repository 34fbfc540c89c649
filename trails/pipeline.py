"""The analysis steps of a case: read tables, call the pure functions, write inferences. No rule stands here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trails.case import Case
from trails.errors import UsageError
from trails.graph import CaseTables
from trails.tables import CLAIM_STATES, CLAIM_STRENGTHS

if TYPE_CHECKING:
    import pandas as pd

_FACTS = ("nodes", "assets", "transfers", "events", "tags", "prices", "judgements")
_INFERENCES = ("claims", "entities", "matches", "roles", "links", "hops", "findings")
#: What each step makes void: later steps rest on it.
_AFTER = {"cluster": ("matches", "roles", "links", "hops", "findings"), "match": ("roles", "links", "hops", "findings")}


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step found, in a sentence, with remarks (what was cut or left without)."""

    step: str
    summary: str
    remarks: tuple[str, ...] = ()


def read_tables(case: Case, *, inferences: bool = False) -> CaseTables:
    """The facts and judgements of a case as frames, and with ``inferences`` the frames of the earlier steps too."""
    names = (*_FACTS, *(_INFERENCES if inferences else ()))
    return CaseTables(**{name: _read_table(case, name) for name in names})


def _read_table(case: Case, name: str) -> pd.DataFrame:
    first = {
        "assets": "asset",
        "entities": "entity_id, node_id",
        "roles": "entity_id, role",
        "hops": "link_id, trail, step",
    }
    order = first.get(name) or case.con.execute(f"DESCRIBE {name}").fetchall()[0][0]
    return case.read_frame(f"SELECT * FROM {name} ORDER BY {order}")


def cluster_case(case: Case, *, anew: bool = False) -> StepReport:
    """Screen CoinJoins, make the claims of every ownership rule, join entities; later inferences are emptied.

    Only what sources added since the last clustering touch is looked at again, unless ``anew``: the tables are the same.
    """
    from trails.clustering.run import cluster_tables, write_clusters

    made = cluster_tables(case, settings=case.settings, anew=anew)
    write_clusters(case, made, _AFTER["cluster"], {"settings": case.settings})
    claims, sizes = made.claims, np.bincount(made.entity)
    hints = int((claims.strength == CLAIM_STRENGTHS.index("hint")).sum())
    held = int((claims.state == CLAIM_STATES.index("held")).sum()) - hints
    flagged = int(made.screens["verdict"].sum())
    summary = (
        f"{len(claims) - hints:,} claims ({held:,} held), {int((sizes > 1).sum()):,} entities of more than one node, "
        f"{flagged:,} CoinJoins that join nobody"
    )
    remarks = [f"{hints:,} hints, which join nobody: `trails judge --hints` lists them"] if hints else []
    if held:
        remarks.append("held claims wait for a person: `trails judge` shows them")
    return StepReport("cluster", summary, tuple(remarks))


def match_case(case: Case) -> StepReport:
    """Match hawala payouts to transfers on other rails, one to one; later inferences are emptied."""
    from trails.hawala.matching import match_payouts

    tables = _with_entities(case)
    said = case.settings
    matches, without = match_payouts(
        tables, window_hours=said["window_hours"], fee_max=said["fee_max"], tolerance=said["tolerance"],
        tolerance_floor=said["tolerance_floor"], reference=said["reference_currency"],
    )  # fmt: skip
    _write(case, "match", {"matches": matches})
    reasons = without["reason"].value_counts(sort=False)
    remarks = [f"{count} payout(s) without a match: {reason}" for reason, count in sorted(reasons.items())]
    remarks += _warn_of_old_rates(tables, said["reference_currency"])
    weak = int((matches["chance"] > 0.1).sum())
    return StepReport(
        "match", f"{len(matches)} matches, {weak} of them with more than 0.1 expected by luck alone", tuple(remarks)
    )


def _warn_of_old_rates(tables: CaseTables, reference: str) -> list[str]:
    """A warning where payouts are valued with a rate more than 3 days older than they are."""
    from trails.valuation import count_old_rates, value_transfers

    payouts = tables.transfers[tables.transfers["kind"] == "payout"]
    old = count_old_rates(value_transfers(payouts, tables.assets, tables.prices, reference=reference))
    if not old:
        return []
    return [
        f"warning: {old} payout(s) are valued with a rate more than 3 days old; add rates of those days (`trails rates`)"
    ]


def link_case(case: Case) -> StepReport:
    """Assign roles, walk from organisers to drivers, write links, hops and findings."""
    from trails.findings import build_findings
    from trails.links.links import link_drivers
    from trails.links.roles import assign_roles
    from trails.ownership.tags import find_unmapped_categories

    matches, claims = _read_table(case, "matches"), _read_table(case, "claims")
    tables = replace(_with_entities(case), claims=claims)
    entities = _need(tables.entities)
    coinjoins = _read_table(case, "screens")
    least = case.settings["service_counterparties"]
    roles = assign_roles(tables, entities, matches, service_counterparties=least)
    links, hops, cut = link_drivers(tables, entities, roles, matches, coinjoins, max_hops=case.settings["max_hops"])
    findings = build_findings(
        tables,
        entities=entities,
        claims=claims,
        coinjoins=coinjoins,
        matches=matches,
        roles=roles,
        links=links,
        hops=hops,
    )
    _write(case, "link", {"roles": roles, "links": links, "hops": hops, "findings": findings})
    counted = roles["role"].value_counts()
    shown = ", ".join(f"{counted[role]} {role}" for role in sorted(counted.index))
    remarks = [f"roles: {shown or 'none'}"]
    if "organiser" not in counted.index:
        remarks.append("no organiser is known: declare one with `trails declare`, then run `trails analyse` again")
    remarks += [str(line) for line in cut.get("reason", [])]
    unmapped = find_unmapped_categories(tables.tags)
    if unmapped:
        remarks.append(f"tag categories that say neither service nor not: {', '.join(unmapped)}")
    return StepReport("link", f"{len(links)} organiser to driver links, {len(findings)} findings", tuple(remarks))


def analyse_case(case: Case) -> list[StepReport]:
    """Cluster, match and link, in this order."""
    return [cluster_case(case), match_case(case), link_case(case)]


def explain_nodes(case: Case, a: str, b: str) -> list[dict[str, Any]]:
    """The accepted claims that join two nodes, step by step, each with the fact it rests on and its file and row.

    Raises UsageError when the two are one node, or the case was not clustered since it last changed.
    """
    from trails.judgements import find_node
    from trails.ownership.why import explain_join

    node_a, node_b = find_node(case, a), find_node(case, b)
    if node_a == node_b:
        raise UsageError(f"{a!r} and {b!r} are one node, {node_a[1]}:{node_a[2]}: there is nothing to join")
    _with_entities(case)
    claims = _read_table(case, "claims")
    steps = explain_join(claims, node_a[0], node_b[0])
    keys = {
        node_id: f"{rail}:{key}"
        for node_id, rail, key in case.con.execute("SELECT node_id, rail, key FROM nodes").fetchall()
    }
    return [_explain_step(case, row, keys) for row in steps.to_dict("records")]


def screen_transaction(case: Case, txid: str) -> list[dict[str, Any]]:
    """Every CoinJoin rule against one transaction of the case, with its conditions; raises UsageError where it is not there."""
    from trails.clustering.arrays import read_accounts, read_coin_arrays
    from trails.ownership.coinjoin import explain_transaction

    found = case.con.execute(
        "SELECT node_id FROM nodes WHERE kind = 'junction' AND key = lower(?) AND rail IN ('bitcoin', 'bitcoin-test')",
        [txid.strip().removeprefix("bitcoin:")],
    ).fetchall()
    if not found:
        raise UsageError(f"no Bitcoin transaction of this case is {txid!r}")
    transactions = read_coin_arrays(case.con)
    try:
        frame = explain_transaction(transactions, read_accounts(case.con), int(found[0][0]))
    except KeyError:
        raise UsageError(f"transaction {txid} has no confirmed inputs or outputs in this case") from None
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _explain_step(case: Case, row: dict[Any, Any], keys: dict[int, str]) -> dict[str, Any]:
    by_transfer = row["transfer_id"] is not None and row["transfer_id"] == row["transfer_id"]
    table, key = ("transfer_rows", "transfer_id") if by_transfer else ("events", "event_id")
    number = int(row[key])
    source = case.con.execute(
        f"SELECT s.name, f.row FROM {table} f JOIN sources s ON s.source_id = f.source_id WHERE f.{key} = ?", [number]
    ).fetchone() or ("", 0)
    return {
        "claim_id": int(row["claim_id"]), "rule": row["rule"], "strength": row["strength"],
        "a": keys[int(row["from_node"])], "b": keys[int(row["to_node"])], "why": row["why"],
        "fact": f"{key.removesuffix('_id')}:{number}", "source": source[0], "row": source[1],
    }  # fmt: skip


def _with_entities(case: Case) -> CaseTables:
    entities = _read_table(case, "entities")
    nodes = case.con.execute("SELECT count(*) FROM nodes").fetchone() or (0,)
    if len(entities) != nodes[0]:
        raise UsageError("the case has changed since it was clustered: run `trails cluster` first, or `trails analyse`")
    return replace(read_tables(case), entities=entities)


def _need(frame: pd.DataFrame | None) -> pd.DataFrame:
    if frame is None:
        raise UsageError("the case is not clustered yet: run `trails cluster` first, or `trails analyse`")
    return frame


def _write(case: Case, step: str, frames: dict[str, pd.DataFrame]) -> None:
    """Write a step's tables and empty those that rested on the old ones, in one logged change."""
    from trails.graph import make_table

    emptied = {name: make_table(name, {}) for name in _AFTER.get(step, ())}
    case.write_inferences(step, {**emptied, **frames}, {"settings": case.settings})
