from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, cell, co_spends, shuffled
from trails.code_findings import CodeTables
from trails.findings import Thresholds, _find_links, build_findings
from trails.hawala.debts import find_debts
from trails.hawala.legs import list_legs
from trails.hawala.match_table import match_hawala
from trails.hawala.proceeds import sum_proceeds
from trails.hawala.settlement import net_offices
from trails.hawala.states import trace_codes
from trails.links.links import link_drivers
from trails.links.roles import assign_roles
from trails.match_settings import read_parameters
from trails.ownership.coinjoin import find_coinjoins
from trails.ownership.entities import combine_claims, join_entities
from trails.ownership.shared_identifier import claim_shared_identifiers
from trails.ownership.tags import find_service_nodes
from trails.tables import find_problems

if TYPE_CHECKING:
    from trails.graph import CaseTables

NAMES = ("family zalmay", "kaka", "Tboss", "Tdriver")


def story() -> SmallCase:
    """A family pays a code twice over, the organiser is paid out, and pays a driver after proofs; plus a CoinJoin."""
    case = SmallCase()
    code, family, aunt = (case.node("4718", "hawala", "junction"), case.node("family zalmay", "hawala"),
                          case.node("aunt", "hawala"))  # fmt: skip
    boss, wallet, driver = case.node("kaka", "hawala"), case.node("Tboss"), case.node("Tdriver")
    case.declare(boss, "organiser")
    case.event("identifier", node=boss, other=wallet)
    for day in range(60):
        case.price("EUR", "USD", "1.1", at=24 * day)
    case.move(family, code, 2000_00, kind="deposit", asset="EUR", at=1)
    case.move(aunt, code, 100_00, kind="deposit", asset="EUR", at=30)
    case.move(code, boss, 1000_00, kind="payout", asset="EUR", at=101)
    for at in (2, 102, 202):
        case.event("proof", at=at - 1)
        case.move(wallet, driver, 1100_000_000, at=at)
    tx = case.node("ab" * 32, "bitcoin", "junction")
    for letter in "abc":
        case.move(case.node(f"1{letter}", "bitcoin"), tx, 100_000, kind="input", asset="BTC", at=5)
        case.move(tx, case.node(f"3{letter}", "bitcoin"), 99_000, kind="output", asset="BTC", at=5)
    return case


def run(tables: CaseTables) -> dict[str, pd.DataFrame]:
    joins = find_coinjoins(tables.transfers)
    claims = combine_claims(
        co_spends(tables, joins),
        claim_shared_identifiers(tables.events, tables.nodes, services=find_service_nodes(tables.tags)),
    )
    entities = join_entities(tables.nodes, claims)
    legs = list_legs(tables)
    debts = find_debts(legs, tables)
    codes, states = trace_codes(tables, legs, debts)
    matches, _, _ = match_hawala(tables, read_parameters())
    proceeds = sum_proceeds(codes, states, legs, same_as={}, payees=None)
    life = CodeTables(legs, debts, codes, net_offices(tables, legs, same_as={}, matches=matches), proceeds)
    roles = assign_roles(tables, entities, matches)
    links, hops, _ = link_drivers(tables, entities, roles, matches, joins)
    findings = build_findings(
        tables, entities=entities, claims=claims, coinjoins=joins, matches=matches, roles=roles, links=links, hops=hops,
        life=life, thresholds=Thresholds(6, 0.85, 0.1),
    )  # fmt: skip
    return {"claims": claims, "entities": entities, "matches": matches, "roles": roles, "links": links, "hops": hops,
            "findings": findings}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    return run(story().tables())


def test_every_kind_is_there_in_a_fixed_order(made: dict[str, pd.DataFrame]) -> None:
    assert made["findings"]["kind"].tolist() == [
        "link", "match", "cluster", "coinjoin", "junction", "junction", "proceeds", "role", "counterfeit_token",
    ]  # fmt: skip
    assert made["findings"]["subject"].tolist()[:4] == ["link:1", "match:1", "entity:4", "node:7"]


