"""Inferences as findings: what was observed, against which threshold, how likely by luck, and the innocent reading.

Wording never goes beyond "consistent with". Nobody is named: parties are marks (``trails.marks``) that whoever shows a
finding resolves. Thresholds are those the inferences were made with, never others.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trails.code_findings import CodeTables, find_code_findings
from trails.finding import Condition, Finding, cite_facts
from trails.graph import CaseTables, make_table
from trails.kept import read_records, read_texts
from trails.links.roles import find_conflicts
from trails.marks import mark_node
from trails.patterns.counterfeits import find_counterfeits
from trails.patterns.poisoning import SAME_FIRST, SAME_LAST, find_poisoning
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

#: At most so many facts are listed in one finding; the condition ``facts listed`` says how many there are.
MAX_EVIDENCE = 500


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The bounds that the inferences were made with: hops of a trail at most, the probability from which on a match may be
    called a link, and how many as good ones luck may give before amount and time alone say nothing (domain: safeguard 1)."""

    max_hops: int
    link_probability: float
    chance: float


def build_findings(
    tables: CaseTables, *, entities: pd.DataFrame, claims: pd.DataFrame, coinjoins: pd.DataFrame,
    matches: pd.DataFrame, roles: pd.DataFrame, links: pd.DataFrame, hops: pd.DataFrame, life: CodeTables,
    thresholds: Thresholds,
) -> pd.DataFrame:  # fmt: skip
    """All inferences of a case as findings, ready to be read by somebody who will doubt them.

    Parameters
    ----------
    tables
        The facts of the case.
    entities, claims, coinjoins, matches, roles, links, hops
        What the analysis gave.
    life
        Rows and lives of the codes, debts told twice, and nettings.
    thresholds
        What the links and matches were held against.

    Returns
    -------
    DataFrame
        Table ``findings``: links, matches, clusters, CoinJoins, codes that do not balance, were used by two payers or may be
        one misread, debts told twice, nettings, proceeds, inferred roles, entities declared to be several things, address
        poisoning and counterfeit tokens, in this order and by number inside each.
        Declared and tagged roles are no findings.

    Notes
    -----
    Cost: linear in the inferences. What it misses: whatever no module infers; the absence of a finding is not a result.

    """
    found: list[Finding] = [
        *_find_links(links, hops, matches, thresholds),
        *_find_matches(matches, thresholds),
        *_find_clusters(entities, claims),
        *_find_coinjoins(tables, coinjoins),
        *find_code_findings(life),
        *_find_roles(roles),
        *_find_conflicts(roles),
        *_find_poisoning(tables),
        *_find_counterfeits(tables),
    ]
    return make_table(
        "findings",
        {
            "finding_id": list(range(1, len(found) + 1)),
            "kind": [f.kind for f in found],
            "subject": [f.subject for f in found],
            "about": [json.dumps(list(dict.fromkeys((f.subject, *f.about)))) for f in found],
            "wording": [f.wording for f in found],
            "conditions": [_dump_conditions(f) for f in found],
            "evidence": [json.dumps(list(f.evidence[:MAX_EVIDENCE])) for f in found],
            "chance": [f.chance for f in found],
            "innocent_reading": [f.innocent_reading for f in found],
            "missing_test": [f.missing_test for f in found],
        },
    )


def _dump_conditions(finding: Finding) -> str:
    conditions = list(finding.conditions)
    if len(finding.evidence) > MAX_EVIDENCE:
        conditions.append(Condition("facts listed", len(finding.evidence), MAX_EVIDENCE, met=False))
    return json.dumps(
        [{"condition": c.condition, "observed": c.observed, "threshold": c.threshold, "met": c.met} for c in conditions]
    )


