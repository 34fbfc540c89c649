from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, co_spends, no_coinjoins, shuffled
from trails.errors import ContractError
from trails.graph import make_table
from trails.ownership.entities import combine_claims, join_entities
from trails.ownership.shared_identifier import claim_shared_identifiers
from trails.ownership.tags import SERVICE_CATEGORIES, find_service_nodes, find_unmapped_categories
from trails.ownership.why import explain_join

nx: Any = pytest.importorskip("networkx")  # it ships no types

NULL = "0x000000000000000000000000000000000000dead"


def test_co_spend_gives_one_claim_per_further_address_and_names_the_transaction() -> None:
    case = SmallCase()
    tx = case.node("aa" * 32, "bitcoin", "junction")
    keys = ["1a", "1b", "1c", "bb:0", "script:51", NULL, "coinbase"]
    nodes = [case.node(key, "bitcoin") for key in keys]
    moves = [case.move(node, tx, kind="input", asset="BTC") for node in [*nodes, nodes[1]]]
    tables = case.tables()
    claims = co_spends(tables, no_coinjoins())
    pairs = claims[["node_a", "node_b", "transfer_id"]].to_numpy().tolist()
    assert pairs == [[2, 3, moves[1]], [2, 4, moves[2]], [2, 6, moves[4]]]
    assert set(claims["state"]) == {"accepted"}


def test_failed_transactions_and_coinjoins_make_no_claim() -> None:
    case = SmallCase()
    tx, failed = case.node("tx", "bitcoin", "junction"), case.node("failed", "bitcoin", "junction")
    people = [case.node(f"1{letter}", "bitcoin") for letter in "abcde"]
    for node in people:
        case.move(node, tx, 100_000, kind="input", asset="BTC")
        case.move(tx, case.node(f"out{node}", "bitcoin"), 99_000, kind="output", asset="BTC")
        case.move(node, failed, 1, kind="input", asset="BTC", status="failed")
    tables = case.tables()
    assert co_spends(tables).empty


def test_two_sources_that_name_one_phone_become_one_entity_with_both_rows_as_reason() -> None:
    case = SmallCase()
    first, second = case.node("1:ali", "hawala"), case.node("2:user9", "chat")
    phone = case.node("+38765123456", "phone")
    events = [case.event("identifier", node=first, other=phone), case.event("identifier", node=second, other=phone)]
    tables = case.tables()
    claims = claim_shared_identifiers(tables.events, tables.nodes, services=find_service_nodes(tables.tags))
    assert claims["rule"].tolist() == ["same_phone", "same_phone"]
    assert claims["strength"].tolist() == ["medium", "medium"]
    entities = join_entities(tables.nodes, claims)
    assert set(entities["entity_id"]) == {first}
    chain = explain_join(claims, first, second)
    assert chain["event_id"].tolist() == events
    assert chain["to_node"].tolist() == [phone, second]


def test_a_shared_bank_account_is_no_key_that_one_person_holds() -> None:
    case = SmallCase()
    iban = case.node("BA391290079401028494", "bank")
    for name in ("1:ali", "2:veli"):
        case.event("identifier", node=case.node(name, "hawala"), other=iban)
    tables = case.tables()
    claims = claim_shared_identifiers(tables.events, tables.nodes, services=find_service_nodes(tables.tags))
    assert claims[["rule", "strength", "state"]].to_numpy().tolist() == [["same_bank_account", "medium", "accepted"]] * 2


def test_names_alone_never_join() -> None:
    case = SmallCase()
    a, b, code = case.node("1:ali", "hawala"), case.node("2:ali", "hawala"), case.node("4718", "hawala", "junction")
    case.event("identifier", node=a, other=b)
    case.event("identifier", node=a, other=code)
    case.event("mention", node=a, other=case.node("T1"))
    case.event("identifier", node=a)
    tables = case.tables()
    assert claim_shared_identifiers(tables.events, tables.nodes).empty


@pytest.mark.parametrize("doubt", ["service", "nobody", "shared"])
def test_doubtful_identifiers_are_held(doubt: str) -> None:
    case = SmallCase()
    address = case.node(NULL if doubt == "nobody" else "T1", "ethereum")
    if doubt == "service":
        case.tag(address, "Exchange")
    for number in range(6 if doubt == "shared" else 2):
        case.event("identifier", node=case.node(f"p{number}", "hawala"), other=address)
    tables = case.tables()
    claims = claim_shared_identifiers(tables.events, tables.nodes, services=find_service_nodes(tables.tags))
    assert set(claims["state"]) == {"held"}
    assert claims["why"].str.contains("held: ").all()
    assert join_entities(tables.nodes, claims)["entity_id"].is_unique


