"""The analysis steps of a case: read tables, call the pure functions, write inferences. No rule stands here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trails.case import Case
from trails.errors import UsageError
from trails.fresh import MADE_BY, read_limits, read_steps, record_step, require_fresh
from trails.graph import CaseTables, moved
from trails.hawala.ties import list_unmatched, supported_matches
from trails.tables import CLAIM_STATES, CLAIM_STRENGTHS, INFERENCES, STEPS
from trails.targets import VERDICTS
from trails.words import count_words

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from trails.hawala.records import Rules
    from trails.pseudonyms import Names

#: So many characters at the beginning of a transaction's id may stand for it.
_LEAST_PREFIX = 6
_FACTS = ("nodes", "assets", "transfers", "events", "tags", "prices", "judgements")


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step found, in a sentence, with remarks (what was cut or left without)."""

    step: str
    summary: str
    remarks: tuple[str, ...] = ()


def read_tables(case: Case, *, inferences: bool = False) -> CaseTables:
    """The facts and judgements of a case as frames, and with ``inferences`` the frames of the earlier steps too."""
    names = (*_FACTS, *(INFERENCES if inferences else ()))
    return CaseTables(**{name: _read_table(case, name) for name in names})


def _read_table(case: Case, name: str) -> pd.DataFrame:
    first = {
        "assets": "asset",
        "entities": "entity_id, node_id",
        "roles": "role_id",
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
    from trails.links.protection import keep_protected

    made = cluster_tables(case, settings=case.settings, anew=anew)
    protected = _read_protected(case)
    kept = keep_protected(protected, made.entity[protected["node_id"].to_numpy(np.int64)])
    write_clusters(case, made, list_later("cluster"), {"settings": case.settings}, protected=kept)
    claims, sizes = made.claims, np.bincount(made.entity)
    is_hint = claims.strength == CLAIM_STRENGTHS.index("hint")
    held, rejected = (int(((claims.state == CLAIM_STATES.index(state)) & ~is_hint).sum()) for state in ("held", "rejected"))
    hints = int(is_hint.sum())
    flagged = int(made.screens["verdict"].sum())
    summary = (
        f"{count_words(len(claims) - hints, 'claim')} ({held:,} held"
        f"{f', {rejected:,} rejected' if rejected else ''}), "
        f"{count_words(int((sizes > 1).sum()), 'entity', 'entities')} of more than one node, "
        f"{count_words(flagged, 'CoinJoin that joins', 'CoinJoins that join')} nobody"
    )
    remarks = [f"{count_words(hints, 'hint joins', 'hints join')} nobody: `trails judge --hints` lists them"] if hints else []
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
    from trails.links.protection import keep_protected
    from trails.match_settings import read_parameters

    assumed = read_parameters(parameters)
    tables = replace(_with_entities(case), claims=_read_table(case, "claims"))
    rules = read_rules(case)
    legs = list_legs(tables, reference=rules.reference)
    debts = find_debts(legs, tables, bounds=Bounds(rules.fee_max, rules.tolerance))
    same = map_same(debts)
    codes, states = trace_codes(tables, legs, debts, fee_max=rules.fee_max)
    matches, without, run = match_hawala(tables, assumed, rules=rules, same_as=same)
    nettings = net_offices(tables, legs, same_as=same, matches=matches, reference=rules.reference)
    protected = _read_protected(case)
    kept = keep_protected(protected, protected["entity_id"])  # the entities are the same
    frames = {"debts": debts, "codes": codes, "states": states, "nettings": nettings, "matches": matches, "roles": kept}
    _write(case, "match", frames, assumed)
    reasons = without["reason"].value_counts(sort=False)
    remarks = [
        f"{count_words(count, 'record')} without a match: {reason}" for reason, count in sorted(reasons.items())
    ]  # fmt: skip
    if len(debts):
        told = "tells" if len(debts) == 1 else "tell"
        remarks.append(f"{count_words(len(debts), 'row')} {told} again what another book tells: counted once")
    lost = run.assignment.inexact_blocks
    if lost:
        remarks.append(
            f"warning: {count_words(lost, 'block')} of candidates {'is' if lost == 1 else 'are'} too large to be assigned exactly; "
            f"at most {run.assignment.may_lose:.0f} bits are lost. Narrow the window or the tolerance in case.toml"
        )
    remarks += _warn_of_old_rates(tables, rules.reference)
    remarks += [
        f"judgement {each.number} ({each.verdict}) is of a pair that is no match now: it changes nothing"
        for each in list_unmatched(matches, tables)
    ]  # fmt: skip
    summary = f"{count_words(len(codes), 'code')}; {count_words(len(matches), 'match', 'matches')} ({_count_matches(matches)})"
    return StepReport("match", summary, tuple(remarks))


def _count_matches(matches: pd.DataFrame) -> str:
    """How many matches of each state, and apart from them those that a person judged."""
    unjudged = matches[matches["judged"].isna()]["state"].value_counts()
    judged = matches["judged"].value_counts()
    counts = [f"{unjudged.get(state, 0)} {state}" for state in ("link", "possible", "ambiguous")]
    counts += [f"{judged[verdict]} {_JUDGED_WORDS[verdict]}" for verdict in VERDICTS if verdict in judged.index]
    return ", ".join(counts)


#: A match that a person judged, in a count of several.
_JUDGED_WORDS = {"accept": "accepted", "reject": "rejected", "unsure": "unsure"}


def read_rules(case: Case) -> Rules:
    """What may be the same money, by the settings of a case."""
    from trails.hawala.records import Rules

    said = case.settings
    return Rules(said["window_hours"], said["fee_max"], said["tolerance"], said["tolerance_floor"], said["reference_currency"])


def _warn_of_old_rates(tables: CaseTables, reference: str) -> list[str]:
    """A warning where payouts are valued with a rate more than 3 days older than they are."""
    from trails.valuation import value_transfers

    payouts = tables.transfers[tables.transfers["kind"] == "payout"]
    old = int(value_transfers(payouts, tables.assets, tables.prices, reference=reference)["old_rate"].sum())
    if not old:
        return []
    are = "is" if old == 1 else "are"
    said = f"warning: {count_words(old, 'payout')} {are} valued with a rate more than 3 days old"
    return [f"{said}; add rates of those days (`trails rates`)"]


def link_case(case: Case) -> StepReport:
    """Assign roles, walk from organisers to drivers, write links, hops and findings."""
    from trails.code_findings import CodeTables
    from trails.findings import Thresholds, build_findings
    from trails.hawala.debts import map_same
    from trails.hawala.legs import list_legs
    from trails.hawala.proceeds import sum_proceeds
    from trails.links.links import link_drivers
    from trails.links.roles import assign_roles
    from trails.small_sums import flag_payments

    tables = replace(_with_entities(case, "match"), claims=_read_table(case, "claims"))
    matches, codes, states, debts = (_read_table(case, name) for name in ("matches", "codes", "states", "debts"))
    entities, coinjoins, said = _need(tables.entities), _read_table(case, "screens"), case.settings
    is_payment = flag_payments(
        tables.transfers, tables.assets, tables.prices, fuel_usd=said["fuel_usd"], dust_usd=said["dust_usd"]
    )
    payouts = matches[matches["kind"] == "payout"]
    roles = assign_roles(
        tables, entities, payouts[supported_matches(payouts)], is_payment=is_payment,
        service_counterparties=said["service_counterparties"],
    )  # fmt: skip
    links, hops, cut = link_drivers(
        tables, entities, roles, payouts, coinjoins, is_payment=is_payment, max_hops=said["max_hops"]
    )
    legs = list_legs(tables, reference=said["reference_currency"])
    proceeds = sum_proceeds(
        codes, states, legs, same_as=map_same(debts), payees=_find_organisers(roles, entities), fee_max=said["fee_max"],
        reference=said["reference_currency"],
    )  # fmt: skip
    limits = read_limits(read_steps(case)["match"])
    findings = build_findings(
        tables, entities=entities, claims=_need(tables.claims), coinjoins=coinjoins, matches=matches, roles=roles, links=links,
        hops=hops, life=CodeTables(legs, debts, codes, _read_table(case, "nettings"), proceeds),
        thresholds=Thresholds(said["max_hops"], limits["link_probability"], limits["chance"]),
    )  # fmt: skip
    _write(case, "link", {"roles": roles, "links": links, "hops": hops, "proceeds": proceeds, "findings": findings})
    remarks = [*_remark_roles(roles, proceeds, tables), *dict.fromkeys(str(line) for line in cut.get("reason", []))]
    small = int((moved(tables.transfers) & ~is_payment).sum())
    if small:
        remarks.append(f"{count_words(small, 'transfer')} of fuel or dust counted as no payment")
    rejected = int((links["judged"] == "reject").sum())
    known = f" ({rejected} rejected)" if rejected else ""
    summary = f"{count_words(len(links), 'organiser to driver link')}{known}, {count_words(len(findings), 'finding')}"
    return StepReport("link", summary, tuple(remarks))


def _remark_roles(roles: pd.DataFrame, proceeds: pd.DataFrame, tables: CaseTables) -> list[str]:
    """What to know about the roles: how many, who is declared to be several things, and what is missing."""
    from trails.links.roles import find_conflicts
    from trails.ownership.tags import find_unmapped_categories

    counted = roles["role"].value_counts()
    remarks = [f"roles: {', '.join(f'{counted[role]} {role}' for role in sorted(counted.index)) or 'none'}"]
    summed = proceeds[(proceeds["line"] == "total") & (proceeds["most"].fillna(0) != 0)]
    remarks += [f"proceeds: {text}" for text in summed["wording"]]
    if "organiser" not in counted.index:
        remarks.append("no organiser is known: declare one with `trails declare`, then run `trails analyse` again")
    for entity, names, judgements in find_conflicts(roles):
        listed = ", ".join(str(number) for number in judgements)
        both = " and ".join(names)
        remarks.append(f"warning: entity {entity} is declared {both} at once (judgements {listed}): see the findings")
    unmapped = find_unmapped_categories(tables.tags)
    if unmapped:
        remarks.append(f"tag categories that say neither service nor not: {', '.join(unmapped)}")
    return remarks


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
    from trails.find_node import find_node
    from trails.naming import read_names
    from trails.ownership.why import explain_join

    node_a, node_b = find_node(case, a), find_node(case, b)
    if node_a == node_b:
        raise UsageError(f"both are node:{node_a[0]}: there is nothing to join")
    require_clusters(case)
    claims = _read_table(case, "claims")
    steps = explain_join(claims, node_a[0], node_b[0])
    touched = {int(row[side]) for row in steps.to_dict("records") for side in ("from_node", "to_node")}
    names = read_names(case, also=touched)
    return [_explain_step(case, row, names) for row in steps.to_dict("records")]


def screen_transaction(case: Case, txid: str) -> list[dict[str, Any]]:
    """Every CoinJoin rule against one transaction of the case, with its conditions.

    ``txid`` is the id, its beginning, or beginning and end as pictures print it (``40984b43...1a2b``). Raises UsageError where
    no transaction, or more than one, is so.
    """
    from trails.clustering.arrays import read_accounts, read_coin_arrays
    from trails.ownership.coinjoin import explain_transaction

    wanted = txid.strip().lower().removeprefix("tx:").removeprefix("bitcoin:").replace("\u2026", "...")
    head, _, tail = wanted.partition("...")
    found = case.con.execute(
        "SELECT node_id, key FROM nodes WHERE kind = 'junction' AND (starts_with(key, $head) AND ends_with(key, $tail) AND "
        "length($head) >= $least OR node_id = try_cast($n AS INTEGER)) AND rail IN ('bitcoin', 'bitcoin-test') "
        "ORDER BY key LIMIT 9",
        {
            "head": head, "tail": tail, "least": _LEAST_PREFIX,
            "n": wanted.removeprefix("node:") if wanted.startswith("node:") else None,
        },
    ).fetchall()  # fmt: skip
    if len(found) > 1:
        listed = ", ".join(str(key) for _, key in found[:8])
        raise UsageError(f"{txid!r} is the beginning of several transactions: {listed}{' ...' if len(found) > 8 else ''}")
    if not found:
        raise UsageError(f"no Bitcoin transaction of this case is {txid!r} or begins so (at least {_LEAST_PREFIX} characters)")
    transactions = read_coin_arrays(case.con)
    try:
        frame = explain_transaction(transactions, read_accounts(case.con), int(found[0][0]))
    except KeyError:
        raise UsageError(f"transaction {txid} has no confirmed inputs or outputs in this case") from None
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def require_clusters(case: Case) -> None:
    """Raise UsageError where the case holds no entities at all."""
    if not case.con.execute("SELECT 1 FROM entities LIMIT 1").fetchone():
        raise UsageError(f"the case is not clustered: run `trails analyse {case.folder}` first")


def _explain_step(case: Case, row: dict[Any, Any], names: Names) -> dict[str, Any]:
    by_transfer = row["transfer_id"] is not None and row["transfer_id"] == row["transfer_id"]
    table, key = ("transfer_rows", "transfer_id") if by_transfer else ("events", "event_id")
    number = int(row[key])
    source = case.con.execute(
        f"SELECT s.name, f.row FROM {table} f JOIN sources s ON s.source_id = f.source_id WHERE f.{key} = ?", [number]
    ).fetchone() or ("", 0)
    return {
        "claim_id": int(row["claim_id"]), "rule": row["rule"], "strength": row["strength"],
        "a": f"node:{int(row['from_node'])}", "a_name": names.full[int(row["from_node"])], "b": f"node:{int(row['to_node'])}",
        "b_name": names.full[int(row["to_node"])], "why": names.clean_text(str(row["why"])),
        "fact": f"{key.removesuffix('_id')}:{number}", "source": names.clean_text(str(source[0])), "row": source[1],
    }  # fmt: skip


def _with_entities(case: Case, upto: str = "cluster") -> CaseTables:
    """Facts and entities, after making sure that the results of the steps up to one are fresh."""
    require_fresh(case, f"`trails {'link' if upto == 'match' else 'match'}` needs newer results", upto)
    return replace(read_tables(case), entities=_read_table(case, "entities"))


def _read_protected(case: Case) -> pd.DataFrame:
    """What the last `trails link` said of protected people, a row for each of their nodes."""
    return case.read_frame(
        "SELECT r.*, e.node_id FROM roles r JOIN entities e USING (entity_id) WHERE r.protected ORDER BY r.role_id, e.node_id"
    )


def _need(frame: pd.DataFrame | None) -> pd.DataFrame:
    if frame is None:
        raise UsageError("the case is not clustered yet: run `trails cluster` first, or `trails analyse`")
    return frame


def list_later(step: str) -> tuple[str, ...]:
    """The tables of the steps after one: they rest on it, and are emptied when it is made anew (of ``roles`` protected people
    stay)."""
    later = STEPS[STEPS.index(step) + 1 :]
    return tuple(name for name in INFERENCES if MADE_BY[name] in later)


def _write(case: Case, step: str, frames: dict[str, pd.DataFrame], assumptions: dict[str, Any] | None = None) -> None:
    """Write a step's tables with what they rest on, and empty those that rested on the old ones, in one logged change."""
    from trails.graph import make_table

    emptied = {name: make_table(name, {}) for name in list_later(step)}
    details: dict[str, Any] = {"settings": case.settings, **({"assumptions": assumptions} if assumptions else {})}
    case.write_inferences(
        step, {**emptied, **frames}, details, also=lambda _, change: record_step(case, change, step, assumptions)
    )
