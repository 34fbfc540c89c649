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
    from pathlib import Path

    import pandas as pd

    from trails.hawala.records import Rules

_FACTS = ("nodes", "assets", "transfers", "events", "tags", "prices", "judgements")
_INFERENCES = (
    "claims", "entities", "debts", "codes", "states", "matches", "nettings", "roles", "links", "hops", "proceeds", "findings",
)  # fmt: skip
#: What each step makes void: later steps rest on it.
_LAST = ("roles", "links", "hops", "proceeds", "findings")
_AFTER = {"cluster": ("debts", "codes", "states", "matches", "nettings", *_LAST), "match": _LAST}


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
        "states": "code_id, step",
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


def match_case(case: Case, *, parameters: Path | None = None) -> StepReport:
    """Recognise one debt in two books, trace every code's life, match hawala records to transfers on other rails, and net the
    offices; later inferences are emptied."""
    from trails.hawala.debts import Bounds, find_debts, map_same
    from trails.hawala.legs import list_legs
    from trails.hawala.match_table import match_hawala
    from trails.hawala.settlement import net_offices
    from trails.hawala.states import trace_codes
    from trails.match_settings import read_parameters

    tables = replace(_with_entities(case), claims=_read_table(case, "claims"))
    rules = read_rules(case)
    legs = list_legs(tables, reference=rules.reference)
    debts = find_debts(legs, tables, bounds=Bounds(rules.fee_max, rules.tolerance))
    same = map_same(debts)
    codes, states = trace_codes(tables, legs, debts, fee_max=rules.fee_max)
    matches, without, run = match_hawala(tables, read_parameters(parameters), rules=rules, same_as=same)
    nettings = net_offices(tables, legs, same_as=same, matches=matches, reference=rules.reference)
    _write(case, "match", {"debts": debts, "codes": codes, "states": states, "nettings": nettings, "matches": matches})
    reasons = without["reason"].value_counts(sort=False)
    remarks = [f"{count} record(s) without a match: {reason}" for reason, count in sorted(reasons.items())]
    if len(debts):
        remarks.append(f"{len(debts)} row(s) tell again what another book tells: counted once")
    lost = run.assignment.inexact_blocks
    if lost:
        remarks.append(
            f"warning: {lost} block(s) of candidates are too large to be assigned exactly; at most {run.assignment.may_lose:.0f} "
            "bits are lost. Narrow the window or the tolerance in case.toml"
        )
    remarks += _warn_of_old_rates(tables, rules.reference)
    counted = matches["state"].value_counts()
    shown = ", ".join(f"{counted.get(state, 0)} {state}" for state in ("link", "possible", "ambiguous"))
    return StepReport("match", f"{len(codes)} codes; {len(matches)} matches ({shown})", tuple(remarks))


def read_rules(case: Case) -> Rules:
    """What may be the same money, by the settings of a case."""
    from trails.hawala.records import Rules

    said = case.settings
    return Rules(said["window_hours"], said["fee_max"], said["tolerance"], said["tolerance_floor"], said["reference_currency"])


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
    from trails.code_findings import CodeTables
    from trails.findings import build_findings
    from trails.hawala.debts import map_same
    from trails.hawala.legs import list_legs
    from trails.hawala.proceeds import sum_proceeds
    from trails.links.links import link_drivers
    from trails.links.roles import assign_roles
    from trails.ownership.tags import find_unmapped_categories

    matches, claims = _read_table(case, "matches"), _read_table(case, "claims")
    codes, states, debts = (_read_table(case, name) for name in ("codes", "states", "debts"))
    tables = replace(_with_entities(case), claims=claims)
    entities = _need(tables.entities)
    coinjoins = _read_table(case, "screens")
    least = case.settings["service_counterparties"]
    passed_on = matches[(matches["kind"] == "payout") & (matches["state"] == "link")]
    roles = assign_roles(tables, entities, passed_on, service_counterparties=least)
    links, hops, cut = link_drivers(
        tables, entities, roles, matches[matches["kind"] == "payout"], coinjoins, max_hops=case.settings["max_hops"]
    )
    legs = list_legs(tables, reference=case.settings["reference_currency"])
    proceeds = sum_proceeds(
        codes, states, legs, same_as=map_same(debts), payees=_find_organisers(roles, entities), fee_max=case.settings["fee_max"],
        reference=case.settings["reference_currency"],
    )  # fmt: skip
    findings = build_findings(
        tables,
        entities=entities,
        claims=claims,
        coinjoins=coinjoins,
        matches=matches,
        roles=roles,
        links=links,
        hops=hops,
        life=CodeTables(legs, debts, codes, _read_table(case, "nettings"), proceeds),
    )
    _write(case, "link", {"roles": roles, "links": links, "hops": hops, "proceeds": proceeds, "findings": findings})
    counted = roles["role"].value_counts()
    shown = ", ".join(f"{counted[role]} {role}" for role in sorted(counted.index))
    remarks = [f"roles: {shown or 'none'}"]
    remarks += [f"proceeds: {text}" for text in proceeds.loc[proceeds["line"] == "total", "wording"]]
    if "organiser" not in counted.index:
        remarks.append("no organiser is known: declare one with `trails declare`, then run `trails analyse` again")
    remarks += [str(line) for line in cut.get("reason", [])]
    unmapped = find_unmapped_categories(tables.tags)
    if unmapped:
        remarks.append(f"tag categories that say neither service nor not: {', '.join(unmapped)}")
    return StepReport("link", f"{len(links)} organiser to driver links, {len(findings)} findings", tuple(remarks))


def _find_organisers(roles: pd.DataFrame, entities: pd.DataFrame) -> set[int] | None:
    """Nodes of everybody who is declared or inferred to be an organiser; None where nobody is."""
    named = set(roles.loc[roles["role"] == "organiser", "entity_id"])
    return set(entities.loc[entities["entity_id"].isin(named), "node_id"].astype(int)) or None


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