@pytest.mark.parametrize("verdict", ["accept", "reject", "unsure"])
def test_what_a_person_holds_of_a_match_stands_in_its_finding(verdict: str, made: dict[str, pd.DataFrame]) -> None:
    case = story()
    tables = case.tables()
    public = dict(zip(tables.transfers["transfer_id"], tables.transfers["public_id"], strict=True))
    pair = "|".join(public[int(cell(made["matches"], 0, column))] for column in ("transfer_a", "transfer_b"))
    case.rows["judgements"].append({
        "judgement_id": 99, "target": f"match:{pair}", "verdict": verdict, "who": "x", "at": pd.Timestamp("2024-09-01"),
        "why": "seen", "supersedes": None,
    })  # fmt: skip
    findings = run(case.tables())["findings"]
    told = findings[findings["kind"] == "match"].reset_index()
    if verdict == "reject":
        assert told.empty
        return
    assert "(judgement 99)" in cell(told, 0, "wording")
    said = {"condition": "verdict of a person", "observed": verdict, "threshold": "accept", "met": verdict == "accept"}
    assert json.loads(cell(told, 0, "conditions"))[-1] == said


def test_a_link_that_rests_on_a_persons_word_alone_says_so() -> None:
    """A match that luck explains, which a person accepted."""
    matches = pd.DataFrame({
        "match_id": [1, 2], "chance": [0.5, 0.01], "transfer_a": [3, 4], "judged": ["accept", None], "state": ["ambiguous", "link"],
    })  # fmt: skip
    hops = pd.DataFrame({
        "link_id": [1, 2], "match_id": [1, 2], "allocated": False, "hop": 1, "transfer_id": [5, 6],
    })  # fmt: skip
    links = pd.DataFrame({
        "link_id": [1, 2], "judged": [None, None], "uncertain": False, "payments": 1, "wording": "said", "organiser": 1,
        "driver": 2,
    })  # fmt: skip
    first, second = _find_links(links, hops, matches, Thresholds(6, 0.85, 0.1))
    assert [(each.observed, each.met) for each in first.conditions if "word alone" in each.condition] == [("match:1", False)]
    assert not [each for each in second.conditions if "word alone" in each.condition]


def test_conditions_and_evidence_are_whole(made: dict[str, pd.DataFrame]) -> None:
    for row in made["findings"].itertuples():
        conditions = json.loads(str(row.conditions))
        assert conditions
        assert all(set(c) == {"condition", "observed", "threshold", "met"} for c in conditions)
        assert all(re.fullmatch(r"(transfer|event):\d+", fact) for fact in json.loads(str(row.evidence)))
        assert json.loads(str(row.about))[0] == row.subject
        assert row.innocent_reading
        assert row.missing_test


def test_nobody_is_named_and_no_word_goes_too_far(made: dict[str, pd.DataFrame]) -> None:
    for name in ("findings", "links", "roles", "matches"):
        for text in made[name]["wording"]:
            assert not any(person.casefold() in text.casefold() for person in NAMES)
            assert not re.search(r"\b(proves?|guilty|launder|criminal|belongs to|suspect)", text, re.IGNORECASE)
    findings = made["findings"]
    reuse = findings.loc[findings["kind"] == "junction", "wording"].tolist()[1]
    assert "[node:2], [node:3]" in reuse


def test_chance_stands_on_matches_links_across_them_and_roles(made: dict[str, pd.DataFrame]) -> None:
    chance = made["findings"].groupby("kind")["chance"].first()
    assert chance["match"] == cell(made["matches"], 0, "chance")
    assert chance[["cluster", "coinjoin", "junction"]].isna().all()


def test_all_inferences_keep_the_contract(made: dict[str, pd.DataFrame]) -> None:
    tables = story().tables()
    con = duckdb.connect(":memory:")
    for name in ("nodes", "assets", "transfers", "events"):
        con.register(name, getattr(tables, name))
    for name in ("links", "matches"):
        con.register(name, made[name])
    for name, frame in made.items():
        con.register(f"{name}_in", frame)
    for name in made:
        assert find_problems(con, name, f"{name}_in") == []


@pytest.mark.parametrize("seed", range(3))
def test_the_same_facts_in_any_order_give_the_same_findings(seed: int, made: dict[str, pd.DataFrame]) -> None:
    for name, frame in run(shuffled(story().tables(), seed)).items():
        pd.testing.assert_frame_equal(frame, made[name])
