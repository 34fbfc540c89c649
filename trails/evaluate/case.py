"""How much of a case is right, by its answer key: owners, matches, roles, links, patterns, and harm to the innocent."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trails.errors import UsageError
from trails.evaluate.hawala import list_true_matches, measure_debts, measure_luck, measure_matches, measure_states
from trails.evaluate.known import Known, read_known
from trails.evaluate.scores import Count
from trails.identifiers import normalise_code
from trails.patterns.counterfeits import find_counterfeits
from trails.patterns.poisoning import find_poisoning
from trails.pipeline import read_rules, read_tables

if TYPE_CHECKING:
    import pandas as pd

    from trails.case import Case
    from trails.graph import CaseTables
    from trails.hawala.records import Rules

TOP = (5, 10)


@dataclass(slots=True)
class Evaluation:
    """Counts of one case, what was stated with how much confidence, and who was harmed."""

    counts: list[Count] = field(default_factory=list)
    stated: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)
    ratios: list[tuple[float, bool]] = field(default_factory=list)
    accused: int = 0
    payers_named: int = 0
    first_ten: int = 0
    #: True payers and true crew in the files: how many there are, how many are protected, and payers on a trail.
    payers: int = 0
    payers_protected: int = 0
    payers_on_trails: int = 0
    crew: int = 0
    crew_protected: int = 0
    #: Expected and observed, by what luck was expected to give.
    luck: dict[str, tuple[float, float]] = field(default_factory=dict)


def evaluate_case(case: Case, folder: Path) -> Evaluation:
    """Measure an analysed case against the truth in the folder of its simulation.

    Raises UsageError where the case is not analysed, or was not made from these files. Cost: a few seconds for a case of
    size M. What it misses: the wording of findings, and whether a person would have believed them.
    """
    tables = read_tables(case, inferences=True)
    if tables.entities is None or not len(tables.entities):
        raise UsageError("the case is not analysed yet: run `trails analyse` first")
    known = read_known(case, folder)
    found = Evaluation()
    entities: dict[int, list[int]] = {}
    for entity, node in tables.entities[["entity_id", "node_id"]].itertuples(index=False):
        entities.setdefault(int(entity), []).append(int(node))
    owner_of = {number: known.of_entity(entities, number) for number in entities}
    _measure_owners(tables, known, entities, found)
    _measure_hawala(tables, known, read_rules(case), found)
    _measure_roles(_frame(tables.roles), known, owner_of, found)
    _measure_links(tables, known, owner_of, found)
    _measure_protection(tables, known, owner_of, found)
    _measure_patterns(tables, known, found)
    return found


def _frame(table: pd.DataFrame | None) -> pd.DataFrame:
    if table is None:
        raise UsageError("the case is not analysed yet: run `trails analyse` first")
    return table


def _measure_owners(tables: CaseTables, known: Known, entities: dict[int, list[int]], found: Evaluation) -> None:
    """Pairs of accounts joined, and every rule's accepted claims."""
    joined = alike = 0
    for nodes in entities.values():
        owners = Counter(known.owner[node] for node in nodes if node in known.owner)
        joined += _pairs(sum(owners.values()))
        alike += sum(_pairs(count) for count in owners.values())
    there = sum(_pairs(count) for count in Counter(known.owner.values()).values())
    found.counts.append(Count("ownership", "pairs of accounts", alike, joined, alike, there))
    rules: dict[str, list[int]] = {}
    claims = _frame(tables.claims)
    for a, b, rule, state in claims[["node_a", "node_b", "rule", "state"]].itertuples(index=False):
        if int(a) in known.owner and int(b) in known.owner:
            tally = rules.setdefault(f"claims by {rule}, {state}", [0, 0])
            tally[0] += known.owner[int(a)] == known.owner[int(b)]
            tally[1] += 1
    found.counts += [Count("ownership", what, right, made, 0, 0) for what, (right, made) in sorted(rules.items())]


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _measure_hawala(tables: CaseTables, known: Known, rules: Rules, found: Evaluation) -> None:
    """Codes, debts and matches; how probable each match was said to be; and whether luck is what it is said to be."""
    matches = _frame(tables.matches)
    counts, said = measure_matches(matches, known)
    found.counts += [*counts, measure_debts(_frame(tables.debts), tables.transfers, known)]
    found.counts += measure_states(_frame(tables.codes), known)
    found.stated["matches: their probability"] = [(score, is_true) for score, is_true, _ in said]
    visible = {pair for pair in list_true_matches(known) if set(pair) <= known.recorded}
    _count_top(found, "matches, most probable first", [(score, is_true) for score, is_true, _ in said], len(visible))
    found.luck = measure_luck(tables, known, rules)