def test_rejected_claims_join_nothing_and_the_reason_is_said() -> None:
    claims = make_table("claims", {
        "claim_id": [1, 2], "node_a": [1, 2], "node_b": [2, 3], "rule": ["co_spend"] * 2, "strength": ["strong"] * 2,
        "state": ["accepted", "rejected"], "transfer_id": [1, 2], "why": ["x", "y"],
    })  # fmt: skip
    nodes = pd.DataFrame({"node_id": [1, 2, 3], "kind": "account"})
    assert join_entities(nodes, claims)["entity_id"].tolist() == [1, 1, 3]
    missing = explain_join(claims, 1, 3)
    assert missing.empty
    assert missing.attrs["reason"] == "no chain of accepted claims joins node 1 and node 3"
    assert explain_join(claims, 1, 1).attrs["reason"] == "node 1 is one node, joined to itself"


def test_a_claim_on_a_junction_is_refused() -> None:
    nodes = pd.DataFrame({"node_id": [1, 2], "kind": ["account", "junction"]})
    claims = pd.DataFrame({"claim_id": [1], "node_a": [1], "node_b": [2], "state": ["accepted"]})
    with pytest.raises(ContractError, match="node 2, claim 1"):
        join_entities(nodes, claims)


def test_combined_claims_are_numbered_anew() -> None:
    case = SmallCase()
    tx = case.node("tx", "bitcoin", "junction")
    for key in ("1a", "1b"):
        case.move(case.node(key, "bitcoin"), tx, kind="input", asset="BTC")
    case.event("identifier", node=2, other=case.node("T1"))
    tables = case.tables()
    joined = combine_claims(
        co_spends(tables, no_coinjoins()),
        claim_shared_identifiers(tables.events, tables.nodes),
    )
    assert joined["claim_id"].tolist() == [1, 2]
    assert joined["transfer_id"].isna().tolist() == [False, True]
    assert combine_claims().empty


@pytest.mark.parametrize("seed", range(10))
def test_entities_and_reasons_agree_with_networkx_whatever_the_row_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = SmallCase()
    addresses = [case.node(f"1{number}", "bitcoin") for number in range(25)]
    graph = nx.Graph()
    graph.add_nodes_from(addresses)
    for number in range(12):
        tx = case.node(f"tx{number}", "bitcoin", "junction")
        graph.add_node(tx)
        chosen = [int(node) for node in rng.choice(addresses, size=rng.integers(1, 4))]
        for node in chosen:
            case.move(node, tx, kind="input", asset="BTC")
        nx.add_path(graph, sorted(set(chosen)))
    tables = case.tables()
    claims = co_spends(tables, no_coinjoins())
    entities = join_entities(tables.nodes, claims)
    expected = {frozenset(part) for part in nx.connected_components(graph)}
    assert {frozenset(group) for _, group in entities.groupby("entity_id")["node_id"]} == expected
    star = nx.Graph(claims[["node_a", "node_b"]].to_numpy().tolist())
    for a, b in zip(addresses, addresses[3:], strict=False):
        joined = a in star and b in star and nx.has_path(star, a, b)
        hops = nx.shortest_path_length(star, a, b) if joined else 0
        assert len(explain_join(claims, a, b)) == hops
    other = shuffled(tables, seed)
    again = co_spends(other, no_coinjoins())
    pd.testing.assert_frame_equal(claims, again)
    pd.testing.assert_frame_equal(entities, join_entities(other.nodes, again.iloc[::-1]))


def test_categories_are_mapped_or_named() -> None:
    tags = pd.DataFrame({"node_id": [1, 2, 3, 4], "category": ["Exchange", "user", "moon_base", None]})
    assert find_service_nodes(tags) == {1}
    assert find_unmapped_categories(tags) == ["moon_base"]
    assert {"exchange", "mixing_service", "gambling", "wallet_service", "market", "miner"} <= {
        name for name, service in SERVICE_CATEGORIES.items() if service
    }
