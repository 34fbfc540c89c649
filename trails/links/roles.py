"""What each entity's records are consistent with: declared by an analyst, from a published tag, or inferred."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from trails.errors import ContractError
from trails.graph import CaseTables, make_table, moved, node_entities
from trails.hawala.ties import supported_matches
from trails.links.payers import Known, find_payers, list_payments
from trails.links.signs import judge_driver, judge_office, measure_drivers, measure_offices
from trails.marks import mark_node
from trails.ownership.services import COUNTERPARTIES, find_busy_nodes, find_collectors
from trails.ownership.tags import SERVICE_CATEGORIES
from trails.tables import LEADERS, PROTECTED_ROLES, ROLES
from trails.targets import NONE, find_in_force, read_judgements
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

#: Facts listed of one service that is known by what it does: its transfers may be millions.
_MOST_EVIDENCE = 500
#: A wallet that sends so many transfers matched to an office's payouts is taken to be that office's.
_OFFICE_WALLET = 3
_NAMES = (
    "entity_id", "role", "since", "until", "basis", "weight", "protected", "judgement", "conditions", "evidence", "chance",
    "wording",
)  # fmt: skip


@dataclass(slots=True)
class _Roles:
    """The roles found so far, by entity and role, and the judgements on inferred ones."""

    entity: dict[int, int]
    rows: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    confirmed: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)
    rejected: set[tuple[int, str]] = field(default_factory=set)

    @property
    def taken(self) -> set[int]:
        return {number for number, _ in self.rows}

    def having(self, *roles: str) -> set[int]:
        return {number for number, role in self.rows if role in roles}

    def add(
        self, number: int, role: str, basis: str, wording: str, *, conditions: Iterable[dict[str, Any]] = (),
        sign: dict[str, Any] | None = None, evidence: Iterable[str] = (), judgement: int | None = None,
    ) -> None:  # fmt: skip
        """Add a role, unless an analyst rejected it; an inferred one that an analyst confirmed stands as confirmed."""
        if basis == "inferred" and (number, role) in self.rejected:
            return
        if basis == "inferred" and (number, role) in self.confirmed:
            judgement, who = self.confirmed[number, role]
            basis, wording = "confirmed", f"{wording} Confirmed by {who} (judgement {judgement})."
        listed = list(conditions)
        met = [bool(condition["met"]) for condition in listed]
        said = sign or {}
        shown = [{name: each[name] for name in ("condition", "observed", "threshold", "met")} for each in listed]
        self.rows[number, role] = {
            "entity_id": number, "role": role, "since": said.get("since"), "until": said.get("until"), "basis": basis,
            "weight": sum(met) / len(met) if met else 1.0, "protected": role in PROTECTED_ROLES, "judgement": judgement,
            "conditions": json.dumps(shown), "evidence": json.dumps(list(said.get("evidence", evidence))),
            "chance": said.get("expected"), "wording": wording,
        }  # fmt: skip


def assign_roles(
    tables: CaseTables, entities: pd.DataFrame, matches: pd.DataFrame, *, is_payment: pd.Series | None = None,
    service_counterparties: int = COUNTERPARTIES,
) -> pd.DataFrame:  # fmt: skip
    """Which role each entity's records are consistent with, and on what basis.

    Declared beats tag beats inferred. Of what is inferred, services and offices come first, then whoever is protected
    (``trails.links.payers``), and only who is none of these may be a driver.

    - declared: the judgement in force on a node (``node:rail:key``), with verdict ``role=NAME``.
    - tag: ``service`` where a published category says so (``trails.ownership.tags``).
    - service by behaviour: see ``trails.ownership.services``.
    - office: see ``measure_offices``. Driver: see ``measure_drivers``. Both need 3 events and 2 sources to be named.
    - organiser, dispatcher, recruiter, victim and minor are only ever declared.

    An inferred role that an analyst rejected (``role:ROLE|rail:key``) is not listed; one that an analyst accepted has the
    basis ``confirmed``.

    Parameters
    ----------
    tables
        The case: nodes, transfers, events, tags, prices and judgements are read.
    entities
        Table ``entities``.
    matches
        Table ``matches``: a transfer matched to a payout that an entity received counts with the payout, not twice.
    is_payment
        As ``trails.small_sums.flag_payments`` gives it: fuel and dust pay nobody. By default all that moved value.
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
    counted = moved(tables.transfers) if is_payment is None else is_payment
    found = _Roles(entity)
    _read_judged(tables, found)
    _tag(tables, found)
    _crowd(tables, found, service_counterparties)
    _infer(found, "office", measure_offices(tables, entities), judge_office)
    _protect(tables, found, matches, counted)
    leaders = {number for number, role in found.rows if role in LEADERS and found.rows[number, role]["basis"] == "declared"}
    paid = tables.transfers[counted]
    _infer(found, "driver", measure_drivers(tables, entities, matches, leaders, paid), judge_driver)
    listed = [found.rows[key] for key in sorted(found.rows)]
    columns = {name: [row[name] for row in listed] for name in _NAMES}
    return make_table("roles", {"role_id": range(1, len(listed) + 1), **columns})