def _rows(frame: pd.DataFrame, key: str) -> Iterator[Mapping[str, Any]]:
    for row in frame.sort_values(key).to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def _find_links(
    links: pd.DataFrame, hops: pd.DataFrame, matches: pd.DataFrame, thresholds: Thresholds
) -> Iterator[Finding]:
    """Every link but those that an analyst rejected: these stand in their table with the verdict, and are no finding."""
    chances = dict(zip(matches["match_id"].tolist(), matches["chance"].tolist(), strict=True))
    payouts = dict(zip(matches["match_id"].tolist(), matches["transfer_a"].tolist(), strict=True))
    on_a_word = set(matches.loc[(matches["judged"] == "accept") & (matches["state"] != "link"), "match_id"].astype(int))
    steps_of = {int(str(number)): group for number, group in hops.groupby("link_id")}
    for link in _rows(links[links["judged"] != "reject"], "link_id"):
        steps = steps_of[int(link["link_id"])]
        crossed = sorted({int(number) for number in steps["match_id"].dropna()})
        chance = max((chances[number] for number in crossed), default=None)
        allocated, unsure, longest = bool(steps["allocated"].any()), bool(link["uncertain"]), int(steps["hop"].max())
        conditions = [
            Condition("distinct payments into the driver", int(link["payments"]), 1, met=True),
            Condition("account-to-account hops at most", longest, thresholds.max_hops, met=longest <= thresholds.max_hops),
            Condition("every junction passed states whose coins went on", not allocated, True, met=not allocated),
            Condition("order of all steps is certain", not unsure, True, met=not unsure),
        ]
        if chance is not None:
            met, limit = chance <= thresholds.chance, thresholds.chance
            conditions.append(Condition("matches crossed: most expected by luck", float(f"{chance:.3g}"), limit, met=met))
        if accepted := [number for number in crossed if number in on_a_word]:
            named = ", ".join(f"match:{number}" for number in accepted)
            conditions.append(Condition("matches crossed on a person's word alone", named, "none", met=False))
        yield Finding(
            "link", f"link:{int(link['link_id'])}", str(link["wording"]), tuple(conditions),
            cite_facts("transfer", [*steps["transfer_id"], *(payouts[number] for number in crossed)]),
            "Wages, a taxi fare, a debt, or money of somebody else that only passed the accounts between.",
            "Records of the journeys (proofs, plates, positions) at the times of the payments, and account records of "
            "every holder between.", chance, (f"entity:{int(link['organiser'])}", f"entity:{int(link['driver'])}"),
        )  # fmt: skip


def _find_matches(matches: pd.DataFrame, thresholds: Thresholds) -> Iterator[Finding]:
    """Links and possible matches, and what a person accepted; ambiguous and rejected ones stand in their table, and the summary
    counts them."""
    accepted, rejected = (matches["judged"] == verdict for verdict in ("accept", "reject"))
    for match in _rows(matches[accepted | ((matches["state"] != "ambiguous") & ~rejected)], "match_id"):
        number, chance = int(match["match_id"]), float(match["chance"])
        margin, second = match["margin"], match["second"]
        alone = margin is None or margin != margin
        yield Finding(
            "match", f"match:{number}", str(match["wording"]),
            (
                Condition("probability that both are the same money", _round_probability(float(match["score"])),
                          thresholds.link_probability, met=bool(match["score"] >= thresholds.link_probability)),
                Condition("bits above the best rival", "no rival" if alone else round(float(margin), 2), 0,
                          met=bool(alone or margin > 0)),
                Condition("rivals inside the same bounds", int(match["rivals"]), 0, met=match["rivals"] == 0),
                Condition("such matches expected by luck", float(f"{chance:.3g}"), thresholds.chance,
                          met=chance <= thresholds.chance),
                Condition("a second, independent source", second or "none", "one", met=bool(second)),
                *_say_verdict(match["judged"]),
            ),
            cite_facts("transfer", [match["transfer_a"], match["transfer_b"]]),
            "Two unrelated payments of a similar sum at about the same time, or another payout of the same office whose row is "
            "missing went on as this transfer.",
            "The office's own record of how this sum was funded or passed on, or the wallet holder's account of it.",
            chance,
        )  # fmt: skip