def _count_top(found: Evaluation, inference: str, ranked: list[tuple[float, bool]], there: int) -> None:
    """How many of the first 5 and 10 are right; ties keep the order in which they were listed."""
    best = sorted(ranked, key=lambda each: -each[0])
    for top in TOP:
        first = best[:top]
        right = sum(is_true for _, is_true in first)
        found.counts.append(Count(inference, f"the first {top}", right, len(first), right, there))


def _true_roles(known: Known) -> dict[str, set[str]]:
    """Who truly is what, of those who appear in the files."""
    seen = set(known.owner.values())
    return {
        "driver": {who for who in seen if "driver" in known.roles[who]},
        "office": {who for who in seen if "office" in known.roles[who]},
        "service": {who for who in seen if "service" in known.roles[who]},
    }


def _measure_roles(roles: pd.DataFrame, known: Known, owner_of: dict[int, str], found: Evaluation) -> None:
    """Roles that were not declared, by role; and the innocent among the drivers."""
    true = _true_roles(known)
    drivers: list[tuple[float, str]] = []
    for role, people in true.items():
        chosen = roles[(roles["role"] == role) & (roles["basis"] != "declared")]
        rows = zip(chosen["weight"], chosen["entity_id"], strict=True)
        named = [(float(weight), who) for weight, entity in rows if (who := owner_of.get(int(entity), ""))]
        right = sum(who in people for _, who in named)
        found.counts.append(Count("roles", role, right, len(named), len({who for _, who in named} & people), len(people)))
        if role == "driver":
            drivers = named
            found.stated["roles: a driver's share of signs"] = [(weight, who in people) for weight, who in named]
            _count_top(found, "roles: driver", [(weight, who in people) for weight, who in named], len(people))
    accused = {who for _, who in drivers if known.side[who] != "crew"}
    found.accused = len(accused)
    found.payers_named = sum(known.side[who] == "payer" for who in accused)
    first = sorted(drivers, key=lambda each: -each[0])[:10]
    found.first_ten = len({who for _, who in first if known.side[who] != "crew"})


def _measure_protection(tables: CaseTables, known: Known, owner_of: dict[int, str], found: Evaluation) -> None:
    """Payers, and whoever is helped, beside who is protected; crew taken for payers; payers on trails.

    Somebody counts as protected when a node of theirs is. A payer counts as on a trail when a node of theirs is at an end of
    any of its steps. Families that only look like payers are protected on purpose, so two rows say who is: payers and
    helped people alone, and everybody who is none of the network and no firm.
    """
    roles, hops = _frame(tables.roles), _frame(tables.hops)
    entity_of = dict(_frame(tables.entities)[["node_id", "entity_id"]].itertuples(index=False, name=None))
    safe = set(roles.loc[roles["protected"].astype(bool), "entity_id"])
    walked = tables.transfers[tables.transfers["transfer_id"].isin(hops["transfer_id"])]
    on_trails = {*walked["src"], *walked["dst"]}
    people: dict[str, list[int]] = {}
    for node, who in known.owner.items():
        people.setdefault(who, []).append(node)
    for who, nodes in people.items():
        protected = any(entity_of.get(node) in safe for node in nodes)
        if known.side[who] == "payer":
            found.payers += 1
            found.payers_protected += protected
            found.payers_on_trails += any(node in on_trails for node in nodes)
        elif known.side[who] == "crew":
            found.crew += 1
            found.crew_protected += protected
    named = [known.side[who] for entity in sorted(safe) if (who := owner_of.get(int(entity), ""))]
    strict, harmless = named.count("payer"), named.count("payer") + named.count("innocent")
    found.counts += [
        Count("protection", "payers and helped people", strict, len(named), found.payers_protected, found.payers),
        Count("protection", "anybody outside the network", harmless, len(named), 0, 0),
    ]