def find_conflicts(roles: pd.DataFrame) -> list[tuple[int, list[str], list[int]]]:
    """Entities that judgements hold to be several things at once: entity, the roles, the judgements.

    They come about when two declared nodes turn out to be one entity: either the join or a declaration is wrong, or the
    analyst means both (``trails declare --also``).
    """
    declared = roles[roles["basis"] == "declared"]
    return [
        (int(str(number)), sorted(group["role"]), sorted(int(each) for each in group["judgement"].dropna()))
        for number, group in declared.groupby("entity_id", sort=True)
        if len(group) > 1
    ]


def _read_judged(tables: CaseTables, found: _Roles) -> None:
    """Roles an analyst declared, and inferred ones that an analyst confirmed or rejected."""
    named = tables.nodes["rail"].astype(str) + ":" + tables.nodes["key"].astype(str)
    node_of = dict(zip(named, tables.nodes["node_id"].tolist(), strict=True))
    for judgement in find_in_force(read_judgements(tables.judgements)):
        if judgement.target.kind not in ("node", "role"):
            continue
        node = node_of.get(judgement.target.nodes[0])
        if judgement.target.kind == "role":
            if node is not None:
                key = (found.entity[int(node)], judgement.target.parts[0])
                if judgement.verdict == "accept":
                    found.confirmed[key] = (judgement.number, judgement.who)
                elif judgement.verdict == "reject":
                    found.rejected.add(key)
            continue
        if judgement.value != NONE and judgement.value not in ROLES:
            problem = f"judgement {judgement.number}: there is no role {judgement.value!r}; try {', '.join(ROLES)}"
            raise ContractError("judgements", [problem])
        if node is not None and judgement.value != NONE:
            text = f"{mark_node(int(node))} is declared {judgement.value} by {judgement.who} (judgement {judgement.number})."
            found.add(found.entity[int(node)], judgement.value, "declared", text, judgement=judgement.number)


def _tag(tables: CaseTables, found: _Roles) -> None:
    category = tables.tags["category"].map(lambda word: str(word).strip().casefold(), na_action="ignore")
    service = tables.tags[category.map(SERVICE_CATEGORIES, na_action="ignore").eq(True)]
    declared = found.taken
    for key, group in sorted(service.groupby("node_id"), reverse=True, key=lambda each: int(str(each[0]))):
        node = int(str(key))
        if node in found.entity and found.entity[node] not in declared:
            text = f"{mark_node(node)} is published as a service; tracing and blame stop at it."
            cited = [f"tag:{int(number)}" for number in sorted(group["tag_id"])]
            found.add(found.entity[node], "service", "tag", text, evidence=cited)


def _crowd(tables: CaseTables, found: _Roles, least: int) -> None:
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
    taken = found.taken
    for node in sorted(said, reverse=True):
        if found.entity[node] not in taken:
            text = (
                f"{mark_node(node)} has {said[node]}: consistent with a service that many people use; tracing and blame stop at it."
            )
            found.add(found.entity[node], "service", "inferred", text, evidence=_cite_node(tables, node))