def _say_verdict(verdict: object) -> tuple[Condition, ...]:
    """The condition that a person's verdict is; none where nobody judged."""
    return (Condition("verdict of a person", verdict, "accept", met=verdict == "accept"),) if isinstance(verdict, str) else ()


def _round_probability(value: float) -> float:
    """To four places, but never up to 1 or down to 0."""
    rounded = round(value, 4)
    return value if rounded in (0.0, 1.0) else rounded


def _find_clusters(entities: pd.DataFrame, claims: pd.DataFrame) -> Iterator[Finding]:
    accepted = claims[claims["state"] == "accepted"]
    owner = accepted["node_a"].map(dict(zip(entities["node_id"].tolist(), entities["entity_id"].tolist(), strict=True)))
    sizes = entities.groupby("entity_id").size()
    rules_of, strengths = accepted["rule"].tolist(), accepted["strength"].tolist()
    transfers, events = (
        dict(zip(np.flatnonzero(facts.notna()).tolist(), facts.dropna().astype("int64").tolist(), strict=True))
        for facts in (accepted["transfer_id"], accepted["event_id"])
    )
    for key, places in sorted(accepted.groupby(owner).indices.items()):
        number, group = int(str(key)), [int(place) for place in places]
        rules = ", ".join(f"{rule} {count}" for rule, count in sorted(Counter(rules_of[at] for at in group).items()))
        weak = sum(strengths[at] != "strong" for at in group)
        yield Finding(
            "cluster", f"entity:{number}",
            f"{sizes[number]} nodes around {mark_node(number)} are consistent with one owner by "
            f"{count_words(len(group), 'accepted claim')} ({rules}). A cluster is not a person.",
            (
                Condition("accepted claims", len(group), 1, met=True),
                Condition("claims that are not strong", weak, 0, met=weak == 0),
            ),
            cite_facts("transfer", (transfers[at] for at in group if at in transfers))
            + cite_facts("event", (events[at] for at in group if at in events)),
            "A shared wallet, joint custody, a PayJoin, a service that signs for its clients, or a number passed on.",
            "Rejecting the weakest claim and looking whether any conclusion changes; wallet files or account records.",
        )  # fmt: skip


def _find_coinjoins(tables: CaseTables, coinjoins: pd.DataFrame) -> Iterator[Finding]:
    flagged = coinjoins[coinjoins["verdict"].astype(bool)]
    legs = tables.transfers[tables.transfers["kind"].isin(["input", "output"])]
    junction = legs["src"].where(legs["kind"] == "output", legs["dst"])
    numbers = {int(str(key)): group["transfer_id"] for key, group in legs.groupby(junction)} if len(flagged) else {}
    for row in _rows(flagged, "junction"):
        number = int(row["junction"])
        conditions = tuple(
            Condition(each["condition"], each["observed"], each["threshold"], met=each["met"])
            for each in read_records(row["conditions"], "a condition of a screening")
        )
        yield Finding(
            "coinjoin", f"node:{number}",
            f"The transaction at {mark_node(number)} is consistent with a CoinJoin (rule {row['rule']}, confidence "
            f"{row['confidence']}): its inputs are not read as one owner's and no trail passes it. Use of a CoinJoin "
            "is no sign of anything else.",
            conditions, cite_facts("transfer", numbers[number]),
            "A batch that pays equal sums from several addresses of one owner; privacy sought for ordinary reasons.",
            "The coordinator's or a participant's record of the round.",
        )  # fmt: skip


_ROLE_DOUBTS = {
    "driver": (
        "A taxi or ride-app driver hired by somebody else, a courier, or a creditor paid back at regular times.",
        "The same count with the proofs moved by up to 14 days either way; positions or plates on those nights.",
    ),
    "office": (
        "A licensed money service, a jeweller or a travel agent with ordinary customers.",
        "Its registration and its own book.",
    ),
}


