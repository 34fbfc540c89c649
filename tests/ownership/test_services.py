from __future__ import annotations

import numpy as np
import pytest

from tests.links.small_case import SmallCase, no_matches
from trails.ownership.account_chains.deposits import claim_deposits
from trails.ownership.entities import join_entities
from trails.ownership.services import find_busy_nodes, find_collectors, find_crowded


def crowd(payers: int, payees: int, *, rail: str = "tron", times: int = 1) -> tuple[SmallCase, int]:
    """One account with so many counterparties, each of them so many times."""
    case = SmallCase()
    hub = case.node("Thub", rail)
    for number in range(max(payers, payees)):
        other = case.node(f"T{number}", rail)
        for _ in range(times):
            if number < payers:
                case.move(other, hub)
            if number < payees:
                case.move(hub, other)
    return case, hub


@pytest.mark.parametrize(("payers", "payees", "times", "busy"), [(5, 5, 1, True), (5, 4, 3, False), (4, 5, 3, False)])
def test_a_service_has_many_counterparties_on_both_sides(payers: int, payees: int, times: int, busy: bool) -> None:
    case, hub = crowd(payers, payees, times=times)
    tables = case.tables()
    found = find_busy_nodes(tables.transfers, tables.nodes, 5)
    assert found.to_numpy().tolist() == ([[hub, payers, payees]] if busy else [])


def test_books_of_offices_and_addresses_nobody_owns_are_no_services() -> None:
    for case in (crowd(5, 5, rail="hawala")[0], crowd(5, 5)[0]):
        tables = case.tables()
        nodes = tables.nodes.assign(key=tables.nodes["key"].replace("Thub", "0x" + "0" * 40))
        assert find_busy_nodes(tables.transfers, nodes, 5).empty


@pytest.mark.parametrize("seed", range(5))
def test_counting_rows_first_loses_nobody(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = (rng.zipf(1.5, (2, 400)) % 12 + 1).astype(np.int32)
    case = SmallCase()
    for number in range(12):
        case.node(f"T{number}")
    for src, dst in ends.T.tolist():
        case.move(src, dst)
    tables = case.tables()
    crowded = find_crowded([(ends[0, :150], ends[1, :150]), (ends[0, 150:], ends[1, 150:])], 13, 6)
    found = find_busy_nodes(tables.transfers, tables.nodes, 6)
    assert len(found) > 0
    assert set(found["node_id"]) <= set(crowded.tolist())


def test_a_service_by_behaviour_has_its_role_and_a_declared_one_keeps_its_own() -> None:
    from trails.links.roles import assign_roles

    def roles(case: SmallCase) -> list[tuple[int, str, str]]:
        tables = case.tables()
        entities = join_entities(tables.nodes, claim_deposits(tables.transfers, tables.nodes, tables.assets, set())[0])
        found = assign_roles(tables, entities, no_matches(), service_counterparties=5)
        return [(int(row[0]), str(row[1]), str(row[2])) for row in found[["entity_id", "role", "basis"]].to_numpy()]

    case, hub = crowd(5, 5)
    assert (hub, "service", "inferred") in roles(case)
    case.declare(hub, "office")
    assert (hub, "office", "declared") in roles(case)
    assert (hub, "service", "inferred") not in roles(case)


def test_the_collector_of_ten_deposit_addresses_is_a_service() -> None:
    def collectors(count: int) -> list[list[int]]:
        case = SmallCase()
        hot = case.node("Thot")
        case.tag(case.node("Tother"), "Exchange")
        for number in range(count):
            address = case.node(f"Taddress{number}")
            case.move(case.node(f"Tpayer{number}"), address, 70, at=number)
            case.move(address, hot, 70, at=number + 1)
        tables = case.tables()
        forward = claim_deposits(tables.transfers, tables.nodes, tables.assets, {hot})[0]
        assert len(forward) == count
        return find_collectors(forward, tables.transfers).to_numpy().tolist()

    assert collectors(9) == []
    assert collectors(10) == [[1, 10]]
