"""What each entity's records are consistent with: declared by an analyst, from a published tag, or inferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trails.errors import ContractError
from trails.graph import CaseTables, make_table, moved, node_column, node_entities, order_transfers
from trails.links.signs import judge_driver, judge_office, measure_drivers, measure_offices
from trails.ownership.services import COUNTERPARTIES, find_busy_nodes, find_collectors
from trails.ownership.tags import find_service_nodes
from trails.tables import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

_UNNAMED = (None, None)


def assign_roles(
    tables: CaseTables, entities: pd.DataFrame, matches: pd.DataFrame, *, service_counterparties: int = COUNTERPARTIES
) -> pd.DataFrame:
    """Which role each entity's records are consistent with, and on what basis.

    Declared beats tag beats inferred; among inferred, payer beats office beats driver, because payers are protected.

    - declared: the latest judgement on a node (``node:rail:key``) that none supersedes, with verdict ``role=NAME``.
    - tag: ``service`` where a published category says so (``trails.ownership.tags``).
    - payer: whoever pays a deposit into a hawala code. Always protected, from the first deposit.
    - service by behaviour: see ``trails.ownership.services``; unless the entity pays deposits or a role is declared.
    - office: see ``measure_offices``. Driver: see ``measure_drivers``. Both need 3 events and 2 sources to be named.
    - organiser and dispatcher are only ever declared.

    Parameters
    ----------
    tables
        The case: nodes, transfers, events, tags and judgements are read.
    entities
        Table ``entities``.
    matches
        Table ``matches``: a transfer matched to a payout that an entity received counts with the payout, not twice.
    service_counterparties
        Counterparties on both sides from which on an account of a chain is taken for a service.

    Returns
    -------
    DataFrame
        Table ``roles``, by entity and role. ``weight`` is 1 for declared, tag and payer, else the share of signs met.

    Raises
    ------
    ContractError
        A judgement declares a role that does not exist.

    Notes
    -----
    Cost: a few groupings of the transfers and one search per inflow of each candidate. What it misses: people who are
    paid in cash only, and organisers who never touch the payment path: no row here says nothing about anybody. Source:
    the case files behind each sign are listed in the method page on links.
    """
    entity = node_entities(tables.nodes, entities)
    rows: dict[tuple[int, str], dict[str, object]] = {}
    taken = _declare(tables, entity, rows)
    leaders = {number for number, role in rows if role in ("organiser", "dispatcher")}
    taken |= _tag(tables, entity, rows, taken)
    taken |= _protect(tables, entity, rows, taken)
    taken |= _crowd(tables, entity, rows, taken, service_counterparties)
    for role, measured, judge in (
        ("office", measure_offices(tables, entities), judge_office),
        ("driver", measure_drivers(tables, entities, matches, leaders), judge_driver),
    ):
        for sign in measured.to_dict("records"):
            conditions = judge({str(name): value for name, value in sign.items()})
            number = int(sign["entity_id"])
            if number not in taken and all(c["met"] for c in conditions if c["required"]):
                wording = _word_signs(number, role, conditions)
                _add(rows, number, role, "inferred", wording, conditions=conditions, sign=sign)
        taken |= {number for number, _ in rows}
    listed = [rows[key] for key in sorted(rows)]
    names = ("entity_id", "role", "since", "until", "basis", "weight", "wording")
    return make_table("roles", {name: [row[name] for row in listed] for name in names})


def _add(
    rows: dict[tuple[int, str], dict[str, object]], number: int, role: str, basis: str, wording: str, *,
    conditions: Iterable[dict[str, object]] = (), sign: dict[object, object] | None = None,
) -> None:  # fmt: skip
    met = [bool(condition["met"]) for condition in conditions]
    since, until = (sign["since"], sign["until"]) if sign else _UNNAMED
    rows[number, role] = {
        "entity_id": number, "role": role, "since": since, "until": until, "basis": basis,
        "weight": sum(met) / len(met) if met else 1.0, "wording": wording,
    }  # fmt: skip


def _declare(tables: CaseTables, entity: dict[int, int], rows: dict[tuple[int, str], dict[str, object]]) -> set[int]:
    """Roles an analyst declared, and the entities they are about."""
    judged = tables.judgements.sort_values(["at", "judgement_id"])
    judged = judged[~judged["judgement_id"].isin(judged["supersedes"].dropna())]
    judged = judged[judged["target"].astype(str).str.startswith("node:")].drop_duplicates("target", keep="last")
    judged = judged[judged["verdict"].astype(str).str.startswith("role=")]
    named = tables.nodes["rail"].astype(str) + ":" + tables.nodes["key"].astype(str)
    node_of = dict(zip(named, tables.nodes["node_id"].tolist(), strict=True))
    taken: set[int] = set()
    for number, target, verdict, who in judged[["judgement_id", "target", "verdict", "who"]].itertuples(index=False):
        role, node = str(verdict).removeprefix("role="), node_of.get(str(target).removeprefix("node:"))
        if role not in ROLES:
            problem = f"judgement {number}: there is no role {role!r}; try {', '.join(ROLES)}"
            raise ContractError("judgements", [problem])
        if node is not None:
            found = entity[int(node)]
            _add(rows, found, role, "declared", f"Node {node} is declared {role} by {who} (judgement {number}).")
            taken.add(found)
    return taken


def _tag(
    tables: CaseTables, entity: dict[int, int], rows: dict[tuple[int, str], dict[str, object]], taken: set[int]
) -> set[int]:
    found: set[int] = set()
    for node in sorted(find_service_nodes(tables.tags), reverse=True):
        if node in entity and entity[node] not in taken:
            text = f"Node {node} is published as a service; tracing and blame stop at it."
            _add(rows, entity[node], "service", "tag", text)
            found.add(entity[node])
    return found


def _crowd(
    tables: CaseTables, entity: dict[int, int], rows: dict[tuple[int, str], dict[str, object]], taken: set[int], least: int
) -> set[int]:
    """Services by behaviour: more counterparties than one person has, or many deposit addresses behind them."""
    busy = find_busy_nodes(tables.transfers, tables.nodes, least)
    said = {
        node: f"{payers} payers and {payees} payees in this case, each {least} or more"
        for node, payers, payees in busy.itertuples(index=False)
    }
    if tables.claims is not None:
        collectors = find_collectors(tables.claims, tables.transfers)
        for node, addresses in collectors.itertuples(index=False):
            said.setdefault(node, f"{addresses} addresses that pass everything they receive on to it")
    found: set[int] = set()
    for node in sorted(said, reverse=True):
        if entity[node] not in taken:
            text = f"Node {node} has {said[node]}: consistent with a service that many people use; tracing and blame stop at it."
            _add(rows, entity[node], "service", "inferred", text)
            found.add(entity[node])
    return found


def _protect(
    tables: CaseTables, entity: dict[int, int], rows: dict[tuple[int, str], dict[str, object]], taken: set[int]
) -> set[int]:
    """Payers: whoever pays a deposit into a code, unless declared otherwise or published as a service."""
    ordered = order_transfers(tables.transfers[moved(tables.transfers) & (tables.transfers["kind"] == "deposit")])
    ordered = ordered[node_column(tables.nodes, "rail", ordered["dst"]) == "hawala"]
    payer = ordered["src"].map(entity)
    found: set[int] = set()
    for key, group in ordered.groupby(payer, sort=True):
        number = int(str(key))
        if number in taken:
            continue
        text = (
            f"Payer (node {number}): {len(group)} deposit(s) into hawala codes. Protected: never traced as a sender, "
            "never ranked, pseudonymised in everything that leaves the case."
        )
        sign: dict[object, object] = {"since": _first(group["time"]), "until": _last(group["time"])}
        _add(rows, number, "payer", "inferred", text, sign=sign)
        found.add(number)
    return found


def _first(times: pd.Series) -> object:
    return None if times.isna().all() else times.min()


def _last(times: pd.Series) -> object:
    return None if times.isna().all() else times.max()


def _word_signs(number: int, role: str, conditions: list[dict[str, object]]) -> str:
    met = [condition for condition in conditions if condition["met"]]
    listed = "; ".join(f"{condition['condition']}: {condition['observed']}" for condition in conditions)
    return (
        f"Records of node {number} are consistent with the role {role} ({len(met)} of {len(conditions)} signs met: "
        f"{listed}). Inferred from records, not declared."
    )


def pick_entities(roles: pd.DataFrame, role: str) -> list[int]:
    """The entities with a role, by number.

    >>> import pandas as pd
    >>> pick_entities(pd.DataFrame({"entity_id": [3, 1], "role": ["driver", "payer"]}), "driver")
    [3]
    """
    return sorted(int(number) for number in np.unique(roles.loc[roles["role"] == role, "entity_id"]))