def _find_roles(roles: pd.DataFrame) -> Iterator[Finding]:
    """Drivers and offices that nobody declared; whoever is protected is no finding."""
    shown = roles["basis"].isin(["inferred", "confirmed"]) & roles["role"].isin(list(_ROLE_DOUBTS))
    for row in _rows(roles[shown], "role_id"):
        innocent, test = _ROLE_DOUBTS[str(row["role"])]
        conditions = tuple(
            Condition(c["condition"], c["observed"], c["threshold"], met=bool(c["met"]))
            for c in read_records(row["conditions"], "a condition of a role")
        )
        chance = row["chance"]
        yield Finding(
            "role", f"role:{int(row['role_id'])}", str(row["wording"]), conditions,
            tuple(read_texts(row["evidence"], "the evidence of a role")),
            innocent, test, None if chance is None or chance != chance else float(chance),
            (f"entity:{int(row['entity_id'])}",),
        )  # fmt: skip


def _find_conflicts(roles: pd.DataFrame) -> Iterator[Finding]:
    for entity, names, judgements in find_conflicts(roles):
        listed = ", ".join(str(number) for number in judgements)
        yield Finding(
            "role_conflict", f"entity:{entity}",
            f"The entity around {mark_node(entity)} is declared {' and '.join(names)} (judgements {listed}): its nodes were joined "
            "after they were declared, or one of the declarations is meant for somebody else.",
            (Condition("roles declared of one entity", len(names), 1, met=False),),
            (),
            "One person who truly does both, or a wallet or telephone that two people share.",
            "The claims that join the nodes (`trails why`), and the grounds of each declaration.",
        )  # fmt: skip


def _find_poisoning(tables: CaseTables) -> Iterator[Finding]:
    hits = find_poisoning(tables)
    for _, group in hits.groupby(["lookalike", "imitated"], sort=True):
        lookalike, imitated = int(group["lookalike"].iloc[0]), int(group["imitated"].iloc[0])
        first, last = int(group["same_first"].iloc[0]), int(group["same_last"].iloc[0])
        yield Finding(
            "address_poisoning", f"node:{lookalike}",
            f"{count_words(len(group), 'transfer')} of next to nothing {'is' if len(group) == 1 else 'are'} consistent with "
            f"address poisoning: {mark_node(lookalike)} looks like {mark_node(imitated)}, with which the other party truly "
            "exchanged value. No payment was made by that.",
            (
                Condition("equal characters after the rail's prefix", first, SAME_FIRST, met=first >= SAME_FIRST),
                Condition("equal characters at the end", last, SAME_LAST, met=last >= SAME_LAST),
                Condition("units moved at most", "0.01 of a unit", "0.01 of a unit", met=True),
            ),
            cite_facts("transfer", [*group["transfer_id"], *group["like_transfer_id"]]),
            "A test payment of a cent between two addresses that agree by their maker's wish (vanity addresses).",
            "Other victims of the same address: a poisoner sends such transfers to many.",
            about=(f"node:{imitated}",),
        )  # fmt: skip


def _find_counterfeits(tables: CaseTables) -> Iterator[Finding]:
    for token in _rows(find_counterfeits(tables), "asset"):
        moved = tables.transfers.loc[tables.transfers["asset"] == token["asset"], "transfer_id"]
        yield Finding(
            "counterfeit_token", f"asset:{token['asset']}",
            f"The token {token['asset']} calls itself {token['symbol']}, and its contract is not the issuer's: consistent with "
            "a counterfeit. Its transfers are kept and never added to USDT.",
            (Condition("contract is one of the issuer's", False, True, met=False),),
            cite_facts("transfer", moved),
            "A bridged form of USDT that another party issues under its own contract.",
            "The contract's code and issuer, from a node or an explorer of that chain.",
        )  # fmt: skip