def _cite_node(tables: CaseTables, node: int) -> list[str]:
    """The first transfers that touch a node."""
    mine = tables.transfers[(tables.transfers["src"] == node) | (tables.transfers["dst"] == node)]
    return [f"transfer:{int(number)}" for number in sorted(mine["transfer_id"])[:_MOST_EVIDENCE]]


_SAID = {
    "deposit": ("deposit into hawala codes, or refund out of them", "deposits into hawala codes, or refunds out of them"),
    "pays_leader": (
        "payment to somebody declared organiser, dispatcher or office",
        "payments to somebody declared organiser, dispatcher or office",
    ),
    "as_families_pay": (
        "payment as families make them, and no income but from services",
        "payments as families make them, all to one, and no income but from services",
    ),
    "batch": (
        "receipt of a sum that several others got from the same sender on the same day, as aid or wages",
        "receipts of sums that several others got from the same senders on the same days, as aid or wages",
    ),
}


def _protect(tables: CaseTables, found: _Roles, matches: pd.DataFrame, is_payment: pd.Series) -> None:
    """Payers, and others whom the records show on the receiving end of aid or wages."""
    payments = list_payments(tables, found.entity, is_payment)
    exempt = found.taken | _find_office_wallets(tables, found.entity, matches)
    known = Known(found.having(*LEADERS), found.having("office"), found.having("service"), exempt)
    for row in _records(find_payers(tables, found.entity, payments, is_payment, known)):
        number = int(row["entity_id"])
        said = count_words(int(row["payments"]), *_SAID[row["sign"]])
        word = "Payer" if row["role"] == "payer" else "Protected"
        text = (
            f"{word} ({mark_node(number)}): {said}. Protected: never traced, never ranked, no candidate for another role, "
            "pseudonymised in everything that leaves the case."
        )
        found.add(number, row["role"], "inferred", text, sign=row)


def _find_office_wallets(tables: CaseTables, entity: dict[int, int], matches: pd.DataFrame) -> set[int]:
    """Entities that send several of the transfers that payouts are matched to: an office's own wallets."""
    linked = matches[supported_matches(matches) & (matches["kind"] == "payout")]
    sent = tables.transfers[tables.transfers["transfer_id"].isin(linked["transfer_b"])]
    counted = sent["src"].map(entity).value_counts()
    return {int(str(number)) for number, count in counted.items() if count >= _OFFICE_WALLET}


def _infer(found: _Roles, role: str, measured: pd.DataFrame, judge: Any) -> None:
    """Give a role to everybody without one whose signs it needs are all met."""
    taken = found.taken
    for sign in _records(measured):
        conditions = judge(sign)
        number = int(sign["entity_id"])
        if number not in taken and all(c["met"] for c in conditions if c["required"]):
            found.add(number, role, "inferred", _word_signs(number, role, conditions), conditions=conditions, sign=sign)


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in frame.to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def _word_signs(number: int, role: str, conditions: list[dict[str, Any]]) -> str:
    """Which signs are met and which not, the latter first: each with what was observed and what was asked for."""
    told: dict[bool, list[str]] = {True: [], False: []}
    for condition in conditions:
        told[bool(condition["met"])].append(str(condition["words"]))
    unmet = f" Not met: {'; '.join(told[False])}." if told[False] else ""
    return (
        f"Records of {mark_node(number)} are consistent with the role {role} ({len(told[True])} of {len(conditions)} signs met)."
        f"{unmet} Met: {'; '.join(told[True])}. Inferred from records, not declared."
    )


def pick_entities(roles: pd.DataFrame, role: str) -> list[int]:
    """The entities with a role, by number.

    >>> import pandas as pd
    >>> pick_entities(pd.DataFrame({"entity_id": [3, 1], "role": ["driver", "payer"]}), "driver")
    [3]
    """
    return sorted(int(number) for number in np.unique(roles.loc[roles["role"] == role, "entity_id"]))