def _measure_links(tables: CaseTables, known: Known, owner_of: dict[int, str], found: Evaluation) -> None:
    """Pairs of organiser and driver; the payments at their ends; what no file can show is counted apart."""
    links, hops = _frame(tables.links), _frame(tables.hops)
    # a hired taxi driver is paid by the organiser's people and is no driver of theirs: to link him is to accuse him
    trails = [each for each in known.tables["trails"] if "driver" in known.roles[each["driver"]]]
    true = {(each["organiser"], each["driver"]) for each in trails}
    visible = {
        (each["organiser"], each["driver"]) for each in trails
        if each["state"] != "unobservable" and set(each["steps"].split("|")) <= known.recorded
    }  # fmt: skip
    pairs: dict[tuple[str, str], float] = {}
    for organiser, driver, payments in links[["organiser", "driver", "payments"]].itertuples(index=False):
        pair = (owner_of.get(int(organiser), ""), owner_of.get(int(driver), ""))
        pairs[pair] = max(pairs.get(pair, 0.0), float(payments))
    for what, there in (("pairs, of those a file can show", visible), ("pairs, of all there truly are", true)):
        found.counts.append(Count("links", what, len(pairs.keys() & true), len(pairs), len(pairs.keys() & there), len(there)))
    _count_top(found, "links", [(payments, pair in true) for pair, payments in pairs.items()], len(visible))
    last = hops.sort_values("step").groupby(["link_id", "trail"])["transfer_id"].last()
    ends = {known.movement.get(int(number), "") for number in last}
    paid = {each["steps"].split("|")[-1] for each in trails if each["state"] != "unobservable"} & known.recorded
    right = len(ends & {each["steps"].split("|")[-1] for each in trails})
    found.counts.append(Count("links", "payments at their ends", right, len(ends), len(ends & paid), len(paid)))
    stated = links[links["likelihood_ratio"].notna()]
    for ratio, organiser, driver in stated[["likelihood_ratio", "organiser", "driver"]].itertuples(index=False):
        found.ratios.append((float(ratio), (owner_of.get(int(organiser), ""), owner_of.get(int(driver), "")) in true))


def _measure_patterns(tables: CaseTables, known: Known, found: Evaluation) -> None:
    """Poisoning, counterfeit tokens, codes with two payers."""
    poisoned = {known.movement.get(int(number), "") for number in find_poisoning(tables)["transfer_id"]}
    _count_pattern(found, "poisoning", poisoned, {m for m in known.recorded if known.kind.get(m) == "poison"})
    fakes = find_counterfeits(tables)["asset"].tolist()
    moved = tables.transfers[tables.transfers["asset"].isin(fakes)]["transfer_id"]
    named = {known.movement.get(int(number), "") for number in moved}
    _count_pattern(found, "counterfeit token", named, {m for m in known.recorded if known.kind.get(m) == "counterfeit"})
    codes = _frame(tables.codes)
    oddities = [set(json.loads(text)) for text in codes["anomalies"]]
    over = set(codes.loc[["over" in each for each in oddities], "code_id"])
    # no code truly pays out more than came in: whatever says so rests on a row missing, mistyped or written twice
    _count_pattern(found, "code over its deposits", over, set())
    reused = set(codes.loc[["two_payers" in each for each in oddities], "text"])
    payers: dict[str, set[str]] = {}
    for each in known.tables["movements"]:
        if each["kind"] == "deposit" and each["movement"] in known.recorded:
            payers.setdefault(normalise_code(each["code"]), set()).add(each["src_owner"])
    _count_pattern(found, "one code, two payers", reused, {code for code, people in payers.items() if len(people) > 1})


def _count_pattern(found: Evaluation, what: str, stated: set[Any], true: set[Any]) -> None:
    right = len(stated & true)
    found.counts.append(Count("patterns", what, right, len(stated), right, len(true)))
